"""`torch.autograd.profiler`: see `rushlight.profiler`, where these things are made."""

from __future__ import annotations

from rushlight.profiler import ProfilerActivity, kineto_available
from rushlight.profiler.events import DeviceType, EventList, FunctionEvent, FunctionEventAvg
from rushlight.profiler.legacy import emit_itt, emit_nvtx, load_nvprof, profile
from rushlight.profiler.recorder import is_recording as _profiler_enabled
from rushlight.profiler.recorder import record_function

__all__ = [
    "DeviceType",
    "EventList",
    "FunctionEvent",
    "FunctionEventAvg",
    "ProfilerActivity",
    "_profiler_enabled",
    "emit_itt",
    "emit_nvtx",
    "kineto_available",
    "load_nvprof",
    "profile",
    "record_function",
]
