"""The node classes that PyTorch shows in ``torch._C._functions``, as far as they are made here."""

from __future__ import annotations

from rushlight.autograd.delayed import DelayedError, UndefinedGrad
from rushlight.autograd.leaf import AccumulateGrad

__all__ = ["AccumulateGrad", "DelayedError", "UndefinedGrad"]
