"""Padding: with a constant, or with the input's own elements."""

from __future__ import annotations

from typing import Any

from rushlight.api.arguments import int_tuple
from rushlight.api.padding import padded
from rushlight.ops.outputs import require_tensor, wrong_type
from rushlight.ops.padding import edge_pad
from rushlight.tensor import Tensor

__all__ = ["pad"]

MODES = ("reflect", "replicate", "circular")


def pad(input: Tensor, pad: Any, mode: str = "constant", value: float | None = None) -> Tensor:
    """Pad `input`: `pad` has the two sides of the last dimension first, then of the one before.

    ``constant`` puts `value` there (0 by default) in any dimensions; ``reflect``, ``replicate``
    and ``circular`` continue the last 1 to 3 dimensions of (N, C, ...) or (C, ...) by their own
    elements. Negative numbers crop.

    >>> import rushlight as torch
    >>> torch.nn.functional.pad(torch.tensor([[1.0, 2.0, 3.0]]), (2, 1), mode="reflect")
    tensor([[3., 2., 1., 2., 3., 2.]])
    """
    x: Tensor = require_tensor(input, "pad", "input", 1)
    pads = int_tuple("pad", pad, 2, "pad")
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise wrong_type("pad", "value", 4, value, "float")
    if len(pads) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pads) > 2 * x.dim():
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got "
            f"padding length {len(pads)} and input of dimension {x.dim()}"
        )
    if mode == "constant":
        return padded(x, pads, 0 if value is None else float(value))
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    n = len(pads) // 2
    if n not in (1, 2, 3) or x.dim() not in (n + 1, n + 2):
        raise NotImplementedError(
            f"Padding size {len(pads)} is not supported for {x.dim()}D input tensor.\n"
            "Supported combinations for non-constant padding:\n"
            "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
            "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
            "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
        )
    if mode not in MODES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    _check(x, n, pads, mode)
    return edge_pad[mode, n](x, pads, mode)  # type: ignore[no-any-return]


def _check(x: Tensor, n: int, pads: tuple[int, ...], mode: str) -> None:
    """Raise PyTorch's error for sizes that can't be padded by that much, or cropped."""
    shape = list(x.shape)
    sides = [(x.dim() - 1 - i, pads[2 * i], pads[2 * i + 1]) for i in range(n)]
    if mode == "circular":
        for axis, left, right in sides:
            if left > shape[axis] or right > shape[axis]:
                raise RuntimeError("Padding value causes wrapping around more than once.")
            if shape[axis] + left + right < 0:
                raise RuntimeError("Negative padding value is resulting in an empty dimension")
            if max(left, right) > shape[axis] + min(left, 0) + min(right, 0):
                raise RuntimeError("Padding value causes wrapping around more than once.")
        return
    if 0 in shape[-n - 1 :]:
        raise RuntimeError(
            f"Expected {n + 1}D or {n + 2}D (batch mode) tensor with possibly 0 batch size and "
            f"other non-zero dimensions for input, but got: {shape}"
        )
    if mode == "reflect":
        for i, (axis, left, right) in enumerate(sides):
            if left >= shape[axis] or right >= shape[axis]:
                raise RuntimeError(
                    f"Argument #{4 + 2 * i}: Padding size should be less than the corresponding "
                    f"input dimension, but got: padding ({left}, {right}) at dimension {axis} of "
                    f"input {shape}"
                )
    full = list(shape)
    for axis, left, right in sides:
        full[axis] += left + right
    if max(full[-n:]) < 1:
        raise RuntimeError(_too_small(shape[-n:], full[-n:], mode))
    for axis, *_ in sides:
        if full[axis] < 0:
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {full[axis]}: {full}"
            )
    if x.dtype.scalar_name == "Bool":
        kind = "reflection" if mode == "reflect" else "replication"
        raise NotImplementedError(f"\"{kind}_pad{n}d\" not implemented for 'Bool'")


def _too_small(before: list[int], after: list[int], mode: str) -> str:
    """That nothing is left, as each of PyTorch's six paddings puts it."""
    n = len(before)
    given = ("W: {}", "H: {}, W: {}", "D: {} H: {}, W: {}")[n - 1].format(*before)
    space = " " if (mode, n) == ("replicate", 2) else ""
    result = " ".join(f"{axis}: {size}" for axis, size in zip("DHW"[-n:], after))
    return f"input ({given}{space}) is too small. Calculated output {result}"
