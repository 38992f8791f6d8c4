"""The profiler, told to both libraries: which events there are, what is in what, tables, traces."""

from __future__ import annotations

import gc
import importlib
import json
import threading
from pathlib import Path
from typing import Any

import pytest

import rushlight
from rushlight.api.exchange import WATCHES, layers_of
from rushlight.autograd import engine
from rushlight.autograd.node import Node
from rushlight.profiler import recorder
from tests.both import story
from tests.libraries import LIBRARIES

# What PyTorch does inside of its operators, and Rushlight doesn't.
INSIDE = (
    "to _to_copy empty empty_strided empty_like copy_ fill_ as_strided resolve_conj mm expand t "
    "transpose threshold_backward ones_like clamp_min select _softmax random_ _local_scalar_dense"
)
SKIPPED = {f"aten::{name}" for name in INSIDE.split()} | {"detach", "aten::detach", "detach_"}
LOSS = "autograd::engine::evaluate_function: "


def profiler(lib: Any) -> Any:
    return importlib.import_module(f"{lib.__name__}.autograd.profiler")


def session(lib: Any) -> Any:
    return importlib.import_module(f"{lib.__name__}.profiler")


def outer(events: Any) -> list[Any]:
    """The events that both libraries have: not those inside of operators."""
    found = []
    for event in events:
        parent = event.cpu_parent
        inside = parent is not None and (parent.name.startswith("aten::") or parent.scope == 1)
        if not inside and event.name not in SKIPPED:
            found.append(event)
    return found


def tree(events: Any) -> list[Any]:
    """Each event's name and what it ran inside of."""
    return [(e.name, e.cpu_parent.name if e.cpu_parent else None) for e in outer(events)]


# -- events ------------------------------------------------------------------------------------


@story
def test_operators_and_ranges(lib: Any) -> Any:
    x = lib.ones(2, 3)
    with profiler(lib).profile() as prof:
        with profiler(lib).record_function("outer"):
            y = x * 2 + 4
            with profiler(lib).record_function("inner", "some args"):
                y = y - 1
        y.exp().sum(0)
        y.relu_()
        lib.nn.functional.linear(x, x)
        lib.cat([x, x])
        x @ x.mT
        lib.rand(2)
        float(y[0, 0] > 1)
    return tree(prof.function_events), [
        (e.name, e.scope, e.is_user_annotation, e.count, e.is_async)
        for e in outer(prof.function_events)
    ]


@story
def test_backward(lib: Any) -> Any:
    x = lib.ones(2, 3, requires_grad=True)
    with profiler(lib).profile(record_shapes=True) as prof:
        y = (x * 2).exp()
        z = y.sum()
        z.backward()
    events = prof.function_events
    numbers: dict[str, int] = {}
    for event in events:
        numbers.setdefault(event.name, event.sequence_nr)
    return (
        tree(events),
        [(e.name, e.scope, e.input_shapes) for e in outer(events) if e.scope == 1],
        [
            numbers[op] == numbers[node] == numbers[LOSS + node] >= 0
            for op, node in (
                ("aten::mul", "MulBackward0"),
                ("aten::exp", "ExpBackward0"),
                ("aten::sum", "SumBackward0"),
            )
        ],
        [n for name, n in numbers.items() if "AccumulateGrad" in name],
    )


@story
def test_second_derivatives_run_operators(lib: Any) -> Any:
    x = lib.ones(3, requires_grad=True)
    with profiler(lib).profile() as prof:
        (g,) = lib.autograd.grad(x.sin().sum(), x, create_graph=True)
        g.sum().backward()
    names = [event.name for event in prof.function_events]
    return [
        names.count(name) for name in ("aten::cos", "SinBackward0", "CosBackward0", "SumBackward0")
    ]


