"""Scaled dot-product attention, a block of queries at a time.

The scores of a block (queries by keys) are made, used and forgotten while they are in cache, so
that memory grows with the length of the sequences and not with its square. Backward makes them
again from each query's log Σ exp(score); only where everything fits in one block are the
probabilities kept, which saves small calls half their work. (Dao et al., "FlashAttention", NeurIPS
2022, of which this is the plain form: whole rows of scores, so that no running maximum is needed.)

A query that the mask lets see no key gets zeros.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any, NamedTuple

import numpy as np

from rushlight.kernels.blocks import Array
from rushlight.kernels.copies import in_layout
from rushlight.kernels.softmax import peak, total

# Scores of a block: 1 MiB of float32. Products of larger blocks gain nothing, smaller ones lose.
SCORES = 1 << 18


class Stacks(NamedTuple):
    """The operands as stacks of matrices (N, rows, columns), in the dtype to compute in."""

    q: Array  # scaled
    k: Array
    v: Array
    mask: Array | None  # (N or 1, L or 1, S), boolean or added to the scores
    causal: bool
    batch: tuple[int, ...]  # the dimensions that N stands for


def _stack(x: Array, batch: tuple[int, ...], dtype: Any) -> Array:
    if x.shape[:-2] != batch:
        x = np.broadcast_to(x, (*batch, *x.shape[-2:]))
    return x.reshape(prod(batch), *x.shape[-2:]).astype(dtype, copy=False)


def _stacks(q: Array, k: Array, v: Array, mask: Array | None, causal: bool, scale: float) -> Stacks:
    batch = q.shape[:-2]
    if not batch == k.shape[:-2] == v.shape[:-2]:
        batch = np.broadcast_shapes(batch, k.shape[:-2], v.shape[:-2])
    dtype = q.dtype if q.itemsize > 2 else np.dtype(np.float32)
    if mask is not None:
        mask = mask.reshape((1,) * (2 - mask.ndim) + mask.shape)
        lead = mask.shape[:-2]
        mask = _stack(mask, batch if prod(lead) > 1 else lead, mask.dtype)
    factor = dtype.type(scale)
    return Stacks(
        _stack(q, batch, dtype) * factor,
        _stack(k, batch, dtype),
        _stack(v, batch, dtype),
        mask,
        causal,
        batch,
    )


def _blocks(length: int, stacks: int, keys: int) -> Iterator[tuple[slice, slice]]:
    """Cut all queries into blocks: several stacks together, or some rows of one."""
    together = max(1, SCORES // max(1, length * keys))
    rows = max(1, length if together > 1 else min(length, SCORES // max(1, keys)))
    for n in range(0, stacks, together):
        for r in range(0, length, rows):
            yield slice(n, min(n + together, stacks)), slice(r, min(r + rows, length))


def _scores(t: Stacks, stacks: slice, rows: slice) -> Array:
    """The masked scores of a block; of causal ones only the keys that its last query sees."""
    length = t.k.shape[1]
    if t.causal:
        length = min(length, rows.stop)
    s: Array = np.matmul(t.q[stacks, rows], t.k[stacks, :length].mT)
    if t.mask is not None:
        mask = t.mask[stacks if t.mask.shape[0] > 1 else slice(None)]
        mask = (mask[:, rows] if mask.shape[1] > 1 else mask)[..., :length]
        if mask.dtype.kind == "b":
            np.copyto(s, -np.inf, where=np.logical_not(mask))
        else:
            np.add(s, mask, out=s, casting="same_kind")
    if t.causal and rows.start + 1 < length:
        later = np.arange(length) > np.arange(rows.start, rows.stop)[:, None]
        np.copyto(s, -np.inf, where=later)
    return s


def attention(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, scale: float
) -> tuple[Array, Array]:
    """softmax(scale · q kᵀ + mask) v, and what `attention_backward` wants to keep.

    Queries (..., L, E), keys (..., S, E), values (..., S, F), whose leading dimensions broadcast;
    a boolean mask is True where a query may look. What is kept are the probabilities
    (..., L, S), or each query's log Σ exp (..., L).
    """
    t = _stacks(q, k, v, mask, causal, scale)
    n, length = t.q.shape[:2]
    y = np.empty((n, length, t.v.shape[2]), t.q.dtype)
    logs = np.empty((n, length, 1), t.q.dtype)
    kept: Array | None = None
    if not t.k.shape[1]:
        y.fill(0)
        logs.fill(np.inf)
    else:
        for stacks, rows in _blocks(length, n, t.k.shape[1]):
            p = _scores(t, stacks, rows)
            flat = p.reshape(-1, p.shape[2])
            top = peak(flat, -1)
            np.copyto(top, 0, where=top == -np.inf)
            np.exp(np.subtract(flat, top, out=flat), out=flat)
            sums = total(flat, -1)
            dead = sums == 0
            np.copyto(sums, 1, where=dead)
            np.divide(flat, sums, out=flat)
            np.matmul(p, t.v[stacks, : p.shape[2]], out=y[stacks, rows])
            top += np.log(sums)
            np.copyto(top, np.inf, where=dead)
            logs[stacks, rows] = top.reshape(*p.shape[:2], 1)
            if stacks == slice(0, n) and rows == slice(0, length) and p.shape[2] == t.k.shape[1]:
                kept = p
    batch = t.batch
    out = y.reshape(*batch, *y.shape[1:]).astype(q.dtype, copy=False)
    if kept is not None:
        return out, kept.reshape(*batch, *kept.shape[1:])
    return out, logs.reshape(*batch, length)


def attention_like_queries(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, scale: float
) -> tuple[Array, Array]:
    """`attention`, with the result in the queries' order of memory, as PyTorch's kernel has it."""
    y, kept = attention(q, k, v, mask, causal, scale)
    if not q.flags.c_contiguous:
        ordered = in_layout(q, q.dtype, "preserve")
        np.copyto(ordered, y)
        y = ordered
    return y, kept


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
    t = _stacks(q, k, v, mask, causal, scale)
    n, length = t.q.shape[:2]
    keys = t.k.shape[1]
    g = _stack(g, t.batch, t.q.dtype)
    inner = np.vecdot(g, _stack(y, t.batch, t.q.dtype))[..., None]
    whole = kept.ndim == y.ndim
    kept = kept.reshape(n, length, -1)
    gq = np.empty_like(t.q) if needs[0] else None
    gk = np.zeros_like(t.k) if needs[1] else None
    gv = np.zeros_like(t.v) if needs[2] else None
    for stacks, rows in _blocks(length, n, keys) if keys else ():
        if whole:
            p = kept
        else:
            p = _scores(t, stacks, rows)
            np.exp(np.subtract(p, kept[stacks, rows], out=p), out=p)
        seen = (stacks, slice(0, p.shape[2]))
        if gv is not None:
            gv[seen] += np.matmul(p.mT, g[stacks, rows])
        if gq is None and gk is None:
            continue
        s = np.matmul(g[stacks, rows], t.v[seen].mT)
        s -= inner[stacks, rows]
        s *= p
        if gq is not None:
            np.matmul(s, t.k[seen], out=gq[stacks, rows])
        if gk is not None:
            gk[seen] += np.matmul(s.mT, t.q[stacks, rows])
    if gq is not None:
        gq *= gq.dtype.type(scale) if keys else 0
    return [
        None if x is None else x.reshape(*t.batch, *x.shape[1:]).astype(q.dtype, copy=False)
        for x in (gq, gk, gv)
    ]
