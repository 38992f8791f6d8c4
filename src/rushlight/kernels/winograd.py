"""3×3 convolutions with 16 multiplications where the sum over taps takes 36.

Winograd's F(2×2, 3×3) computes a 2×2 tile of output from a 4×4 tile of input as

    Aᵀ [(G w Gᵀ) ⊙ (Bᵀ x B)] A

Summed over channels, the ⊙ is sixteen matrix products, (tiles × channels) by (channels × out
channels). The transforms are products as well, of small matrices of halves and ones with all
tiles side by side: one pass over memory each, where NumPy's additions would take 24 or more.

Rounding errors are about twice those of the plain sum. An infinity or nan would spread over the
whole tile: where the result has one, the caller falls back on the plain sum.

Everything lies channels last, and tiles are cut from an input whose rows and columns are sorted
by parity, so that each of a tile's 16 places is a run of memory as long as a row of tiles.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from rushlight.kernels.conv_layout import Geometry, Piece
from rushlight.kernels.gemm import wide_matmul
from rushlight.kernels.scratch import scratch

Array = NDArray[Any]

_A = np.array([[1, 0], [1, 1], [1, -1], [0, -1]])
_B = np.array([[1, 0, 0, 0], [0, 1, -1, 1], [-1, 1, 1, 0], [0, 0, 0, -1]])
_G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])

# Both sides at once: with a tile laid out in a row, Bᵀ x B is (B ⊗ B)ᵀ x.
_AA, _BB, _GG = np.kron(_A, _A), np.kron(_B, _B), np.kron(_G, _G)


# With fewer channels or tiles the transforms cost what the products save.
_CHANNELS = 16
_TILES = 128


def suits(geo: Geometry, dtype: np.dtype[Any]) -> bool:
    """Whether the convolution can be done this way, and gains by it."""
    return (
        geo.kernel == (3, 3)
        and geo.stride == geo.dilation == (1, 1)
        and geo.groups == 1
        and min(geo.inner, geo.outer) >= _CHANNELS
        and geo.batch * geo.out[0] * geo.out[1] >= 4 * _TILES
        and dtype.kind in "fc"
    )


def pieces(geo: Geometry, itemsize: int, shares: int | None = None) -> list[Piece]:
    """Pieces of the output, in whole tiles, whose products stay in cache."""
    row = (geo.out[1] + 1) // 2 * 8 * (geo.inner + geo.outer) * itemsize
    return geo.pieces(row, step=2, shares=shares)


def spread_weights(w: Array) -> Array:
    """G w Gᵀ as (16, channel, out channel)."""
    outer, inner = w.shape[:2]
    spread = np.matmul(_GG.astype(w.dtype), w.reshape(-1, 9).T).reshape(16, outer, inner)
    return np.ascontiguousarray(spread.swapaxes(1, 2))


def direct_weights(spread: Array) -> Array:
    """What `spread_weights` was given, as (1, tap × channel, out channel)."""
    # A left inverse of G: the corners are w's own, and the middle is what is left of a sum.
    left = np.array([[1, 0, 0, 0], [0, 1, -1, 0], [0, 0, 0, 1]])
    inner, outer = spread.shape[1:]
    taps = np.matmul(np.kron(left, left).astype(spread.dtype), spread.reshape(16, -1))
    gathered: Array = taps.reshape(1, 9 * inner, outer)
    return gathered


def gather_weights(spread: Array) -> Array:
    """The cotangent of `w` from that of `spread_weights(w)`."""
    inner, outer = spread.shape[1:]
    taps = np.matmul(_GG.T.astype(spread.dtype), spread.reshape(16, -1))
    return np.ascontiguousarray(taps.reshape(3, 3, inner, outer).transpose(3, 2, 0, 1))


def forward(x: Array, weights: Array, out: Array, geo: Geometry, piece: Piece) -> None:
    """Write a piece of the output; `weights` are spread."""
    count, _, height, width = out.shape
    high, wide = (height + 1) // 2, (width + 1) // 2
    tiles = _spread_input(x, geo, piece)
    product = scratch("product", (16, count * high * wide, geo.outer), x.dtype)
    np.matmul(tiles, weights, out=product)
    corners = scratch("corners", (2, 2, count, high, wide, geo.outer), x.dtype)
    wide_matmul(_AA.T.astype(x.dtype), product.reshape(16, -1), corners.reshape(4, -1))
    # By rows first, so that both copies have runs of many elements.
    rows = scratch("tiles", (count, high, 2, wide, 2, geo.outer), x.dtype)
    np.copyto(rows, corners.transpose(2, 3, 0, 4, 1, 5))
    rows = rows.reshape(count, 2 * high, 2 * wide, geo.outer)
    np.copyto(out, rows[:, :height, :width].transpose(0, 3, 1, 2))


def add_up(g: Array, x: Array, total: Array, geo: Geometry, piece: Piece) -> None:
    """Add a piece's part to the cotangent of the spread weights."""
    g = g[piece.samples, :, piece.rows]
    high, wide = (g.shape[2] + 1) // 2, (g.shape[3] + 1) // 2
    tiles = _spread_input(x, geo, piece)
    corners = scratch("corners", (2, 2, len(g), high, wide, geo.outer), g.dtype)
    _by_parity(g, corners, (0, 0))
    spread = scratch("product", (16, tiles.shape[1], geo.outer), g.dtype)
    wide_matmul(_AA.astype(g.dtype), corners.reshape(4, -1), spread.reshape(16, -1))
    part = scratch("part", total.shape, g.dtype)
    np.matmul(tiles.swapaxes(1, 2), spread, out=part)
    np.add(total, part, out=total)


