"""Sorting, selection and order statistics."""

from __future__ import annotations

from tests.samples.row import Row, T, call

ORDERED = ("float32", "float64", "float16", "int64", "int32", "uint8", "int8", "bool", "complex64")
inf, nan = float("inf"), float("nan")
TIES = T(20, values=(3.0, 1.0, 2.0, 1.0, 3.0) * 4)
EDGES = T(7, values=(nan, inf, -inf, 0.0, -0.0, nan, 1.0))


def row(path: str, calls: list[object], **options: object) -> Row:
    """A row in the dtypes that can be in order, and some that can't."""
    return Row(path, calls, dtypes=ORDERED, **options)


WRONG_DIMS = [call(T(2, 3), 5), call(T(), 1), call(T(2, 3), "a"), call(T(2, 3), 1.0)]

ROWS = [
    row(
        "sort of one element all along",
        [call(T(1), 0), call(T(3, 1), 1), call(T(1, 20), 1), call(T(1, 3), 0)],
        fn=lambda torch, x, dim: torch.sort(x.expand(*[20 if n == 1 else n for n in x.shape]), dim),
    ),
    row(
        "sort",
        [
            call(T(5)),
            call(T(3, 4)),
            call(T(3, 4), 0),
            call(T(2, 3, 4), -2, True),
            call(T(3, 4), dim=1, descending=True, stable=True),
            call(T(3, 4), stable=False),
            call(TIES),
            call(TIES, descending=True),
            call(EDGES),
            call(EDGES, 0, True),
            call(T(30, 40)),
            call(T()),
            call(T(), 0, True),
            call(T(0)),
            call(T(3, 0)),
            call(T(0, 3), 0),
        ],
        errors=[
            *WRONG_DIMS,
            call("a"),
            call(T(3), 0, 1),
            call(T(3), True),
            call(T(3, dtype="complex64")),
            call(T(3), out=(T(3), T(3))),
            call(T(3), out=(T(3),)),
            call(T(3), out=(T(3, dtype="float32"), T(3, dtype="int64"))),
            call(T(3), out=(T(3, dtype="uint8"), T(3, dtype="int64"))),
        ],
    ),
    row(
        "argsort",
        [
            call(T(5)),
            call(T(3, 4), 0),
            call(T(3, 4), 0, True),
            call(T(3, 4), dim=-1, descending=True, stable=True),
            call(TIES),
            call(T()),
            call(T(0)),
        ],
        grad=False,
        errors=[*WRONG_DIMS, call("a"), call(T(3, dtype="complex64"))],
    ),
    row(
        "msort",
        [call(T(5)), call(T(4, 3)), call(T(2, 3, 4)), call(TIES), call(T()), call(T(0))],
        out=True,
        errors=[call("a"), call(T(3, dtype="complex64")), call(T(3), 0), call(T(3), out=3)],
    ),
    row(
        "topk",
        [
            call(T(5), 2),
            call(T(5), 5),
            call(T(3, 4), 0),
            call(T(3, 4), 2, 0),
            call(T(3, 4), 2, -1, False),
            call(T(2, 3, 4), k=1, dim=1, largest=True, sorted=True),
            call(TIES, 7),
            call(EDGES, 3),
            call(EDGES, 3, largest=False),
            call(T(30, 40), 9),
            call(T(), 1),
            call(T(), 0),
            call(T(0), 0),
        ],
        errors=[
            call(T(3), 4),
            call(T(3), -1),
            call(T(3), "a"),
            call(T(3), 1.5),
            call(T(3), True),
            call(T(3), 1, 5),
            call(T(3), 1, "a"),
            call(T(3), 1, 0, 1),
            call(T(3), 1, 0, True, 1),
            call("a", 1),
            call(T(), 2),
            call(T(3, dtype="complex64"), 1),
            call(T(3, dtype="bool"), 1),
            call(T(3), 1, out=(T(1), T(1))),
        ],
    ),
    row(
        "kthvalue",
        [
            call(T(5), 2),
            call(T(3, 4), 1),
            call(T(3, 4), 3, 0),
            call(T(3, 4), 2, 1, True),
            call(T(2, 3, 4), k=2, dim=-2, keepdim=True),
            call(TIES, 7),
            call(EDGES, 6),
            call(T(), 1),
            call(T(), 1, 0, True),
            call(T(0, 3), 2),
        ],
        errors=[
            call(T(3), 0),
            call(T(3), 4),
            call(T(3), "a"),
            call(T(3), True),
            call(T(3), 1, 5),
            call(T(3), 1, 0, 1),
            call("a", 1),
            call(T(), 2),
            call(T(0, 3), 1, 0),
            call(T(3, dtype="complex64"), 1),
            call(T(3, dtype="bool"), 1),
            call(T(3), 1, out=5),
            call(T(3), 1, out=(T(), 5)),
            call(T(3), 1, out=(T(1), T(1))),
            call(T(3), 1, out=(T(3, dtype="float32"), T(3, dtype="int64"))),
        ],
    ),
    *[
        row(
            path,
            [
                call(T(5)),
                call(T(3, 4)),
                call(T(3, 4), 0),
                call(T(3, 4), 1, True),
                call(T(2, 3, 4), dim=-2, keepdim=True),
                call(TIES),
                call(TIES, 0),
                call(EDGES),
                call(EDGES, 0),
                call(T(4, values=(nan, nan, nan, nan))),
                call(T(4, values=(nan, nan, nan, nan)), 0),
                call(T()),
                call(T(), 0),
                call(T(), 0, True),
                call(T(0, 3), 1),
            ],
            errors=[
                *WRONG_DIMS,
                call("a"),
                call(T(3), 0, 1),
                call(T(3), keepdim=True),
                call(T(3), True),
                call(T(0), 0),
                call(T(3), out=T(0)),
                call(T(3, dtype="complex64")),
                call(T(3, dtype="complex64"), 0),
                call(T(3, dtype="bool")),
                call(T(3, dtype="bool"), 0),
                call(T(3), 0, out=(T(1), T(1))),
                call(T(3), 0, out=(T(3, dtype="float32"), T(3, dtype="int64"))),
            ],
        )
        for path in ("median", "nanmedian")
    ],
    # The median of nothing is nan, and so is what its derivative's derivative averages.
    *[row(path, [call(T(0))], forward=False, finite=False) for path in ("median", "nanmedian")],
    row(
        "mode",
        [
            call(T(5)),
            call(T(3, 4)),
            call(T(3, 4), 0),
            call(T(3, 4), 1, True),
            call(T(2, 3, 4), dim=-2, keepdim=True),
            call(TIES),
            call(T()),
            call(T(), 0, True),
            call(T(0, 3)),
        ],
        errors=[
            *WRONG_DIMS,
            call("a"),
            call(T(3), 0, 1),
            call(T(0)),
            call(T(3, dtype="complex64")),
            call(T(3), 0, out=(T(1), T(1))),
            call(T(3), 0, out=(T(3, dtype="float32"), T(3, dtype="int64"))),
        ],
    ),
]
