"""Public norms: of vectors and matrices, distances, and slices that a norm bounds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.dims import is_int, reduced_dims
from rushlight.api.names import numpy_names
from rushlight.api.results import require_dtype
from rushlight.api.scalars import as_number
from rushlight.api.sizes import int_list, wrap_dim
from rushlight.kernels.copies import check_broadcast
from rushlight.ops import norms as ops
from rushlight.ops.arithmetic import sub
from rushlight.ops.fitting import cast_to
from rushlight.ops.outputs import into, no_overload, require_tensor, wrong_type
from rushlight.ops.svd import svd
from rushlight.tensor import Tensor

__all__ = ["dist", "norm", "renorm"]

METHODS = __all__
INPLACE = ("renorm",)

NUMBERS = (bool, int, float)


# -- vectors -----------------------------------------------------------------------------------


@numpy_names
def vector_norm(
    input: Tensor,
    ord: Any = 2,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the norm of order `ord`, any number, of all elements or over `dim`.

    Order 0 counts what is not zero, inf and -inf are the largest and the smallest magnitude. The
    input is first cast to `dtype`. Raises RuntimeError for integers, and where there is nothing and
    the order has no value for that.

    >>> import rushlight as torch
    >>> torch.linalg.vector_norm(torch.tensor([[3.0, 4.0], [5.0, 12.0]]), dim=1)
    tensor([ 5., 13.])
    """
    require_tensor(input, "linalg_vector_norm", "input", 1)
    ord = as_number(ord, "linalg_vector_norm", "ord", 2)
    if isinstance(ord, complex):
        raise RuntimeError(
            "linalg.vector_norm: Expected a non-complex scalar as the order of norm."
        )
    if dim is not None and not is_int(dim):
        dim = int_list(dim, "linalg_vector_norm", "dim", 3)
    input = _floating("linalg.vector_norm", input, dtype)
    dims = reduced_dims("linalg_vector_norm", dim, input.ndim)
    if out is not None:
        require_dtype(out, input.dtype.to_real())
    result: Tensor = ops.norm(input, float(ord), dims, keepdim)
    return result if out is None else into(out, result, "linalg_vector_norm", input)


def _floating(name: str, x: Tensor, dtype: Any) -> Tensor:
    """Return `x`, cast to `dtype`; raise PyTorch's error where that can't be."""
    if not (x.dtype.is_floating_point or x.dtype.is_complex):
        raise RuntimeError(
            f"{name}: Expected a floating point or complex tensor as input. "
            f"Got {x.dtype.scalar_name}"
        )
    if dtype is None:
        return x
    wanted = dtypes.as_dtype(dtype)
    if not (wanted.is_floating_point or wanted.is_complex):
        raise RuntimeError(
            f"{name}: dtype should be floating point or complex, but got {wanted.scalar_name}"
        )
    if wanted.is_complex is not x.dtype.is_complex:
        kind = "complex" if x.dtype.is_complex else "real"
        raise RuntimeError(
            f"{name}: dtype should be {kind} for {kind} inputs, but got {wanted.scalar_name}"
        )
    if dtypes.promote_types(x.dtype, wanted) is not wanted:
        raise RuntimeError(
            f"{name}: the dtype of the input ({x.dtype.scalar_name}) should be convertible "
            f"without narrowing to the specified dtype ({wanted.scalar_name})"
        )
    return x.to(wanted)  # type: ignore[no-any-return]


# -- matrices ----------------------------------------------------------------------------------


