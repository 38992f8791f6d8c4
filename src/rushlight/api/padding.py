"""Padding with a constant."""

from __future__ import annotations

from typing import Any

from rushlight.api.arguments import int_tuple
from rushlight.api.scalars import checked
from rushlight.ops.outputs import require_tensor, wrong_type
from rushlight.ops.padding import constant_pad
from rushlight.tensor import Tensor

__all__ = ["constant_pad_nd"]


def constant_pad_nd(input: Tensor, pad: Any, value: Any = 0) -> Tensor:
    """Return `input` with `value` around it: `pad` has (left, right) of the last dimension first.

    Negative numbers crop.

    >>> import rushlight as torch
    >>> torch.constant_pad_nd(torch.ones(2), (1, -1), 5)
    tensor([5., 1.])
    """
    x: Tensor = require_tensor(input, "constant_pad_nd", "input", 1)
    pads = int_tuple("constant_pad_nd", pad, 2, "pad")
    if not isinstance(value, (bool, int, float, complex, Tensor)):
        raise wrong_type("constant_pad_nd", "value", 3, value, "Number")
    return padded(x, pads, value.item() if isinstance(value, Tensor) else value)


def padded(x: Tensor, pads: tuple[int, ...], value: Any) -> Tensor:
    """Pad with a constant, after a look at the number of pads."""
    if len(pads) % 2:
        raise RuntimeError(f"Length of pad must be even but instead it equals {len(pads)}")
    if len(pads) > 2 * x.dim():
        raise RuntimeError(
            "Length of pad should be no more than twice the number of dimensions of the input. "
            f"Pad length is {len(pads)}while the input has {x.dim()}dimensions."
        )
    for i in range(len(pads) // 2):
        n = x.shape[-1 - i]
        if n + min(pads[2 * i], 0) < 0 or n + sum(min(p, 0) for p in pads[2 * i : 2 * i + 2]) < 0:
            raise RuntimeError("narrow(): length must be non-negative.")
    value = checked(value, x.dtype) if max(pads, default=0) > 0 else 0  # else it isn't looked at
    return constant_pad(x, pads, value)  # type: ignore[no-any-return]
