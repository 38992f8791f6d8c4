"""gradcheck on the sample table: reverse and forward mode, one by one and in batches.

Continuous integration looks at a part of the samples, another one each day; with
``RUSHLIGHT_SWEEPS=all`` every sample is looked at.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

import rushlight
from tests.samples import SAMPLES, name, of_today
from tests.samples.row import Call, Row, realize
from tests.sweeping import flat, run_with

DIFFERENTIABLE = [pair for pair in SAMPLES if pair[0].grad and pair[0].finite]


def problem(lib: Any, row: Row, sample: Call) -> tuple[Callable[..., Any], list[Any]]:
    """The sample as a function of its leaves alone, which returns what can be differentiated."""
    args, kwargs, leaves = realize(lib, sample, grad=True)

    def function(*xs: Any) -> Any:
        result = run_with(lib, row, args, kwargs, dict(zip(map(id, leaves), xs)))
        outs = [t for t in flat(result) if isinstance(t, lib.Tensor)]
        return tuple(t for t in outs if t.is_floating_point() or t.is_complex())

    return function, leaves


def check(lib: Any, row: Row, sample: Call) -> Exception | None:
    """What the checks of a sample raise, if they do."""
    function, leaves = problem(lib, row, sample)
    options: dict[str, Any] = {"fast_mode": True, "atol": 1e-4, "check_batched_grad": True}
    forward = {"check_forward_ad": row.forward, "check_batched_forward_grad": row.forward}
    try:
        lib.autograd.gradcheck(function, leaves, **options, **forward)
        if row.second:
            lib.autograd.gradgradcheck(function, leaves, **options)
    except Exception as error:
        return error
    return None


@pytest.mark.parametrize("pair", of_today(DIFFERENTIABLE), ids=name)
def test_gradcheck(pair: tuple[Row, Call]) -> None:
    """Where PyTorch's check fails too, at a kink, there is nothing to check."""
    row, sample = pair
    if not problem(rushlight, row, sample)[1]:
        pytest.skip("nothing to differentiate")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        error = check(rushlight, row, sample)
        if error is not None:
            judge = pytest.importorskip("torch", reason="PyTorch is the judge here")
            if check(judge, row, sample) is None:
                raise error
