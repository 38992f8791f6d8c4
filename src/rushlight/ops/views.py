"""Views of one output: reshapes, permutations of axes, expansion, basic indexing.

Kernels take sizes and axes that are already checked and wrapped (rushlight.api.views does that).
The formulas of views keep sizes only. Formulas call these Operators, which record like any other;
users' calls go through `rushlight.ops.viewing.share`, which is the same with less to look up.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels.copies import clone, contiguous
from rushlight.ops.declare import linear, view
from rushlight.ops.fitting import expand
from rushlight.ops.operator import Operator
from rushlight.ops.viewing import view_node

__all__ = [
    "alias",
    "cleared",
    "expand",
    "index_alias",
    "index_unsqueeze",
    "matrix_transpose",
    "permute",
    "place",
    "reshape",
    "reshape_alias",
    "reverse",
    "select",
    "select_scatter",
    "slice_",
    "slice_scatter",
    "squeeze",
    "squeeze_dim",
    "squeeze_dims",
    "t",
    "transpose",
    "transpose_scalar",
    "unsafe_view",
    "unsqueeze",
]

Index = tuple[Any, ...]


def _reshape(x: Any, size: tuple[int, ...]) -> Any:
    return x.reshape(size)


def _unsafe_view(x: Any, size: tuple[int, ...]) -> Any:
    return contiguous(x).reshape(size)


def _transpose(x: Any, dim0: int, dim1: int) -> Any:
    return x.swapaxes(dim0, dim1)


def _t(x: Any) -> Any:
    return x.T


def _permute(x: Any, dims: tuple[int, ...]) -> Any:
    return x.transpose(dims)


def _getitem(x: Any, index: Index) -> Any:
    return x[index]


def _place(g: Any, size: tuple[int, ...], index: Index) -> Any:
    """Zeros of shape `size` with `g` at `index`: the adjoint of basic indexing."""
    out = np.zeros(size, g.dtype)
    out[index] = g
    return out


def inverse(dims: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation that undoes `dims`."""
    back = [0] * len(dims)
    for i, d in enumerate(dims):
        back[d] = i
    return tuple(back)


def _view(name: str, kernel: Any, node: str, rule: Any) -> Operator:
    return view(name, kernel, x=rule, node=node)


_back = lambda g, x_shape: g.reshape(x_shape)


def _zeros_around(g: Any, x_shape: tuple[int, ...], index: Index) -> Any:
    """The cotangent of what was indexed; raw passes call the kernel at once: 0.6 us, not 1.0."""
    return _place(g, x_shape, index) if type(g) is np.ndarray else place(g, x_shape, index)


reshape: Operator = view("view", _reshape, x=lambda g, x_shape: g.reshape(x_shape))
unsafe_view: Operator = linear("_unsafe_view", _unsafe_view, x=_back, node="UnsafeViewBackward0")
transpose: Operator = view("transpose", _transpose, x=lambda g, dim0, dim1: g.swapaxes(dim0, dim1))
t: Operator = view("t", _t, x=lambda g: g.T)
# x.T reverses all axes and x.mT the last two: each is its own inverse, so nothing is kept.
reverse: Operator = _view("permute", _t, "PermuteBackward0", lambda g: g.T)
matrix_transpose: Operator = _view(
    "transpose", lambda x: x.mT, "TransposeBackward0", lambda g: g.mT
)
# A 0-d tensor has no axes to swap, but is swapped all the same.
transpose_scalar: Operator = _view("transpose", lambda x: x[...], "TransposeBackward0", lambda g: g)
permute: Operator = view("permute", _permute, x=lambda g, dims: permute(g, inverse(dims)))
# What `reshape` makes where the input isn't contiguous but can be viewed.
reshape_alias: Operator = view("reshape_alias", _reshape, x=_back, node="ReshapeAliasBackward0")
squeeze: Operator = _view("squeeze", _reshape, "SqueezeBackward0", _back)
squeeze_dim: Operator = _view("squeeze", _reshape, "SqueezeBackward1", _back)
squeeze_dims: Operator = _view("squeeze", _reshape, "SqueezeBackward2", _back)
unsqueeze: Operator = _view("unsqueeze", _reshape, "UnsqueezeBackward0", _back)
alias: Operator = view("alias", lambda x: x[...], x=lambda g: g)

# One kernel and one formula for all of basic indexing; PyTorch names the node after the last step.
select: Operator = _view("select", _getitem, "SelectBackward0", _zeros_around)
slice_: Operator = _view("slice", _getitem, "SliceBackward0", _zeros_around)
index_unsqueeze: Operator = _view("unsqueeze", _getitem, "UnsqueezeBackward0", _zeros_around)
index_alias: Operator = _view("alias", _getitem, "AliasBackward0", lambda g, x_shape, index: g)
place: Operator = linear(
    "place", _place, g=lambda g, index: slice_(g, index), node="SliceBackwardBackward0"
)


def _placed(x: Any, source: Any, index: Index) -> Any:
    out = clone(x)
    out[index] = source
    return out


def _scatter(name: str) -> Operator:
    """Declare the copy of `x` that has `source` at a basic index."""
    return linear(
        name,
        _placed,
        x=lambda g, index: cleared(g, index),
        source=lambda g, index: slice_(g, index),
    )


cleared: Operator = linear(
    "zeros_at", lambda x, index: _placed(x, 0, index), x=lambda g, index: cleared(g, index)
)
select_scatter = _scatter("select_scatter")
slice_scatter = _scatter("slice_scatter")

ExpandNode = view_node(expand)
IndexAliasNode = view_node(index_alias)
IndexUnsqueezeNode = view_node(index_unsqueeze)
MatrixTransposeNode = view_node(matrix_transpose)
PermuteNode = view_node(permute)
ReshapeNode = view_node(reshape)
ReshapeAliasNode = view_node(reshape_alias)
ReverseNode = view_node(reverse)
SelectNode = view_node(select)
SliceNode = view_node(slice_)
SqueezeDimNode = view_node(squeeze_dim)
SqueezeDimsNode = view_node(squeeze_dims)
SqueezeNode = view_node(squeeze)
TNode = view_node(t)
TransposeNode = view_node(transpose)
TransposeScalarNode = view_node(transpose_scalar)
UnsqueezeNode = view_node(unsqueeze)
