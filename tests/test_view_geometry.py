"""Every sample of a view lies in memory as PyTorch's does: strides, offset, base, sharing."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import rushlight
from tests.samples import joining, name, parts, shape, views
from tests.samples.row import Call, Row, realize

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")

TABLES = (views, parts, joining, shape)
SAMPLES = [(row, sample) for table in TABLES for row in table.ROWS for sample in row.calls]


def geometry(lib: Any, row: Row, sample: Call, layout: str) -> Any:
    """What there is to know of each output; strides and the like only where they mean something.

    They don't where there is a single element. A scatter of a tensor with gaps has no gaps here.
    """
    args, kwargs, _ = realize(lib, sample, grad=False, layout=layout)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = row.run(lib, args, kwargs)
    tensors = [a for a in args if isinstance(a, lib.Tensor)]
    found = []
    for out in result if isinstance(result, (tuple, list)) else (result,):
        base = [i for i, a in enumerate(tensors) if out._base is a or out._base is a._base]
        shared = [
            i for i, a in enumerate(tensors)
            if a.untyped_storage().data_ptr() == out.untyped_storage().data_ptr()
        ]  # fmt: skip
        placed = (out.stride(), out.storage_offset(), shared, out.is_contiguous())
        told = out.numel() > 1 and not row.path.endswith("_scatter")
        found.append((out.shape, out._is_view(), bool(base), placed if told else None))
    return type(result).__name__, found


@pytest.mark.parametrize("layout", ["C", "F", "strided"])
@pytest.mark.parametrize("pair", SAMPLES, ids=name)
def test_geometry(pair: tuple[Row, Call], layout: str) -> None:
    row, sample = pair
    try:
        expected = geometry(torch, row, sample, layout)
    except RuntimeError:
        pytest.skip("not a valid call in this layout")
    assert geometry(rushlight, row, sample, layout) == expected


def test_as_strided_scatter_has_the_derivative_of_itself() -> None:
    """PyTorch's has not, so that its sample is not compared: see docs/deviations.md."""
    x = rushlight.arange(6.0, dtype=rushlight.float64, requires_grad=True)
    source = rushlight.ones(2, dtype=rushlight.float64, requires_grad=True)
    scatter = lambda x, source: rushlight.as_strided_scatter(x, source, (2,), (2,), 1)
    assert rushlight.autograd.gradcheck(scatter, (x, source))
    assert rushlight.autograd.gradgradcheck(scatter, (x, source))
