"""Copies of views: ``transpose_copy`` and so on.

Each takes the arguments of the function whose view it copies, and its errors are that one's, but
those of types of arguments name the function that was called.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from rushlight import dtypes
from rushlight.api import reinterpret, slicing, views
from rushlight.api.results import require_dtype
from rushlight.api.sizes import as_dim, as_int, int_list
from rushlight.ops.fast import named
from rushlight.ops.outputs import into, no_overload, require_tensor
from rushlight.ops.shape import along
from rushlight.ops.view_copies import apart
from rushlight.ops.view_copies import detach_copy as detached
from rushlight.ops.view_copies import slice_inverse as inverse
from rushlight.ops.views import alias
from rushlight.tensor import Tensor

__all__ = [
    "alias_copy",
    "as_strided_copy",
    "detach_copy",
    "diagonal_copy",
    "expand_copy",
    "narrow_copy",
    "permute_copy",
    "select_copy",
    "slice_copy",
    "slice_inverse",
    "squeeze_copy",
    "t_copy",
    "transpose_copy",
    "unfold_copy",
    "unsqueeze_copy",
    "view_as_complex_copy",
    "view_as_real_copy",
    "view_copy",
]

METHODS = ("narrow_copy",)


_ANOTHER_DTYPE = (
    "Expected self.dtype() == output.dtype() to be true, but got false.  (Could this error message "
    "be improved?  If so, please report an enhancement request to PyTorch.)"
)


def called(name: str, view: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """What `view` returns; TypeErrors say that `name` was called."""
    try:
        return view(*args, **named)
    except TypeError as error:
        raise TypeError(re.sub(r"^[\w<>]+\(\)", f"{name}()", str(error))) from None


def _copy_of(
    view: Callable[..., Tensor], name: str, example: str, node: str | None = None
) -> Callable[..., Tensor]:
    """The function `name`, that copies what `view` returns."""

    def function(input: Tensor, *args: Any, out: Tensor | None = None, **named: Any) -> Tensor:
        require_tensor(input, name, "input", 1)
        result = apart(called(name, view, input, *args, **named), node)
        if out is None:
            return result
        if isinstance(out, Tensor):
            if name == "narrow_copy" and out.dtype is not result.dtype:
                raise RuntimeError(_ANOTHER_DTYPE)
            require_dtype(out, result.dtype)
        return into(out, result, name)

    of = name.removesuffix("_copy")
    doc = (
        f"Return a contiguous copy of the view that `{of}` makes of `input`.\n\n    {example}\n    "
    )
    return named(function, name, doc)


def _slice(
    input: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    if input.ndim == 0:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    d = as_dim(dim, input, "slice")
    if start is not None:
        start = as_int(start, "slice", "start", 3)
    if end is not None:
        end = as_int(end, "slice", "end", 4)
    if as_int(step, "slice", "step", 5) <= 0:
        raise RuntimeError("slice step must be positive")
    part = range(input.shape[d])[start:end:step]
    return slicing.sliced(input, d, part.start, max(part.stop, part.start), step)


def _expand(input: Tensor, size: Any, *, implicit: bool = False) -> Tensor:
    return input.expand(int_list(size, "expand_copy", "size", 2))  # type: ignore[no-any-return]


_VIEWS = tuple(
    f"(Tensor input, {argument}, *, Tensor out = None)"
    for argument in ("torch.dtype dtype", "tuple of ints size")
)


def _view(input: Tensor, size: Any) -> Tensor:
    if isinstance(size, dtypes.dtype):
        return reinterpret.view_dtype(input, size)
    if not isinstance(size, (tuple, list)):
        raise no_overload("view_copy", _VIEWS, input, size)
    return views.reshaped(input.contiguous(), int_list(size, "view_copy", "size", 2), True)


alias_copy = _copy_of(
    alias,
    "alias_copy",
    """>>> import rushlight as torch
    >>> torch.alias_copy(torch.ones(2))
    tensor([1., 1.])""",
)
as_strided_copy = _copy_of(
    slicing.as_strided,
    "as_strided_copy",
    """>>> import rushlight as torch
    >>> torch.as_strided_copy(torch.arange(3), (2, 2), (1, 1))
    tensor([[0, 1],
            [1, 2]])""",
)
diagonal_copy = _copy_of(
    slicing.diagonal,
    "diagonal_copy",
    """>>> import rushlight as torch
    >>> torch.diagonal_copy(torch.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])""",
)
expand_copy = _copy_of(
    _expand,
    "expand_copy",
    """>>> import rushlight as torch
    >>> torch.expand_copy(torch.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])""",
)


def _narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """As `narrow`, whose start may be a tensor of the other overload."""
    return slicing.narrow(input, dim, as_int(start, "narrow", "start", 3), length)


narrow_copy = _copy_of(
    _narrow,
    "narrow_copy",
    """>>> import rushlight as torch
    >>> torch.narrow_copy(torch.arange(4), 0, 1, 2)
    tensor([1, 2])""",
    "NarrowCopyBackward0",
)
permute_copy = _copy_of(
    lambda input, dims: input.permute(int_list(dims, "permute_copy", "dims", 2)),
    "permute_copy",
    """>>> import rushlight as torch
    >>> torch.permute_copy(torch.tensor([[1, 2], [3, 4]]), (1, 0))
    tensor([[1, 3],
            [2, 4]])""",
)
select_copy = _copy_of(
    slicing.select,
    "select_copy",
    """>>> import rushlight as torch
    >>> torch.select_copy(torch.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])""",
)
slice_copy = _copy_of(
    _slice,
    "slice_copy",
    """>>> import rushlight as torch
    >>> torch.slice_copy(torch.arange(5), 0, 1, None, 2)
    tensor([1, 3])""",
)
squeeze_copy = _copy_of(
    lambda input, *dim, **named: input.squeeze(*dim, **named),
    "squeeze_copy",
    """>>> import rushlight as torch
    >>> torch.squeeze_copy(torch.ones(1, 2, 1), 0).shape
    torch.Size([2, 1])""",
)
t_copy = _copy_of(
    lambda input: input.t(),
    "t_copy",
    """>>> import rushlight as torch
    >>> torch.t_copy(torch.tensor([[1, 2], [3, 4]]))
    tensor([[1, 3],
            [2, 4]])""",
)
transpose_copy = _copy_of(
    lambda input, dim0, dim1: input.transpose(dim0, dim1),
    "transpose_copy",
    """>>> import rushlight as torch
    >>> torch.transpose_copy(torch.tensor([[1, 2], [3, 4]]), 0, 1)
    tensor([[1, 3],
            [2, 4]])""",
)
unfold_copy = _copy_of(
    slicing.unfold,
    "unfold_copy",
    """>>> import rushlight as torch
    >>> torch.unfold_copy(torch.arange(4), 0, 2, 2)
    tensor([[0, 1],
            [2, 3]])""",
)
unsqueeze_copy = _copy_of(
    lambda input, dim: input.unsqueeze(dim),
    "unsqueeze_copy",
    """>>> import rushlight as torch
    >>> torch.unsqueeze_copy(torch.ones(2), 0)
    tensor([[1., 1.]])""",
)
view_copy = _copy_of(
    _view,
    "view_copy",
    """>>> import rushlight as torch
    >>> torch.view_copy(torch.arange(4), (2, 2))
    tensor([[0, 1],
            [2, 3]])""",
)


def _pairs(input: Tensor) -> Tensor:
    """As `view_as_real`, of conjugates too: what is copied can be computed."""
    known = isinstance(input, Tensor) and input.dtype.is_complex
    return reinterpret.view_as_real(input.resolve_conj() if known else input)


view_as_real_copy = _copy_of(
    _pairs,
    "view_as_real_copy",
    """>>> import rushlight as torch
    >>> torch.view_as_real_copy(torch.tensor([1 + 2j]))
    tensor([[1., 2.]])""",
)
_complex_copy = _copy_of(reinterpret.view_as_complex, "view_as_complex_copy", "")


def view_as_complex_copy(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the pairs of `input` as complex numbers, in memory of their own.

    RuntimeError for a tensor that requires grad.

    >>> import rushlight as torch
    >>> torch.view_as_complex_copy(torch.tensor([[1.0, 2.0]]))
    tensor([1.+2.j])
    """
    require_tensor(input, "view_as_complex_copy", "input", 1)
    if input.requires_grad:
        raise RuntimeError(
            "view_as_complex_copy does not support automatic differentiation for outputs with "
            "complex dtype."
        )
    return _complex_copy(input, out=out)


