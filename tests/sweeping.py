"""What the sweeps over the sample table share: results side by side, cotangents, other inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import rushlight
from tests.samples.row import Call, Row, realize

# Integers may give results of the default float, which have fewer digits than the row asks for.
COARSE = {"float16": 2e-3, "float32": 2e-5, "complex64": 2e-5}


def flat(result: Any) -> list[Any]:
    """The tensors (and numbers) of a result, in order."""
    if isinstance(result, (tuple, list)):
        return [t for r in result for t in flat(r)]
    return [result]


def tracked(lib: Any, result: Any) -> list[Any]:
    """The tensors of a result that can be differentiated."""
    return [t for t in flat(result) if isinstance(t, lib.Tensor) and t.requires_grad]


def is_tensor(t: Any) -> bool:
    """Whether this is a tensor of either library."""
    return hasattr(t, "detach")


def array(t: Any) -> Any:
    return t.detach().numpy(force=True) if is_tensor(t) else t


def parts(a: Any) -> Any:
    """Complex numbers as pairs, so that an infinite part leaves the other its tolerance."""
    if a.dtype.kind != "c":
        return a
    return np.where(np.isnan(a), np.nan, [a.real, a.imag]).astype(a.real.dtype)


def same(ours: Any, theirs: Any, rtol: float) -> None:
    """Both results agree in structure, dtype, shape and values."""
    ours, theirs = flat(ours), flat(theirs)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs):
        if b is None or isinstance(b, (bool, int, str)):
            assert a == b
            continue
        if is_tensor(b):
            assert str(a.dtype) == str(b.dtype)
            assert tuple(a.shape) == tuple(b.shape)
        x, y = parts(np.asarray(array(a))), parts(np.asarray(array(b)))
        tolerance = max(rtol, COARSE.get(str(y.dtype), 0.0))
        scale = (
            max(1.0, float(np.max(np.abs(y[np.isfinite(y)]), initial=0.0)))
            if y.dtype.kind in ("fc")
            else 1.0
        )
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance * scale, equal_nan=True)


def outcome(run: Callable[..., Any], *args: Any) -> tuple[Any, Exception | None]:
    """What an action returns, or raises."""
    try:
        return run(*args), None
    except Exception as error:
        return None, error


def cotangent(lib: Any, t: Any, seed: int) -> Any:
    """Seeded numbers in the shape and dtype of a tensor, the same in both libraries."""
    rng = np.random.RandomState(seed)
    value = rng.uniform(-1, 1, tuple(t.shape))
    if "complex" in str(t.dtype):
        value = value + 1j * rng.uniform(-1, 1, tuple(t.shape))
    return lib.tensor(value, dtype=t.dtype).requires_grad_()


def has_leaves(sample: Call) -> bool:
    return bool(realize(rushlight, sample, grad=True)[2])


def run_with(
    lib: Any, row: Row, args: list[Any], kwargs: dict[str, Any], others: dict[int, Any]
) -> Any:
    """Run a row with other tensors in the place of some, which are named by their `id`."""

    def swap(a: Any) -> Any:
        if isinstance(a, (list, tuple)):
            return type(a)(map(swap, a))
        return others.get(id(a), a)

    return row.run(lib, [swap(a) for a in args], {k: swap(v) for k, v in kwargs.items()})
