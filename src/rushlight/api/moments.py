"""Public functions of the variance and the standard deviation."""

from __future__ import annotations

import warnings
from typing import Any

from rushlight.api.dims import fits_dims, reduced_dims
from rushlight.api.scalars import as_number, is_real
from rushlight.kernels.reduce import count_of
from rushlight.ops import moments as ops
from rushlight.ops.operator import Operator
from rushlight.ops.outputs import into, no_overload
from rushlight.tensor import Tensor

__all__ = ["std", "std_mean", "var", "var_mean"]

METHODS = ("std", "var")

_SIGNATURES = (
    "(Tensor input, tuple of ints dim, bool unbiased = True, bool keepdim = False, *, "
    "Tensor out = None)",
    "(Tensor input, tuple of ints dim = None, *, Number correction = None, bool keepdim = False, "
    "Tensor out = None)",
    "(Tensor input, bool unbiased = True)",
    "(Tensor input, tuple of names dim, bool unbiased = True, bool keepdim = False, *, "
    "Tensor out = None)",
    "(Tensor input, tuple of names dim, *, Number correction = None, bool keepdim = False, "
    "Tensor out = None)",
)


def var(
    input: Tensor,
    dim: Any = None,
    unbiased: Any = ...,
    keepdim: bool = False,
    *,
    correction: Any = ...,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """Return the variance of all elements, or over `dim`.

    The sum of squared deviations is divided by their number less `correction`, which is 1 by
    default and 0 with ``unbiased=False``. Complex tensors have a real variance. Raises
    RuntimeError for integers.

    >>> import rushlight as torch
    >>> torch.var(torch.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor(1.6667)
    >>> torch.var(torch.tensor([[1.0, 3.0], [5.0, 5.0]]), dim=1, correction=0)
    tensor([1., 0.])
    """
    dim = axis if dim is None else dim
    return _moment("var", ops.var, input, dim, unbiased, keepdims or keepdim, correction, out)  # type: ignore[no-any-return]


def std(
    input: Tensor,
    dim: Any = None,
    unbiased: Any = ...,
    keepdim: bool = False,
    *,
    correction: Any = ...,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """Return the standard deviation of all elements, or over `dim`: the root of `var`.

    >>> import rushlight as torch
    >>> torch.std(torch.tensor([2.0, 4.0]), correction=0)
    tensor(1.)
    """
    dim = axis if dim is None else dim
    return _moment("std", ops.std, input, dim, unbiased, keepdims or keepdim, correction, out)  # type: ignore[no-any-return]


def var_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: Any = ...,
    keepdim: bool = False,
    *,
    correction: Any = ...,
    axis: Any = None,
    keepdims: bool = False,
) -> tuple[Tensor, Tensor]:
    """Return the variance and the mean of all elements, or over `dim`; see `var`.

    >>> import rushlight as torch
    >>> torch.var_mean(torch.tensor([2.0, 4.0]))
    (tensor(2.), tensor(3.))
    """
    dim = axis if dim is None else dim
    keepdim = keepdims or keepdim
    return _moment("var_mean", ops.var_mean, input, dim, unbiased, keepdim, correction, None)  # type: ignore[no-any-return]


def std_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: Any = ...,
    keepdim: bool = False,
    *,
    correction: Any = ...,
    axis: Any = None,
    keepdims: bool = False,
) -> tuple[Tensor, Tensor]:
    """Return the standard deviation and the mean of all elements, or over `dim`; see `var`.

    >>> import rushlight as torch
    >>> torch.std_mean(torch.tensor([2.0, 4.0]), correction=0)
    (tensor(1.), tensor(3.))
    """
    dim = axis if dim is None else dim
    keepdim = keepdims or keepdim
    return _moment("std_mean", ops.std_mean, input, dim, unbiased, keepdim, correction, None)  # type: ignore[no-any-return]


def _moment(
    name: str,
    op: Operator,
    input: Any,
    dim: Any,
    unbiased: Any,
    keepdim: Any,
    correction: Any,
    out: Any,
) -> Any:
    if type(dim) is bool and unbiased is ... and correction is ...:  # var(x, False)
        dim, unbiased = None, dim
    if (
        not isinstance(input, Tensor)
        or not fits_dims(dim)
        or not isinstance(keepdim, bool)
        or not (unbiased is ... or isinstance(unbiased, bool))
        or not (correction is ... or correction is None or is_real(correction))
        or (unbiased is not ... and correction is not ...)
    ):
        given = [dim] if dim is not None else []
        options = {}
        if correction is not ...:
            options["correction"] = correction
        if unbiased is not ...:
            if given and correction is ...:
                given.append(unbiased)
            else:
                options["unbiased"] = unbiased
        raise no_overload(name, _SIGNATURES, input, *given, **options)
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        which = name if name.endswith("mean") else "std and var"
        raise RuntimeError(f"{which} only support floating point and complex dtypes")
    dims = reduced_dims(name, dim, input.ndim)
    if unbiased is ...:
        absent = correction is ... or correction is None
        correction = 1 if absent else as_number(correction, name, "correction", None)
    else:
        correction = int(unbiased)
    count = count_of(input._array.shape, dims) if input._array.size else 0
    if count - correction <= 0:
        warnings.warn(
            f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the "
            "reduction factor (input numel divided by output numel).",
            UserWarning,
            stacklevel=3,
        )
    result = op(input, dims, correction, keepdim)
    return result if out is None else into(out, result, name)
