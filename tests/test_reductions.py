"""Stories of reductions: named results, graphs that end, zeros in products, third derivatives."""

from __future__ import annotations

import copy
import itertools
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.libraries import LIBRARIES

libraries = pytest.mark.parametrize("lib", LIBRARIES)


@libraries
def test_results_have_names(lib: Any) -> None:
    found = lib.max(lib.tensor([[1.0, 5.0], [3.0, 2.0]]), 1)
    values, indices = found
    assert found.values is values
    assert found.indices is indices
    assert repr(found) == (
        "torch.return_types.max(\nvalues=tensor([5., 3.]),\nindices=tensor([1, 0]))"
    )
    assert isinstance(found, tuple)
    assert type(found + (1,)) is tuple
    assert type(found) is lib.return_types.max
    with pytest.raises(TypeError, match="takes a 2-sequence"):
        lib.return_types.max((1, 2, 3))


def test_named_results_are_copied_and_pickled() -> None:
    found = rushlight.aminmax(rushlight.tensor([2.0, 7.0]))
    for again in (copy.copy(found), pickle.loads(pickle.dumps(found))):
        assert type(again) is rushlight.return_types.aminmax
        assert again.max.item() == 7.0


@libraries
def test_equals_share_unless_an_index_is_told(lib: Any) -> None:
    x = lib.tensor([1.0, 3.0, 3.0], requires_grad=True)
    for run, expected in (
        (lambda: x.max(), [0.0, 0.5, 0.5]),
        (lambda: x.amax(0), [0.0, 0.5, 0.5]),
        (lambda: x.max(0).values, [0.0, 1.0, 0.0]),
    ):
        assert lib.autograd.grad(run(), x)[0].tolist() == expected


@libraries
def test_the_index_has_no_history(lib: Any) -> None:
    found = lib.ones(2, 3, requires_grad=True).max(1)
    assert found.values.requires_grad
    assert not found.indices.requires_grad


@libraries
@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
def test_products_are_exact_with_zeros_in_every_order(lib: Any, zeros: int) -> None:
    values = [2.0, 3.0, 5.0, 7.0]
    values[:zeros] = [0.0] * zeros
    x = lib.tensor(values, dtype=lib.float64, requires_grad=True)
    (first,) = lib.autograd.grad(x.prod(), x, create_graph=True)
    for i in range(4):
        assert first[i].item() == np.prod([v for k, v in enumerate(values) if k != i])
        (second,) = lib.autograd.grad(first[i], x, retain_graph=True)
        for j in range(4):
            others = [v for k, v in enumerate(values) if k not in (i, j)]
            assert second[j].item() == (0.0 if i == j else np.prod(others))


@pytest.mark.parametrize("zeros", [0, 1, 2])
def test_third_derivative_of_a_running_product(zeros: int) -> None:
    values = [2.0, 3.0, 5.0, 7.0]
    values[:zeros] = [0.0] * zeros
    x = rushlight.tensor(values, dtype=rushlight.float64, requires_grad=True)
    for i, j, k in itertools.combinations(range(4), 3):
        y = x.cumprod(0)[3]
        for place in (i, j):
            y = rushlight.autograd.grad(y, x, create_graph=True)[0][place]
        third = rushlight.autograd.grad(y, x)[0]
        assert third[k].item() == values[6 - i - j - k]


@libraries
def test_the_degrees_of_freedom_are_warned_about(lib: Any) -> None:
    with pytest.warns(UserWarning, match=r"std\(\): degrees of freedom is <= 0"):
        assert lib.tensor([1.0]).std().isnan()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert lib.tensor([1.0]).std(correction=0).item() == 0


@libraries
def test_nothing_is_written_where_one_of_two_outputs_does_not_fit(lib: Any) -> None:
    values, indices = lib.zeros(2), lib.zeros(2)
    with pytest.raises(RuntimeError, match="Expected out tensor to have dtype"):
        lib.max(lib.ones(2, 3), 1, out=(values, indices))
    assert values.tolist() == [0.0, 0.0]


@libraries
def test_in_place_scans_keep_the_dtype(lib: Any) -> None:
    x = lib.tensor([1, 2, 3], dtype=lib.int32)
    assert x.cumsum_(0) is x
    assert x.tolist() == [1, 3, 6]
    assert x.dtype is lib.int32
    with pytest.raises(RuntimeError, match="Bad in-place call"):
        x.cumsum_(0, dtype=lib.int64)
    with pytest.raises(NotImplementedError, match="'Bool'"):
        lib.tensor([True]).cumprod_(0)


@libraries
def test_sum_to_size_of_the_same_size_is_the_tensor(lib: Any) -> None:
    x = lib.ones(2, 3)
    assert x.sum_to_size(2, 3) is x


@libraries
def test_forward_over_reverse_of_a_maximum(lib: Any) -> None:
    fwd = lib.autograd.forward_ad
    with fwd.dual_level():
        x = lib.tensor([1.0, 4.0, 2.0], requires_grad=True)
        dual = fwd.make_dual(x, lib.tensor([1.0, 2.0, 3.0]))
        (grad,) = lib.autograd.grad(dual.amax() ** 2, dual, create_graph=True)
        assert fwd.unpack_dual(grad).tangent.tolist() == [0.0, 4.0, 0.0]
