"""``torch.jit``, as far as programs use it without TorchScript, which is not here.

Marks for its compiler return what they mark; `script`, `trace` and the like are refused.

>>> import rushlight as torch
>>> torch.jit.is_scripting()
False
>>> @torch.jit.ignore
... def f(x):
...     return x
>>> f(1)
1
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, NoReturn

from rushlight.refusals import refused

__all__ = ["Attribute", "Final", "ScriptFunction", "ScriptModule", "annotate", "export"]
__all__ += ["fork", "freeze", "ignore", "interface", "is_scripting", "is_tracing", "isinstance"]
__all__ += ["load", "save", "script", "script_if_tracing", "trace", "trace_module", "unused"]
__all__ += ["wait"]

_WHY = "there is no TorchScript; the function itself runs as it is"
_isinstance = isinstance

fork = refused("torch.jit.fork", _WHY)
freeze = refused("torch.jit.freeze", _WHY)
interface = refused("torch.jit.interface", _WHY)
load = refused("torch.jit.load", _WHY)
save = refused("torch.jit.save", _WHY)
script = refused("torch.jit.script", _WHY)
trace = refused("torch.jit.trace", _WHY)
trace_module = refused("torch.jit.trace_module", _WHY)
wait = refused("torch.jit.wait", _WHY)


class ScriptFunction:
    """What `script` returns in PyTorch; nothing here is one."""

    def __init__(self, *_: Any) -> None:
        _refuse("ScriptFunction")


class ScriptModule:
    """A module that TorchScript runs; nothing here is one."""

    def __init__(self, *_: Any) -> None:
        _refuse("ScriptModule")


def _refuse(name: str) -> NoReturn:
    raise NotImplementedError(f"torch.jit.{name} is not in Rushlight: {_WHY}")


class Attribute(NamedTuple):
    """A value and its type."""

    value: Any
    type: Any


def is_scripting() -> bool:
    """Return whether TorchScript compiles the program: no."""
    return False


def is_tracing() -> bool:
    """Return whether the program is being traced: no."""
    return False


def ignore(drop: Any = False, **_: Any) -> Any:
    """Return the function as given. Without one it is a decorator."""
    return drop if callable(drop) else _as_it_is


def _as_it_is(fn: Any) -> Any:
    return fn


def unused(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function as given."""
    return fn


def export(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function as given."""
    return fn


def script_if_tracing(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function as given, since nothing is being traced."""
    return fn


def annotate(the_type: Any, the_value: Any) -> Any:
    """Return the value."""
    return the_value


def isinstance(obj: Any, target_type: Any) -> bool:
    """Return whether an object is of a type, or of one of several.

    Raises TypeError for types with parameters, which Python's own function doesn't take either.
    """
    return _isinstance(obj, target_type)
