"""Repeating and rearranging: what copies."""

from __future__ import annotations

from tests.samples.row import Row, T, call
from tests.samples.views import ALL, methods, rows

REPEATS = [
    call(T(3), (2,)),
    call(T(2, 3), (2, 2)),
    call(T(2, 3), (2, 1, 2)),
    call(T(2, 3), (0, 2)),
    call(T(), (3,)),
    call(T(), ()),
    call(T(0, 3), (2, 2)),
    call(T(2, 3), (1, 1)),
]
REPEATED = [
    *methods("repeat", REPEATS, [call(T(2, 3), (2,)), call(T(2), (-1,)), call(T(2), "a")]),
    *methods("repeat", [call(T(2, 3), 2, 1, 1)], [call(T(2, 3), 2), call(T(3), 2.5)]),
    *rows(
        "tile",
        [*REPEATS, call(T(2, 3), (2,))],
        [call(T(2), (-1,)), call(T(2), "a"), call(3, (2,))],
    ),
    *rows(
        "repeat_interleave",
        [
            call(T(3), 2),
            call(T(2, 3), 2),
            call(T(2, 3), 2, 0),
            call(T(2, 3), 2, dim=-1),
            call(T(3), 0),
            call(T(), 3),
            call(T(0, 3), 2, 1),
        ],
        [call(T(3), -1), call(T(3), 2, 1), call(T(3), 2, 0.5)],
    ),
    Row(
        "repeat_interleave by tensor",
        [
            call(T(2, 3), [1, 2], 0),
            call(T(2, 3), [3, 0, 1], 1),
            call(T(3), [1, 0, 2]),
            call(T(3), [2]),
        ],
        fn=lambda torch, x, n, *dim: torch.repeat_interleave(x, torch.tensor(n), *dim),
        dtypes=ALL,
        errors=[
            call(T(3), [1, 2]),
            call(T(3), [1.0, 2.0, 1.0]),
            call(T(3), [[1, 2, 1]]),
            call(T(3), [1, -2, 1]),
            call(T(2, 3), [1, 2]),
        ],
    ),
]

FLIPS = [call(T(*size)) for size in ((2, 3), (2, 3, 4), (2, 0), (0, 2), (1, 1), (3, 1, 2, 2))]

REARRANGED = [
    *rows(
        "flip",
        [
            call(T(3), (0,)),
            call(T(2, 3), (0, 1)),
            call(T(2, 3), [-1]),
            call(T(2, 3), ()),
            call(T(), ()),
            call(T(0, 3), (1,)),
        ],
        [
            call(T(2, 3), (2,)),
            call(T(2, 3), (0, 0)),
            call(T(2, 3), (0, -2)),
            call(T(2, 3), (0.5,)),
            call(3, (0,)),
        ],
    ),
    *methods(
        "flip",
        [call(T(2, 3), 0), call(T(2, 3), 0, 1), call(T(2, 3), (-1,)), call(T(3), 0)]
        + [call(T(0, 3), 1), call(T(2, 3, 4), -1, 0)],
        [call(T(2, 3)), call(T(2, 3), 2), call(T(2, 3), 0, 0), call(T(2, 3), "a")],
    ),
    *rows("fliplr", FLIPS, [call(T(3)), call(T()), call(3), call(T(2, 2), 0)]),
    *rows("flipud", [*FLIPS, call(T(3))], [call(T()), call(3), call(T(2, 2), 0)]),
    *rows(
        "roll",
        [
            call(T(5), 2),
            call(T(5), -7),
            call(T(2, 3), 1),
            call(T(2, 3), 1, 0),
            call(T(2, 3), (1, 2), (0, 1)),
            call(T(2, 3), (1, 1), (0, 0)),
            call(T(2, 3), -1, dims=-1),
            call(T(), 1),
            call(T(0, 3), 1, 1),
        ],
        [
            call(T(5), ()),
            call(T(5), (1, 2)),
            call(T(5), (1, 2), 0),
            call(T(5), 1, 1),
            call(T(), 1, 0),
            call(T(5), 0.5),
        ],
    ),
    *rows(
        "rot90",
        [
            call(T(2, 3)),
            call(T(2, 3), 2),
            call(T(2, 3), 3),
            call(T(2, 3), -1),
            call(T(2, 3), 4),
            call(T(2, 3, 4), 1, (1, 2)),
            call(T(2, 3, 4), k=1, dims=[2, 0]),
        ],
        [
            call(T(3)),
            call(T(2, 3), 1, (0,)),
            call(T(2, 3), 1, (0, 0)),
            call(T(2, 3), 1, (0, 2)),
            call(T(2, 3), 1, (0, -3)),
            call(T(2, 3), 0.5),
        ],
    ),
    *[
        row
        for name in ("tril", "triu")
        for row in rows(
            name,
            [
                call(T(3, 4)),
                call(T(3, 4), 1),
                call(T(3, 4), -2),
                call(T(3, 4), diagonal=9),
                call(T(2, 3, 3), -1),
                call(T(0, 3)),
                call(T(2, 0, 3)),
            ],
            [call(T(3)), call(T()), call(T(3, 3), 0.5), call(3)],
            inplace=True,
            out=True,
        )
    ],
    *[
        Row(
            name,
            [
                call(3, 4),
                call(3, 4, 1),
                call(3, 4, -2),
                call(0, 3),
                call(3, 3, offset=5),
                call(2, 3, dtype="dtype:int32"),
            ],
            errors=[
                call(-1, 3),
                call(3, -1),
                call(2.5, 3),
                *[call(3, 3, dtype=f"dtype:{kind}") for kind in ("float32", "uint8", "int16")],
            ],
            method=False,
            grad=False,
        )
        for name in ("tril_indices", "triu_indices")
    ],
    *rows(
        "diag",
        [
            call(T(3)),
            call(T(3), 1),
            call(T(3), -2),
            call(T(3, 4)),
            call(T(3, 4), 1),
            call(T(3, 4), diagonal=-1),
            call(T(3, 4), 9),
            call(T(0)),
        ],
        [call(T()), call(T(2, 3, 4)), call(T(3), 0.5), call(3)],
    ),
    *rows(
        "diag_embed",
        [
            call(T(3)),
            call(T(2, 3)),
            call(T(2, 3), 1),
            call(T(2, 3), -1, 0, 2),
            call(T(2, 3), 0, 2, 0),
            call(T(2, 3), offset=0, dim1=-1, dim2=-3),
            call(T(2, 0)),
        ],
        [call(T(3), 0, 0, 0), call(T(3), 0, 0, 2), call(T(2, 3), 0.5), call(T())],
    ),
    *rows(
        "diagflat",
        [call(T(3)), call(T(2, 2)), call(T()), call(T(3), 1), call(T(2), -1), call(T(0))],
        [call(3), call(T(3), 0.5), call(T(3), "a"), call(T(3), 0, 1)],
    ),
]

SCATTERED = [
    *rows(
        "select_scatter",
        [
            call(T(4, 3), T(3), 0, 1),
            call(T(4, 3), T(4), -1, -1),
            call(T(2), T(), 0, 0),
            call(T(2, 3, 4), T(2, 4), dim=1, index=2),
            call(T(2, 0), T(0), 0, 1),
            call(T(1, 1), T(1), 1, 0),
        ],
        [call(T(4, 3), T(4), 0, 1), call(T(4, 3), T(3), 0, 4), call(T(4, 3), 3, 0, 1)],
    ),
    *rows(
        "slice_scatter",
        [
            call(T(4, 3), T(4, 3)),
            call(T(4, 3), T(2, 3), 0, 1, 3),
            call(T(4, 3), T(4, 2), dim=1, start=-2),
            call(T(4, 3), T(2, 3), 0, 0, 4, 2),
            call(T(4, 3), T(0, 3), 0, 3, 1),
            call(T(0, 3), T(0, 3), 1),
        ],
        [
            call(T(4, 3), T(3, 3)),
            call(T(4, 3), T(4, 3), 2),
            call(T(4, 3), T(4, 3), 0, 0, 4, 0),
            call(T(4, 3), T(4, 3), 0, 0, 4, -1),
        ],
    ),
    *rows(
        "diagonal_scatter",
        [
            call(T(3, 3), T(3)),
            call(T(3, 4), T(3), 1),
            call(T(2, 3, 4), T(4, 2), 0, 0, 1),
            call(T(3, 4), T(2), offset=-1),
            call(T(0, 3), T(0)),
            call(T(1, 1), T(1), 0, -1, 0),
        ],
        [call(T(3, 3), T(2)), call(T(3), T(3)), call(T(3, 3), T(3), 0, 0, 0)],
    ),
    *rows(
        "as_strided_scatter",
        [
            call(T(6), T(2), (2,), (2,)),
            call(T(2, 3), T(2, 2), (2, 2), (1, 2), 1),
            call(T(6), T(), (), (), 4),
            call(T(6), T(0), (0,), (1,)),
            call(T(2, 3), T(3), (3,), (1,)),
            call(T(1), T(1), size=(1,), stride=(1,), storage_offset=0),
        ],
        [
            call(T(6), T(3), (2,), (2,)),
            call(T(6), T(2), (2,), (9,)),
            call(T(6), 3, (2,), (2,)),
            call(T(6), T(2), (2,), (2, 1)),
        ],
        grad=False,  # PyTorch's gradient of the first input is that of another function
    ),
    Row(
        "as_strided_scatter of one element in many places",
        [call(T(1), T(2), (2,), (2,)), call(T(1), T(2), (2,), (1,), 3)],
        fn=lambda torch, x, *args: torch.as_strided_scatter(x.expand(6), *args),
        grad=False,
        errors=[call(T(1), T(2), (2,), (0,)), call(T(1), T(2, 2), (2, 2), (1, 0), 1)],
    ),
]

ROWS = [*REPEATED, *REARRANGED, *SCATTERED]
