"""Rounding to a few levels."""

from __future__ import annotations

from typing import Any

from tests.samples.row import Row, T, Z, call

inf, nan = float("inf"), float("nan")
ODD = T(7, values=(-1.0, -0.26, 0.251, 0.355, 3.0, nan, inf))
SCALE = Z(2, values=(0.125, 0.25), dtype="float32")
ZERO = Z(2, values=(0, 1), dtype="int32")
FLOATING: Any = {
    "dtypes": ("float32", "float64", "float16"),
    "finite": False,
    "method": False,
    "forward": False,
}

ROWS = [
    Row(
        "fake_quantize_per_tensor_affine",
        [
            call(T(3, 4), 0.125, 3, 0, 15),
            call(ODD, 0.125, 3, 0, 15),
            call(T(), 0.25, 0, -8, 7),
            call(T(0, 3), 0.25, 0, -8, 7),
            call(T(3), 1, 0, -1, 1),
            call(T(3), -0.25, 0, -8, 7),
        ],
        errors=[
            call("a", 0.1, 0, 0, 15),
            call(T(2), "a", 0, 0, 15),
            call(T(2), 0.1, 0.5, 0, 15),
            call(T(2), 0.1, 30, 0, 15),
            call(T(2), 0.1, 0, 15, 0),
            call(Z(2, dtype="int64"), 0.1, 0, 0, 15),
            call(Z(2, dtype="complex64"), 0.1, 0, 0, 15),
        ],
        **FLOATING,
    ),
    Row(
        "fake_quantize_per_tensor_affine of tensors",
        [
            call(T(2, 3), Z(low=0.2, high=0.3, dtype="float32"), Z(values=(2,)), 0, 15),
            call(T(3), Z(1, values=(0.5,), dtype="float32"), Z(1, values=(1.9,)), 0, 3),
            call(T(), Z(values=(0.5,), dtype="float32"), Z(values=(0,)), 0, 3),
            call(T(0, 2), Z(values=(0.5,), dtype="float32"), Z(values=(0,)), 0, 3),
            call(ODD, Z(values=(0.125,), dtype="float32"), Z(values=(3,)), 0, 15),
            call(T(2), Z(values=(0.5,), dtype="float32"), Z(values=(30,)), 0, 15),
        ],
        fn=lambda lib, *args: lib.fake_quantize_per_tensor_affine(*args),
        errors=[call(T(2), Z(2), Z(2), 0, 15), call(T(2), Z(0), Z(0), 0, 15)],
        **FLOATING,
    ),
    Row(
        "fake_quantize_per_channel_affine",
        [
            call(T(2, 3), SCALE, ZERO, 0, 0, 15),
            call(T(3, 2), SCALE, ZERO, 1, 0, 15),
            call(T(2), SCALE, ZERO, 0, -8, 7),
            call(T(2, 0), SCALE, ZERO, 0, 0, 15),
            call(T(2, 3), SCALE, Z(2, values=(0.0, 1.5), dtype="float32"), 0, 0, 15),
            call(T(4, 2, 3), SCALE, ZERO, 1, 0, 3),
        ],
        errors=[
            call(T(2, 3), SCALE, ZERO, 1, 0, 15),
            call(T(2, 3), SCALE, ZERO, 2, 0, 15),
            call(T(3, 2), SCALE, ZERO, -1, 0, 15),
            call(T(2, 3), SCALE, ZERO, "a", 0, 15),
            call(T(2, 3), SCALE, ZERO, 0, 15, 0),
            call(T(2, 3), SCALE, ZERO, 0, 1, 15),
            call(T(2, 3), Z(2, dtype="float64"), ZERO, 0, 0, 15),
            call(T(2, 3), SCALE, Z(2, dtype="int64"), 0, 0, 15),
            call(T(2, 3), Z(1, 2, dtype="float32"), ZERO, 0, 0, 15),
            call(T(2, 3), Z(3, dtype="float32"), ZERO, 0, 0, 15),
            call(T(2, 3), 0.5, ZERO, 0, 0, 15),
            call(Z(2, 3, dtype="int64"), SCALE, ZERO, 0, 0, 15),
        ],
        **FLOATING,
    ),
]
