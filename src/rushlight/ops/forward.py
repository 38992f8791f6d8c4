"""Forward mode: how an Operator maps tangents, derived from its one declaration.

With J the Jacobian at the inputs and t their tangents, the output's tangent is J t:

- pointwise: J is diagonal, so the reverse formula applied to t is J t already;
- linear: the operator itself; multilinear: one operator call an input, with that input its tangent;
- general: the operator's own ``jvp``, or else the transpose of the transpose. The reverse formula
  u -> J^T u is linear in u, so *its* reverse derivative, at any u, applied to t is J t (the "double
  backward trick"; Griewank and Walther, Evaluating Derivatives, 2nd ed., section 3.2, calls the two
  maps adjoint to each other). It costs two evaluations of the formula.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rushlight.autograd.backward import grad
from rushlight.autograd.modes import enable_grad, mode
from rushlight.ops.fitting import cast_to, expand
from rushlight.ops.operator import top_transform
from rushlight.tensor import LEAF, Tensor, wrap

if TYPE_CHECKING:
    from rushlight.ops.operator import Operator, Rule

__all__ = ["push"]

Tangents = Sequence[Tensor | None]


def push(op: Operator, args: Sequence[Any], tangents: Tangents, outs: Any) -> Any:
    """Return the tangent of each output (None for zero), given those of all `args`."""
    if op.kind == "constant" or all(t is None for t in tangents):
        return _like(outs, None)
    if op.jvp is not None:
        result = op.jvp.formula(*_values(op, op.jvp, args, outs, tangents))
    elif op.kind == "pointwise" and op.together is None:
        result = _pointwise(op, args, tangents, outs)
    elif op.kind == "linear":
        result = op(
            *[_tangent_or_zero(op, i, a, t) for i, (a, t) in enumerate(zip(args, tangents))]
        )
    elif op.kind == "multilinear":
        result = _multilinear(op, args, tangents)
    else:
        result = _transpose_twice(op, args, tangents, outs)
    return _fit(result, outs)


def _like(outs: Any, value: Any) -> Any:
    return tuple(value for _ in outs) if type(outs) is tuple else value


def _fit(result: Any, outs: Any) -> Any:
    """Give tangents the shape and dtype of their outputs; outputs without derivative get none."""
    if type(outs) is tuple:
        results = result if isinstance(result, (tuple, list)) else (result,)
        padded = [*results, *[None] * (len(outs) - len(results))]
        return tuple(_fit(r, o) for r, o in zip(padded, outs))
    if result is None or outs._array.dtype.kind not in "fcV":
        return None
    if result.shape != outs.shape:
        result = expand(result, tuple(outs.shape))
    if result.dtype is not outs.dtype:
        result = cast_to(result, outs.dtype.numpy)
    return result


def _values(
    op: Operator, rule: Rule, args: Sequence[Any], outs: Any, tangents: Tangents
) -> list[Any]:
    """What a forward formula names: ``x_t`` the tangent of x (zeros for none), and values."""
    code = rule.formula.__code__
    values = []
    for name in code.co_varnames[: code.co_argcount]:
        if name == "t":
            values.append(next(t for t in tangents if t is not None))
        elif name.endswith("_t") and name[:-2] in op.args:
            i = op.args.index(name[:-2])
            values.append(_tangent_or_zero(op, i, args[i], tangents[i]))
        else:
            values.append(_value(op, name, args, outs))
    return values


def _value(op: Operator, name: str, args: Sequence[Any], outs: Any) -> Any:
    if name in op.outputs and name not in op.args:
        return outs[op.outputs.index(name)] if type(outs) is tuple else outs
    return op.value(name, args, outs)


def _tangent_or_zero(op: Operator, i: int, a: Any, t: Tensor | None) -> Any:
    """The tangent that stands in for argument `a`: zeros where it has none, `a` for parameters."""
    differentiable = i in op.positions or (op.variadic and i >= op.positions[0])
    if not differentiable or a is None:
        return a  # also where it has a tangent: the operator isn't differentiated by it
    if t is not None:
        return t
    if isinstance(a, Tensor):
        return wrap(np.zeros(a._array.shape, a._array.dtype))
    return a * 0  # a Python number among the operands


def _pointwise(op: Operator, args: Sequence[Any], tangents: Tangents, outs: Any) -> Any:
    total = None
    for key, position in zip(op.inputs, op.positions):
        t = tangents[position]
        if t is not None:
            rule = op.rules[key]
            part = rule.formula(t, *[_value(op, name, args, outs) for name in rule.names])
            total = part if total is None else total + part
    return total


def _multilinear(op: Operator, args: Sequence[Any], tangents: Tangents) -> Any:
    total: Any = None
    for position in range(op.positions[0], len(args)) if op.variadic else op.positions:
        t = tangents[position]
        if t is not None:
            part = op(*args[:position], t, *args[position + 1 :])
            total = part if total is None else total + part
    return total


def _transpose_twice(op: Operator, args: Sequence[Any], tangents: Tangents, outs: Any) -> Any:
    several = type(outs) is tuple
    transform = top_transform((*args, *(outs if several else (outs,))))
    us: list[Any] = []
    for i, out in enumerate(outs if several else (outs,)):
        constant = several and not op.variable_outputs and op.outputs[i] in op.constant
        u = None
        if not constant and out._array.dtype.kind in "fcV":
            u = wrap(np.zeros(out._array.shape, out._array.dtype))
            if transform is not None:
                u = transform.lift(u)  # where the formula's results will have their history
            u._edge = LEAF
        us.append(u)
    leaves = [u for u in us if u is not None]
    wanted = [t for t in _inputs(op, tangents) if t is not None]
    with enable_grad():
        node = op.shell(args, [t is not None for t in _inputs(op, tangents)], outs)
        pulled = node.vjp_graph(us if several else us[0], node.edges)
        pairs = [
            (p, t) for p, t in zip((p for p in pulled if p is not None), wanted) if p.requires_grad
        ]
        if not pairs:
            return None
        found = grad(
            [p for p, _ in pairs],
            leaves,
            [t for _, t in pairs],
            create_graph=True,
            allow_unused=True,
        )
    if not mode.grad:
        found = tuple(f if f is None else f.detach() for f in found)
    if not several:
        return found[0]
    results = iter(found)
    return tuple(None if u is None else next(results) for u in us)


def _inputs(op: Operator, xs: Sequence[Any]) -> Sequence[Any]:
    return op.input_args(xs)
