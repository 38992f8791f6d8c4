"""A profile as files: the Trace Event Format of Chrome, which Perfetto opens, and stacks.

The format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
"""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import IO, Any

__all__ = ["write_stacks", "write_trace"]


def write_trace(path: str, events: Iterable[Any], metadata: Mapping[str, Any]) -> None:
    """Write one complete event ("X") for each event, and the names of process and threads.

    An arrow ("s" to "f") leads from a forward operator to the node that runs its derivative.
    """
    events = list(events)
    pid = os.getpid()
    written: list[dict[str, Any]] = [
        _named("process_name", pid, 0, name=os.path.basename(sys.executable) or "python"),
        _named("process_labels", pid, 0, labels="CPU"),
        _named("process_sort_index", pid, 0, sort_index=pid),
    ]
    for tid in dict.fromkeys(event.tid for event in events):
        written.append(_named("thread_name", pid, tid, name=f"thread {tid} (python)"))
        written.append(_named("thread_sort_index", pid, tid, sort_index=tid))
    for event in events:
        written.append(_complete(event, pid))
    written += _arrows(events, pid)
    trace = {
        "schemaVersion": 1,
        "deviceProperties": [],
        "displayTimeUnit": "ms",
        **metadata,
        "traceEvents": written,
        "traceName": str(path),
    }
    with _open(path) as file:
        json.dump(trace, file)


def _open(path: str) -> IO[str]:
    if str(path).endswith(".gz"):
        return gzip.open(path, "wt", encoding="utf-8")
    return open(path, "w", encoding="utf-8")


def _named(name: str, pid: int, tid: int, /, **args: Any) -> dict[str, Any]:
    return {"ph": "M", "name": name, "ts": 0, "pid": pid, "tid": tid, "args": args}


def _complete(event: Any, pid: int) -> dict[str, Any]:
    args: dict[str, Any] = {"External id": event.id, "Record function id": 0}
    if event.sequence_nr >= 0:
        args["Sequence number"] = event.sequence_nr
        args["Fwd thread id"] = event.fwd_thread
    if event.input_shapes:
        args["Input Dims"] = event.input_shapes
        args["Input Strides"] = event.structured_input_strides
        args["Input type"] = event.input_dtypes
    if event.stack:
        args["Call stack"] = ";\n".join(event.stack)
    if event.cpu_memory_usage:
        args["Bytes"] = event.cpu_memory_usage
    args["Ev Idx"] = event.id - 1
    return {
        "ph": "X",
        "cat": "user_annotation" if event.is_user_annotation else "cpu_op",
        "name": event.trace_name,
        "pid": pid,
        "tid": event.tid,
        "ts": event.time_range.start,
        "dur": event.time_range.elapsed_us(),
        "args": args,
    }


def _arrows(events: list[Any], pid: int) -> list[dict[str, Any]]:
    """From each operator that recorded a node to the run of that node."""
    makers: dict[int, Any] = {}
    arrows = []
    for event in events:
        number = event.sequence_nr
        if number < 0:
            continue
        if not event.name.startswith("autograd::engine::") and event.scope == 0:
            makers.setdefault(number, event)
        elif event.scope == 1 and number in makers:
            for phase, end in (("s", makers[number]), ("f", event)):
                arrow = {
                    "ph": phase,
                    "cat": "fwdbwd",
                    "name": "fwdbwd",
                    "id": number,
                    "pid": pid,
                    "tid": end.tid,
                    "ts": end.time_range.start,
                }
                arrows.append({**arrow, "bp": "e"} if phase == "f" else arrow)
    return arrows


def write_stacks(path: str, events: Iterable[Any], cpu: bool) -> None:
    """Write ``outermost;...;innermost microseconds`` for each event that has a stack."""
    replaced = str.maketrans(" ;\t\n", "____")
    with open(path, "w", encoding="utf-8") as file:
        for event in events:
            spent = int(event.self_cpu_time_total if cpu else event.self_device_time_total)
            if event.stack and spent > 0:
                stack = ";".join(line.translate(replaced) for line in reversed(event.stack))
                file.write(f"{stack} {spent}\n")
