"""What a row of the sample table is: an operator, and calls of it that every sweep goes through.

A row says nothing about how it is tested. ``T(3, 4)`` stands for a floating-point tensor of that
shape with seeded values, in whatever dtype and layout the sweep asks for; ``I(5, high=3)`` for
indices; ``M(3)`` for a mask; anything else is passed as it is.

    Row("sum", [call(T(3, 4)), call(T(3, 4), dim=0, keepdim=True)])
    Row("getitem", [call(T(3, 4))], fn=lambda torch, x: x[1:, None])
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Call", "I", "M", "Row", "T", "Z", "call", "permuted", "realize"]

FLOATS = ("float32", "float64")


@dataclass(frozen=True)
class Spec:
    """A tensor argument to be: shape, range of values, and what it is made of."""

    shape: tuple[int, ...]
    kind: str = "float"
    low: float = -2.0
    high: float = 2.0
    grad: bool = True
    dtype: str | None = None
    values: tuple[Any, ...] | None = None

    def array(self, dtype: str, seed: int) -> np.ndarray:
        """The values, the same for the same seed."""
        dtype = self.dtype or dtype
        rng = np.random.RandomState(seed)
        if self.values is not None:
            return np.array(self.values, dtype if self.kind == "float" else None).reshape(
                self.shape
            )
        if self.kind == "index":
            return rng.randint(int(self.low), int(self.high), self.shape).astype(
                self.dtype or "int64"
            )
        if self.kind == "mask":
            return np.asarray(rng.rand(*self.shape) < 0.5)
        if dtype == "bool":
            return np.asarray(rng.rand(*self.shape) < 0.5)
        if np.dtype(dtype).kind in "iu":
            low = 0 if dtype == "uint8" else int(np.ceil(self.low * 3))
            return rng.randint(low, max(int(self.high * 3), low + 1), self.shape).astype(dtype)
        values = rng.uniform(self.low, self.high, self.shape)
        if np.dtype(dtype).kind == "c":
            values = values + 1j * rng.uniform(self.low, self.high, self.shape)
        return np.asarray(values).astype(dtype)

    @property
    def differentiable(self) -> bool:
        """Whether sweeps of derivatives ask for this argument's gradient."""
        return self.kind == "float" and self.grad and self.dtype is None


def T(*shape: int, **options: Any) -> Spec:
    """A floating-point tensor with values in [low, high), -2 to 2 by default."""
    return Spec(shape, **options)


def Z(*shape: int, **options: Any) -> Spec:
    """As `T`, but never differentiated: running statistics, weights of losses."""
    return Spec(shape, grad=False, **options)


def I(*shape: int, high: int, low: int = 0, dtype: str = "int64") -> Spec:  # noqa: E743
    """Integers in [low, high)."""
    return Spec(shape, kind="index", low=low, high=high, dtype=dtype)


def M(*shape: int) -> Spec:
    """A mask."""
    return Spec(shape, kind="mask", dtype="bool")


@dataclass(frozen=True)
class Call:
    """One call: positional and keyword arguments, with `Spec`s for tensors."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __str__(self) -> str:
        parts = [_show(a) for a in self.args] + [f"{k}={_show(v)}" for k, v in self.kwargs.items()]
        return ",".join(parts)


def _show(value: Any) -> str:
    if isinstance(value, Spec):
        tail = "" if value.kind == "float" else value.kind[0]
        return "x".join(map(str, value.shape)) + tail if value.shape else "0d" + tail
    if callable(value):
        return getattr(value, "__name__", type(value).__name__)  # no address: seeds come of this
    if isinstance(value, (list, tuple)):
        return "[" + " ".join(map(_show, value)) + "]"
    return str(value)


def permuted(*values: int, shape: tuple[int, ...] | None = None) -> Spec:
    """An index with these values."""
    return Spec(shape or (len(values),), kind="index", values=values)


def call(*args: Any, **kwargs: Any) -> Call:
    """A call of the row's operator."""
    return Call(args, kwargs)


@dataclass(frozen=True)
class Row:
    """An operator and its samples.

    ``path`` is looked up in the library ("nn.functional.relu"), or ``fn(lib, *args)`` is called.
    ``second``/``forward``: whether the derivative sweeps apply, where PyTorch has them;
    ``finite`` False keeps central differences away: from kinks, from gradients that are a choice;
    ``node`` False leaves the name of the grad_fn unchecked; ``inplace``/``out``: whether the forms
    exist; ``dtypes``: what the value sweep runs in; ``errors``: calls that must fail, alike in both
    libraries (a row may have its own text under ``message=False`` where only the type is judged).
    """

    path: str
    calls: list[Call] = field(default_factory=list)
    fn: Callable[..., Any] | None = None
    dtypes: tuple[str, ...] = FLOATS
    grad: bool = True
    second: bool = True
    forward: bool = True
    finite: bool = True
    node: bool = True
    method: bool = True
    inplace: bool = False
    out: bool = False
    errors: list[Call] = field(default_factory=list)
    message: bool = True
    rtol: float = 1e-10
    rtol32: float = 2e-5

    def run(self, lib: Any, args: Any, kwargs: Any) -> Any:
        """Call the operator of library `lib`."""
        if self.fn is not None:
            return self.fn(lib, *args, **kwargs)
        target = lib
        for part in self.path.split("."):
            target = getattr(target, part)
        return target(*args, **kwargs)


def realize(
    lib: Any,
    sample: Call,
    dtype: str = "float64",
    *,
    grad: bool = False,
    layout: str = "C",
) -> tuple[list[Any], dict[str, Any], list[Any]]:
    """Make the arguments of a call in library `lib`; also return the differentiable tensors."""
    leaves: list[Any] = []
    seeds: Iterator[int] = iter(range(zlib.crc32(str(sample).encode()) % 2**31, 2**32))

    def make(value: Any) -> Any:
        if isinstance(value, Spec):
            array = value.array(dtype, next(seeds))
            if layout == "F":
                array = np.asfortranarray(array) if array.ndim > 1 else array
                tensor = (
                    lib.from_numpy(np.ascontiguousarray(array.T)).mT
                    if array.ndim == 2
                    else (lib.from_numpy(np.ascontiguousarray(array)))
                )
            elif layout == "strided" and array.ndim:
                wide = np.repeat(array, 2, axis=-1)
                tensor = lib.from_numpy(wide)[..., ::2]
            else:
                tensor = (
                    lib.from_numpy(array)
                    if array.ndim
                    else lib.tensor(array.item(), dtype=getattr(lib, str(array.dtype)))
                )
            if grad and value.differentiable:
                tensor.requires_grad_() if tensor.is_leaf else None
                leaves.append(tensor)
            return tensor
        if isinstance(value, (list, tuple)):
            made = [make(v) for v in value]
            return made if isinstance(value, list) else tuple(made)
        if isinstance(value, str) and value.startswith("dtype:"):
            return getattr(lib, value[6:])
        return value

    args = [make(a) for a in sample.args]
    kwargs = {k: make(v) for k, v in sample.kwargs.items()}
    return args, kwargs, leaves
