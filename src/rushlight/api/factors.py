"""Public LU and LDL decompositions, and what is solved with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.broadcasting import broadcast_pair
from rushlight.api.linalg_checks import (
    check_bool,
    check_fit,
    check_floating,
    check_matrix,
    check_old_system,
    check_same,
    check_square,
    deliver,
    deliver_all,
    refuse_half,
)
from rushlight.api.old_linalg import deprecated
from rushlight.ops import lu as ops
from rushlight.ops.outputs import require_tensor, type_name
from rushlight.tensor import Tensor, values_of

__all__ = ["lu", "lu_solve", "lu_unpack"]

METHODS = ("lu", "lu_solve")


# -- LU ------------------------------------------------------------------------------------------


def _check_pivot(pivot: Any) -> None:
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")


def _factors(name: str, A: Tensor, pivot: Any) -> tuple[Tensor, Tensor, Tensor]:
    if A.ndim < 2:
        raise RuntimeError(
            f"{name}: Expected tensor with 2 or more dimensions. Got size: {list(A.shape)} instead"
        )
    refuse_half("lu_cpu", A)
    _check_pivot(pivot)
    return ops.lu_factor(A)  # type: ignore[no-any-return]


def linalg_lu(A: Tensor, *, pivot: bool = True, out: Any = None) -> Any:
    """Decompose matrices: ``A = P L U`` with a permutation, a unit lower and an upper triangle.

    >>> import rushlight as torch
    >>> torch.linalg.lu(torch.tensor([[0.0, 2.0], [1.0, 0.0]])).U
    tensor([[1., 0.],
            [0., 2.]])
    """
    require_tensor(A, "linalg_lu", "A", 1)
    check_bool(pivot, "linalg_lu", "pivot")
    if A.ndim < 2:
        raise RuntimeError(
            "linalg.lu: Expected tensor with 2 or more dimensions. Got size: "
            f"{list(A.shape)} instead"
        )
    refuse_half("lu_cpu", A)
    _check_pivot(pivot)
    return deliver_all("linalg_lu", out, ops.lu(A), "linalg_lu", 2)


def _check_regular(name: str, info: Tensor) -> None:
    codes = values_of(info)
    if codes.any():
        flat = codes.reshape(-1)
        first = int(flat.astype(bool).argmax())
        place = f"(Batch element {first}): " if codes.ndim else ""
        raise RuntimeError(
            f"{name}: {place}U[{flat[first]},{flat[first]}] is zero and using it on lu_solve would "
            "result in a division by zero. If you still want to perform the factorization, "
            "consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"
        )


def lu_factor(A: Tensor, *, pivot: bool = True, out: Any = None) -> Any:
    """Factor matrices as `lu_solve` wants them: both triangles in one, and the swaps of rows.

    Raises RuntimeError for singular matrices.

    >>> import rushlight as torch
    >>> torch.linalg.lu_factor(torch.tensor([[0.0, 2.0], [1.0, 0.0]])).pivots
    tensor([2, 2], dtype=torch.int32)
    """
    require_tensor(A, "linalg_lu_factor", "A", 1)
    check_bool(pivot, "linalg_lu_factor", "pivot")
    factors, pivots, info = _factors("torch.lu_factor", A, pivot)
    _check_regular("torch.linalg.lu_factor", info)
    return deliver_all(
        "linalg_lu_factor", out, (factors, pivots), "linalg_lu_factor", 2, "linalg_lu_factor_ex"
    )


def lu_factor_ex(
    A: Tensor, *, pivot: bool = True, check_errors: bool = False, out: Any = None
) -> Any:
    """As `lu_factor`, with an info that is 0 where the matrix is regular.

    >>> import rushlight as torch
    >>> torch.linalg.lu_factor_ex(torch.zeros(2, 2)).info
    tensor(1, dtype=torch.int32)
    """
    require_tensor(A, "linalg_lu_factor_ex", "A", 1)
    check_bool(pivot, "linalg_lu_factor_ex", "pivot")
    check_bool(check_errors, "linalg_lu_factor_ex", "check_errors")
    results = _factors("torch.lu_factor", A, pivot)
    if check_errors:
        _check_regular("torch.linalg.lu_factor_ex", results[2])
    return deliver_all("linalg_lu_factor_ex", out, results, "linalg_lu_factor_ex", 3)


def lu_unpack(
    LU_data: Tensor,
    LU_pivots: Tensor,
    unpack_data: bool = True,
    unpack_pivots: bool = True,
    *,
    out: Any = None,
) -> Any:
    """Return the P, L and U that `linalg.lu_factor` packed; empty ones for what isn't wanted.

    >>> import rushlight as torch
    >>> torch.lu_unpack(*torch.linalg.lu_factor(torch.eye(2))).L
    tensor([[1., 0.],
            [0., 1.]])
    """
    require_tensor(LU_data, "lu_unpack", "LU_data", 1)
    require_tensor(LU_pivots, "lu_unpack", "LU_pivots", 2)
    check_bool(unpack_data, "lu_unpack", "unpack_data", 3)
    check_bool(unpack_pivots, "lu_unpack", "unpack_pivots", 4)
    if LU_pivots.dtype is not dtypes.int32:
        raise RuntimeError(
            "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype."
        )
    check_matrix("torch.lu_unpack", LU_data)
    count = min(LU_data.shape[-2:])  # further ones are not looked at
    swaps = values_of(LU_pivots)[..., :count] if unpack_pivots else np.empty(0)
    if swaps.size and LU_data.numel() and not 1 <= swaps.min() <= swaps.max() <= LU_data.size(-2):
        raise RuntimeError(
            "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive."
            "Did you properly pass the result of lu_factor?"
        )
    results = ops.lu_unpack(LU_data, LU_pivots, unpack_data, unpack_pivots)
    return deliver_all("lu_unpack", out, results, "lu_unpack", 4)


def lu(A: Tensor, pivot: bool = True, get_infos: bool = False, out: Any = None) -> Any:
    """Factor matrices: `linalg.lu_factor`, or with `get_infos` `linalg.lu_factor_ex`.

    `out` is a tuple or list of tensors, of any size and dtype.

    >>> import rushlight as torch
    >>> torch.linalg.lu_factor(torch.eye(2)).pivots
    tensor([1, 2], dtype=torch.int32)
    """
    from rushlight import return_types

    deprecated(
        "torch.lu is deprecated in favor of torch.linalg.lu_factor / torch.linalg.lu_factor_ex "
        "and will be removed in a future PyTorch release.\nLU, pivots = torch.lu(A, "
        "compute_pivots)\nshould be replaced with\nLU, pivots = torch.linalg.lu_factor(A, "
        "compute_pivots)\nand\nLU, pivots, info = torch.lu(A, compute_pivots, get_infos=True)\n"
        "should be replaced with\nLU, pivots, info = torch.linalg.lu_factor_ex(A, compute_pivots)"
    )
    if not isinstance(pivot, bool):
        raise TypeError(f"_lu_with_info(): argument 'pivot' must be bool, not {type_name(pivot)}")
    results = _factors("torch.lu_factor", require_tensor(A, "_lu_with_info", "input", 1), pivot)
    if out is not None:
        wanted = 2 + bool(get_infos)
        if not isinstance(out, (tuple, list)):
            raise TypeError(f"argument 'out' must be tuple of Tensors, not {type(out).__name__}")
        if len(out) != wanted:
            raise TypeError(f"expected tuple of {wanted} elements but got {len(out)}")
        for target, result in zip(out, results):
            target.resize_as_(result).copy_(result)
        return out
    return return_types._lu_with_info(results) if get_infos else results[:2]  # type: ignore[attr-defined]


def linalg_lu_solve(
    LU: Tensor,
    pivots: Tensor,
    B: Tensor,
    *,
    left: bool = True,
    adjoint: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Solve ``A X = B`` (``X A = B`` where not `left`) from what `lu_factor` gave of A.

    With `adjoint` it is A's adjoint.

    >>> import rushlight as torch
    >>> LU, pivots = torch.linalg.lu_factor(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
    >>> torch.linalg.lu_solve(LU, pivots, torch.ones(2, 1))
    tensor([[0.5000],
            [0.2500]])
    """
    function, name = "linalg_lu_solve", "linalg.lu_solve"
    for i, (argument, x) in enumerate((("LU", LU), ("pivots", pivots), ("B", B))):
        require_tensor(x, function, argument, i + 1)
    check_bool(left, function, "left")
    check_bool(adjoint, function, "adjoint")
    return deliver(out, _solved(name, LU, pivots, B, left, adjoint), function)


