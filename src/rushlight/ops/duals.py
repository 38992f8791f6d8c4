"""In-place operations under forward mode: a tensor that is written takes the result's tangent.

Tangents lie in memory as their tensors do, and a view's is a view of its base's. So where a tensor
has a tangent already it is written over in place, which its base and views see; and the first
tangent that comes to a view gives its base one, with zeros beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.autograd.forward_ad import Dual, as_dual, tangent, zeros_in_memory
from rushlight.kernels.flipped import bits_of
from rushlight.kernels.strides import element_strides, overlaps
from rushlight.ops.complexes import conj, neg_view
from rushlight.ops.convert import zeroed
from rushlight.ops.pairs import view_as_complex, view_as_real
from rushlight.ops.viewing import ViewNode, share
from rushlight.tensor import Tensor, View, wrap

__all__ = ["overwrite_tangent", "remember"]


def overwrite_tangent(t: Tensor, result: Tensor) -> None:
    """Give `t`, which was written, the tangent of what was written: `result`'s, or zero."""
    new = tangent(result)
    old = tangent(t)
    if old is None and new is None:
        return
    if new is not None and new.dtype is not t.dtype:
        new = new.to(t.dtype)
    if old is None and type(t._edge) is View:
        old = _from_base(t, new)
    if old is None or overlaps(old._array.shape, old._array.strides):
        blank = wrap(np.zeros(t._array.shape, t._array.dtype))
        as_dual(t, blank if new is None else new)
    elif new is None:
        old.zero_()
    else:
        old.copy_(new)


def _from_base(t: Tensor, new: Tensor | None) -> Tensor:
    """Make `t` a dual whose tangent is a view of its base's, which is made too where it lacks.

    It is made to take `new`: of as many examples, where that is a batch of a transform.
    """
    base: Tensor = t._edge.base
    whole = tangent(base)
    if whole is None:
        whole = zeros_in_memory(base, base._array.dtype)
        if new is not None and new._interpreter is not None and base._array.flags.c_contiguous:
            whole = whole + zeroed(new).sum().to(whole.dtype)
        as_dual(base, whole)
    whole = _read_as(whole, np.ndarray)
    if t.dtype is not whole.dtype:
        whole = view_as_real(whole) if whole.dtype.is_complex else view_as_complex(whole)
    part: Tensor = whole.as_strided(t._array.shape, element_strides(t._array), t.storage_offset())
    part = _read_as(part, type(t._array))
    as_dual(t, part)
    return part


def _read_as(t: Tensor, kind: type[Any]) -> Tensor:
    """View the memory of `t` through the bits of the class `kind`."""
    found, wanted = bits_of(type(t._array)), bits_of(kind)
    if found[0] != wanted[0]:
        t = conj(t)
    return t if found[1] == wanted[1] else neg_view(t)


def remember(t: Tensor) -> Tensor:
    """Return a copy of what `t` is before it is written, with the tangent of that time."""
    old = wrap(t._array.copy())
    was: Any = tangent(t)
    return old if was is None else as_dual(old, was.clone())


class Identity(ViewNode):
    """The node of the primal that `unpack_dual` gives: PyTorch's, down to its type's name."""

    rule = staticmethod(lambda g: g)

    def name(self) -> str:
        """Return the name as PyTorch spells it here."""
        return "torch::autograd::Identity"


Identity.__name__ = Identity.__qualname__ = "CppFunction"
Identity.__module__ = "builtins"


def identity(t: Tensor) -> Tensor:
    """A view of `t`, which has no tangent."""
    return share(t, t._array, Identity, ())


# forward_ad.py knows duals but no operators.
Dual._interpreter.identity = identity
Dual._interpreter.overwrite = overwrite_tangent
Dual._interpreter.remember = remember
