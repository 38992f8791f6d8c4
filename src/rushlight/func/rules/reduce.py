"""Batching of what works along dimensions: reductions, scans, sorting, normalised exponentials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rushlight.func.rules.aligning import aligned, expanded, shifted, with_columns
from rushlight.func.rules.views import along_dims, as_it_is
from rushlight.ops import (
    activation,
    fitting,
    moments,
    norms,
    order,
    peaks,
    rearrange,
    reduce,
    scan,
    sets,
    softmax,
)
from rushlight.ops.comparison import isnan
from rushlight.ops.fitting import cast_to, sum_to
from rushlight.ops.masking import where
from rushlight.ops.operator import Operator
from rushlight.ops.views import reshape, squeeze_dim

__all__ = ["RULES"]

Rule = Callable[..., Any]


def over(name: str = "dims") -> Rule:
    """The rule of an Operator whose argument `name` is None for all dimensions, or a tuple."""

    def rule(op: Operator, level: Any, args: Sequence[Any]) -> Any:
        x = args[0]
        place = op.args.index(name)
        value, ndim = x._value, x._array.ndim
        keepdim = len(args) > place + 1 and "keepdim" in op.args and args[op.args.index("keepdim")]
        changed = list(args)
        if ndim == 0:
            value, changed[place] = with_columns(level, value), (1,)
        else:
            changed[place] = tuple([shifted(d) for d in args[place] or range(ndim)])
        outs = op(value, *changed[1:])
        if ndim == 0 and keepdim:
            outs = _each(outs, lambda y: squeeze_dim(y, (level.size,)))
        return level.results(outs)

    return rule


def along(name: str = "dim") -> Rule:
    """The rule of an Operator of one tensor that works along dimension `name`."""

    def rule(op: Operator, level: Any, args: Sequence[Any]) -> Any:
        place = op.args.index(name)
        x, *rest = args
        rest[place - 1] = shifted(args[place])
        if x._array.ndim:
            return level.results(op(x._value, *rest))
        if op is order.topk and rest[0] == 0:
            return level.loop(op, args)
        outs = op(with_columns(level, x._value), *rest)  # of one element each, which is 0-d again
        return level.results(_each(outs, lambda y: reshape(y, (level.size,))))

    return rule


def along_same(name: str, count: int = 2) -> Rule:
    """The rule of an Operator of `count` tensors that works along one dimension of each."""

    def rule(op: Operator, level: Any, args: Sequence[Any]) -> Any:
        place = op.args.index(name)
        values: list[Any] = [expanded(level, a) for a in args[:count]]
        scalar = args[0]._array.ndim == 0
        if scalar:
            values = [with_columns(level, v) for v in values]
        changed = list(args[count:])
        changed[place - count] = shifted(args[place])
        outs = op(*values, *changed)
        if scalar:
            outs = _each(outs, lambda y: squeeze_dim(y, (level.size,)))
        return level.results(outs)

    return rule


def _each(outs: Any, fn: Callable[[Any], Any]) -> Any:
    return tuple([fn(y) for y in outs]) if type(outs) is tuple else fn(outs)


def _all(over_dims: Callable[..., Any]) -> Rule:
    """The rule of a reduction of everything: one over all dimensions but the examples'."""

    def rule(op: Operator, level: Any, args: Sequence[Any]) -> Any:
        (x,) = args
        value = x._value
        if x._array.ndim == 0:
            value = with_columns(level, value)
        return level.results(over_dims(value, tuple(range(1, value._array.ndim))))

    return rule


def _flat(along_dim: Callable[..., Any]) -> Rule:
    """The rule of a reduction of everything, as one along the only dimension of each example."""

    def rule(op: Operator, level: Any, args: Sequence[Any]) -> Any:
        (x,) = args
        if x._array.size == 0:
            return level.loop(op, args)
        flat = reshape(x._value, (level.size, x._array.size))
        return level.results(along_dim(flat))

    return rule


