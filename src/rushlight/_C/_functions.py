"""The node classes that PyTorch shows in ``torch._C._functions``.

Rushlight makes a node's class when an operator first records, and may make several of one name,
so those of operators are found by their name: ``isinstance(y.grad_fn, AddBackward0)`` holds for
every node that is called so.

>>> import rushlight as torch
>>> y = torch.ones(2, requires_grad=True) + 1
>>> isinstance(y.grad_fn, torch._C._functions.AddBackward0)
True
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

from rushlight.autograd.delayed import DelayedError, UndefinedGrad
from rushlight.autograd.leaf import AccumulateGrad
from rushlight.autograd.node import Node

__all__ = ["AccumulateGrad", "DelayedError", "UndefinedGrad"]

_NAME = re.compile(r"[A-Z]\w*Backward\d|CopySlices|CopyBackwards|Error|NotImplemented|CppFunction")


class _ByName(type(Node)):  # type: ignore[misc]
    """The type of classes that stand for all node classes of their name."""

    def __instancecheck__(cls, instance: object) -> bool:
        return cls.__subclasscheck__(type(instance))

    def __subclasscheck__(cls, subclass: type) -> bool:
        return subclass is cls or (subclass.__name__ == cls.__name__ and Node in subclass.__mro__)

    def __call__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"cannot create '{cls.__name__}' instances")


def __getattr__(name: str) -> Any:
    if _NAME.fullmatch(name) is None:
        raise AttributeError(f"module 'rushlight._C._functions' has no attribute {name!r}")
    found = _ByName(name, (Node,), {"__module__": "builtins", "__doc__": f"Nodes called {name}."})
    globals()[name] = found
    return found
