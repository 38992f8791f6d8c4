"""What runs while a profile is taken: notes when operators, nodes and named ranges begin and end.

A `Recorder` belongs to a thread, and to the threads that a nested backward pass of it goes on in.
It stands in three places, each of which is empty while nobody records: in front of operators and of
some functions of ours that PyTorch names (`rushlight.api.calls`), and between the engine and nodes.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
import time
import traceback
import tracemalloc
from collections.abc import Callable
from types import FunctionType
from typing import Any

from rushlight.api.calls import OPERATORS, Call, Watch
from rushlight.autograd.function import Function
from rushlight.autograd.guards import add_guard, remove_guard
from rushlight.autograd.leaf import accumulate_alone, accumulate_graph, accumulate_locked
from rushlight.autograd.node import Node
from rushlight.autograd.threads import carried
from rushlight.dtypes import from_numpy
from rushlight.optim.optimizer import Optimizer
from rushlight.profiler.flops import flops_of
from rushlight.tensor import Tensor, View
from rushlight.utils.data.iterators import _BaseDataLoaderIter

__all__ = [
    "FUNCTION",
    "USER",
    "Mark",
    "Recorder",
    "is_recording",
    "pause",
    "record_function",
    "start",
    "stop",
]

FUNCTION, BACKWARD, USER = 0, 1, 7  # PyTorch's numbers of scopes

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_ACCUMULATE = "torch::autograd::AccumulateGrad"


class Mark:
    """One stretch of time, in nanoseconds of `time.perf_counter_ns`."""

    __slots__ = (
        "args",
        "end",
        "flops",
        "memory",
        "name",
        "parent",
        "scope",
        "sequence",
        "stack",
        "start",
        "thread",
    )

    def __init__(self, name: str, scope: int, parent: Mark | None) -> None:
        self.name = name
        self.scope = scope
        self.parent = parent
        self.thread = threading.get_native_id()
        self.sequence = -1
        self.args: list[tuple[list[int], list[int], str]] | None = None  # sizes, strides, type
        self.stack: list[str] = []
        self.memory = 0
        self.flops = 0
        self.start = self.end = 0


class Recorder:
    """The marks of one profile, in the order in which they began."""

    def __init__(
        self,
        *,
        shapes: bool = False,
        memory: bool = False,
        stacks: bool = False,
        flops: bool = False,
    ) -> None:
        self.shapes = shapes
        self.memory = memory
        self.stacks = stacks
        self.flops = flops
        self.marks: list[Mark] = []
        self.open: list[Mark] = []
        self.began = self.ended = 0
        self.traces = False  # it was us who started tracemalloc

    def begin(self, name: str, scope: int, args: tuple[Any, ...] = ()) -> Mark:
        """Open a mark inside of those that are open."""
        mark = Mark(name, scope, self.open[-1] if self.open else None)
        if self.shapes and scope != USER:
            mark.args = [_described(a) for a in args]
        if self.stacks:
            mark.stack = _stack()
        self.marks.append(mark)
        self.open.append(mark)
        if self.memory:
            mark.memory = -tracemalloc.get_traced_memory()[0]
        mark.start = time.perf_counter_ns()
        return mark

    def end(self, mark: Mark) -> None:
        """Close a mark, and those inside of it that an error left open."""
        mark.end = time.perf_counter_ns()
        if self.memory:
            mark.memory += tracemalloc.get_traced_memory()[0]
        while self.open and self.open.pop() is not mark:
            pass


def _described(a: Any) -> tuple[list[int], list[int], str]:
    """Sizes, strides and C++ type of an argument; nothing of what is no tensor."""
    if not isinstance(a, Tensor):
        a = getattr(a, "_array", a)
        if not hasattr(a, "strides"):
            return [], [], "Scalar" if isinstance(a, (bool, int, float, complex)) else ""
        array = a
    else:
        array = a._array
    step = array.dtype.itemsize or 1
    return list(array.shape), [s // step for s in array.strides], from_numpy(array.dtype).cpp_name


def _stack() -> list[str]:
    """The lines of the program, innermost first, as PyTorch writes them."""
    return [
        f"{frame.filename}({frame.lineno}): {frame.name}"
        for frame in reversed(traceback.extract_stack())
        if not os.path.abspath(frame.filename).startswith(_HERE)
    ]


# -- who records ---------------------------------------------------------------------------------


class _Thread(threading.local):
    recorder: Recorder | None = None
    paused: Recorder | None = None


_thread = carried(_Thread())


def start(recorder: Recorder) -> None:
    """Let `recorder` note what this thread does. RuntimeError where another one does already."""
    if _thread.recorder is not None or _thread.paused is not None:
        raise RuntimeError("Profiler is already enabled on this thread.")
    recorder.traces = recorder.memory and not tracemalloc.is_tracing()
    if recorder.traces:
        tracemalloc.start()
    OPERATORS.add(_see_operator)
    MACHINERY.add(_see_machinery)
    RANGES.add(_see_range)
    add_guard(_see_node)
    _thread.recorder = recorder
    recorder.began = time.perf_counter_ns()


def stop() -> None:
    """Let this thread's recorder end, and what it still has open."""
    pause(False)
    recorder = _thread.recorder
    if recorder is None:
        return
    if recorder.open:
        recorder.end(recorder.open[0])
    recorder.ended = time.perf_counter_ns()
    for mark in recorder.marks:
        mark.end = mark.end or recorder.ended
    _thread.recorder = None
    remove_guard(_see_node)
    RANGES.remove(_see_range)
    MACHINERY.remove(_see_machinery)
    OPERATORS.remove(_see_operator)
    if recorder.traces:
        tracemalloc.stop()


