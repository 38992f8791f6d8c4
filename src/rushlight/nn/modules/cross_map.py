"""Local response normalisation, the old layer."""

from __future__ import annotations

from rushlight.nn.modules import _functions
from rushlight.nn.modules.module import Module
from rushlight.tensor import Tensor

__all__ = ["CrossMapLRN2d"]


class CrossMapLRN2d(Module):
    """``x / (k + alpha / size * s)**beta``, s the sum of squares over `size` channels around.

    For (N, C, H, W) only; `LocalResponseNorm` is the layer for today.

    >>> import rushlight as torch
    >>> torch.nn.CrossMapLRN2d(3)(torch.ones(1, 2, 1, 1)).shape
    torch.Size([1, 2, 1, 1])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        options = self.size, self.alpha, self.beta, self.k
        return _functions.CrossMapLRN2d.apply(input, *options)  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        """The options."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
