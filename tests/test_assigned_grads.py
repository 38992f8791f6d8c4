"""Gradients that the program put in place itself: what accumulation makes of them."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from tests.both import attempt, story
from tests.libraries import LIBRARIES


@story
def test_expanded(lib: Any) -> Any:
    """Several elements of one place can't be added to; another gradient can take its place."""
    said = []
    for grad in (lib.zeros(1).expand(3), lib.zeros(1).as_strided((3,), (0,))):
        x = lib.ones(3, requires_grad=True)
        x.grad = grad
        for _ in range(2):
            said += [attempt(lambda x=x: (x * x).sum().backward()), x.grad is grad, grad]
        x.grad = lib.zeros(3)
        (x * x).sum().backward()
        said += [x.grad, grad._version]
        x.grad = lib.zeros(3)[:1].expand(3)
        x.grad = None
        (x * x).sum().backward()
        said.append(x.grad)
    return said


@pytest.mark.parametrize("lib", LIBRARIES)
def test_expanded_in_a_graph(lib: Any) -> None:
    """With ``create_graph`` the sum is a new tensor."""
    x = lib.ones(3, requires_grad=True)
    x.grad = lib.zeros(1).expand(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (x * x).sum().backward(create_graph=True)
    assert x.grad.tolist() == [2, 2, 2]
    assert x.grad.requires_grad
    x.grad = None


@story
def test_kinds(lib: Any) -> Any:
    """A parameter or an instance of a subclass is added to in place, and stays what it is."""

    class Sub(lib.Tensor):
        pass

    said = []
    for grad in (
        lib.nn.Parameter(lib.zeros(3)),
        lib.zeros(3).as_subclass(Sub),
        lib.zeros(3, requires_grad=True) * 1,
        lib.zeros(3, 2)[:, 0].detach(),
        lib.zeros(4)[1:],
    ):
        x = lib.ones(3, requires_grad=True)
        x.grad = grad
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said.append(attempt(lambda x=x: (x * x).sum().backward()))
        said += [x.grad, x.grad is grad, type(x.grad).__name__, grad.stride(), grad._version]
    return said
