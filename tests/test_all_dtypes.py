"""Every sample in every dtype: the same success or the same type of error, and results alike.

What a call returns is compared by dtypes and shapes; values are tests/test_sweeps.py's.
"""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import rushlight
from tests.samples import SAMPLES, name, of_today
from tests.samples.row import Call, Row, Spec, realize
from tests.sweeping import flat, is_tensor, outcome

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")

DTYPES = (
    *("uint8", "int8", "int16", "int32", "int64", "bool"),
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
)
BFLOAT16 = "bfloat16"  # which NumPy hasn't got

# Operators that differ in some dtypes, and why.
KNOWN = {
    "einsum": "whose steps in PyTorch promote small integers, and sums of bools, midway",
    "nn.functional.interpolate": "PyTorch's kernel for bytes fails on an assertion of its own",
    "nn.functional.linear": "PyTorch scales a bias of bools by 1 where there is nothing to sum",
    "conv_tbc": "the same",
    "svd_lowrank": "PyTorch's random matrix isn't of the dtype; which step notices differs",
    "pca_lowrank": "the same",
}


def as_bfloat16(lib: Any, value: Any, spec: Any) -> Any:
    """The tensors among arguments that have no dtype of their own, in bfloat16."""
    if isinstance(spec, Spec):
        free = spec.kind == "float" and spec.dtype is None
        return value.to(lib.bfloat16) if free else value
    if isinstance(spec, (list, tuple)):
        return type(spec)([as_bfloat16(lib, v, s) for v, s in zip(value, spec)])
    return value


def arguments(lib: Any, sample: Call, dtype: str) -> tuple[list[Any], dict[str, Any]]:
    args, kwargs, _ = realize(lib, sample, "float32" if dtype == BFLOAT16 else dtype)
    if dtype == BFLOAT16:
        args = [as_bfloat16(lib, a, s) for a, s in zip(args, sample.args)]
        kwargs = {k: as_bfloat16(lib, v, sample.kwargs[k]) for k, v in kwargs.items()}
    return args, kwargs


def shown(results: list[Any]) -> list[Any]:
    """What is compared of results."""
    return [
        (str(t.dtype).split(".")[1], tuple(t.shape)) if is_tensor(t) else type(t).__name__
        for t in results
    ]


def excused(row: Row, given: list[Any], theirs: Any, error: Any, mine: Any) -> bool:
    """Whether a difference is one that docs/deviations.md has."""
    if "complex32" in str(mine) or "ComplexHalf" in str(error):
        return True
    results = [] if error is not None else flat(theirs)
    if any(is_tensor(t) and t.dtype == torch.complex32 for t in results):
        return True
    # Nothing to calculate: PyTorch returns before it sees that it has no kernel for the dtype.
    empty = any(is_tensor(t) and not t.numel() for t in [*flat(given), *results])
    unknown = isinstance(mine, NotImplementedError) and "not implemented for" in str(mine)
    return row.path in KNOWN or (empty and unknown and error is None)


@pytest.mark.parametrize("pair", of_today(SAMPLES), ids=name)
@pytest.mark.filterwarnings("ignore")
def test_dtypes(pair: tuple[Row, Call]) -> None:
    row, sample = pair
    for dtype in DTYPES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made, _ = outcome(arguments, torch, sample, dtype)
            if made is None:
                continue  # nan is no integer
            theirs, error = outcome(row.run, torch, *made)
            ours, mine = outcome(row.run, rushlight, *arguments(rushlight, sample, dtype))
        given = [*made[0], *made[1].values()]
        alike = type(mine).__name__ == type(error).__name__
        if alike and error is None:
            alike = shown(flat(ours)) == shown(flat(theirs))
        if not alike and not excused(row, given, theirs, error, mine):
            raise AssertionError((dtype, theirs, error, ours, mine))
