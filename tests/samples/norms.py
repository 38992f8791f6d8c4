"""Norms, distances, differences of neighbours."""

from __future__ import annotations

from tests.samples.common import ALL, inf
from tests.samples.row import Call, I, Row, T, call

ORDERS = (0, 0.5, 1, 1.5, 2, 3, 4.5, inf, -inf, -1)
HOLES = T(3, 4, values=(0.0, 1.0, -2.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.5, -0.5, 0.5, 3.0))
POSITIVE = (0.5, 1, 1.5, 2, 3, inf)
MATRIX = ("fro", "nuc", 1, -1, 2, -2, inf, -inf)


def by_order(*orders: object) -> list[Call]:
    """Calls with each order, of everything and along a dimension."""
    calls = []
    for p in orders:
        calls += [call(T(3, 4), p), call(T(3, 4), p, 1), call(T(2, 3, 4), p, 0, True)]
        calls += [call(T(2, 3, 4), p, (0, -1)), call(T(), p), call(T(), p, 0)]
    return calls


COMMON = [
    call(T(3, 4)),
    call(T(2, 1, 3), 2, 1),
    call(T(3, 4), dim=0),
    call(T(3, 4), 2, [0, 1], True),
    call(T(3, 4), 3, dtype="dtype:float64"),
    call(T(300, 70), 2, 0),
    call(T(300, 70)),
]

