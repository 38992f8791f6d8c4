"""Write the operator tables of docs/coverage.md: what each operator of PyTorch can do here.

    PYTHONPATH=src:. python -m tests.operator_table

The names are PyTorch's own. What is said of them comes of the sample table: each of a name's rows
is run under both libraries, in every dtype, differentiated once and twice, and pushed forward.
"""

from __future__ import annotations

import importlib
import inspect
import re
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch

import rushlight
from tests.samples import ROWS
from tests.samples.row import Call, Row, realize
from tests.sweeping import cotangent, flat, has_leaves, run_with, tracked

__all__ = ["PAGE", "START", "Operator", "operators", "page", "told"]

PAGE = Path(__file__).parents[1] / "docs" / "coverage.md"
START = "# Operators\n"
GROUPS = {
    "b": ("bool",),
    "i": ("uint8", "int8", "int16", "int32", "int64"),
    "h": ("float16",),
    "f": ("float32", "float64"),
    "c": ("complex64", "complex128"),
}
ROOMS = ("torch", "linalg", "fft", "special", "nn.functional", "Tensor")

# Why something isn't there: the first pattern that a name matches.
REASONS = {
    r"quant|q_(scale|zero|per)|qscheme|int_repr|fused_moving|choose_qparams": "quantised tensors",
    r"sparse|coalesce|(crow|ccol|col|row)_indices|^(indices|values)(_copy)?$|^(dsmm|hsmm|hspmm|"
    r"saddmm|smm|spmm|sspaddmm)$|to_padded": "sparse and jagged tensors",
    r"cudnn|miopen|mkldnn|fbgemm|cufft|batch_norm_|_gather_stats|is_vulkan|^(ipu|mtia|xpu)$|"
    r"record_stream|is_distributed": "other devices and libraries",
    r"^sym_|^(cond|while_loop|compile)$|import_ir|autocast_(ipu|xla)": "`torch.compile`, symbols",
    r"(scaled|grouped)_mm": "products of accelerators' number formats",
    r"^module_load$": "for `torch.__future__`'s swapping of parameters",
    r"^native_norm$": "PyTorch has no kernel for the CPU",
    r"^(index|reinforce|storage_type)$": "remains of other interfaces (functorch's dimensions, "
    "stochastic functions, typed storages)",
    r"named|names|align_|rename|refine|unflatten_names": "named dimensions",
}

LATER = "not yet"


class Operator(NamedTuple):
    """A line of a table."""

    room: str
    name: str
    cells: tuple[str, ...]  # forward, backward, twice, forward mode, dtypes, in place, out, remark

    def line(self) -> str:
        return f"| `{self.name}` | " + " | ".join(self.cells) + " |"


NO_OPERATORS = re.compile(
    "^_|_$|torch_function|^(assert_int_or_pair|boolean_dispatch|classproperty)$"
)


def names_of(room: str) -> list[str]:
    """The operators that PyTorch shows in one of its rooms."""
    found: set[str]
    if room == "torch":
        found = {*dir(torch._C._VariableFunctions), *torch.functional.__all__}
        found = {name for name in found if hasattr(torch, name)}
    elif room == "Tensor":
        found = {n for n in dir(torch.Tensor) if callable(getattr(torch.Tensor, n))}
        found -= set(names_of("torch"))
    else:
        functions = (types.FunctionType, types.BuiltinFunctionType)
        found = {
            name
            for name, value in vars(room_of(torch, room)).items()
            if isinstance(value, functions)
        }
    return sorted(name for name in found if not NO_OPERATORS.search(name))


def room_of(lib: Any, room: str) -> Any:
    """The module or class of a library that a room of the tables stands for."""
    if room in ("torch", "Tensor"):
        return lib if room == "torch" else lib.Tensor
    return importlib.import_module(f"{lib.__name__}.{room}")


def ours(room: str, name: str) -> Any:
    """What Rushlight has under a name, or None."""
    try:
        return getattr(room_of(rushlight, room), name, None)
    except (NotImplementedError, RuntimeError):  # refused where it is looked up
        return None


def rows_of(room: str, name: str) -> list[Row]:
    """The rows of a name, or those of the same function in another room."""
    for other in (room, *ROOMS):
        if ours(other, name) is not ours(room, name):
            continue
        path = name if other == "torch" else f"{other}.{name}"
        if rows := [row for row in ROWS if row.path == path]:
            return rows
    return []


def works(run: Callable[[Any], Any]) -> bool:
    """Whether both libraries can do this."""
    for lib in (torch, rushlight):
        try:
            if not run(lib):
                return False
        except Exception:
            return False
    return True


def samples(rows: list[Row]) -> Iterator[tuple[Row, Call]]:
    """A few calls of each row are enough to see what there is."""
    for row in rows:
        for sample in row.calls[:6]:
            yield row, sample


def computes(lib: Any, row: Row, sample: Call, dtype: str) -> bool:
    row.run(lib, *realize(lib, sample, dtype)[:2])
    return True


def differentiates(lib: Any, row: Row, sample: Call, order: int) -> bool:
    """Whether a call can be differentiated once or twice."""
    args, kwargs, leaves = realize(lib, sample, grad=True)
    outs = tracked(lib, row.run(lib, args, kwargs))
    if not outs or not leaves:
        return False
    first = lib.autograd.grad(
        outs,
        leaves,
        [cotangent(lib, t, i) for i, t in enumerate(outs)],
        create_graph=order == 2,
        allow_unused=True,
    )
    firsts = [g for g in first if g is not None]
    if order == 1 or not firsts:
        return bool(firsts)
    firsts = [g for g in firsts if g.requires_grad]
    again = [cotangent(lib, g, 10 + i) for i, g in enumerate(firsts)]
    lib.autograd.grad(firsts, leaves, again, allow_unused=True)
    return True


def pushes(lib: Any, row: Row, sample: Call) -> bool:
    """Whether a call takes dual tensors."""
    ad = lib.autograd.forward_ad
    args, kwargs, leaves = realize(lib, sample, grad=True)
    with ad.dual_level():
        duals = {id(t): ad.make_dual(t.detach(), lib.ones_like(t.detach())) for t in leaves}
        result = run_with(lib, row, args, kwargs, duals)
        return any(ad.unpack_dual(t).tangent is not None for t in flat(result))


def has_out(lib: Any, row: Row, sample: Call) -> bool:
    """Whether a call takes ``out=``."""
    args, kwargs, _ = realize(lib, sample)
    results = row.run(lib, args, kwargs)
    outs = [lib.empty(0, dtype=t.dtype) for t in flat(results)]
    row.run(lib, args, {**kwargs, "out": outs[0] if isinstance(results, lib.Tensor) else outs})
    return True


def writes_out(room: str, name: str) -> str:
    """Whether ``out=`` is there, by what is written of it: for rows that wrap their function."""
    theirs = getattr(room_of(torch, room), name)
    mine = inspect.signature(ours(room, name)).parameters
    return "yes" if "out" in mine and "out=" in (theirs.__doc__ or "") else ""


def in_place(name: str) -> str:
    """Whether there is a method that writes in place, in PyTorch and here."""
    if not hasattr(torch.Tensor, f"{name}_"):
        return ""
    return "yes" if hasattr(rushlight.Tensor, f"{name}_") else "no"


def why(name: str) -> str:
    return next((text for pattern, text in REASONS.items() if re.search(pattern, name)), LATER)


def operator(room: str, name: str) -> Operator:
    """Find out what there is of one name."""
    pairs = [] if ours(room, name) is None else list(samples(rows_of(room, name)))
    refused = not pairs and why(name) != LATER  # what is there only raises an error that says so
    if refused or ours(room, name) is None:
        return Operator(room, name, ("no", "", "", "", "", "", "", why(name)))
    if not pairs:
        return Operator(room, name, ("yes", "", "", "", "", in_place(name), "", ""))
    ways = [(r, s) for r, s in pairs if r.grad and has_leaves(s)]

    straight = [p for p in pairs if p[0].fn is None and "out" not in p[1].kwargs]

    def some(kind: Callable[..., bool], calls: list[tuple[Row, Call]], *rest: Any) -> str:
        found = any(works(lambda lib, r=r, s=s: kind(lib, r, s, *rest)) for r, s in calls)
        return "yes" if found else ""

    kinds = [key for key, group in GROUPS.items() if any(some(computes, pairs, d) for d in group)]
    return Operator(
        room,
        name,
        (
            "yes",
            some(differentiates, ways, 1),
            some(differentiates, ways, 2),
            some(pushes, ways),
            " ".join(kinds),
            in_place(name),
            some(has_out, straight) if straight else writes_out(room, name),
            "",
        ),
    )


def operators(room: str) -> list[Operator]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [operator(room, name) for name in names_of(room)]


def page() -> str:
    """The tables, with their counts."""
    parts = [START]
    parts.append("""
All that PyTorch 2.13 shows as functions and methods of tensors. `python -m tests.operator_table`
writes these tables from PyTorch's names and from the repository's sample table, of which it runs
each name's rows under both libraries; "yes" means that both did it. Empty: PyTorch has it not, or
no sample row asks for it. Dtypes: `b`ool, `i`ntegers, `h`alf (float16 and bfloat16), `f`loat32 and
float64, `c`omplex.
""")
    for room in ROOMS:
        found = operators(room)
        there = [o for o in found if o.cells[0] == "yes"]
        title = room if room in ("torch", "Tensor") else f"torch.{room}"
        parts.append(f"\n## Operators of `{title}`: {len(there)} of {len(found)}\n\n")
        parts.append(
            "| name | forward | backward | twice | forward mode | dtypes | in place | out |"
        )
        parts.append(" why not |\n|---|---|---|---|---|---|---|---|---|\n")
        parts.extend(o.line() + "\n" for o in found)
    return "".join(parts)


def told() -> dict[str, dict[str, str]]:
    """What the page says: of each room's names, whether they are there."""
    found: dict[str, dict[str, str]] = {}
    room = ""
    for line in PAGE.read_text().partition(START)[2].splitlines():
        if line.startswith("## Operators of"):
            room = line.split("`")[1].removeprefix("torch.")
            found[room] = {}
        elif line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            found[room][cells[0].strip("`")] = cells[1]
    return found


if __name__ == "__main__":
    before = PAGE.read_text().partition(START)[0].rstrip("\n")
    PAGE.write_text(f"{before}\n\n{page()}")
