"""Factors of matrices, and what is solved with them: LU, LDL, reflections."""

from __future__ import annotations

from typing import Any

from tests.samples.linalg import BIG, FIELDS, LOW, SINGULAR, z
from tests.samples.row import I, Row, T, call

ALL = (*FIELDS, "int64", "bool")
WIDE = {"dtype": "float32"}
SIZES = [(1, 1), (3, 3), (3, 5), (5, 3), (2, 3, 3), (2, 2, 4), (2, 4, 2)]
EMPTY = [(0, 3), (3, 0), (2, 0, 0)]
FIXED = I(3, low=1, high=4, dtype="int32")


def sized(*shapes: tuple[int, ...]) -> list[Any]:
    return [call(T(*shape)) for shape in shapes]


def _lu_solve(torch: Any, a: Any, b: Any, left: bool, adjoint: bool) -> Any:
    return torch.linalg.lu_solve(*torch.linalg.lu_factor(a), b, left=left, adjoint=adjoint)


def _ldl(torch: Any, x: Any, b: Any, hermitian: bool = False) -> Any:
    a = x @ x.mH if hermitian else x + x.mT
    factors = torch.linalg.ldl_factor(a, hermitian=hermitian)
    return [*factors, torch.linalg.ldl_solve(*factors, b, hermitian=hermitian)]


SIDES = [(left, adjoint) for left in (True, False) for adjoint in (True, False)]
FLAGS = [(left, transpose) for left in (True, False) for transpose in (True, False)]

