"""Public pseudoinverses, least squares, ranks and conditions, and solving from Cholesky factors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rushlight.api.broadcasting import broadcast_pair
from rushlight.api.decompositions import eigvalsh, svdvals
from rushlight.api.extremes import where
from rushlight.api.linalg_checks import (
    check_bool,
    check_floating,
    check_info,
    check_old_system,
    check_square,
    deliver_all,
    refuse_half,
)
from rushlight.api.norms import linalg_norm, matrix_norm
from rushlight.api.scalars import as_float, is_real
from rushlight.ops import cholesky as cholesky_ops
from rushlight.ops import pseudoinverse as ops
from rushlight.ops.outputs import into, no_overload, require_tensor, type_name
from rushlight.ops.solving import inv
from rushlight.tensor import Tensor, values_of, wrap

__all__ = ["cholesky_inverse", "cholesky_solve", "pinverse"]

METHODS = __all__

NUMBERS = (bool, int, float)


# -- what counts as zero -------------------------------------------------------------------------


_FORMS = (
    "(Tensor input, *, {kind} atol = None, {kind} rtol = None, bool hermitian = False, "
    "Tensor out = None)",
    "(Tensor input, {kind} {old}, bool hermitian = False, *, Tensor out = None)",
)


def _check_tolerances(
    function: str, old: str, input: Any, value: Any, *, atol: Any, rtol: Any
) -> None:
    """Raise PyTorch's error unless `input` is a tensor and the others are numbers or tensors.

    `old` is what `value` is called.
    """
    named = {k: v for k, v in (("atol", atol), ("rtol", rtol)) if v is not None}
    by_place = () if value is None else (value,)
    bounds = (*by_place, *named.values())
    if isinstance(input, Tensor) and all(isinstance(v, Tensor) or is_real(v) for v in bounds):
        return
    forms = [f.format(kind=k, old=old) for f in _FORMS for k in ("Tensor", "float")]
    raise no_overload(function, tuple(forms), input, *by_place, **named)


def _tolerances(name: str, A: Tensor, atol: Any, rtol: Any) -> tuple[Any, Any]:
    """The bounds under which singular values count as 0: numbers, or tensors for stacks."""
    for argument, value in (("atol", atol), ("rtol", rtol)):
        if isinstance(value, Tensor) and value.dtype.is_complex:
            raise RuntimeError(
                f"{name}: {argument} tensor of complex type is not supported. Got "
                f"{value.dtype.scalar_name}"
            )
    kind = A.dtype.to_real().numpy
    least = float(np.finfo(kind).eps) * max(A.shape[-2:])
    a = atol.detach() if isinstance(atol, Tensor) else 0.0 if atol is None else float(atol)
    if rtol is not None:
        return a, rtol.detach() if isinstance(rtol, Tensor) else float(rtol)
    return a, where(a > 0, 0.0, least) if isinstance(a, Tensor) else 0.0 if a > 0 else least


# -- pseudoinverses ------------------------------------------------------------------------------


def pinv(
    input: Tensor,
    rcond: Any = None,
    hermitian: bool = False,
    *,
    atol: Any = None,
    rtol: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the pseudoinverse of matrices of any shape and rank.

    Singular values up to ``max(atol, rtol * largest)`` count as 0; `rtol` (or `rcond`) is the
    dtype's eps times the larger side unless `atol` is given. `hermitian` matrices are read in one
    triangle. The derivative is that at constant rank.

    >>> import rushlight as torch
    >>> torch.linalg.pinv(torch.tensor([[2.0, 0.0], [0.0, 0.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.0000]])
    """
    _check_tolerances("linalg_pinv", "rcond", input, rcond, atol=atol, rtol=rtol)
    check_bool(hermitian, "linalg_pinv", "hermitian")
    if input.ndim < 2 or input._array.dtype.char not in "fdFD":
        raise RuntimeError(
            f"linalg.pinv({input.dtype.scalar_name}{{{list(input.shape)}}}): expected a tensor "
            "with 2 or more dimensions of float, double, cfloat or cdouble types"
        )
    if hermitian:
        check_square("linalg.eigh", input)
    if rcond is not None:
        atol, rtol = 0.0, rcond
    bounds = _tolerances("torch.linalg.pinv", input, atol, rtol)
    result: Tensor = ops.pinv(input, *bounds, hermitian)
    return result if out is None else into(out, result, "linalg_pinv")