ROWS = [
    Row(
        "linalg.vector_norm",
        [
            *by_order(*ORDERS[1:]),
            *COMMON,
            call(T(3, 4), 2, ()),
            call(T(0)),
            call(T(0, 3), 1, 0),
            call(T(0, 3), inf, 1),
        ],
        dtypes=ALL,
        out=True,
        errors=[
            call(I(3, high=4)),
            call(T(3), "a"),
            call(T(3), 1j),
            call(T(3), 2, 1),
            call(T(3), 2, "a"),
            call(T(3, 3), 2, (0, 0)),
            call("a"),
            call(T(0), inf),
            call(T(0, 3), -1, 0),
            call(T(3), 2, dtype="dtype:int32"),
            call(T(3), 2, dtype="dtype:float32"),
            call(T(3), 2, dtype="dtype:complex64"),
            call(T(3, dtype="complex128"), 2, dtype="dtype:float64"),
            call(T(3), 2, out=T(dtype="float32")),
        ],
    ),
    Row("linalg.vector_norm", by_order(0), dtypes=ALL, forward=False),
    # Where elements are 0, and where all are.
    Row(
        "linalg.vector_norm",
        [c for p in (0.5, 1, 1.5, 2, 3, inf) for c in (call(HOLES, p), call(HOLES, p, 1))],
        second=False,
    ),
    Row(
        "norm",
        [
            *by_order(1, 2, 3.5, inf, "fro"),
            *COMMON,
            call(T(3, 4), None),
            call(T(3, 4), "nuc"),
            call(T(4, 3), "nuc", (0, 1), True),
            call(T(3, 4), p=1),
        ],
        dtypes=ALL,
        out=True,
        errors=[call(I(3, high=4)), call(T(3), "a"), call(T(3), 2, 5), call(T(3, 3), "nuc", 0)],
    ),
    Row(
        "linalg.matrix_norm",
        [
            *[call(T(3, 4), p) for p in MATRIX],
            *[call(T(4, 3), p) for p in MATRIX],
            *[call(T(2, 3, 4), p, (0, 2), True) for p in MATRIX],
            *[call(T(2, 3, 4), p, (2, 1)) for p in MATRIX],
            call(T(0, 3), 1),
            call(T(3, 0), inf),
            call(T(3, 0), "nuc"),
            call(T(3, 4), 1, dtype="dtype:float64"),
        ],
        dtypes=ALL,
        out=True,
        rtol=1e-8,
        errors=[
            call(T(3)),
            call(T(3, 3), 3),
            call(T(3, 3), "abc"),
            call(T(3, 3), 2.5),
            call(T(3, 3), 1, (0, 0)),
            call(T(3, 3), 1, (0,)),
            call(T(3, 3), 1, (0, 5)),
            call(T(3, 3), 2, 1),
            call(I(3, 3, high=4)),
            call(T(3, 3, dtype="float16"), 2),
            call("a"),
        ],
    ),
    Row(
        "linalg.norm",
        [
            *[c for c in COMMON if 3 not in c.args],
            *[call(T(3, 4), p) for p in MATRIX],
            *[call(T(5), p) for p in POSITIVE],
            *[call(T(2, 3, 4), p, (1, 2)) for p in MATRIX],
            call(T(2, 3, 4)),
            call(T(2, 3, 4), None, (0, 1)),
            call(T(2, 3, 4), 3, 1),
            call(T()),
        ],
        dtypes=ALL,
        out=True,
        rtol=1e-8,
        errors=[
            call(T(2, 3, 4), 2),
            call(T(2, 3, 4), "fro"),
            call(T(2, 3, 4), 2, (0, 1, 2)),
            call(T(2, 3, 4), "fro", 0),
            call(T(3), "fro"),
            call(T(3, 3), 0),
            call(T(), 2),
            call(T(3, 3), "abc"),
            call(I(3, high=4)),
            call("a"),
        ],
    ),
    Row(
        "dist",
        [
            *[call(T(3, 4), T(3, 4), p) for p in ORDERS[1:]],
            call(T(3, 4), T(4)),
            call(T(3, 1), T(1, 4), 1),
            call(T(), T(2), 3),
            call(T(), T()),
            call(T(3), T(3, dtype="float32")),
        ],
        dtypes=ALL,
        errors=[
            call(T(3), 3),
            call(3, T(3)),
            call(T(3), T(4)),
            call(I(3, high=4), I(3, high=4)),
            call(T(3), T(3), "a"),
        ],
    ),
    Row(
        "renorm",
        [
            *[call(T(3, 4), p, 0, 1) for p in POSITIVE],
            call(T(3, 4), 2, -1, 2.5),
            call(T(2, 3, 4), 2, 1, 2),
            call(T(2, 3, 4), 2, 1, 100),
            call(T(3, 4), 1, 0, 0),
        ],
        dtypes=ALL,
        out=True,
        inplace=True,
        errors=[
            call(T(3, 3), 2, 5, 1),
            call(T(3, 3), -1, 0, 1),
            call(T(3, 3), 2, 0, -1),
            call(T(3), 2, 0, 1),
            call(T(3, 3), "a", 0, 1),
            call(T(3, 3), 2, "a", 1),
            call(I(3, 3, high=4), 2, 0, 1),
        ],
    ),
    Row(
        "diff",
        [
            call(T(5)),
            call(T(3, 4)),
            call(T(3, 4), 2),
            call(T(3, 4), 1, 0),
            call(T(3, 4), dim=-2),
            call(T(3, 4), 0),
            call(T(3, 4), 0, 0, T(1, 4), T(2, 4)),
            call(T(3, 4), 9),
            call(T(3, 4), 1, 0, T(1, 4), T(2, 4)),
            call(T(3, 4), prepend=T(3, 1)),
            call(T(2, 0)),
            call(T(1)),
        ],
        dtypes=ALL,
        out=True,
        errors=[
            call(T()),
            call(T(3), -1),
            call(T(3), "a"),
            call(T(3), 1, 4),
            call(T(2, 3), 1, 1, T(1, 3)),
            call(T(2, 3), 1, 1, T(3)),
            call("a"),
        ],
    ),
    Row(
        "sum_to_size",
        [
            call(T(2, 3), 1, 3),
            call(T(2, 3), (3,)),
            call(T(2, 3), 2, 1),
            call(T(4, 2, 3), 2, 1),
            call(T(4, 2, 3), 1),
            call(T(2, 1, 3), 1, 1, 1),
        ],
        fn=lambda torch, x, *size: x.sum_to_size(*size),
        dtypes=ALL,
        errors=[call(T(2, 3), 4), call(T(2, 3), 2, 2, 3), call(T(2, 3), "a"), call(T(2, 3), -1)],
    ),
]
