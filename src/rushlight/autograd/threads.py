"""What belongs to a thread, and how a deep backward pass goes on in a fresh one.

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
import threading
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["NESTED", "carried", "in_fresh_thread"]

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