def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """Return the pseudoinverse of matrices: `linalg.pinv` under its older name.

    >>> import rushlight as torch
    >>> torch.tensor([[2.0], [0.0]]).pinverse()
    tensor([[0.5000, 0.0000]])
    """
    require_tensor(input, "pinverse", "input", 1)
    return pinv(input, as_float(rcond, "pinverse", "rcond", 2))


# -- least squares -------------------------------------------------------------------------------

_DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


def lstsq(
    input: Tensor, b: Tensor, rcond: Any = None, *, driver: Any = None, out: Any = None
) -> Any:
    """Find X that makes ``|A X - B|`` least, of least norm where there are several.

    `driver` is LAPACK's: "gelsy" (the default; ranks, no singular values), "gelsd" and "gelss"
    (both), or "gels" (for matrices of full rank; neither). Residuals come of tall matrices of full
    rank and of all drivers but gelsy. What isn't known is empty.

    >>> import rushlight as torch
    >>> A = torch.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    >>> torch.linalg.lstsq(A, torch.tensor([[1.0], [3.0], [5.0]])).solution.round(decimals=4)
    tensor([[1.],
            [2.]])
    """
    function, name = "linalg_lstsq", "torch.linalg.lstsq"
    require_tensor(input, function, "input", 1)
    require_tensor(b, function, "b", 2)
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if not b.ndim:
        raise RuntimeError(f"{name}: other must have at least 1 dimension.")
    if input.dtype is not b.dtype:
        raise RuntimeError(
            f"{name}: Expected input and other to have the same dtype, but got input's dtype "
            f"{input.dtype.scalar_name} and other's dtype {b.dtype.scalar_name}"
        )
    vector = b.ndim == 1 or (input.ndim - 1 == b.ndim and b.shape == input.shape[:-1])
    rows = b.shape[-1] if vector else b.shape[-2]
    if input.shape[-2] != rows:
        raise RuntimeError(f"{name}: input.size(-2) should match other.size(-2)")
    if not vector and input.ndim - 1 == b.ndim:
        broadcast_pair(tuple(input.shape[:-2]), tuple(b.shape[:-1]))
    broadcast_pair(tuple(input.shape[:-2]), tuple(b.shape[: b.ndim - (1 if vector else 2)]))
    if driver is None:
        driver = "gelsy"
    elif not isinstance(driver, str):
        raise TypeError(f"{function}(): argument 'driver' must be str, not {type_name(driver)}")
    if driver not in _DRIVERS:
        raise RuntimeError(
            f"{name}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)"
        )
    if rcond is not None:
        refuse_half("linalg_lstsq_cpu", input)
    if input._array.dtype.char not in "fdFD":
        raise RuntimeError("This function doesn't handle types other than float and double")
    if rcond is None:
        rcond = float(np.finfo(input.dtype.to_real().numpy).eps) * max(input.shape[-2:])
    rcond = as_float(rcond, function, "rcond", 3)
    results = ops.lstsq(input, b, rcond, driver, vector)
    return deliver_all("linalg_lstsq", out, results, function, 4)


# -- ranks and conditions ------------------------------------------------------------------------


