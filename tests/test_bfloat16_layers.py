"""Layers and losses of bfloat16, which the sample table's arrays don't have: PyTorch's values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import rushlight

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")

SIZES = {1: (7,), 2: (7, 6), 3: (4, 5, 6)}
Make = Callable[..., Any]
CALLS: dict[str, Callable[[Any, Make], Any]] = {}
for _n in (1, 2, 3):
    for _name, _args in (
        ("max_pool", (2,)),
        ("max_pool", (3, 2, 1)),
        ("avg_pool", (2,)),
        ("avg_pool", (3, 1, 1)),
        ("adaptive_avg_pool", (2,)),
        ("adaptive_max_pool", (2,)),
        ("lp_pool", (2, 2)),
    ):
        CALLS[f"{_name}{_n}d{_args}"] = lambda F, T, n=_n, name=_name, args=_args: getattr(
            F, f"{name}{n}d"
        )(T(2, 3, *SIZES[n]), *args)
    for _name in ("conv", "conv_transpose"):
        CALLS[f"{_name}{_n}d"] = lambda F, T, n=_n, name=_name: getattr(F, f"{name}{n}d")(
            T(2, 4, *SIZES[n]), T(4, 4, *(2,) * n), T(4)
        )
    for _mode in ("nearest", ("linear", "bilinear", "trilinear")[_n - 1], "area"):
        CALLS[f"interpolate{_n} {_mode}"] = lambda F, T, n=_n, mode=_mode: F.interpolate(
            T(2, 3, *SIZES[n]), 5, mode=mode
        )
CALLS |= {
    "interpolate bicubic": lambda F, T: F.interpolate(T(2, 3, 7, 6), 5, mode="bicubic"),
    "max_unpool2d": lambda F, T: F.max_unpool2d(
        *F.max_pool2d(T(1, 2, 6, 6), 2, return_indices=True), 2
    ),
    "fractional_max_pool2d": lambda F, T: F.fractional_max_pool2d(
        T(2, 3, 7, 6), 2, 3, _random_samples=T(2, 3, 2, low=0.0, grad=False)
    ),
    "grid_sample": lambda F, T: F.grid_sample(T(2, 3, 4, 5), T(2, 3, 3, 2), align_corners=False),
    "smoothed probabilities": lambda F, T: F.cross_entropy(
        T(3, 4), T(3, 4, low=0.0), label_smoothing=0.1
    ),
    "local_response_norm": lambda F, T: F.local_response_norm(T(2, 5, 4), 3),
}


def outcome(lib: Any, name: str) -> Any:
    rng = np.random.RandomState(0)
    leaves = []

    def tensor(*size: int, low: float = -1.0, grad: bool = True) -> Any:
        t = lib.from_numpy(rng.uniform(low, 1, size)).to(lib.bfloat16)
        if grad:
            leaves.append(t.requires_grad_())
        return t

    try:
        y = CALLS[name](lib.nn.functional, tensor)
    except NotImplementedError as error:
        return str(error)
    slope = lib.from_numpy(np.random.RandomState(1).uniform(-1, 1, tuple(y.shape))).to(y.dtype)
    grads = lib.autograd.grad(y, leaves, slope)
    return [(str(t.dtype)[-8:], t.detach().to(lib.float64).numpy()) for t in (y, *grads)]


@pytest.mark.parametrize("name", CALLS)
def test_values_and_gradients(name: str) -> None:
    ours, theirs = outcome(rushlight, name), outcome(judge, name)
    if isinstance(theirs, str):
        assert ours == theirs
        return
    for (dtype, a), (other, b) in zip(ours, theirs, strict=True):
        assert dtype == other == "bfloat16"
        np.testing.assert_allclose(a, b, rtol=2e-2, atol=2e-2 * max(1.0, np.abs(b).max()))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_smoothed_classes_keep_their_dtype(dtype: str) -> None:
    for reduction in ("mean", "sum", "none"):
        ours, theirs = (
            lib.nn.functional.cross_entropy(
                lib.ones(3, 4, dtype=getattr(lib, dtype)),
                lib.tensor([1, 2, 3]),
                label_smoothing=0.2,
                reduction=reduction,
            )
            for lib in (rushlight, judge)
        )
        assert str(ours.dtype)[-8:] == str(theirs.dtype)[-8:]
        np.testing.assert_allclose(ours.float().numpy(), theirs.float().numpy(), rtol=2e-2)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_gradients_of_what_is_broadcast_are_summed_in_float32(dtype: str) -> None:
    """A thousand numbers of eight bits, added one by one, would keep a digit or none."""
    draws = np.random.default_rng(5).standard_normal((1000, 7)).astype(np.float32)

    def grads(lib: Any) -> list[Any]:
        kind = getattr(lib, dtype)
        g = lib.from_numpy(draws).to(kind)
        functions: list[tuple[Any, tuple[int, ...]]] = [
            (lambda b: g + b, (7,)),
            (lambda b: g * b, (1, 7)),
            (lambda b: g - b, ()),
            (lambda b: b.expand(1000, 7), (7,)),
            (lambda b: lib.where(g > 0, b, g), (7,)),
            (lambda b: lib.nn.functional.linear(g, lib.eye(7, dtype=kind), b), (7,)),
            (lambda b: lib.nn.functional.prelu(g, b), (7,)),
            (lambda b: b[lib.arange(1000) % 3], (3, 7)),
            (lambda b: b.gather(0, lib.arange(7000).reshape(1000, 7) % 3), (3, 7)),
        ]
        found = []
        for function, shape in functions:
            for recorded in (False, True):
                b = lib.ones(shape, dtype=kind, requires_grad=True)
                function(b).backward(g, create_graph=recorded)
                found.append(b.grad.detach().float().numpy())
        return found

    for ours, theirs in zip(grads(rushlight), grads(judge)):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_what_is_scattered_is_summed_in_float32(dtype: str) -> None:
    draws = np.random.default_rng(6).standard_normal((1000, 7)).astype(np.float32)

    def sums(lib: Any) -> list[Any]:
        kind = getattr(lib, dtype)
        source, out = lib.from_numpy(draws).to(kind), lib.ones(3, 7, dtype=kind)
        many = lib.arange(7000).reshape(1000, 7) % 3
        few = lib.zeros(1000, dtype=lib.int64)
        found = [
            out.scatter_add(0, many, source),
            out.scatter_add(0, few[:, None].expand(1000, 7), source),
            out.t().scatter_add(1, many.t(), source.t()),
            out.scatter_reduce(0, many, source, "sum"),
            out.scatter_reduce(0, many, source, "mean", include_self=False),
            out.index_add(0, few, source),
        ]
        return [t.float().numpy() for t in found]

    for ours, theirs in zip(sums(rushlight), sums(judge)):
        np.testing.assert_array_equal(ours, theirs)
