"""One library's side of a program: run its statements, look at its tensors."""

from __future__ import annotations

import ast
import contextlib
import warnings
from types import ModuleType
from typing import Any

import numpy as np

__all__ = ["PRELUDE", "JudgeFails", "Machine", "statements_of"]

PRELUDE = '''
grad = torch.autograd.grad
seen = []  # what hooks saw

class Scaled(torch.autograd.Function):
    """Three times x * x, by a rule that saves its input."""
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x * 3
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * x * 6

class Doubled(torch.autograd.Function):
    """Writes twice the input over it."""
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)
    @staticmethod
    def backward(ctx, g):
        return g * 2

class Turned(torch.autograd.Function):
    """Returns a view of its input."""
    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)
    @staticmethod
    def backward(ctx, g):
        return -g
'''

CASTS = ("AsStridedBackward0", "ViewAsRealBackward0", "ViewAsComplexBackward0")

Error = tuple[str, str] | None


def statements_of(program: str) -> list[tuple[int, str]]:
    """Split a program's text into statements and how many blocks each stands in.

    The blocks of ``with`` are taken apart, so that an error ends a statement and not its block.
    """
    found: list[tuple[int, str]] = []

    def visit(nodes: list[ast.stmt], depth: int) -> None:
        for node in nodes:
            if isinstance(node, ast.With):
                head = ", ".join(ast.unparse(item) for item in node.items)
                found.append((depth, f"with {head}:"))
                visit(node.body, depth + 1)
            else:
                found.append((depth, ast.unparse(node)))

    visit(ast.parse(program).body, 0)
    return found


class JudgeFails(Exception):
    """PyTorch asks to be told of a bug of its own; the program ends there."""


class Machine:
    """Runs statements one by one; what a statement raises is its outcome, and the next one runs."""

    def __init__(self, lib: ModuleType, more: str = "") -> None:
        self.lib = lib
        self.names: dict[str, Any] = {"torch": lib}
        self.blocks: list[contextlib.ExitStack] = []
        self.made: dict[str, tuple[Any, int]] = {}  # each variable's tensor and first version
        exec(PRELUDE + more, self.names)

    def run(self, depth: int, statement: str) -> Error:
        """Execute a statement that stands in `depth` blocks; return an error's type and line.

        Of a block that can't be entered the statements run all the same.
        """
        self.leave(depth)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                if statement.startswith("with "):
                    self.blocks.append(contextlib.ExitStack())
                    for item in ast.parse(f"{statement} pass").body[0].items:  # type: ignore[attr-defined]
                        manager = eval(ast.unparse(item.context_expr), self.names)
                        self.blocks[-1].enter_context(manager)
                else:
                    exec(statement, self.names)
            except Exception as error:
                return type(error).__name__, str(error).split("\n")[0].strip()
        return None

    def leave(self, depth: int = 0) -> None:
        """Leave all blocks but the outermost `depth`."""
        while len(self.blocks) > depth:
            self.blocks.pop().close()

    def tensors(self) -> dict[str, Any]:
        """The program's variables, in the order of their making."""
        return {k: v for k, v in self.names.items() if isinstance(v, self.lib.Tensor)}

    def writes(self, name: str, t: Any) -> int | None:
        """How often a variable was written since it was made; before, libraries may differ."""
        if t.is_inference():
            return None
        known, first = self.made.get(name, (None, 0))
        if known is not t:
            known, first = self.made[name] = (t, t._version)
        return int(t._version - first)

    def look(self, deep: bool) -> dict[str, dict[str, Any]]:
        """What a program can see of each tensor; only if `deep` is a view's history asked for."""
        memory: dict[int, int] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return {name: self.look_at(name, t, deep, memory) for name, t in self.tensors().items()}

    def look_at(self, name: str, t: Any, deep: bool, memory: dict[int, int]) -> dict[str, Any]:
        base = t._base
        place = t.untyped_storage().data_ptr()
        seen = {
            "dtype": str(t.dtype).partition(".")[2],
            "shape": tuple(t.shape),
            "strides": [s for s, n in zip(t.stride(), t.shape) if n > 1] if t.numel() else [],
            "offset": t.storage_offset() if t.numel() else 0,
            "memory": memory.setdefault(place, len(memory)) if t.numel() else None,
            "requires_grad": t.requires_grad,
            "inference": t.is_inference(),
            "base": None if base is None else tuple(base.shape),
            "writes": self.writes(name, t),
            "values": values(t),
        }
        if deep:
            seen.update(self.history(t, base))
        return seen

    def history(self, t: Any, base: Any) -> dict[str, Any]:
        try:
            fn = t.grad_fn
            leaf = t.is_leaf
        except RuntimeError as error:  # a view that must not be used any more
            return {"refused": str(error)}
        seen = {"leaf": leaf, "node": None, "output": t.output_nr, "retains": t.retains_grad}
        if fn is not None:
            seen["node"] = fn.name()
            if base is not None and fn.name() in CASTS:
                seen["node"] = "a view"  # real of complex, say, in one step or in several
        if (leaf or t.retains_grad) and t.grad is not None:
            grad = t.grad
            seen["grad"] = values(grad)
            seen["grad of"] = (str(grad.dtype).partition(".")[2], grad.requires_grad)
        else:
            seen["grad"] = None
        return seen


def values(t: Any) -> Any:
    """A copy of the values as an ndarray."""
    return np.array(t.detach().resolve_conj().resolve_neg().numpy())
