"""Copies of views, and splits whose parts are no views."""

from __future__ import annotations

from tests.samples.common import EXTREMES
from tests.samples.row import Call, Row, T, call

ALL = ("float32", "float64", "complex64", "int64", "bool", "float16")


def copies(name: str, *calls: Call, errors: list[Call] | None = None, out: bool = True) -> Row:
    return Row(name, list(calls), dtypes=ALL, method=False, out=out, errors=errors or [])


X = T(4, 6)
CUBE = T(2, 3, 4)
# What functions of nothing but a tensor copy.
WHOLE = [call(X), call(T()), call(T(0, 2)), call(T(3)), call(T(2, 1, 3)), call(EXTREMES)]
T_SHAPES = [c for c in WHOLE if len(c.args[0].shape) < 3] + [call(T(2, 3))]
NOT_WHOLE = [call(3), call(X, 0, 1, 2, 3), call(X, out=3)]
SPLITS = [call(X, 2), call(X, 4, 1), call(X, 9), call(T(0, 2), 3), call(T(5), 2), call(X, 1, -1)]
NOT_SPLITS = [call(X, -1), call(X, 0), call(X, [1, 3]), call(T(), 1)]
SIZES = [
    call(X, [1, 3]),
    call(X, (2, 0, 4), -1),
    call(T(5), [5]),
    call(T(0, 2), [0, 0]),
    call(CUBE, [1, 2], dim=1),
    call(X, (4,), 0),
]
NOT_SIZES = [call(X, [1, 2]), call(X, [5, -1]), call(X, [4], 2), call(T(), [1])]

