"""How a loss is reduced, in today's words and in those of old PyTorch programs."""

from __future__ import annotations

import warnings

__all__ = ["ENUM", "check_reduction", "legacy_reduction", "reduction_enum"]

# What the functions outside of nn.functional call the reductions.
ENUM = {"none": 0, "mean": 1, "sum": 2}


def legacy_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction that the arguments before `reduction` existed mean, with PyTorch's warning."""
    if size_average is None and reduce is None:
        return reduction
    averages, reduces = size_average in (None, True), reduce in (None, True)
    meant = "mean" if averages and reduces else "sum" if reduces else "none"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{meant}' instead.",
        stacklevel=3,
    )
    return meant


def check_reduction(reduction: str) -> None:
    """Raise PyTorch's ValueError for what is no reduction."""
    if reduction not in ENUM:
        raise ValueError(f"{reduction} is not a valid value for reduction")


def reduction_enum(reduction: str) -> int:
    """The number of a reduction, or PyTorch's ValueError."""
    check_reduction(reduction)
    return ENUM[reduction]
