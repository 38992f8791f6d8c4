"""Forward mode beside everything else: grad modes, threads, copies, modules, random draws."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import weakref
from functools import partial
from importlib import import_module
from typing import Any

import pytest

import rushlight
from tests.both import attempt, story
from tests.libraries import LIBRARIES


def of(lib: Any) -> Any:
    return import_module(lib.__name__ + ".autograd.forward_ad")


def dual(lib: Any, **options: Any) -> Any:
    return of(lib).make_dual(lib.tensor([1.0, 2.0], **options), lib.tensor([1.0, 10.0]))


@story
def test_a_dual_looks_like_a_tensor(lib: Any) -> Any:
    with of(lib).dual_level():
        d = dual(lib)
        number = of(lib).make_dual(lib.tensor(1.0), lib.tensor(2.0))
        return d, type(d).__name__, repr(type(d))[-8:], isinstance(d, lib.Tensor), number


@pytest.mark.parametrize("lib", LIBRARIES)
def test_a_dual_is_a_plain_tensor_after_its_level(lib: Any) -> None:
    with of(lib).dual_level():
        d = dual(lib)
        e = lib.zeros(2)
        e.copy_(d)
        weight = lib.nn.Parameter(lib.ones(2))
        with lib.no_grad():
            weight.copy_(d)
    assert type(d) is type(e) is lib.Tensor
    assert type(weight) is lib.nn.Parameter
    assert repr(d) == "tensor([1., 2.])"
    assert (weight * 2).requires_grad


@story
def test_copies_have_no_tangent(lib: Any) -> Any:
    with of(lib).dual_level():
        d = dual(lib)
        copies = (copy.deepcopy(d), copy.copy(d), pickle.loads(pickle.dumps(d)), d.data, d.detach())
        d2 = d * 1
        d2.detach_()
        return copies, d, d2


@story
def test_tangents_are_switched_off(lib: Any) -> Any:
    fw = of(lib)
    with fw.dual_level():
        d = dual(lib)
        with fw._set_fwd_grad_enabled(False):
            seen: list[Any] = [fw._is_fwd_grad_enabled(), d, d * d, fw.unpack_dual(d), dual(lib)]
            made = dual(lib)
            product = d * d
            d.mul_(3)
        seen += [fw._is_fwd_grad_enabled(), d, made, product]
    fw._set_fwd_grad_enabled(False)
    seen.append(fw._is_fwd_grad_enabled())
    fw._set_fwd_grad_enabled(True)
    return seen, fw._is_fwd_grad_enabled()


@story
def test_by_the_names_of_c(lib: Any) -> Any:
    c = lib._C
    seen = [c._is_fwd_grad_enabled()]
    c._set_fwd_grad_enabled(False)
    with of(lib).dual_level():
        seen += [c._is_fwd_grad_enabled(), dual(lib)]
    c._set_fwd_grad_enabled(True)
    return seen, c._is_fwd_grad_enabled()


@story
def test_inference_mode_has_no_tangents(lib: Any) -> Any:
    fw = of(lib)
    with fw.dual_level():
        d = dual(lib)
        with lib.inference_mode():
            inside = d * d
            seen = [fw._is_fwd_grad_enabled(), d, inside, dual(lib)]
            d.mul_(3)
            with lib.inference_mode(False):
                seen += [fw._is_fwd_grad_enabled(), d * 1]
        with lib.no_grad():
            seen += [fw._is_fwd_grad_enabled(), d * d]
        return seen, inside, d


@story
def test_levels_are_seen_in_every_thread(lib: Any) -> Any:
    fw = of(lib)
    seen: list[Any] = [fw._current_level]
    with fw.dual_level() as level:
        d = dual(lib)

        def work() -> None:
            seen.append((fw._current_level, d * 2, attempt(fw.enter_dual_level)))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        seen += [level, fw._current_level]
    return seen, fw._current_level


@story
def test_a_level_around_a_function(lib: Any) -> Any:
    @of(lib).dual_level()
    def tangent() -> Any:
        return of(lib).unpack_dual(dual(lib) * 3).tangent

    return tangent(), tangent(), of(lib)._current_level


@story
def test_level_arguments(lib: Any) -> Any:
    fw = of(lib)
    x, t = lib.ones(2), lib.ones(2)
    seen = [attempt(partial(fw.make_dual, x, t, level=k)) for k in (-1, 0, 1)]
    seen += [attempt(partial(fw.unpack_dual, x, level=k)) for k in (-1, 1)]
    with fw.dual_level():
        d = fw.make_dual(x, t)
        for k in (-1, 0, 1):
            seen += [attempt(partial(fw.make_dual, x, t, level=k))]
            seen += [attempt(partial(fw.unpack_dual, d, level=k))]
        seen += [attempt(lambda: fw.make_dual(d, t)), attempt(lambda: fw.make_dual(x, d))]
        for wrong in ((1.0, t), (x, 1.0), (x, None), (x.to(lib.complex64), t)):
            seen.append(attempt(partial(fw.make_dual, *wrong)))
    return seen


@story
def test_the_primal_is_a_view(lib: Any) -> Any:
    fw = of(lib)
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    with fw.dual_level():
        y = fw.make_dual(x, lib.ones(2)) ** 2
        plain, tangent = fw.unpack_dual(y)
        fn = plain.grad_fn
        seen = [plain, plain._is_view(), plain._base is y, fn.name(), type(fn).__name__]
        seen += [fn.next_functions[0][0].name(), tangent]
        plain.mul_(3)  # the whole buffer's history is rewritten
        seen += [y, plain]
        plain.sum().backward()
        outside = fw.unpack_dual(x.detach())
    return seen, x.grad, outside, fw.unpack_dual(x).primal is x


@story
def test_draws_take_the_tangent_away(lib: Any) -> Any:
    with of(lib).dual_level():
        seen = []
        for name in ("uniform_", "normal_", "bernoulli_", "random_", "exponential_"):
            d = dual(lib) * 1
            getattr(d, name)()
            seen.append(of(lib).unpack_dual(d).tangent)
        return seen


@story
def test_what_duals_refuse(lib: Any) -> Any:
    with of(lib).dual_level():
        d = dual(lib)
        return attempt(lambda: d.resize_(3)), attempt(lambda: d.set_(lib.ones(2)))


@story
def test_a_dual_in_a_parameters_place(lib: Any) -> Any:
    seen = []
    inputs = {"Linear": (4, 2), "Conv2d": (1, 2, 3, 3), "ConvTranspose1d": (1, 2, 3)}
    for make in (
        lambda: lib.nn.Linear(2, 3),
        lambda: lib.nn.Conv2d(2, 2, 2),
        lambda: lib.nn.ConvTranspose1d(2, 2, 2),
        lambda: lib.nn.BatchNorm1d(2),
        lambda: lib.nn.LayerNorm(2),
    ):
        module = make()
        with of(lib).dual_level():
            weight = module.weight
            d = of(lib).make_dual(weight, lib.ones_like(weight))
            del module.weight
            module.weight = d
            shape = inputs.get(type(module).__name__, (3, 2))
            out = module(lib.arange(float(lib.Size(shape).numel())).reshape(shape))
            tangent = of(lib).unpack_dual(out).tangent
            seen += [tangent.shape, tangent.sum().detach().round(decimals=3), out.requires_grad]
            seen += [name for name, _ in module.named_parameters()]
    return seen


def test_duals_leave_nothing_on_the_tensors_that_took_tangents() -> None:
    x = rushlight.zeros(2)
    with of(rushlight).dual_level():
        x.copy_(dual(rushlight))
    assert set(x.__dict__) == {"_array", "_counter"}


@pytest.mark.parametrize("lib", LIBRARIES)
def test_a_view_writes_into_its_base_history(lib: Any) -> None:
    fw = of(lib)
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    with fw.dual_level():
        base = fw.make_dual(x, lib.tensor([3.0, 4.0])) * 1
        view = base[0]
        assert view._base is base
        view.mul_(5)
        assert base.grad_fn.name() == "torch::autograd::CopySlices"
        assert view._version == base._version == 1
        assert fw.unpack_dual(base).tangent.tolist() == [15.0, 4.0]
        base.sum().backward()
        assert x.grad.tolist() == [5.0, 1.0]


@story
def test_a_tangent_lies_in_its_buffer_as_the_primal_does(lib: Any) -> Any:
    fw, seen = of(lib), []
    four, six = lib.arange(4.0), lib.arange(6.0).reshape(2, 3)
    with fw.dual_level():
        for primal, tangent in (
            (four[:3], lib.ones(3)),
            (lib.ones(3), four[:3]),
            (six, lib.ones(3, 2).t()),
            (six.t(), lib.ones(3, 2)),
            (four[1:3], four[1:3]),
            (four[1:3], lib.ones(2)),
            (four[::2], lib.ones(2)),
            (lib.ones(0), lib.ones(4)[2:2]),
            (lib.ones(2).double(), lib.ones(2).double()),
        ):
            t = fw.unpack_dual(fw.make_dual(primal, tangent)).tangent
            where = t.stride(), t.storage_offset(), t.untyped_storage().nbytes()
            seen.append((t is tangent, where, t))
    return seen


@pytest.mark.parametrize("lib", LIBRARIES)
def test_tangents_die_with_their_level(lib: Any) -> None:
    fw = of(lib)
    x, t = lib.ones(2), lib.ones(2) * 1
    given = weakref.ref(t)
    gc.disable()
    try:
        with fw.dual_level():
            d = fw.make_dual(x, t)
            del t
            y = d * d
            made = weakref.ref(fw.unpack_dual(y).tangent)
            assert given() is not None and made() is not None
        assert given() is None and made() is None
        assert y.tolist() == [1.0, 1.0]
    finally:
        gc.enable()


@story
def test_losses_of_modules(lib: Any) -> Any:
    layers = lib.nn.Linear(3, 4), lib.nn.BatchNorm1d(4), lib.nn.Tanh(), lib.nn.Linear(4, 2)
    model = lib.nn.Sequential(*layers)
    x = lib.arange(12.0).reshape(4, 3).sin()
    with of(lib).dual_level():
        out = model(of(lib).make_dual(x, x.cos()))
        loss = lib.nn.functional.cross_entropy(out, lib.tensor([0, 1, 0, 1]))
        tangents = [of(lib).unpack_dual(t).tangent.detach() for t in (out, loss)]
        seen = [t.round(decimals=3) for t in tangents], model[1].running_mean.requires_grad
    return seen, type(model[1].running_mean).__name__
