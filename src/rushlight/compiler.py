"""``torch.compiler``: how a program talks to the compiler, of which there is none.

What keeps a function away from the compiler, or marks it for it, returns the function. Questions
whether something is being compiled are answered with no. `compile` itself takes the two cases in
which PyTorch compiles nothing either, ``disable=True`` and ``backend="eager"``.

>>> import rushlight as torch
>>> torch.compiler.is_compiling()
False
>>> torch.compile(torch.sin, backend="eager")(torch.zeros(2))
tensor([0., 0.])
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper
from types import TracebackType
from typing import Any

from rushlight.refusals import refused

__all__ = ["allow_in_graph", "assume_constant_result", "compile", "cudagraph_mark_step_begin"]
__all__ += ["disable", "is_compiling", "is_dynamo_compiling", "is_exporting", "list_backends"]
__all__ += ["reset", "set_stance", "wrap_numpy"]


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Callable[..., Any] = "inductor",
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: bool = False,
) -> Any:
    """Return `model` as it is, for ``disable=True`` and ``backend="eager"``.

    Without `model` it is a decorator. For other backends, of which there is none, the result
    raises NotImplementedError when it is called, which is when PyTorch compiles.

    Raises:
        AssertionError: `model` is no function or module.
        RuntimeError: `mode` and `options` at once.
    """
    if mode is not None and options is not None:
        raise RuntimeError(
            "Either mode or options can be specified, but both can't be specified at the same time."
        )
    if model is None:
        return partial(
            compile,
            fullgraph=fullgraph,
            dynamic=dynamic,
            backend=backend,
            mode=mode,
            options=options,
            disable=disable,
        )
    if not callable(model):
        raise AssertionError(f"A callable function is expected, but {type(model)} is provided.")
    if disable or backend == "eager":
        return model
    why = f'there is no compiler (backend={backend!r}); backend="eager" runs the program as it is'
    return update_wrapper(refused("torch.compile", why), model)


def _as_it_is(fn: Any) -> Any:
    return fn


def disable(fn: Any = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """Return the function, which nothing compiles. Without one it is a decorator.

    Raises AssertionError for what can't be called.
    """
    if fn is None:
        return _as_it_is
    if not callable(fn):
        raise AssertionError("fn must be callable")
    return fn


def allow_in_graph(fn: Any) -> Any:
    """Return the function, or functions, as given."""
    return fn


def assume_constant_result(fn: Any) -> Any:
    """Return the function as given."""
    return fn


def wrap_numpy(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function as given: tensors go into NumPy's functions here as they are."""
    return fn


def is_compiling() -> bool:
    """Return whether a compiler runs the program: no."""
    return False


def is_dynamo_compiling() -> bool:
    """Return whether a compiler runs the program: no."""
    return False


def is_exporting() -> bool:
    """Return whether the program is being exported: no."""
    return False


def list_backends(exclude_tags: Any = ()) -> list[str]:
    """Return the names of compilers: none."""
    return []


def reset() -> None:
    """Forget all that was compiled, which is nothing."""


def cudagraph_mark_step_begin() -> None:
    """Say that a step begins, to no one."""


_STANCES = (
    *("default", "force_eager", "eager_on_recompile", "fail_on_recompile"),
    *("eager_then_compile", "aot_eager_then_compile"),
)


class set_stance:
    """Say what to do about compiling; a context manager and decorator. Nothing comes of it.

    Raises RuntimeError for a stance that isn't one.
    """

    def __init__(
        self, stance: str = "default", *, skip_guard_eval_unsafe: bool = False, **_: Any
    ) -> None:
        if stance not in _STANCES:
            raise RuntimeError(f"invalid torch.compile stance {stance!r}")

    def __call__(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        return fn

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass
