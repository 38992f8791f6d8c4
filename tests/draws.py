"""Drawing calls that nobody wrote: the sample table's, with other sizes, values and layouts."""

from __future__ import annotations

import functools
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.samples import ROWS, decompositions, factors, inverses, linalg, norms, rare
from tests.samples.row import Call, Row, Spec, realize
from tests.sweeping import outcome

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")

SIZES = (0, 1, 2, 3, 4, 5, 7)
DTYPES = ("float32", "float64", "float16", "int64", "uint8", "bool", "complex64")
LAYOUTS = ("C", "transposed", "strided", "expanded", "offset", "reversed")
# Whose derivatives are large, or a choice, where singular values meet or vanish.
DENSE = {
    id(row)
    for module in (decompositions, factors, inverses, linalg, norms, rare)
    for row in module.ROWS
    if "norm" not in row.path or "nuclear" in row.path or "matrix" in row.path
}
DENSE |= {id(row) for row in norms.ROWS if row.path in ("norm", "linalg.norm")}
DENSE |= {id(row) for row in ROWS if row.path.startswith("linalg.tensor")}
# Whose arguments and sizes stay as they are. PyTorch does what it is told without a look at the
# bounds; rounding decides which column counts, and what sign an infinity has.
KEPT = ("ctc_loss", "lu_solve", "ldl_solve", "fractional_max_pool", "embedding_bag", "pdist")
KEPT += ("lstsq", "cov", "segment_reduce", "unique_consecutive", "batch_norm")
# What comes in another order by LAPACK (a row puts it in order), and what is divided by 0.
APART = ("linalg.eigvals", "cov without degrees of freedom")
DRAWN = [row for row in ROWS if (row.calls or row.errors) and row.path not in APART]


class Made(NamedTuple):
    """A tensor to be: its values, how it lies in memory, whether it is differentiated."""

    values: Any
    layout: str
    differentiable: bool


class Drawn(NamedTuple):
    """A call to be run in both libraries."""

    seed: int
    row: Row
    sample: Call
    dtype: str
    made: list[Made]

    def __str__(self) -> str:
        tensors = [f"{m.values.dtype}{list(m.values.shape)} {m.layout}" for m in self.made]
        return f"{self.seed}: {self.row.path}({self.sample}) of {self.dtype}: {', '.join(tensors)}"


def specs(value: Any) -> list[Spec]:
    """The tensors in an argument."""
    if isinstance(value, Spec):
        return [value]
    if isinstance(value, (list, tuple)):
        return [s for v in value for s in specs(v)]
    return []


def tensors_of(sample: Call) -> list[Spec]:
    """All tensors of a call, in the order in which they are made."""
    return [s for a in (*sample.args, *sample.kwargs.values()) for s in specs(a)]


def sizes_of(sample: Call) -> list[int]:
    """The sizes in a call that may change."""
    found = {n for s in tensors_of(sample) for n in s.shape if n > 1 and s.values is None}
    return sorted(found)


def resized(s: Spec, new: dict[int, int]) -> Spec:
    """A tensor with other sizes in the place of some, and indices that go as far."""
    if s.values is not None:
        return s
    high = max(new.get(int(s.high), s.high), s.low + 1) if s.kind == "index" else s.high
    return replace(s, shape=tuple(new.get(n, n) for n in s.shape), high=high)


def keeps_size(row: Row, dtype: str) -> bool:
    """Whether other sizes would leave nothing to compare but rounding."""
    if "lowrank" in row.path:  # of fewer singular values than asked for, and of centred squares
        return True
    return dtype == "float16" and "norm" in row.path  # two numbers less their rounded mean


def laid_out(values: Any, layout: str) -> Any:
    """An array of these values that lies in memory as `layout` says."""
    if not values.ndim or layout == "C":
        return values
    if layout == "transposed":
        return np.ascontiguousarray(values.T).T
    if layout == "strided":
        return np.repeat(values, 2, axis=-1)[..., ::2]
    if layout == "offset":
        wide = np.concatenate([values[:1], values[:1], values])
        return wide[len(wide) - len(values) :]  # two on: views as complex want them aligned
    if layout == "expanded" and values.shape[0]:
        return np.broadcast_to(values[:1], values.shape)
    return values


def tensor_of(lib: Any, values: Any, layout: str) -> Any:
    """The tensor, in memory of its own: calls may write to it."""
    if not values.size:
        return lib.empty(values.shape, dtype=getattr(lib, str(values.dtype)))
    values = np.array(values)
    if layout == "reversed" and values.ndim:  # torch has no negative strides: a flipped copy
        return lib.from_numpy(np.ascontiguousarray(values[::-1])).flip(0)
    placed = laid_out(values, layout)
    made = lib.from_numpy(np.array(placed) if layout in ("C", "expanded") else placed)
    return (
        made[:1].expand(*made.shape)
        if layout == "expanded" and len(made.shape) and len(made)
        else made
    )