def detach_copy(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return a contiguous copy, which can't be differentiated: a backward pass raises RuntimeError.

    >>> import rushlight as torch
    >>> torch.detach_copy(torch.ones(2))
    tensor([1., 1.])
    """
    require_tensor(input, "detach_copy", "input", 1)
    result: Tensor = detached(input)
    if out is None:
        return result
    if isinstance(out, Tensor):
        require_dtype(out, result.dtype)
    return into(out, result, "detach_copy")


def slice_inverse(
    input: Tensor,
    src: Tensor,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Tensor:
    """Return the view that a slice was taken of: `input`, a slice of `src`, in the place of `src`.

    Sizes, strides and offset are those of `src`, whatever the slice. Raises RuntimeError where the
    memory of `input` doesn't reach as far.

    >>> import rushlight as torch
    >>> x = torch.arange(4)
    >>> torch.slice_inverse(x[1:3], x, 0, 1, 3)
    tensor([0, 1, 2, 3])
    """
    require_tensor(input, "slice_inverse", "input", 1)
    require_tensor(src, "slice_inverse", "src", 2)
    d = as_dim(dim, src, "slice_inverse")
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    part = range(src.shape[d])[start:end:step]
    index = along(d, slice(part.start, part.stop, step))
    lies = (tuple(src.shape), src.stride(), src.storage_offset())
    geometry = slicing.geometry(input, *lies, "as_strided")
    return inverse(input, src, index, *geometry)  # type: ignore[no-any-return]