def _spread_input(x: Array, geo: Geometry, piece: Piece) -> Array:
    """Bᵀ x B as (16, tile, channel)."""
    x = x[piece.samples]
    high = (piece.rows.stop - piece.rows.start + 1) // 2
    wide = (geo.out[1] + 1) // 2
    sorted_ = scratch("parities", (2, 2, len(x), high + 1, wide + 1, geo.inner), x.dtype)
    _by_parity(x, sorted_, (piece.rows.start - geo.padding[0], -geo.padding[1]))
    i, j, n, row, column, c = sorted_.strides
    places = as_strided(
        sorted_,
        (2, 2, 2, 2, len(x), high, wide, geo.inner),
        (row, i, column, j, n, row, column, c),
    )
    tiles = scratch("tiles", places.shape, x.dtype)
    np.copyto(tiles, places)
    spread = scratch("spread", (16, len(x) * high * wide, geo.inner), x.dtype)
    wide_matmul(_BB.T.astype(x.dtype), tiles.reshape(16, -1), spread.reshape(16, -1))
    return spread


def _by_parity(x: Array, out: Array, start: tuple[int, int]) -> None:
    """Sort (sample, channel, row, column) from `start` on by parities; zeros outside of `x`."""
    last = x.transpose(0, 2, 3, 1)
    for i in range(2):
        rows, to_rows = _every_other(start[0] + i, x.shape[2], out.shape[3])
        for j in range(2):
            columns, to_columns = _every_other(start[1] + j, x.shape[3], out.shape[4])
            target = out[i, j]
            inside = target[:, to_rows, to_columns]
            if inside.size < target.size:
                target.fill(0)
            inside[...] = last[:, rows, columns]


def _every_other(start: int, size: int, count: int) -> tuple[slice, slice]:
    """Which of start, start + 2, … (`count` of them) exist: where they are, where they go."""
    skipped = max(0, -start + 1) // 2
    first = start + 2 * skipped
    found = max(0, min(count - skipped, (size - first + 1) // 2))
    return slice(first, first + 2 * found, 2), slice(skipped, skipped + found)