def _solved(name: str, LU: Tensor, pivots: Tensor, B: Tensor, left: bool, adjoint: bool) -> Tensor:
    check_floating(name, LU)
    check_same(name, LU, B, "LU")
    if pivots.dtype is not dtypes.int32:
        raise RuntimeError(f"{name}: pivots should be a Tensor of scalar type torch.int32")
    check_square("torch.linalg.lu_solve", LU)
    check_matrix(name, B, "B")
    check_fit(name, LU, tuple(B.shape), left)
    if LU.shape[-1] != (pivots.shape[-1] if pivots.ndim else 0):
        raise RuntimeError(
            f"{name}: Number of pivots per batch should be same as the dimension of the matrix"
        )
    if LU.shape[:-1] != pivots.shape:
        raise RuntimeError(
            f"{name}: Expected LU.shape[:-1] and pivots.shape to be the same, but "
            f"got pivots with shape {list(pivots.shape)} instead"
        )
    broadcast_pair(tuple(B.shape[:-2]), tuple(LU.shape[:-2]))
    refuse_half("lu_solve_cpu", LU)
    return ops.lu_solve(LU, pivots, B, left, adjoint)  # type: ignore[no-any-return]


def lu_solve(
    input: Tensor, LU_data: Tensor, LU_pivots: Tensor, *, out: Tensor | None = None
) -> Tensor:
    """Solve ``A X = b``; `linalg.lu_solve` is its successor.

    >>> import rushlight as torch
    >>> LU, pivots = torch.linalg.lu_factor(torch.eye(2))
    >>> torch.linalg.lu_solve(LU, pivots, torch.ones(2, 1))
    tensor([[1.],
            [1.]])
    """
    for i, (argument, x) in enumerate(
        (("input", input), ("LU_data", LU_data), ("LU_pivots", LU_pivots))
    ):
        require_tensor(x, "lu_solve", argument, i + 1)
    deprecated(
        "torch.lu_solve is deprecated in favor of torch.linalg.lu_solveand will be removed in a "
        "future PyTorch release.\nNote that torch.linalg.lu_solve has its arguments reversed.\n"
        "X = torch.lu_solve(B, LU, pivots)\nshould be replaced with\n"
        "X = torch.linalg.lu_solve(LU, pivots, B)"
    )
    result = _solved("linalg.lu_solve", LU_data, LU_pivots, input, True, False)
    return deliver(out, result, "lu_solve", "linalg_lu_solve")


