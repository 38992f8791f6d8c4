"""`vmap` under its older names, which `autograd` code for PyTorch uses."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from rushlight.func.vmap import vmap as _current

__all__: list[str] = []


def vmap(func: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0) -> Callable[..., Any]:
    """Deprecated: `torch.vmap`, with a warning that says so."""
    warnings.warn(
        "Please use `torch.vmap` instead of `torch._vmap_internals.vmap`.",
        FutureWarning,
        stacklevel=2,
    )
    return _vmap(func, in_dims, out_dims)


def _vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    allow_none_pass_through: bool = False,
) -> Callable[..., Any]:
    """`torch.vmap`; with `allow_none_pass_through` results may be None, which stay as they are."""
    if not allow_none_pass_through:
        return _current(func, in_dims, out_dims)

    def mapped(*args: Any) -> Any:
        missing: list[int] = []

        def tensors_only(*inside: Any) -> Any:
            result = func(*inside)
            if not isinstance(result, tuple):
                return result
            missing[:] = [i for i, r in enumerate(result) if r is None]
            return tuple(r for r in result if r is not None)

        found = _current(tensors_only, in_dims, out_dims)(*args)
        if not isinstance(found, tuple):
            return found
        results = list(found)
        for i in missing:
            results.insert(i, None)
        return tuple(results)

    return mapped
