"""Where the values are that the parameters of formulas name: found once for each operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rushlight.ops.nodes import Output
from rushlight.tensor import Tensor, bare

if TYPE_CHECKING:
    from rushlight.ops.operator import Operator

__all__ = ["Place", "keep", "place_of", "shape_of", "value_at"]

ARGUMENT, REST, OUTPUT, SHAPE, DTYPE, SHAPES, NEEDS = range(7)

Place = tuple[str, int, int]  # a parameter's name, what it stands for, and of which argument


def place_of(op: Operator, name: str) -> Place:
    """Find what the parameter `name` of a formula stands for."""
    if name in op.args:
        i = op.args.index(name)
        return name, REST if op.variadic and i == len(op.args) - 1 else ARGUMENT, i
    if name in op.outputs:
        return name, OUTPUT, op.outputs.index(name)
    if name == "needs":
        return name, NEEDS, 0
    base, _, what = name.rpartition("_")
    kind = {"shape": SHAPE, "dtype": DTYPE, "shapes": SHAPES}.get(what)
    if kind is None or base not in op.args:
        raise NameError(f"{op.name}: the formula's parameter {name!r} names nothing")
    return name, kind, op.args.index(base)


def value_at(place: Place, args: Sequence[Any], outs: Any, edges: Any) -> Any:
    """Return what stands in a place in one call."""
    _, kind, i = place
    if kind == ARGUMENT:
        return args[i]
    if kind == SHAPE:
        return shape_of(args[i])
    if kind == OUTPUT:
        return output_of(outs, i)
    if kind == DTYPE:
        a = args[i]
        return a._array.dtype if isinstance(a, Tensor) else np.asarray(a).dtype
    if kind == NEEDS:
        return tuple([e is not None for e in edges])
    if kind == REST:
        return tuple(args[i:])
    return tuple([shape_of(a) for a in args[i:]])


def keep(
    node: Any,
    places: Sequence[Place],
    args: Sequence[Any],
    outs: Any,
    conjugate: bool,
    rewrapped: bool = True,
) -> None:
    """Store what formulas want in a node: tensors, which a backward pass frees, and parameters.

    Outputs are stored raw, to be `rewrapped`, or else as the Tensors they are.
    """
    node.saved = saved = dict[str, Any]()
    node.params = params = dict[str, Any]()
    node.versions = versions = dict[str, Any]()
    for place in places:
        name, kind, i = place
        if kind == ARGUMENT:
            value = args[i]
            if isinstance(value, Tensor):
                saved[name] = value
                versions[name] = value._counter[0]
            elif type(value) is tuple and value and isinstance(value[0], Tensor):
                saved[name] = value
                versions[name] = tuple([t._counter[0] for t in value])
            elif type(value) is complex and conjugate:
                params[name] = value.conjugate()
            else:
                params[name] = value
        elif kind == OUTPUT:
            if rewrapped:
                saved[name] = output_of(outs, i)
            else:
                saved[name] = out = outs[i] if type(outs) is tuple else outs
                versions[name] = out._counter[0]
        elif kind == REST:
            saved[name] = rest = tuple(args[i:])
            versions[name] = tuple([t._counter[0] for t in rest])
        else:
            params[name] = value_at(place, args, outs, node.edges)


def output_of(outs: Any, i: int) -> Output:
    """Output number `i` of a call, as a node saves it."""
    out = outs[i] if type(outs) is tuple else outs
    saved = Output(out._array, out._counter, i)
    if out._interpreter is not None:
        saved.twin = bare(out)
    return saved


def shape_of(a: Any) -> tuple[int, ...]:
    """The shape of a Tensor, ndarray or number as a plain tuple."""
    return a._array.shape if isinstance(a, Tensor) else np.shape(a)
