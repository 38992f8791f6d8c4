"""Histograms, and counts drawn at random."""

from __future__ import annotations

from typing import Any

from tests.samples.row import Row, T, Z, call

X = Z(20)
EDGES = Z(4, values=(-1.5, -0.5, 0.25, 1.75))
P = Z(10, 2)


def seeded(name: str) -> Any:
    def function(lib: Any, *args: Any) -> Any:
        lib.manual_seed(3)
        return getattr(lib, name)(*args)

    return function


ROWS = [
    Row(
        "histogram",
        [
            call(X),
            call(X, 4),
            call(X, bins=4, range=(-1.0, 1.5)),
            call(X, 4, weight=Z(20), density=True),
            call(X, EDGES),
            call(X, EDGES, weight=Z(20)),
            call(Z(4, 5), EDGES, density=True),
            call(Z(0), 3),
            call(Z(3, values=(1.0, 1.0, 1.0)), 3),
            call(Z(2, values=(1.9, 1.9)), 100),
        ],
        grad=False,
        errors=[
            call(X, 0),
            call(X, 3, range=(2.0, 1.0)),
            call(X, 3, range=(0.0, float("inf"))),
            call(X, 3, range=(0.0,)),
            call(X, 3, weight=Z(3)),
            call(X, 3, weight=Z(20, dtype="float32")),
            call(X, Z(3, dtype="int64")),
            call(X, Z(2, 2)),
            call(X, Z(0)),
            call(X, Z(1)),
            call(X, 2.5),
            call(Z(3, dtype="int64"), 3),
        ],
    ),
    Row(
        "histogramdd",
        [
            call(P, 3),
            call(P, [3, 2], weight=Z(10)),
            call(P, bins=[2, 2], range=[-1.0, 1.0, 0.0, 1.5], density=True),
            call(P, (EDGES, Z(2, values=(-1.0, 1.0)))),
            call(Z(2, 3, 3), 2),
            call(Z(0, 2), 2),
        ],
        grad=False,
        method=False,
        errors=[
            call(P, [2]),
            call(P, (EDGES,)),
            call(Z(3), 2),
            call(Z(), 2),
            call(P, [0, 2]),
            call(P, 2, range=[1.0, 2.0]),
            call(P, 2, range=[1.0, 2.0, 3.0, 1.0]),
            call(P, 2, weight=Z(3)),
            call(P, 2.5),
            call(P, "a"),
        ],
    ),
    Row(
        "poisson",
        [
            *(call(T(50, low=0.0, high=30.0)), call(T(3, 4, low=0.0, high=2.0)), call(T(0))),
            *(call(T(low=0.0)), call(T(2, 1, 3, low=0.0)), call(T(3, values=(0.0, -0.0, 1e-300)))),
        ],
        fn=seeded("poisson"),
        dtypes=("float32", "float64", "float16"),
        finite=False,
        errors=[call(Z(2, values=(-1.0, 2.0))), call(Z(3, dtype="int64")), call(3.0)],
    ),
    Row(
        "binomial",
        [
            call(Z(50, low=0.0, high=90.0), Z(50, low=0.0, high=1.0)),
            call(Z(3, 1, low=0.0, high=9.0), Z(4, low=-0.5, high=1.5)),
            call(Z(), Z()),
            call(Z(0, 3, low=0.0), Z(0, 3, low=0.0)),
            call(Z(2, 1, 3, low=0.0, high=9.0), Z(2, 1, 3, low=0.0, high=1.0)),
            call(Z(3, values=(0.0, 5.0, 5.0)), Z(3, values=(0.5, 0.0, 1.0))),
        ],
        fn=seeded("binomial"),
        grad=False,
        errors=[
            call(Z(2, dtype="int64"), Z(2)),
            call(Z(2), Z(2, dtype="int64")),
            call(Z(2), Z(2, dtype="float32")),
            call(Z(2, dtype="float16"), Z(2, dtype="float16")),
            call(Z(2), 3),
            call(Z(2), Z(3)),
        ],
    ),
]
