"""Install public functions as Tensor methods, and make their in-place forms.

A function's first parameter is the tensor, so the function itself is the method: ``Tensor.exp is
exp``. Modules of this room say in ``METHODS`` and ``INPLACE`` which of their functions take part,
and in ``ATTRIBUTES`` what a Tensor has besides: properties, methods that differ from the function.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

from rushlight.autograd.modes import mode
from rushlight.ops.inplace import check_apart, check_history, check_operands, overwrite
from rushlight.tensor import Tensor

__all__ = ["Later", "attribute", "inplace", "inplace_apart", "install", "installs"]


def inplace(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Make ``f_`` of ``f``: run it, then write the result over the first argument."""

    @functools.wraps(function)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        try:
            check_operands(self, args)
            result = function(self, *args, **kwargs)
        except (AttributeError, NotImplementedError, TypeError) as error:
            from rushlight.api.inplace_errors import in_place_error

            raise in_place_error(error, function.__name__, self, args) from None
        return overwrite(self, result)

    method.__name__ = method.__qualname__ = function.__name__ + "_"
    method.__doc__ = f"In-place form of `{function.__name__}`: writes the result over the tensor."
    return method


def inplace_apart(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """As `inplace`, for a function that must not read memory that it writes to.

    What is amiss is found in PyTorch's order: the history, the arguments, then the memory.
    """
    write = inplace(function)

    @functools.wraps(write)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        sources = [a for a in (*args, *kwargs.values()) if isinstance(a, Tensor)]
        if mode.grad and (self.requires_grad or any(s.requires_grad for s in sources)):
            check_history(self)
        result = function(self, *args, **kwargs)
        check_apart(self, sources)
        return overwrite(self, result)

    return method


def installs(module: ModuleType) -> list[str]:
    """Name what a module gives to `Tensor`."""
    return [
        *getattr(module, "METHODS", ()),
        *(name + "_" for name in getattr(module, "INPLACE", ())),
        *getattr(module, "ATTRIBUTES", ()),
    ]


def attribute(module: ModuleType, name: str) -> Any:
    """Return what a module gives to `Tensor` under a name."""
    if name in getattr(module, "ATTRIBUTES", ()):
        return read_only(name, module.ATTRIBUTES[name])
    if name in getattr(module, "METHODS", ()):
        return getattr(module, name)
    return inplace(getattr(module, name.removesuffix("_")))


def read_only(name: str, value: Any) -> Any:
    """Give a property that nobody can set PyTorch's words for it; others are as they were."""
    if type(value) is not property or value.fset is not None:
        return value

    def refuse(self: Tensor, _: Any = None) -> NoReturn:
        raise AttributeError(f"attribute '{name}' of 'torch._C.TensorBase' objects is not writable")

    return property(value.fget, refuse, refuse, value.__doc__)


for _name, _value in list(vars(Tensor).items()):
    if type(_value) is property:
        setattr(Tensor, _name, read_only(_name, _value))


class Later:
    """What stands for an attribute of `Tensor` until somebody looks it up.

    The real one is fetched then, and takes this one's place on the class: only its own, and only
    if this is still there, so that a method that somebody replaced stays replaced.
    """

    __slots__ = ("family", "name")

    def __init__(self, family: str, name: str) -> None:
        self.family = family
        self.name = name

    def open(self) -> Any:
        """Return the real attribute, after putting it in place."""
        real = attribute(import_module(f"rushlight.api.{self.family}"), self.name)
        if vars(Tensor).get(self.name) is self:
            setattr(Tensor, self.name, real)
        return real

    def __get__(self, tensor: Any, owner: Any = None) -> Any:
        return self.open().__get__(tensor, owner)

    def __set__(self, tensor: Any, value: Any) -> None:
        self.open()  # a property may have a setter; where there is none, object has the error
        object.__setattr__(tensor, self.name, value)

    def __delete__(self, tensor: Any) -> None:
        self.open()
        object.__delattr__(tensor, self.name)


def install(*modules: ModuleType) -> None:
    """Hang all that the modules give on `Tensor`; few in-place forms are used, so they wait."""
    for module in modules:
        family = module.__name__.rpartition(".")[2]
        for name in getattr(module, "INPLACE", ()):
            setattr(Tensor, name + "_", Later(family, name + "_"))
        for name in getattr(module, "METHODS", ()):
            setattr(Tensor, name, getattr(module, name))
        for name, value in getattr(module, "ATTRIBUTES", {}).items():
            setattr(Tensor, name, read_only(name, value))
