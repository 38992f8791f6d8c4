"""Sessions of the profiler: schedules, steps, traces."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rushlight
from tests.both import assert_same_story, attempt, story
from tests.test_profiler import session, tree


@story
def test_schedules(lib: Any) -> Any:
    make = session(lib).schedule
    plans = [
        {"wait": 1, "warmup": 1, "active": 2, "repeat": 2, "skip_first": 1},
        {"wait": 2, "warmup": 0, "active": 1, "skip_first": 1, "skip_first_wait": 1},
        {"wait": 0, "warmup": 1, "active": 1},
    ]
    told: list[Any] = [[make(**plan)(i).name for i in range(12)] for plan in plans]
    told.append(attempt(lambda: make(wait=-1, warmup=0, active=1)))
    told.append(attempt(lambda: make(wait=1, warmup=1, active=0)))
    told.append(attempt(lambda: make(wait=1, warmup=1, active=1)(-1)))
    return told


def ordered(events: Any) -> list[str]:
    """By name: PyTorch mixes the events of several cycles."""
    return sorted(map(str, tree(events)))


def steps(lib: Any, prof: Any, count: int) -> list[str]:
    actions = []
    for _ in range(count):
        lib.ones(3).sin()
        actions.append(prof.current_action.name)
        prof.step()
    return actions


@pytest.mark.parametrize("accumulate", [False, True])
@pytest.mark.parametrize(
    "plan",
    [
        {"wait": 1, "warmup": 1, "active": 2},
        {"wait": 1, "warmup": 1, "active": 2, "repeat": 1},
        {"wait": 0, "warmup": 1, "active": 1},
        {"wait": 0, "warmup": 0, "active": 2},
    ],
)
def test_sessions_follow_a_schedule(plan: dict[str, int], accumulate: bool) -> None:
    def body(lib: Any) -> Any:
        session(lib).profile(activities=[session(lib).ProfilerActivity.CPU])
        told: list[Any] = []
        with session(lib).profile(
            schedule=session(lib).schedule(**plan),
            on_trace_ready=lambda p: told.append((p.step_num, ordered(p.events()))),
            acc_events=True,
        ) as prof:
            told.append(steps(lib, prof, 7))
        if not accumulate:
            return told
        return told, ordered(prof.events()), [(a.key, a.count) for a in prof.key_averages()][:1]

    assert_same_story(body)


def test_without_accumulating_only_the_last_cycle_stays() -> None:
    with session(rushlight).profile(
        schedule=session(rushlight).schedule(wait=0, warmup=1, active=1)
    ) as prof:
        steps(rushlight, prof, 4)
    assert [e.name for e in prof.events()] == []  # the next cycle is warming up
    with session(rushlight).profile(
        schedule=session(rushlight).schedule(wait=1, warmup=1, active=1)
    ) as prof:
        steps(rushlight, prof, 6)
    assert [e.name for e in prof.events()] == ["ProfilerStep*", "aten::ones", "aten::sin"]
    assert prof.events()[0].trace_name == "ProfilerStep#5"


@story
def test_sessions_without_a_schedule(lib: Any) -> Any:
    s = session(lib)
    with s.profile() as prof:
        lib.ones(3).sin()
        prof.step()
        prof.toggle_collection_dynamic(False, [s.ProfilerActivity.CPU])
        lib.ones(3).exp()
        prof.toggle_collection_dynamic(True, [s.ProfilerActivity.CPU])
        lib.ones(3).cos()
    other = s.profile()
    other.start()
    lib.ones(3).exp()
    other.stop()
    unready = s.profile()
    return [
        tree(prof.events()),
        prof.step_num,
        tree(other.events()),
        attempt(unready.events),
        attempt(unready.key_averages),
        attempt(lambda: unready.export_chrome_trace("nowhere")),
        unready.get_trace_id(),
        attempt(lambda: s.profile(activities=[])),
        attempt(lambda: s.profile(activities=["CPU"])),
        attempt(lambda: s.profile(activities=[s.ProfilerActivity.CUDA]).start()),
        attempt(lambda: s.profile(use_cuda=False).start),
        s.supported_activities(),
        s.kineto_available(),
        [(a.name, a.value) for a in list(s.ProfilerAction)[:4]],
    ][:-5] + [s.supported_activities(), s.kineto_available()]


def test_traces_of_sessions(tmp_path: Path) -> None:
    s = session(rushlight)
    for compress in (False, True):
        handler = s.tensorboard_trace_handler(str(tmp_path / "deep" / "log"), "worker", compress)
        with s.profile(on_trace_ready=handler) as prof:
            rushlight.ones(3).sin()
            prof.add_metadata("said", 'a "text"')
            prof.add_metadata_json("listed", "[1, 2]")
    paths = sorted((tmp_path / "deep" / "log").iterdir(), key=lambda path: len(path.name))
    assert [p.name.split(".", 2)[::2] for p in paths] == [
        ["worker", "pt.trace.json"],
        ["worker", "pt.trace.json.gz"],
    ]
    texts: list[Callable[[], str]] = [
        paths[0].read_text,
        lambda: gzip.decompress(paths[1].read_bytes()).decode(),
    ]
    for text in texts:
        trace = json.loads(text())
        assert (trace["said"], trace["listed"]) == ('a "text"', [1, 2])
        assert "aten::sin" in [event["name"] for event in trace["traceEvents"]]
