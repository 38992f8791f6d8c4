"""The grad modes under the name that PyTorch gives their module."""

from __future__ import annotations

from rushlight.autograd.modes import enable_grad, inference_mode, no_grad, set_grad_enabled
from rushlight.autograd.multithreading import set_multithreading_enabled

__all__ = [
    "enable_grad",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
    "set_multithreading_enabled",
]
