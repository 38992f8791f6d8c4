"""Seeded arrays in every layout that a kernel may be handed, and the comparison with PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["FLOATS", "agree", "arrays", "layouts", "special"]

FLOATS = (np.float32, np.float64)


def layouts(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same values laid out in one of the ways that memory can hold them."""
    kind = rng.integers(5)
    if kind == 1 and x.ndim > 1:  # permuted
        order = rng.permutation(x.ndim)
        return np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
    if kind == 2 and x.ndim:  # every second of a wider array
        wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1] + 1), x.dtype)
        wide[..., 1::2] = x
        return wide[..., 1::2]
    if kind == 3 and x.ndim:  # negative strides, which come in from NumPy
        return np.ascontiguousarray(x[::-1])[::-1]
    if kind == 4 and x.ndim and len(x):  # one row, expanded
        return np.broadcast_to(x[:1], x.shape)
    return x


def arrays(
    rng: np.random.Generator, dtype: Any, count: int, sizes: tuple[int, ...] = (0, 1, 2, 3, 5, 17)
) -> Iterator[np.ndarray]:
    """Arrays of 0 to 4 dimensions, small integers among the values so that there are ties."""
    for trial in range(count):
        shape = tuple(rng.choice(sizes, rng.integers(0, 5)))
        kind = np.dtype(dtype).kind
        if kind == "b":
            x = rng.random(shape) < 0.6
        elif kind in "iu":
            x = rng.integers(0 if kind == "u" else -4, 5, shape)
        else:
            x = np.asarray(rng.standard_normal(shape))
            if trial % 3 == 0:
                x = np.round(x)
            if kind == "c":
                x = x + 1j * rng.standard_normal(shape)
        yield layouts(np.asarray(x).astype(dtype), rng)


def special(x: np.ndarray, rng: np.random.Generator, values: tuple[float, ...]) -> np.ndarray:
    """A copy with a tenth of the elements replaced by some of `values`."""
    x = np.array(x)
    x[rng.random(x.shape) < 0.1] = rng.choice(values)
    return x


def agree(ours: Any, theirs: Any, rtol: float = 0, atol: float = 0) -> None:
    """Equal in type, dtype, shape and (to the tolerances; NaN equals NaN) in values."""
    theirs = theirs.resolve_conj().numpy()
    assert type(ours) is np.ndarray, type(ours)
    assert ours.dtype == theirs.dtype, (ours.dtype, theirs.dtype)
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    if rtol or atol:
        np.testing.assert_allclose(ours, theirs, rtol, atol)
    else:
        np.testing.assert_array_equal(ours, theirs)
