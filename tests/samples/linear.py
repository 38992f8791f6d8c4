"""Affine maps."""

from __future__ import annotations

from tests.samples.matrix import NUMBERS, WIDE
from tests.samples.row import Row, T, call

ROWS = [
    Row(
        "nn.functional.linear",
        [
            call(T(2, 3), T(4, 3)),
            call(T(2, 3), T(4, 3), T(4)),
            call(T(3), T(4, 3)),
            call(T(3), T(4, 3), T(4)),
            call(T(2, 5, 3), T(4, 3)),
            call(T(2, 5, 3), T(4, 3), T(4)),
            call(T(2, 2, 5, 3), T(4, 3), bias=T(4)),
            call(T(3), T(3)),
            call(T(2, 3), T(3)),
            call(T(3), T(3), T()),
            call(T(2, 3), T(4, 3), T(1)),
            call(T(2, 3), T(4, 3), T()),
            call(T(2, 3), T(4, 3), T(2, 4)),
            call(T(2, 5, 3), T(4, 3), T(2, 5, 4)),
            call(T(2, 5, 3), T(4, 3), T(1, 5, 4)),
            call(T(2, 5, 3), T(4, 3), T(1, 4)),
            call(T(1, 5, 3), T(4, 3), T(5, 1)),
            call(T(3), T(4, 3), T(1, 4)),
            call(T(2, 5, 3), T(4, 3), T(1, 1, 1)),
            call(T(0, 3), T(4, 3), T(4)),
            call(T(2, 0), T(4, 0), T(4)),
        ],
        dtypes=NUMBERS,
        errors=[
            call(T(2, 3), T(4, 4), T(4)),
            call(T(2, 3), T(4, 3), T(5)),
            call(T(2, 5, 3), T(4, 3), T(1, 1, 4)),
            call(T(2, 5, 3), T(4, 3), T(5, 1)),
            call(T(5, 1, 3), T(4, 3), T(5, 4)),
            call(T(3), T(4, 3), T(2, 4)),
            call(T(2, 3), T(4, 4)),
            call(T(2, 5, 3), T(4, 4)),
            call(T(2, 5, 3), T(4, 4), T(4)),
            call(T(3), T(4, 4), T(4)),
            call(T(3), T(4, 4)),
            call(T(2, 3), T(3), T()),
            call(T(2, 3), T(2, 4, 3)),
            call(T(), T(3)),
            call(T(2, 3), T(4, 3, **WIDE)),
            call(T(2, 3), T(4, 3), T(4, **WIDE)),
            call(T(2, 3), T(4, 3, **WIDE), T(4, **WIDE)),
            call(T(2, 5, 3), T(4, 3, **WIDE)),
            call(T(2, 3), 2),
            call(T(2, 3), None),
            call("a", T(2, 3)),
        ],
    ),
    Row(
        "nn.functional.bilinear",
        [
            call(T(2, 3), T(2, 4), T(5, 3, 4)),
            call(T(2, 3), T(2, 4), T(5, 3, 4), T(5)),
            call(T(3), T(4), T(5, 3, 4), T(5)),
            call(T(2, 2, 3), T(2, 2, 4), T(1, 3, 4)),
            call(T(0, 3), T(0, 4), T(5, 3, 4)),
        ],
        dtypes=("float32", "float64", "complex128", "float16"),
        errors=[
            call(T(2, 3), T(3, 4), T(5, 3, 4)),
            call(T(2, 2), T(2, 4), T(5, 3, 4)),
            call(T(2, 3), T(2, 3), T(5, 3, 4)),
            call(T(2, 3), T(2, 4), T(5, 3, 4), T(4)),
            call(T(2, 3), T(4), T(5, 3, 4)),
        ],
    ),
]
