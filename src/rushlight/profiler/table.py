"""PyTorch's table of a profile."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

__all__ = ["format_memory", "format_share", "format_time", "table"]

WIDTH = 12  # of columns that have no reason for another
GAP = "  "


def format_time(microseconds: float, unit: str | None = None) -> str:
    """``1.234ms``: in the unit given, or in the largest that leaves something before the point."""
    if unit is None:
        unit = "s" if microseconds >= 1e6 else "ms" if microseconds >= 1e3 else "us"
    return f"{microseconds / {'s': 1e6, 'ms': 1e3, 'us': 1.0}[unit]:.3f}{unit}"


def format_share(part: float, whole: float) -> str:
    """``12.34%``."""
    return f"{part * 100.0 / whole:.2f}%" if whole else "NaN"


def format_memory(count: int) -> str:
    """``1.50 KB``."""
    for power, unit in ((3, "GB"), (2, "MB"), (1, "KB")):
        if abs(count) >= 1024**power:
            return f"{count / 1024**power:.2f} {unit}"
    return f"{count} B"


class _Column(NamedTuple):
    title: str
    width: int
    text: Callable[[Any], str]
    align: str = ">"


def table(
    events: Sequence[Any],
    *,
    sort_by: str | None,
    row_limit: int,
    source_width: int | None,
    name_width: int | None,
    shapes_width: int | None,
    header: str | None,
    top_level_only: bool,
    time_unit: str | None,
    memory: bool,
    flops: bool,
) -> str:
    """Lay out a row for each event; the arguments are those of `EventList.table`."""
    if not events:
        return ""
    if sort_by is not None:
        for device in ("cuda", "xpu", "privateuse1"):
            sort_by = sort_by.replace(device, "device")
        field = sort_by
        events = sorted(events, key=lambda event: getattr(event, field), reverse=True)
    whole = sum(event.self_cpu_time_total for event in events)
    columns = _columns(
        events, whole, source_width, name_width, shapes_width, time_unit, memory, flops
    )
    rule = "".join("-" * c.width + GAP for c in columns)
    length = len(rule) - len(GAP)
    lines = []
    if header is not None:
        lines += ["=" * length, header]
    if top_level_only:
        lines += ["=" * length, "This report only display top-level ops statistics"]
    lines += [rule, _row(columns, [c.title for c in columns]), rule]
    rows = [e for e in events if not (top_level_only and e.cpu_parent is not None)]
    has_source = any(c.title == "Source Location" for c in columns)
    for event in rows if row_limit < 0 else rows[:row_limit]:
        lines.append(_row(columns, [c.text(event) for c in columns]))
        if has_source:
            blank = [""] * (len(columns) - 1)
            for entry in [*event.stack[1:], ""]:
                lines.append(_row(columns, [*blank, _end(entry, columns[-1].width)]))
    lines += [rule, f"Self CPU time total: {format_time(whole, time_unit)}"]
    return "\n".join(lines) + "\n"


def _columns(
    events: Sequence[Any],
    whole: float,
    source_width: int | None,
    name_width: int | None,
    shapes_width: int | None,
    unit: str | None,
    memory: bool,
    flops: bool,
) -> list[_Column]:
    """The columns that these events have something for."""

    def at_most(width: int, limit: int | None) -> int:
        return width if limit is None else min(width, limit)

    def name(event: Any) -> str:
        key: str = event.key
        if name_width is not None and len(key) >= name_width - 3:
            return key[: name_width - 3] + "..."
        return key

    columns = [
        _Column("Name", at_most(max(len(e.key) for e in events) + 4, name_width), name),
        _Column("Self CPU %", WIDTH, lambda e: format_share(e.self_cpu_time_total, whole)),
        _Column("Self CPU", WIDTH, lambda e: format_time(e.self_cpu_time_total, unit)),
        _Column("CPU total %", WIDTH, lambda e: format_share(e.cpu_time_total, whole)),
        _Column("CPU total", WIDTH, lambda e: format_time(e.cpu_time_total, unit)),
        _Column("CPU time avg", WIDTH, lambda e: format_time(e.cpu_time, unit)),
    ]
    if memory:
        columns += [
            _Column("CPU Mem", WIDTH, lambda e: format_memory(e.cpu_memory_usage)),
            _Column("Self CPU Mem", WIDTH, lambda e: format_memory(e.self_cpu_memory_usage)),
        ]
    columns.append(_Column("# of Calls", WIDTH, lambda e: str(e.count)))
    if any(e.input_shapes for e in events):
        width = at_most(max(len(str(e.input_shapes)) for e in events) + 4, shapes_width)
        columns.append(_Column("Input Shapes", width, lambda e: str(e.input_shapes)[:width]))
    counted = [e.flops for e in events if e.flops > 0]
    if flops and counted:
        power = max(0, min(5, int(math.log10(min(counted)) / 3)))
        title = f"Total {['', 'K', 'M', 'G', 'T', 'P'][power]}FLOPs"
        columns.append(
            _Column(
                title, WIDTH, lambda e: f"{e.flops / 1000**power:8.3f}" if e.flops > 0 else "--"
            )
        )
    longest = max((len(line) for e in events for line in e.stack or ()), default=0)
    if longest:
        source = at_most(longest + 4, source_width)
        columns.append(
            _Column(
                "Source Location",
                source,
                lambda e: _end(e.stack[0], source) if e.stack else "",
                "<",
            )
        )
    return columns


def _row(columns: Sequence[_Column], texts: Sequence[str]) -> str:
    return "".join(f"{text:{c.align}{c.width}}{GAP}" for c, text in zip(columns, texts))


def _end(path: str, width: int) -> str:
    """The end of a line that is too long, which says more than its start."""
    if len(path) <= width:
        return path
    path = path[-width:] if width else ""
    return "..." + path[3:] if len(path) > 3 else path
