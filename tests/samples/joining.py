"""Joining tensors, and taking all their combinations."""

from __future__ import annotations

from typing import Any

from tests.samples.common import inf, nan
from tests.samples.row import Call, Row, T, call
from tests.samples.views import ALL, rows


def joined(names: str, calls: list[Call], errors: list[Call], **options: Any) -> list[Row]:
    """Rows for functions of a sequence of tensors."""
    return rows(names, calls, errors, method=False, out=True, **options)


SEVERAL = [call([T(3)]), call((T(2), T(3))), call([T(2), T(0), T(1)])]
NOT_SEVERAL = [call([]), call(T(2)), call([T(2), 3]), call(3), call([T(2, 3), T(2, 4, 5)])]

ROWS = [
    *joined(
        "cat concat concatenate",
        [
            *SEVERAL,
            call([T(2, 3), T(4, 3)]),
            call([T(2, 3), T(2, 1)], 1),
            call([T(2, 3), T(2, 1)], dim=-1),
            call([T(2, 3), T(0)]),
            call([T(0), T(0)]),
            call([T(0, 3), T(2, 3)]),
            call([T(2), T(2, dtype="float32")]),
            call([T(2), T(2, dtype="int64")]),
            call([T(2, 3), T(2, 3), T(2, 3)], 0),
        ],
        [
            call([]),
            call([T(2), 3]),
            call(3),
            call([T(2, 3), T(2, 4)]),
            call([T(2, 3), T(3)]),
            call([T(), T()]),
            call([T(2), T()]),
            call([T(2, 3)], 2),
            call([T(2, 3)], -3),
            call([T(2, 3)], 0.5),
        ],
    ),
    *joined(
        "stack",
        [
            call([T(3), T(3)]),
            call([T(3), T(3)], 1),
            call((T(2, 3), T(2, 3)), -1),
            call([T(2, 3)], dim=-3),
            call([T(), T()]),
            call([T(0, 3), T(0, 3)], 1),
            call([T(2), T(2, dtype="float32")]),
        ],
        [
            call([]),
            call([T(2), 3]),
            call([T(2), T(3)]),
            call([T(2), T()]),
            call([T(2), T(2)], 2),
            call([T(2), T(2)], -3),
        ],
    ),
    *joined(
        "hstack",
        [*SEVERAL, call([T(2, 3), T(2, 1)]), call([T(), T()]), call([T(1, 2, 3), T(1, 1, 3)])],
        [call([]), call([T(2, 3), T(3, 3)]), call([T(2), 3]), call([T(2), T(2, 3)])],
    ),
    *joined(
        "vstack row_stack",
        [
            call([T(3), T(3)]),
            call([T(2, 3), T(3)]),
            call([T(), T()]),
            call([T(1, 2, 3), T(2, 2, 3)]),
            call((T(0, 3), T(2, 3))),
            call([T(2), T(2, dtype="int64")]),
        ],
        [call([]), call([T(2), T(3)]), call([T(2), 3])],
    ),
    *joined(
        "dstack",
        [
            call([T(3), T(3)]),
            call([T(2, 3), T(2, 3)]),
            call([T(), T()]),
            call([T(1, 2, 3)]),
            call((T(0), T(0))),
            call([T(2), T(2, dtype="int64")]),
        ],
        [call([]), call([T(2), T(3)]), call([T(2), 3])],
    ),
    *joined(
        "column_stack",
        [
            call([T(3), T(3)]),
            call([T(3), T(3, 2)]),
            call([T(), T()]),
            call([T(2, 3, 1)]),
            call((T(0), T(0, 2))),
            call([T(2), T(2, dtype="int64")]),
        ],
        [call([]), call([T(2), T(3)]), call([T(2), 3])],
    ),
    Row(
        "block_diag",
        [
            call(T(2, 3), T(1, 2)),
            call(T(2), T()),
            call(T(2, 3)),
            call(),
            call(T(0, 2), T(1, 1)),
            call(T(2, 2), T(2, dtype="float32")),
        ],
        dtypes=ALL,
        method=False,
        errors=[call(T(2, 3, 4)), call(T(2), 3), call("a"), call(T(2), dim=0)],
    ),
    Row(
        "cartesian_prod",
        [
            call(T(2), T(3)),
            call(T(2)),
            call(T(2), T(1), T(2)),
            call(T(0), T(3)),
            call(T(3), T(0), T(2)),
            call(T(2, values=(inf, nan), grad=False), T(2)),
        ],
        dtypes=ALL,
        method=False,
        errors=[call(T(2, 3), T(2)), call(T(), T(2)), call(T(2), T(2, dtype="float32"))],
    ),
    Row(
        "combinations",
        [
            call(T(4)),
            call(T(4), 3),
            call(T(4), r=1),
            call(T(3), 2, True),
            call(T(1)),
        ],
        dtypes=ALL,
        errors=[call(T(2, 2)), call(T(3), -1), call(T())],
    ),
    Row("combinations", [call(T(3), 0)], dtypes=ALL, grad=False),
]
