"""index_reduce and gradient."""

from __future__ import annotations

from tests.samples.row import I, Row, T, Z, call, permuted

X, I3, S = T(4, 3), permuted(1, 0, 1), T(3, 3)
COORDINATES = Z(5, values=(0.0, 1.0, 3.0, 4.0, 7.0))

ROWS = [
    Row(
        "index_reduce",
        [
            *[
                call(X, 0, I3, S, reduce, include_self=include)
                for reduce in ("prod", "mean", "amax", "amin")
                for include in (True, False)
            ],
            call(T(2, 3, 4), -1, I3, T(2, 3, 3), "prod"),
            call(T(), 0, permuted(0), T(), "mean"),
            call(X, 1, I(0, high=3), T(4, 0), "amax"),
            call(X, 0, I(3, high=4, dtype="int32"), S, "mean"),
        ],
        dtypes=("float32", "float64", "float16", "int64"),
        second=False,
        finite=False,
        inplace=True,
        out=True,
        errors=[
            call(X, 0, I3, S, "sum"),
            call(X, 0, permuted(0, 1), S, "mean"),
            call(X, 0, I3, T(3, 3, dtype="float32"), "mean"),
            call(X, 0, T(3), S, "mean"),
            call(X, 0, I(1, 3, high=2), S, "mean"),
            call(X, 0, permuted(0, 5, 1), S, "prod"),
            call(X, 2, I3, S, "prod"),
            call(X, 0, I3, T(3, 2), "prod"),
            call(X, 0, I3, 3, "prod"),
            call(X, 0, I3, T(3, 3, dtype="complex64"), "amax"),
        ],
    ),
    Row(
        "gradient",
        [
            call(T(5)),
            call(T(5), spacing=2),
            call(T(5), spacing=0.5, edge_order=2),
            call(T(5), spacing=(COORDINATES,)),
            call(T(5), spacing=[COORDINATES], edge_order=2),
            call(T(3, 5), spacing=[2.0, 3.0]),
            call(T(3, 5), dim=-1),
            call(T(3, 5, 2), dim=(1, 0), spacing=(COORDINATES, Z(3, low=1.0, high=5.0))),
            call(T(3, 3, 3), dim=[2], edge_order=2),
            call(T(2, 3)),
        ],
        dtypes=("float32", "float64", "int64", "complex64"),
        method=False,
        errors=[
            call(T(5), edge_order=3),
            call(T(1)),
            call(T(2), edge_order=2),
            call(T(3, 3), dim=(1, 1)),
            call(T(3, 3), dim=2),
            call(T(3, 3), spacing=[1.0]),
            call(T(3, 3), spacing=[1.0, 2.0], dim=0),
            call(T(5), spacing=[Z(2, 2)]),
            call(T(5), spacing="a"),
            call(T(5), spacing=COORDINATES),
            call(T(5), dim=1.5),
            call(T(5), edge_order=1.5),
            call(Z(5, dtype="uint8")),
            call(3),
        ],
    ),
]
