"""`Variable`: leaves by their old name, and every tensor an instance of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)


def test_every_tensor_is_a_variable(lib: Any) -> None:
    variable = lib.autograd.Variable
    assert isinstance(lib.ones(2), variable)
    assert isinstance(lib.nn.Parameter(lib.ones(2)), variable)
    assert isinstance(lib.ones(2, requires_grad=True) * 2, variable)
    assert not any(isinstance(other, variable) for other in (3, None, [1.0]))
    assert not issubclass(lib.Tensor, variable)
    assert lib.autograd.variable.Variable is variable


def test_a_variable_is_a_leaf_of_the_same_memory(lib: Any) -> None:
    variable = lib.autograd.Variable
    x = lib.ones(2)
    v = variable(x, requires_grad=True)
    assert type(v) is lib.Tensor
    assert v is not x
    assert v.data_ptr() == x.data_ptr()
    assert (v.requires_grad, v.is_leaf, v._is_view()) == (True, True, False)
    (v * 3).sum().backward()
    assert v.grad.tolist() == [3.0, 3.0]
    assert x.grad is None
    made = lib.ones(2, requires_grad=True) * 2
    assert not variable(made).requires_grad
    assert variable(made, requires_grad=True).is_leaf
    variable(x).add_(1)
    assert x.tolist() == [2.0, 2.0]
    assert x._version == 1
    assert variable(data=x, requires_grad=False).tolist() == [2.0, 2.0]
    assert variable().shape == (0,)


def test_variables_that_are_refused(lib: Any) -> None:
    variable = lib.autograd.Variable
    with pytest.raises(TypeError, match="Variable data has to be a tensor, but got list"):
        variable([1.0])
    with pytest.raises(RuntimeError, match="Only Tensors of floating point and complex dtype can"):
        variable(lib.ones(2, dtype=lib.int64), requires_grad=True)
    with pytest.warns(UserWarning, match="volatile was removed and now has no effect"):
        variable(lib.ones(2), volatile=True)
