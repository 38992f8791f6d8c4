"""The protocol ``__torch_function__``: types, and modes, that answer calls of public functions.

>>> import rushlight as torch
>>> class Metres(torch.Tensor):
...     pass
>>> length = torch.ones(2).as_subclass(Metres)
>>> length * 2
Metres([2., 2.])

A subclass of Tensor is asked, by a class method ``__torch_function__(func, types, args, kwargs)``,
to answer every call with one of its instances among the arguments. The one it inherits runs the
function and makes the results instances of the subclass. Nothing on the eager path knows of this:
the functions get layers (`rushlight.api.exchange`) when the first such subclass is defined, or the
first `TorchFunctionMode` entered.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import cache
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from rushlight.api.exchange import OVERRIDES, Layer, put
from rushlight.autograd.threads import carried
from rushlight.parameter import Buffer, Parameter
from rushlight.tensor import Tensor

__all__: list[str] = []

Function = Callable[..., Any]


class _State(threading.local):
    modes: tuple[Any, ...] = ()  # the innermost last
    subclasses: bool = True  # whether types are asked
    modes_on: bool = True


state = carried(_State())


class DisableTorchFunctionSubclass:
    """Context manager: no type is asked inside."""

    def __enter__(self) -> None:
        self.before = state.subclasses
        state.subclasses = False

    def __exit__(self, *_: Any) -> None:
        state.subclasses = self.before


class DisableTorchFunction(DisableTorchFunctionSubclass):
    """Context manager: neither types nor modes are asked inside."""

    def __enter__(self) -> None:
        super().__enter__()
        self.modes_before = state.modes_on
        state.modes_on = False

    def __exit__(self, *_: Any) -> None:
        super().__exit__()
        state.modes_on = self.modes_before


class EnableTorchFunction(DisableTorchFunction):
    """Context manager: types and modes are asked inside of one that says otherwise."""

    def __enter__(self) -> None:
        super().__enter__()
        state.subclasses = state.modes_on = True


def is_enabled() -> bool:
    """Return whether types are asked in this thread."""
    return state.subclasses


def count_modes() -> int:
    """Return how many modes are on in this thread."""
    return len(state.modes)


def disabled(func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """The ``__torch_function__`` of a class that wants results to be plain tensors."""
    with DisableTorchFunctionSubclass():
        return func(*args, **(kwargs or {}))


# -- who is asked ----------------------------------------------------------------------------------

_NEVER = frozenset((Tensor, bool, int, float, complex, str, type(None), type(...), slice))


_answers: WeakKeyDictionary[type[Any], bool] = WeakKeyDictionary()


def _asked(kind: type[Any]) -> bool:
    """Whether instances of a type want to answer: not parameters, nor what transforms make."""
    known = _answers.get(kind)
    if known is None:
        known = _answers[kind] = _finds(kind)
    return known


def _finds(kind: type[Any]) -> bool:
    if kind in _NEVER:
        return False
    method = getattr(kind, "__torch_function__", None)
    if method is None or method is disabled:
        return False
    inherited = getattr(method, "__func__", None) is _torch_function
    ours = issubclass(kind, (Parameter, Buffer)) or getattr(kind, "_interpreter", None) is not None
    return not (inherited and ours)


def overloaded(values: Iterable[Any]) -> list[Any]:
    """The arguments of types that want to answer, one of each type, subclasses first."""
    found: list[Any] = []
    for value in values:
        kind = type(value)
        if _asked(kind) and all(type(other) is not kind for other in found):
            place = next((i for i, o in enumerate(found) if issubclass(kind, type(o))), len(found))
            found.insert(place, value)
    return found


def _among(args: Any, kwargs: Any) -> list[Any]:
    """As `overloaded`, of a call's arguments and of what is in lists among them."""
    found: list[Any] = []
    for value in (*args, *kwargs.values()) if kwargs else args:
        kind = type(value)
        if kind in _NEVER:
            continue
        if kind is list or kind is tuple:
            found += [v for v in value if _asked(type(v))]
        elif _asked(kind):
            found.append(value)
    return overloaded(found) if len(found) > 1 else found


def answer(func: Any, found: list[Any], args: Any, kwargs: Any) -> Any:
    """Ask the types of `found` in turn; NotImplemented where none answers."""
    types = tuple([type(value) for value in found])
    for value in found:
        ask = value.__torch_function__
        if getattr(ask, "__self__", None) is value:
            _warn_of_plain_method()
        result = ask(func, types, args) if kwargs is None else ask(func, types, args, kwargs)
        if result is not NotImplemented:
            return result
    return NotImplemented


def _warn_of_plain_method() -> None:
    from rushlight.api.once import warn_once

    warn_once(
        "Defining your `__torch_function__` as a plain method is deprecated and will be an error "
        "in future, please define it as a classmethod."
    )


