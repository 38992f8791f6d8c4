"""The grad modes under the name that PyTorch gives their module."""

from __future__ import annotations

from typing import Any

from rushlight.autograd.modes import enable_grad, inference_mode, no_grad, set_grad_enabled
from rushlight.autograd.multithreading import set_multithreading_enabled
from rushlight.autograd.policies import (
    _force_original_view_tracking as _force_original_view_tracking,
)
from rushlight.autograd.policies import (
    _unsafe_preserve_version_counter as _unsafe_preserve_version_counter,
)
from rushlight.autograd.policies import enforce_grad_layout_policy

__all__ = [
    "enable_grad",
    "enforce_grad_layout_policy",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
    "set_multithreading_enabled",
]


def _enter_inference_mode(mode: bool) -> Any:
    """Enter inference mode, or leave it for a while; for `_exit_inference_mode`."""
    manager = inference_mode(mode)
    manager.__enter__()
    return manager


def _exit_inference_mode(mode: Any) -> None:
    mode.__exit__(None, None, None)
