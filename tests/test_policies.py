"""Settings that few programs need: views replayed, layouts of gradients, versions not counted."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)


def grad_mode(lib: Any) -> Any:
    return importlib.import_module(f"{lib.__name__}.autograd.grad_mode")


def test_view_replay(lib: Any) -> None:
    force = grad_mode(lib)._force_original_view_tracking
    on = lib.autograd.is_view_replay_enabled
    assert not on()
    with force(True):
        assert on()
        x = lib.ones(2, requires_grad=True)
        y = x * 1
        view = y.view(2, 1)[:1]
        y.mul_(2)
        view.sum().backward()
        assert x.grad.tolist() == [2.0, 0.0]
        with force(False):
            assert not on()
        assert on()

    @force(True)
    def decorated() -> bool:
        return on()

    assert not on()
    assert decorated()
    assert not on()
    with pytest.raises(TypeError, match=r"set_view_replay_enabled\(\): argument 'enabled' \(posi"):
        force(3)


VIEWS: list[Any] = [
    (lambda y: y.view(2, 1)[:1], ["SliceBackward0", "ViewBackward0"], [16.0, 0.0]),
    (lambda y: y[None].t(), ["TBackward0", "UnsqueezeBackward0"], [16.0, 150.0]),
    (lambda y: y.expand(3, 2)[0], ["SelectBackward0", "ExpandBackward0"], [16.0, 150.0]),
    (lambda y: y[1], ["SelectBackward0"], [0.0, 150.0]),
]


@pytest.mark.parametrize(("view", "names", "gradient"), VIEWS)
@pytest.mark.parametrize("forced", [True, False])
def test_views_that_are_replayed(
    lib: Any, view: Any, names: list[str], gradient: list[float], forced: bool
) -> None:
    """What counts is the mode that the view was made in."""
    x = lib.tensor([2.0, 3.0], requires_grad=True)
    y = x * 1
    with grad_mode(lib)._force_original_view_tracking(forced):
        seen = view(y)
    y.mul_(lib.tensor([2.0, 5.0]))
    node = seen.grad_fn
    for name in (*(names if forced else ["AsStridedBackward0"]), "MulBackward0"):
        assert node.name() == name
        node = node.next_functions[0][0]
    (g,) = lib.autograd.grad((seen * seen).sum(), x)
    assert g.tolist() == gradient


@pytest.mark.parametrize("enforce", [True, False])
def test_layouts_of_gradients(lib: Any, enforce: bool) -> None:
    x = lib.ones(2, 3).t().requires_grad_()
    on = lib._C._is_grad_layout_enforcement_enabled
    with lib.autograd.enforce_grad_layout_policy(enforce):
        assert on() is enforce
        (x * lib.ones(3, 2)).backward(lib.ones(3, 2))
    assert on()
    assert x.grad.stride() == ((1, 3) if enforce else (2, 1))

    @lib.autograd.enforce_grad_layout_policy(enforce)
    def decorated() -> bool:
        return on()

    assert decorated() is enforce
    assert on()


def test_writes_that_are_not_counted(lib: Any) -> None:
    preserve = grad_mode(lib)._unsafe_preserve_version_counter
    x, y = lib.ones(2), lib.ones(2)
    x.add_(1)
    with preserve(x):
        x.mul_(2)
        assert x._version == 2
    with preserve((x, y)):
        x.mul_(2)
        y.mul_(2)
    assert (x._version, y._version) == (1, 0)
    with pytest.raises(AssertionError, match="Expected tensors to be a tuple"):
        preserve([x])
    w = lib.tensor([2.0, 3.0], requires_grad=True)
    y = w * 1
    z = y.exp()
    with preserve(z), lib.no_grad():
        z.zero_()
    z.sum().backward()
    assert w.grad.tolist() == [0.0, 0.0]
