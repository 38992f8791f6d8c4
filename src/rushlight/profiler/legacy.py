"""`torch.autograd.profiler`: one profile of one block."""

from __future__ import annotations

import uuid
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from rushlight.profiler.events import EventList, FunctionEventAvg, events_of
from rushlight.profiler.recorder import Recorder, start, stop
from rushlight.profiler.trace import write_trace

__all__ = ["emit_itt", "emit_nvtx", "load_nvprof", "profile"]


class profile:
    """Context manager: note the operators, nodes and named ranges of this thread, and their times.

    `record_shapes` notes the sizes of arguments, `profile_memory` the bytes that Python and NumPy
    allocate less those they free (which slows all down), `with_stack` the lines of the program,
    `with_flops` how many operations products and convolutions take. With `enabled` False nothing
    is done. What asks for a GPU warns and is ignored.

    Raises RuntimeError for a second entry, and where this thread is profiled already.

    >>> import rushlight as torch
    >>> with torch.autograd.profiler.profile() as prof:
    ...     y = torch.ones(3).exp()
    >>> [event.name for event in prof.function_events]
    ['aten::ones', 'aten::exp']
    """

    def __init__(
        self,
        enabled: bool = True,
        *,
        use_cuda: bool = False,
        use_device: str | None = None,
        record_shapes: bool = False,
        with_flops: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_modules: bool = False,
        use_kineto: bool = False,
        use_cpu: bool = True,
        experimental_config: Any = None,
        acc_events: bool = False,
        custom_trace_id_callback: Callable[[], str] | None = None,
    ) -> None:
        self.enabled = enabled
        if not enabled:
            return
        if use_cuda:
            warnings.warn(
                "The attribute `use_cuda` will be deprecated soon, please use "
                "``use_device = 'cuda'`` instead.",
                FutureWarning,
                stacklevel=2,
            )
            use_device = "cuda"
        if use_device is not None:
            name = use_device.upper()
            warnings.warn(
                f"{name} is not available, disabling {name} profiling", UserWarning, stacklevel=2
            )
        if not use_cpu:
            raise AssertionError("Device-only events supported only with Kineto (use_kineto=True)")
        if experimental_config is not None:
            raise NotImplementedError("rushlight.profiler has no experimental configurations")
        self.acc_events = acc_events
        self.trace_id = (custom_trace_id_callback or default_trace_id)()
        self.entered = False
        self.recorder = Recorder(
            shapes=record_shapes or with_flops,
            memory=profile_memory,
            stacks=with_stack,
            flops=with_flops,
        )
        self.finished: EventList | None = None

    def __enter__(self) -> profile | None:
        if not self.enabled:
            return None
        if self.entered:
            raise RuntimeError("Profiler context manager is not reentrant")
        start(self.recorder)
        self.entered = True
        return self

    def __exit__(self, *_: object) -> None:
        if self.enabled:
            stop()
            self.finished = events_of(self.recorder)

    def __repr__(self) -> str:
        if not self.enabled or not self.entered:
            return "<unfinished torch.autograd.profile>"
        return repr(self.function_events)

    def __str__(self) -> str:
        return self.table() if self.enabled and self.entered else repr(self)

    @property
    def function_events(self) -> EventList:
        """All events in the order in which they began; none until the block is left."""
        finished = self.finished if self.enabled else None
        return EventList() if finished is None else finished

    def table(self, *args: Any, **kwargs: Any) -> str:
        """Return a table of the events: see `EventList.table`."""
        return self.function_events.table(*args, **kwargs)

    def key_averages(
        self,
        group_by_input_shape: bool = False,
        group_by_stack_n: int = 0,
        group_by_overload_name: bool = False,
    ) -> EventList:
        """Sum up the events of one name: see `EventList.key_averages`."""
        return self.function_events.key_averages(
            group_by_input_shape, group_by_stack_n, group_by_overload_name
        )

    def total_average(self) -> FunctionEventAvg:
        """Sum up all events."""
        return self.function_events.total_average()

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds that all events took, none counted twice."""
        return self.function_events.self_cpu_time_total

    def export_chrome_trace(self, path: str, metadata: Mapping[str, Any] | None = None) -> None:
        """Write a trace that Perfetto and ``chrome://tracing`` open; compressed if ``*.gz``."""
        if self.finished is None:
            raise RuntimeError("Profiler didn't finish running")
        write_trace(path, self.finished, {"trace_id": self.trace_id, **(metadata or {})})

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Write the stacks of events for a flame graph; AssertionError without `with_stack`."""
        if not self.recorder.stacks:
            raise AssertionError("export_stacks() requires with_stack=True")
        self.function_events.export_stacks(path, metric)


def default_trace_id() -> str:
    """Make a name for a trace."""
    return uuid.uuid4().hex.upper()


def _refuse(name: str, needs: str) -> RuntimeError:
    return RuntimeError(f"{name} needs {needs}, which rushlight does not have: see profile()")


class emit_nvtx:
    """Refuse to annotate ranges for NVIDIA's tools: RuntimeError. `enabled` False does nothing."""

    def __init__(self, enabled: bool = True, record_shapes: bool = False) -> None:
        self.enabled = enabled

    def __enter__(self) -> emit_nvtx | None:
        if self.enabled:
            raise _refuse("emit_nvtx", "CUDA")
        return None

    def __exit__(self, *_: object) -> None:
        pass


class emit_itt(emit_nvtx):
    """Refuse to annotate ranges for Intel's tools: RuntimeError. `enabled` False does nothing."""

    def __enter__(self) -> emit_nvtx | None:
        if self.enabled:
            raise _refuse("emit_itt", "Intel's ITT library")
        return None


def load_nvprof(path: str) -> EventList:
    """Refuse to read what nvprof wrote: RuntimeError."""
    raise _refuse("load_nvprof", "CUDA")
