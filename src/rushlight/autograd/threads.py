"""What belongs to a thread: its state, the pass that it runs, where that goes on if too deep.

Note [Reentrant backwards]
--------------------------
A hook or a custom Function may start a backward pass inside the pass that called it: checkpointing
does. Such a pass is a call like any other, and a pass inside a pass inside a pass adds some ten
frames to Python's stack each time, of which a thread has a thousand by default. PyTorch meets the
same wall with its C++ stack and hands a pass that is nested too deeply to another thread, while the
one that asked for it waits. So do we: after `NESTED` passes in one thread the next one gets a fresh
thread, with a fresh stack. It sees everything as it was where it was asked for: the grad modes and
whatever else is `carried`, and the context variables (NumPy keeps its error handling there).
Where threads cannot be started, as in the browser, it runs in place, as deep as the stack allows.
"""

from __future__ import annotations

import contextvars
import itertools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = [
    "NESTED",
    "PASS",
    "Pass",
    "accumulates_everywhere",
    "carried",
    "in_fresh_thread",
    "nest",
    "running",
    "running_pass",
]

NESTED = 16  # passes inside each other that one thread's stack is trusted with

Local = TypeVar("Local", bound=threading.local)
_carried: list[threading.local] = []


def carried(local: Local) -> Local:
    """Declare state of a thread that a pass nested in it has to see, wherever it runs."""
    _carried.append(local)
    return local


def in_fresh_thread(fn: Callable[..., Any], *args: Any) -> Any:
    """Call ``fn(*args)`` in a thread of its own that sees the state of this one, and wait."""
    context = contextvars.copy_context()
    state = [dict(local.__dict__) for local in _carried]
    results: list[Any] = []
    errors: list[BaseException] = []

    def body() -> None:
        for local, values in zip(_carried, state):
            local.__dict__.update(values)
        try:
            results.append(context.run(fn, *args))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=body, name="nested backward", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        return fn(*args)
    thread.join()
    if errors:
        raise errors.pop()  # popped: its traceback knows these frames, and frames keep their lists
    return results.pop()


# -- the pass that runs in this thread -----------------------------------------------------------


class _Running(threading.local):
    nodes: dict[Any, Any] | None = None  # what the innermost pass of this thread will reach
    depth: int = 0  # the passes that it is inside of


class _Nest(threading.local):
    partial: bool = False  # this thread is inside of a pass that only walks paths to some inputs


running = _Running()
nest = carried(_Nest())
PASS = "pass"  # the key under which that table keeps what else the pass is asked about
_numbers = itertools.count()


class Pass:
    """What a backward pass knows of itself, for hooks that ask; made when the first one does."""

    __slots__ = ("callbacks", "captured", "notes", "number")

    def __init__(self, captured: frozenset[Any]) -> None:
        self.number = next(_numbers)
        self.captured = captured  # the keys of what is reported and not accumulated
        self.callbacks: list[Callable[[], Any]] = []
        self.notes: dict[Any, Any] = {}  # whatever a hook keeps from call to call of this pass

    def call_back(self) -> None:
        """Call what was queued for the end of the pass, and what that queues in its turn."""
        for callback in self.callbacks:  # which may grow meanwhile
            callback()


def running_pass() -> Pass:
    """Return what this thread's innermost backward pass knows of itself."""
    nodes = running.nodes
    if nodes is None:
        raise RuntimeError("no backward pass is running in this thread")
    if PASS not in nodes:
        nodes[PASS] = Pass(frozenset())
    asked: Pass = nodes[PASS]
    return asked


def accumulates_everywhere() -> bool:
    """Return False inside of a pass for some inputs only, whatever passes are between.

    There a reentrant checkpoint, which starts a pass for all leaves, would do too much.
    """
    return not nest.partial
