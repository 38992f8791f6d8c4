"""The names of PyTorch's ``torch._C`` that describe autograd's state, for code that looks there.

Nothing lives here: each name is kept by the module whose state it shows, and found when it is
first asked for. Names that only PyTorch's C++ core could honour are absent, so that looking for
them is an AttributeError and no silent nonsense.

>>> import rushlight as torch
>>> torch._C.is_grad_enabled()
True
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import Any as _Any

from rushlight import _ELSEWHERE as _PUBLIC

_ROOMS = ("_autograd", "_functions", "_functorch")

# name: the module of rushlight that has it, under the same name or the one after the colon
_ELSEWHERE = {
    "Generator": "random",
    "Size": "size",
    "TensorBase": "tensor:Tensor",
    "_TensorBase": "tensor:Tensor",
    "_FunctionBase": "autograd.context:FunctionCtx",
    "_LinAlgError": "api.linalg_checks",
    "_EnableTorchFunction": "api.torch_function:EnableTorchFunction",
    "_is_alias_of": "api.memory:is_alias_of",
    "DisableTorchFunction": "api.torch_function",
    "DisableTorchFunctionSubclass": "api.torch_function",
    "_disabled_torch_function_impl": "api.torch_function:disabled",
    "_are_functorch_transforms_active": "_C._functorch:are_transforms_active",
    "_any_requires_grad": "autograd.state:any_requires_grad",
    "_current_autograd_node": "autograd.state:current_node",
    "_current_graph_task_execution_order": "autograd.state:execution_order",
    "_current_graph_task_id": "autograd.state:current_graph_task_id",
    "_ImperativeEngine": "autograd.variable:_EngineBase",
    "_is_fwd_grad_enabled": "autograd.forward_ad",
    "_is_grad_layout_enforcement_enabled": "autograd.policies:is_grad_layout_enforced",
    "_is_multithreading_enabled": "autograd.multithreading:is_multithreading_enabled",
    "_is_view_replay_enabled": "autograd.policies:is_view_replay_enabled",
    "_set_fwd_grad_enabled": "autograd.forward_ad",
    "_set_grad_enabled": "autograd.modes:switch_grad",
    "_set_grad_layout_enforcement_enabled": "autograd.policies:switch_grad_layout",
    "_set_multithreading_enabled": "autograd.multithreading:switch",
    "_set_view_replay_enabled": "autograd.policies:switch_view_replay",
    "_will_engine_execute_node": "autograd.state:will_execute",
    **{name: room for name, room in _PUBLIC.items() if room == "amp.state"},
    "_get_deterministic_algorithms": "api.settings:are_deterministic_algorithms_enabled",
    "_get_graph_exec_group": "utils.checkpoint.region:current_group",
    "_get_warnAlways": "api.once:is_warn_always_enabled",
    "_set_warnAlways": "api.once:set_warn_always",
    "_len_torch_dispatch_stack": "utils._python_dispatch",
    "default_generator": "random",
    "device": "device",
    "dtype": "dtypes",
    "layout": "layout",
    "memory_format": "layout",
    "_has_torch_function": "overrides:has_torch_function",
    "_has_torch_function_unary": "overrides:has_torch_function_unary",
    "_has_torch_function_variadic": "overrides:has_torch_function_variadic",
    "_is_autocast_available": "amp.autocast_mode:is_autocast_available",
    "_is_torch_function_enabled": "api.torch_function:is_enabled",
    "_len_torch_function_stack": "api.torch_function:count_modes",
    "is_anomaly_check_nan_enabled": "autograd.anomaly_mode",
    "is_anomaly_enabled": "autograd.anomaly_mode",
    "is_grad_enabled": "autograd.modes",
    "is_inference_mode_enabled": "autograd.modes",
    "set_anomaly_enabled": "autograd.anomaly_mode",
}


_has_cuda = _has_mps = _has_xpu = False


def _get_tracing_state() -> None:
    """Return what a tracer knows: None, since none runs."""


def _is_tracing() -> bool:
    """Return whether the program is being traced: no."""
    return False


def _log_api_usage_once(event: str) -> None:
    """Note that a part of the API is used, nowhere."""


def __getattr__(name: str) -> _Any:
    if name in _ROOMS:
        value: _Any = _import_module(f"rushlight._C.{name}")
    elif name in _ELSEWHERE:
        module, _, other = _ELSEWHERE[name].partition(":")
        value = getattr(_import_module(f"rushlight.{module}"), other or name)
    else:
        raise AttributeError(f"module 'rushlight._C' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS, *_ELSEWHERE})
