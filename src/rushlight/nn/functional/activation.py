"""Activations: functions of each element, and glu, which halves a dimension.

``inplace=True`` writes over the input; the forms with an underscore do so always.
"""

from __future__ import annotations

from typing import Any

from rushlight.api import activation as api
from rushlight.api.activation import celu_, hardshrink, prelu, relu_, rrelu_, selu_, threshold_
from rushlight.api.options import option
from rushlight.api.sizes import as_dim
from rushlight.limits import finfo
from rushlight.ops import activation as smooth
from rushlight.ops import piecewise as ops
from rushlight.ops.fast import unary, with_parameters
from rushlight.ops.inplace import rewrite
from rushlight.ops.outputs import require_tensor, type_name
from rushlight.ops.sloped import sloped
from rushlight.tensor import Tensor

__all__ = [
    "celu",
    "celu_",
    "elu",
    "elu_",
    "gelu",
    "glu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "leaky_relu",
    "leaky_relu_",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
]

_relu = api.relu
_leaky_relu = with_parameters(ops.leaky_relu)
_elu = with_parameters(smooth.elu)
_hardtanh = with_parameters(ops.hardtanh)
_softshrink = with_parameters(ops.softshrink)
_softplus = with_parameters(smooth.softplus)
_gelu = sloped(smooth.gelu)
_glu = with_parameters(smooth.glu)
_silu = sloped(smooth.silu)
_mish = sloped(smooth.mish)
_hardsigmoid = unary(ops.hardsigmoid, "")
_hardswish = unary(ops.hardswish, "")
_softsign = unary(smooth.softsign, "")
_tanhshrink = unary(smooth.tanhshrink, "")

