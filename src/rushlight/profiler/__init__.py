"""The profiler: which operators ran, how long they took, inside of what.

>>> import rushlight as torch
>>> from rushlight.profiler import profile, record_function
>>> x = torch.ones(4, 4, requires_grad=True)
>>> with profile() as prof:
...     with record_function("forward"):
...         y = (x @ x).sum()
...     y.backward()
>>> print(prof.key_averages().table(sort_by="count", row_limit=1).splitlines()[1].split()[:3])
['Name', 'Self', 'CPU']

While no profile is taken nothing of this is there: see docs/design/0007-watching.md.
"""

from __future__ import annotations

from rushlight.profiler.events import DeviceType
from rushlight.profiler.recorder import record_function
from rushlight.profiler.session import (
    ProfilerAction,
    ProfilerActivity,
    profile,
    schedule,
    supported_activities,
    tensorboard_trace_handler,
)

__all__ = [
    "DeviceType",
    "ProfilerAction",
    "ProfilerActivity",
    "kineto_available",
    "profile",
    "record_function",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]


def kineto_available() -> bool:
    """Return whether traces can be taken and written: True. (There is no Kineto behind it.)"""
    return True
