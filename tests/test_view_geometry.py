"""Every sample of a view lies in memory as PyTorch's does: strides, offset, base, sharing."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import rushlight
from tests.samples import name
from tests.samples.row import Call, Row, realize
from tests.samples.shape import ROWS as SHAPES
from tests.samples.views import ROWS as VIEWS

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")

SAMPLES = [(row, sample) for row in (*VIEWS, *SHAPES) for sample in row.calls]


def geometry(lib: Any, row: Row, sample: Call, layout: str) -> Any:
    """What there is to know of each output; (None, ...) where an output has no elements."""
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
        found.append((out.shape, out._is_view(), bool(base), placed if out.numel() else None))
    return type(result).__name__, found


@pytest.mark.parametrize("layout", ["C", "F", "strided"])
@pytest.mark.parametrize("pair", SAMPLES, ids=name)
def test_geometry(pair: tuple[Row, Call], layout: str) -> None:
    row, sample = pair
    assert geometry(rushlight, row, sample, layout) == geometry(torch, row, sample, layout)
