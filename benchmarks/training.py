"""Training steps: forward, backward and update of models of several sizes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.operators import chain
from benchmarks.pairs import Result, compare

__all__ = ["run"]


def mlp(sizes: tuple[int, ...], batch: int, optimizer: str = "SGD") -> Callable[[Any], Any]:
    """A step of a multilayer perceptron with tanh or relu and a suitable loss."""

    def make(lib: Any) -> Callable[[], object]:
        lib.manual_seed(0)
        nn = lib.nn
        layers: list[Any] = []
        for a, b in itertools.pairwise(sizes):
            layers += [nn.Linear(a, b), nn.ReLU()]
        model = nn.Sequential(*layers[:-1])
        rng = np.random.RandomState(0)
        x = lib.tensor(rng.randn(batch, sizes[0]).astype("float32"))
        if sizes[-1] == 1:
            target, loss_fn = lib.tensor(rng.randn(batch, 1).astype("float32")), nn.MSELoss()
        else:
            target, loss_fn = lib.tensor(rng.randint(0, sizes[-1], batch)), nn.CrossEntropyLoss()
        return step(model, getattr(lib.optim, optimizer), x, target, loss_fn)

    return make


def step(model: Any, optimizer: Any, x: Any, target: Any, loss_fn: Any) -> Callable[[], object]:
    """The usual five lines."""
    opt = optimizer(model.parameters(), lr=1e-3)

    def call() -> object:
        opt.zero_grad()
        loss = loss_fn(model(x), target)
        loss.backward()
        opt.step()
        return loss

    return call


def cnn(lib: Any) -> Callable[[], object]:
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
    rng = np.random.RandomState(0)
    x = lib.tensor(rng.randn(64, 1, 28, 28).astype("float32"))
    target = lib.tensor(rng.randint(0, 10, 64))
    return step(model, lib.optim.SGD, x, target, nn.CrossEntropyLoss())


def embedding(lib: Any) -> Callable[[], object]:
    """An embedding of 10,000 rows looked up by 32 x 50 indices, and summed."""
    lib.manual_seed(0)
    table = lib.nn.Embedding(10_000, 64)
    index = lib.tensor(np.random.RandomState(0).randint(0, 10_000, (32, 50)))

    def call() -> object:
        table.weight.grad = None
        table(index).sum().backward()
        return None

    return call


def softmax_cross_entropy(lib: Any) -> Callable[[], object]:
    """Cross entropy of 2048 x 1000 logits, forward and back."""
    rng = np.random.RandomState(0)
    logits = lib.tensor(rng.randn(2048, 1000).astype("float32"), requires_grad=True)
    target = lib.tensor(rng.randint(0, 1000, 2048))

    def call() -> object:
        logits.grad = None
        lib.nn.functional.cross_entropy(logits, target).backward()
        return None

    return call


WORKLOADS: list[tuple[str, Callable[[Any], Any], float | None, int]] = [
    ("small per-op chain, fwd+bwd (per op)", chain, 2.0, 60),
    ("MLP 32x[2,32,32,1] step", mlp((2, 32, 32, 1), 32), 3.0, 1),
    ("MLP 32x[2,32,32,1] step, Adam", mlp((2, 32, 32, 1), 32, "Adam"), None, 1),
    ("MLP 32x[64,64,64,10] step", mlp((64, 64, 64, 10), 32), None, 1),
    ("MLP 128x[784,256,256,10] step", mlp((784, 256, 256, 10), 128), 1.0, 1),
    ("CNN 64x1x28x28 step", cnn, 0.8, 1),
    ("embedding 10000x64, 32x50 indices, sum", embedding, None, 1),
    ("softmax cross-entropy 2048x1000", softmax_cross_entropy, None, 1),
]


def run(ours: Any, theirs: Any, budget: float) -> Iterator[Result]:
    """Yield a line for each workload."""
    for name, make, target, per_call in WORKLOADS:
        yield compare(
            name, make(ours), make(theirs), per_call=per_call, budget=budget * 3, target=target
        )
