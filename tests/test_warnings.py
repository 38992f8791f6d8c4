"""Warnings of functions: PyTorch's, as it gives them with `set_warn_always`."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import rushlight

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")


@pytest.fixture(autouse=True)
def always() -> Iterator[None]:
    """Let PyTorch say more than once what it says once in a process."""
    before = judge.is_warn_always_enabled()
    judge.set_warn_always(True)
    yield
    judge.set_warn_always(before)


def heard(lib: Any, act: Callable[[Any], Any]) -> list[tuple[str, str]]:
    """The warnings of an action, without NumPy's, and without the place in PyTorch's sources."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        act(lib)
    return [
        (w.category.__name__, re.sub(r"\s*\(Triggered.*", "", str(w.message), flags=re.DOTALL))
        for w in caught
        if w.category is not RuntimeWarning
    ]


def put(x: Any, index: Any) -> None:
    x[index] = 1.0


ACTS: dict[str, Callable[[Any], Any]] = {
    "chain_matmul": lambda lib: lib.chain_matmul(lib.ones(2, 3), lib.ones(3, 2)),
    "scatter, reduced": lambda lib: lib.scatter(
        lib.ones(3), 0, lib.tensor([0]), lib.ones(1), reduce="add"
    ),
    "scatter_, reduced": lambda lib: lib.ones(3).scatter_(
        0, lib.tensor([0]), lib.ones(1), reduce="multiply"
    ),
    "scatter of a number, reduced": lambda lib: lib.scatter(
        lib.ones(3), 0, lib.tensor([0]), 2.0, reduce="add"
    ),
    "upsample": lambda lib: lib.nn.functional.upsample(lib.ones(1, 1, 2, 2), 4),
    "upsample_nearest": lambda lib: lib.nn.functional.upsample_nearest(lib.ones(1, 1, 2, 2), 4),
    "upsample_bilinear": lambda lib: lib.nn.functional.upsample_bilinear(lib.ones(1, 1, 2, 2), 4),
    "interpolate": lambda lib: lib.nn.functional.interpolate(lib.ones(1, 1, 2, 2), 4),
    "UpsamplingNearest2d": lambda lib: lib.nn.UpsamplingNearest2d(4)(lib.ones(1, 1, 2, 2)),
    "even kernel": lambda lib: lib.nn.functional.conv1d(
        lib.ones(2, 4, 9), lib.ones(6, 4, 2), padding="same"
    ),
    "odd kernel": lambda lib: lib.nn.functional.conv1d(
        lib.ones(2, 4, 9), lib.ones(6, 4, 3), padding="same"
    ),
    "even kernel, dilated": lambda lib: lib.nn.functional.conv1d(
        lib.ones(2, 4, 9), lib.ones(6, 4, 2), padding="same", dilation=2
    ),
    "a list of lists": lambda lib: lib.ones(3, 4)[[[0, 2], [1, 1]]],
    "a list of lists, written": lambda lib: put(lib.ones(3, 4), [[0, 2], [1, 1]]),
    "a list with a slice": lambda lib: lib.ones(3, 4)[[slice(None), 0]],
    "a list with None": lambda lib: lib.ones(3, 4)[[None, 0]],
    "a list of tensors": lambda lib: lib.ones(3, 4)[[lib.tensor([0]), lib.tensor([1])]],
    "a list of numbers": lambda lib: lib.ones(3, 4)[[0, 2]],
    "a tuple of lists": lambda lib: lib.ones(3, 4)[[0, 2], [1, 1]],
    "bytes": lambda lib: lib.ones(2)[lib.ones(2, dtype=lib.uint8)],
    "a mask": lambda lib: lib.ones(2)[lib.ones(2) > 0],
    **{
        f"{name} of {shape} over {dim}": lambda lib, n=name, s=shape, d=dim: getattr(lib, n)(
            lib.ones(s), d
        )
        for name in ("var", "std", "var_mean", "std_mean")
        for shape, dim in (((2, 0, 3), 0), ((2, 1), 1), ((0,), 0), ((0, 2), 1), ((2, 3), 1))
    },
}


@pytest.mark.parametrize("act", ACTS)
def test_warnings(act: str) -> None:
    assert heard(rushlight, ACTS[act]) == heard(judge, ACTS[act])
