"""Views of parts: slices, rows, diagonals, windows; several views at once."""

from __future__ import annotations

from tests.samples.row import Row, T, call, permuted
from tests.samples.views import ALL, methods, rows

PARTS = [
    *rows(
        "narrow",
        [
            call(T(4, 3), 0, 1, 2),
            call(T(4, 3), -1, 0, 3),
            call(T(4, 3), 0, -2, 1),
            call(T(4, 3), 0, 4, 0),
            call(T(4), 0, 0, 4),
            call(T(0, 3), 0, 0, 0),
            call(T(4, 3), dim=1, start=1, length=1),
        ],
        [
            call(T(4, 3), 0, 3, 2),
            call(T(4, 3), 0, 5, 0),
            call(T(4, 3), 0, -5, 1),
            call(T(4, 3), 2, 0, 1),
            call(T(4, 3), 0, 0, -1),
            call(T(), 0, 0, 1),
            call(T(4, 3), 0, 0.5, 1),
        ],
    ),
    *rows(
        "select",
        [
            call(T(4, 3), 0, 1),
            call(T(4, 3), -1, -1),
            call(T(4), 0, 2),
            call(T(2, 0, 3), 0, 1),
            call(T(4, 3), dim=1, index=0),
            call(T(2, 3, 4), -2, 1),
        ],
        [
            call(T(4, 3), 0, 4),
            call(T(4, 3), 0, -5),
            call(T(4, 3), 2, 0),
            call(T(), 0, 0),
            call(T(0, 3), 0, 0),
            call(T(4, 3), 0, 0.5),
        ],
    ),
    *rows(
        "diagonal",
        [
            call(T(3, 3)),
            call(T(3, 4), 1),
            call(T(3, 4), -2),
            call(T(3, 4), 7),
            call(T(3, 4), -7),
            call(T(2, 3, 4), 0, 1, 2),
            call(T(2, 3, 4), 1, -1, 0),
            call(T(2, 3, 4), offset=-1, dim1=2, dim2=0),
            call(T(0, 3)),
        ],
        [
            call(T(3)),
            call(T()),
            call(T(3, 3), 0, 0, 0),
            call(T(3, 3), 0, 1, -1),
            call(T(3, 3), 0, 0, 2),
            call(T(3, 3), 0.5),
        ],
    ),
    *methods(
        "unfold",
        [
            call(T(5), 0, 2, 1),
            call(T(5), 0, 3, 2),
            call(T(5), 0, 2, 7),
            call(T(4, 5), -1, 3, 1),
            call(T(4, 5), 0, 4, 1),
            call(T(4, 5), 0, 0, 1),
            call(T(), 0, 1, 1),
            call(T(), 0, 0, 1),
        ],
        [
            call(T(5), 0, 6, 1),
            call(T(5), 1, 2, 1),
            call(T(5), 0, -1, 1),
            call(T(5), 0, 2, 0),
            call(T(5), 0, 2, -1),
            call(T(), 0, 2, 1),
        ],
    ),
    *rows(
        "as_strided",
        [
            call(T(6), (2, 3), (3, 1)),
            call(T(6), (3, 2), (1, 1)),
            call(T(6), (2,), (2,), 1),
            call(T(6), (), (), 4),
            call(T(6), (3,), (0,)),
            call(T(6), (0,), (1,)),
            call(T(2, 3), (3, 2), (1, 3)),
            call(T(2, 3), size=(4,), stride=(1,), storage_offset=2),
        ],
        [
            call(T(6), (2, 3), (3,)),
            call(T(6), (2,), (-1,)),
            call(T(6), (-2,), (1,)),
            call(T(6), (7,), (1,)),
            call(T(6), (2,), (1,), 5),
            call(T(6), (2,), (1,), -1),
            call(3, (2,), (1,)),
        ],
    ),
]

