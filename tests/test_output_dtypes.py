"""``out=`` of every function that takes it: dtypes, shapes, layouts, all as PyTorch has them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.samples import ROWS
from tests.samples.row import Call, Row, realize
from tests.sweeping import flat, outcome

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")

KINDS = ("exact", "grown", "nothing", "strided", "float64", "int64", "bool", "complex128", "grad")

# What is known to differ: functions that ask for the dtype of their result where PyTorch casts, or
# the other way round, and refusals in other words.
DIFFERENT = {
    "geqrf linalg.householder_product orgqr ormqr linalg.lstsq chain_matmul linalg.multi_dot "
    "matrix_power matmul addbmm linalg.solve_triangular linalg.norm nn.functional.logsigmoid "
    "mean nanmean nansum max min median nanmedian var std": (
        "float64",
        "int64",
        "bool",
        "complex128",
    ),
    "heaviside fft.ifft fft.ihfft linalg.eigvals": ("complex128",),
    "histc": ("grad",),
    "narrow_copy nonzero_static": ("float64", "int64", "bool", "complex128", "grown", "strided"),
    "native_batch_norm": tuple(KINDS),  # takes no ``out=`` here
    "addbmm": ("grown",),
    "fft.fftfreq": ("strided",),
    "diag diff": ("int64", "bool", "complex128", "float64"),
    # PyTorch takes outputs of other dtypes where there is but one element
    "cumsum cumprod": ("bool",),
}
KNOWN = {
    (name, kind) for names, kinds in DIFFERENT.items() for name in names.split() for kind in kinds
}


def target(lib: Any, kind: str, like: Any) -> Any:
    """An output of some kind for a result like this one of PyTorch."""
    shape, dtype = tuple(like.shape), getattr(lib, str(like.dtype).removeprefix("torch."))
    if kind == "grown":
        return lib.ones((*shape, 1, 2), dtype=dtype)
    if kind == "nothing":
        return lib.empty(0, dtype=dtype)
    if kind == "strided":
        return lib.zeros((*shape, 2), dtype=dtype)[..., 0]
    if kind == "grad":
        return lib.zeros(shape, dtype=dtype, requires_grad=dtype.is_floating_point)
    return lib.zeros(shape, dtype=dtype if kind == "exact" else getattr(lib, kind))


def run(lib: Any, row: Row, sample: Call, kind: str, results: Any) -> Any:
    """Call with ``out=``: values and dtypes, whether it is the output that came back, warnings."""
    args, kwargs, _ = realize(lib, sample, "float32")
    outs = [target(lib, kind, r) for r in flat(results)]
    strides = [o.stride() for o in outs]
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        out = outs[0] if isinstance(results, torch.Tensor) else tuple(outs)
        found = flat(row.run(lib, args, {**kwargs, "out": out}))
    return (
        [t.detach().numpy() for t in found],
        [a is b for a, b in zip(found, outs)],
        kind != "strided" or [o.stride() for o in outs] == strides,
        any("was resized" in str(w.message) for w in seen),
    )


def first_line(error: Exception) -> str:
    return str(error).replace("rushlight.", "torch.").split("\n")[0]


def cases() -> list[tuple[Row, Call, Any]]:
    """For each row the first call whose function takes ``out=``, and its result."""
    found = []
    for row in ROWS:
        if row.fn is not None or row.path.startswith(("nn.", "special.")):
            continue
        for sample in row.calls:
            args, kwargs, _ = realize(torch, sample, "float32")
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    results = row.run(torch, args, kwargs)
            except Exception:
                continue
            tensors = all(isinstance(t, torch.Tensor) for t in flat(results))
            if "out" in kwargs or not tensors or any(t.numel() < 2 for t in flat(results)):
                continue
            if outcome(run, torch, row, sample, "exact", results)[1] is None:
                found.append((row, sample, results))
            break
    return found


CASES = cases()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].path}({case[1]})")
def test_output(case: tuple[Row, Call, Any], kind: str) -> None:
    row, sample, results = case
    theirs, error = outcome(run, torch, row, sample, kind, results)
    ours, mine = outcome(run, rushlight, row, sample, kind, results)
    if (row.path, kind) in KNOWN:
        pytest.skip("differs, and is known to")
    if error is not None:
        assert type(mine) is type(error), mine
        if kind != "grad":  # names of inner functions
            assert first_line(mine) == first_line(error)  # type: ignore[arg-type]
        return
    if mine is not None:
        raise mine
    for a, b in zip(ours[0], theirs[0]):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)
    assert ours[1:] == theirs[1:]


def test_there_are_cases() -> None:
    assert len(CASES) > 150