@numpy_names
def matrix_norm(
    input: Tensor,
    ord: Any = "fro",
    dim: Any = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the norm of the matrices in the two dimensions `dim`.

    `ord` is "fro", "nuc" (the sum of the singular values), 1 and -1 (the largest and the smallest
    sum of a column), inf and -inf (of a row), or 2 and -2 (of a singular value). Raises
    RuntimeError for others, for integers and for tensors with less than two dimensions.

    >>> import rushlight as torch
    >>> torch.linalg.matrix_norm(torch.tensor([[1.0, -2.0], [3.0, 4.0]]), ord=1)
    tensor(6.)
    """
    require_tensor(input, "linalg_matrix_norm", "input", 1)
    if not isinstance(ord, (str, *NUMBERS)) or not isinstance(dim, (tuple, list)):
        raise no_overload(
            "linalg_matrix_norm",
            (
                "(Tensor input, Number ord, tuple of ints dim = (-2,-1), bool keepdim = False, *, "
                "torch.dtype dtype = None, Tensor out = None)",
                '(Tensor input, str ord = "fro", tuple of ints dim = (-2,-1), bool keepdim = '
                "False, *, torch.dtype dtype = None, Tensor out = None)",
            ),
            input,
            ord,
            dim,
        )
    name = "linalg.matrix_norm"
    if input.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
    if len(dim) != 2:
        raise RuntimeError(f"{name}: dim must be a 2-tuple. Got {' '.join(map(str, dim))}")
    if ord not in ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf):
        shown = ord if isinstance(ord, str) else f"{ord:g}"
        raise RuntimeError(f"{name}: Order {shown} not supported.")
    order: Any = ord
    first, last = (wrap_dim(d, input.ndim) for d in dim)
    if first == last:
        raise RuntimeError(f"{name}: dims must be different. Got ({dim[0]}, {dim[1]})")
    x = _floating(name, input, dtype)
    if ord in ("nuc", 2, -2) and x.dtype.itemsize == 2:
        raise RuntimeError(f"{name}: Low precision dtypes not supported. Got {x.dtype.scalar_name}")
    if ord == "fro":
        result = vector_norm(x, 2, (first, last), keepdim)
    elif ord in ("nuc", 2, -2):
        result = _of_singular_values(x, ord, first, last, keepdim)
    else:
        inner, outer = (last, first) if math.isinf(order) else (first, last)
        outer -= outer > inner and not keepdim
        sums = vector_norm(x, 1, inner, keepdim)
        result = sums.amax(outer, keepdim) if order > 0 else sums.amin(outer, keepdim)
    return result if out is None else into(out, result, "linalg_matrix_norm")


def _of_singular_values(x: Tensor, ord: Any, first: int, last: int, keepdim: bool) -> Tensor:
    others = [d for d in range(x.ndim) if d not in (first, last)]
    order = [*others, first, last]
    values = svd(x.permute(order), False, True)[1]
    result: Tensor
    if ord == "nuc":
        result = values.sum(-1, keepdim)
    else:
        result = values.amax(-1, keepdim) if ord > 0 else values.amin(-1, keepdim)
    if not keepdim:
        return result
    back = [int(d) for d in np.argsort(order)]
    return result.unsqueeze(-1).permute(back)  # type: ignore[no-any-return]


@numpy_names
def linalg_norm(
    input: Tensor,
    ord: Any = None,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
) -> Tensor:
    """Return the norm of a vector or a matrix: `vector_norm` or `matrix_norm`.

    Two dimensions `dim`, or a tensor of two with an order, are a matrix; all elements are one
    vector where neither order nor dimension is given.

    >>> import rushlight as torch
    >>> torch.linalg.norm(torch.tensor([3.0, 4.0]))
    tensor(5.)
    """
    require_tensor(input, "linalg_norm", "input", 1)
    dims = (dim,) if is_int(dim) else dim
    if dims is not None and len(dims) not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dims)}"
        )
    if dims is None and ord is not None and not isinstance(ord, str) and input.ndim not in (1, 2):
        raise _not_a_matrix(input)
    if isinstance(ord, str):
        if dims is None and input.ndim > 2:
            raise _not_a_matrix(input)
        return matrix_norm(
            input, ord, (0, 1) if dims is None else dims, keepdim, dtype=dtype, out=out
        )
    if ord is not None and (input.ndim if dims is None else len(dims)) == 2:
        return matrix_norm(
            input, ord, (0, 1) if dims is None else dims, keepdim, dtype=dtype, out=out
        )
    return vector_norm(input, 2 if ord is None else ord, dims, keepdim, dtype=dtype, out=out)


def _not_a_matrix(A: Tensor) -> RuntimeError:
    return RuntimeError(
        "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. "
        f"Got {A.ndim}D."
    )


def norm(
    input: Tensor,
    p: Any = "fro",
    dim: Any = None,
    keepdim: bool = False,
    out: Tensor | None = None,
    dtype: Any = None,
) -> Tensor:
    """Return the norm of order `p` of all elements or over `dim`, flattened if there are several.

    `p` is a number as in `linalg.vector_norm`, "fro" (2) or "nuc", the sum of the singular values
    of a matrix.

    >>> import rushlight as torch
    >>> torch.norm(torch.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor(5.)
    """
    dims = (dim,) if is_int(dim) else dim
    if p == "fro" or p is None:
        p = 2
    if isinstance(p, str):
        require_tensor(input, "norm", "input", 1)
        dims = tuple(range(input.ndim)) if dims is None else dims
        if p != "nuc":
            raise RuntimeError(f"linalg.matrix_norm: Order {p} not supported.")
        return matrix_norm(input, p, dims, keepdim, dtype=dtype, out=out)
    return vector_norm(input, p, dims, keepdim, dtype=dtype, out=out)


# -- distances and bounds ----------------------------------------------------------------------


def dist(input: Tensor, other: Tensor, p: Any = 2) -> Tensor:
    """Return the norm of order `p` of ``input - other``, which broadcast.

    >>> import rushlight as torch
    >>> torch.dist(torch.tensor([1.0, 2.0]), torch.tensor([4.0, 6.0]))
    tensor(5.)
    """
    require_tensor(input, "dist", "input", 1)
    require_tensor(other, "dist", "other", 2)
    if not isinstance(p, NUMBERS):
        raise wrong_type("dist", "p", 3, p, "Number")
    if dtypes.bool in (input.dtype, other.dtype):
        sub(input, other)  # which has the error for that
    check_broadcast(tuple(input.shape), tuple(other.shape))
    target = dtypes.result_dtype([input._array, other._array])
    if target.kind in "biu":
        name = dtypes.from_numpy(target).scalar_name
        raise RuntimeError(
            f"norm(): input dtype should be either floating point or complex. Got {name} instead."
        )
    a, b = (x if x._array.dtype == target else cast_to(x, target) for x in (input, other))
    return ops.dist(a, b, float(p))  # type: ignore[no-any-return]


@numpy_names
def renorm(input: Tensor, p: Any, dim: int, maxnorm: Any, *, out: Tensor | None = None) -> Tensor:
    """Scale the slices of `input` along `dim` whose norm of order `p` is larger down to `maxnorm`.

    >>> import rushlight as torch
    >>> torch.renorm(torch.tensor([[3.0, 4.0], [0.3, 0.4]]), p=2, dim=0, maxnorm=1)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    require_tensor(input, "renorm", "input", 1)
    p = as_number(p, "renorm", "p", 2)
    maxnorm = as_number(maxnorm, "renorm", "maxnorm", 4)
    if not is_int(dim):
        raise wrong_type("renorm", "dim", 3, dim, "int")
    if isinstance(p, complex):
        raise RuntimeError("renorm: p must be real-valued")
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if isinstance(maxnorm, complex):
        raise RuntimeError("renorm: maxnorm must be real-valued")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    if input.ndim < 2:
        raise RuntimeError(
            f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions"
        )
    at = wrap_dim(dim, input.ndim)
    x = _floating("linalg.vector_norm", input, None)
    dims = tuple(d for d in range(x.ndim) if d != at)
    result: Tensor = ops.renorm(x, float(p), dims, float(maxnorm))
    return result if out is None else into(out, result, "renorm", input)