def matrix_rank(
    input: Tensor,
    tol: Any = None,
    hermitian: bool = False,
    *,
    atol: Any = None,
    rtol: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return how many singular values of each matrix don't count as 0: see `pinv`.

    >>> import rushlight as torch
    >>> torch.linalg.matrix_rank(torch.ones(3, 3))
    tensor(1)
    """
    name = "torch.linalg.matrix_rank"
    _check_tolerances("linalg_matrix_rank", "tol", input, tol, atol=atol, rtol=rtol)
    check_bool(hermitian, "linalg_matrix_rank", "hermitian")
    if input.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor input must have at least 2 dimensions.")
    if input.dtype.is_floating_point and not (tol is None and rtol is None):
        refuse_half("linalg_svd_cpu", input)
    if input._array.dtype.char not in "fdFD":
        raise RuntimeError("This function doesn't handle types other than float and double")
    if tol is not None:
        atol, rtol = tol, 0.0
    low, share = _tolerances(name, input, atol, rtol)
    if input.numel():
        x = input.detach()
        s = (eigvalsh(x) if hermitian else svdvals(x)).abs()
        bound = share * s.amax(-1)
        bound = bound.clamp_min(low) if isinstance(low, float) else bound.maximum(low)
        result = (s > bound.unsqueeze(-1)).sum(-1)
    else:
        result = wrap(np.zeros(input.shape[:-2], np.int64))
    return result if out is None else into(out, result, "linalg_matrix_rank")


def cond(input: Tensor, p: Any = None, *, out: Tensor | None = None) -> Tensor:
    """Return the condition of matrices: the norm of each times that of its inverse.

    `p` is an order of `matrix_norm`, 2 by default, for which matrices may have any shape. Singular
    ones have the condition inf.

    >>> import rushlight as torch
    >>> torch.linalg.cond(torch.tensor([[4.0, 0.0], [0.0, 2.0]]))
    tensor(2.)
    """
    require_tensor(input, "linalg_cond", "input", 1)
    if input.ndim < 2:
        raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    if not input.numel():
        dtype = input.dtype.to_real() if input.dtype.is_complex else input.dtype
        result = wrap(np.zeros(input.shape[:-2], dtype.numpy))
    elif p in (None, 2, -2):
        s = svdvals(input)
        first, last = s[..., :1], s[..., -1:]
        result = (last / first if p == -2 else first / last).squeeze(-1)
    else:
        result = _condition(input, p)
    return result if out is None else into(out, result, "linalg_cond")


def _condition(A: Tensor, p: Any) -> Tensor:
    shown = p if isinstance(p, str) else f"{p:g}"
    if p not in ("fro", "nuc", 1, -1, math.inf, -math.inf):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {shown}")
    check_square(f"linalg.cond(ord={shown})", A)
    if p == "nuc" and A.dtype.is_floating_point:
        refuse_half("linalg_svd_cpu", A)
    check_floating("linalg.inv", A, half=False)
    inverse, info = inv(A)
    if values_of(info).any():
        inverse = inverse.masked_fill((info > 0)[..., None, None], math.inf)
    if p == "nuc":
        return linalg_norm(A, "nuc", (-2, -1)) * linalg_norm(inverse, "nuc", (-2, -1))  # type: ignore[no-any-return]
    product = matrix_norm(A, p) * matrix_norm(inverse, p)
    return product.nan_to_num(math.inf, math.inf, -math.inf)  # type: ignore[no-any-return]


# -- from Cholesky factors -----------------------------------------------------------------------


def cholesky_solve(
    input: Tensor, input2: Tensor, upper: bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Solve ``A X = B``, given the Cholesky factor of A.

    >>> import rushlight as torch
    >>> torch.cholesky_solve(torch.ones(2, 1), torch.eye(2) * 2)
    tensor([[0.2500],
            [0.2500]])
    """
    require_tensor(input, "cholesky_solve", "input", 1)
    require_tensor(input2, "cholesky_solve", "input2", 2)
    check_bool(upper, "cholesky_solve", "upper", 3)
    for name, x in (("b", input), ("u", input2)):
        if x.ndim < 2:
            raise RuntimeError(
                f"{name} should have at least 2 dimensions, but has {x.ndim} dimensions instead"
            )
    check_old_system("cholesky_solve", input2, input)
    refuse_half("cholesky_solve_cpu", input2)
    result: Tensor = cholesky_ops.cholesky_solve(input, input2, upper)
    return result if out is None else into(out, result, "cholesky_solve")


def cholesky_inverse(input: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """Return the inverse of A, given its Cholesky factor.

    >>> import rushlight as torch
    >>> torch.cholesky_inverse(torch.eye(2) * 2)
    tensor([[0.2500, 0.0000],
            [0.0000, 0.2500]])
    """
    require_tensor(input, "cholesky_inverse", "input", 1)
    check_bool(upper, "cholesky_inverse", "upper", 2)
    check_square("cholesky_inverse", input)
    refuse_half("cholesky_inverse_out_cpu", input)
    zeros = np.equal(np.diagonal(values_of(input), 0, -2, -1), 0)
    if zeros.any():
        info = np.where(zeros.any(-1), zeros.argmax(-1) + 1, 0)
        check_info(
            "cholesky_inverse",
            wrap(np.asarray(info)),
            "The diagonal element {info} is zero, the inversion could not be completed because "
            "the input matrix is singular.",
        )
    result: Tensor = cholesky_ops.cholesky_inverse(input, upper)
    return result if out is None else into(out, result, "cholesky_inverse")