def is_recording() -> bool:
    """Return whether a profile is taken of this thread."""
    return _thread.recorder is not None


def pause(paused: bool) -> None:
    """Let this thread's recorder note nothing for now, or go on."""
    if paused and _thread.recorder is not None:
        _thread.paused, _thread.recorder = _thread.recorder, None
    elif not paused and _thread.paused is not None:
        _thread.recorder, _thread.paused = _thread.paused, None


# -- what is seen --------------------------------------------------------------------------------


def _see_operator(name: str, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    recorder = _thread.recorder
    if recorder is None:
        return call(*args, **kwargs)
    name = "aten::" + name
    if recorder.open and recorder.open[-1].name in (name, name + "_"):
        return call(*args, **kwargs)  # a method that calls the function, add_ that calls add
    given = (*args, *kwargs.values())
    mark = recorder.begin(name, FUNCTION, given)
    try:
        result = call(*args, **kwargs)
    finally:
        recorder.end(mark)
    if recorder.flops:
        mark.flops = flops_of(name, given, result)
    out = result[0] if isinstance(result, (tuple, list)) and result else result
    edge = out._edge if isinstance(out, Tensor) else None
    if type(edge) is View:
        edge = edge.edge
    node = getattr(edge, "owner", None)
    if node is not None:
        mark.sequence = node.seq
    return result


def _see_machinery(name: str, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A Function's forward, or a leaf that takes its gradient."""
    recorder = _thread.recorder
    if recorder is None or (recorder.open and recorder.open[-1].name == name):
        return call(*args, **kwargs)
    given, scope = args[1:], FUNCTION
    with contextlib.ExitStack() as marks:
        if name == _ACCUMULATE:
            given, scope = args[1:2], BACKWARD
            outer = recorder.begin(f"autograd::engine::evaluate_function: {name}", FUNCTION)
            marks.callback(recorder.end, outer)
        marks.callback(recorder.end, recorder.begin(name, scope, given))
        return call(*args, **kwargs)


def _see_range(name: str, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A step of an optimizer, a batch of a loader: what PyTorch gives a named range."""
    recorder = _thread.recorder
    if recorder is None or (recorder.open and recorder.open[-1].name == name):
        return call(*args, **kwargs)
    mark = recorder.begin(name, USER)
    try:
        return call(*args, **kwargs)
    finally:
        recorder.end(mark)


def _see_node(
    run: Callable[..., Any], node: Node, g: Any, edges: tuple[Any, ...], graph: bool
) -> Any:
    recorder = _thread.recorder
    if recorder is None:
        return run(node, g, edges, graph)
    outer = recorder.begin(f"autograd::engine::evaluate_function: {node.name()}", FUNCTION)
    given = tuple(g) if isinstance(g, list) else (g,)
    inner = recorder.begin(node.name(), BACKWARD, given)
    outer.sequence = inner.sequence = node.seq
    try:
        return run(node, g, edges, graph)
    finally:
        recorder.end(inner)
        recorder.end(outer)


def _machinery() -> dict[FunctionType, Any]:
    from rushlight.autograd import state  # noqa: F401  knows leaves by their functions' own code

    apply: Any = vars(Function)["apply"]
    return {
        apply.__func__: lambda args: args[0].__name__,
        **dict.fromkeys((accumulate_alone, accumulate_graph, accumulate_locked), _ACCUMULATE),
    }


def _ranges() -> dict[FunctionType, Any]:
    following: Any = vars(_BaseDataLoaderIter)["__next__"]
    found: dict[FunctionType, Any] = {
        following: lambda args: "enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__"
    }
    kinds: list[type[Any]] = [Optimizer]
    for kind in kinds:  # which grows meanwhile
        kinds += kind.__subclasses__()
        for name in ("step", "zero_grad"):
            method = vars(kind).get(name)
            if isinstance(method, FunctionType):
                found[method] = functools.partial(_range_name, name)
    return found


def _range_name(method: str, args: tuple[Any, ...]) -> str:
    return f"Optimizer.{method}#{type(args[0]).__name__}.{method}"


MACHINERY = Watch(_machinery)
RANGES = Watch(_ranges)


class record_function(contextlib.ContextDecorator):
    """Context manager and decorator: a range of the given name in the profile, if one is taken.

    >>> import rushlight as torch
    >>> from rushlight.profiler import profile, record_function
    >>> with profile() as prof:
    ...     with record_function("the sine"):
    ...         y = torch.ones(3).sin()
    >>> [(event.name, event.cpu_parent and event.cpu_parent.name) for event in prof.events()][-1]
    ('aten::sin', 'the sine')
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name
        self.args = args
        self.open: list[tuple[Recorder, Mark] | None] = []

    def __enter__(self) -> record_function:
        if not isinstance(self.name, str):
            raise RuntimeError(
                "profiler::_record_function_enter_new() Expected a value of type 'str' for "
                f"argument 'name' but instead found type '{type(self.name).__name__}'."
            )
        recorder = _thread.recorder
        self.open.append(None if recorder is None else (recorder, recorder.begin(self.name, USER)))
        return self

    def __exit__(self, *_: object) -> None:
        opened = self.open.pop()
        if opened is not None and not opened[1].end:
            opened[0].end(opened[1])