INDICES = [
    call(T(5, 2), (1, 3)),
    call(T(5, 2), [2]),
    call(T(5, 2), ()),
    call(T(5, 2), (3, 1)),
    call(T(5, 2), (-2, 9)),
]
SEVERAL = [
    *rows(
        "split",
        [
            call(T(5), 2),
            call(T(5, 2), 2, 0),
            call(T(5, 2), 1, -1),
            call(T(5, 2), 7),
            call(T(5, 2), [2, 3]),
            call(T(5, 2), (5, 0)),
            call(T(5, 2), [1, 1], dim=1),
            call(T(0, 2), 3),
            call(T(0, 2), 0),
        ],
        [
            call(T(5), 0),
            call(T(5), -1),
            call(T(), 1),
            call(T(5), [2, 2]),
            call(T(5), [6, -1]),
            call(T(5), 2, 1),
            call(T(5), "a"),
            call(T(5), 2.5),
            call(3, 1),
        ],
    ),
    *rows(
        "split_with_sizes",
        [
            call(T(5, 2), (2, 3)),
            call(T(5, 2), [0, 2], -1),
            call(T(5), [5]),
            call(T(0, 2), [0, 0]),
            call(T(2, 3, 4), [1, 2], dim=1),
            call(T(5), (5,), 0),
        ],
        [
            call(T(5), (2, 2)),
            call(T(5), (6, -1)),
            call(T(), (1,)),
            call(T(5), 3, 1),
            call(T(5), (2, 3), 1),
            call(T(2, 5), (2, 2), -1),
        ],
    ),
    *rows(
        "chunk",
        [
            call(T(5), 2),
            call(T(5, 2), 3),
            call(T(5, 2), 4),
            call(T(5, 2), 9),
            call(T(5, 2), 2, -1),
            call(T(0, 2), 3),
        ],
        [
            call(T(5), 0),
            call(T(5), -1),
            call(T(), 1),
            call(T(5), 2, 1),
            call(T(5), 0.5),
            call(3, 1),
        ],
    ),
    *rows(
        "tensor_split",
        [
            call(T(5, 2), 2),
            call(T(5, 2), 7),
            call(T(5, 2), 2, dim=-1),
            call(T(0, 2), 2),
            *INDICES,
            call(T(5, 2), sections=2),
            call(T(5, 2), indices=(1, 3), dim=-1),
            call(T(5, 2), tensor_indices_or_sections=permuted(1, 3)),
        ],
        [
            call(T(5), 0),
            call(T(5), -1),
            call(T(), 1),
            call(T(5), 2, 1),
            call(T(5), (1, "a")),
            call(T(5), "a"),
        ],
    ),
    *rows(
        "hsplit",
        [
            call(T(2, 4), 2),
            call(T(4), 2),
            call(T(2, 4), (1, 3)),
            call(T(4), [1]),
            call(T(2, 0), 1),
            call(T(2, 4, 3), indices=(1, 9)),
        ],
        [call(T(), 1), call(T(2, 4), 3), call(T(2, 4), 0), call(T(4), 3), call(T(4), "a")],
    ),
    *rows(
        "vsplit",
        [
            call(T(4, 2), 2),
            call(T(4, 2), (1, 3)),
            call(T(0, 2), 1),
            call(T(4, 2, 3), [2]),
            call(T(4, 2), ()),
            call(T(4, 2), sections=2),
        ],
        [call(T(4), 2), call(T(4, 2), 3), call(T(4, 2), 0), call(T(), 1)],
    ),
    *rows(
        "dsplit",
        [
            call(T(1, 2, 4), 2),
            call(T(1, 2, 4), (1, 3)),
            call(T(1, 2, 0), 1),
            call(T(1, 2, 4, 3), [2]),
            call(T(1, 2, 4), ()),
            call(T(1, 2, 4), (-1, 9)),
        ],
        [call(T(4, 2), 2), call(T(1, 2, 4), 3), call(T(1, 2, 4), 0)],
    ),
    *rows(
        "unbind",
        [
            call(T(3)),
            call(T(3, 2)),
            call(T(3, 2), 1),
            call(T(3, 2), -1),
            call(T(2, 0)),
            call(T(2, 3, 4), dim=-2),
        ],
        [call(T()), call(T(3), 1), call(T(3), -2), call(T(3), 0.5), call(3)],
    ),
    Row("iter", [call(T(3, 2))], fn=lambda torch, x: list(x), dtypes=ALL, errors=[call(T())]),
]

ROWS = [*PARTS, *SEVERAL]
