"""What layers call below, and convolution with time first."""

from __future__ import annotations

from tests.samples.row import FLOATS, Row, T, Z, call

HALVES = (*FLOATS, "float16")
X, W, B = T(7, 2, 3), T(4, 3, 5), T(5)
IMAGE, KERNEL = T(2, 4, 7, 8), T(6, 2, 3, 3)
ONE, NONE = (1, 1), (0, 0)

ROWS = [
    Row(
        "conv_tbc",
        [
            call(X, W, B),
            call(X, W, B, 2),
            call(X, W, B, pad=5),
            call(X, W, B, -1),
            call(X, T(1, 3, 5), B),
            call(X, T(8, 3, 5), B),
        ],
        dtypes=(*HALVES, "int64", "bool", "complex64"),
        errors=[
            call(X, W, None),
            call(T(7, 3), W, B),
            call(X, T(4, 3), B),
            call(X, W, T(1, 5)),
            call(X, T(4, 2, 5), B),
            call(X, W, T(4)),
            call(X, T(9, 3, 5), B),
            call(X, T(4, 3, 5, dtype="float32"), B),
            call(X, W, B, 1.0),
            call(None, W, B),
        ],
    ),
    Row(
        "conv_tbc",
        [
            call(T(7, 0, 3), W, B),
            call(T(7, 2, 0), T(4, 0, 5), B),
            call(T(0, 2, 3), W, B, 2),
            call(X, T(0, 3, 5), B),
        ],
        dtypes=(*HALVES, "int64"),
        second=False,
    ),
    Row("nn.functional.conv_tbc", [call(X, W, B, 1), call(X, W, B)]),
    Row(
        "convolution",
        [
            call(IMAGE, KERNEL, T(6), ONE, ONE, ONE, False, NONE, 2),
            call(IMAGE, KERNEL, None, (2, 1), (0, 1), (1, 2), False, NONE, 2),
            call(IMAGE, T(4, 3, 3, 3), T(6), (2, 2), ONE, ONE, True, (1, 0), 2),
            call(T(2, 4, 7), T(6, 2, 3), None, [1], [0], [1], False, [0], 2),
            call(T(2, 4, 5), T(4, 2, 3), None, (2,), (1,), (1,), True, (0,), 1),
            call(T(2, 2, 4, 5, 6), T(3, 2, 2, 2, 2), T(3), *((1,) * 3,) * 3, False, (0,) * 3, 1),
        ],
        errors=[
            call(IMAGE, KERNEL, None, 1, ONE, ONE, False, NONE, 2),
            call(IMAGE, KERNEL, None, (1, 1, 1), ONE, ONE, False, NONE, 2),
            call(IMAGE, KERNEL, None, ONE, ONE, ONE, 0, NONE, 2),
            call(T(4, 7, 8), KERNEL, None, ONE, ONE, ONE, False, NONE, 2),
            call(T(2, 4), T(6, 4), None, (), (), (), False, (), 1),
            call(None, KERNEL, None, ONE, ONE, ONE, False, NONE, 2),
            call(IMAGE, None, None, ONE, ONE, ONE, False, NONE, 2),
            call(IMAGE, KERNEL, 1, ONE, ONE, ONE, False, NONE, 2),
            call(IMAGE, KERNEL, None, ONE, ONE, ONE, False, NONE, 2.0),
            call(IMAGE, KERNEL, None, ONE, ONE, ONE, False, NONE, 1),
            call(IMAGE, KERNEL, None, ONE, ONE, ONE, False, (0, -1), 2),
            *[call(IMAGE, KERNEL, None, ONE, ONE, ONE, False, (0,) * n, 2) for n in (0, 3)],
        ],
    ),
    Row(
        "native_channel_shuffle",
        [
            call(T(2, 6, 3, 4), 2),
            call(T(2, 6, 3), 3),
            call(T(0, 6, 3), 2),
            call(T(2, 4, 2, 2, 2), 1),
            call(T(1, 4, 1), 4),
            call(T(2, 6, 0), 2),
        ],
        dtypes=(*HALVES, "int64", "bool"),
        second=False,
        node=False,  # PyTorch has no derivative of it
        grad=False,
        errors=[
            call(T(2, 6, 3), 4),
            call(T(2, 6, 3), 0),
            call(T(2, 6, 3), -1),
            call(T(2, 6), 2),
            call(T(2, 6, 3), 2.0),
            call(None, 2),
        ],
    ),
    Row(
        "bilinear",
        [call(T(5, 2), T(5, 3), T(4, 2, 3), T(4)), call(T(2, 5, 2), T(2, 5, 3), T(4, 2, 3))],
        node=False,
        errors=[call(T(5, 2), T(4, 3), T(4, 2, 3)), call(T(5, 2), T(5, 3), T(4, 2, 2))],
    ),
    Row(
        "native_layer_norm",
        [
            call(T(4, 5), (5,), T(5), T(5), 1e-5),
            call(T(2, 3, 4), [3, 4], None, None, 1e-3),
            call(T(4, 5), (5,), T(5), None, 1e-5),
            call(T(4, 5), (5,), None, None, 1e-5),
            call(T(5), (5,), None, None, 0.1),
            call(T(0, 5), (5,), T(5), T(5), 1e-5),
        ],
        dtypes=(*HALVES, "int64"),
        errors=[
            call(T(4, 5), (4,), None, None, 1e-5),
            call(T(4, 5), (5,), T(4), None, 1e-5),
            call("a", (5,), None, None, 1e-5),
            call(T(4, 5), (5,), None, None, "a"),
        ],
    ),
    Row(
        "native_group_norm",
        [
            call(T(2, 6, 3), T(6), T(6), 2, 6, 3, 2, 1e-5),
            call(T(2, 6), None, None, 2, 6, 1, 3, 1e-3),
            call(T(2, 6, 3), T(6), None, 2, 6, 3, 1, 1e-5),
            call(T(2, 6, 3), None, T(6), 2, 6, 3, 6, 1e-5),
            call(T(1, 2, 2, 2), T(2), T(2), 1, 2, 4, 2, 0.1),
            call(T(0, 6, 3), T(6), T(6), 0, 6, 3, 2, 1e-5),
        ],
        dtypes=(*HALVES, "int64"),
        grad=False,  # PyTorch's means and deviations have derivatives
        errors=[
            call(T(2, 6, 3), None, None, 2, 6, 4, 2, 1e-5),
            call(T(2, 6, 3), T(5), None, 2, 6, 3, 2, 1e-5),
            call("a", None, None, 2, 6, 3, 2, 1e-5),
            call(T(2, 6, 3), None, None, 2, 6, 3, 4, 1e-5),
        ],
    ),
    Row(
        "native_batch_norm",
        [
            call(T(2, 6, 3), T(6), T(6), None, None, True, 0.1, 1e-5),
            call(T(2, 6), None, None, Z(6), Z(6, low=0.5), True, 0.2, 1e-3),
            call(T(2, 6, 3), T(6), T(6), Z(6), Z(6, low=0.5), False, 0.1, 1e-5),
            call(T(2, 6, 3), T(6), None, None, None, True, 0.1, 1e-5),
            call(T(2, 6, 3, 2), T(6), T(6), Z(6), Z(6, low=0.5), True, 0.1, 1e-5),
            call(T(1, 6, 3), None, None, Z(6), Z(6, low=0.5), False, 0.1, 1e-5),
        ],
        dtypes=(*HALVES, "int64"),
        errors=[
            call(T(5, 0), None, None, None, None, True, 0.1, 1e-5),
            call(T(0, 3), T(3), T(3), Z(3), Z(3), True, 0.1, 1e-5),
            call("a", None, None, None, None, True, 0.1, 1e-5),
            call(T(2, 6), None, None, None, None, 2, 0.1, 1e-5),
            call(T(2, 6), None, None, None, None, True, "a", 1e-5),
        ],
    ),
]
