"""Dispatch modes: code of yours between autograd and the operators.

While a `TorchDispatchMode` is entered, each operator that this thread runs is handed to its
``__torch_dispatch__(func, types, args, kwargs)``, which returns the result, by ``func(*args,
**kwargs)`` or otherwise. Autograd stands above: it records the operator with whatever the mode
returned.

>>> import rushlight as torch
>>> from rushlight.utils._python_dispatch import TorchDispatchMode
>>> class Tell(TorchDispatchMode):
...     def __torch_dispatch__(self, func, types, args=(), kwargs=None):
...         print(func)
...         return func(*args, **(kwargs or {}))
>>> with Tell():
...     y = torch.ones(2).exp() * 2
aten.ones.default
aten.exp.default
aten.mul.Tensor

How operators are caught: while a mode is entered public functions are watched (see
docs/design/0007-watching.md). The outermost of a call puts `Seen` tensors in the place of its
arguments, which are outside of the fast paths' type test, so that every Operator it comes to is
handed to the mode; and takes them out of its result.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rushlight._ops import OpOverload, name_of, overload_of
from rushlight.api.calls import OPERATORS, Call
from rushlight.autograd.modes import mode as grad_mode
from rushlight.autograd.threads import carried
from rushlight.ops.operator import Operator
from rushlight.parameter import Parameter
from rushlight.tensor import Tensor, new

__all__ = ["TorchDispatchMode", "is_traceable_wrapper_subclass", "run_current"]


class _State(threading.local):
    def __init__(self) -> None:
        self.modes: list[TorchDispatchMode] = []
        self.inside = False  # of a public function that has put Seen tensors in place
        self.current: list[_Running] = []  # operators that modes were handed, the innermost last


_state = carried(_State())


class TorchDispatchMode:
    """Subclass with a ``__torch_dispatch__``, and enter as a context manager."""

    def __torch_dispatch__(
        self, func: OpOverload, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Return the result of an operator."""
        raise NotImplementedError

    def __enter__(self) -> TorchDispatchMode:
        _state.modes.append(self)
        OPERATORS.add(_see_call)
        return self

    def __exit__(self, *_: object) -> None:
        OPERATORS.remove(_see_call)
        _state.modes.pop()


def _get_current_dispatch_mode() -> TorchDispatchMode | None:
    """Return the innermost mode of this thread, or None."""
    return _state.modes[-1] if _state.modes else None


def _get_current_dispatch_mode_stack() -> list[TorchDispatchMode]:
    """Return the modes of this thread, the innermost last."""
    return list(_state.modes)


def _len_torch_dispatch_stack() -> int:
    """Return how many modes are entered in this thread."""
    return len(_state.modes)


@contextmanager
def _disable_current_modes() -> Iterator[list[TorchDispatchMode]]:
    """Hand operators to no mode inside."""
    modes, _state.modes = _state.modes, []
    try:
        yield list(modes)
    finally:
        _state.modes = modes


def is_traceable_wrapper_subclass(t: object) -> bool:
    """Whether a tensor is of a class that takes itself apart by ``__tensor_flatten__``."""
    kind = type(t)
    return isinstance(t, Tensor) and all(
        hasattr(kind, name) for name in ("__tensor_flatten__", "__tensor_unflatten__")
    )


class _Running:
    """An operator that a mode was handed: what its ``func`` runs."""

    __slots__ = ("func", "run", "was_run")

    def __init__(self, func: OpOverload, run: Callable[..., Any]) -> None:
        self.func = func
        self.run = run
        self.was_run = False


def run_current(func: OpOverload, args: Any, kwargs: Any) -> tuple[bool, Any]:
    """Run the operator that the innermost mode was handed, if `func` is that one."""
    if not _state.current or _state.current[-1].func is not func:
        return False, None
    running = _state.current[-1]
    running.was_run = True
    return True, running.run(*args, **kwargs)


