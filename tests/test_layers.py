"""Imports run one way: kernels, dtypes <- tensor <- autograd <- ops <- api <- everything else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "src" / "rushlight"

# What each room may import of ours, besides itself. A room that isn't named may import anything.
GROUND = {"dtypes", "layout", "device", "limits", "size"}
MAY = {
    "kernels": set(),
    "dtypes": set(),
    "layout": set(),
    "device": set(),
    "limits": GROUND,
    "size": set(),
    "formatting": GROUND | {"kernels"},
    "storage": GROUND | {"kernels", "tensor"},
    "tensor": GROUND | {"kernels"},
    "parameter": GROUND | {"tensor"},
    "autograd": GROUND | {"kernels", "tensor", "parameter"},
    "ops": GROUND | {"kernels", "tensor", "parameter", "autograd"},
    "random": GROUND | {"kernels", "tensor", "parameter", "autograd", "ops"},
    "api": GROUND
    | {"kernels", "tensor", "parameter", "autograd", "ops", "random", "storage", "formatting"}
    | {"return_types", "refusals"},
}
# What PyTorch has under autograd, and lives in a room further up here.
FACES = {"autograd/profiler.py", "autograd/profiler_util.py"}
NUMPY_ONLY = {"numpy", "scipy", "ml_dtypes"}  # what a kernel may lean on


def modules() -> Iterator[Path]:
    yield from sorted(ROOT.rglob("*.py"))


def room(path: Path) -> str:
    """The folder or module below rushlight that a file belongs to."""
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """The modules that a file names when it is imported; what functions import later is theirs."""
    for node in getattr(tree, "body", []):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            if node.module == "rushlight":
                yield from ((f"rushlight.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield node.module or "", node.lineno
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from imported(node)


@pytest.mark.parametrize("path", list(modules()), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    here = room(path)
    if here not in MAY or path.relative_to(ROOT).as_posix() in FACES:
        return
    for name, line in imported(ast.parse(path.read_text())):
        if name.startswith("rushlight."):
            there = name.split(".")[1]
            assert there == here or there in MAY[here], f"{path.name}:{line} imports {name}"


@pytest.mark.parametrize(
    "path", [p for p in modules() if room(p) == "kernels"], ids=lambda p: str(p.name)
)
def test_kernels_know_numpy_only(path: Path) -> None:
    import sys

    for name, line in imported(ast.parse(path.read_text())):
        top = name.partition(".")[0]
        standard = top in sys.stdlib_module_names
        assert standard or top in NUMPY_ONLY | {"rushlight"}, f"{path.name}:{line} imports {name}"
        assert top not in {"scipy", "ml_dtypes"}, f"{path.name}:{line}: import it when needed"


@pytest.mark.parametrize(
    "path",
    [p for p in modules() if room(p) == "autograd"],
    ids=lambda p: str(p.name),
)
def test_autograd_names_no_operator(path: Path) -> None:
    """Not even when it runs: the engine knows nodes and cotangents."""
    if path.name not in {"engine.py", "node.py", "leaf.py", "hooks.py", "calls.py"}:
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith(("rushlight.ops", "rushlight.api"))
