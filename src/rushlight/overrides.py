"""Functions of one's own that take part in ``__torch_function__``, and modes that see all calls.

>>> import rushlight as torch
>>> from rushlight.overrides import TorchFunctionMode
>>> class Names(TorchFunctionMode):
...     def __torch_function__(self, func, types, args=(), kwargs=None):
...         print(func.__name__)
...         return func(*args, **(kwargs or {}))
>>> with Names():
...     x = torch.ones(2).exp()
ones
exp
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Iterable
from types import FunctionType, TracebackType
from typing import Any

from rushlight.api.torch_function import (
    _asked,
    answer,
    ask_mode,
    overloaded,
    overridable,
    state,
    watch_types,
)
from rushlight.tensor import Tensor


def _get_current_function_mode() -> Any:
    """Return the innermost mode of this thread, or None."""
    return state.modes[-1] if state.modes else None


def _get_current_function_mode_stack() -> list[Any]:
    """Return the modes of this thread, the innermost last."""
    return list(state.modes)


def _len_torch_function_stack() -> int:
    """Return how many modes are entered in this thread."""
    return len(state.modes)


__all__ = [
    "BaseTorchFunctionMode",
    "TorchFunctionMode",
    "get_default_nowrap_functions",
    "get_ignored_functions",
    "get_overridable_functions",
    "get_testing_overrides",
    "handle_torch_function",
    "has_torch_function",
    "has_torch_function_unary",
    "has_torch_function_variadic",
    "is_tensor_like",
    "is_tensor_method_or_property",
    "resolve_name",
    "wrap_torch_function",
]


def has_torch_function(args: Iterable[Any]) -> bool:
    """Return whether one of the arguments has a type that overrides functions, or a mode is on."""
    if state.modes and state.modes_on:
        return True
    return state.subclasses and any(_asked(type(a)) for a in args)


def has_torch_function_unary(arg: Any) -> bool:
    """As `has_torch_function`, of one argument."""
    return has_torch_function((arg,))


def has_torch_function_variadic(*args: Any) -> bool:
    """As `has_torch_function`, of arguments one by one."""
    return has_torch_function(args)


def is_tensor_like(inp: Any) -> bool:
    """Return whether something is a tensor, or has a ``__torch_function__``."""
    return type(inp) is Tensor or hasattr(inp, "__torch_function__")


def handle_torch_function(
    public_api: Callable[..., Any], relevant_args: Iterable[Any], *args: Any, **kwargs: Any
) -> Any:
    """Let a mode, or the types among `relevant_args`, answer a call of ``public_api``.

    Raises TypeError where none of them does.

    >>> import rushlight as torch
    >>> from rushlight.overrides import handle_torch_function, has_torch_function
    >>> def double(x):
    ...     if has_torch_function((x,)):
    ...         return handle_torch_function(double, (x,), x)
    ...     return x + x
    >>> class Named(torch.Tensor):
    ...     pass
    >>> double(torch.ones(1).as_subclass(Named))
    Named([2.])
    """
    found = overloaded(relevant_args)
    if state.modes and state.modes_on:
        result = ask_mode(public_api, tuple([type(value) for value in found]), args, kwargs)
        if result is not NotImplemented:
            return result
    result = answer(public_api, found, args, kwargs)
    if result is not NotImplemented:
        return result
    name = f"{public_api.__module__}.{public_api.__name__}"
    message = (
        f"no implementation found for '{name}' on types that implement __torch_function__: "
        f"{[type(value) for value in found]}"
    )
    if state.modes and state.modes_on:
        message += f" nor was it found on the currently active mode {state.modes[-1]}"
    raise TypeError(message)


def wrap_torch_function(
    dispatcher: Callable[..., Iterable[Any]],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a function to be overridable by the arguments that `dispatcher` returns of a call.

    >>> import rushlight as torch
    >>> @torch.overrides.wrap_torch_function(lambda x: (x,))
    ... def double(x):
    ...     return x + x
    """

    def inner(func: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(func)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            relevant_args = dispatcher(*args, **kwargs)
            if has_torch_function(relevant_args):
                return handle_torch_function(wrapped, relevant_args, *args, **kwargs)
            return func(*args, **kwargs)

        return wrapped

    return inner


# -- modes -----------------------------------------------------------------------------------------


class TorchFunctionMode:
    """Context manager that answers all calls of public functions in its thread.

    Subclasses write ``__torch_function__(self, func, types, args=(), kwargs=None)``; calls that it
    makes go to the mode around it, if there is one.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise NotImplementedError

    def __enter__(self) -> Any:
        watch_types()
        state.modes = (*state.modes, self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        state.modes = state.modes[:-1]

    @classmethod
    def push(cls, *args: Any, **kwargs: Any) -> Any:
        """Return a mode to enter: the old way to make one."""
        warnings.warn(
            "`Mode.push()` is no longer necessary and can be replaced with just `with Mode()`",
            stacklevel=2,
        )
        return cls(*args, **kwargs)


class BaseTorchFunctionMode(TorchFunctionMode):
    """A mode that lets every call be."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


# -- what there is ---------------------------------------------------------------------------------


def get_default_nowrap_functions() -> set[Callable[..., Any]]:
    """Return the functions whose results Tensor's ``__torch_function__`` leaves as they are.

    They are attributes that aren't overridden here in the first place.
    """
    return {descriptor.__get__ for descriptor in (vars(Tensor)["_base"], vars(Tensor)["grad"])}


def get_overridable_functions() -> dict[Any, list[Callable[..., Any]]]:
    """Return all functions that can be overridden: lists under ``"torch"`` and ``"Tensor"``."""
    found: dict[Any, list[Callable[..., Any]]] = {"torch": [], "Tensor": []}
    methods = {value for value in vars(Tensor).values() if isinstance(value, FunctionType)}
    for function in overridable():
        found["Tensor" if function in methods else "torch"].append(function)
    return found


@functools.cache
def get_testing_overrides() -> dict[Callable[..., Any], Callable[..., int]]:
    """Return a stand-in for each function that can be overridden: of its signature, returning -1.

    For tests of types that override functions: they see that each signature can be called.

    >>> import rushlight as torch
    >>> torch.overrides.get_testing_overrides()[torch.exp](3)
    -1
    """
    return {shown: _stand_in(function) for function, (shown, _) in overridable().items()}


def _stand_in(function: Callable[..., Any]) -> Callable[..., int]:
    signature = inspect.signature(function)

    def stand_in(*args: Any, **kwargs: Any) -> int:
        signature.bind(*args, **kwargs)
        return -1

    stand_in.__signature__ = signature  # type: ignore[attr-defined]
    return stand_in


@functools.cache
def get_ignored_functions() -> set[Callable[..., Any]]:
    """Return the public functions that can't be overridden: they take no tensors, or any object.

    >>> import rushlight as torch
    >>> torch.tensor in torch.overrides.get_ignored_functions()
    True
    """
    known = set(overridable())
    return {
        function
        for function, name in _names().items()
        if isinstance(function, FunctionType)
        and function not in known
        and name.count(".") == 1
        and not hasattr(Tensor, function.__name__)
    }


@functools.cache
def _names() -> dict[Any, str]:
    """The name of each public function, under the first of the rooms that has it."""
    import rushlight
    from rushlight import fft, linalg, special
    from rushlight.nn import functional

    rooms = {
        "torch": rushlight,
        "torch.nn.functional": functional,
        "torch.linalg": linalg,
        "torch.fft": fft,
        "torch.special": special,
        "torch.Tensor": Tensor,
    }
    names: dict[Any, str] = {}
    for place, room in rooms.items():
        for name in dir(room):
            value = None if name.startswith("_") and room is not Tensor else getattr(room, name)
            if isinstance(value, FunctionType):
                names.setdefault(value, f"{place}.{name}")
    for name, value in vars(Tensor).items():
        if isinstance(value, property):
            names[value.__get__] = f"torch.Tensor.{name}.__get__"
    return names


def resolve_name(f: Callable[..., Any]) -> str | None:
    """Return the name under which PyTorch's users know a function, or None for another.

    >>> import rushlight as torch
    >>> torch.overrides.resolve_name(torch.linalg.svd)
    'torch.linalg.svd'
    """
    return _names().get(f)


def is_tensor_method_or_property(func: Callable[..., Any]) -> bool:
    """Return whether a function is one of Tensor's, or gets one of its properties."""
    return func in set(get_overridable_functions()["Tensor"]) or (
        getattr(func, "__name__", "") == "__get__"
    )
