"""What Rushlight doesn't have of nn.functional: products for accelerators, in scaled formats."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["ScalingType", "SwizzleType", "grouped_mm", "scaled_grouped_mm", "scaled_mm"]


def ScalingType(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused: says how `scaled_mm` scales. NotImplementedError always."""
    raise NotImplementedError("Rushlight has no nn.functional.ScalingType: no 8-bit floats")


def SwizzleType(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused: says how `scaled_mm` lays scales out. NotImplementedError always."""
    raise NotImplementedError("Rushlight has no nn.functional.SwizzleType: no 8-bit floats")


def grouped_mm(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused: products of groups of rows, for kernels of accelerators.

    NotImplementedError always. A loop over `torch.mm`, or `torch.bmm`, does the same on a CPU.
    """
    raise NotImplementedError("Rushlight has no nn.functional.grouped_mm: use torch.bmm or mm")


def scaled_mm(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused: products of 8-bit and 4-bit floating-point formats, which there are none of.

    NotImplementedError always.
    """
    raise NotImplementedError("Rushlight has no nn.functional.scaled_mm: no 8-bit floats")


def scaled_grouped_mm(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused: `grouped_mm` of 8-bit and 4-bit floating-point formats, which there are none of.

    NotImplementedError always.
    """
    raise NotImplementedError("Rushlight has no nn.functional.scaled_grouped_mm: no 8-bit floats")