def ask_mode(func: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """Ask the innermost mode, which isn't on meanwhile."""
    modes = state.modes
    state.modes = modes[:-1]
    try:
        mode = modes[-1]
        if kwargs:
            return mode.__torch_function__(func, types, args, kwargs)
        return mode.__torch_function__(func, types, args)
    finally:
        state.modes = modes


def _layer(func: Any, name: str) -> Layer:
    """What stands before a function; it is told of as `func`."""
    operator = name.startswith("__")

    def override(call: Function, args: Any, kwargs: Any) -> Any:
        if state.modes and state.modes_on:
            types = tuple([type(value) for value in _among(args, kwargs)])
            return ask_mode(func, types, args, kwargs)
        if not state.subclasses:
            return call(*args, **kwargs)
        found = _among(args, kwargs)
        if not found:
            return call(*args, **kwargs)
        result = answer(func, found, args, kwargs or None)
        if result is NotImplemented and not operator:
            raise refused(func, found)
        return result

    return override


def refused(func: Any, found: list[Any]) -> TypeError:
    """PyTorch's error for a call that no type answers."""
    lines = "".join(f"  - tensor subclass {type(value)}\n" for value in found)
    return TypeError(
        f"Multiple dispatch failed for 'torch.{getattr(func, '__name__', func)}'; all "
        f"__torch_function__ handlers returned NotImplemented:\n\n{lines}\nFor more information, "
        "try re-running with TORCH_LOGS=not_implemented"
    )


# -- what Tensor does ------------------------------------------------------------------------------


def convert(result: Any, cls: type[Any], given: Iterable[Any] = ()) -> Any:
    """Make the tensors of a result instances of `cls`; those that were `given` are left as is."""
    if cls is Tensor:
        return result
    if isinstance(result, Tensor):
        if isinstance(result, cls):
            return result
        if type(result) is Tensor and all(result is not value for value in given):
            result.__class__ = cls  # it is fresh: nobody else has it
            return result
        return result.as_subclass(cls)
    if isinstance(result, (tuple, list)):
        parts = [convert(r, cls, given) for r in result]
        return result._make(parts) if hasattr(result, "_make") else type(result)(parts)
    return result


def _torch_function(
    cls: type[Any], func: Any, types: Any, args: Any = (), kwargs: Any = None
) -> Any:
    """Run `func`, and make its results instances of this subclass.

    Returns NotImplemented where one of `types` is no superclass of it.
    """
    if not all(issubclass(cls, kind) for kind in types):
        return NotImplemented
    with DisableTorchFunctionSubclass():
        result = func(*args, **(kwargs or {}))
        return convert(result, cls, args)


ATTRIBUTES = {"__torch_function__": classmethod(_torch_function)}


# -- layers ----------------------------------------------------------------------------------------

# What a program sees as `func` where it wrote an operator.
_WRITTEN = {
    **{f"__{form}{name}__": name for name in ("add", "mul") for form in ("", "r")},
    **{f"__{name}__": name for name in ("sub", "pow", "matmul", "neg", "abs")},
    **{f"__{name}__": name for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    "__truediv__": "div",
    "__mod__": "remainder",
}
_LEFT_ALONE = """
__array__ __array_function__ __array_ufunc__ __array_wrap__ __deepcopy__ __dlpack__
__dlpack_device__ __format__ __init_subclass__ __iter__ __new__ __reduce_ex__ __torch_function__
_check_grad _dim _is_view _make_subclass _now as_subclass is_tensor
"""


@cache
def overridable() -> dict[FunctionType, tuple[Any, str]]:
    """Return all functions that can be overridden: how `func` shows, and a name."""
    from rushlight.api.aten import operators
    from rushlight.autograd.backward import backward, grad
    from rushlight.nn import functional

    others = operators()  # which opens all families
    left_alone = set(_LEFT_ALONE.split())
    whole: Any = (backward, grad)
    functions: dict[FunctionType, tuple[Any, str]] = {f: (f, f.__name__) for f in whole}
    for name, value in list(vars(Tensor).items()):
        if name in left_alone:
            continue
        if isinstance(value, property) and name in ("H", "T", "mH", "mT", "data", "imag", "real"):
            if isinstance(value.fget, FunctionType):
                functions[value.fget] = (value.__get__, "")
        elif isinstance(value, FunctionType):
            if value.__name__.startswith("_"):
                value.__name__ = name  # what users call it
            written = getattr(Tensor, _WRITTEN[name]) if name in _WRITTEN else value
            functions.setdefault(value, (written, name))
    for name, value in vars(functional).items():
        if isinstance(value, FunctionType) and not name.startswith("_"):
            functions.setdefault(value, (value, name))
    for value in others:
        if value.__name__ in left_alone:
            continue
        functions.setdefault(value, (value, value.__name__ if value.__name__[0] != "_" else ""))
    return functions


@cache
def watch_types() -> None:
    """Put layers before all functions, once and for all."""
    for function, (func, name) in overridable().items():
        put(function, _layer(func, name), OVERRIDES)


def watch_type(cls: type[Any]) -> None:
    """Put layers before all functions if a new subclass of Tensor wants to answer their calls."""
    if _asked(cls):
        watch_types()
