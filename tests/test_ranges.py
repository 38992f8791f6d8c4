"""arange, linspace, logspace; judged by PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

import rushlight
from tests.both import assert_alike, expressions, judge

WIDE_UNSIGNED = ("uint16", "uint32", "uint64")  # PyTorch has no kernels for these
SPACED = [
    name for name in rushlight.dtypes.DTYPES if name not in ("bool", "complex32", *WIDE_UNSIGNED)
]


@expressions(
    """
    torch.arange(5)
    torch.arange(5.0)
    torch.arange(1, 5, 2)
    torch.arange(1, 5, 0.5)
    torch.arange(0, 1, 0.1)
    torch.arange(5, 1)
    torch.arange(5, 1, -1)
    torch.arange(1, 5, 0)
    torch.arange(0, nan)
    torch.arange(0, inf)
    torch.arange(True)
    torch.arange(torch.tensor(3))
    torch.arange(torch.tensor(3.5))
    torch.arange(1, torch.tensor(3))
    torch.arange(np.int64(3))
    torch.arange(np.float32(3))
    torch.arange('a')
    torch.arange(1, 'a')
    torch.arange()
    torch.arange(5, dtype=torch.float16)
    torch.arange(5, dtype=torch.bool)
    torch.arange(1, dtype=torch.bool)
    torch.arange(2, dtype=torch.bool)
    torch.arange(5, dtype=torch.uint8)
    torch.arange(5, dtype=torch.complex64)
    torch.arange(0.5, 5, dtype=torch.int64)
    torch.arange(0.5, 5.5, 1.5, dtype=torch.int64)
    torch.arange(300, dtype=torch.uint8).shape
    torch.arange(end=5)
    torch.arange(start=1, end=5)
    torch.arange(start=1, end=5, step=2)
    torch.arange(5, out=torch.empty(0))
    torch.arange(5, out=torch.empty(0, dtype=torch.int64))
    torch.arange(5, out=torch.empty(3, dtype=torch.int64))
    torch.arange(2.5, out=torch.empty(0, dtype=torch.int64))
    torch.arange(1j)
    torch.arange(2 ** 63)
    torch.arange(5, requires_grad=True)
    torch.arange(5.0, requires_grad=True)
    torch.range(1, 4)
    torch.range(1, 4, 0.5)
    torch.range(1, 4, dtype=torch.int64)
    torch.range(4, 1)
    torch.range(1, 4, 0)
    torch.range(4)
    reversed(torch.arange(3))
    torch.arange(2, out=torch.ones(2, requires_grad=True))
    torch.arange(5, out=torch.empty(5))._version
    torch.ones(2).set_(torch.arange(6.0).untyped_storage(), 2, (2,), (2,))
    torch.ones(2).set_(torch.arange(6.0).untyped_storage(), 2, (2,), (3,))
    """
)
def test_arange(expression: str) -> None:
    """Bounds, steps and dtypes of arange."""
    assert_alike(expression)


@expressions(
    """
    torch.linspace(0, 1, 5)
    torch.linspace(0, 1, 0)
    torch.linspace(0, 1, 1)
    torch.linspace(0, 1, -1)
    torch.linspace(0, 10, 4, dtype=torch.int64)
    torch.linspace(0, 10, 7, dtype=torch.uint8)
    torch.linspace(0, 1j, 3)
    torch.linspace(0, 1, 3, dtype=torch.bool)
    torch.linspace(0, 1, 3, dtype=torch.complex64)
    torch.linspace(torch.tensor(0), torch.tensor(1), 3)
    torch.linspace(torch.tensor([0, 1]), 1, 3)
    torch.linspace(0, 1, 3.0)
    torch.linspace(0, 1, 3, out=torch.empty(0))
    torch.linspace(0, 1, 3, out=torch.empty(2))
    torch.linspace(0, 1, 3, out=torch.empty(3, dtype=torch.int64))
    torch.logspace(0, 2, 3)
    torch.logspace(0, 2, 3, 2)
    torch.logspace(0, 2, 3, base=2)
    torch.logspace(0, 2, -3)
    torch.logspace(0, 2, 4, dtype=torch.int64)
    torch.logspace(0, 2, 1)
    torch.logspace(0, 2, 0)
    torch.logspace(0, 2, 4, base=-2)
    torch.logspace(0, 2j, 4)
    torch.linspace(0, 1, 2, out=torch.ones(2, requires_grad=True))
    """
)
def test_linspace(expression: str) -> None:
    """linspace and logspace."""
    assert_alike(expression)


@pytest.mark.parametrize("dtype", SPACED)
def test_spacing_to_the_last_bit(dtype: str) -> None:
    """Every bit of arange, linspace and logspace is PyTorch's, for steps that make sums round."""
    rng = np.random.RandomState(0)
    for _ in range(60):
        start, end, step = (rng.randn(3) * 10).tolist()
        step, end, length = abs(step) / 20 + 0.01, start + abs(end), int(rng.randint(1, 200))
        if "int" in dtype:
            start, end, step = abs(int(start)), abs(int(start)) + 3, 1 + int(step)
        calls = [("linspace", (start, end + 0.7, length))]
        if "complex" in dtype:
            calls = [("linspace", (start + 1j, end - 2j * step, length))]
        else:
            calls += [("arange", (start, end, step)), ("logspace", (start / 20, end / 20, length))]
        for name, args in calls:
            ours = getattr(rushlight, name)(*args, dtype=getattr(rushlight, dtype))
            theirs = getattr(judge, name)(*args, dtype=getattr(judge, dtype))
            assert ours.tolist() == theirs.tolist(), (name, args)


@pytest.mark.parametrize("dtype", WIDE_UNSIGNED)
def test_no_range_of_wide_unsigned_integers(dtype: str) -> None:
    for call in ("arange(0, 5, 2", "linspace(0, 3.7, 5", "logspace(0.0, 1.0, 4"):
        assert_alike(f"torch.{call}, dtype=torch.{dtype})")


def test_range_says_that_it_is_deprecated() -> None:
    with pytest.warns(UserWarning, match="torch.range is deprecated"):
        rushlight.range(1, 3)