@story
def test_functions_optimizers_and_loaders_have_names(lib: Any) -> Any:
    class Twice(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    class Own(lib.optim.Optimizer):
        def __init__(self, params: Any) -> None:
            super().__init__(params, {})

        def step(self, closure: Any = None) -> None:
            pass

    x = lib.ones(3, requires_grad=True)
    loader = lib.utils.data.DataLoader([1.0, 2.0])
    with profiler(lib).profile() as prof:
        optimizers = lib.optim.SGD([x], lr=0.1), lib.optim.Adam([x], lr=0.1), Own([x])
        Twice.apply(x).sum().backward()
        for optimizer in optimizers:
            optimizer.step()
        optimizer.zero_grad()
        for _ in loader:
            pass
    return [
        (e.name, e.scope)
        for e in prof.function_events
        if not e.name.startswith(("aten", "autograd", "detach"))
    ]


@story
def test_other_threads_are_not_recorded(lib: Any) -> Any:
    x = lib.ones(3)
    with profiler(lib).profile() as prof:
        thread = threading.Thread(target=lambda: x.sin())
        thread.start()
        thread.join()
        x.cos()
    return tree(prof.function_events), {e.thread for e in prof.function_events}


@story
def test_a_decorator(lib: Any) -> Any:
    @profiler(lib).record_function("deco")
    def step(x: Any) -> Any:
        return x.exp()

    step(lib.ones(1))
    with profiler(lib).profile() as prof:
        step(step(lib.ones(1)))
    return tree(prof.function_events)


@story
def test_shapes(lib: Any) -> Any:
    linear = lib.nn.Linear(20, 30)
    with profiler(lib).profile(record_shapes=True) as prof:
        linear(lib.ones(128, 20))
        linear(lib.ones(4, 20))
    wide = [e.input_shapes for e in prof.function_events if e.name == "aten::linear"]
    grouped = prof.key_averages(group_by_input_shape=True)
    return wide, [(a.key, a.count, a.input_shapes) for a in grouped if a.key == "aten::linear"]


def test_stacks_name_the_lines_of_the_program() -> None:
    with profiler(rushlight).profile(with_stack=True) as prof:
        rushlight.ones(2).exp()
    for event in prof.function_events:
        assert event.stack[0].startswith(f"{__file__}(")
        assert event.stack[0].endswith(": test_stacks_name_the_lines_of_the_program")
    text = prof.key_averages(group_by_stack_n=2).table()
    assert text.splitlines()[1].split()[-2:] == ["Source", "Location"]
    assert "test_stacks_name_the_lines_of_the_program" in text


def test_memory_is_what_operators_allocate_and_keep() -> None:
    with profiler(rushlight).profile(profile_memory=True) as prof:
        x = rushlight.ones(100_000)
        with profiler(rushlight).record_function("both"):
            y = x.exp()
            z = y * 2
        del y, z
    used = {e.name: (e.cpu_memory_usage, e.self_cpu_memory_usage) for e in prof.function_events}
    for name in ("aten::ones", "aten::exp", "aten::mul"):
        assert used[name][0] == pytest.approx(400_000, rel=0.02)
    assert used["both"][0] == pytest.approx(800_000, rel=0.02)
    assert abs(used["both"][1]) < 8_000
    assert "Self CPU Mem" in prof.key_averages().table(sort_by="self_cpu_memory_usage")


@story
def test_flops(lib: Any) -> Any:
    a, b = lib.ones(10, 20), lib.ones(20, 30)
    with profiler(lib).profile(with_flops=True) as prof:
        lib.mm(a, b)
        a * 2
        a + a
        lib.nn.functional.conv2d(lib.ones(1, 2, 5, 5), lib.ones(3, 2, 3, 3))
    counted = [(e.name, e.flops) for e in prof.function_events if e.flops]
    return counted, prof.key_averages().table().splitlines()[1].split()[-2:]


# -- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("lib", LIBRARIES)
def test_traces_have_what_perfetto_wants(lib: Any, tmp_path: Path) -> None:
    """The Trace Event Format: complete events that nest by time in their thread, and names."""
    x = lib.ones(2, 3, requires_grad=True)
    with profiler(lib).profile(record_shapes=True) as prof:
        with profiler(lib).record_function("forward"):
            y = x.exp().sum()
        y.backward()
    path = tmp_path / "trace.json"
    prof.export_chrome_trace(str(path))
    trace = json.loads(path.read_text())
    assert {"schemaVersion", "displayTimeUnit", "traceEvents", "traceName"} <= set(trace)
    events = trace["traceEvents"]
    for event in events:
        assert {"ph", "name", "pid", "tid", "ts"} <= set(event)
    complete = {e["name"]: e for e in events if e["ph"] == "X" and e.get("cat") != "Trace"}
    for name in ("forward", "aten::exp", "aten::sum", "ExpBackward0", LOSS + "ExpBackward0"):
        assert complete[name]["dur"] >= 0
    assert complete["forward"]["cat"] == "user_annotation"
    assert complete["aten::exp"]["cat"] == "cpu_op"
    assert complete["aten::exp"]["args"]["Input Dims"] == [[2, 3]]
    numbers = [complete[n]["args"]["Sequence number"] for n in ("aten::exp", "ExpBackward0")]
    assert numbers[0] == numbers[1]

    def within(inner: Any, around: Any) -> bool:
        end = around["ts"] + around["dur"]
        return bool(around["ts"] <= inner["ts"] and inner["ts"] + inner["dur"] <= end + 1e-3)

    assert within(complete["aten::exp"], complete["forward"])
    assert within(complete["ExpBackward0"], complete[LOSS + "ExpBackward0"])
    assert not within(complete["ExpBackward0"], complete["forward"])
    named = {(e["name"], e["tid"]) for e in events if e["ph"] == "M"}
    assert ("thread_name", complete["forward"]["tid"]) in named
    starts = {e["id"]: e for e in events if e["ph"] == "s"}
    ends = {e["id"]: e for e in events if e["ph"] == "f"}
    assert starts and set(starts) == set(ends)
    assert all(starts[i]["ts"] <= ends[i]["ts"] for i in starts)


def test_stacks_for_flame_graphs(tmp_path: Path) -> None:
    path = tmp_path / "stacks"
    with profiler(rushlight).profile(with_stack=True) as prof:
        rushlight.ones(100).exp()
    prof.export_stacks(str(path))
    lines = path.read_text().splitlines()
    assert lines and all(int(line.split(" ")[1]) > 0 for line in lines)
    assert lines[0].split(" ")[0].split(";")[-1].endswith("test_stacks_for_flame_graphs")
    with pytest.raises(ValueError, match="metric should be one of"):
        prof.export_stacks(str(path), "foo")
    with profiler(rushlight).profile() as prof:
        pass
    with pytest.raises(AssertionError, match="requires with_stack=True"):
        prof.export_stacks(str(path))


def test_tools_that_are_not_there_are_refused() -> None:
    for name in ("emit_nvtx", "emit_itt"):
        with pytest.raises(RuntimeError, match=name), getattr(profiler(rushlight), name)():
            pass
        with getattr(profiler(rushlight), name)(enabled=False):
            pass
    with pytest.raises(RuntimeError, match="load_nvprof"):
        profiler(rushlight).load_nvprof("file")


# -- no cost -----------------------------------------------------------------------------------


def test_nothing_is_left_when_nobody_records() -> None:
    gc.collect()  # optimizers of other tests, whose classes would be watched only if still there
    watched = recorder.OPERATORS, recorder.MACHINERY, recorder.RANGES
    functions = [f for watch in watched for f in watch.functions()]
    before = [(f.__code__, f.__kwdefaults__) for f in functions]
    with profiler(rushlight).profile():
        assert [f for f in functions if WATCHES not in layers_of(f)] == []
    assert [(f.__code__, f.__kwdefaults__) for f in functions] == before
    assert not any(WATCHES in layers_of(f) for f in functions)
    assert engine._guard is None
    assert "seq" not in vars(Node)
