"""The rule that ``generate_vmap_rule = True`` asks for: a Function of batches, made of another's.

Each of its static methods opens a `vmap` of its own around the other's. What the other saves on its
``ctx`` is stored as values, with a note of which are mapped, and lifted again when it is read, in
whatever `vmap` reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rushlight.autograd.function import Function
from rushlight.func.batched import BatchLevel
from rushlight.func.levels import running
from rushlight.func.trees import flatten, unflatten
from rushlight.tensor import Tensor

__all__ = ["mapped_function"]


def mapped_function(
    cls: type[Function], in_dims: tuple[Any, ...], around: BatchLevel
) -> Callable[..., tuple[Any, Any]]:
    """Return what calls `cls` on batches: it returns the output, and which dimensions are mapped.

    `in_dims` has 0 or None for each argument; `around` is the transform that the call stands in.
    """
    size, randomness = around.size, around.randomness
    found: list[Any] = []  # the output's dimensions, which `forward` finds out

    def forward(*args: Any) -> Any:
        level = BatchLevel(size, randomness)
        with running(level):
            output, dims = _lowered(level, cls.forward(*_lifted(level, args, in_dims)))
        found[:] = [dims]
        return output

    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ctx._out_dims = found[0]
        ctx._example_shapes = [
            _example_shape(x, d) for x, d in zip(flatten(inputs)[0], flatten(in_dims)[0])
        ]
        level = BatchLevel(size, randomness)
        with running(level):
            lifted = _lifted(level, inputs, in_dims)
            # Inputs that come out as they went in are told by their identity.
            values = dict(zip(map(id, flatten(inputs)[0]), flatten(lifted)[0]))
            outs = [
                values.get(id(out), one)
                for out, one in zip(
                    flatten(output)[0], flatten(_lifted(level, output, ctx._out_dims))[0]
                )
            ]
            wrapped = _Context(ctx, level)
            cls.setup_context(wrapped, lifted, unflatten(outs, flatten(output)[1]))

    def backward(ctx: Any, *cotangents: Any) -> Any:
        dims = ctx._out_dims if isinstance(ctx._out_dims, tuple) else (ctx._out_dims,)
        level = BatchLevel(size, randomness)
        with running(level):
            given = _lifted(level, cotangents, dims)
            grads = cls._user_backward()(_Context(ctx, level), *given)
            if not isinstance(grads, tuple):
                grads = (grads,)
            values, mapped = _lowered(level, grads)
        if len(values) != len(in_dims):
            return values  # too many or too few, which the engine says
        return tuple(
            [
                _reduced(g, d, to, shape, size)
                for g, d, to, shape in zip(values, mapped, in_dims, ctx._example_shapes)
            ]
        )

    def jvp(ctx: Any, *tangents: Any) -> Any:
        level = BatchLevel(size, randomness)
        with running(level):
            pushed = cls.jvp(_Context(ctx, level), *_lifted(level, tangents, in_dims))
            values, mapped = _lowered(level, pushed)
        several = isinstance(values, tuple)
        rows = [
            t if t is None or d == to or to is None else t.expand(size, *t.shape)
            for t, d, to in zip(
                values if several else (values,),
                mapped if several else (mapped,),
                ctx._out_dims if isinstance(ctx._out_dims, tuple) else (ctx._out_dims,),
            )
        ]
        return tuple(rows) if several else rows[0]

    body = {
        "forward": staticmethod(forward),
        "setup_context": staticmethod(setup_context),
        "backward": staticmethod(backward),
        "jvp": staticmethod(jvp),
        "generate_vmap_rule": True,
    }
    made: type[Function] = type(f"Vmapped{cls.__name__}", (Function,), body)

    def call(*args: Any) -> tuple[Any, Any]:
        output = made.apply(*args)
        return output, found[0]

    return call


def _lifted(level: BatchLevel, tree: Any, dims: Any) -> Any:
    """The tensors of a tree at `level`, mapped where `dims`, a tree like it, says 0."""
    leaves, spec = flatten(tree)
    places = flatten(dims)[0]
    return unflatten(
        [
            level.batched(x) if isinstance(x, Tensor) and d == 0 else x
            for x, d in zip(leaves, places)
        ],
        spec,
    )


def _lowered(level: BatchLevel, tree: Any) -> tuple[Any, Any]:
    """The values of a tree, and a tree of 0 where they are mapped and None where they aren't."""
    leaves, spec = flatten(tree)
    dims = [0 if level.is_mapped(x) else None for x in leaves]
    return unflatten([level.value(x) for x in leaves], spec), unflatten(dims, spec)


def _example_shape(x: Any, dim: int | None) -> tuple[int, ...] | None:
    if not isinstance(x, Tensor):
        return None
    return tuple(x.shape) if dim is None else tuple(x.shape[1:])


def _reduced(g: Any, dim: int | None, to: int | None, shape: Any, size: int) -> Any:
    """Fit a gradient to its input: summed over examples that share it, one for each that don't."""
    if not isinstance(g, Tensor):
        return g
    if dim is None:
        return g if to is None else g.sum_to_size(shape).expand(size, *shape)
    if to is None:
        return g.sum(0)
    if tuple(g.shape[1:]) == shape:
        return g
    lead = g.dim() - 1 - len(shape)  # dimensions to sum, before those of one example
    if lead > 0:
        g = g.sum(tuple(range(1, 1 + lead)))
    wide = [i + 1 for i, n in enumerate(shape) if n == 1 and g.shape[i + 1] != 1]
    return g.sum(wide, keepdim=True) if wide else g


class _Context:
    """A ``ctx`` inside of `vmap`: stores the values of what it is given, and lifts what is read.

    Whatever else is asked of it goes to the real one.
    """

    def __init__(self, ctx: Any, level: BatchLevel) -> None:
        object.__setattr__(self, "_ctx", ctx)
        object.__setattr__(self, "_level", level)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ctx, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._ctx, name, value)

    def save_for_backward(self, *tensors: Any) -> None:
        """Store the values of tensors for backward."""
        values, self._ctx._saved_dims = _lowered(self._level, tensors)
        self._ctx.save_for_backward(*values)

    def save_for_forward(self, *tensors: Any) -> None:
        """Store the values of tensors for jvp."""
        values, self._ctx._forward_dims = _lowered(self._level, tensors)
        self._ctx.save_for_forward(*values)

    def mark_dirty(self, *tensors: Any) -> None:
        """Mark the values of inputs as written."""
        self._ctx.mark_dirty(*_lowered(self._level, tensors)[0])

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Mark the values of outputs as constants."""
        self._ctx.mark_non_differentiable(*_lowered(self._level, tensors)[0])

    @property
    def saved_tensors(self) -> Any:
        """What was saved, lifted."""
        ctx = self._ctx
        dims = ctx._saved_dims if ctx.saved_for_forward is None else ctx._forward_dims
        return _lifted(self._level, tuple(ctx.saved_tensors), dims)
