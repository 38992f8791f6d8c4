"""finfo and iinfo, beside PyTorch's own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rushlight import dtypes as dt
from rushlight.limits import finfo, iinfo


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch", reason="PyTorch is the judge here")


def outcome(f: Callable[[], object]) -> str:
    """What a call gave, or how it failed, in words that both libraries share."""
    try:
        return repr(f())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


LIMITS = {
    finfo: ("bits", "eps", "max", "min", "tiny", "smallest_normal", "resolution", "dtype"),
    iinfo: ("bits", "max", "min", "dtype"),
}


@pytest.mark.parametrize("kind", [finfo, iinfo])
@pytest.mark.parametrize("name", dt.DTYPES)
def test_limits(torch: Any, kind: type, name: str) -> None:
    judge = getattr(torch, kind.__name__)
    ours = outcome(lambda: kind(dt.DTYPES[name]))
    assert ours == outcome(lambda: judge(getattr(torch, name)))
    if "Error" not in ours:
        for attribute in LIMITS[kind]:
            here = getattr(kind(dt.DTYPES[name]), attribute)
            there = getattr(judge(getattr(torch, name)), attribute)
            assert (type(here), here) == (type(there), there)


@pytest.mark.parametrize(
    "action",
    [
        lambda f: f(float),
        lambda f: f(int),
        lambda f: f(None),
        lambda f: f("float32"),
        lambda f: (f(float) == f(complex), f(float) != f(complex), f(float) == 3),
        lambda f: (f(int) == f(int), f(int) != 3),
        lambda f: f(float).colour,
        lambda f: setattr(f(int), "max", 3),
        lambda f: setattr(f(float), "colour", 3),
        lambda f: f(type=float),
    ],
)
@pytest.mark.parametrize("name", ["finfo", "iinfo"])
def test_limits_refuse(torch: Any, name: str, action: Callable[[Any], object]) -> None:
    ours = {"finfo": finfo, "iinfo": iinfo}[name]
    theirs = getattr(torch, name)
    assert outcome(lambda: action(ours)) == outcome(lambda: action(theirs))


def test_limits_in_words() -> None:
    assert finfo(dt.float32).eps == np.finfo(np.float32).eps
    assert finfo(dt.complex128).max == sys.float_info.max
    assert repr(iinfo(dt.uint8)) == "iinfo(min=0, max=255, dtype=uint8)"
    with pytest.raises(TypeError, match="unhashable"):
        hash(finfo(dt.float32))


@pytest.mark.parametrize("name", ["float16", "float32", "float64", "bfloat16"])
def test_the_default_dtype_is_meant_where_none_is_named(torch: Any, name: str) -> None:
    if name == "bfloat16":
        pytest.importorskip("ml_dtypes", reason="the extra bfloat16")
    torch.set_default_dtype(getattr(torch, name))
    dt.set_default_dtype(dt.DTYPES[name])
    try:
        assert repr(finfo()) == repr(torch.finfo())
    finally:
        torch.set_default_dtype(torch.float32)
        dt.set_default_dtype(dt.float32)
