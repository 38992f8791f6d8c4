"""What the tests of custom Functions share: how one is made, and the two plainest passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def made(lib: Any, forward: Callable[..., Any], backward: Callable[..., Any] | None = None) -> Any:
    """A Function of two plain functions."""
    body: dict[str, Any] = {"forward": staticmethod(forward)}
    if backward is not None:
        body["backward"] = staticmethod(backward)
    return type("Made", (lib.autograd.Function,), body)


def leaf(lib: Any, values: Any = (2.0, 3.0)) -> Any:
    return lib.tensor(list(values), requires_grad=True)


def times_two(ctx: Any, x: Any) -> Any:
    return x * 2


def doubled(ctx: Any, g: Any) -> Any:
    return g * 2


def defined(lib: Any, name: str = "Made", **body: Any) -> Any:
    """A Function of that name; functions in its body are static methods."""
    static = {k: staticmethod(v) if callable(v) else v for k, v in body.items()}
    return type(name, (lib.autograd.Function,), static)
