"""A game: a program is written and run under PyTorch, and Rushlight has to do the same."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.random_programs.author import Author
from tests.random_programs.machine import Error, JudgeFails, Machine, statements_of
from tests.random_programs.wider import PRELUDE, WiderAuthor

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")

__all__ = ["Difference", "play", "program_of", "replay"]

NARROW, WIDE = 2e-4, 1e-9  # tolerance where single precision takes part, and where it doesn't


class Difference(AssertionError):
    """Where the two libraries part, and in which program."""


class Game:
    """A program as far as it has been played."""

    def __init__(self, more: str = "") -> None:
        self.theirs, self.ours = Machine(judge, more), Machine(rushlight, more)
        self.lines: list[str] = []
        self.tolerance = WIDE
        self.cut_short = False  # by a bug of PyTorch's

    @property
    def text(self) -> str:
        """The program."""
        return "\n".join(self.lines)

    def perform(self, depth: int, statement: str, deep: bool = True) -> Error:
        """Run one statement on both sides and compare all that there is then."""
        indent = "    " * depth
        self.lines.append(indent + statement.replace("\n", f"\n{indent}"))
        expected = self.theirs.run(depth, statement)
        if expected is not None:
            self.lines[-1] += f"  # {expected[0]}"
            if "INTERNAL ASSERT" in expected[1]:
                raise JudgeFails
        found = self.ours.run(depth, statement)
        if told(found) != told(expected) and not (found and spoils(expected)):
            raise Difference(f"{found},\n in PyTorch {expected}")
        seen = self.theirs.look(deep)
        if any("INTERNAL ASSERT" in t.get("refused", "") for t in seen.values()):
            raise JudgeFails
        if any(t["dtype"] in ("float32", "complex64") for t in seen.values()):
            self.tolerance = NARROW
        compare(self.ours.look(deep), seen, self.tolerance)
        return expected

    def finish(self) -> None:
        """Leave all blocks, so that the modes are those of before."""
        self.theirs.leave()
        self.ours.leave()


def told(error: Error) -> Error:
    """An error without the view's node, of which PyTorch shows what is alive at the moment."""
    if error is None or "is output 0 of" not in error[1]:
        return error
    return error[0], re.sub(r"output 0 of \w+", "output 0 of it", error[1])


def spoils(error: Error) -> bool:
    """Whether PyTorch refuses a spoiled view, which it does before it finds further mistakes."""
    return error is not None and "view of its base has been modified" in error[1]


def compare(ours: dict[str, Any], theirs: dict[str, Any], tolerance: float = NARROW) -> None:
    """Compare what two machines see."""
    if ours.keys() != theirs.keys():
        raise Difference(f"variables {list(ours)}, in PyTorch {list(theirs)}")
    for name, seen in theirs.items():
        for key, value in seen.items():
            mine = ours[name].get(key)
            if not same(mine, value, tolerance):
                raise Difference(f"{name}: {key} is {mine!r},\n in PyTorch {value!r}")


def same(a: Any, b: Any, tolerance: float) -> bool:
    """Whether two things agree, arrays as far as the order of additions may matter."""
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
        return type(a) is type(b) and bool(a == b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if b.dtype.kind not in "fc" or not b.size:
        return bool(np.array_equal(a, b))
    finite = np.abs(b[np.isfinite(b)])
    scale = max(1.0, float(finite.max())) if finite.size else 1.0
    return bool(np.allclose(a, b, tolerance, tolerance * scale, equal_nan=True))


EDITIONS = {1: (Author, ""), 2: (WiderAuthor, PRELUDE)}


def play(seed: int, edition: int = 1) -> Game:
    """Write and run the program of a seed; raise `Difference` where the libraries part."""
    kind, prelude = EDITIONS[edition]
    game = Game(prelude)
    author = kind(seed, game.theirs, game.ours)
    try:
        for depth, statement, deep in author.program():
            game.perform(depth, statement, deep)
        game.perform(0, "log = [float(s.real) for s in seen]")
        compare({"log": {"seen": logged(game.ours)}}, {"log": {"seen": logged(game.theirs)}})
    except JudgeFails:
        game.cut_short = True
    except Difference as error:
        raise Difference(f"{error}\nin program {seed}:\n{game.text}") from None
    finally:
        game.finish()
    return game


def logged(machine: Machine) -> Any:
    return np.array(machine.names["log"])


def program_of(seed: int, edition: int = 1) -> str:
    """The text of a seed's program, as far as the two libraries agree."""
    try:
        return play(seed, edition).text
    except Difference as error:
        return str(error)


def replay(text: str) -> None:
    """Run a program again; raise `Difference` where the libraries part."""
    game = Game(PRELUDE)
    try:
        for depth, statement in statements_of(text):
            game.perform(depth, statement)
    except Difference as error:
        raise Difference(f"{error}\nafter\n{game.text}") from None
    finally:
        game.finish()
