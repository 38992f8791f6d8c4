"""Stories about grad modes, told to both libraries: where recording is on, off, and forbidden."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

import rushlight
from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)


# -- on and off --------------------------------------------------------------------------------


def test_blocks_nest(lib: Any) -> None:
    on = lib.is_grad_enabled
    with lib.no_grad():
        assert not on()
        with lib.enable_grad():
            assert on()
            with lib.set_grad_enabled(False):
                assert not on()
            assert on()
        assert not on()
    assert on()


def test_a_block_ends_with_an_exception(lib: Any) -> None:
    with pytest.raises(ValueError, match="x"), lib.no_grad():
        raise ValueError("x")
    assert lib.is_grad_enabled()


def test_one_manager_may_be_used_again(lib: Any) -> None:
    manager = lib.no_grad()
    for _ in range(2):
        with manager:
            assert not lib.is_grad_enabled()
        assert lib.is_grad_enabled()


def test_set_grad_enabled_acts_at_once(lib: Any) -> None:
    lib.set_grad_enabled(False)
    assert not lib.is_grad_enabled()
    switch = lib.set_grad_enabled(mode=True)
    assert lib.is_grad_enabled()
    assert str(switch).endswith("autograd.grad_mode.set_grad_enabled(mode=True)")
    for wrong in (1, "a", None):
        with pytest.raises(TypeError, match=r"'enabled' \(position 1\) must be bool, not"):
            lib.set_grad_enabled(wrong)


def test_they_are_the_same_under_all_names(lib: Any) -> None:
    for name in ("no_grad", "enable_grad", "set_grad_enabled", "inference_mode"):
        public = getattr(lib, name)
        assert getattr(lib.autograd, name) is public
        assert getattr(lib.autograd.grad_mode, name) is public


def test_nothing_is_recorded(lib: Any) -> None:
    w = lib.ones(2, requires_grad=True)
    with lib.no_grad():
        y = w * 2
        leaf = lib.ones(2, requires_grad=True)
        w.add_(1)  # a leaf may be written here
        view = w[:1]
        view.mul_(3)
    assert not y.requires_grad
    assert leaf.requires_grad
    assert w.tolist() == [6.0, 2.0]
    assert w._version == 2
    assert view.requires_grad  # it is still a view of w
    (w * w).sum().backward()
    assert w.grad.tolist() == [12.0, 4.0]


# -- as decorators -----------------------------------------------------------------------------


def test_decorated_functions(lib: Any) -> None:
    on = lib.is_grad_enabled

    @lib.no_grad()
    def off(a: int, b: int = 1) -> Any:
        """Say so."""
        return on(), a, b

    @lib.no_grad
    def bare() -> bool:
        return on()

    @lib.enable_grad()
    def again() -> bool:
        return on()

    @lib.set_grad_enabled(False)
    def switched() -> bool:
        return on()

    @lib.no_grad()
    def recursive(n: int) -> list[bool]:
        return recursive(n - 1) + [on()] if n else [on()]

    assert on()
    assert off(1, b=2) == (False, 1, 2)
    assert (off.__name__, off.__doc__) == ("off", "Say so.")
    assert (bare(), switched()) == (False, False)
    with lib.no_grad():
        assert again()
    assert recursive(2) == [False] * 3
    assert on()


def test_decorated_methods(lib: Any) -> None:
    class Thing:
        @lib.no_grad()
        def method(self) -> bool:
            return lib.is_grad_enabled()

        @staticmethod
        @lib.no_grad()
        def static() -> bool:
            return lib.is_grad_enabled()

        @classmethod
        @lib.no_grad()
        def of_class(cls) -> bool:
            return lib.is_grad_enabled()

        @property
        @lib.no_grad()
        def value(self) -> bool:
            return lib.is_grad_enabled()

    thing = Thing()
    assert [thing.method(), thing.static(), thing.of_class(), thing.value] == [False] * 4


def test_decorated_generators(lib: Any) -> None:
    """The mode holds while the generator runs, and not while its consumer does."""
    on = lib.is_grad_enabled
    closed: list[bool] = []

    @lib.no_grad()
    def numbers() -> Iterator[Any]:
        try:
            sent = yield on()
            try:
                yield on(), sent
            except ValueError:
                yield on()
            return 5
        finally:
            closed.append(on())

    run = numbers()
    assert next(run) is False
    assert on()
    assert run.send(7) == (False, 7)
    assert run.throw(ValueError()) is False
    assert on()
    with pytest.raises(StopIteration) as end:
        next(run)
    assert end.value.value == 5
    early = numbers()
    next(early)
    early.close()
    assert closed == [False, False]
    assert on()


def test_a_coroutine_runs_later(lib: Any) -> None:
    """The decorator acts while the coroutine is made, and not while it runs."""

    @lib.no_grad()
    async def later() -> bool:
        return lib.is_grad_enabled()

    with pytest.raises(StopIteration) as end:
        later().send(None)
    assert end.value.value is True


def test_decorated_classes(lib: Any) -> None:
    class Thing:
        def __init__(self) -> None:
            self.on = lib.is_grad_enabled()

    with pytest.warns(FutureWarning, match="Decorating classes is deprecated"):
        made = lib.no_grad()(Thing)
    assert not made().on


# -- inference mode ----------------------------------------------------------------------------

CANNOT_SAVE = "Inference tensors cannot be saved for backward"
CANNOT_WRITE = "Inplace update to inference tensor outside InferenceMode is not allowed"


def inference(lib: Any, **options: Any) -> Any:
    with lib.inference_mode():
        return lib.ones(2, **options)


def test_what_inference_mode_makes(lib: Any) -> None:
    w = lib.ones(2, requires_grad=True)
    with lib.inference_mode():
        assert lib.is_inference_mode_enabled()
        assert not lib.is_grad_enabled()
        x = lib.ones(2)
        made = [x, x * 2, x[:1], x.sum(), lib.cat([x, x]), w * 2, x.clone(), lib.nn.Parameter(x)]
        assert all(t.is_inference() for t in made)
        assert not (w * 2).requires_grad
        shared = [w[:1], w.split(1)[0], w.view(1, 2), w.detach(), lib.nn.Parameter(w), w.real]
        assert not any(t.is_inference() for t in shared)  # they share the version counter of w
    assert lib.is_inference(x)
    assert not lib.is_inference(w)
    assert not lib.is_inference_mode_enabled()


def test_inference_mode_nests(lib: Any) -> None:
    def state() -> Any:
        made = lib.ones(1, requires_grad=True) * 2
        on, inference = lib.is_grad_enabled(), lib.is_inference_mode_enabled()
        return inference, on, made.is_inference(), made.requires_grad

    with lib.inference_mode():
        assert state() == (True, False, True, False)
        with lib.inference_mode(False):
            assert state() == (False, True, False, True)
        with lib.enable_grad():
            assert state() == (True, True, True, False)  # asked for, and still nothing records
            with lib.no_grad():
                assert state() == (True, False, True, False)
        assert state() == (True, False, True, False)
    with lib.no_grad(), lib.inference_mode(mode=False):
        assert state() == (False, True, False, True)
    assert state() == (False, True, False, True)


def test_inference_mode_as_a_decorator(lib: Any) -> None:
    @lib.inference_mode()
    def inside() -> bool:
        return lib.is_inference_mode_enabled()

    @lib.inference_mode
    def bare() -> bool:
        return lib.is_inference_mode_enabled()

    @lib.inference_mode(False)
    def outside() -> bool:
        return lib.is_inference_mode_enabled()

    assert (inside(), bare(), outside()) == (True, True, False)


@pytest.mark.parametrize(
    "operation",
    [
        lambda lib, w, x: w * x,
        lambda lib, w, x: x * w,
        lambda lib, w, x: w / x,
        lambda lib, w, x: w * x[:1],
        lambda lib, w, x: w * x.detach(),
        lambda lib, w, x: lib.dot(w, x),
        lambda lib, w, x: lib.lerp(w, w, x),
    ],
)
def test_inference_tensors_cannot_be_saved(lib: Any, operation: Any) -> None:
    w, x = lib.ones(2, requires_grad=True), inference(lib)
    with pytest.raises(RuntimeError, match=CANNOT_SAVE):
        operation(lib, w, x)


def test_inference_tensors_where_nothing_is_saved(lib: Any) -> None:
    w, x = lib.ones(2, requires_grad=True), inference(lib)
    y = w + x
    y.sum().backward()
    assert w.grad.tolist() == [1.0, 1.0]
    assert not (x * 2).is_inference()
    assert x[:1].is_inference()
    assert x.detach().is_inference()
    assert not x.clone().is_inference()
    assert not copy.deepcopy(x).is_inference()
    (w * x.clone()).sum().backward()
    with lib.no_grad():
        assert (w * x).tolist() == [1.0, 1.0]
    normal = lib.zeros(2)
    normal.copy_(x)
    assert normal.tolist() == [1.0, 1.0]


def test_a_function_cannot_save_them_either(lib: Any) -> None:
    class Times(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, w: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return w * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.saved_tensors[0], None

    with pytest.raises(RuntimeError, match=CANNOT_SAVE):
        Times.apply(lib.ones(2, requires_grad=True), inference(lib))


@pytest.mark.parametrize(
    "write",
    [
        lambda lib, x: x.add_(1),
        lambda lib, x: x.mul_(lib.ones(2)),
        lambda lib, x: x[:1].add_(1),
        lambda lib, x: x.__setitem__(0, 3),
        lambda lib, x: x.copy_(lib.zeros(2)),
        lambda lib, x: x.zero_(),
        lambda lib, x: x.exp_(),
        lambda lib, x: lib.add(lib.ones(2), 1, out=x),
        lambda lib, x: lib.zeros(2, out=x),
    ],
)
def test_inference_tensors_are_not_written_outside(lib: Any, write: Any) -> None:
    x = inference(lib)
    with pytest.raises(RuntimeError, match=CANNOT_WRITE):
        write(lib, x)
    if lib is rushlight:  # PyTorch finds out after it has written
        assert x.tolist() == [1.0, 1.0]
    with lib.inference_mode():
        write(lib, x)


def test_normal_tensors_are_written_inside(lib: Any) -> None:
    x = lib.ones(2)
    y = lib.ones(2, requires_grad=True) * 1
    with lib.inference_mode():
        x.add_(1)
        y.mul_(2)
    assert x.tolist() == [2.0, 2.0]
    assert (x._version, y._version) == (1, 1)
    assert not x.is_inference()


def test_what_else_they_refuse(lib: Any) -> None:
    x = inference(lib)
    with pytest.raises(RuntimeError, match="Inference tensors do not track version counter"):
        _ = x._version
    with pytest.raises(RuntimeError, match="Setting requires_grad=True on inference tensor outs"):
        x.requires_grad_()
    with pytest.raises(RuntimeError, match="Setting requires_grad=True on inference tensor outs"):
        x.requires_grad = True
    with lib.inference_mode():
        assert x.requires_grad_().requires_grad
    with pytest.raises(RuntimeError, match="does not require grad"):
        with lib.inference_mode():
            y = (lib.ones(2, requires_grad=True) * 2).sum()
        y.backward()
