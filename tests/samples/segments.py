"""Reductions of segments, and hashes."""

from __future__ import annotations

from typing import Any

from tests.samples.row import Row, T, Z, call, permuted

nan = float("nan")
THREE = permuted(1, 0, 3)
TWO_ROWS = permuted(1, 2, 1, 2, shape=(2, 2))
OFFSETS = permuted(0, 1, 1, 4)


def _reduced(lib: Any, x: Any, reduce: str, given: Any, **options: Any) -> Any:
    return lib.segment_reduce(x, reduce, lengths=given, **options)


def _between(lib: Any, x: Any, reduce: str, given: Any, **options: Any) -> Any:
    return lib.segment_reduce(x, reduce, offsets=given, **options)


SEGMENTS: Any = {
    "dtypes": ("float32", "float64", "float16"),
    "method": False,
    "node": False,
    "second": False,
    "forward": False,
}

ROWS = [
    Row(
        "segment_reduce",
        [
            call(T(4, 2), "sum", THREE),
            call(T(4), "mean", THREE),
            call(T(4, 2), "max", THREE),
            call(T(4, 2), "min", THREE, initial=-9.0),
            call(T(4, 2), "prod", THREE),
            call(T(4, 2), "prod", THREE, initial=2),
            call(T(4), "mean", THREE, initial=1.5),
            call(T(4), "max", THREE, initial=nan),
            call(T(2, 3, 2), "sum", TWO_ROWS, axis=1),
            call(T(2, 3), "max", TWO_ROWS, axis=-1),
            call(T(6, 0), "sum", permuted(2, 4)),
            call(T(5), "sum", THREE, unsafe=True),
        ],
        fn=_reduced,
        errors=[
            call(T(4), "middle", THREE),
            call(T(5), "sum", THREE),
            call(T(4), "sum", permuted(5, -1)),
            call(T(4), "sum", None),
            call(T(4), "sum", Z(2)),
            call(T(4, 2), "sum", THREE, axis=1),
            call(T(4, 2), "sum", THREE, axis=2),
            call(T(), "sum", TWO_ROWS),
            call(T(4), "sum", THREE, indices=THREE),
            call(T(4), "sum", THREE, initial="a"),
            call(Z(4, dtype="int64"), "sum", THREE),
            call(Z(4, dtype="complex64"), "sum", THREE),
            call("a", "sum", THREE),
        ],
        **SEGMENTS,
    ),
    Row(
        "segment_reduce by offsets",
        [
            call(T(4, 2), "sum", OFFSETS),
            call(T(4), "max", OFFSETS),
            call(T(4), "mean", permuted(1, 3)),
            call(T(2, 3), "prod", permuted(0, 1, 3, 1, 1, 2, shape=(2, 3)), axis=1),
            call(T(4), "sum", permuted(2)),
            call(T(4, 0), "min", OFFSETS, initial=0),
        ],
        fn=_between,
        errors=[
            call(T(4), "sum", permuted(0, 3, 1)),
            call(T(4, 2), "sum", OFFSETS, axis=1),
            call(T(), "sum", OFFSETS, axis=0),
        ],
        **SEGMENTS,
    ),
    Row(
        "hash_tensor",
        [
            call(T(3, 4)),
            call(T(3, 4), 1),
            call(T(2, 3, 4), (0, 2), keepdim=True),
            call(T()),
            call(T(0, 3), 1),
            call(T(2, 0), 0),
            call(T(2, 3), (), keepdim=True),
            call(T(3, values=(-0.0, nan, 1.0))),
        ],
        dtypes=("float32", "float64", "float16", "int64", "int32", "int8", "uint8", "bool"),
        grad=False,
        out=True,
        errors=[
            call("a"),
            call(T(2, 3), 2),
            call(T(2, 3), (0, 0)),
            call(T(2, 3), "a"),
            call(T(0)),
            call(T(0, 2), 0),
            call(T(2), mode=1),
            call(T(2), mode="a"),
            call(Z(2, dtype="complex64")),
        ],
    ),
]
