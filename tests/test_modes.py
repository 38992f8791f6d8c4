"""Stories about grad modes, told to both libraries: where recording is on, off, and forbidden."""

from __future__ import annotations

import asyncio
import functools
import importlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest

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


# -- settings that few need --------------------------------------------------------------------


def grad_mode(lib: Any) -> Any:
    return importlib.import_module(f"{lib.__name__}.autograd.grad_mode")


def test_what_managers_remember(lib: Any) -> None:
    module = grad_mode(lib)
    assert (lib.no_grad().prev, lib.set_grad_enabled(True).prev) == (False, True)
    assert lib.inference_mode(False).clone().mode is False
    for name in ("no_grad", "enable_grad", "set_grad_enabled", "inference_mode"):
        assert getattr(lib, name).__module__ == module.__name__
    manager = module._enter_inference_mode(True)
    assert lib.is_inference_mode_enabled()
    module._exit_inference_mode(manager)
    assert not lib.is_inference_mode_enabled()


def test_managers_end_in_any_order(lib: Any) -> None:
    """Each goes back to what it found."""
    first, second = lib.no_grad(), lib.enable_grad()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert lib.is_grad_enabled()
    second.__exit__(None, None, None)
    assert not lib.is_grad_enabled()
    lib.set_grad_enabled(True)


def test_modes_belong_to_threads(lib: Any) -> None:
    seen: list[Any] = []

    def look() -> None:
        seen.append((lib.is_grad_enabled(), lib.is_inference_mode_enabled()))
        lib.set_grad_enabled(False)

    for manager in (lib.no_grad(), lib.inference_mode()):
        with manager:
            thread = threading.Thread(target=look)
            thread.start()
            thread.join()
    assert seen == [(True, False)] * 2
    assert lib.is_grad_enabled()


def test_a_decorated_generator_has_modes_of_its_own(lib: Any) -> None:
    on = lib.is_grad_enabled

    @lib.no_grad()
    def modes() -> Iterator[bool]:
        yield on()
        with lib.enable_grad():
            yield on()  # the block doesn't last beyond a yield
            yield on()
        yield on()

    assert [(mode, on()) for mode in modes()] == [
        (False, True),
        (True, True),
        (False, True),
        (False, True),
    ]


def test_a_generator_that_will_not_close(lib: Any) -> None:
    @lib.no_grad()
    def stubborn() -> Iterator[int]:
        try:
            yield 1
        except GeneratorExit:
            yield 2

    run = stubborn()
    next(run)
    with pytest.raises(RuntimeError, match="generator ignored GeneratorExit"):
        run.close()


def test_async_functions(lib: Any) -> None:
    """A decorator acts while an async function is called, which is not while it runs."""
    seen: list[bool] = []

    @lib.no_grad()
    async def numbers() -> Any:
        yield lib.is_grad_enabled()

    async def block() -> None:
        with lib.no_grad():
            await asyncio.sleep(0)
            seen.append(lib.is_grad_enabled())

    async def main() -> Any:
        await block()
        return [value async for value in numbers()]

    assert asyncio.run(main()) == [True]
    assert seen == [False]


def test_callables_of_other_kinds(lib: Any) -> None:
    class Callable:
        def __call__(self, a: int) -> Any:
            return lib.is_grad_enabled(), a

    assert lib.no_grad()(Callable())(3) == (False, 3)
    assert lib.no_grad()(functools.partial(Callable(), 4))() == (False, 4)
    assert lib.no_grad(len)([1]) == lib.inference_mode(len)([1]) == 1


def test_parts_of_an_inference_leaf(lib: Any) -> None:
    with lib.inference_mode():
        x = lib.tensor([1.0, 2.0]).requires_grad_()
        parts = [x[0], x.unbind()[0], x.split(1)[0], next(iter(x)), x.chunk(2)[0]]
    assert not any(part.requires_grad for part in parts)


def test_nothing_written_past_the_end(lib: Any) -> None:
    w = lib.ones(1, requires_grad=True)
    empty = lib.zeros(2, 0).t()
    empty.movedim(1, 0)[1:2, :] = w
    empty.backward(lib.zeros(0, 2), retain_graph=True)
    assert w.grad.tolist() == [0.0]
