"""The models that are timed: one text for both libraries, which is given as `lib`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["batch", "char_lstm", "cnn", "gpt", "mlp", "residual", "step"]

Call = Callable[[], object]
Maker = Callable[[Any], Call]


def batch(lib: Any, *shape: int, classes: int = 0, rows: int = 0) -> tuple[Any, Any]:
    """Inputs of a shape, and as many classes to tell (or rows of them)."""
    rng = np.random.RandomState(0)
    x = lib.tensor(rng.randn(*shape).astype("float32"))
    return x, lib.tensor(rng.randint(0, classes, rows or shape[0]))


def step(model: Any, optimizer: Any, x: Any, target: Any, loss_fn: Any) -> Call:
    """The usual five lines."""

    def call() -> object:
        optimizer.zero_grad()
        loss = loss_fn(model(x), target)
        loss.backward()
        optimizer.step()
        return loss

    return call


def mlp(sizes: tuple[int, ...], rows: int, optimizer: str = "SGD") -> Maker:
    """A step of a multilayer perceptron, of cross entropy or, for one output, of squared errors."""

    def make(lib: Any) -> Call:
        lib.manual_seed(0)
        nn = lib.nn
        layers: list[Any] = []
        for a, b in itertools.pairwise(sizes):
            layers += [nn.Linear(a, b), nn.ReLU()]
        model = nn.Sequential(*layers[:-1])
        x, target = batch(lib, rows, sizes[0], classes=max(sizes[-1], 2))
        if sizes[-1] == 1:
            target, loss_fn = target.float()[:, None], nn.MSELoss()
        else:
            loss_fn = nn.CrossEntropyLoss()
        made = getattr(lib.optim, optimizer)(model.parameters(), lr=1e-3)
        return step(model, made, x, target, loss_fn)

    return make


def cnn(lib: Any) -> Call:
    """A step of a MNIST-shaped convolutional network at batch 64."""
    lib.manual_seed(0)
    nn = lib.nn
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(800, 10),
    )
    x, target = batch(lib, 64, 1, 28, 28, classes=10)
    sgd = lib.optim.SGD(model.parameters(), lr=1e-3)
    return step(model, sgd, x, target, nn.CrossEntropyLoss())


def residual(lib: Any) -> Call:
    """A residual block with batch norms, 16 x 32 x 16 x 16, forward and back."""
    lib.manual_seed(0)
    nn = lib.nn

    class Block(nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv2d(32, 32, 3, padding=1, bias=False)
            self.second = nn.Conv2d(32, 32, 3, padding=1, bias=False)
            self.norms = nn.ModuleList([nn.BatchNorm2d(32), nn.BatchNorm2d(32)])

        def forward(self, x: Any) -> Any:
            y = lib.relu(self.norms[0](self.first(x)))
            return lib.relu(self.norms[1](self.second(y)) + x).mean((2, 3))

    model = Block()
    x, target = batch(lib, 16, 32, 16, 16, classes=32)
    sgd = lib.optim.SGD(model.parameters(), lr=1e-3)
    return step(model, sgd, x, target, nn.CrossEntropyLoss())


def char_lstm(lib: Any) -> Call:
    """A step of a character LSTM of width 128: 32 rows of 32 steps over 65 letters."""
    lib.manual_seed(0)
    nn = lib.nn

    class Letters(nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(65, 128)
            self.lstm = nn.LSTM(128, 128, batch_first=True)
            self.read = nn.Linear(128, 65)

        def forward(self, x: Any) -> Any:
            return self.read(self.lstm(self.embed(x))[0]).flatten(0, 1)

    model = Letters()
    rng = np.random.RandomState(0)
    text = lib.tensor(rng.randint(0, 65, (32, 33)))
    adam = lib.optim.Adam(model.parameters(), lr=1e-3)
    return step(model, adam, text[:, :-1], text[:, 1:].flatten(), nn.CrossEntropyLoss())


def gpt(layers: int, width: int, length: int, rows: int) -> Maker:
    """A step of a small GPT, 65 letters, four heads."""

    def make(lib: Any) -> Call:
        lib.manual_seed(0)
        nn = lib.nn

        class Layer(nn.Module):  # type: ignore[name-defined, misc]
            def __init__(self) -> None:
                super().__init__()
                self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
                self.ask, self.answer = nn.Linear(width, 3 * width), nn.Linear(width, width)
                self.think = nn.Sequential(
                    nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
                )

            def forward(self, x: Any) -> Any:
                q, k, v = (
                    part.unflatten(-1, (4, width // 4)).transpose(1, 2)
                    for part in self.ask(self.norms[0](x)).chunk(3, dim=-1)
                )
                seen = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
                x = x + self.answer(seen.transpose(1, 2).flatten(-2))
                return x + self.think(self.norms[1](x))

        class GPT(nn.Module):  # type: ignore[name-defined, misc]
            def __init__(self) -> None:
                super().__init__()
                self.embed, self.place = nn.Embedding(65, width), nn.Embedding(length, width)
                self.layers = nn.Sequential(*[Layer() for _ in range(layers)])
                self.norm, self.read = nn.LayerNorm(width), nn.Linear(width, 65)

            def forward(self, x: Any) -> Any:
                y = self.embed(x) + self.place(lib.arange(length))
                return self.read(self.norm(self.layers(y))).flatten(0, 1)

        model = GPT()
        text = lib.tensor(np.random.RandomState(0).randint(0, 65, (rows, length + 1)))
        adamw = lib.optim.AdamW(model.parameters(), lr=1e-3 / math.sqrt(width))
        return step(model, adamw, text[:, :-1], text[:, 1:].flatten(), nn.CrossEntropyLoss())

    return make