# -- LDL -----------------------------------------------------------------------------------------


def _ldl(A: Tensor, function: str, hermitian: Any) -> tuple[Tensor, Tensor, Tensor]:
    require_tensor(A, function, "input", 1)
    check_bool(hermitian, function, "hermitian")
    name = "torch.linalg.ldl_factor_ex"
    check_square(name, A)
    check_floating(name, A)
    refuse_half("ldl_factor_cpu", A)
    return ops.ldl(A, hermitian)  # type: ignore[no-any-return]


def ldl_factor(input: Tensor, *, hermitian: bool = False, out: Any = None) -> Any:
    """Factor symmetric (`hermitian`) matrices after Bunch and Kaufman, for `ldl_solve`.

    The lower triangle is read. There is no derivative, as in PyTorch.

    >>> import rushlight as torch
    >>> torch.linalg.ldl_factor(torch.eye(2)).pivots
    tensor([1, 2], dtype=torch.int32)
    """
    factors, pivots, info = _ldl(input, "linalg_ldl_factor", hermitian)
    codes = values_of(info)
    if codes.any():
        code = int(codes.max())
        raise RuntimeError(f"torch.linalg.ldl_factor: The diagonal element {code} of D is zero.")
    return deliver_all("linalg_ldl_factor", out, (factors, pivots), "linalg_ldl_factor", 1)


def ldl_factor_ex(
    input: Tensor, *, hermitian: bool = False, check_errors: bool = False, out: Any = None
) -> Any:
    """As `ldl_factor`, with an info that is 0 where the matrix is regular.

    >>> import rushlight as torch
    >>> torch.linalg.ldl_factor_ex(torch.zeros(2, 2)).info
    tensor(1, dtype=torch.int32)
    """
    check_bool(check_errors, "linalg_ldl_factor_ex", "check_errors")
    results = _ldl(input, "linalg_ldl_factor_ex", hermitian)
    codes = values_of(results[2])
    if check_errors and codes.any():
        code = int(codes.max())
        raise RuntimeError(f"torch.linalg.ldl_factor_ex: The diagonal element {code} of D is zero.")
    return deliver_all("linalg_ldl_factor_ex", out, results, "linalg_ldl_factor_ex", 1)


def ldl_solve(
    LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: bool = False, out: Tensor | None = None
) -> Tensor:
    """Solve ``A X = B`` from what `ldl_factor` gave of A.

    >>> import rushlight as torch
    >>> torch.linalg.ldl_solve(*torch.linalg.ldl_factor(torch.eye(2)), torch.ones(2, 1))
    tensor([[1.],
            [1.]])
    """
    function = "linalg_ldl_solve"
    for i, (argument, x) in enumerate((("LD", LD), ("pivots", pivots), ("B", B))):
        require_tensor(x, function, argument, i + 1)
    check_bool(hermitian, function, "hermitian")
    check_square("torch.linalg.ldl_solve", LD)
    check_floating("torch.linalg.ldl_solve", LD)
    check_old_system("torch.linalg.ldl_solve", LD, B)
    refuse_half("ldl_solve_cpu", LD)
    return deliver(out, ops.ldl_solve(LD, pivots, B, hermitian), function)
