"""resize and resize_as, which leave the tensor as it is: told to both libraries."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from tests.libraries import LIBRARIES

both = pytest.mark.parametrize("torch", LIBRARIES)


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
