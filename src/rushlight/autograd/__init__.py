"""Automatic differentiation: `backward`, `grad`, grad modes, hooks, `Function`."""

from __future__ import annotations

from rushlight.autograd import forward_ad
from rushlight.autograd.backward import backward, grad
from rushlight.autograd.function import Function
from rushlight.autograd.modes import enable_grad, inference_mode, no_grad, set_grad_enabled

__all__ = ["Function", "backward", "enable_grad", "grad", "inference_mode", "no_grad", "set_grad_enabled"]
