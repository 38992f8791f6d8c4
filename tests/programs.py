"""Whole programs under both libraries: the same seed, the same course.

A program is a function of the library. What it returns (numbers, tensors, texts, in lists, tuples
and dictionaries) must agree: texts and integers to the letter, floats to 1e-4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import rushlight
from tests.both import judge

judge.utils.data  # noqa: B018  (PyTorch imports it when it is first asked for)

__all__ = ["agree", "program"]


def agree(ours: Any, theirs: Any, rtol: float = 1e-4, atol: float = 1e-6, at: str = "") -> None:
    """Compare two results, and say at which place they part."""
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs), at
        for name in theirs:
            agree(ours[name], theirs[name], rtol, atol, f"{at}.{name}")
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs), at
        for i, (mine, other) in enumerate(zip(ours, theirs)):
            agree(mine, other, rtol, atol, f"{at}[{i}]")
    elif isinstance(theirs, judge.Tensor):
        assert isinstance(ours, rushlight.Tensor), at
        assert str(ours.dtype).partition(".")[2] == str(theirs.dtype).partition(".")[2], at
        assert tuple(ours.shape) == tuple(theirs.shape), at
        agree(ours.detach().numpy(), theirs.detach().numpy(), rtol, atol, at)
    elif isinstance(theirs, float) or (
        isinstance(theirs, np.ndarray) and theirs.dtype.kind in "fc"
    ):
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol, err_msg=at)
    else:
        np.testing.assert_array_equal(ours, theirs, err_msg=at)


def program(body: Callable[[Any], Any]) -> Callable[[], None]:
    """Make a test of a program: it runs the same course under both libraries."""

    def test() -> None:
        results = []
        for lib in (rushlight, judge):
            lib.manual_seed(0)
            results.append(body(lib))
        agree(*results)

    test.__name__ = test.__qualname__ = body.__name__
    test.__doc__ = body.__doc__
    test.__module__ = body.__module__
    return test
