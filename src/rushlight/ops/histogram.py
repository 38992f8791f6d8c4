"""Histograms, which PyTorch records and has no derivative for."""

from __future__ import annotations

from rushlight.kernels import histogram as kernels
from rushlight.ops.declare import general, underivable
from rushlight.ops.operator import Operator

__all__ = ["histogram"]

histogram: Operator = general(
    "histogram",
    kernels.histogram,
    x=underivable("histogram"),
    outputs=("ys",),
    node="NotImplemented",
)
