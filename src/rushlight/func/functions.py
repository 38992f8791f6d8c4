"""Custom Functions under transforms.

A call of a `Function` on tensors of a transform (see `rushlight.func.levels`) is two things at
once. One level down it is a call on the values: under `vmap` that of the Function's ``vmap``
staticmethod, or of the `Mapped` Function that is made of it; under `jvp` a plain call, beside which
``jvp`` makes the tangents. And on its own level it is one node, as any call, whose ``backward`` is
the user's, run on tensors of this level. So ``forward`` runs once, at the bottom, and
``setup_context`` once on each level, which is why transforms need it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rushlight.autograd.function import Function, call_of
from rushlight.autograd.function_jvp import pushed_by
from rushlight.autograd.modes import no_grad
from rushlight.func.batched import BatchLevel
from rushlight.func.mapped import mapped_function
from rushlight.func.pushed import PushLevel
from rushlight.func.trees import broadcast_prefix, flatten, unflatten
from rushlight.tensor import Tensor

__all__ = ["VmapInfo", "apply_at"]

_MORE = "For more details, please see https://pytorch.org/docs/main/notes/extending.func.html"


class VmapInfo(NamedTuple):
    """What a ``vmap`` staticmethod is told of the transform."""

    batch_size: int
    randomness: str


def apply_at(cls: type[Function], args: Sequence[Any], level: Any) -> Any:
    """Call a Function on arguments of which some belong to `level`, and none to one inside of it.

    Raises RuntimeError where it says too little, or too much, of itself.
    """
    if cls.setup_context is Function.setup_context:
        raise RuntimeError(
            "In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, "
            f"jacrev, ...), it must override the setup_context staticmethod. {_MORE}"
        )
    run = _batched if isinstance(level, BatchLevel) else _pushed
    return call_of(cls, args, level, lambda: run(cls, args, level))


def _relifted(
    outs: Sequence[Any], values: Sequence[Any], args: Sequence[Any], lift: Callable[..., Any]
) -> list[Any]:
    """Lift outputs; an input that comes out as it went in is the argument itself."""
    known = {id(v): a for v, a in zip(values, args) if isinstance(v, Tensor)}
    results = []
    for i, out in enumerate(outs):
        if id(out) in known:
            out = known[id(out)]
        elif isinstance(out, Tensor):
            out = lift(i, out)
        results.append(out)
    return results


# -- vmap ------------------------------------------------------------------------------------------


def _batched(cls: type[Function], args: Sequence[Any], level: BatchLevel) -> Any:
    """Run a Function on the examples of a `BatchLevel`, and lift the outputs."""
    leaves, spec = flatten(tuple(args))
    own = cls.vmap is not Function.vmap
    if cls.generate_vmap_rule and own:
        raise RuntimeError(
            f"You tried to vmap over {cls.__name__}, but it has both generate_vmap_rule=True and "
            "an overridden vmap staticmethod. Please set generate_vmap_rule=False or delete the "
            f"overridden vmap staticmethod to avoid ambiguity. {_MORE}"
        )
    if not (cls.generate_vmap_rule or own):
        raise RuntimeError(
            f"You tried to vmap over {cls.__name__}, but it does not have vmap support. Please "
            "override and implement the vmap staticmethod or set generate_vmap_rule=True. "
            f"{_MORE}"
        )
    if own:
        values, dims = map(list, zip(*map(level.unmoved, leaves))) if leaves else ([], [])
    else:
        values = [level.value(a) for a in leaves]
        dims = [0 if level.is_mapped(a) else None for a in leaves]
    inputs = unflatten(values, spec)
    if all(d is None for d in dims):
        result = cls.apply(*inputs), None
    elif own:
        info = VmapInfo(level.size, level.randomness)
        result = cls.vmap(info, unflatten(dims, spec), *inputs)
        _check_pair(result)
    else:
        result = mapped_function(cls, unflatten(dims, spec), level)(*inputs)
    output, out_dims = result
    outs, out_spec = flatten(output)
    places = broadcast_prefix(out_dims, out_spec)
    if places is None:
        raise RuntimeError(
            "The autograd.Function's vmap staticmethod returned an incompatible (output, out_dims) "
            f"tuple. Expected out_dims={out_dims} to be compatible with the structure of `output`. "
            f"out_dims has structure {flatten(out_dims)[1]!r} but output has structure "
            f"{out_spec!r}. {_MORE}"
        )

    def lift(i: int, out: Tensor) -> Tensor:
        dim = places[i]
        if dim is None:
            return level.lift(out)
        return level.batched(out if dim == 0 else out.movedim(dim, 0))

    return unflatten(_relifted(outs, values, leaves, lift), out_spec)


def _check_pair(result: Any) -> None:
    start = (
        "Expected the vmap staticmethod to have two returns, an output and out_dims with pytree "
        "structure compatible with the output. "
    )
    if not isinstance(result, tuple):
        raise RuntimeError(f"{start}Got a {type(result)} instead")
    if len(result) != 2:
        raise RuntimeError(f"{start}Got {len(result)} returns instead")


# -- jvp -------------------------------------------------------------------------------------------


def _pushed(cls: type[Function], args: Sequence[Any], level: PushLevel) -> Any:
    """Run a Function on primals, and its ``jvp`` on the tangents."""
    values = [level.value(a) for a in args]
    tangents = [level.tangent(a) for a in args]
    output = cls.apply(*values)
    outs = output if isinstance(output, tuple) else (output,)
    pushed: Sequence[Any] = [None] * len(outs)
    if any(t is not None for t in tangents):
        ctx = cls._backward_cls()
        ctx.needs_input_grad = tuple([isinstance(t, Tensor) for t in tangents])
        with no_grad():
            cls.setup_context(ctx, tuple(values), output)
        pushed = pushed_by(ctx, outs, values, tangents)

    def lift(i: int, out: Tensor) -> Tensor:
        return level.pushed(out, pushed[i])

    known = {id(v): a for v, a in zip(values, args) if isinstance(v, Tensor)}
    for out, t in zip(outs, pushed):
        written: Any = known.get(id(out))
        if written is not None:
            level.write_tangent(written, t)
    results = _relifted(outs, values, args, lift)
    return tuple(results) if isinstance(output, tuple) else results[0]
