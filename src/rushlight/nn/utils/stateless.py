"""Calling a module with other tensors in place of its parameters and buffers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rushlight.nn.modules.module import Module
from rushlight.tensor import Tensor

__all__ = ["called", "functional_call", "replaced"]

MISSING: Any = object()


def functional_call(
    module: Module,
    parameters_and_buffers: dict[str, Tensor],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call `module` with these parameters and buffers.

    The old name, which warns, of `rushlight.func.functional_call`.
    """
    warnings.warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 and will be "
        "removed in a future version of PyTorch. Please use `torch.func.functional_call` instead "
        "which is a drop-in replacement.",
        FutureWarning,
        stacklevel=2,
    )
    return called(module, parameters_and_buffers, args, kwargs, tie_weights, strict)


def called(
    module: Module,
    tensors: dict[str, Any],
    args: Any,
    kwargs: dict[str, Any] | None,
    tie_weights: bool,
    strict: bool,
) -> Any:
    """Call `module` with `tensors` in the places that their names say."""
    given = () if args is None else args if isinstance(args, tuple) else (args,)
    with replaced(module, tensors, tie_weights, strict):
        return module(*given, **({} if kwargs is None else kwargs))


@contextmanager
def replaced(
    module: Module, tensors: dict[str, Any], tie_weights: bool, strict: bool
) -> Iterator[None]:
    """Put `tensors` in the places of `module` that their names say, while what is inside runs.

    With `tie_weights` a tensor goes to all places that share theirs. What the module assigns to
    these places meanwhile ends up in `tensors`.
    """
    names = _with_ties(module, tensors) if tie_weights else dict(tensors)
    if strict:
        _check_names(module, names)
    before: dict[str, Any] = {}
    try:
        for name, tensor in names.items():
            before[name] = _swap(module, name, tensor)
        yield
    finally:
        for name, old in before.items():
            now = _swap(module, name, old)
            if name in tensors:
                tensors[name] = now


def _places(module: Module) -> dict[str, Any]:
    """All parameters and buffers by all their names."""
    return {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }


def _with_ties(module: Module, tensors: Mapping[str, Any]) -> dict[str, Any]:
    """`tensors`, and again under every name of the same parameter."""
    places = _places(module)
    names = dict(tensors)
    for name, tensor in tensors.items():
        if name in places:
            for other, there in places.items():
                if there is places[name]:
                    names.setdefault(other, tensor)
    return names


def _check_names(module: Module, names: Mapping[str, Any]) -> None:
    places = _places(module)
    unexpected = sorted(set(names) - set(places))
    missing = sorted(set(places) - set(names))
    lines = [f"Error(s) in reparametrizing for {type(module).__name__}:"]
    for what, keys in (("Unexpected", unexpected), ("Missing", missing)):
        if keys:
            lines.append(f"\t{what} key(s): {', '.join(repr(key) for key in keys)}.")
    if len(lines) > 1:
        raise RuntimeError("\n".join(lines))


def _swap(module: Module, name: str, value: Any) -> Any:
    """Put `value` at a dotted name, and return what was there; MISSING for nothing."""
    *path, last = name.split(".")
    for part in path:
        child = getattr(module, part, None)
        if not isinstance(child, Module):
            raise AttributeError(f"{type(module).__name__} has no attribute `{part}`")
        module = child
    if value is not None and value is not MISSING and not isinstance(value, Tensor):
        raise TypeError(f"{value} is not an instance of torch.Tensor")
    for table in (module._parameters, module._buffers):
        if last in table:
            return _put(table, last, value)
    old = getattr(module, last, MISSING)
    if old is not MISSING and not isinstance(old, Tensor):
        raise TypeError(f"attribute `{name}`: {old} is not an instance of torch.Tensor")
    _put(module.__dict__, last, value)
    return old


def _put(table: dict[str, Any], name: str, value: Any) -> Any:
    old = table.get(name, MISSING)
    if value is MISSING:
        del table[name]
    else:
        table[name] = value
    return old


def merged(dicts: Any) -> dict[str, Any]:
    """One dictionary of several, no name twice."""
    if isinstance(dicts, dict):
        return dicts
    if not isinstance(dicts, Sequence):
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"{type(dicts)}"
        )
    if not all(isinstance(d, dict) for d in dicts):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    names = [name for d in dicts for name in d]
    repeated = [name for i, name in enumerate(names) if name in names[:i]]
    if repeated:
        raise ValueError(
            f"{repeated} appeared in multiple dictionaries; behavior of functional call is "
            "ambiguous"
        )
    return {name: tensor for d in dicts for name, tensor in d.items()}
