"""Grad modes: whether operators record. One flag a thread, flipped by context managers.

The flags are class attributes of a `threading.local`, so that every new thread starts recording,
as in PyTorch, and a test on the eager path is one attribute load.
"""

from __future__ import annotations

import functools
import inspect
import threading
import warnings
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar, cast

from rushlight.autograd.threads import carried

__all__ = [
    "enable_grad",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "set_grad_enabled",
]

F = TypeVar("F", bound=Callable[..., Any])


class _Mode(threading.local):
    grad: bool = True  # whether operators record
    forward: bool = True  # whether operators push tangents
    inference: bool = False
    derivative: bool = False  # inside `func.grad` or `func.vjp`, which save inference tensors, too
    layout: bool = True  # whether a gradient is laid out in memory as its leaf is
    replay: bool = False  # what `_force_original_view_tracking` asked for
    asked: bool = False  # in inference mode, where nothing records: what enable_grad asked for


mode = carried(_Mode())


def is_grad_enabled() -> bool:
    """Return whether operators record in this thread (or would, but for inference mode)."""
    return mode.asked if mode.inference else mode.grad


def _switch(on: bool) -> None:
    if mode.inference:
        mode.asked = on
    else:
        mode.grad = on


def switch_grad(enabled: bool) -> None:
    """Let operators of this thread record or not: `set_grad_enabled` without a way back."""
    check_enabled("set_grad_enabled", enabled)
    _switch(enabled)


def check_enabled(function: str, enabled: Any) -> None:
    """Raise PyTorch's TypeError for anything but a bool."""
    if not isinstance(enabled, bool):
        raise TypeError(
            f"{function}(): argument 'enabled' (position 1) must be bool, not "
            f"{type(enabled).__name__}"
        )


def is_inference_mode_enabled() -> bool:
    """Return whether this thread is inside `inference_mode`."""
    return mode.inference


class _Decorator:
    """A context manager that also decorates functions and generators."""

    def clone(self) -> _Decorator:
        """Return a fresh manager with the same arguments, one for each call."""
        return type(self)()

    def __enter__(self) -> Any:
        raise NotImplementedError

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        raise NotImplementedError

    def __call__(self, fn: F) -> F:
        if inspect.isgeneratorfunction(fn):
            return cast(F, self._around_generator(fn))
        if isinstance(fn, type):
            warnings.warn(
                "Decorating classes is deprecated and will be disabled in future versions. You "
                "should only decorate functions or methods. To preserve the current behavior of "
                "class decoration, you can directly decorate the `__init__` method and nothing "
                "else.",
                FutureWarning,
                stacklevel=2,
            )

        @functools.wraps(fn)
        def call(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return fn(*args, **kwargs)

        return cast(F, call)

    def _around_generator(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """Hold the mode while the generator runs, and not while its consumer does."""

        @functools.wraps(fn)
        def generator(*args: Any, **kwargs: Any) -> Any:
            gen = fn(*args, **kwargs)
            step: Callable[[], Any] = lambda: next(gen)
            while True:
                try:
                    with self.clone():
                        item = step()
                except StopIteration as stop:
                    return stop.value
                try:
                    sent = yield item
                except GeneratorExit:
                    with self.clone():
                        gen.close()
                    raise
                except BaseException as error:
                    step = functools.partial(gen.throw, error)
                else:
                    step = functools.partial(gen.send, sent)

        return generator


class no_grad(_Decorator):
    """Context manager and decorator: operators inside do not record.

    >>> import rushlight as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> with torch.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    __module__ = "rushlight.autograd.grad_mode"

    def __new__(cls, orig_func: Any = None) -> Any:
        made = object.__new__(cls)
        return made if orig_func is None else made(orig_func)

    prev: bool = False  # the mode to return to

    def __enter__(self) -> None:
        self.prev = is_grad_enabled()
        _switch(False)

    def __exit__(self, *_: Any) -> None:
        _switch(self.prev)


class enable_grad(_Decorator):
    """Context manager and decorator: operators inside record, also inside `no_grad`."""

    __module__ = "rushlight.autograd.grad_mode"

    def __new__(cls, orig_func: Any = None) -> Any:
        made = object.__new__(cls)
        return made if orig_func is None else made(orig_func)

    def __enter__(self) -> None:
        self.prev = is_grad_enabled()
        _switch(True)

    def __exit__(self, *_: Any) -> None:
        _switch(self.prev)


class set_grad_enabled(_Decorator):
    """Switch recording on or off: at once as a function, back at the exit as a context manager.

    >>> import rushlight as torch
    >>> with torch.set_grad_enabled(False):
    ...     torch.is_grad_enabled()
    False
    """

    __module__ = "rushlight.autograd.grad_mode"

    def __init__(self, mode: bool) -> None:
        self.prev = is_grad_enabled()
        self.mode = mode
        switch_grad(mode)

    def __call__(self, fn: F) -> F:
        _switch(self.prev)  # as a decorator it acts inside the function only
        return super().__call__(fn)

    def clone(self) -> set_grad_enabled:
        return set_grad_enabled(self.mode)

    def __enter__(self) -> None:
        _switch(self.mode)

    def __exit__(self, *_: Any) -> None:
        _switch(self.prev)

    def __str__(self) -> str:
        return f"rushlight.autograd.grad_mode.set_grad_enabled(mode={self.mode})"

    __repr__ = __str__


class inference_mode(_Decorator):
    """Like `no_grad`, and the tensors made inside can never enter a graph.

    >>> import rushlight as torch
    >>> with torch.inference_mode():
    ...     y = torch.ones(2) * 2
    >>> y.is_inference()
    True
    """

    __module__ = "rushlight.autograd.grad_mode"

    def __new__(cls, mode: Any = True) -> Any:
        made = object.__new__(cls)
        if isinstance(mode, bool):
            made.mode = mode
            return made
        made.mode = True
        return made(mode)

    mode: bool

    def clone(self) -> inference_mode:
        return cast(inference_mode, inference_mode(self.mode))

    def __enter__(self) -> None:
        self._outside = (mode.grad, mode.forward, mode.inference, mode.asked)
        mode.inference = self.mode
        mode.grad = mode.forward = not self.mode
        mode.asked = False

    def __exit__(self, *_: Any) -> None:
        mode.grad, mode.forward, mode.inference, mode.asked = self._outside
