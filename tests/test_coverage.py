"""docs/coverage.md against PyTorch: every public name is there, and is what the table says."""

from __future__ import annotations

import importlib
import inspect
import re
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import rushlight

PAGE = Path(__file__).parents[1] / "docs" / "coverage.md"
OPERATORS = "# Operators\n"  # which tests/operator_table.py writes


class Entry(NamedTuple):
    """A line of a table: what is said of a name, and why."""

    module: str
    name: str
    status: str
    why: str


def entries() -> list[Entry]:
    """Read all tables of the page."""
    found, module = [], ""
    for line in PAGE.read_text().partition(OPERATORS)[0].splitlines():
        if line.startswith("## "):
            module = line[3:].strip("`").removeprefix("torch.")
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            for name in re.findall(r"`([^`]+)`", cells[0]):
                found.append(Entry(module, name, cells[1], cells[2]))
    return found


ENTRIES = entries()
# How to use what is refused, where calling it is not enough.
CALLS: dict[str, Callable[[Any], Any]] = {
    "emit_itt": lambda f: f().__enter__(),
    "emit_nvtx": lambda f: f().__enter__(),
    "functionalize": lambda f: f(print),
    "load_nvprof": lambda f: f("trace"),
}
MODULES = sorted({entry.module for entry in ENTRIES})


def room(lib: Any, path: str) -> Any:
    """The module or class of a library under this path, and no function of the same name."""
    if path in ("torch", "Tensor"):
        return lib if path == "torch" else lib.Tensor
    return importlib.import_module(f"{lib.__name__}.{path}")


def public(module: Any) -> set[str]:
    """The names that a module of PyTorch shows: those it lists, and what it defines itself."""
    if module.__name__ == "torch":  # but for operators, which have tables of their own
        from tests.api_table import names

        return set(names())
    listed = set(getattr(module, "__all__", ()))
    for name, value in vars(module).items():
        if name.startswith("_") or isinstance(value, types.ModuleType):
            continue
        own = f"{module.__name__}."
        if isinstance(value, (type, types.FunctionType)) and f"{value.__module__}.".startswith(own):
            listed.add(name)
    return listed


def parameters(value: Any) -> list[str] | None:
    """The names of a callable's parameters, where Python knows them."""
    try:
        return list(inspect.signature(value).parameters)
    except (TypeError, ValueError):
        return None


def label(entry: Entry) -> str:
    return f"{entry.module}.{entry.name}"


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_in_the_table(module: str) -> None:
    torch = pytest.importorskip("torch")
    told = [entry.name for entry in ENTRIES if entry.module == module]
    assert len(told) == len(set(told))
    if module == "Tensor":  # only what has to do with autograd is told of
        assert all(hasattr(torch.Tensor, name) for name in told)
    else:
        assert set(told) == public(room(torch, module))


def test_the_counts_are_right() -> None:
    """Those that stand before a table."""
    text = PAGE.read_text()
    counted = re.findall(
        r"## `(?:torch\.)?(\S+)`\n\n(\d+) same, (\d+) deviate, (\d+) refused\.", text
    )
    assert len(counted) >= 12
    for module, *numbers in counted:
        found = [entry.status for entry in ENTRIES if entry.module == module]
        kinds = ("same", "deviates", "refused")
        assert [int(n) for n in numbers] == [found.count(kind) for kind in kinds], module


@pytest.mark.parametrize("entry", ENTRIES, ids=label)
def test_the_table_says_what_is_true(entry: Entry) -> None:
    assert entry.status in ("same", "deviates", "refused")
    if entry.status == "refused":
        assert entry.why
        with pytest.raises((NotImplementedError, RuntimeError, AttributeError), match=entry.name):
            refused = getattr(room(rushlight, entry.module), entry.name)
            CALLS.get(entry.name, lambda f: f())(refused)
        return
    assert entry.status == "same" or entry.why
    assert hasattr(room(rushlight, entry.module), entry.name)


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.status == "same"], ids=label)
def test_what_is_the_same_is_called_the_same_way(entry: Entry) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = (getattr(room(lib, entry.module), entry.name) for lib in (rushlight, torch))
    assert isinstance(ours, type) == isinstance(theirs, type)
    assert callable(ours) == callable(theirs)
    wanted = parameters(theirs)
    if wanted is not None and entry.module != "Tensor" and wanted != ["args", "kwargs"]:
        assert parameters(ours) == wanted


# -- the tables of operators -----------------------------------------------------------------------


@pytest.mark.parametrize("room", ["torch", "linalg", "fft", "special", "nn.functional", "Tensor"])
def test_the_tables_of_operators_are_up_to_date(room: str) -> None:
    """Names, and what is there; ``python -m tests.operator_table`` writes them again."""
    pytest.importorskip("torch")
    from tests import operator_table

    said = operator_table.told()[room]
    assert list(said) == operator_table.names_of(room)
    for name, there in said.items():
        if there == "yes":
            assert operator_table.ours(room, name) is not None, name


@pytest.mark.parametrize("line", ["linalg:inv", "fft:rfft", "torch:cummax", "torch:bitwise_xor"])
def test_lines_of_the_tables_are_what_the_script_finds(line: str) -> None:
    pytest.importorskip("torch")
    from tests import operator_table

    room, name = line.split(":")
    assert operator_table.operator(room, name).line() in PAGE.read_text().splitlines()