# -- ReLU and kin ------------------------------------------------------------------------------


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``max(0, x)``; at 0 the gradient is 0.

    >>> import rushlight as torch
    >>> torch.nn.functional.relu(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return relu_(input) if inplace else _relu(input)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``min(max(0, x), 6)``.

    >>> import rushlight as torch
    >>> torch.nn.functional.relu6(torch.tensor([-1.0, 2.0, 8.0]))
    tensor([0., 2., 6.])
    """
    require_tensor(input, "relu6", "input", 1)
    return hardtanh(input, 0.0, 6.0, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Return `input` above 0 and ``negative_slope * input`` below.

    >>> import rushlight as torch
    >>> torch.nn.functional.leaky_relu(torch.tensor([-1.0, 2.0]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    if inplace:
        return leaky_relu_(input, negative_slope)
    return _leaky_relu(input, option(negative_slope, "leaky_relu", "negative_slope", 2, input))


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """In-place form of `leaky_relu`; its backward pass refuses a negative slope."""
    slope = option(negative_slope, "leaky_relu_", "negative_slope", 2, input)
    return rewrite(input, ops.leaky_relu_in_place, slope)


def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """Return a leaky ReLU whose slope is drawn for each element in training (Xu et al., 2015).

    Slopes are uniform in [lower, upper); outside of training the slope is their mean.

    >>> import rushlight as torch
    >>> torch.nn.functional.rrelu(torch.tensor([-1.0, 2.0]), 0.25, 0.75)
    tensor([-0.5000,  2.0000])
    """
    run = rrelu_ if inplace else api.rrelu
    return run(input, lower, upper, training)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Return `input` where it is above `threshold`, and `value` elsewhere.

    >>> import rushlight as torch
    >>> torch.nn.functional.threshold(torch.tensor([-1.0, 2.0]), 0.5, 9.0)
    tensor([9., 2.])
    """
    run = threshold_ if inplace else api.threshold
    return run(input, threshold, value)


# -- exponential ones --------------------------------------------------------------------------


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return `input` above 0 and ``alpha * (exp(x) - 1)`` below (Clevert et al., ICLR 2016).

    >>> import rushlight as torch
    >>> torch.nn.functional.elu(torch.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    if inplace:
        return elu_(input, alpha)
    return _elu(input, option(alpha, "elu", "alpha", 2, input), 1.0, 1.0)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place form of `elu`; its backward pass refuses a negative `alpha`."""
    alpha = option(alpha, "elu_", "alpha", 2, input)
    return rewrite(input, smooth.elu_in_place, alpha, 1.0, 1.0)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return the ELU whose outputs tend to mean 0 and variance 1 (Klambauer et al., 2017).

    >>> import rushlight as torch
    >>> torch.nn.functional.selu(torch.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """
    return selu_(input) if inplace else api.selu(input)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return ``max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`` (Barron, 2017).

    >>> import rushlight as torch
    >>> torch.nn.functional.celu(torch.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    return celu_(input, alpha) if inplace else api.celu(input, alpha)


# -- smooth ones -------------------------------------------------------------------------------


def sigmoid(input: Tensor) -> Tensor:
    """Return ``1 / (1 + exp(-x))``.

    >>> import rushlight as torch
    >>> torch.nn.functional.sigmoid(torch.tensor([0.0, 2.0]))
    tensor([0.5000, 0.8808])
    """
    return input.sigmoid()  # type: ignore[no-any-return]


def tanh(input: Tensor) -> Tensor:
    """Return the hyperbolic tangent.

    >>> import rushlight as torch
    >>> torch.nn.functional.tanh(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return input.tanh()  # type: ignore[no-any-return]


def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """Return ``x * Phi(x)``, `Phi` the normal distribution (Hendrycks and Gimpel, 2016).

    `approximate` "tanh" takes ``x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))``.

    >>> import rushlight as torch
    >>> torch.nn.functional.gelu(torch.tensor([-1.0, 2.0]))
    tensor([-0.1587,  1.9545])
    """
    if approximate != "none" and approximate != "tanh":
        require_tensor(input, "gelu", "input", 1)
        if not isinstance(approximate, str):
            raise TypeError(
                f"gelu(): argument 'approximate' must be str, not {type_name(approximate)}"
            )
        raise RuntimeError("approximate argument must be either none or tanh.")
    return _gelu(input, approximate)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``x * sigmoid(x)``.

    >>> import rushlight as torch
    >>> torch.nn.functional.silu(torch.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """
    return rewrite(input, _silu) if inplace else _silu(input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``x * tanh(softplus(x))`` (Misra, BMVC 2020).

    >>> import rushlight as torch
    >>> torch.nn.functional.mish(torch.tensor([-1.0, 2.0]))
    tensor([-0.3034,  1.9440])
    """
    return rewrite(input, _mish) if inplace else _mish(input)


logsigmoid = unary(
    smooth.logsigmoid,
    """Return ``log(sigmoid(x))``, which neither overflows nor cancels.

    >>> import rushlight as torch
    >>> torch.nn.functional.logsigmoid(torch.tensor([0.0, 2.0]))
    tensor([-0.6931, -0.1269])
    """,
)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Return ``log(1 + exp(beta * x)) / beta``; `x` itself where ``beta * x > threshold``.

    >>> import rushlight as torch
    >>> torch.nn.functional.softplus(torch.tensor([0.0, 2.0]))
    tensor([0.6931, 2.1269])
    """
    beta = option(beta, "softplus", "beta", 2, input)
    return _softplus(input, beta, option(threshold, "softplus", "threshold", 3, input))


def softsign(input: Tensor) -> Tensor:
    """Return ``x / (1 + abs(x))``.

    >>> import rushlight as torch
    >>> torch.nn.functional.softsign(torch.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """
    if isinstance(input, Tensor) and input._array.dtype.kind == "f":
        return _softsign(input)
    return input / (input.abs() + 1)  # type: ignore[no-any-return]


def tanhshrink(input: Tensor) -> Tensor:
    """Return ``x - tanh(x)``.

    >>> import rushlight as torch
    >>> torch.nn.functional.tanhshrink(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.2384])
    """
    if isinstance(input, Tensor) and input._array.dtype.kind == "f":
        return _tanhshrink(input)
    return input - input.tanh()  # type: ignore[no-any-return]


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """Return ``a * sigmoid(b)``, `a` and `b` the halves along `dim` (Dauphin et al., ICML 2017).

    RuntimeError where the dimension's size is odd.

    >>> import rushlight as torch
    >>> torch.nn.functional.glu(torch.tensor([1.0, 2.0, 0.0, 3.0]))
    tensor([0.5000, 1.9051])
    """
    if input.dim() == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    axis = as_dim(dim, input, "glu")
    if input.shape[axis] % 2 == 0 and not input.dtype.is_floating_point:
        raise NotImplementedError(f"\"glu_cpu\" not implemented for '{input.dtype.scalar_name}'")
    return _glu(input, axis)


# -- hard and shrinking ones -------------------------------------------------------------------


def _bounds(input: Any, low: Any, high: Any, name: str) -> tuple[Any, Any]:
    """The bounds of hardtanh as the input's dtype has them."""
    low = option(low, name, "min_val", 2, input)
    high = option(high, name, "max_val", 3, input)
    if input._array.dtype.kind in "iu":
        low, high = int(low), int(high)
        if input._array.dtype.kind == "u" and (low < 0 or high < 0):
            raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    return low, high


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """Return ``min(max(x, min_val), max_val)``; on a bound the gradient is 0.

    >>> import rushlight as torch
    >>> torch.nn.functional.hardtanh(torch.tensor([-2.0, 0.5]))
    tensor([-1.0000,  0.5000])
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    if inplace:
        return hardtanh_(input, min_val, max_val)
    return _hardtanh(input, *_bounds(input, min_val, max_val, "hardtanh"))


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """In-place form of `hardtanh`."""
    return rewrite(input, _hardtanh, *_bounds(input, min_val, max_val, "hardtanh_"))


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``min(max(x / 6 + 1 / 2, 0), 1)``.

    >>> import rushlight as torch
    >>> torch.nn.functional.hardsigmoid(torch.tensor([-4.0, 0.0, 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """
    return rewrite(input, _hardsigmoid) if inplace else _hardsigmoid(input)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``x * hardsigmoid(x)`` (Howard et al., ICCV 2019).

    >>> import rushlight as torch
    >>> torch.nn.functional.hardswish(torch.tensor([-4.0, 1.0]))
    tensor([-0.0000, 0.6667])
    """
    return rewrite(input, _hardswish) if inplace else _hardswish(input)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Return `input` moved towards 0 by `lambd`, and 0 in [-lambd, lambd].

    >>> import rushlight as torch
    >>> torch.nn.functional.softshrink(torch.tensor([-1.0, 0.2]))
    tensor([-0.5000,  0.0000])
    """
    width = option(lambd, "softshrink", "lambd", 2, input)
    if not width >= 0 and input.dtype.is_floating_point:
        raise RuntimeError(
            f"lambda must be in range [0, {finfo(input.dtype).max:g}] for input dtype "
            f"{input.dtype.scalar_name}, but found {width:g}"
        )
    return _softshrink(input, width)
