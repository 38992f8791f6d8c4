"""Results of layers lie in memory with their channels last where the images do, as in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import rushlight

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")

Layer = Callable[[Any, Any, Callable[..., Any]], Any]
IMAGES: dict[str, Layer] = {
    "conv2d": lambda F, x, T: F.conv2d(x, T(6, 4, 3, 3), T(6)),
    "conv2d with groups": lambda F, x, T: F.conv2d(x, T(6, 2, 3, 3), groups=2, stride=2),
    "conv2d of points": lambda F, x, T: F.conv2d(x, T(6, 4, 1, 1)),
    "conv_transpose2d": lambda F, x, T: F.conv_transpose2d(x, T(4, 6, 3, 3), T(6)),
    "max_pool2d": lambda F, x, T: F.max_pool2d(x, 2),
    "avg_pool2d": lambda F, x, T: F.avg_pool2d(x, 2),
    "adaptive_avg_pool2d": lambda F, x, T: F.adaptive_avg_pool2d(x, 3),
    "adaptive_max_pool2d": lambda F, x, T: F.adaptive_max_pool2d(x, 3),
    "batch_norm": lambda F, x, T: F.batch_norm(x, None, None, T(4), T(4), True),
    "batch_norm in evaluation": lambda F, x, T: F.batch_norm(x, T(4), T(4).square() + 1),
    "group_norm": lambda F, x, T: F.group_norm(x, 2, T(4), T(4)),
    "interpolate": lambda F, x, T: F.interpolate(x, 9),
    "interpolate bilinearly": lambda F, x, T: F.interpolate(x, 9, mode="bilinear"),
    "relu": lambda F, x, T: F.relu(x),
    "a whole network": lambda F, x, T: F.max_pool2d(
        F.relu(F.batch_norm(F.conv2d(x, T(4, 4, 3, 3)), None, None, training=True)), 2
    ),
}
VOLUMES: dict[str, Layer] = {
    "conv3d": lambda F, x, T: F.conv3d(x, T(6, 4, 2, 2, 2)),
    "max_pool3d": lambda F, x, T: F.max_pool3d(x, 2),
    "avg_pool3d": lambda F, x, T: F.avg_pool3d(x, 2),
    "adaptive_avg_pool3d": lambda F, x, T: F.adaptive_avg_pool3d(x, 2),
    "adaptive_max_pool3d": lambda F, x, T: F.adaptive_max_pool3d(x, 2),
    "batch_norm": lambda F, x, T: F.batch_norm(x, None, None, T(4), T(4), True),
    "interpolate": lambda F, x, T: F.interpolate(x, 5, mode="trilinear"),
}
LAYERS = {**{f"2d {k}": v for k, v in IMAGES.items()}, **{f"3d {k}": v for k, v in VOLUMES.items()}}


def results(lib: Any, name: str, dtype: str, arrange: Callable[[Any, Any], Any]) -> list[Any]:
    rng = np.random.RandomState(0)

    def tensor(*size: int) -> Any:
        return lib.from_numpy(rng.uniform(-1, 1, size)).to(getattr(lib, dtype))

    x = arrange(lib, tensor(2, 4, *((8, 7) if name[0] == "2" else (4, 5, 6)))).requires_grad_()
    y = LAYERS[name](lib.nn.functional, x, tensor)
    (grad,) = lib.autograd.grad((y * y).sum(), x)
    return [y.stride(), y.detach().numpy(), grad.numpy()]


def last(lib: Any, x: Any) -> Any:
    form = lib.channels_last if x.dim() == 4 else lib.channels_last_3d
    return x.contiguous(memory_format=form)


def sliced(lib: Any, x: Any) -> Any:
    return last(lib, lib.cat([x, x], -1))[..., ::2]


def one_channel(lib: Any, x: Any) -> Any:
    return last(lib, x[:, :1]).expand(x.shape).contiguous()


@pytest.mark.parametrize("arrange", [last, sliced, one_channel])
@pytest.mark.parametrize("name", LAYERS)
def test_strides_and_values(name: str, arrange: Any) -> None:
    for dtype in ("float32", "float64"):
        ours, theirs = (results(lib, name, dtype, arrange) for lib in (rushlight, judge))
        assert ours[0] == theirs[0], dtype
        for a, b in zip(ours[1:], theirs[1:]):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


def test_weights_can_say_so_too() -> None:
    for lib in (rushlight, judge):
        w = lib.ones(6, 4, 3, 3).contiguous(memory_format=lib.channels_last)
        y = lib.nn.functional.conv2d(lib.ones(2, 4, 8, 7), w)
        assert y.is_contiguous(memory_format=lib.channels_last)
