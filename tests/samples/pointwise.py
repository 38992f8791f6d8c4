"""Pointwise operators."""

from __future__ import annotations

from tests.samples.row import Row, T, call

ODD = [call(T()), call(T(0, 3)), call(T(2, 1, 3))]
ALL = ("float32", "float64", "complex128", "int64", "int32", "uint8", "bool", "float16")

ROWS = [
    Row("exp", [call(T(3, 4)), *ODD], dtypes=ALL, inplace=True, out=True),
    Row("sin", [call(T(3, 4)), *ODD], dtypes=ALL, inplace=True, out=True),
    Row(
        "mul",
        [call(T(3, 4), T(4)), call(T(), T(2, 3)), call(T(3, 1), T(1, 4)), call(T(3), 2.5)],
        dtypes=ALL,
        inplace=True,
        out=True,
        errors=[call(T(3), T(4)), call(T(3), "a")],
    ),
    Row(
        "div",
        [call(T(3, 4), T(4, low=1.0)), call(T(3), 2), call(T(0), T(1))],
        dtypes=("float32", "float64", "complex128"),
        inplace=True,
        out=True,
    ),
]
