"""Scaled dot-product attention, a block of scores at a time.

The scores of a block (queries by keys, of several heads) are made, used and forgotten while they
are in cache, so that memory grows with the length of the sequences and not with its square.
Backward makes them again from each query's log Σ exp(score); only where all of them are few are
the probabilities kept, which saves small calls half their work. (Dao et al., "FlashAttention",
NeurIPS 2022, of which this is the plain form: whole rows of scores, so that no running maximum is
needed.) Operands are read where they lie, as slices of one projection often are: BLAS takes
matrices whose rows are further apart than they are long.

A query that the mask lets see no key gets zeros.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from rushlight.kernels.blocks import Array
from rushlight.kernels.copies import in_layout
from rushlight.kernels.scratch import scratch
from rushlight.kernels.softmax import peak, total
from rushlight.kernels.threads import for_each, get_num_threads

# Scores of a block: 1 MiB of float32. Products of larger blocks gain nothing, smaller ones lose.
SCORES = 1 << 18

# Heads are dealt out in a part for each thread, which one of fewer scores does not pay. Smaller
# parts meet more often at the interpreter's lock: 64 heads of 64 queries and 16 numbers take 0.42
# and 0.37 ms forward and back in two parts, 0.54 and 0.43 in four, 0.81 and 0.87 in eight.
LEAST = 1 << 14

# Causal queries go a quarter at a time, so that keys after the last of them need no work, but not
# fewer than these, since each time costs a few calls and additions.
ROWS = 64

# Probabilities are kept up to here.
KEPT = 1 << 18

# Bytes between rows from which they are brought together before they are transposed: rows of 64
# numbers that are 3 KiB apart take 1.0 ns a number at once, and 0.6 in these two steps.
FAR = 2048

# Scores between -CALM and CALM need no maximum subtracted: exp and its sums stay in the middle of
# float32's range, where every digit is as good.
CALM = 20.0

Heads = tuple[slice, slice]


class Stacks(NamedTuple):
    """The operands as (N, H, rows, columns), views where possible, in the dtype to compute in."""

    q: Array
    k: Array
    v: Array
    hidden: Array | None  # True where a query may not look
    added: Array | None  # to the scores
    causal: bool
    scale: Array


def _stack(x: Array, batch: tuple[int, ...], dtype: Any) -> Array:
    if x.shape[:-2] != batch:
        x = np.broadcast_to(x, (*batch, *x.shape[-2:]))
    if x.ndim != 4:
        x = x.reshape(prod(batch[:-1]), *batch[-1:] or (1,), *x.shape[-2:])
    return x.astype(dtype, copy=False)


def _for_blas(x: Array) -> Array:
    """The operand itself if BLAS can read its matrices, otherwise a copy."""
    (rows, columns), (down, along) = x.shape[-2:], x.strides[-2:]
    size = x.itemsize
    if (along == size and down >= size * columns) or (down == size and along >= size * rows):
        return x
    return x.copy()


def _stacks(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, scale: float
) -> tuple[Stacks, tuple[int, ...]]:
    """The operands, and their leading dimensions."""
    batch = q.shape[:-2]
    if not batch == k.shape[:-2] == v.shape[:-2]:
        batch = np.broadcast_shapes(batch, k.shape[:-2], v.shape[:-2])
    dtype = q.dtype if q.itemsize > 2 else np.dtype(np.float32)
    hidden = added = None
    if mask is not None:
        boolean = mask.dtype.kind == "b"
        scores = (*batch, q.shape[-2], k.shape[-2])
        mask = np.broadcast_to(np.logical_not(mask) if boolean else mask, scores)
        mask = _stack(mask, batch, mask.dtype)
        hidden, added = (mask, None) if boolean else (None, mask)
    q, k, v = (_for_blas(_stack(x, batch, dtype)) for x in (q, k, v))
    return Stacks(q, k, v, hidden, added, causal, np.array(scale, dtype)), batch


def _blocks(t: Stacks) -> tuple[list[Heads], list[slice]]:
    """How to cut the work: heads, which are independent of each other, and the rows of each."""
    n, heads, length, _ = t.q.shape
    keys = t.k.shape[2]
    step = min(length, max(1, SCORES // keys))
    if t.causal:
        step = min(step, max(ROWS, length // 4))
    size = step * keys
    share = -(-n * heads // get_num_threads())
    together = max(1, min(SCORES // size, max(share, LEAST // size)))
    across, along = (together // heads, heads) if together >= heads else (1, together)
    return (
        [
            (slice(i, i + across), slice(j, j + along))
            for i in range(0, n, across)
            for j in range(0, heads, along)
        ],
        [slice(i, min(i + step, length)) for i in range(0, length, step)],
    )


@lru_cache(32)
def _visible(start: int, stop: int, keys: int, dtype: np.dtype[Any]) -> Array:
    """1 where a query from `start` to `stop` looks at a key that is not after it, 0 elsewhere."""
    visible = np.tri(stop - start, keys, start, dtype)
    visible.flags.writeable = False
    return visible


def _turned(x: Array, factor: Array | float, name: str) -> Array:
    """The transposed matrices times a factor, as BLAS likes them on the right.

    It takes 1.5 times as long for small products of the form ``a @ b.mT``.
    """
    out = scratch(name, x.mT.shape, x.dtype)
    if x.strides[-2] < FAR:
        np.multiply(x.mT, factor, out=out)
    else:
        np.copyto(out, np.multiply(x, factor, out=scratch("near", x.shape, x.dtype)).mT)
    return out


def _exponentials(
    t: Stacks, heads: Heads, rows: slice, keys: Array, room: Array | None
) -> tuple[Array, Any]:
    """exp(score - top), 0 where hidden; and top, a number a query.

    Of causal scores only the keys that the block's last query sees. `keys` are turned and scaled.
    The result lies in `room` where it fills it.
    """
    place = (*heads, rows)
    length = min(keys.shape[3], rows.stop) if t.causal else keys.shape[3]
    if room is not None and room.shape[3] == length and room.flags.c_contiguous:
        s = room
    else:
        s = scratch("scores", (*t.q[place].shape[:3], length), keys.dtype)
    np.matmul(t.q[place], keys[..., :length], out=s)
    if t.added is not None:
        np.add(s, t.added[place][..., :length], out=s, casting="same_kind")
    hidden = None if t.hidden is None else t.hidden[place][..., :length]
    visible = None
    if t.causal and rows.start + 1 < length:
        visible = _visible(rows.start, rows.stop, length, s.dtype)
    if s.max() <= CALM and s.min() >= -CALM:
        np.exp(s, out=s)
        if hidden is not None:
            np.copyto(s, 0, where=hidden)
        if visible is not None:
            np.multiply(s, visible, out=s)
        return s, 0.0
    if hidden is not None:
        np.copyto(s, -np.inf, where=hidden)
    if visible is not None:
        np.copyto(s, -np.inf, where=visible == 0)
    flat = s.reshape(-1, length)
    top = peak(flat, -1)
    np.copyto(top, 0, where=top == -np.inf)
    np.exp(np.subtract(flat, top, out=flat), out=flat)
    return s, top.reshape(*s.shape[:3], 1)


def attention(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, scale: float
) -> tuple[Array, Array]:
    """softmax(scale · q kᵀ + mask) v, and what `attention_backward` wants to keep.

    Queries (..., L, E), keys (..., S, E), values (..., S, F), whose leading dimensions broadcast;
    a boolean mask is True where a query may look. What is kept are the probabilities
    (..., L, S), or each query's log Σ exp (..., L).
    """
    t, batch = _stacks(q, k, v, mask, causal, scale)
    return _results(t, batch, np.empty((*batch, q.shape[-2], v.shape[-1]), t.q.dtype), q.dtype)


def attention_like_queries(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, scale: float
) -> tuple[Array, Array]:
    """`attention` of values as long as queries, in the queries' order of memory, as PyTorch's."""
    t, batch = _stacks(q, k, v, mask, causal, scale)
    return _results(t, batch, _fresh(q, batch, t.q.dtype), q.dtype)


def _results(t: Stacks, batch: tuple[int, ...], y: Array, dtype: Any) -> tuple[Array, Array]:
    kept = _attend(t, _stack(y, batch, y.dtype))
    return y.astype(dtype, copy=False), kept.reshape(*batch, *kept.shape[2:])


def _attend(t: Stacks, y: Array) -> Array:
    """Write the result into `y`, and return the probabilities or the logarithms."""
    n, heads, length, _ = t.q.shape
    keys = t.k.shape[2]
    few = n * heads * length * keys <= KEPT
    if not keys:
        y.fill(0)
        return np.full((n, heads, length, *[keys] * few), np.inf, y.dtype)
    blocks, cuts = _blocks(t)
    unseen = t.causal and (len(cuts) > 1 or length < keys)
    kept = (np.zeros if few and unseen else np.empty)((n, heads, length, *[keys] * few), y.dtype)

    def work(part: Heads) -> None:
        turned = _turned(t.k[part], t.scale, "keys")
        for rows in cuts:
            place = (*part, rows)
            p, top = _exponentials(t, part, rows, turned, kept[place] if few else None)
            sums = total(p.reshape(-1, p.shape[3]), -1).reshape(*p.shape[:3], 1)
            dead = sums == 0
            np.copyto(sums, 1, where=dead)
            out = y[place]
            if few:
                p = np.divide(p, sums, out=kept[place][..., : p.shape[3]])
            np.matmul(p, t.v[part][:, :, : p.shape[3]], out=out)
            if not few:
                np.multiply(out, np.reciprocal(sums), out=out)
                logs = np.add(np.log(sums, out=sums), top, out=sums)
                np.copyto(logs, np.inf, where=dead)
                kept[place] = logs[..., 0]

    for_each(work, blocks, products=True)
    return kept


def attention_backward(
    g: Array,
    q: Array,
    k: Array,
    v: Array,
    mask: Array | None,
    causal: bool,
    scale: float,
    y: Array,
    kept: Array,
    needs: Any,
) -> list[Array | None]:
    """The cotangents of q, k and v where `needs` asks for them, in the leading dimensions of g.

    With p the probabilities and d = g vᵀ the cotangent of p,

        v: pᵀ g,   s = p · (d - Σ p·d) = p · (d - Σ g·y),   q: scale · s k,   k: scale · sᵀ q.
    """
    t, batch = _stacks(q, k, v, mask, causal, scale)
    whole = kept.ndim == y.ndim
    g, y = (_for_blas(_stack(x, batch, t.q.dtype)) for x in (g, y))
    kept = kept.reshape(*t.q.shape[:3], -1)
    results = [_fresh(x, batch, t.q.dtype) if n else None for x, n in zip((q, k, v), needs)]
    if t.k.shape[2]:
        blocks, cuts = _blocks(t)
        gq, gk, gv = (None if x is None else _stack(x, batch, x.dtype) for x in results)

        def work(part: Heads) -> None:
            _heads_backward(t, part, cuts, g, y, kept, whole, gq, gk, gv)

        for_each(work, blocks, products=True)
    elif results[0] is not None:
        results[0].fill(0)
    return [None if x is None else x.astype(q.dtype, copy=False) for x in results]


def _fresh(x: Array, batch: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Memory for what is shaped like `x`, in its order of axes."""
    if x.shape[:-2] != batch or x.ndim > 4:
        return np.empty((*batch, *x.shape[-2:]), dtype)
    return in_layout(x, dtype, "preserve")


