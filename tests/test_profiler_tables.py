"""Averages of events, and their tables."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

import rushlight
from tests.both import attempt, story
from tests.test_profiler import profiler, tree


@story
def test_averages(lib: Any) -> Any:
    x = lib.ones(3)
    with profiler(lib).profile() as prof:
        for _ in range(3):
            x.exp()
        x.sin()
    averages = prof.key_averages()
    total = prof.total_average()
    (exp,) = (a for a in averages if a.key == "aten::exp")
    return (
        [(a.key, a.count, a.scope, a.node_id, a.input_shapes) for a in averages],
        abs(exp.cpu_time * 3 - exp.cpu_time_total) < 1e-6,
        total.key,
        total.count,
        abs(total.self_cpu_time_total - prof.self_cpu_time_total) < 1e-6,
        prof.self_cpu_time_total > 0,
    )


@story
def test_events_made_by_hand(lib: Any) -> Any:
    p = profiler(lib)
    average = importlib.import_module(f"{lib.__name__}.autograd.profiler_util").FunctionEventAvg()
    average.add(p.FunctionEvent(id=0, name="foo", thread=0, start_us=10, end_us=15))
    average.add(p.FunctionEvent(id=1, name="foo", thread=0, start_us=20, end_us=30))
    average.add(average)
    events = p.EventList()
    spans = [(0, 1, "a"), (1, 2, "b"), (0, 10, "c"), (2, 5, "d"), (3, 5, "e"), (12, 13, "f")]
    for thread in (0, 1):
        for start, end, name in spans:
            events.append(p.FunctionEvent(len(events), name, thread, start, end))
    events._populate_cpu_children()
    return (
        (average.key, average.count, average.cpu_time_total, average.cpu_time),
        repr(average),
        [
            (e.name, e.cpu_parent and e.cpu_parent.id, sorted(c.id for c in e.cpu_children))
            for e in events
        ],
        [e.self_cpu_time_total for e in events],
        repr(events[2]),
        events.table(sort_by="cpu_time", row_limit=3, header="Some header"),
        events.table(top_level_events_only=True, time_unit="ms", max_name_column_width=None),
        attempt(lambda: events.table(sort_by="foo")),
    )


@story
def test_tables_have_the_same_columns(lib: Any) -> Any:
    x = lib.ones(3)
    long = profiler(lib).record_function("a range with a name that no column of a table holds")
    with profiler(lib).profile(record_shapes=True) as prof, long:
        x.exp().sin()
    averages = prof.key_averages()
    lines = averages.table(sort_by="count", row_limit=1).splitlines()
    shaped = prof.key_averages(group_by_input_shape=True).table().splitlines()
    width = [len(rule) for rule in lines[0].split()]
    return (
        width,
        lines[1].split("  "),
        len(lines),
        shaped[1].split(),
        [line.split("  ")[-2] for line in shaped[3:-2]],
        str(prof) == prof.table(),
        lines[-1].split(":")[0],
    )


@story
def test_nothing_recorded(lib: Any) -> Any:
    prof = profiler(lib).profile()
    told = [repr(prof), str(prof), prof.table(), prof.key_averages(), prof.total_average()]
    with prof:
        told.append(attempt(prof.__enter__))
        told.append(str(prof))
    told.append(attempt(prof.__enter__))
    with profiler(lib).profile(enabled=False) as off:
        lib.ones(1)
    told += [off, prof.table(), prof.self_cpu_time_total, lib.autograd._profiler_enabled()]
    with profiler(lib).profile():
        told.append(lib.autograd._profiler_enabled())
    with profiler(lib).profile(use_cuda=True) as prof:
        lib.ones(1).exp()
    return told, tree(prof.function_events)


@story
def test_an_error_inside_ends_the_profile(lib: Any) -> Any:
    prof = profiler(lib).profile()

    def fail() -> None:
        with prof, profiler(lib).record_function("a"):
            lib.ones(3).exp()
            lib.ones(3) + lib.ones(2)

    told = attempt(fail)
    return told, tree(prof.function_events), lib.autograd._profiler_enabled()


def test_two_at_once_in_a_thread_are_refused() -> None:
    with profiler(rushlight).profile() as prof:
        with (
            pytest.raises(RuntimeError, match="already enabled on this thread"),
            profiler(rushlight).profile(),
        ):
            pass
        rushlight.ones(1)
    assert [event.name for event in prof.function_events] == ["aten::ones"]


def test_anomaly_mode_and_profiles_go_together() -> None:
    x = rushlight.tensor([-1.0], requires_grad=True)
    with rushlight.autograd.set_detect_anomaly(True):
        with profiler(rushlight).profile() as prof:
            y = x.sqrt().sum()
            with pytest.raises(RuntimeError, match="nan"), pytest.warns(UserWarning, match="sqrt"):
                y.backward()
        with pytest.raises(RuntimeError, match="nan"), pytest.warns(UserWarning, match="sqrt"):
            x.sqrt().sum().backward()
    assert "SqrtBackward0" in [event.name for event in prof.function_events]
    x.sqrt().sum().backward()
