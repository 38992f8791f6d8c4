"""``debug=True``: an error of recomputation that lists the operators of both runs."""

from __future__ import annotations

import os
import threading
import traceback
import weakref
from contextlib import AbstractContextManager
from typing import Any

from rushlight.api.calls import OPERATORS, Call
from rushlight.tensor import Tensor
from rushlight.utils.checkpoint.region import CheckpointError

__all__ = ["Logs"]

_HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep
_SHORT = {"float": "f", "bfloat": "bf", "complex": "c", "int": "i", "uint": "u", "bool": "b"}

_TEXT = """ \
An error happened while unpacking tensors; dumping logs of latest computation
because you passed `debug=True` to `torch.utils.checkpoint.checkpoint()`.
Scroll all the way down for guidance on how to navigate these logs.

+~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~+
|        1. Stack traces of the operators that ran in the original forward     |
+------------------------------------------------------------------------------+

{forward_stacks}
+~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~+
|        2. Stack traces of the operators that ran during recomputation        |
+------------------------------------------------------------------------------+

{again_stacks}
+~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~+
|       3. Log of operators in the original forward and recomputation          |
+------------------------------------------------------------------------------+

Operations executed during the original forward:

{forward}

Operations executed during recomputation:

{again}

+------------------------------------------------------------------------------+
 ERROR: Detected non-determinism while running activation checkpointing

 You are seeing this error because you passed `debug=True` to checkpoint and
 tensors to be saved during the original forward and differ between those saved
 during recomputation. This can happen if different operators were ran in the
 original forward and in the recomputation.

 Compare the two logs above to see where they part, and look for the operator's
 stack trace by its text. With early stop, recomputation ends with the last
 tensor that is needed.
--------------------------------------------------------------------------------
"""


class _Log(AbstractContextManager[Any]):
    """Notes the operators that this thread calls inside, but not those that these call."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.stacks: list[list[str]] = []

    def __enter__(self) -> None:
        self.lines.clear()
        self.stacks.clear()
        self.names: dict[int, tuple[weakref.ref[Tensor], str]] = {}
        self.thread = threading.get_ident()
        self.count = 0  # of the tensors seen
        self.inside = False
        OPERATORS.add(self._see)

    def __exit__(self, *_: object) -> None:
        OPERATORS.remove(self._see)

    def _see(self, name: str, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self.inside or threading.get_ident() != self.thread:
            return call(*args, **kwargs)
        self.inside = True
        try:
            given = [self._text(a) for a in args]
            given += [f"{key}={self._text(a)}" for key, a in kwargs.items()]
            self.stacks.append(_stack())
            place = len(self.lines)
            self.lines.append(f"torch.ops.aten.{name}({', '.join(given)})")
            result = call(*args, **kwargs)
            outs = result if isinstance(result, (tuple, list)) else (result,)
            made = [f"{self._text(o)}: {_kind(o)}" for o in outs if isinstance(o, Tensor)]
            if made:
                self.lines[place] = f"{', '.join(made)} = {self.lines[place]}"
            return result
        finally:
            self.inside = False

    def _text(self, value: Any) -> str:
        if isinstance(value, (tuple, list)):
            return f"[{', '.join(map(self._text, value))}]"
        if not isinstance(value, Tensor):
            return repr(value)
        known = self.names.get(id(value))
        if known is None or known[0]() is not value:
            self.count += 1
            known = self.names[id(value)] = weakref.ref(value), f"${self.count - 1}"
        return known[1]

    def told(self, label: str) -> str:
        """Each operator with the lines that led to it."""
        return "".join(
            f"{line}   ({i + 1} of {len(self.lines)} in {label})\n\n" + "\n".join(stack) + "\n\n\n"
            for i, (line, stack) in enumerate(zip(self.lines, self.stacks))
        )


def _stack() -> list[str]:
    """The lines of the program, not of ours, that the current call comes from."""
    return [
        f"{frame.filename}:{frame.lineno}:{frame.name}"
        for frame in traceback.extract_stack()
        if not os.path.abspath(frame.filename).startswith(_HERE)
    ]


def _kind(t: Tensor) -> str:
    """``f32[3, 4]``."""
    name = str(t.dtype).rpartition(".")[2]
    letters = name.rstrip("0123456789")
    return f"{_SHORT.get(letters, letters)}{name[len(letters) :]}{list(t.shape)}"


class Logs:
    """The operators of a checkpoint's forward and of its last recomputation."""

    def __init__(self) -> None:
        self.forward = _Log()
        self.again = _Log()

    def contexts(self) -> tuple[AbstractContextManager[Any], AbstractContextManager[Any]]:
        """What to run the forward and a recomputation in."""
        return self.forward, self.again

    def explain(self, error: CheckpointError) -> CheckpointError:
        """Return the error that says it all."""
        return CheckpointError(
            _TEXT.format(
                forward_stacks=self.forward.told("original"),
                again_stacks=self.again.told("recompute"),
                forward="\n".join(self.forward.lines),
                again="\n".join(self.again.lines),
            )
        )
