"""What a profile consists of: events, their averages, and lists of either."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rushlight.profiler.recorder import USER, Recorder
from rushlight.profiler.table import format_time, table

if TYPE_CHECKING:
    _List = list[Any]
else:
    _List = list

__all__ = ["DeviceType", "EventList", "FunctionEvent", "FunctionEventAvg", "Interval", "events_of"]


class DeviceType(enum.Enum):
    """Where an event ran. Here that is always the CPU."""

    CPU = 0


class Interval:
    """Start and end, in microseconds since the profile began."""

    def __init__(self, start: float, end: float) -> None:
        self.start = start
        self.end = end

    def elapsed_us(self) -> float:
        """Return the length."""
        return self.end - self.start


class Times:
    """What events and averages have in common: times as text, and zeros for devices."""

    cpu_time: float
    cpu_time_total: float
    self_cpu_time_total: float
    use_device: str | None = None
    device_type = DeviceType.CPU
    device_time: float = 0.0
    device_time_total: float = 0.0
    self_device_time_total: float = 0.0
    device_memory_usage = 0
    self_device_memory_usage = 0
    is_legacy = False
    is_async = False
    is_remote = False
    overload_name: str | None = None

    @property
    def cpu_time_str(self) -> str:
        """The mean time of a call, with its unit."""
        return format_time(self.cpu_time)

    @property
    def cpu_time_total_str(self) -> str:
        """The whole time, with its unit."""
        return format_time(self.cpu_time_total)

    @property
    def self_cpu_time_total_str(self) -> str:
        """The time that was not spent in children, with its unit."""
        return format_time(self.self_cpu_time_total)

    @property
    def device_time_str(self) -> str:
        """The mean time on a device, with its unit."""
        return format_time(self.device_time)

    device_time_total_str = self_device_time_total_str = device_time_str


class FunctionEvent(Times):
    """One operator, node or named range that ran.

    ``name``, ``time_range``, ``thread``, ``cpu_parent`` and ``cpu_children``, ``input_shapes``
    (with `record_shapes`), ``stack`` (with `with_stack`), ``sequence_nr`` (of the node that a
    forward recorded or a backward ran), ``scope`` (0 functions, 1 backward functions, 7 ranges).
    """

    node_id = -1
    device_index = 0
    count = 1

    def __init__(
        self,
        id: int,
        name: str,
        thread: int,
        start_us: float,
        end_us: float,
        overload_name: str | None = None,
        fwd_thread: int | None = None,
        input_shapes: list[list[int]] | None = None,
        stack: list[str] | None = None,
        scope: int = 0,
        *,
        input_strides: list[list[int]] | None = None,
        input_dtypes: list[str] | None = None,
        cpu_memory_usage: int = 0,
        sequence_nr: int = -1,
        flops: int = 0,
        tid: int = 0,
    ) -> None:
        self.id = id
        self.name = self.trace_name = name
        self.overload_name = overload_name
        self.thread = thread
        self.fwd_thread = fwd_thread or 0
        self.time_range = Interval(start_us, end_us)
        self.input_shapes = input_shapes
        self.structured_input_strides = input_strides or []
        self.input_dtypes = input_dtypes or []
        self.stack = stack or []
        self.scope = scope
        self.is_user_annotation = scope == USER
        self.cpu_memory_usage = cpu_memory_usage
        self.sequence_nr = sequence_nr
        self.flops = flops
        self.device_resource_id = self.tid = tid
        self.kernels: list[Any] = []
        self.concrete_inputs: list[Any] = []
        self.kwinputs: dict[str, Any] = {}
        self.cpu_children: list[FunctionEvent] = []
        self.cpu_parent: FunctionEvent | None = None

    @property
    def key(self) -> str:
        """What averages go by: the name."""
        return self.name

    @property
    def cpu_time_total(self) -> float:  # type: ignore[override]
        """Microseconds from begin to end."""
        return self.time_range.elapsed_us()

    cpu_time = cpu_time_total

    @property
    def self_cpu_time_total(self) -> float:  # type: ignore[override]
        """Microseconds that were not spent in children."""
        return self.cpu_time_total - sum(child.cpu_time_total for child in self.cpu_children)

    @property
    def self_cpu_memory_usage(self) -> int:
        """Bytes allocated less bytes freed, but for what children did."""
        return self.cpu_memory_usage - sum(child.cpu_memory_usage for child in self.cpu_children)

    def append_cpu_child(self, child: FunctionEvent) -> None:
        """Put an event inside of this one."""
        self.cpu_children.append(child)

    def set_cpu_parent(self, parent: FunctionEvent) -> None:
        """Say inside of which event this one ran."""
        self.cpu_parent = parent

    def __repr__(self) -> str:
        children = [child.id for child in self.cpu_children]
        return (
            f"<FunctionEvent id={self.id} name={self.name} overload_name={self.overload_name} "
            f"device_type={self.device_type} node_id={self.node_id} cpu_time={self.cpu_time_str} "
            f"start_us={self.time_range.start} end_us={self.time_range.end} "
            f"cpu_children={children} {self.use_device}_time={self.device_time_str} "
            f"name={self.name} thread={self.thread} input_shapes={self.input_shapes} "
            f"cpu_memory_usage={self.cpu_memory_usage} "
            f"{self.use_device}_memory_usage={self.device_memory_usage} is_async={self.is_async} "
            f"is_remote={self.is_remote} seq_nr={self.sequence_nr} is_legacy={self.is_legacy}>"
        )


class FunctionEventAvg(Times):
    """The sums over events of one name: ``count`` of them, and ``cpu_time`` their mean."""

    def __init__(self) -> None:
        self.key: str | None = None
        self.count = 0
        self.node_id = 0
        self.cpu_time_total = 0
        self.self_cpu_time_total = 0
        self.input_shapes: Any = None
        self.stack: Any = None
        self.scope: int | None = None
        self.cpu_memory_usage = 0
        self.self_cpu_memory_usage = 0
        self.cpu_children: list[FunctionEvent] | None = None
        self.cpu_parent: FunctionEvent | None = None
        self.is_user_annotation: bool | None = None
        self.flops = 0

    @property
    def cpu_time(self) -> float:  # type: ignore[override]
        """The mean time, in microseconds."""
        return self.cpu_time_total / self.count if self.count else 0

    def add(self, other: Any) -> FunctionEventAvg:
        """Add an event or another sum; the first says what the rest is called."""
        if self.key is None:
            for name in (
                *("key", "node_id", "input_shapes", "stack", "scope", "cpu_children"),
                *("cpu_parent", "overload_name", "is_user_annotation"),
            ):
                setattr(self, name, getattr(other, name))
        for name in (
            *("cpu_time_total", "self_cpu_time_total", "cpu_memory_usage"),
            *("self_cpu_memory_usage", "count", "flops"),
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    __iadd__ = add

    def __repr__(self) -> str:
        device = self.use_device or "cuda"
        return (
            f"<FunctionEventAvg key={self.key} self_cpu_time={self.self_cpu_time_total_str} "
            f"cpu_time={self.cpu_time_str}  self_{device}_time={self.self_device_time_total_str} "
            f"{device}_time={self.device_time_str} input_shapes={self.input_shapes} "
            f"cpu_memory_usage={self.cpu_memory_usage} "
            f"{device}_memory_usage={self.device_memory_usage}>"
        )


class EventList(_List):
    """A list of events, or of averages, that prints as a table."""

    def __init__(
        self,
        events: Iterable[Any] = (),
        *,
        use_device: str | None = None,
        profile_memory: bool = False,
        with_flops: bool = False,
    ) -> None:
        super().__init__(events)
        self._profile_memory = profile_memory
        self._with_flops = with_flops

    def __str__(self) -> str:
        return self.table()

    def _build_tree(self) -> None:
        """Find out which events ran inside of which."""
        self._populate_cpu_children()

    def _populate_cpu_children(self) -> None:
        """Find out from their times which events ran inside of which of the same thread."""
        running: dict[int, list[FunctionEvent]] = {}
        for event in sorted(self, key=lambda e: (e.time_range.start, -e.time_range.end)):
            around = running.setdefault(event.thread, [])
            end = event.time_range.end
            while around and (
                around[-1].time_range.end <= event.time_range.start
                or around[-1].time_range.end < end
            ):
                around.pop()
            if around:
                around[-1].append_cpu_child(event)
                event.set_cpu_parent(around[-1])
            around.append(event)

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds that all events took, none counted twice."""
        total: float = sum(event.self_cpu_time_total for event in self)
        return total

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_src_column_width: int | None = 75,
        max_name_column_width: int | None = 55,
        max_shapes_column_width: int | None = 80,
        header: str | None = None,
        top_level_events_only: bool = False,
        time_unit: str | None = None,
    ) -> str:
        """Return PyTorch's table of the events.

        `sort_by` is an attribute of events, the largest first: ``cpu_time``, ``cpu_time_total``,
        ``self_cpu_time_total``, ``cpu_memory_usage``, ``self_cpu_memory_usage``, ``count``;
        AttributeError for another. `row_limit` -1 prints all rows; `time_unit` is ``"s"``,
        ``"ms"`` or ``"us"``, by default what suits each time.
        """
        return table(
            self,
            sort_by=sort_by,
            row_limit=row_limit,
            source_width=max_src_column_width,
            name_width=max_name_column_width,
            shapes_width=max_shapes_column_width,
            header=header,
            top_level_only=top_level_events_only,
            time_unit=time_unit,
            memory=self._profile_memory,
            flops=self._with_flops,
        )

    def key_averages(
        self,
        group_by_input_shapes: bool = False,
        group_by_stack_n: int = 0,
        group_by_overload_name: bool = False,
    ) -> EventList:
        """Sum up events of one name, if asked apart by shapes and by the stack's first lines."""
        sums: dict[tuple[Any, ...], FunctionEventAvg] = {}
        for event in self:
            key = (
                event.key,
                event.is_user_annotation,
                str(event.input_shapes) if group_by_input_shapes else "",
                *event.stack[:group_by_stack_n],
            )
            sums.setdefault(key, FunctionEventAvg()).add(event)
        for total in sums.values():
            total.stack = total.stack[:group_by_stack_n]
            if not group_by_input_shapes:
                total.input_shapes = ""
        return EventList(
            sums.values(), profile_memory=self._profile_memory, with_flops=self._with_flops
        )

    def total_average(self) -> FunctionEventAvg:
        """Sum up all events, as one called ``Total``."""
        total = FunctionEventAvg()
        for event in self:
            total.add(event)
        total.key = "Total"
        return total

    def export_chrome_trace(self, path: str) -> None:
        """Write a trace that Perfetto and ``chrome://tracing`` open."""
        from rushlight.profiler.trace import write_trace

        write_trace(path, self, {})

    def supported_export_stacks_metrics(self) -> list[str]:
        """Return what `export_stacks` can weigh stacks by."""
        return [
            "self_cpu_time_total",
            "self_cuda_time_total",
            "self_xpu_time_total",
            "self_privateuse1_time_total",
        ]

    def export_stacks(self, path: str, metric: str) -> None:
        """Write a line for each event's stack, as flame graph tools read them."""
        if metric not in self.supported_export_stacks_metrics():
            raise ValueError(f"metric should be one of: {self.supported_export_stacks_metrics()}")
        from rushlight.profiler.trace import write_stacks

        write_stacks(path, self, "cpu" in metric)


def events_of(recorder: Recorder) -> EventList:
    """Make events of what was recorded."""
    threads: dict[int, int] = {}
    made: dict[Any, FunctionEvent] = {}
    began = recorder.began
    for number, mark in enumerate(recorder.marks, 1):
        described = mark.args or []
        event = made[mark] = FunctionEvent(
            number,
            mark.name,
            threads.setdefault(mark.thread, len(threads) + 1),
            (mark.start - began) / 1000,
            (mark.end - began) / 1000,
            "",
            input_shapes=[sizes for sizes, _, _ in described],
            input_strides=[strides for _, strides, _ in described],
            input_dtypes=[kind for _, _, kind in described],
            stack=mark.stack,
            scope=mark.scope,
            cpu_memory_usage=mark.memory,
            sequence_nr=mark.sequence,
            flops=mark.flops,
            tid=mark.thread,
        )
        if mark.parent is not None:
            parent = made[mark.parent]
            parent.append_cpu_child(event)
            event.set_cpu_parent(parent)
    return EventList(made.values(), profile_memory=recorder.memory, with_flops=recorder.flops)
