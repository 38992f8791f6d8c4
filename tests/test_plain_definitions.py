"""Fused operators beside what they stand for, spelled out in operators that hide nothing.

A fused operator is one node with a derivative written by hand, in blocks and on several threads
where its input is large. Here each is held against its plain definition: the result, the gradients
by every input, and the gradients of these. No other library has a say.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi, prod, sqrt
from typing import Any

import pytest

import rushlight as rl
from rushlight import Tensor
from rushlight.nn import functional as F

Fn = Callable[..., Any]
rl.manual_seed(0)


def t(*shape: int) -> Tensor:
    return rl.randn(*shape, dtype=rl.float64)


def first_and_second(fn: Fn, inputs: list[Tensor]) -> list[Tensor]:
    """The result, the gradients of its squares, and the gradients of theirs."""
    leaves = [x.clone().requires_grad_() for x in inputs]
    y = fn(*leaves)
    cotangent = rl.linspace(-1, 1, y.numel(), dtype=y.dtype).reshape(y.shape)
    grads = rl.autograd.grad((y * y * cotangent).sum(), leaves, create_graph=True)
    size = sum((g * g).sum() for g in grads)
    second = rl.autograd.grad(size, leaves, allow_unused=True, materialize_grads=True)
    return [y, *grads, *second]


def softmax(x: Tensor, dim: int) -> Tensor:
    e = rl.exp(x - x.amax(dim, keepdim=True).detach())
    return e / e.sum(dim, keepdim=True)


def log_softmax(x: Tensor, dim: int) -> Tensor:
    return rl.log(softmax(x, dim))


def cross_entropy(x: Tensor, target: Tensor, weight: Tensor, smoothing: float) -> Tensor:
    p = log_softmax(x, 1)
    picked = -(p * weight).gather(1, target[:, None])[:, 0]
    smooth = -(p * weight).sum(1) / x.shape[1]
    total = ((1 - smoothing) * picked + smoothing * smooth).sum()
    return total / weight[target].sum()


def standard(x: Tensor, dims: Any, eps: float = 1e-5) -> Tensor:
    centred = x - x.mean(dims, keepdim=True)
    return centred / rl.sqrt((centred * centred).mean(dims, keepdim=True) + eps)


def by_channel(v: Tensor, x: Tensor) -> Tensor:
    return v.reshape(1, -1, *[1] * (x.ndim - 2))


def group_norm(x: Tensor, groups: int, w: Tensor, b: Tensor) -> Tensor:
    rows = standard(x.reshape(x.shape[0], groups, -1), -1).reshape(x.shape)
    return rows * by_channel(w, x) + by_channel(b, x)


def rms_norm(x: Tensor, w: Tensor) -> Tensor:
    return x / rl.sqrt((x * x).mean(-1, keepdim=True) + 1e-6) * w


def attention(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    scores = rl.einsum("...qd,...kd->...qk", q, k) / sqrt(q.shape[-1])
    if causal:
        later = rl.ones(scores.shape[-2:], dtype=rl.bool).triu(1)
        scores = rl.where(later, rl.tensor(-1e300, dtype=rl.float64), scores)
    return rl.einsum("...qk,...kd->...qd", softmax(scores, -1), v)


def convolution(
    x: Tensor, w: Tensor, b: Tensor, stride: int, padding: int, dilation: int
) -> Tensor:
    """Each tap of the kernel times the part of the image that it meets."""
    x = F.pad(x, (padding,) * 4)
    high, wide = ((n - dilation * (w.shape[2] - 1) - 1) // stride + 1 for n in x.shape[2:])
    y = b[:, None, None]
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            part = x[:, :, i * dilation :, j * dilation :][:, :, ::stride, ::stride]
            y = y + rl.einsum("nchw,oc->nohw", part[:, :, :high, :wide], w[:, :, i, j])
    return y


def transposed(x: Tensor, w: Tensor, b: Tensor, stride: int) -> Tensor:
    """Zeros between the pixels, and the kernel the other way round."""
    n, c, high, wide = x.shape
    spread = rl.zeros(n, c, stride * (high - 1) + 1, stride * (wide - 1) + 1, dtype=x.dtype)
    places = rl.zeros_like(spread)
    places[:, :, ::stride, ::stride] = 1
    spread = spread.masked_scatter(places.bool(), x)
    return convolution(spread, w.flip((2, 3)).transpose(0, 1), b, 1, w.shape[2] - 1, 1)


def windows(x: Tensor, size: int, step: int) -> Tensor:
    return x.unfold(2, size, step).unfold(3, size, step).flatten(4)


def lstm(x: Tensor, h: Tensor, c: Tensor, wx: Tensor, wh: Tensor, b: Tensor) -> Tensor:
    states = []
    for row in x:
        i, f, g, o = (row @ wx.T + h @ wh.T + b).chunk(4, 1)
        c = rl.sigmoid(f) * c + rl.sigmoid(i) * rl.tanh(g)
        h = rl.sigmoid(o) * rl.tanh(c)
        states.append(h)
    return rl.stack([*states, c])


def gru(x: Tensor, h: Tensor, wx: Tensor, wh: Tensor, b: Tensor, bh: Tensor) -> Tensor:
    states = []
    for row in x:
        r, z, n = (row @ wx.T + b).chunk(3, 1)
        rh, zh, nh = (h @ wh.T + bh).chunk(3, 1)
        z = rl.sigmoid(z + zh)
        h = (1 - z) * rl.tanh(n + rl.sigmoid(r + rh) * nh) + z * h
        states.append(h)
    return rl.stack(states)


def module(kind: str, x: Tensor, state: Any, weights: list[Tensor]) -> Any:
    names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    layer = getattr(rl.nn, kind)(x.shape[2], weights[1].shape[1], dtype=rl.float64)
    return rl.func.functional_call(layer, dict(zip(names, weights)), (x, state))


def lstm_layer(x: Tensor, h: Tensor, c: Tensor, wx: Tensor, wh: Tensor, b: Tensor) -> Tensor:
    y, (_, c) = module("LSTM", x, (h[None], c[None]), [wx, wh, b, rl.zeros_like(b)])
    return rl.cat([y, c])


def gru_layer(x: Tensor, h: Tensor, *weights: Tensor) -> Tensor:
    return module("GRU", x, h[None], list(weights))[0]  # type: ignore[no-any-return]


index = rl.randint(0, 7, (40,))
mask = rl.arange(40) % 3 == 0
CASES: dict[str, tuple[Fn, Fn, list[Tensor]]] = {}


def case(name: str, fused: Fn, plain: Fn, *inputs: Tensor) -> None:
    CASES[name] = fused, plain, list(inputs)


for shape, dim in ((4, 7), 1), ((300, 200), 1), ((300, 200), 0), ((20, 90, 40), 1):
    case(
        f"softmax {shape} {dim}",
        lambda x, d=dim: x.softmax(d),
        lambda x, d=dim: softmax(x, d),
        t(*shape),
    )
    case(
        f"log_softmax {shape} {dim}",
        lambda x, d=dim: x.log_softmax(d),
        lambda x, d=dim: log_softmax(x, d),
        t(*shape),
    )
for rows, smoothing in (5, 0.0), (5, 0.3), (600, 0.1):
    goal, weight = rl.randint(0, 70, (rows,)), rl.rand(70, dtype=rl.float64)
    case(
        f"cross_entropy {rows} {smoothing}",
        lambda x, g=goal, w=weight, s=smoothing: F.cross_entropy(x, g, w, label_smoothing=s),
        lambda x, g=goal, w=weight, s=smoothing: cross_entropy(x, g, w, s),
        t(rows, 70),
    )
for size in (30, 70_000):
    case(f"mish {size}", F.mish, lambda x: x * rl.tanh(rl.log1p(rl.exp(x))), t(size))
    case(f"gelu {size}", F.gelu, lambda x: x / 2 * (1 + rl.erf(x / sqrt(2))), t(size))
    case(
        f"gelu tanh {size}",
        lambda x: F.gelu(x, approximate="tanh"),
        lambda x: x / 2 * (1 + rl.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))),
        t(size),
    )
    case(f"silu {size}", F.silu, lambda x: x * rl.sigmoid(x), t(size))
    case(f"softplus {size}", F.softplus, lambda x: rl.log(1 + rl.exp(x)), t(size))
    case(f"mse {size}", F.mse_loss, lambda x, y: ((x - y) ** 2).mean(), t(size), t(size))
for shape in (4, 6), (300, 250):
    case(
        f"layer_norm {shape}",
        lambda x, w, b: F.layer_norm(x, w.shape, w, b),
        lambda x, w, b: standard(x, -1) * w + b,
        t(*shape),
        t(shape[1]),
        t(shape[1]),
    )
    case(
        f"rms_norm {shape}",
        lambda x, w: F.rms_norm(x, w.shape, w, 1e-6),
        rms_norm,
        t(*shape),
        t(shape[1]),
    )
    case(f"linear {shape}", F.linear, lambda x, w, b: x @ w.T + b, t(*shape), t(5, shape[1]), t(5))
for shape in (4, 6), (3, 6, 5), (8, 6, 40, 40):
    case(
        f"batch_norm {shape}",
        lambda x, w, b: F.batch_norm(x, None, None, w, b, True),
        lambda x, w, b: (
            standard(x, [d for d in range(x.ndim) if d != 1]) * by_channel(w, x) + by_channel(b, x)
        ),
        t(*shape),
        t(6),
        t(6),
    )
    case(
        f"group_norm {shape}",
        lambda x, w, b: F.group_norm(x, 3, w, b),
        lambda x, w, b: group_norm(x, 3, w, b),
        t(*shape),
        t(6),
        t(6),
    )
for length, causal in (5, False), (5, True), (130, True):
    case(
        f"attention {length} {causal}",
        lambda q, k, v, c=causal: F.scaled_dot_product_attention(q, k, v, is_causal=c),
        lambda q, k, v, c=causal: attention(q, k, v, c),
        *[t(2, 3, length, 8) for _ in range(3)],
    )
for channels, size, kernel, steps in (
    (2, 7, 3, (1, 1, 1)),
    (3, 9, 2, (2, 0, 1)),
    (4, 11, 3, (1, 2, 2)),
    (18, 20, 3, (1, 1, 1)),
    (5, 12, 1, (1, 0, 1)),
):
    case(
        f"conv2d {channels} {kernel} {steps}",
        lambda x, w, b, s=steps: F.conv2d(x, w, b, *s),
        lambda x, w, b, s=steps: convolution(x, w, b, *s),
        t(3, channels, size, size),
        t(16, channels, kernel, kernel) / 5,
        t(16),
    )
case(
    "conv_transpose2d",
    lambda x, w, b: F.conv_transpose2d(x, w, b, 2),
    lambda x, w, b: transposed(x, w, b, 2),
    t(2, 3, 5, 4),
    t(3, 4, 3, 3),
    t(4),
)
for size in (8, 60):
    case(
        f"max_pool2d {size}",
        lambda x: F.max_pool2d(x, 3, 2),
        lambda x: windows(x, 3, 2).amax(-1),
        t(2, 3, size, size),
    )
    case(
        f"avg_pool2d {size}",
        lambda x: F.avg_pool2d(x, 2),
        lambda x: windows(x, 2, 2).mean(-1),
        t(2, 3, size, size),
    )
case(
    "embedding",
    lambda w: F.embedding(index, w),
    lambda w: F.one_hot(index, 7).double() @ w,
    t(7, 4),
)
case(
    "embedding_bag",
    lambda w: F.embedding_bag(index.reshape(8, 5), w, mode="mean"),
    lambda w: (F.one_hot(index, 7).double() @ w).reshape(8, 5, -1).mean(1),
    t(7, 4),
)
case(
    "index_add",
    lambda x, y: x.index_add(0, index, y),
    lambda x, y: x + F.one_hot(index, 7).double().T @ y,
    t(7, 4),
    t(40, 4),
)
case("masked_fill", lambda x: x.masked_fill(mask, 2), lambda x: x * ~mask + mask * 2.0, t(40))
case("addmm", rl.addmm, lambda c, a, b: c + (a[:, :, None] * b).sum(1), t(3, 5), t(3, 4), t(4, 5))
for steps, hidden in (3, 4), (9, 40):
    weights = [t(4 * hidden, 5) / 3, t(4 * hidden, hidden) / 6, t(4 * hidden)]
    case(f"LSTM {steps}", lstm_layer, lstm, t(steps, 3, 5), t(3, hidden), t(3, hidden), *weights)
    weights = [t(3 * hidden, 5) / 3, t(3 * hidden, hidden) / 6, t(3 * hidden), t(3 * hidden)]
    case(f"GRU {steps}", gru_layer, gru, t(steps, 3, 5), t(3, hidden), *weights)


@pytest.mark.parametrize("name", CASES)
def test_fused_is_what_it_stands_for(name: str) -> None:
    fused, plain, inputs = CASES[name]
    ours, meant = first_and_second(fused, inputs), first_and_second(plain, inputs)
    for a, b in zip(ours, meant, strict=True):
        scale = b.detach().abs().max().item() if prod(b.shape) else 0.0
        rl.testing.assert_close(a, b, rtol=1e-9, atol=1e-10 * max(1.0, scale))
