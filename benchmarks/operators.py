"""Operators one at a time: forward, and forward with backward, at three sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.pairs import Result, compare, timer

__all__ = ["run"]

SIZES = {"4x4": (4, 4), "256x256": (256, 256), "1M": (1000, 1000)}

UNARY = {
    "exp": lambda lib, x: lib.exp(x),
    "tanh": lambda lib, x: lib.tanh(x),
    "relu": lambda lib, x: lib.relu(x),
    "sigmoid": lambda lib, x: lib.sigmoid(x),
    "sum": lambda lib, x: x.sum(),
    "mean(dim=0)": lambda lib, x: x.mean(0),
    "max(dim=1)": lambda lib, x: x.max(1)[0],
    "softmax(-1)": lambda lib, x: lib.softmax(x, -1),
    "transpose": lambda lib, x: x.t(),
    "slice": lambda lib, x: x[1:, :-1],
}
BINARY = {
    "add": lambda lib, x, y: x + y,
    "mul": lambda lib, x, y: x * y,
    "div": lambda lib, x, y: x / y,
    "maximum": lambda lib, x, y: lib.maximum(x, y),
    "matmul": lambda lib, x, y: x @ y,
}


def tensors(lib: Any, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """Two leaves of positive numbers."""
    rng = np.random.RandomState(0)
    return tuple(
        lib.tensor(rng.uniform(0.5, 1.5, shape).astype("float32"), requires_grad=True)
        for _ in range(2)
    )  # type: ignore[return-value]


def forward(lib: Any, fn: Callable[..., Any], operands: tuple[Any, ...]) -> Callable[[], object]:
    """The call alone, not recorded."""

    def call() -> object:
        with lib.no_grad():
            for _ in range(9):
                fn(lib, *operands)
            return fn(lib, *operands)

    return call


def both(lib: Any, fn: Callable[..., Any], operands: tuple[Any, ...]) -> Callable[[], object]:
    """The call and the backward pass from a cotangent of ones."""
    seed = lib.ones(tuple(fn(lib, *operands).shape))

    def call() -> object:
        fn(lib, *operands).backward(seed)
        for t in operands:
            t.grad = None
        return None

    return call


def run(ours: Any, theirs: Any, budget: float) -> Iterator[Result]:
    """Yield a line for each operator, size and direction."""
    for size, shape in SIZES.items():
        pairs = {lib: tensors(lib, shape) for lib in (ours, theirs)}
        for table, arity in ((UNARY, 1), (BINARY, 2)):
            for name, fn in table.items():
                for label, make, per_call in (("fwd", forward, 10), ("fwd+bwd", both, 1)):
                    calls = [make(lib, fn, pairs[lib][:arity]) for lib in (ours, theirs)]
                    yield compare(
                        f"{name} {size} {label}",
                        *map(timer, calls),
                        per_call=per_call,
                        budget=budget,
                    )


def chain(lib: Any, length: int = 60) -> Callable[[], object]:
    """A chain of mixed small operators, forward and back: the cost of an operator as such."""
    x, w = tensors(lib, (4, 4))
    seed = lib.ones(4, 4)

    def call() -> object:
        y = x
        for _ in range(length // 6):
            y = lib.exp(lib.tanh(y * w) - y) * 0.5 + w
        y.backward(seed)
        x.grad = w.grad = None
        return None

    return call