def conditioned(values: Any, axes: tuple[int, int]) -> Any:
    """Matrices like these, with singular values and eigenvalues well apart, and from zero."""
    if values.ndim < -min(axes):
        return values
    values = np.array(np.moveaxis(values, axes, (-2, -1)))
    if values.dtype == np.bool_:
        values = np.triu(values)
    elif values.dtype.kind in "iu":
        values %= 2
    else:
        values *= values.dtype.type(0.1)
    for i in range(min(values.shape[-2:])):
        values[..., i, i] += values.dtype.type(i + 1)
    return np.moveaxis(values, (-2, -1), axes)


@functools.cache
def supported(at: int, which: int, dtype: str) -> bool:
    """Whether PyTorch takes this call of this row in this dtype."""
    row = DRAWN[at]
    sample = row.calls[which]
    return outcome(lambda: row.run(torch, *realize(torch, sample, dtype)[:2]))[1] is None


def other(pick: Random, value: Any) -> Any:
    """Another argument of the same kind: a flag flipped, a dimension moved, a list cut short."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return pick.randint(-4, 6)
    if isinstance(value, float):
        return pick.choice((0.0, -1.0, 0.5, 2.0))
    if isinstance(value, str) and value.startswith("dtype:"):
        return f"dtype:{pick.choice(DTYPES)}"
    if isinstance(value, (list, tuple)) and all(type(v) is int for v in value):
        at = pick.randint(0, len(value))
        new = [pick.randint(-4, 6)] * (at == len(value) or pick.random() < 0.5)
        return type(value)([*value[:at], *new, *value[at + 1 :]])
    return value


def changed(pick: Random, sample: Call) -> Call:
    """The call with one of its arguments changed, where one can be."""
    args, kwargs = list(sample.args), dict(sample.kwargs)
    places: list[Any] = [i for i, a in enumerate(args) if not specs(a)]
    places += [k for k, a in kwargs.items() if not specs(a)]
    if places:
        place = pick.choice(places)
        into: Any = args if isinstance(place, int) else kwargs
        into[place] = other(pick, into[place])
    return Call(tuple(args), kwargs)


def draw(seed: int) -> Drawn | None:
    """The call of this number: a row, a call of it, a dtype, and for each tensor its values and
    layout. None where the dtype hasn't got the values that the call names.

    One fault a call, for which of two is found first is nobody's promise: a call that the table
    says is wrong, or a dtype that PyTorch hasn't got, or other sizes, or another argument."""
    pick = Random(seed)
    at = pick.randrange(len(DRAWN))
    row = DRAWN[at]
    which = pick.randrange(len(row.calls) + len(row.errors))
    wrong = which >= len(row.calls)
    dtype = "float64" if wrong else pick.choice(row.dtypes)
    sample: Call = row.errors[which - len(row.calls)] if wrong else row.calls[which]
    taken = wrong or supported(at, which, dtype)
    new: dict[int, int] = {}
    if taken and not wrong and not any(name in row.path for name in KEPT):
        change = pick.choice(("size", "size", "size", "argument", "nothing", "nothing"))
        if change == "size" and not keeps_size(row, dtype):
            new = {n: pick.choice(SIZES) for n in sizes_of(sample)}
        elif change == "argument" and not (id(row) in DENSE and row.fn):  # `fn` fits what it calls
            sample = changed(pick, sample)
    made = []
    for s in tensors_of(sample):
        layout = pick.choice(LAYOUTS) if taken else "C"
        if layout == "expanded" and (id(row) in DENSE or s.values is not None):
            layout = "C"
        plain = resized(s, new)
        try:
            values = plain.array(dtype, pick.randrange(2**31))
        except (OverflowError, ValueError):  # nan, or -1, and a dtype that hasn't them
            return None
        if s.kind == "float" and s.values is None and id(row) in DENSE:
            values = conditioned(values, (-3, -2) if "complex" in row.path else (-2, -1))
        elif s.kind == "float" and values.dtype.kind == "f" and pick.random() < 0.5:
            values = (np.round(values * 2) / 2).astype(values.dtype)  # ties, zeros
            values = np.clip(values, s.low, s.high).astype(values.dtype)
        made.append(Made(np.asarray(values), layout, plain.differentiable))
    return Drawn(seed, row, sample, dtype, made)
