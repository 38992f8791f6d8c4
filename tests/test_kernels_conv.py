"""Convolutions in every layout against their definition, at sizes drawn at random."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from rushlight.kernels import conv, conv_layout
from rushlight.kernels.threads import get_num_threads, set_num_threads

Geometry = conv_layout.Geometry
Arguments = tuple[Any, Any, Any, Any]


def defined(x: Any, w: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """The sum over taps, each a slice of the padded input."""
    dims = x.ndim - 2
    x = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)])
    out = tuple(
        (n - d * (k - 1) - 1) // s + 1
        for n, k, s, d in zip(x.shape[2:], w.shape[2:], stride, dilation)
    )
    y = np.zeros((x.shape[0], groups, w.shape[0] // groups, *out), x.dtype)
    x = x.reshape(x.shape[0], groups, -1, *x.shape[2:])
    w = w.reshape(groups, -1, *w.shape[1:])
    for tap in product(*map(range, w.shape[3:])):
        part = tuple(
            slice(i * d, i * d + (o - 1) * s + 1, s)
            for i, o, s, d in zip(tap, out, stride, dilation)
        )
        y += np.einsum("ngc...,goc->ngo...", x[(..., *part)], w[(..., *tap)])
    return y.reshape(x.shape[0], -1, *y.shape[-dims:])


def draw(rng: Any) -> Arguments:
    """Shapes of input and weight, and (stride, padding, dilation, groups)."""
    dims, groups = int(rng.integers(1, 4)), int(rng.choice([1, 1, 2, 3]))
    inner, outer, batch = (int(rng.choice(few)) for few in ([1, 3, 8, 40], [1, 2, 16, 33], [1, 4]))
    kernel, stride, dilation, padding = (
        tuple(map(int, rng.choice(few, dims)))
        for few in ([1, 2, 3, 4], [1, 1, 2, 3], [1, 1, 2], [0, 1, 2, 3])
    )
    beyond = rng.integers(0, 12 if dims < 3 else 5, dims)
    size = tuple(
        max(d * (k - 1) + 1 - 2 * p, 1) + int(e)
        for d, k, p, e in zip(dilation, kernel, padding, beyond)
    )
    x, w = (batch, inner * groups, *size), (outer * groups, inner, *kernel)
    return x, w, (stride, padding, dilation), groups


LAYOUTS = {
    "planes": {"channels_last": False},
    "lifted": {"channels_last": False, "lifted": True},
    "cropped": {"channels_last": False, "lifted": False},
    "last": {"channels_last": True},
    "chosen": {},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", range(12))
def test_every_layout(layout: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LAYOUTS[layout].items():
        monkeypatch.setattr(Geometry, name, value)
    conv.conv_planes._plan.cache_clear()
    rng = np.random.default_rng(seed)
    x_shape, w_shape, sizes, groups = draw(rng)
    if layout == "last":  # which has no groups
        x_shape, groups = (x_shape[0], w_shape[1], *x_shape[2:]), 1
    x, w = rng.standard_normal(x_shape), rng.standard_normal(w_shape)
    if seed % 3 == 0:
        x = np.asfortranarray(x)
    if seed % 4 == 0:
        x = x + 1j * rng.standard_normal(x_shape)
        w = w + 1j * rng.standard_normal(w_shape)
    y = defined(x, w, *sizes, groups)
    np.testing.assert_allclose(conv.conv_forward(x, w, None, *sizes, groups), y, atol=1e-11)
    # Both cotangents are the adjoints: <g, conv(x, w)> = <dx, x> = <dw, w>, without conjugates.
    g, x2, w2 = (rng.standard_normal(a.shape).astype(a.dtype) for a in (y, x, w))
    dx = conv.conv_backward_input(g, w, x_shape, *sizes, groups)
    dw = conv.conv_backward_weight(g, x, w_shape, *sizes, groups)
    assert np.isclose((dx * x2).sum(), (g * defined(x2, w, *sizes, groups)).sum())
    assert np.isclose((dw * w2).sum(), (g * defined(x, w2, *sizes, groups)).sum())
    conv.conv_planes._plan.cache_clear()


@pytest.mark.parametrize("layout", ["planes", "last"])
def test_numbers_do_not_depend_on_threads(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Geometry, "channels_last", layout == "last")
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((9, 24, 24, 24), "f4"), rng.standard_normal((40, 24, 3, 3), "f4")
    g = rng.standard_normal((9, 40, 24, 24), "f4")
    one, before, results = (1, 1), get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            set_num_threads(threads)
            results.append(
                (
                    conv.conv_forward(x, w, None, one, one, one, 1),
                    conv.conv_backward_input(g, w, x.shape, one, one, one, 1),
                    conv.conv_backward_weight(g, x, w.shape, one, one, one, 1),
                )
            )
    finally:
        set_num_threads(before)
    for result in results[1:]:
        for first, other in zip(results[0], result):
            np.testing.assert_array_equal(first, other)


def test_a_large_image_is_cut_into_rows() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 16, 90, 500)), rng.standard_normal((8, 16, 3, 3))
    for stride in ((1, 1), (2, 2)):
        sizes = (stride, (1, 1), (1, 1))
        y = defined(x, w, *sizes, 1)
        np.testing.assert_allclose(conv.conv_forward(x, w, None, *sizes, 1), y, atol=1e-11)
        g = rng.standard_normal(y.shape)
        dw = conv.conv_backward_weight(g, x, w.shape, *sizes, 1)
        assert np.isclose((dw * w).sum(), (g * y).sum())
