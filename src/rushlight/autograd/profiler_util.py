"""`torch.autograd.profiler_util`: see `rushlight.profiler.events`, where these things are made."""

from __future__ import annotations

from rushlight.profiler.events import EventList, FunctionEvent, FunctionEventAvg, Interval
from rushlight.profiler.events import Times as FormattedTimesMixin
from rushlight.profiler.table import format_memory as _format_memory
from rushlight.profiler.table import format_share as _format_time_share
from rushlight.profiler.table import format_time as _format_time

__all__ = ["EventList", "FormattedTimesMixin", "FunctionEvent", "FunctionEventAvg", "Interval"]
__all__ += ["_format_memory", "_format_time", "_format_time_share"]
