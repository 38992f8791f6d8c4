"""Layer, RMS and group normalisation, forward and backward; batch norm is in batch_norm.

All standardise rows: of (rows, columns) for layer and RMS norm, where the weight belongs to a
column; of (N · groups, C / groups · inner) for group norm, where it belongs to a channel. The
backward passes use PyTorch's form, gx = r·w·g + b·x + c with two numbers b and c a row, for which
only sums of g·x and g are needed: no standardised copy of x is made.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, TypeVar

import numpy as np

from rushlight.kernels.blocks import BLOCK, Array, share, short_buffers
from rushlight.kernels.channels import follow
from rushlight.kernels.softmax import ones

Result = TypeVar("Result")


def layer_norm(
    x: Array,
    dims: int,
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
) -> tuple[Array, Array, Array]:
    """(x - mean) · rstd · weight + bias over the last ``dims`` axes; and mean, rstd by row.

    The mean and rstd = 1 / sqrt(biased variance + eps) are flat, one for each place in the
    leading axes. Weight and bias have the shape of the trailing axes.
    """
    if x.itemsize < 4:
        return widened(layer_norm, x, dims, weight, bias, eps)
    rows = _rows(x, dims)
    y = np.empty(rows.shape, x.dtype)
    mean, rstd = np.empty(len(rows), x.dtype), np.empty(len(rows), x.dtype)
    step = _step(rows)
    w, b = _tiled(weight, len(rows), step), _tiled(bias, len(rows), step)
    for n in range(0, len(rows), step):
        out = y[n : n + step]
        standardize(rows[n : n + step], out, eps, mean[n : n + step], rstd[n : n + step])
        if w is not None:
            np.multiply(out, w[: len(out)], out=out)
        if b is not None:
            np.add(out, b[: len(out)], out=out)
    return y.reshape(x.shape), mean, rstd


def layer_norm_backward(
    g: Array,
    x: Array,
    dims: int,
    mean: Array,
    rstd: Array,
    weight: Array | None = None,
) -> tuple[Array, Array, Array]:
    """The cotangents of x, weight and bias.

    With h = (x - mean)·rstd and v = g·weight, means taken over a row:

        gx = rstd · (v - mean(v) - h · mean(v·h)),  gw = Σ_rows g·h,  gb = Σ_rows g.
    """
    if x.itemsize < 4:
        return widened(layer_norm_backward, g, x, dims, mean, rstd, weight)
    rows, gates = _rows(x, dims), _rows(g, dims)
    columns = rows.shape[1]
    gx = np.empty(rows.shape, x.dtype)
    gw, gb = np.zeros(columns, x.dtype), np.zeros(columns, x.dtype)
    factors = ones(columns, x.dtype) if weight is None else weight.reshape(-1)
    step = _step(rows)
    w = _tiled(weight, len(rows), step)
    for n in range(0, len(rows), step):
        cut = slice(n, n + step)
        row, gate, out, m, r = rows[cut], gates[cut], gx[cut], mean[cut], rstd[cut]
        product = np.multiply(gate, row, out=out)
        np.add(gw, r.dot(product), out=gw)
        np.subtract(gw, (m * r).dot(gate), out=gw)
        np.add(gb, ones(len(row), x.dtype).dot(gate), out=gb)
        b, c = _line(product.dot(factors), gate.dot(factors), m, r, columns)
        np.multiply(row, b[:, None], out=out)
        np.add(out, c[:, None], out=out)
        v = np.multiply(gate, r[:, None])
        if w is not None:
            np.multiply(v, w[: len(out)], out=v)
        np.add(out, v, out=out)
    shape = x.shape[x.ndim - dims :]
    return gx.reshape(x.shape), gw.reshape(shape), gb.reshape(shape)


def rms_norm(
    x: Array, dims: int, weight: Array | None = None, eps: float | None = None
) -> tuple[Array, Array]:
    """x · rstd · weight over the last ``dims`` axes, rstd = 1 / sqrt(mean(x²) + eps); and rstd.

    Without ``eps`` it is the dtype's machine epsilon.
    """
    if eps is None:
        eps = float(np.finfo(x.dtype).eps) if x.dtype.kind == "f" else 2.0**-7
    if x.itemsize < 4:
        return widened(rms_norm, x, dims, weight, eps)
    rows = _rows(x, dims)
    y = np.empty(rows.shape, x.dtype)
    rstd = np.empty(len(rows), x.dtype)
    step = _step(rows)
    w = _tiled(weight, len(rows), step)
    for n in range(0, len(rows), step):
        row, out, r = rows[n : n + step], y[n : n + step], rstd[n : n + step]
        _inverse_root(np.vecdot(row, row, out=r), rows.shape[1], eps)
        np.multiply(row, r[:, None], out=out)
        if w is not None:
            np.multiply(out, w[: len(out)], out=out)
    return y.reshape(x.shape), rstd


def rms_norm_backward(
    g: Array, x: Array, dims: int, rstd: Array, weight: Array | None = None
) -> tuple[Array, Array]:
    """The cotangents of x and weight.

    With h = x·rstd and v = g·weight: gx = rstd · (v - h · mean(v·h)), gw = Σ_rows g·h.
    """
    if x.itemsize < 4:
        return widened(rms_norm_backward, g, x, dims, rstd, weight)
    rows, gates = _rows(x, dims), _rows(g, dims)
    columns = rows.shape[1]
    gx, gw = np.empty(rows.shape, x.dtype), np.zeros(columns, x.dtype)
    factors = ones(columns, x.dtype) if weight is None else weight.reshape(-1)
    step = _step(rows)
    w = _tiled(weight, len(rows), step)
    for n in range(0, len(rows), step):
        cut = slice(n, n + step)
        row, gate, out, r = rows[cut], gates[cut], gx[cut], rstd[cut]
        product = np.multiply(gate, row, out=out)
        np.add(gw, r.dot(product), out=gw)
        b = product.dot(factors)
        np.multiply(b, r * r * r / -columns, out=b)
        np.multiply(row, b[:, None], out=out)
        v = np.multiply(gate, r[:, None])
        if w is not None:
            np.multiply(v, w[: len(out)], out=v)
        np.add(out, v, out=out)
    return gx.reshape(x.shape), gw.reshape(x.shape[x.ndim - dims :])


def group_norm(
    x: Array,
    groups: int,
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
) -> tuple[Array, Array, Array]:
    """Each group of channels of (N, C, ...) standardised by itself; and mean, rstd (N · groups).

    Weight and bias belong to a channel.
    """
    if x.itemsize < 4:
        return widened(group_norm, x, groups, weight, bias, eps)
    batch, inner, size = x.shape[0], prod(x.shape[2:]), prod(x.shape[1:])
    images = x.reshape(batch, size)
    y = np.empty(images.shape, x.dtype)
    mean, rstd = (np.empty((batch, groups), x.dtype) for _ in range(2))
    w, b = (None if v is None else np.repeat(v, inner) for v in (weight, bias))

    def work(part: slice) -> None:
        out = y[part]
        row = len(out) * groups, size // groups
        moments = mean[part].reshape(-1), rstd[part].reshape(-1)
        standardize(images[part].reshape(row), out.reshape(row), eps, *moments)
        if w is not None:
            np.multiply(out, w, out=out)
        if b is not None:
            np.add(out, b, out=out)

    step = _step(images)
    share(work, [slice(n, n + step) for n in range(0, batch, step)], x.size // 4)
    return follow(y.reshape(x.shape), x), mean.reshape(-1), rstd.reshape(-1)


def group_norm_backward(
    g: Array, x: Array, groups: int, mean: Array, rstd: Array, weight: Array | None = None
) -> tuple[Array, Array, Array]:
    """The cotangents of x, weight and bias: layer norm's formulas, with a group for a row.

    The weight's and bias's cotangents are summed over the batch and the inner axes.
    """
    if x.itemsize < 4:
        return widened(group_norm_backward, g, x, groups, mean, rstd, weight)
    batch, channels, inner = *x.shape[:2], prod(x.shape[2:])
    rows, gates = (a.reshape(batch * channels, inner) for a in (x, g))
    products = np.vecdot(gates, rows).reshape(batch, groups, channels // groups)
    sums = gates.dot(ones(inner, x.dtype)).reshape(products.shape)
    factors = ones(channels, x.dtype) if weight is None else weight
    factors = factors.reshape(groups, channels // groups)
    m, r = mean.reshape(batch, groups), rstd.reshape(batch, groups)
    b, c = _line(
        np.add.reduce(products * factors, axis=2),
        np.add.reduce(sums * factors, axis=2),
        *(m, r, inner * channels // groups),
    )
    centred = (products - sums * m[:, :, None]) * r[:, :, None]
    gw = np.add.reduce(centred, axis=0).reshape(-1)
    gb = np.add.reduce(sums, axis=0).reshape(-1)
    a = (factors * r[:, :, None]).reshape(-1, 1)
    b, c = (np.repeat(v.reshape(-1), channels // groups)[:, None] for v in (b, c))
    gx = np.empty(rows.shape, x.dtype)
    step = _step(rows)
    for n in range(0, len(rows), step):
        cut = slice(n, n + step)
        out = np.multiply(rows[cut], b[cut], out=gx[cut])
        np.add(out, c[cut], out=out)
        np.add(out, np.multiply(gates[cut], a[cut]), out=out)
    return gx.reshape(x.shape), gw, gb


def widened(kernel: Callable[..., Result], x: Array, *args: Any) -> Result:
    """Run a kernel on half precision in float32. Its first result is rounded back; statistics and
    the cotangents of weight and bias stay as precise as they are."""
    wide = [
        a.astype(np.float32) if isinstance(a, np.ndarray) and a.itemsize < 4 else a
        for a in (x, *args)
    ]
    results: Any = kernel(*wide)
    return (results[0].astype(x.dtype), *results[1:])  # type: ignore[return-value]


def standardize(x: Array, y: Array, eps: float, mean: Array, rstd: Array) -> None:
    """y = (x - mean) · rstd by row; the mean and rstd are written too."""
    columns = x.shape[1]
    x.dot(ones(columns, x.dtype), out=mean)
    np.divide(mean, columns, out=mean)
    with short_buffers(columns, x.size):
        np.subtract(x, mean[:, None], out=y)
        _inverse_root(np.vecdot(y, y, out=rstd), columns, eps)
        np.multiply(y, rstd[:, None], out=y)


def _inverse_root(squares: Array, count: int, eps: float) -> None:
    """1 / sqrt(squares / count + eps), in place."""
    np.divide(squares, count, out=squares)
    np.add(squares, eps, out=squares)
    np.sqrt(squares, out=squares)
    np.reciprocal(squares, out=squares)


def _line(
    products: Array, sums: Array, mean: Array, rstd: Array, count: int
) -> tuple[Array, Array]:
    """b and c of a row: Σ v·x and Σ v say what the row's mean and spread take from gx."""
    b = (sums * mean - products) * (rstd * rstd * rstd / count)
    return b, b * -mean - sums * rstd / count


def _rows(x: Array, dims: int) -> Array:
    return x.reshape(prod(x.shape[: x.ndim - dims]), prod(x.shape[x.ndim - dims :]))


def _step(rows: Array) -> int:
    """How many rows make a block."""
    return max(1, BLOCK // max(1, int(rows.shape[1])))


def _tiled(vector: Array | None, rows: int, step: int) -> Array | None:
    """The vector, repeated to a whole block if there is more than one to come.

    NumPy broadcasts at 0.4 ns an element and multiplies arrays of one shape at 0.13.
    """
    if vector is None:
        return None
    flat = vector.reshape(1, -1)
    return flat if rows <= step else np.repeat(flat, step, axis=0)