def _hand_over(func: OpOverload, run: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Let the innermost mode answer, and those outside of it where it runs the operator."""
    modes = _state.modes
    innermost = modes.pop()
    inside, _state.inside = _state.inside, False
    further = (lambda *a, **k: _hand_over(func, run, a, k)[0]) if modes else run
    running = _Running(func, further)
    _state.current.append(running)
    try:
        return innermost.__torch_dispatch__(func, (), args, kwargs), running.was_run
    finally:
        _state.current.pop()
        _state.inside = inside
        modes.append(innermost)


# -- public functions ----------------------------------------------------------------------------


def _see_call(name: str, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Put `Seen` tensors in the place of arguments, and take them out of the result."""
    if not _state.modes or _state.inside or name == "detach" or _transformed((args, kwargs)):
        return call(*args, **kwargs)
    if name.endswith("_") and not name.endswith("__"):
        return _write(name, call, args, kwargs)
    seen_args, found = _seen(args)
    seen_kwargs, more = _seen(kwargs)
    if not found and not more:
        return _hand_over(overload_of(name, args), call, args, kwargs)[0]
    _state.inside = True
    try:
        return _plain(call(*seen_args, **seen_kwargs))
    finally:
        _state.inside = False


def _write(name: str, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Hand a whole in-place function over. It writes even where the mode leaves it out."""
    grad, results = grad_mode.grad, []

    def run(*args: Any, **kwargs: Any) -> Any:
        before, grad_mode.grad = grad_mode.grad, grad
        inside, _state.inside = _state.inside, True
        try:
            results.append(call(*args, **kwargs))
        finally:
            grad_mode.grad = before
            _state.inside = inside
        return results[-1]

    returned, was_run = _hand_over(overload_of(name, args), run, args, kwargs)
    return returned if was_run else run(*args, **kwargs)


# -- tensors that operators are seen by ----------------------------------------------------------


class _Interpreter:
    """What `dispatch` finds on a Seen tensor."""

    level = -1  # below all transforms, which run their operators on plain values in the end

    def process(self, op: Operator, args: tuple[Any, ...]) -> Any:
        """Hand the Operator to the mode, and record it with what comes back."""
        given: tuple[Any, ...] = _plain(tuple(args))
        if not _state.modes:
            return op.general(*given)
        grad = grad_mode.grad
        grad_mode.grad = False
        try:
            result, _ = _hand_over(overload_of(name_of(op, given), given), op.general, given, {})
        finally:
            grad_mode.grad = grad
        several = isinstance(result, (tuple, list))
        outs = tuple(result) if several else (result,)
        arrays = tuple([out._array for out in outs])
        wrapped = op.wrap(given, arrays if several else arrays[0])
        for made, out in zip(wrapped if several else (wrapped,), outs):
            if not op.view:
                made._counter = out._counter  # who keeps the result sees when it is written
        return _seen(wrapped)[0] if _state.inside else wrapped

    def overwrite(self, t: Tensor, result: Tensor) -> None:
        """Nothing is left to do when values were written."""

    def remember(self, t: Tensor) -> Tensor:
        """A copy of the values, which are about to be overwritten."""
        kept: Tensor = t.detach().clone()
        return kept


class Seen(Tensor):
    """A tensor that the fast paths don't know, in the place of `_of`."""

    _interpreter = _Interpreter()
    _of: Tensor


def _seen(value: Any) -> tuple[Any, bool]:
    """Put a Seen tensor in the place of each tensor, and say whether there was one."""
    kind = type(value)
    if kind is Tensor or kind is Parameter:
        out = new(Seen)
        out._array, out._counter, out._edge, out._of = (
            *(value._array, value._counter, value._edge),
            value,
        )
        return out, True
    if kind is tuple or kind is list:
        pairs = [_seen(v) for v in value]
        return kind([v for v, _ in pairs]), any(found for _, found in pairs)
    if kind is dict:
        named = {key: _seen(v) for key, v in value.items()}
        return {key: v for key, (v, _) in named.items()}, any(f for _, f in named.values())
    return value, isinstance(value, Tensor)


def _transformed(value: Any) -> bool:
    """Whether a tensor of a transform is among arguments: what that one runs is not seen."""
    if isinstance(value, (tuple, list)):
        return any(map(_transformed, value))
    if isinstance(value, dict):
        return any(map(_transformed, value.values()))
    return isinstance(value, Tensor) and value._interpreter is not None


def _plain(value: Any) -> Any:
    """Take Seen tensors out again."""
    if type(value) is Seen:
        return value._of
    if isinstance(value, tuple) and type(value) is not tuple:  # a named one
        return type(value)(*[_plain(v) for v in value]) if hasattr(value, "_fields") else value
    if type(value) is tuple or type(value) is list:
        return type(value)([_plain(v) for v in value])
    return value
