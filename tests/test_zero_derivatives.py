"""Gradients of functions made of straight pieces depend on the input, by a derivative of zeros."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)

FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "relu": lambda F, x: F.relu(x),
    "relu in place": lambda F, x: F.relu_(x * 1),
    "relu6": lambda F, x: F.relu6(x),
    "hardtanh": lambda F, x: F.hardtanh(x),
    "leaky_relu": lambda F, x: F.leaky_relu(x),
    "leaky_relu in place": lambda F, x: F.leaky_relu_(x * 1),
    "threshold": lambda F, x: F.threshold(x, 0.5, 0.0),
    "prelu": lambda F, x: F.prelu(x, x.detach()[0, :1]),
    "rrelu": lambda F, x: F.rrelu(x),
    "rrelu in training": lambda F, x: F.rrelu(x, 0.2, 0.2, training=True),
    "hardshrink": lambda F, x: F.hardshrink(x),
    "softshrink": lambda F, x: F.softshrink(x),
    "max_pool1d": lambda F, x: F.max_pool1d(x, 2),
    "max_pool2d": lambda F, x: F.max_pool2d(x[None], (1, 2)),
    "max_pool3d": lambda F, x: F.max_pool3d(x[None, None], (1, 1, 2)),
    "avg_pool1d": lambda F, x: F.avg_pool1d(x, 2),
    "avg_pool2d": lambda F, x: F.avg_pool2d(x[None], (1, 2)),
    "adaptive_max_pool1d": lambda F, x: F.adaptive_max_pool1d(x, 2),
    "adaptive_avg_pool2d": lambda F, x: F.adaptive_avg_pool2d(x[None], (1, 2)),
    "l1_loss": lambda F, x: F.l1_loss(x, x.detach() * 2),
    "nll_loss": lambda F, x: F.nll_loss(x, x.detach()[0, :1].long() * 0 + 1),
    "nll_loss with weights": lambda F, x: F.nll_loss(
        x, x.detach()[0, :1].long() * 0 + 1, x.detach()[0] ** 2
    ),
}


@pytest.mark.parametrize("what", FUNCTIONS)
def test_the_second_derivative_is_zero(lib: Any, what: str) -> None:
    x = lib.tensor([[-1.5, 0.3, 2.0, 7.0]], requires_grad=True)
    y = FUNCTIONS[what](lib.nn.functional, x).sum()
    (first,) = lib.autograd.grad(y, x, create_graph=True)
    assert first.requires_grad
    (second,) = lib.autograd.grad(first.sum(), x, create_graph=True)
    assert (second == 0).all()
    assert second.shape == x.shape
    (plain,) = lib.autograd.grad(FUNCTIONS[what](lib.nn.functional, x).sum(), x)
    assert not plain.requires_grad
    assert (plain == first).all()


@pytest.mark.parametrize("what", ["relu", "max_pool1d", "avg_pool1d", "nll_loss"])
def test_beside_a_cotangent_with_a_history(lib: Any, what: str) -> None:
    x = lib.tensor([[-1.5, 0.3, 2.0, 7.0]], requires_grad=True)
    w = lib.tensor(3.0, requires_grad=True)
    y = (FUNCTIONS[what](lib.nn.functional, x) * w).sum()
    (first,) = lib.autograd.grad(y, x, create_graph=True)
    of_x, of_w = lib.autograd.grad(first.sum(), (x, w))
    assert (of_x == 0).all()
    assert of_w == first.sum() / 3


def test_a_penalty_on_gradients(lib: Any) -> None:
    """Through a network of such pieces: only what is bent counts."""
    x = lib.tensor([[0.5, -1.0, 2.0, 3.0]], requires_grad=True)
    w = lib.tensor([[1.0], [2.0], [-1.0], [0.5]], requires_grad=True)
    pooled = lib.nn.functional.max_pool1d(lib.nn.functional.leaky_relu(x), 2)
    y = (pooled @ w[:2]).sum()
    (g,) = lib.autograd.grad(y, x, create_graph=True)
    g.square().sum().backward()
    assert w.grad.tolist() == [[2.0], [4.0], [0.0], [0.0]]
    assert x.grad.tolist() == [[0.0] * 4]
