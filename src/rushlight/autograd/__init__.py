"""Automatic differentiation: `backward`, `grad`, grad modes, hooks, `Function`, checks."""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from rushlight.autograd.backward import backward, grad
from rushlight.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck
from rushlight.autograd.modes import (
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
)

if _TYPE_CHECKING:
    from rushlight.autograd import (
        anomaly_mode,
        forward_ad,
        function,
        functional,
        grad_mode,
        graph,
        profiler,
        profiler_util,
        variable,
    )
    from rushlight.autograd.anomaly_mode import detect_anomaly, set_detect_anomaly
    from rushlight.autograd.function import Function, NestedIOFunction
    from rushlight.autograd.multithreading import (
        is_multithreading_enabled,
        set_multithreading_enabled,
    )
    from rushlight.autograd.policies import (
        _force_original_view_tracking,
        _unsafe_preserve_version_counter,
        enforce_grad_layout_policy,
        is_view_replay_enabled,
    )
    from rushlight.autograd.saved_tensor import SavedTensor
    from rushlight.autograd.variable import Variable

__all__ = [
    "Function",
    "GradcheckError",
    "NestedIOFunction",
    "SavedTensor",
    "Variable",
    "anomaly_mode",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "enforce_grad_layout_policy",
    "forward_ad",
    "function",
    "functional",
    "grad",
    "grad_mode",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "is_multithreading_enabled",
    "is_view_replay_enabled",
    "no_grad",
    "profiler",
    "profiler_util",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
    "variable",
]

# Modules that open when they are first used, and the names that come from them.
_MODULES = (
    "anomaly_mode",
    "forward_ad",
    "function",
    "functional",
    "grad_mode",
    "graph",
    "profiler",
    "profiler_util",
    "variable",
)
_NAMES = {
    "Function": "function",
    "NestedIOFunction": "function",
    "DeviceType": "profiler",
    "ProfilerActivity": "profiler",
    "kineto_available": "profiler",
    "SavedTensor": "saved_tensor",
    "Variable": "variable",
    "_engine_run_backward": "variable",
    "_force_original_view_tracking": "policies",
    "_get_sequence_nr": "state",
    "_profiler_enabled": "profiler",
    "_unsafe_preserve_version_counter": "policies",
    "detect_anomaly": "anomaly_mode",
    "enforce_grad_layout_policy": "policies",
    "is_multithreading_enabled": "multithreading",
    "is_view_replay_enabled": "policies",
    "set_detect_anomaly": "anomaly_mode",
    "set_multithreading_enabled": "multithreading",
}


def __getattr__(name: str) -> _Any:
    if name in _MODULES:
        return _import_module(f"rushlight.autograd.{name}")
    if name in _NAMES:
        value = globals()[name] = getattr(
            _import_module(f"rushlight.autograd.{_NAMES[name]}"), name
        )
        return value
    raise AttributeError(f"module 'rushlight.autograd' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *_NAMES})
