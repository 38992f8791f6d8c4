"""A small GPT: a transformer that writes, character by character.

    python examples/gpt.py

Blocks of causal attention and a feed-forward layer, with normalisation ahead of each, after Radford
et al., "Language Models are Unsupervised Multitask Learners", 2019; trained by AdamW with a warm-up
and a cosine, weight decay on matrices only.
"""

import libraries
import texts
import torch
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, time, width = x.shape
        heads = self.qkv(x).view(batch, time, 3, self.heads, width // self.heads)
        q, k, v = heads.permute(2, 0, 3, 1, 4)  # each (batch, heads, time, width of a head)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(mixed.transpose(1, 2).reshape(batch, time, width))


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, 4 * width),
            nn.GELU(approximate="tanh"),
            nn.Linear(4 * width, width),
            nn.Dropout(0.1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.feed_forward(self.norm2(x))


class GPT(nn.Module):
    def __init__(self, characters: int, context: int, width: int, heads: int, layers: int) -> None:
        super().__init__()
        self.context = context
        self.embedding = nn.Embedding(characters, width)
        self.position = nn.Parameter(torch.zeros(context, width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, characters, bias=False)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.out.weight = self.embedding.weight  # what reads a character also writes it

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From (batch, time) characters to (batch, time, characters) logits of the next ones."""
        features = self.embedding(x) + self.position[: x.size(1)]
        return self.out(self.norm(self.blocks(features)))

    @torch.no_grad()
    def write(self, x: torch.Tensor, length: int) -> torch.Tensor:
        """Go on from (batch, time) characters, one drawn character after the other."""
        for _ in range(length):
            logits = self(x[:, -self.context :])[:, -1]
            likely, which = logits.topk(10)  # only from the ten likeliest
            drawn = torch.multinomial(F.softmax(likely, dim=1), num_samples=1)
            x = torch.cat([x, which.gather(1, drawn)], dim=1)
        return x


def main(args) -> None:
    torch.manual_seed(args.seed)
    book = texts.read(200_000)
    alphabet = sorted(set(book))
    number = {character: i for i, character in enumerate(alphabet)}
    text = torch.tensor([number[character] for character in book])
    windows = text.unfold(0, args.context + 1, 1)  # every stretch of the text: a view, not a copy

    model = GPT(len(alphabet), args.context, args.width, args.heads, args.layers)
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=3e-3, betas=(0.9, 0.95), weight_decay=0.1)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=3e-3, total_steps=args.steps, pct_start=0.1, cycle_momentum=False
    )
    for step in range(1, args.steps + 1):
        batch = windows[torch.randint(len(windows), (args.batch,))]
        logits = model(batch[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        scheduler.step()
        if step % args.every == 0:
            print(f"step {step}: loss {loss.item():.6f}")

    model.eval()
    start = torch.tensor([[number["\n"]]])
    print("".join(alphabet[i] for i in model.write(start, args.letters)[0].tolist()))


if __name__ == "__main__":
    parser = libraries.arguments(__doc__, steps=1000, every=100)
    parser.add_argument("--layers", type=int, default=4, help="blocks one after the other")
    parser.add_argument("--heads", type=int, default=4, help="of attention in each block")
    parser.add_argument("--width", type=int, default=64, help="of a character's features")
    parser.add_argument("--context", type=int, default=64, help="characters that it sees")
    parser.add_argument("--batch", type=int, default=16, help="windows of text in a step")
    parser.add_argument("--letters", type=int, default=400, help="how many to write at the end")
    main(parser.parse_args())
