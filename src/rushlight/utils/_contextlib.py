"""Context managers that decorate functions and generators, as `rushlight.no_grad` does.

>>> from rushlight.utils._contextlib import _DecoratorContextManager
>>> class shout(_DecoratorContextManager):
...     def __enter__(self):
...         print("in")
...     def __exit__(self, *error):
...         print("out")
>>> @shout()
... def f():
...     return 1
>>> f()
in
out
1
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from rushlight.autograd.modes import _Decorator as _DecoratorContextManager

__all__ = ["_DecoratorContextManager", "_NoParamDecoratorContextManager", "context_decorator"]


class _NoParamDecoratorContextManager(_DecoratorContextManager):
    """One without parameters, which ``@cls`` and ``@cls()`` both decorate with."""

    def __new__(cls, orig_func: Callable[..., Any] | None = None) -> Any:
        """Make a manager, or decorate `orig_func`."""
        if orig_func is None:
            return super().__new__(cls)
        return cls()(orig_func)


def context_decorator(ctx: Any, func: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function inside of a context: a manager, or a function that makes one each time.

    Raises AssertionError for what is both.
    """
    if callable(ctx) and hasattr(ctx, "__enter__"):
        raise AssertionError(
            f"Passed in {ctx} is both callable and also a valid context manager "
            "(has __enter__), making it ambiguous which interface to use.  If you "
            "intended to pass a context manager factory, rewrite your call as "
            "context_decorator(lambda: ctx()); if you intended to pass a context "
            "manager directly, rewrite your call as context_decorator(lambda: ctx)"
        )
    make = ctx if callable(ctx) else lambda: ctx

    @functools.wraps(func)
    def inside(*args: Any, **kwargs: Any) -> Any:
        with make():
            return func(*args, **kwargs)

    return inside
