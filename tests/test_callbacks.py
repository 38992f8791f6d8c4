"""apply_, map_, map2_, and the old resize: told to both libraries."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from tests.both import assert_alike, expressions
from tests.libraries import LIBRARIES

both = pytest.mark.parametrize("torch", LIBRARIES)


@expressions(
    """
    torch.arange(4.).apply_(lambda v: v * 2)
    torch.arange(4).apply_(lambda v: 1.7)
    torch.arange(2).to(torch.uint8).apply_(lambda v: -1)
    torch.tensor([True, False]).apply_(lambda v: not v)
    torch.ones(2, dtype=torch.complex64).apply_(lambda v: v * 1j)
    torch.ones(2, dtype=torch.bfloat16).apply_(lambda v: v * 2)
    torch.ones(()).apply_(lambda v: v + 1)
    torch.arange(6.).view(2, 3).t().apply_(lambda v: -v)
    torch.arange(4.).map_(torch.ones(4), lambda p, q: p + 2 * q)
    torch.zeros(2, 2).map_(torch.arange(2.), lambda p, q: p + q)
    torch.arange(4.).map2_(torch.ones(4), torch.ones(1), lambda p, q, r: p + q * r)
    torch.arange(4.).map_(torch.ones(4).double(), lambda p, q: p)
    torch.arange(4.).map2_(torch.ones(4), torch.ones(4).int(), lambda p, q, r: p)
    torch.arange(4.).map_(torch.ones(3), lambda p, q: p)
    torch.arange(4.).map_(3, lambda p, q: p)
    torch.ones(2, requires_grad=True).apply_(lambda v: v)
    torch.ones(2).map_(torch.ones(2, requires_grad=True), lambda p, q: p)
    torch.ones(2).apply_(3)
    torch.ones(2).apply_(lambda v: "a")
    torch.ones(2).apply_(lambda v: 1 / 0)
    """
)
def test_callbacks(expression: str) -> None:
    assert_alike(expression)


@both
def test_a_callback_that_raises_leaves_the_rest_alone(torch: Any) -> None:
    x = torch.arange(3.0)

    def function(v: float) -> float:
        if v == 1:
            raise KeyError
        return 10.0

    with pytest.raises(KeyError):
        x.apply_(function)
    assert x.tolist() == [10, 1, 2]
    assert x._version == 0


@both
def test_old_resize(torch: Any) -> None:
    x = torch.arange(6.0).view(2, 3).requires_grad_()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        y = x.resize(3, 2)
        z = (x * 2).t().resize_as(torch.ones(6))
        with pytest.raises(RuntimeError) as error:
            x.resize(2, 2)
    assert [str(w.message) for w in caught] == [
        "non-inplace resize is deprecated",
        "non-inplace resize_as is deprecated",
        "non-inplace resize is deprecated",
    ]
    assert str(error.value).startswith(
        "requested resize to 2x2 (4 elements in total), but the given tensor has a size of 2x3 "
        "(6 elements)."
    )
    assert y.grad_fn.name() == "ResizeBackward"
    assert y.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert z.tolist() == [0, 6, 2, 8, 4, 10]
    ((y * torch.arange(6.0).view(3, 2)).sum() + (z * torch.arange(6.0)).sum()).backward()
    assert x.grad.tolist() == [[0, 5, 10], [5, 10, 15]]
