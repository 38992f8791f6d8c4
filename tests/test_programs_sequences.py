"""Recurrent nets and attention by hand, trained under both libraries."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tests.programs import program


@program
def test_gated_recurrent_cell_over_time(lib: Any) -> Any:
    """An embedding, a cell by hand, sequences of many lengths sorted and packed by a loop."""
    nn = lib.nn

    class Cell(nn.Module):
        def __init__(self, inputs: int, hidden: int) -> None:
            super().__init__()
            bound = 1 / math.sqrt(hidden)
            self.w = nn.Parameter(lib.empty(3 * hidden, inputs).uniform_(-bound, bound))
            self.u = nn.Parameter(lib.empty(3 * hidden, hidden))
            self.b = nn.Parameter(lib.zeros(3 * hidden))
            nn.init.orthogonal_(self.u)

        def forward(self, x: Any, h: Any) -> Any:
            ri, zi, ni = (x @ self.w.t() + self.b).chunk(3, dim=-1)
            rh, zh, nh = nn.functional.linear(h, self.u).chunk(3, -1)
            r, z = lib.sigmoid(ri + rh), lib.sigmoid(zi + zh)
            n = (ni + r * nh).tanh()
            return lib.lerp(n, h, z)

    rng = np.random.RandomState(3)
    lengths = sorted(rng.randint(2, 9, size=12).tolist(), reverse=True)
    tokens = lib.zeros(12, 8, dtype=lib.long)
    for row, length in enumerate(lengths):
        tokens[row, :length] = lib.from_numpy(rng.randint(1, 10, size=length))
    target = tokens.sum(1) % 2
    embedding = nn.Embedding(10, 6, padding_idx=0)
    cell, head = Cell(6, 12), nn.Linear(12, 2)
    parameters = [*embedding.parameters(), *cell.parameters(), *head.parameters()]
    optimizer = lib.optim.Adam(parameters, lr=1e-2)
    course = []
    for _ in range(30):
        x = embedding(tokens)
        h = x.new_zeros(12, 12)
        for t in range(max(lengths)):
            alive = sum(length > t for length in lengths)
            h = lib.cat([cell(x[:alive, t], h[:alive]), h[alive:]])
        loss = nn.functional.nll_loss(nn.functional.log_softmax(head(h), dim=1), target)
        optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(parameters, 1.0, norm_type="inf")
        optimizer.step()
        course.append((loss.item(), norm.item()))
    return course, embedding.weight, embedding.weight.grad, cell.u


@program
def test_elman_net_writing_letters(lib: Any) -> Any:
    """Hidden states detached between chunks, letters drawn from the softmax afterwards."""
    nn = lib.nn
    text = "hello rushlight, hello torch. " * 4
    letters = sorted(set(text))
    codes = lib.tensor([letters.index(c) for c in text])
    size = len(letters)
    cell, head = nn.Linear(size + 24, 24), nn.Linear(24, size)
    model = nn.ModuleDict({"cell": cell, "head": head})
    optimizer = lib.optim.Adam(model.parameters(), lr=0.01)
    course, h = [], lib.zeros(1, 24)
    for step in range(40):
        start = step * 10 % 100
        h = h.detach()
        loss = 0
        for t in range(start, start + 10):
            x = nn.functional.one_hot(codes[t : t + 1], size).float()
            h = lib.tanh(cell(lib.cat((x, h), 1)))
            loss = loss + nn.functional.cross_entropy(head(h), codes[t + 1].unsqueeze(0))
        optimizer.zero_grad()
        (loss / 10).backward()
        optimizer.step()
        course.append(loss.item() / 10)
    written, code = [], codes[:1]
    with lib.no_grad():
        for _ in range(30):
            h = lib.tanh(cell(lib.cat((nn.functional.one_hot(code, size).float(), h), 1)))
            code = lib.multinomial(head(h).softmax(-1), 1).squeeze(1)
            written.append(letters[code.item()])
    return course, "".join(written)


@program
def test_attention_by_hand(lib: Any) -> Any:
    """Many heads by views and transposes, a causal and a padding mask, LayerNorm, GELU."""
    nn, F = lib.nn, lib.nn.functional

    class Attention(nn.Module):
        def __init__(self, width: int, heads: int) -> None:
            super().__init__()
            self.heads = heads
            self.qkv = nn.Linear(width, 3 * width, bias=False)
            self.out = nn.Linear(width, width)
            self.drop = nn.Dropout(0.1)
            mask = lib.triu(lib.ones(10, 10, dtype=lib.bool), diagonal=1)
            self.register_buffer("mask", mask, persistent=False)

        def forward(self, x: Any, padding: Any) -> Any:
            b, t, c = x.shape
            q, k, v = self.qkv(x).split(c, dim=2)
            q, k, v = (
                part.view(b, t, self.heads, c // self.heads).transpose(1, 2) for part in (q, k, v)
            )
            scores = (q @ k.transpose(-2, -1)) / math.sqrt(k.size(-1))
            scores = scores.masked_fill(self.mask[:t, :t], float("-inf"))
            scores = scores.masked_fill(padding[:, None, None, :], -1e9)
            weights = self.drop(F.softmax(scores, dim=-1))
            y = (weights @ v).transpose(1, 2).contiguous().view(b, t, c)
            return self.out(y)

    class Layer(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.attention = Attention(width, 4)
            self.mlp = nn.Sequential(
                nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
            )

        def forward(self, x: Any, padding: Any) -> Any:
            x = x + self.attention(self.norm1(x), padding)
            return x + self.mlp(self.norm2(x))

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tokens, self.places = nn.Embedding(12, 16), nn.Embedding(10, 16)
            self.layers = nn.ModuleList(Layer(16) for _ in range(2))
            self.norm = nn.LayerNorm(16)
            self.head = nn.Linear(16, 12, bias=False)
            self.head.weight = self.tokens.weight  # tied
            self.apply(self.start)

        @staticmethod
        def start(module: Any) -> None:
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, std=0.1)
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)

        def forward(self, tokens: Any) -> Any:
            x = self.tokens(tokens) + self.places(lib.arange(tokens.size(1)))
            for layer in self.layers:
                x = layer(x, tokens == 0)
            return self.head(self.norm(x))

    rng = np.random.RandomState(4)
    tokens = lib.tensor(rng.randint(1, 12, size=(8, 11)))
    tokens[:3, 7:] = 0
    model = Model()
    optimizer = lib.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.1)
    schedule = lib.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=30)
    course = []
    for _ in range(30):
        logits = model(tokens[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, 12), tokens[:, 1:].reshape(-1), ignore_index=0)
        optimizer.zero_grad()
        loss.backward()
        lib.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        course.append(loss.item())
    count = sum(p.numel() for p in model.parameters())
    return course, count, sorted(model.state_dict()), repr(model)
