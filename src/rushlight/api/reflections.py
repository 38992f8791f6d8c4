"""Public functions of Householder's reflections: geqrf, orgqr and ormqr, as LAPACK calls them."""

from __future__ import annotations

from typing import Any

from rushlight.api.linalg_checks import check_bool, deliver, deliver_all, refuse_half
from rushlight.ops import reflections as ops
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["geqrf", "orgqr", "ormqr"]

METHODS = __all__


def geqrf(input: Tensor, *, out: Any = None) -> Any:
    """Return LAPACK's form of the QR decomposition: R over the reflections, and their scales.

    `linalg.householder_product` makes Q of it. There is no derivative, as in PyTorch.

    >>> import rushlight as torch
    >>> torch.geqrf(torch.eye(2)).tau
    tensor([0., 0.])
    """
    require_tensor(input, "geqrf", "input", 1)
    if input.ndim < 2:
        raise RuntimeError("torch.geqrf: input must have at least 2 dimensions.")
    refuse_half("geqrf_cpu", input)
    return deliver_all("geqrf", out, ops.geqrf(input), "geqrf", 1)


def householder_product(input: Tensor, tau: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the first columns of the product of the reflections that `geqrf` gives.

    Column i of `A` holds the vector v of a reflection ``I - tau_i v v^H`` below its diagonal; v is
    1 on the diagonal and 0 above.

    >>> import rushlight as torch
    >>> torch.linalg.householder_product(torch.zeros(3, 2), torch.tensor([2.0, 0.0]))
    tensor([[-1.,  0.],
            [ 0.,  1.],
            [ 0.,  0.]])
    """
    return deliver(
        out, _householder("linalg_householder_product", input, tau), "linalg_householder_product"
    )


def orgqr(input: Tensor, input2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the first columns of a product of reflections: `linalg.householder_product`.

    >>> import rushlight as torch
    >>> torch.orgqr(torch.zeros(2, 1), torch.zeros(1))
    tensor([[1.],
            [0.]])
    """
    return deliver(out, _householder("orgqr", input, input2), "orgqr", "linalg_householder_product")


def _householder(function: str, A: Any, tau: Any) -> Tensor:
    name = "torch.linalg.householder_product"
    require_tensor(A, function, "input", 1)
    require_tensor(tau, function, "tau" if function != "orgqr" else "input2", 2)
    if A.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if A.shape[-2] < A.shape[-1]:
        raise RuntimeError(
            f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]"
        )
    if tau.ndim and A.shape[-1] < tau.shape[-1]:
        raise RuntimeError(
            f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]"
        )
    _check_scales(name, A, tau)
    if tau.dtype is not A.dtype:
        raise RuntimeError(
            f"{name}: tau dtype {tau.dtype.scalar_name} does not match input dtype "
            f"{A.dtype.scalar_name}"
        )
    refuse_half("orgqr_cpu", A)
    return ops.householder_product(A, tau)  # type: ignore[no-any-return]


def _check_scales(name: str, A: Tensor, tau: Tensor) -> None:
    if A.ndim - tau.ndim != 1:
        raise RuntimeError(
            f"{name}: Expected tau to have one dimension less than input, but got tau.ndim equal "
            f"to {tau.ndim} and input.ndim is equal to {A.ndim}"
        )
    if A.shape[:-2] != tau.shape[:-1]:
        raise RuntimeError(
            f"{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got "
            f"{list(tau.shape[:-1])}"
        )


def ormqr(
    input: Tensor,
    input2: Tensor,
    input3: Tensor,
    left: bool = True,
    transpose: bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Multiply `input3` with a product Q of reflections, without making Q.

    `input` and `input2` are the vectors and scales as of `geqrf`. The result is ``Q C``, ``C Q``
    where not `left`, and with Q's adjoint where `transpose`.

    >>> import rushlight as torch
    >>> torch.ormqr(torch.zeros(2, 1), torch.tensor([2.0]), torch.ones(2, 2))
    tensor([[-1., -1.],
            [ 1.,  1.]])
    """
    name = "torch.ormqr"
    for i, x in enumerate((input, input2, input3)):
        require_tensor(x, "ormqr", ("input", "input2", "input3")[i], i + 1)
    check_bool(left, "ormqr", "left", 4)
    check_bool(transpose, "ormqr", "transpose", 5)
    for x, what in ((input, "input"), (input3, "other")):
        if x.ndim < 2:
            raise RuntimeError(f"{name}: {what} must have at least 2 dimensions.")
    at = -2 if left else -1
    rows = input3.shape[at]
    if input2.ndim and rows < input2.shape[-1]:
        raise RuntimeError(
            f"{name}: other.shape[{at}] must be greater than or equal to tau.shape[-1]"
        )
    if rows != input.shape[-2]:
        raise RuntimeError(f"{name}: other.shape[{at}] must be equal to input.shape[-2]")
    if input2.ndim and input2.shape[-1] != min(rows, input.shape[-1]):
        raise RuntimeError(
            f"{name}: tau.shape[-1] must be equal to min(other.shape[{at}], input.shape[-1])"
        )
    _check_scales(name, input, input2)
    if input.ndim != input3.ndim or input.shape[:-2] != input3.shape[:-2]:
        raise RuntimeError(
            f"{name}: Expected batch dimensions of other to be equal to input.shape[:-2], but got "
            f"{list(input3.shape[:-2])}"
        )
    if input2.dtype is not input.dtype:
        raise RuntimeError(
            f"{name}: Expected input and tau to have the same dtype, but input has dtype"
            f"{input.dtype.scalar_name} and tau has dtype {input2.dtype.scalar_name}"
        )
    if input3.dtype is not input.dtype:
        raise RuntimeError(
            f"{name}: Expected input and other to have the same dtype, but input has dtype"
            f"{input.dtype.scalar_name} and other has dtype {input3.dtype.scalar_name}"
        )
    refuse_half("ormqr_cpu", input)
    return deliver(out, ops.ormqr(input, input2, input3, left, transpose), "ormqr")
