"""What layers do that is no operator: autograd Functions, under the names that the graph shows."""

from __future__ import annotations

from typing import Any

from rushlight.api.likes import zeros_like
from rushlight.autograd.function import Function
from rushlight.tensor import Tensor

__all__ = ["CrossMapLRN2d"]


def _shifted_sum(x: Tensor, first: int, last: int) -> Tensor:
    """For each channel the sum over the channels `first` to `last` places further on."""
    out = zeros_like(x)
    channels = x.size(1)
    for shift in range(max(first, 1 - channels), min(last, channels - 1) + 1):
        low, high = max(0, -shift), channels - max(0, shift)
        out[:, low:high] += x[:, low + shift : high + shift]
    return out


class CrossMapLRN2d(Function):
    """PyTorch's sums exactly, which are not quite those of neighbours.

    Forward, the first channel's square stays in the sum once it got in; backward, the sum is one
    channel further back than it should be. The gradient is PyTorch's, not that of the function.
    """

    @staticmethod
    def forward(ctx: Any, input: Tensor, size: int, alpha: float, beta: float, k: float) -> Tensor:
        if input.dim() != 4:
            raise ValueError(f"CrossMapLRN2d: Expected input to be 4D, got {input.dim()}D instead.")
        reach = int((size - 1) / 2 + 1)
        squares = input * input
        scale = _shifted_sum(squares, 1 - reach, reach - 1)
        scale[:, reach:] += squares[:, :1]
        scale = scale * (alpha / size) + k
        output = scale.pow(-beta) * input
        ctx.options = size, alpha, beta
        ctx.scale = scale
        ctx.save_for_backward(input, output)
        return output  # type: ignore[no-any-return]

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:
        size, alpha, beta = ctx.options
        input, output = ctx.saved_tensors
        back = int(size - (size - 1) / 2)
        ratio = _shifted_sum(grad_output * output / ctx.scale, -back, size - 1 - back)
        direct = ctx.scale.pow(-beta) * grad_output
        return direct - input * ratio * (2 * alpha * beta / size), None, None, None, None
