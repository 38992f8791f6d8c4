"""Public integrals by the trapezoidal rule, and covariances."""

from __future__ import annotations

import builtins
import warnings
from typing import Any

from rushlight import dtypes
from rushlight.api.complexes import complex
from rushlight.api.sizes import wrap_dim
from rushlight.ops.outputs import no_overload, require_tensor
from rushlight.ops.shape import along
from rushlight.tensor import Tensor, values_of

__all__ = ["corrcoef", "cov", "cumulative_trapezoid", "trapezoid", "trapz"]

METHODS = ("corrcoef", "cov")


# -- integrals -----------------------------------------------------------------------------------

_FORMS = (
    "(Tensor y, Tensor x, *, int dim = -1)",
    "(Tensor y, *, Number dx = 1, int dim = -1)",
)


def _check_arguments(name: str, y: Any, x: Any, dx: Any) -> None:
    require_tensor(y, name, "y", 1)
    if x is not None and not isinstance(x, Tensor):
        raise no_overload(name, _FORMS, y, x)
    if not isinstance(dx, (bool, int, float, builtins.complex)):
        raise no_overload(name, _FORMS, y, dx=dx)


def _steps(name: str, y: Tensor, x: Any, dx: Any, dim: Any) -> tuple[int, Any]:
    """The dimension to integrate along, and the steps between samples: one, a tensor, or None
    for `trapezoid` of no samples."""
    _check_arguments(name, y, x, dx)
    if not y.ndim and name == "trapezoid":
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    d = wrap_dim(dim, y.ndim) if name == "trapezoid" else 0
    if name == "trapezoid" and not y.shape[d]:
        return d, None
    if dtypes.bool_ in (y.dtype, y.dtype if x is None else x.dtype):
        which = "`y`" if x is None else "`x` or `y`"
        raise RuntimeError(f"{name}: received a bool input for {which}, but bool is not supported")
    if not y.ndim:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    d = wrap_dim(dim, y.ndim)
    if x is None:
        return d, dx
    if x.ndim == 1:
        if x.shape[0] != y.shape[d]:
            raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
        x = x.reshape([-1 if i == d else 1 for i in range(y.ndim)])
    elif x.ndim < y.ndim:
        x = x.reshape([1] * (y.ndim - x.ndim) + list(x.shape))
    return d, x[along(d, slice(1, None))] - x[along(d, slice(0, -1))]


def _pairs(y: Tensor, d: int) -> Any:
    """The sums of neighbours."""
    return y[along(d, slice(0, -1))] + y[along(d, slice(1, None))]


def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = 1, dim: int = -1) -> Tensor:
    """Integrate samples `y` along `dim` by straight lines between them.

    They lie at the points `x`, of one dimension or of those of `y`, or `dx` apart. Raises
    RuntimeError for bools.

    >>> import rushlight as torch
    >>> torch.trapezoid(torch.tensor([1.0, 5.0, 10.0]))
    tensor(10.5000)
    >>> torch.trapezoid(torch.tensor([1.0, 5.0, 10.0]), torch.tensor([0.0, 1.0, 3.0]))
    tensor(18.)
    """
    d, step = _steps("trapezoid", y, x, dx, dim)
    if step is None:  # of nothing: zeros, even of bools
        return y.detach().sum(d, dtype=y.dtype)  # type: ignore[no-any-return]
    if x is None:
        ends = y.select(d, 0) + y.select(d, -1)
        return (y.sum(d) - ends * 0.5) * step  # type: ignore[no-any-return]
    return (_pairs(y, d) * step).sum(d) / 2.0  # type: ignore[no-any-return]


def trapz(y: Tensor, x: Tensor | None = None, *, dx: Any = 1, dim: int = -1) -> Tensor:
    """Integrate by the trapezoidal rule: `trapezoid` under its older name.

    >>> import rushlight as torch
    >>> torch.trapz(torch.tensor([1.0, 5.0, 10.0]), dx=2)
    tensor(21.)
    """
    _check_arguments("trapz", y, x, dx)
    return trapezoid(y, x, dx=dx, dim=dim)