ROWS = [
    copies("alias_copy", *WHOLE, errors=NOT_WHOLE),
    copies(
        "as_strided_copy",
        call(X, (2, 2), (1, 2)),
        call(X, (2, 3), (1, 2), 3),
        call(X, (), (), 4),
        call(X, (3,), (0,)),
        call(X, (0,), (1,)),
        call(T(), (2, 2), (0, 0)),
        errors=[
            call(X, (2, 2), (1,)),
            call(3, (2,), (1,)),
            call(X, (25,), (1,)),
            call(X, (2,), (-1,)),
        ],
    ),
    copies(
        "diagonal_copy",
        call(X),
        call(X, 1, 0, 1),
        call(CUBE, offset=-1, dim1=0, dim2=2),
        call(X, 9),
        call(T(0, 3)),
        call(CUBE, 0, -1, -2),
        errors=[call(T(3)), call(X, 0, 1, 1), call(X, 0, 0, 2), call(X, "a")],
    ),
    copies(
        "expand_copy",
        call(X, (2, 4, 6)),
        call(T(4, 1), (-1, 3)),
        call(T(), (2,), implicit=True),
        call(T(), ()),
        call(T(1), (0,)),
        call(T(0, 1), (0, 3)),
        errors=[call(X, (3, 3)), call(X, (6,)), call(3, (3,)), call(T(3), (-1, 3))],
    ),
    Row(
        "narrow_copy",
        [
            call(X, 0, 1, 2),
            call(X, -1, -3, 2),
            call(X, 1, 6, 0),
            call(T(4), 0, 0, 4),
            call(T(0, 3), 0, 0, 0),
            call(CUBE, dim=1, start=1, length=2),
        ],
        dtypes=ALL,
        out=True,
        errors=[call(X, 0, 3, 2), call(T(), 0, 0, 1), call(X, 0, 9, 1), call(X, 0, 0.5, 1)],
    ),
    copies(
        "permute_copy",
        call(X, (1, 0)),
        call(CUBE, (2, 0, 1)),
        call(CUBE, [-1, 0, -2]),
        call(T(), ()),
        call(T(0, 3), (1, 0)),
        call(T(3), (0,)),
        errors=[call(X, (0, 0)), call(X, (0,)), call(X, (0, 2)), call(3, (0,))],
    ),
    copies(
        "select_copy",
        call(X, 0, 1),
        call(X, 1, -1),
        call(T(4), 0, 2),
        call(T(2, 0, 3), 0, 1),
        call(CUBE, dim=-2, index=0),
        call(T(1), 0, 0),
        errors=[call(X, 0, 9), call(T(), 0, 0), call(X, 2, 0), call(X, 0, 0.5)],
    ),
    copies(
        "slice_copy",
        call(X),
        call(X, 1, 1, 5, 2),
        call(X, dim=1, start=None, end=3),
        call(X, 0, -2, 100),
        call(X, 0, 3, 1),
        call(T(0, 3), 1, 1),
        errors=[call(X, 0, 0, 2, 0), call(X, 3), call(T()), call(X, 0, "a")],
    ),
    copies(
        "squeeze_copy",
        call(T(1, 3, 1)),
        call(T(1, 3, 1), 0),
        call(T(1, 3, 1), (0, 2)),
        call(T(1, 3, 1), 1),
        call(T()),
        call(T(0, 1)),
        errors=[call(T(1, 2), 2), call(T(1, 2), (0, 0)), call(T(1, 2), 0.5), call(3)],
    ),
    copies("t_copy", *T_SHAPES, errors=[*NOT_WHOLE, call(CUBE)]),
    copies(
        "transpose_copy",
        call(X, 0, 1),
        call(CUBE, -1, 0),
        call(T(3), 0, -1),
        call(T(), 0, -1),
        call(T(0, 3), 1, 0),
        call(CUBE, 1, 1),
        errors=[call(X, 0, 2), call(T(), 1, 0), call(X, 0.5, 1), call(3, 0, 1)],
    ),
    copies(
        "unfold_copy",
        call(X, 1, 2, 3),
        call(X, 0, 2, 1),
        call(T(5), 0, 2, 7),
        call(X, -1, 6, 1),
        call(X, 0, 0, 1),
        call(T(), 0, 1, 1),
        errors=[call(X, 1, 9, 1), call(X, 2, 2, 1), call(X, 0, 2, 0), call(X, 0, -1, 1)],
    ),
    copies(
        "unsqueeze_copy",
        *[call(X, dim) for dim in (0, 1, 2, -1, -3)],
        call(T(), 0),
        call(T(0), -1),
        errors=[call(X, 4), call(X, -4), call(X, 0.5), call(3, 0)],
    ),
    copies(
        "view_copy",
        call(X, (24,)),
        call(X, [2, -1]),
        call(T(0), (2, 0)),
        call(T(), (1, 1)),
        call(T(1, 1), ()),
        call(CUBE, (4, 3, 2)),
        errors=[call(X, (5,)), call(X, (-1, -1)), call(X, (5, -1)), call(X, 3)],
    ),
    Row(
        "view_as_real_copy",
        WHOLE,
        dtypes=("complex64", "complex128"),
        grad=False,
        method=False,
        errors=[call(X), call(3), call(X, 1)],
    ),
    Row(
        "view_as_complex_copy",
        [call(T(*size)) for size in ((3, 2), (2,), (2, 3, 2), (4, 1, 2), (1, 1, 2), (5, 1, 2))],
        grad=False,
        method=False,
        errors=[call(T(3)), call(T(3, 2, dtype="int64")), call(T()), call(3)],
    ),
    Row("detach_copy", WHOLE, dtypes=ALL, grad=False, method=False, out=True, errors=NOT_WHOLE),
    copies("split_copy", *SPLITS, errors=NOT_SPLITS, out=False),
    copies("split_with_sizes_copy", *SIZES, errors=NOT_SIZES, out=False),
    copies(
        "unbind_copy",
        call(X),
        call(X, 1),
        call(T(3)),
        call(X, -1),
        call(CUBE, dim=1),
        call(T(2, 0)),
        errors=[call(T()), call(X, 2), call(X, 0.5), call(3)],
        out=False,
    ),
    Row("unsafe_split", SPLITS, dtypes=ALL, errors=NOT_SPLITS),
    Row(
        "unsafe_chunk",
        [call(X, 3), call(X, 4, 1), call(T(5), 2), call(X, 9), call(X, 2, -1), call(T(0, 2), 3)],
        dtypes=ALL,
        errors=[call(X, 0), call(T(), 1), call(X, 2, 2), call(X, 0.5)],
    ),
    Row("unsafe_split_with_sizes", SIZES, dtypes=ALL, errors=NOT_SIZES),
    Row(
        "slice_inverse",
        [call(X)],
        fn=lambda lib, x: lib.slice_inverse(x.contiguous()[1:3], x.contiguous(), 0, 1, 3),
        grad=False,
    ),
]
