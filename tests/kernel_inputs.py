"""Seeded arrays in every layout that a kernel may be handed, and the comparison with PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

__all__ = [
    "FLOATS",
    "agree",
    "arrays",
    "layouts",
    "same",
    "special",
    "tolerance",
    "values",
    "written",
]

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


def same(
    ours: Callable[[], Any],
    theirs: Callable[[], Any],
    target: np.ndarray | None = None,
    rtol: float = 0,
) -> None:
    """One result or the same error; after an error `target` is as it was."""
    before = None if target is None else target.copy()
    try:
        expected = theirs()
    except (RuntimeError, IndexError) as error:
        with pytest.raises(type(error)) as caught:
            ours()
        assert str(caught.value) == str(error)
        if target is not None:
            np.testing.assert_array_equal(target, before)
        return
    got = ours()
    agree(target if got is None else got, expected, rtol, rtol)


def tolerance(dtype: Any) -> float:
    return {"e": 5e-3, "f": 1e-5, "d": 1e-12, "F": 1e-5}.get(np.dtype(dtype).char, 0)


def values(rng: np.random.Generator, shape: Any, dtype: Any) -> np.ndarray:
    x = rng.integers(-5, 6, shape) if np.dtype(dtype).kind in "biu" else rng.standard_normal(shape)
    return layouts(np.asarray(x).astype(dtype), rng)


def written(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A writable copy in some layout (never an expanded one)."""
    y = layouts(np.array(x), rng)
    if 0 in y.strides and y.size > 1:
        y = np.array(x)
    return y if y.flags.writeable else y.copy()
