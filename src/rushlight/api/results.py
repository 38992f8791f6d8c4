"""Results of values and indices: the named tuple, or what the two tensors of ``out=`` become."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rushlight import dtypes
from rushlight.autograd.modes import mode
from rushlight.ops.outputs import into, type_name
from rushlight.tensor import Tensor

__all__ = ["out_pair", "require_dtype", "wrong_out_dtype"]

# The text for an output of a wrong dtype: which one, the dtype wanted, the dtype it has.
Mismatch = Callable[[str, dtypes.dtype, dtypes.dtype], str]


def wrong_out_dtype(which: str, wanted: dtypes.dtype, got: dtypes.dtype) -> str:
    """The text that most functions have for an output of a wrong dtype."""
    return f"Expected out tensor to have dtype {wanted.cpp_name}, but got {got.cpp_name} instead"


def require_dtype(out: Tensor, wanted: dtypes.dtype) -> None:
    """Raise PyTorch's error unless an ``out=`` tensor has just this dtype."""
    if out.dtype is not wanted:
        raise RuntimeError(wrong_out_dtype("out", wanted, out.dtype))


def out_pair(
    function: str,
    kind: type[Any],
    out: Any,
    found: tuple[Tensor, Tensor],
    mismatch: Mismatch = wrong_out_dtype,
    *,
    position: int,
    source: Tensor,
    apart: bool = False,
) -> Any:
    """Write values and indices to the two tensors `out`, both checked before, and return them.

    `kind` is the named tuple to return, `position` how many arguments come before, `source` the
    tensor across which the outputs must not lie, or with which, `apart`, they must share nothing.
    """
    if not isinstance(out, (tuple, list)):
        raise TypeError(
            f"{function}(): argument 'out' must be tuple of Tensors, not {type_name(out)}"
        )
    if len(out) != 2:
        raise TypeError(f"expected tuple of 2 elements but got {len(out)}")
    for place, t in enumerate(out):
        if not isinstance(t, Tensor):
            raise TypeError(
                f"expected Tensor as element {place} in argument {position}, but got {type_name(t)}"
            )
    if mode.grad and any(t.requires_grad for t in (*out, *found)):
        raise RuntimeError(
            f"{function}(): functions with out=... arguments don't support automatic "
            "differentiation, but one of the arguments requires grad."
        )
    for which, target, result in zip(("values", "indices"), out, found):
        if target.dtype is not result.dtype:
            raise RuntimeError(mismatch(which, result.dtype, target.dtype))
    for target, result in zip(out, found):
        into(target, result, function, source, apart=apart)
    return kind(out)