ROWS = [
    Row(
        "linalg.lu",
        sized(*SIZES, *EMPTY),
        dtypes=FIELDS,
        errors=[call(T(3)), call(3), *LOW, call(T(2, 2), pivot=False), call(T(2, 2), pivot=2)],
        **BIG,
    ),
    Row(
        "linalg.lu, one result used",
        [call(T(*shape), i) for shape in ((3, 3), (3, 5), (5, 3)) for i in (1, 2)],
        fn=lambda torch, a, i: torch.linalg.lu(a)[i],
        **BIG,
    ),
    Row(
        "linalg.lu of complex matrices",
        sized((3, 3, 2), (2, 4, 2), (2, 3, 2, 2), (4, 3, 2)),
        fn=lambda torch, a: torch.linalg.lu(z(torch, a)),
        **BIG,
    ),
    Row(
        "linalg.lu_factor",
        sized(*SIZES, *EMPTY),
        dtypes=FIELDS,
        errors=[call(T(3)), call(3), *LOW, call(SINGULAR), call(T(2, 2), pivot=False)],
        **BIG,
    ),
    Row(
        "linalg.lu_factor of complex matrices",
        sized((3, 3, 2), (2, 4, 2), (4, 3, 2)),
        fn=lambda torch, a: torch.linalg.lu_factor(z(torch, a)),
        **BIG,
    ),
    Row(
        "linalg.lu_factor_ex",
        sized(*SIZES),
        dtypes=FIELDS,
        errors=[
            call(SINGULAR, check_errors=True),
            call(T(2, 2), check_errors=2),
            call(T(3)),
            call(3),
            *LOW,
        ],
        **BIG,
    ),
    Row(
        "linalg.lu_factor_ex of singular matrices",
        [call(SINGULAR), call(T(2, 3, 3, values=(0.0,) * 18))],
        fn=lambda torch, a: torch.linalg.lu_factor_ex(a),
        grad=False,
    ),
    Row(
        "lu",
        [
            call(T(3, 3)),
            call(T(2, 3, 3)),
            call(T(3, 3), get_infos=True),
            call(T(3, 5)),
            call(T(5, 3)),
            call(T(0, 0)),
        ],
        dtypes=FIELDS,
        errors=[call(T(3, 3), False), call(T(3)), call(3), *LOW],
        **BIG,
    ),
    Row(
        "lu_unpack",
        [
            call(T(3, 3), FIXED),
            call(T(3, 5), FIXED),
            call(T(5, 3), FIXED),
            call(T(2, 3, 3), I(2, 3, low=1, high=4, dtype="int32")),
            call(T(3, 3), FIXED, True, False),
            call(T(0, 3), FIXED),
            call(T(2, 5), I(5, low=2, high=3, dtype="int32")),
        ],
        dtypes=FIELDS,
        method=False,
        errors=[
            call(T(3, 3), I(3, high=2)),
            call(3, FIXED),
            call(T(3, 3), 3),
            call(T(3, 3), FIXED, 3),
        ],
    ),
    Row(
        "lu_unpack without data",
        [call(T(3, 3), FIXED)],
        fn=lambda torch, a, p: torch.lu_unpack(a, p, unpack_data=False),
        grad=False,
        errors=[
            call(T(3, 3), I(3, high=1, dtype="int32")),
            call(T(2, 2), I(2, low=3, high=4, dtype="int32")),
        ],
    ),
    Row(
        "linalg.lu_solve",
        [call(T(3, 3), T(3, 3), *flags) for flags in SIDES]
        + [call(T(2, 3, 3), T(3, 2), True, False), call(T(3, 3), T(2, 2, 3), False, True)],
        fn=_lu_solve,
        dtypes=FIELDS,
        **BIG,
    ),
    Row(
        "linalg.lu_solve of complex matrices",
        [call(T(3, 3, 2), T(3, 3, 2), *flags) for flags in SIDES],
        fn=lambda torch, a, b, *flags: _lu_solve(torch, z(torch, a), z(torch, b), *flags),
        **BIG,
    ),
    Row(
        "linalg.lu_solve",
        [call(T(3, 3), FIXED, T(3, 2)), call(T(0, 0), I(0, high=2, dtype="int32"), T(0, 2))],
        out=True,
        errors=[
            call(T(3, 3), FIXED, T(3)),
            call(T(3, 3), FIXED, T(2, 2)),
            call(T(3, 3), I(3, high=2), T(3, 2)),
            call(T(3, 3), FIXED, T(3, 2, **WIDE)),
            call(T(3, 5), FIXED, T(3, 2)),
            call(T(4, 4), FIXED, T(4, 2)),
            call(3, FIXED, T(3, 2)),
        ],
        **BIG,
    ),
    Row(
        "lu_solve",
        [
            call(T(3, 2), T(3, 3), FIXED),
            call(T(3, 1), T(3, 3), FIXED),
            call(T(2, 3, 2), T(2, 3, 3), I(2, 3, low=1, high=4, dtype="int32")),
            call(T(0, 2), T(0, 0), I(0, high=2, dtype="int32")),
            call(T(3, 0), T(3, 3), FIXED),
            call(T(1, 1), T(1, 1), I(1, low=1, high=2, dtype="int32")),
        ],
        out=True,
        errors=[
            call(T(2, 2), T(3, 3), FIXED),
            call(T(3, 2), T(3, 3), I(3, high=2)),
            call(T(3, 2, **WIDE), T(3, 3), FIXED),
            call(3, T(3, 3), FIXED),
        ],
        **BIG,
    ),
    Row(
        "linalg.ldl_solve",
        [
            call(T(3, 3), T(3, 2)),
            call(T(2, 3, 3), T(3, 2)),
            call(T(4, 4), T(4, 1), True),
            call(T(1, 1), T(1, 1)),
            call(T(0, 0), T(0, 2)),
            call(T(2, 2, 2), T(2, 2, 3), True),
        ],
        fn=_ldl,
        dtypes=("float64", "complex128", "float32"),
        grad=False,
        **BIG,
    ),
    Row(
        "linalg.ldl_factor",
        sized((1, 1), (2, 2), (3, 3), (2, 3, 3), (0, 0), (2, 0, 0)),
        dtypes=("float32", "float64"),
        grad=False,
        **BIG,
        errors=[call(T(2, 3)), call(T(2)), call(3), call(T(2, 2, dtype="int64"))],
    ),
    Row(
        "linalg.ldl_solve",
        errors=[
            call(T(3, 3), FIXED, T(2, 2)),
            call(T(3, 3), FIXED, T(3)),
            call(T(3, 3), FIXED, T(3, 2, **WIDE)),
        ],
    ),
    Row(
        "geqrf",
        sized((3, 3), (5, 3), (2, 2, 4), (0, 3), (3, 0), (1, 1)),
        dtypes=ALL,
        grad=False,
        errors=[call(T(3)), call(3), call(T(2, 2, dtype="int64"))],
        **BIG,
    ),
    Row(
        "linalg.householder_product",
        [
            call(T(3, 3), T(3)),
            call(T(5, 3), T(3)),
            call(T(5, 3), T(2)),
            call(T(2, 4, 2), T(2, 2)),
        ],
        dtypes=FIELDS,
        out=True,
        errors=[
            call(T(3, 5), T(3)),
            call(T(5, 3), T(4)),
            call(T(3), T(3)),
            call(T(5, 3), T(3, **WIDE)),
            call(T(2, 5, 3), T(3)),
            call(T(2, 5, 3), T(3, 3)),
            call(3, T(3)),
            call(T(2, 2, dtype="int64"), T(2, dtype="int64")),
        ],
        **BIG,
    ),
    Row(
        "linalg.householder_product of complex matrices",
        [call(T(4, 3, 2), T(3, 2)), call(T(2, 3, 2, 2), T(2, 2, 2))],
        fn=lambda torch, a, t: torch.linalg.householder_product(z(torch, a), z(torch, t)),
        **BIG,
    ),
    Row(
        "linalg.householder_product of nothing",
        [call(T(3, 0), T(0)), call(T(2, 3, 2), T(2, 0))],
        fn=lambda torch, a, tau: torch.linalg.householder_product(a, tau),
        grad=False,
    ),
    Row(
        "orgqr",
        [
            call(T(5, 3), T(3)),
            call(T(3, 3), T(3)),
            call(T(5, 3), T(2)),
            call(T(2, 4, 2), T(2, 2)),
            call(T(1, 1), T(1)),
            call(T(4, 1), T(1)),
        ],
        dtypes=FIELDS,
        out=True,
        errors=[
            call(T(3, 5), T(3)),
            call(T(5, 3), T(4)),
            call(T(5, 3), T(3, **WIDE)),
            call(3, T(3)),
        ],
        **BIG,
    ),
    Row(
        "ormqr",
        [call(T(4, 3), T(3), T(4, 4), *flags) for flags in FLAGS]
        + [call(T(2, 4, 3), T(2, 3), T(2, 4, 2)), call(T(3, 3), T(3), T(2, 3), left=False)],
        dtypes=FIELDS,
        out=True,
        errors=[
            call(T(5, 3), T(3), T(4, 2)),
            call(T(5, 3), T(3), T(5)),
            call(T(5, 3), T(4), T(5, 2)),
            call(T(5, 3), T(3), T(5, 2, **WIDE)),
            call(T(5, 3), T(3, **WIDE), T(5, 2)),
            call(T(5, 5), T(3), T(5, 2)),
            call(T(5), T(3), T(5, 2)),
            call(3, T(3), T(5, 2)),
        ],
        **BIG,
    ),
    Row(
        "ormqr of complex matrices",
        [call(T(4, 3, 2), T(3, 2), T(4, 4, 2), *flags) for flags in FLAGS],
        fn=lambda torch, a, t, c, *flags: torch.ormqr(
            z(torch, a), z(torch, t), z(torch, c), *flags
        ),
        **BIG,
    ),
]
