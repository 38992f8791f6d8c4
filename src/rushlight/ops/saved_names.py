"""PyTorch's names for what a node keeps: ``_saved_self``, ``_raw_saved_result``, ``_saved_dim``.

PyTorch calls these after the arguments of its C++ functions; here a node keeps values under the
names that the operator's formulas use. `rushlight.ops.saved_table` says which is which. Both
modules are opened by the first look at one of these attributes, or by the first hook of saved
tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any

import numpy as np

from rushlight.autograd.saved_tensor import saved_tensor
from rushlight.ops.kept import entry_of, named_tensor, optional
from rushlight.ops.saved_table import COMPOSED, TABLE
from rushlight.tensor import Tensor, wrap

__all__ = ["fields", "packing_order", "raw_field", "raw_names", "read_field", "reading_order"]

# Where PyTorch saves a Python number as a tensor.
_TENSORS = ("DivBackward0", "MulBackward0")

# PyTorch shows these integers without their sign, so that -1 is 2**64 - 1.
_UNSIGNED = frozenset(
    ("diagonal", "dim", "dim0", "dim1", "dim2", "dims", "divisor_override", "ignore_index")
    + ("index", "k", "offset", "pad", "padding", "padding_idx", "shifts", "start")
)


# Arguments that are a tensor or None.
_NO_TENSOR = ("pos_weight", "weight")


# -- readers -------------------------------------------------------------------------------------


def _last_step(node: Any) -> tuple[tuple[int, ...], int, Any]:
    """The sizes before the last step of a basic index, the axis of that step, and its item."""
    settings = node.settings()
    index = settings["index"] if type(settings["index"]) is tuple else (settings["index"],)
    shape = list(settings.get("x_shape", (0,) * 64))
    axis = 0
    found: tuple[tuple[int, ...], int, Any] = (tuple(shape), 0, slice(None))
    for i, item in enumerate(index):
        if item is Ellipsis:
            axis = len(shape) - sum(later is not None for later in index[i + 1 :])
        elif item is None:
            found = (tuple(shape), axis, item)
            shape.insert(axis, 1)
            axis += 1
        elif type(item) is slice:
            if item != slice(None):
                found = (tuple(shape), axis, item)
                shape[axis] = len(range(*item.indices(shape[axis])))
            axis += 1
        else:
            found = (tuple(shape), axis, item)
            del shape[axis]
    return found


def _slice_of(node: Any) -> slice:
    item = _last_step(node)[2]
    return item if type(item) is slice else slice(None)


def _end(node: Any) -> int:
    end = _slice_of(node).stop
    return 2**63 - 1 if end is None else int(end)


def _indices(node: Any) -> list[Any]:
    """What stands at each place of an advanced index: None for a dimension that is taken whole.

    That is the name of a tensor, or else an array, which a list or an array was made into.
    """
    arrays = list(node.params[1])
    while arrays[-1] is None:
        arrays.pop()
    names = list(node.positions())
    if len(names) != sum(a is not None for a in arrays):
        names = [n for n in names if isinstance(entry_of(node, n), Tensor)]
        own = {id(entry_of(node, n)._array): n for n in names}
        return [None if a is None else own.get(id(a), a) for a in arrays]
    tensors = iter(names)
    return [None if a is None else next(tensors) for a in arrays]


READERS: dict[str, Callable[[Any, Any], Any]] = {
    "align": lambda grid, node: grid.align_corners,
    "arrays": lambda arrays, node: tuple([a if a is None else wrap(a) for a in arrays]),
    "blank": lambda form, node: form.blank,
    "code": lambda reduction, node: ("none", "mean", "sum").index(reduction),
    "dilation": lambda windows, node: windows.dilation,
    "first": lambda values, node: values[0],
    "kernel": lambda windows, node: windows.kernel,
    "last_size": lambda t, node: t._array.shape[-1],
    "no": lambda _, node: False,
    "mode": lambda form, node: ("bilinear", "nearest", "bicubic").index(form.mode),
    "normalized": lambda count, node: node.saved["x"]._array.shape[-count:],
    "numel": lambda shape, node: prod(shape),
    "one": lambda _, node: 1,
    "or_one": lambda alpha, node: 1 if alpha is None else alpha,
    "out": lambda grid, node: grid.out,
    "outside": lambda form, node: ("zeros", "border", "reflection").index(form.padding),
    "padding": lambda windows, node: windows.padding,
    "scales": lambda grid, node: _scale(grid, -1),
    "scales_d": lambda grid, node: _scale(grid, -3),
    "scales_h": lambda grid, node: _scale(grid, -2),
    "scales_w": lambda grid, node: _scale(grid, -1),
    "size0": lambda t, node: t._array.shape[0],
    "size1": lambda t, node: t._array.shape[1],
    "size2": lambda t, node: t._array.shape[2],
    "size_first": lambda windows, node: windows.size[0],
    "size_last": lambda windows, node: windows.size[-1],
    "sizes": lambda t, node: t._array.shape,
    "step_dim": lambda _, node: _last_step(node)[1],
    "step_end": lambda _, node: _end(node),
    "step_index": lambda _, node: _last_step(node)[2],
    "step_sizes": lambda _, node: _last_step(node)[0],
    "step_start": lambda _, node: _slice_of(node).start or 0,
    "step_step": lambda _, node: _slice_of(node).step or 1,
    "stride": lambda windows, node: windows.stride,
    "strides": lambda t, node: t.stride(),
    "t_sizes": lambda t, node: t._array.shape[::-1],
    "t_strides": lambda t, node: t.stride()[::-1],
    "transposed": lambda t, node: t.t(),
    "two": lambda _, node: 2,
    "zero_infinity": lambda form, node: form.zero_infinity,
}


def _scale(grid: Any, axis: int) -> Any:
    """What the output was asked to be times the input; we keep the inverse."""
    scale = grid.scales[axis]
    return None if scale is None else 1 / scale


# -- what a node has -----------------------------------------------------------------------------


Field = tuple[str, str]  # the formula's name of a value, and its reader


@cache
def _table() -> dict[str, dict[str, Field]]:
    lines = TABLE.strip().replace("\n    ", " ").splitlines()
    found = {}
    for line in lines:
        nodes, _, names = line.partition(": ")
        row = _row(names)
        for node in nodes.split():
            name, _, number = node.removesuffix("_copy").partition(".")
            found[f"{name}Backward{number or 0}" + "_copy" * node.endswith("_copy")] = row
    return found


def _row(names: str) -> dict[str, Field]:
    row = {}
    for item in names.split():
        name, _, source = item.partition("=")
        ours, _, reader = (source or name).partition(":")
        row[name] = (ours, reader)
    return row


def _fields_of(node: Any) -> dict[str, Field]:
    """PyTorch's names for what nodes like this one may keep."""
    op = getattr(node, "op", None)
    composed = COMPOSED.get(op.name) if op is not None else None
    if composed is not None:
        return _row(composed.get(node.name(), ""))
    return _table().get(node.name(), {})