def cumulative_trapezoid(
    y: Tensor, x: Tensor | None = None, *, dx: Any = 1, dim: int = -1
) -> Tensor:
    """Return the integrals from the first sample to each of the others: see `trapezoid`.

    >>> import rushlight as torch
    >>> torch.cumulative_trapezoid(torch.tensor([1.0, 5.0, 10.0]))
    tensor([ 3.0000, 10.5000])
    """
    d, step = _steps("cumulative_trapezoid", y, x, dx, dim)
    if x is None:
        return (_pairs(y, d) * (step / 2.0)).cumsum(d)  # type: ignore[no-any-return]
    return (_pairs(y, d) * step).cumsum(d) / 2.0  # type: ignore[no-any-return]


# -- covariances -----------------------------------------------------------------------------------


def _weights(name: str, weights: Any, count: int, kind: str) -> None:
    """Raise PyTorch's errors for weights of observations."""
    if weights.ndim > 1:
        raise RuntimeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with "
            f"{weights.ndim} dimensions"
        )
    integral = not (weights.dtype.is_floating_point or weights.dtype.is_complex)
    if not (integral if kind == "integral" else weights.dtype.is_floating_point):
        raise RuntimeError(
            f"cov(): expected {name} to have {kind} dtype but got {name} with "
            f"{weights.dtype.scalar_name} dtype"
        )
    if weights.numel() != count:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the "
            f"input but got {weights.numel()} != {count}"
        )
    if (values_of(weights) < 0).any():
        raise RuntimeError(f"cov(): {name} cannot be negative")


def cov(
    input: Tensor, *, correction: int = 1, fweights: Any = None, aweights: Any = None
) -> Tensor:
    """Return the covariances of variables (rows) over observations (columns).

    `fweights` says how often each observation was made, `aweights` how much it weighs. The sum of
    products is divided by the observations less `correction`. A vector is one variable.

    >>> import rushlight as torch
    >>> torch.cov(torch.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    require_tensor(input, "cov", "input", 1)
    if input.ndim > 2:
        raise RuntimeError(
            "cov(): expected input to have two or fewer dimensions but got an input with "
            f"{input.ndim} dimensions"
        )
    if input.dtype is dtypes.bool_:
        raise RuntimeError("cov(): bool dtype is not supported for input")
    x = input.reshape(1, -1) if input.ndim < 2 else input
    count = x.shape[1]
    weights = None
    if fweights is not None:
        _weights("fweights", require_tensor(fweights, "cov", "fweights", 3), count, "integral")
        weights = fweights
    if aweights is not None:
        _weights(
            "aweights", require_tensor(aweights, "cov", "aweights", 4), count, "floating point"
        )
        weights = aweights if weights is None else weights * aweights
    total: Any = count if weights is None else weights.sum()
    if weights is not None and weights.numel() and total == 0:
        raise RuntimeError("cov(): weights sum to zero, can't be normalized")
    free: Any = total - correction
    if aweights is not None and correction:
        free = total - correction * (weights * aweights).sum() / total
    if free <= 0:
        warnings.warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the "
            "number of observations.",
            UserWarning,
            stacklevel=2,
        )
        free = 0 if weights is None else free * 0
    weighted = x if weights is None else x * weights
    mean = weighted.sum(1) / total
    x = x - mean.unsqueeze(1)
    weighted = x if weights is None else x * weights
    products = x @ weighted.mT.conj()
    return (products / free).squeeze()  # type: ignore[no-any-return]


def corrcoef(input: Tensor) -> Tensor:
    """Return the correlations of variables (rows): covariances over standard deviations.

    >>> import rushlight as torch
    >>> torch.corrcoef(torch.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    require_tensor(input, "corrcoef", "input", 1)
    if input.ndim > 2:
        raise RuntimeError(
            "corrcoef(): expected input to have two or fewer dimensions but got an input with "
            f"{input.ndim} dimensions"
        )
    c: Any = cov(input)
    if not c.ndim:
        return c / c  # type: ignore[no-any-return]
    d = c.diagonal()
    deviation = (d.real if c.is_complex() else d).sqrt()
    c = c / deviation.reshape(-1, 1) / deviation.reshape(1, -1)
    if c.is_complex():
        return complex(c.real.clip(-1, 1), c.imag.clip(-1, 1))
    return c.clip(-1, 1)  # type: ignore[no-any-return]
