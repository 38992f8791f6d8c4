"""`torch.autograd.profiler_util`: see `rushlight.profiler.events`, where these things are made."""

from __future__ import annotations

from rushlight.profiler.events import EventList, FunctionEvent, FunctionEventAvg, Interval

__all__ = ["EventList", "FunctionEvent", "FunctionEventAvg", "Interval"]
