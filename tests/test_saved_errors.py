"""Saved tensors: errors, save_on_cpu, and hooks that are refused."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

from tests.libraries import LIBRARIES
from tests.test_saved_tensors import Log, hooks, leaf, same

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)

# -- errors ------------------------------------------------------------------------------------

IN_PLACE = "A saved tensor pack hook is modifying its input in place."


@pytest.mark.parametrize("act", [lambda x: x.exp(), lambda x: x * 1 * x, lambda x: (x * 1).sin()])
def test_pack_must_not_write_in_place(lib: Any, act: Any) -> None:
    x = leaf(lib)
    with hooks(lib, lambda t: t.mul_(2), same), pytest.raises(RuntimeError, match=IN_PLACE):
        act(x)


@pytest.mark.parametrize("value", [1, None, "t", [1.0]])
def test_unpack_returns_a_tensor(lib: Any, value: Any) -> None:
    x = leaf(lib)
    with hooks(lib, same, lambda t: value):
        y = x.exp()
    text = (
        "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
        + type(value).__name__
    )
    with pytest.raises(TypeError, match=text):
        y.sum().backward()


def test_errors_of_hooks_come_through(lib: Any) -> None:
    x = leaf(lib)

    def fail(t: Any) -> Any:
        raise KeyError("lost")

    with hooks(lib, fail, same):
        with pytest.raises(KeyError, match="lost"):
            x.exp()
        assert lib.is_grad_enabled()
        x + 1
    with hooks(lib, same, fail):
        y = x.exp().sum()
    for _ in range(2):
        with pytest.raises(KeyError, match="lost"):
            y.backward(retain_graph=True)
    assert x.grad is None


def test_hooks_are_callable(lib: Any) -> None:
    manager = hooks(lib, 1, 2)
    with pytest.raises(TypeError, match="incompatible function arguments"):
        manager.__enter__()


# -- save_on_cpu, and hooks refused --------------------------------------------------------------


@pytest.mark.parametrize("pin_memory", [False, True])
def test_save_on_cpu_changes_no_gradient(lib: Any, pin_memory: bool) -> None:
    x = leaf(lib)
    with lib.autograd.graph.save_on_cpu(pin_memory=pin_memory, device_type="cuda"):
        y = (x.sin() * x.exp()).sum()
    (g,) = lib.autograd.grad(y, x, create_graph=True)
    g.sum().backward()
    expected = 2 * x.cos() * x.exp()
    assert x.grad.tolist() == pytest.approx(expected.tolist())


def test_default_hooks_may_be_disabled(lib: Any) -> None:
    graph = lib.autograd.graph
    with graph.disable_saved_tensors_hooks("not here"):
        with pytest.raises(RuntimeError, match=r"^not here$"), graph.save_on_cpu():
            raise AssertionError
        with (
            graph.disable_saved_tensors_hooks("nor here"),
            pytest.raises(RuntimeError, match=r"^nor here$"),
            hooks(lib, same, same),
        ):
            raise AssertionError
        with pytest.raises(RuntimeError, match=r"^not here$"), hooks(lib, same, same):
            raise AssertionError
    with hooks(lib, same, same):
        with (
            pytest.raises(RuntimeError, match=r"^too late$"),
            graph.disable_saved_tensors_hooks("too late"),
        ):
            raise AssertionError
        leaf(lib).exp()


def test_the_stack_of_hooks_can_be_pushed_and_popped_by_hand(lib: Any) -> None:
    core = lib._C._autograd
    log = Log()
    assert core._saved_tensors_hooks_is_enabled()
    core._push_saved_tensors_default_hooks(log.pack, log.unpack)
    try:
        leaf(lib).exp()
        assert core._top_saved_tensors_default_hooks(False) == (log.pack, log.unpack)
    finally:
        core._pop_saved_tensors_default_hooks()
    leaf(lib).exp()
    assert len(log.packed) == 1
    assert core._top_saved_tensors_default_hooks(False) is None
    with pytest.raises(RuntimeError):
        core._pop_saved_tensors_default_hooks()
    assert core._saved_tensors_hooks_get_disabled_error_message() is None
    core._saved_tensors_hooks_disable("no")
    assert core._saved_tensors_hooks_get_disabled_error_message() == "no"
    assert not core._saved_tensors_hooks_is_enabled()
    core._saved_tensors_hooks_enable()
    assert core._saved_tensors_hooks_is_enabled()


def test_derivatives_of_functions_refuse_hooks(lib: Any) -> None:
    x = lib.tensor([2.0, 3.0])
    func = lib.func

    def f(x: Any) -> Any:
        return x.sin().sum()

    def with_hooks(x: Any) -> Any:
        with hooks(lib, same, same):
            return f(x)

    text = r"^torch.func.{grad, vjp, jacrev, hessian} don't yet support saved tensor hooks\."
    for transform in (func.grad, func.jacrev, func.hessian, lambda g: lambda x: func.vjp(g, x)):
        with hooks(lib, same, same), pytest.raises(RuntimeError, match=text):
            transform(f)(x)
        with pytest.raises(RuntimeError, match=text):
            transform(with_hooks)(x)
    with hooks(lib, same, same):
        _, tangent = func.jvp(f, (x,), (x,))
        rows = func.vmap(lambda row: row.sin())(x)
    assert tangent.item() == pytest.approx((x * x.cos()).sum().item())
    assert rows.tolist() == x.sin().tolist()
    func.jvp(with_hooks, (x,), (x,))
    assert lib._C._autograd._saved_tensors_hooks_is_enabled()
    assert func.grad(f)(x).tolist() == pytest.approx(x.cos().tolist())


def test_tangents_of_saved_tensors_come_back(lib: Any) -> None:
    forward = lib.autograd.forward_ad
    x = leaf(lib)
    with forward.dual_level():
        dual = forward.make_dual(x, lib.ones(2))
        with hooks(lib, lambda t: t.detach().clone(), same):
            y, z = dual.sin(), dual.exp()
        saved = y.grad_fn._saved_self, z.grad_fn._saved_result
        (g,) = lib.autograd.grad((y + z).sum(), x, create_graph=True)
        tangents = [forward.unpack_dual(t).tangent.tolist() for t in (*saved, g)]
    assert tangents[0] == [1.0, 1.0]
    assert tangents[1] == pytest.approx(x.exp().tolist())
    assert tangents[2] == pytest.approx((x.exp() - x.sin()).tolist())


@pytest.mark.parametrize("unpack", [lambda t: t.double(), lambda t: t.int(), lambda t: t.half()])
def test_gradients_keep_their_dtype_whatever_unpack_returns(lib: Any, unpack: Any) -> None:
    x = leaf(lib)
    with hooks(lib, same, unpack):
        y = x * x.detach()
    (g,) = lib.autograd.grad(y.sum(), x, retain_graph=True)
    (h,) = lib.autograd.grad(y.sum(), x, create_graph=True)
    assert g.dtype is h.dtype is lib.float32
    assert g.tolist() == h.tolist() == [2.0, 3.0]


def test_anomaly_mode_and_hooks_watch_together(lib: Any) -> None:
    x = leaf(lib)
    log = Log()
    with lib.autograd.set_detect_anomaly(True):
        with hooks(lib, log.pack, log.unpack):
            y = x.exp()
        z = y.sin()
        with hooks(lib, log.pack, log.unpack):
            pass
        w = z.cos()
    assert [len(t.grad_fn.metadata) for t in (y, z, w)] == [1, 1, 1]
    with hooks(lib, log.pack, log.unpack):
        with lib.autograd.set_detect_anomaly(True):
            y.sin()
        u = y.cos()
    assert len(u.grad_fn.metadata) == 0
    assert len(log.packed) == 3
    with lib.autograd.set_detect_anomaly(True), pytest.raises(RuntimeError, match="nan values"):
        with hooks(lib, same, lambda t: t * float("nan")):
            v = x.exp()
        v.sum().backward()


def test_backward_passes_of_several_threads_share_a_packed_graph(lib: Any) -> None:
    x = leaf(lib)
    with hooks(lib, lambda t: t.detach().clone(), lambda t: t.clone()):
        y = (x.exp() * x).sin().sum()
    (expected,) = lib.autograd.grad(y, x, retain_graph=True)
    found: list[Any] = []

    def work() -> None:
        for _ in range(20):
            found.append(lib.autograd.grad(y, x, retain_graph=True)[0].tolist())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected.tolist()] * 80


def test_a_deep_graph_under_hooks_dies_at_once(lib: Any) -> None:
    x = leaf(lib)
    gc.collect()
    gc.disable()
    try:
        y = x.exp()
        thing = Log()
        y.grad_fn.metadata["thing"] = thing
        ref = weakref.ref(thing)
        del thing
        with hooks(lib, lambda t: t.detach(), same):
            for _ in range(5000):
                y = y.sin()
        assert ref() is not None
        del y
        assert ref() is None
    finally:
        gc.enable()