def _spread(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """Expand reduced examples over the dimensions that were reduced."""
    g, x_shape, dims, keepdim = args
    shape = g._array.shape
    if not keepdim or len(shape) != len(x_shape):
        reduced = dims if dims else range(len(x_shape))
        shape = tuple([1 if d in reduced else n for d, n in enumerate(x_shape)])
    value = reshape(g._value, (level.size, *shape))
    return level.results(fitting.expand(value, (level.size, *x_shape)))


def _sum_to(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, size = args
    lead = x._array.ndim - len(size)
    summed = sum_to(x._value, (level.size, *(1,) * lead, *size))
    return level.results(reshape(summed, (level.size, *size)) if lead else summed)


def _roll(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, shifts, dims = args
    if dims:
        return level.results(op(x._value, shifts, tuple([shifted(d) for d in dims])))
    value = x._value  # is rolled as if it had one dimension
    flat = op(reshape(value, (level.size, x._array.size)), shifts, (1,))
    return level.results(reshape(flat, value._array.shape))


def _rot90(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, k, dims = args
    return level.results(op(x._value, k, tuple([shifted(d) for d in dims])))


def _repeat(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, repeats = args
    return level.results(op(aligned(level, x, len(repeats)), (1, *repeats)))


def _extreme(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """For argmax, argmin and aminmax, whose dimension may be None."""
    x, dim, keepdim = args
    if dim is not None and x._array.ndim:
        return level.results(op(x._value, shifted(dim), keepdim))
    outs = op(reshape(x._value, (level.size, x._array.size)), 1, False)
    shape = (level.size, *(1,) * (x._array.ndim if keepdim else 0))
    return level.results(_each(outs, lambda y: reshape(y, shape)))


# -- what equal extremes share ---------------------------------------------------------------------


def _winners(level: Any, x: Any, y: Any, dims: Any) -> tuple[Any, tuple[int, ...], Any]:
    """Where all examples have the extreme `y`; over which dimensions; and `y`'s shape with them."""
    value = expanded(level, x)
    if x.ndim == 0:
        value = with_columns(level, value)
    own = range(1, value._array.ndim)
    reduced = tuple([d + 1 for d in dims]) if dims and x.ndim else tuple(own)
    shape = (level.size, *[1 if d in reduced else value._array.shape[d] for d in own])
    best = reshape(expanded(level, y), shape)
    won = value == best
    if dims is None:
        won = where(isnan(best), isnan(value), won)
    return won, reduced, shape


def _shared(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    g, x, y, dims = args
    won, reduced, shape = _winners(level, x, y, dims)
    share = reshape(expanded(level, g), shape)
    share = share / cast_to(reduce.sum_(won, reduced, True), share._array.dtype)
    return level.results(reshape(won * share, (level.size, *x.shape)))


def _mean_of_winners(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    t, x, y, dims = args
    won, reduced, _ = _winners(level, x, y, dims)
    value = reshape(expanded(level, t), won._array.shape)
    count = cast_to(reduce.sum_(won, reduced, False), value._array.dtype)
    mean = reduce.sum_(value * won, reduced, False) / count
    return level.results(reshape(mean, (level.size, *y.shape)))


RULES = {
    peaks.argmax: _extreme,
    peaks.argmin: _extreme,
    peaks.aminmax: _extreme,
    peaks.shared: _shared,
    peaks.mean_of_winners: _mean_of_winners,
    **dict.fromkeys(
        (
            reduce.sum_,
            reduce.mean,
            reduce.nansum,
            reduce.logsumexp,
            reduce.any_,
            reduce.all_,
            reduce.count_nonzero,
            sets.exclusive_or,
            peaks.amax,
            peaks.amin,
            moments.var,
            moments.std,
            moments.var_mean,
            moments.std_mean,
            norms.norm,
            norms.pair_norm,
        ),
        over(),
    ),
    **dict.fromkeys(
        (
            peaks.max_along,
            peaks.min_along,
            scan.prod,
            order.kthvalue,
            order.median,
            order.nanmedian,
            order.mode,
            scan.cumsum,
            scan.cumsum_reversed,
            scan.cumprod,
            scan.cummax,
            scan.cummin,
            scan.logcumsumexp,
            scan.advance,
            scan.delay,
            order.sort,
            order.sort_stable,
            order.topk,
            order.argsort,
        ),
        along(),
    ),
    **dict.fromkeys((softmax.softmax, softmax.log_softmax, activation.glu), along("axis")),
    **dict.fromkeys(
        (softmax.softmax_backward, softmax.log_softmax_backward, activation.glu_backward),
        along_same("axis"),
    ),
    **dict.fromkeys((scan.forwards, scan.backwards), along_same("dim")),
    reduce.sum_all: _all(lambda x, dims: reduce.sum_(x, dims, False)),
    reduce.mean_all: _all(lambda x, dims: reduce.mean(x, dims, False)),
    peaks.max_all: _flat(lambda x: peaks.max_along(x, 1, False)[0]),
    peaks.min_all: _flat(lambda x: peaks.min_along(x, 1, False)[0]),
    order.median_of_all: _flat(lambda x: order.median(x, 1, False)[0]),
    order.nanmedian_of_all: _flat(lambda x: order.nanmedian(x, 1, False)[0]),
    scan.prod_all: _flat(lambda x: scan.prod(x, 1, False)),
    reduce.spread: _spread,
    fitting.sum_to: _sum_to,
    rearrange.flip: along_dims,
    rearrange.roll: _roll,
    rearrange.rot90: _rot90,
    rearrange.repeat: _repeat,
    rearrange.tril: as_it_is,
    rearrange.triu: as_it_is,
}
