"""How a loss is reduced, in today's words and in those of old PyTorch programs."""

from __future__ import annotations


def legacy_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction that the arguments before `reduction` existed mean."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"