def fields(node: Any) -> dict[str, Field]:
    """PyTorch's names for what this node keeps, and where each comes from."""
    here = {*node.positions(), *node.settings(), *optional(node)}
    return {
        name: (ours, reader)
        for name, (ours, reader) in _fields_of(node).items()
        if ours in here or not ours or reader == "or_one"
    }


def _field(node: Any, name: str, prefix: str) -> Field:
    field = fields(node).get(name)
    if field is None:
        raise AttributeError(f"{type(node).__name__!r} object has no attribute {prefix + name!r}")
    return field


def read_field(node: Any, name: str) -> Any:
    """Return ``node._saved_<name>``: unpacked, after a look at its version, if it is a tensor."""
    ours, reader = _field(node, name, "_saved_")
    if reader == "indices":
        return tuple([i if i is None else _index_tensor(node, i) for i in _indices(node)])
    settings = node.settings()
    if ours in settings:
        value = settings[ours]
    else:
        value = named_tensor(node, ours) if ours and reader != "or_one" else None
    if reader and (value is not None or not ours or reader == "or_one"):
        value = READERS[reader](value, node)
    elif reader in ("sizes", "strides") and value is None:
        raise AttributeError(f"the tensor that _saved_{name} is of isn't kept: nobody needs it")
    if name in _UNSIGNED:
        if type(value) is tuple:
            return tuple([_unsigned(i) for i in value])
        return _unsigned(value)
    if isinstance(value, (int, float, complex)) and node.name() in _TENSORS:
        return wrap(np.asarray(value))
    return value


def _unsigned(value: Any) -> Any:
    return value + 2**64 if type(value) is int and value < 0 else value


def _index_tensor(node: Any, index: Any) -> Any:
    return named_tensor(node, index) if type(index) is str else wrap(index)


def raw_field(node: Any, name: str) -> Any:
    """Return ``node._raw_saved_<name>``, a `SavedTensor` or a tuple of them."""
    ours, reader = _field(node, name, "_raw_saved_")
    if reader == "indices":
        return tuple([saved_tensor(node, i if type(i) is str else "") for i in _indices(node)])
    if name not in raw_names(node):
        raise AttributeError(f"{type(node).__name__!r} object has no attribute '_raw_saved_{name}'")
    return saved_tensor(node, ours)


def raw_names(node: Any) -> list[str]:
    """The names of `fields` that are tensors."""
    settings = node.settings()
    missing = _NO_TENSOR if node.name() != "ClampBackward0" else ("max", "min")
    return [
        name
        for name, (ours, reader) in fields(node).items()
        if reader in ("", "indices", "transposed")
        and (ours not in settings or (name in missing and settings[ours] is None))
    ]


def reading_order(node: Any) -> list[str]:
    """The tensors among `fields` in the order in which PyTorch reads them: outputs at the end."""
    row = fields(node)
    outputs = getattr(getattr(node, "op", None), "outputs", ("y",))
    return sorted(raw_names(node), key=lambda name: (row[name][0] in outputs, name))


def packing_order(node: Any) -> list[str]:
    """What a node keeps in the order in which PyTorch packs it: inputs, then outputs, by name."""
    names = node.positions()
    theirs = {ours: name for name, (ours, _) in reversed(_fields_of(node).items())}
    outputs = getattr(getattr(node, "op", None), "outputs", ("y",))
    return sorted(names, key=lambda n: (n in outputs, theirs.get(n, n)))
