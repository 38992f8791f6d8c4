"""Activations that keep their derivative beside their input: the ways that don't find it there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import rushlight
from rushlight import Tensor, autograd
from rushlight.nn import functional as F

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "gelu tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "mish": F.mish,
}
each = pytest.mark.parametrize("f", ACTIVATIONS.values(), ids=ACTIVATIONS)
sizes = pytest.mark.parametrize("shape", [(), (0,), (3, 5), (30, 50), (500, 1200)], ids=str)


def drawn(shape: tuple[int, ...], dtype: Any = rushlight.float32) -> Tensor:
    rushlight.manual_seed(0)
    return (3 * rushlight.randn(shape, dtype=dtype)).requires_grad_()


@each
@sizes
@pytest.mark.parametrize("dtype", [rushlight.float32, rushlight.float64], ids=str)
def test_the_kept_slope_is_the_formula_s(f: Any, shape: Any, dtype: Any) -> None:
    x = drawn(shape, dtype)
    y = f(x)
    with rushlight.no_grad():
        rushlight.testing.assert_close(y, f(x), check_stride=True)
    g = rushlight.randn(shape, dtype=dtype)
    (kept,) = autograd.grad(y, x, g, retain_graph=True)
    (again,) = autograd.grad(y, x, g, create_graph=True)
    rushlight.testing.assert_close(kept, again.detach(), check_stride=True)
    assert again.requires_grad


@each
def test_hooks_are_given_the_input_and_nothing_else(f: Any) -> None:
    packed = []

    def pack(t: Tensor) -> Tensor:
        packed.append(t.shape)
        return t * 2  # so that the derivative is that of another place

    x = drawn((4, 6))
    with autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        y = f(x)
    y.sum().backward()
    twice = (2 * x.detach()).requires_grad_()
    f(twice).sum().backward()
    assert packed == [x.shape]
    rushlight.testing.assert_close(x.grad, twice.grad)


@each
def test_an_input_that_was_written_since_is_an_error(f: Any) -> None:
    x = drawn((4, 6)) * 1
    y = f(x)
    x.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


@each
def test_a_graph_runs_as_often_as_it_is_kept(f: Any) -> None:
    x = drawn((30, 50))
    y = f(x).sum()
    y.backward(retain_graph=True)
    assert x.grad is not None
    once = x.grad.clone()
    y.backward()
    rushlight.testing.assert_close(x.grad, 2 * once)
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


@each
def test_the_node_shows_what_pytorch_s_does(f: Any) -> None:
    x = drawn((4, 6))
    node: Any = f(x).grad_fn
    assert node._saved_self is x
    assert [name for name in dir(node) if name.startswith("_saved_")] == (
        ["_saved_approximate", "_saved_self"] if "Gelu" in node.name() else ["_saved_self"]
    )


@each
def test_nothing_is_recorded_where_nothing_is_wanted(f: Any) -> None:
    x = drawn((4, 6))
    with rushlight.no_grad():
        assert f(x).grad_fn is None
    with rushlight.inference_mode():
        assert f(x).is_inference()
    assert f(x.detach()).grad_fn is None
    assert f(x[1:]).grad_fn.next_functions[0][0].name() == "SliceBackward0"


@each
@pytest.mark.parametrize("spread", [1.0, 12.0, 1000.0])
def test_numbers_of_any_size_have_the_digits_of_float32(f: Any, spread: float) -> None:
    x = (drawn((90, 110)).detach() * spread).requires_grad_()
    wide = x.detach().double().requires_grad_()
    for t in (x, wide):
        f(t).sum().backward()
    assert x.grad is not None and wide.grad is not None
    rushlight.testing.assert_close(f(x), f(wide).float(), rtol=2e-6, atol=2e-6)
    rushlight.testing.assert_close(x.grad, wide.grad.float(), rtol=2e-6, atol=5e-6)
