"""The house in order: short files, no kernel that nothing calls, public names that explain
themselves, and no reference to a design note that isn't there."""

from __future__ import annotations

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import rushlight

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "rushlight"
FILES = sorted(SOURCE.rglob("*.py"))
KERNELS = {f"rushlight.kernels.{p.stem}": p for p in (SOURCE / "kernels").glob("*.py")}

LIMIT = 400
LONG: dict[str, int] = {}  # and why

NAMESPACES = [
    "rushlight",
    "rushlight.autograd",
    "rushlight.autograd.forward_ad",
    "rushlight.autograd.functional",
    "rushlight.autograd.graph",
    "rushlight.fft",
    "rushlight.linalg",
    "rushlight.nn",
    "rushlight.nn.functional",
    "rushlight.nn.init",
    "rushlight.nn.utils",
    "rushlight.optim",
    "rushlight.optim.lr_scheduler",
    "rushlight.profiler",
    "rushlight.random",
    "rushlight.signal.windows",
    "rushlight.special",
    "rushlight.testing",
    "rushlight.utils.checkpoint",
    "rushlight.utils.data",
]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_files_are_short_and_say_what_they_are_about(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= LONG.get(path.relative_to(SOURCE).as_posix(), LIMIT)
    assert ast.get_docstring(ast.parse(text)), "a module has a docstring"


# -- kernels -----------------------------------------------------------------------------------

Place = tuple[str, str]  # a kernels module, and a function or class in it


@cache
def definitions() -> set[Place]:
    """Every function and class of kernels/."""
    return {
        (module, node.name)
        for module, path in KERNELS.items()
        for node in ast.parse(path.read_text()).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }


def imported(tree: ast.AST) -> dict[str, tuple[str, str | None]]:
    """What local names mean: a module of kernels/ (and None), or something in one."""
    names: dict[str, tuple[str, str | None]] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            local = alias.asname or alias.name
            if node.module in KERNELS:
                names[local] = (node.module, alias.name)
            elif node.module == "rushlight.kernels":
                names[local] = (f"rushlight.kernels.{alias.name}", None)
    return names


def uses(path: Path) -> Iterator[tuple[Place | None, Place]]:
    """Each mention of something in kernels/: within which of its functions (or None), and what."""
    tree = ast.parse(path.read_text())
    names = imported(tree)
    module = f"rushlight.kernels.{path.stem}" if path.parent.name == "kernels" else None
    own = {place for place in definitions() if place[0] == module} if module else set()

    def visit(node: ast.AST, within: Place | None) -> Iterator[tuple[Place | None, Place]]:
        for child in ast.iter_child_nodes(node):
            inside = within
            if within is None and module and isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                inside = (module, child.name)
            if isinstance(child, ast.Attribute) and isinstance(child.value, ast.Name):
                found = names.get(child.value.id)
                if found is not None and found[1] is None:
                    yield inside, (found[0], child.attr)
            elif isinstance(child, ast.Name):
                found = names.get(child.id)
                if found is not None and found[1] is not None:
                    yield inside, (found[0], found[1])
                elif module and (module, child.id) in own:
                    yield inside, (module, child.id)
            yield from visit(child, inside)

    return visit(tree, None)


def test_every_kernel_is_called() -> None:
    """From outside of kernels/, or by a kernel that is: tests don't count."""
    callees: dict[Place, set[Place]] = defaultdict(set)
    reached: list[Place] = []
    for path in FILES:
        for within, what in uses(path):
            if within is None:
                reached.append(what)
            else:
                callees[within].add(what)
    seen: set[Place] = set()
    while reached:
        place = reached.pop()
        if place not in seen:
            seen.add(place)
            reached.extend(callees[place])
    idle = {name for module, name in definitions() - seen}
    assert idle == set()


# -- words -------------------------------------------------------------------------------------


def public(namespace: ModuleType) -> list[str]:
    return [n for n in getattr(namespace, "__all__", None) or dir(namespace) if n[0] != "_"]


@pytest.mark.parametrize("name", NAMESPACES)
def test_public_names_are_explained(name: str) -> None:
    namespace = importlib.import_module(name)
    values: dict[str, Any] = {n: getattr(namespace, n) for n in public(namespace)}
    silent = [n for n, v in values.items() if callable(v) and not (v.__doc__ or "").strip()]
    assert silent == []


def test_methods_are_explained() -> None:
    methods = {n: getattr(rushlight.Tensor, n) for n in public(rushlight.Tensor)}  # type: ignore[arg-type]
    assert [n for n, v in methods.items() if callable(v) and not (v.__doc__ or "").strip()] == []


def test_design_notes_that_code_cites_exist() -> None:
    cited = {
        (note, path.relative_to(ROOT).as_posix())
        for path in (*FILES, *(ROOT / "tests").rglob("*.py"))
        for note in re.findall(r"docs/design/\d{4}-[\w-]+\.md", path.read_text())
    }
    assert cited
    assert [(note, path) for note, path in sorted(cited) if not (ROOT / note).is_file()] == []
