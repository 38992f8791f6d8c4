"""How many multiplications and additions an operator takes: PyTorch's formulas, for few of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.tensor import Tensor

__all__ = ["flops_of"]

_PRODUCTS = {"aten::" + name for name in ("mm", "bmm", "matmul", "linear", "addmm", "baddbmm")}
_CONVOLUTIONS = {f"aten::conv{n}d" for n in (1, 2, 3)}


def flops_of(name: str, args: tuple[Any, ...], out: Any) -> int:
    """Count those of one call: two for each product in a sum; one an element of a sum or product.

    Zero stands for operators that no formula is known of.
    """
    if not isinstance(out, Tensor):
        return 0
    if name in _PRODUCTS:
        left = args[1] if name in ("aten::addmm", "aten::baddbmm") else args[0]
        return 2 * out.numel() * int(left.shape[-1])
    if name in _CONVOLUTIONS:
        weight = args[1]
        return 2 * out.numel() * int(np.prod(weight.shape[1:]))
    return out.numel() if name in ("aten::add", "aten::mul") else 0