def _heads_backward(
    t: Stacks,
    part: Heads,
    cuts: list[slice],
    g: Array,
    y: Array,
    kept: Array,
    whole: bool,
    gq: Array | None,
    gk: Array | None,
    gv: Array | None,
) -> None:
    """`attention_backward` of some heads: the last queries first, as these see the most keys."""
    k, v = t.k[part], t.v[part]
    keys = None if whole else _turned(k, t.scale, "keys")
    values = _turned(v, t.scale, "values")  # so that d, and what follows from it, has the factor
    to_k = None if gk is None else _Sum(gk[part], len(cuts), "to_k")
    to_v = None if gv is None else _Sum(gv[part], len(cuts), "to_v")
    for rows in reversed(cuts):
        place = (*part, rows)
        slope = g[place]
        inner = np.vecdot(slope, y[place])[..., None]
        np.multiply(inner, t.scale, out=inner)
        if keys is None:
            p = kept[place]
        else:
            p, top = _exponentials(t, part, rows, keys, None)
            rest = np.exp(top - kept[place])  # p lacks this factor, which g and y get instead
            slope = np.multiply(slope, rest, out=scratch("slopes", slope.shape, slope.dtype))
            np.multiply(inner, rest, out=inner)
        length = p.shape[3]
        if to_v is not None:
            to_v.add(p.mT, slope)
        if gq is None and to_k is None:
            continue
        s = np.matmul(slope, values[..., :length], out=scratch("bends", p.shape, p.dtype))
        np.subtract(s, inner, out=s)
        np.multiply(s, p, out=s)
        if gq is not None:
            np.matmul(s, k[:, :, :length], out=gq[place])
        if to_k is not None:
            to_k.add(s.mT, t.q[place])
    for products in (to_k, to_v):
        if products is not None:
            products.finish()


class _Sum:
    """A sum of products, the first of which has all of its rows that are not 0.

    Of several it is made aside: adding matrices whose rows lie apart takes as long as multiplying.
    """

    def __init__(self, out: Array, count: int, name: str) -> None:
        self.out = out
        self.name = name
        self.sum = out if count == 1 else scratch(name, out.shape, out.dtype)
        self.begun = False

    def add(self, a: Array, b: Array) -> None:
        rows = self.sum[:, :, : a.shape[2]]
        if self.begun:
            product = scratch("product", rows.shape, rows.dtype)
            np.add(rows, np.matmul(a, b, out=product), out=rows)
        else:
            np.matmul(a, b, out=rows)
            self.sum[:, :, a.shape[2] :] = 0
            self.begun = True

    def finish(self) -> None:
        if self.sum is not self.out:
            np.copyto(self.out, self.sum)
