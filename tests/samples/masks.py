"""Masks: what they fill, pick and scatter to; where elements are not zero."""

from __future__ import annotations

from tests.samples.common import WRONG_UNARY, inf, nan
from tests.samples.row import I, M, Row, T, call, permuted

ALL = ("float32", "float64", "float16", "int64", "int32", "uint8", "bool", "complex128")

ROWS = [
    Row(
        "masked_fill",
        [
            call(T(2, 3), M(2, 3), 1.5),
            call(T(2, 3), M(3), 2),
            call(T(2, 3), M(2, 1), True),
            call(T(2, 3), M(2, 3), T()),
            call(T(3), M(2, 1), 1),
            call(T(), M(), 1),
            call(T(0, 3), M(3), 1),
            call(T(3, dtype="uint8"), M(3), -2),
        ],
        dtypes=ALL,
        inplace=True,
        errors=[
            call(T(3), M(3), "a"),
            call(T(3), M(3), T(3)),
            call(T(3), M(3), 1j),
            call(T(3), T(3), 1),
            call(T(3), I(3, high=2, dtype="uint8"), 1),
            call(T(3), M(2), 1),
            call(T(3), True, 1),
            call(T(3, dtype="uint8"), M(3), 300),
        ],
    ),
    Row(
        "masked_select",
        [
            call(T(2, 3), M(2, 3)),
            call(T(2, 3), M(3)),
            call(T(3), M(4, 1)),
            call(T(), M()),
            call(T(0), M(0)),
            call(T(2, 1, 3), M(2, 1)),
        ],
        dtypes=ALL,
        out=True,
        errors=[
            call(T(3), T(3)),
            call(T(3), "a"),
            call(T(3), M(2)),
            call(T(3), I(3, high=2, dtype="uint8")),
            call(T(3), M(3), out=T(3, dtype="float32")),
        ],
    ),
    Row(
        "masked_scatter",
        [
            call(T(2, 3), M(2, 3), T(6)),
            call(T(2, 3), M(3), T(2, 4)),
            call(T(3), M(2, 1), T(6)),
            call(T(), M(), T(1)),
            call(T(0), M(0), T(0)),
            call(T(2, 1, 3), M(3), T(9)),
        ],
        dtypes=ALL,
        inplace=True,
        errors=[
            call(T(3), M(3), 5),
            call(T(3), M(3), T(3, dtype="float32")),
            call(T(3), T(3), T(3)),
            call(T(3), M(2), T(3)),
            call(T(20), M(20), T(1)),
        ],
    ),
    Row(
        "nonzero",
        [
            call(I(3, 4, high=2)),
            call(I(3, 4, high=2), as_tuple=True),
            call(T(3)),
            call(M(2, 3, 4), as_tuple=True),
            call(permuted(0, shape=())),
            call(T()),
            call(T(), as_tuple=True),
            call(T(0, 3)),
        ],
        dtypes=ALL,
        grad=False,
        errors=[call("a"), call(T(3), as_tuple=2), call(T(3), out=T(3))],
    ),
    Row(
        "argwhere",
        [
            call(I(3, 4, high=2)),
            call(T(3)),
            call(T()),
            call(M(2, 3, 4)),
            call(T(0, 3)),
            call(T(4, values=(0.0, -0.0, inf, nan))),
        ],
        dtypes=ALL,
        grad=False,
        errors=WRONG_UNARY,
    ),
]
