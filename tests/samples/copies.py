"""Copies of views, and splits whose parts are no views."""

from __future__ import annotations

from tests.samples.row import Call, Row, T, call

ALL = ("float32", "float64", "complex64", "int64", "bool", "float16")


def copies(name: str, *calls: Call, errors: list[Call] | None = None, out: bool = True) -> Row:
    return Row(name, list(calls), dtypes=ALL, method=False, out=out, errors=errors or [])


X = T(4, 6)
ROWS = [
    copies("alias_copy", call(X), call(T()), call(T(0, 2)), errors=[call(3)]),
    copies(
        "as_strided_copy",
        call(X, (2, 2), (1, 2)),
        call(X, (2, 3), (1, 2), 3),
        errors=[call(X, (2, 2), (1,)), call(3, (2,), (1,))],
    ),
    copies(
        "diagonal_copy",
        call(X),
        call(X, 1, 0, 1),
        call(T(2, 3, 4), offset=-1, dim1=0, dim2=2),
        errors=[call(T(3)), call(X, 0, 1, 1)],
    ),
    copies(
        "expand_copy",
        call(X, (2, 4, 6)),
        call(T(4, 1), (-1, 3)),
        call(T(), (2,), implicit=True),
        errors=[call(X, (3, 3))],
    ),
    Row(
        "narrow_copy",
        [call(X, 0, 1, 2), call(X, -1, -3, 2), call(X, 1, 6, 0)],
        dtypes=ALL,
        out=True,
        errors=[call(X, 0, 3, 2)],
    ),
    copies("permute_copy", call(X, (1, 0)), call(T(2, 3, 4), (2, 0, 1)), errors=[call(X, (0, 0))]),
    copies("select_copy", call(X, 0, 1), call(X, 1, -1), errors=[call(X, 0, 9), call(T(), 0, 0)]),
    copies(
        "slice_copy",
        call(X),
        call(X, 1, 1, 5, 2),
        call(X, dim=1, start=None, end=3),
        call(X, 0, -2, 100),
        call(X, 0, 3, 1),
        errors=[call(X, 0, 0, 2, 0), call(X, 3)],
    ),
    copies("squeeze_copy", call(T(1, 3, 1)), call(T(1, 3, 1), 0), call(T(1, 3, 1), (0, 2))),
    copies("t_copy", call(X), call(T(3)), errors=[call(T(1, 2, 3))]),
    copies("transpose_copy", call(X, 0, 1), call(T(2, 3, 4), -1, 0), errors=[call(X, 0, 2)]),
    copies("unfold_copy", call(X, 1, 2, 3), call(X, 0, 2, 1), errors=[call(X, 1, 9, 1)]),
    copies("unsqueeze_copy", call(X, 0), call(X, -1), errors=[call(X, 4)]),
    copies(
        "view_copy", call(X, (24,)), call(X, [2, -1]), call(T(0), (2, 0)), errors=[call(X, (5,))]
    ),
    Row(
        "view_as_real_copy",
        [call(X), call(T())],
        dtypes=("complex64", "complex128"),
        grad=False,
        method=False,
        errors=[call(X)],
    ),
    Row(
        "view_as_complex_copy",
        [call(T(3, 2)), call(T(2))],
        grad=False,
        method=False,
        errors=[call(T(3)), call(T(3, 2, dtype="int64"))],
    ),
    Row("detach_copy", [call(X), call(T())], dtypes=ALL, grad=False, method=False, out=True),
    copies(
        "split_copy",
        call(X, 2),
        call(X, 4, 1),
        call(X, 9),
        errors=[call(X, -1), call(X, 0), call(X, [1, 3]), call(T(), 1)],
        out=False,
    ),
    copies(
        "split_with_sizes_copy",
        call(X, [1, 3]),
        call(X, (2, 0, 4), -1),
        errors=[call(X, [1, 2])],
        out=False,
    ),
    copies("unbind_copy", call(X), call(X, 1), errors=[call(T())], out=False),
    Row(
        "unsafe_split",
        [call(X, 2), call(X, 4, 1)],
        dtypes=ALL,
        errors=[call(X, -1), call(X, 0), call(X, [1, 3])],
    ),
    Row("unsafe_chunk", [call(X, 3), call(X, 4, 1)], dtypes=ALL, errors=[call(X, 0)]),
    Row(
        "unsafe_split_with_sizes",
        [call(X, [1, 3]), call(X, (2, 0, 4), -1)],
        dtypes=ALL,
        errors=[call(X, [1, 2])],
    ),
    Row(
        "slice_inverse",
        [call(X)],
        fn=lambda lib, x: lib.slice_inverse(x.contiguous()[1:3], x.contiguous(), 0, 1, 3),
        grad=False,
    ),
]
