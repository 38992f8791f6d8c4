"""Products of matrices and vectors."""

from __future__ import annotations

from tests.samples.row import Call, Row, T, call

NUMBERS = ("float32", "float64", "complex128", "int64", "uint8", "float16")
ALL = (*NUMBERS, "bool")
BOOL = {"dtype": "bool"}


SHAPES = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3, 4)),
    ((2, 3, 4), (4,)),
    ((4,), (2, 4, 5)),
    ((2, 3, 4), (4, 5)),
    ((3, 4), (2, 4, 5)),
    ((2, 3, 4), (2, 4, 5)),
    ((2, 3, 4), (1, 4, 5)),
    ((1, 3, 4), (2, 4, 5)),
    ((2, 1, 3, 4), (5, 4, 2)),
    ((2, 2, 3, 4), (2, 2, 4, 3)),
    ((0, 3), (3, 4)),
    ((2, 0), (0, 4)),
    ((0, 2, 3), (3, 4)),
    ((2, 3, 0), (2, 0, 4)),
]
MISFITS = [
    ((2, 3), (4, 5)),
    ((3,), (4,)),
    ((2, 3), (4,)),
    ((4,), (3, 2)),
    ((2, 3, 4), (5, 4)),
    ((2, 3, 4), (3, 4, 5)),
    ((2, 3, 4), (2, 5, 4)),
    ((2, 2, 3, 4), (3, 4, 5)),
    ((2, 3, 4), (5,)),
    ((3,), (2, 4, 5)),
    ((), (3,)),
    ((3,), ()),
]
WIDE = {"dtype": "float32"}


def calls(pairs: list[tuple[tuple[int, ...], tuple[int, ...]]]) -> list[Call]:
    return [call(T(*a), T(*b)) for a, b in pairs]


ROWS = [
    Row(
        "matmul",
        calls(SHAPES),
        dtypes=ALL,
        out=True,
        errors=[
            *calls(MISFITS),
            call(T(2, 3), T(3, 4, **WIDE)),
            call(T(2, 3), T(3, **WIDE)),
            call(T(3), T(3, **WIDE)),
            call(T(2, 3, 4), T(2, 4, 5, **WIDE)),
            call(T(4), T(2, 4, 5, **WIDE)),
            call(T(2, 2), T(2, 2), out=T(2, 2, **WIDE)),
            call(T(2, 2), 3),
            call(3, T(2, 2)),
        ],
    ),
    Row("operator @", calls(SHAPES), fn=lambda lib, a, b: a @ b, dtypes=ALL),
    Row(
        "operator @ number",
        fn=lambda lib, a, b: a @ b,
        errors=[call(T(2, 2), 3), call(3, T(2, 2)), call(T(2, 2), "a")],
    ),
    Row(
        "mm",
        [call(T(2, 3), T(3, 4)), call(T(1, 3), T(3, 1)), call(T(2, 0), T(0, 3))],
        dtypes=ALL,
        out=True,
        errors=[
            call(T(2, 3), T(4, 4)),
            call(T(3), T(3, 4)),
            call(T(2, 3), T(3)),
            call(T(2, 3), 2),
            call(T(2, 3), T(3, 2, **WIDE)),
        ],
    ),
    Row(
        "bmm",
        [call(T(2, 3, 4), T(2, 4, 5)), call(T(0, 3, 4), T(0, 4, 5)), call(T(2, 3, 0), T(2, 0, 5))],
        dtypes=ALL,
        out=True,
        errors=[
            call(T(2, 2, 3), T(3, 3, 4)),
            call(T(2, 3), T(3, 3, 4)),
            call(T(2, 2, 3), T(3, 4)),
            call(T(2, 2, 3), T(2, 3, 4, **WIDE)),
        ],
    ),
    Row(
        "mv",
        [call(T(2, 3), T(3)), call(T(0, 3), T(3)), call(T(2, 0), T(0))],
        dtypes=ALL,
        out=True,
        errors=[
            call(T(2, 3), T(4)),
            call(T(3), T(3)),
            call(T(2, 3), T(3, 1)),
            call(T(2, 3), T(3, **WIDE)),
        ],
    ),
    Row(
        "dot",
        [call(T(3), T(3)), call(T(0), T(0))],
        dtypes=ALL,
        out=True,
        errors=[
            call(T(3), T(4)),
            call(T(2, 3), T(3)),
            call(T(3), T(3, **WIDE)),
            call(T(3), 2),
            call(T(3), T(3), out=T(**WIDE)),
        ],
    ),
    Row(
        "vdot",
        [call(T(3), T(3)), call(T(0), T(0))],
        dtypes=ALL,
        out=True,
        errors=[call(T(3), T(4)), call(T(3, 1), T(3))],
    ),
    Row(
        "inner",
        [
            call(T(3), T(3)),
            call(T(2, 3), T(4, 3)),
            call(T(2, 2, 3), T(3)),
            call(T(), T(2, 3)),
            call(T(), T()),
        ],
        dtypes=ALL,
        out=True,
        errors=[call(T(2, 3), T(4, 4)), call(T(3), T(3, **WIDE))],
    ),
    Row(
        "outer",
        [call(T(3), T(4)), call(T(0), T(2))],
        dtypes=ALL,
        out=True,
        errors=[call(T(3, 1), T(4)), call(T(3), T(4, 1))],
    ),
    Row("ger", [call(T(3), T(4))], dtypes=ALL, out=True),
    Row(
        "addmm",
        [
            call(T(2, 4), T(2, 3), T(3, 4)),
            call(T(4), T(2, 3), T(3, 4), beta=2, alpha=0.5),
            call(T(), T(2, 3), T(3, 4), beta=0),
            call(T(2, 1), T(2, 3), T(3, 4), alpha=0),
            call(T(4), T(2, 0), T(0, 4)),
        ],
        dtypes=NUMBERS,
        out=True,
        inplace=True,
        errors=[
            call(T(4, **BOOL), T(2, 3, **BOOL), T(3, 4, **BOOL)),
            call(T(3), T(2, 3), T(3, 4)),
            call(T(4), T(2, 3), T(4, 4)),
            call(T(4), T(2, 3, 1), T(4, 4)),
            call(T(1, 2, 4), T(2, 3), T(3, 4)),
            call(T(4, **WIDE), T(2, 3), T(3, 4)),
            call(T(4), T(2, 3, **WIDE), T(3, 4)),
            call(T(4), T(2, 3), T(3, 4), beta=1j),
            call(T(4), T(2, 3), 3),
        ],
    ),
    Row(
        "addmv",
        [
            call(T(2), T(2, 3), T(3)),
            call(T(), T(2, 3), T(3), beta=0.5, alpha=2),
            call(T(1), T(2, 3), T(3), beta=0, alpha=0),
        ],
        dtypes=ALL,
        out=True,
        inplace=True,
        errors=[
            call(T(3), T(2, 3), T(3)),
            call(T(2), T(2, 3), T(4)),
            call(T(2), T(2), T(4)),
            call(T(2), T(2, 3), T(3, **WIDE)),
        ],
    ),
    Row(
        "addbmm",
        [
            call(T(2, 4), T(5, 2, 3), T(5, 3, 4)),
            call(T(2, 4), T(0, 2, 3), T(0, 3, 4), beta=2, alpha=0.5),
        ],
        dtypes=NUMBERS,
        out=True,
        inplace=True,
        errors=[
            call(T(4, **BOOL), T(5, 2, 3, **BOOL), T(5, 3, 4, **BOOL)),
            call(T(2, 4), T(5, 2, 3), T(4, 3, 4)),
            call(T(2, 4), T(5, 2, 3), T(5, 2, 4)),
            call(T(3, 4), T(5, 2, 3), T(5, 3, 4)),
            call(T(2, 4), T(5, 2, 3), T(5, 3, 4, **WIDE)),
        ],
    ),
    # PyTorch's addbmm_ resizes the tensor that it writes to; Rushlight's refuses.
    Row(
        "addbmm",
        [call(T(4), T(5, 2, 3), T(5, 3, 4), beta=2, alpha=0.5), call(T(), T(2, 1, 3), T(2, 3, 1))],
        dtypes=NUMBERS,
        out=True,
    ),
    Row(
        "baddbmm",
        [
            call(T(5, 2, 4), T(5, 2, 3), T(5, 3, 4)),
            call(T(2, 1), T(5, 2, 3), T(5, 3, 4), beta=2, alpha=0.5),
            call(T(), T(5, 2, 3), T(5, 3, 4), beta=0, alpha=0),
        ],
        dtypes=ALL,
        out=True,
        inplace=True,
        errors=[
            call(T(5, 2, 4), T(5, 2, 3), T(4, 3, 4)),
            call(T(5, 2, 4), T(5, 2, 3), T(5, 2, 4)),
            call(T(5, 3, 4), T(5, 2, 3), T(5, 3, 4)),
            call(T(5, 2, 4, **WIDE), T(5, 2, 3), T(5, 3, 4)),
            call(T(5, 2, 4), T(5, 2, 3), T(5, 3, 4, **WIDE)),
        ],
    ),
    Row(
        "addr",
        [
            call(T(2, 3), T(2), T(3)),
            call(T(3), T(2), T(3), beta=2, alpha=3),
            call(T(), T(2), T(3), beta=0, alpha=0),
        ],
        dtypes=ALL,
        out=True,
        inplace=True,
        errors=[
            call(T(2, 4), T(2), T(3)),
            call(T(2, 4), T(2, 1), T(3)),
            call(T(2, 3), T(2), T(3), beta=True),
        ],
    ),
    Row(
        "kron",
        [call(T(2, 3), T(2, 2)), call(T(2), T(3, 2, 2)), call(T(), T(3)), call(T(0), T(2))],
        dtypes=ALL,
        out=True,
        errors=[call(T(2), 2)],
    ),
    Row(
        "trace",
        [call(T(3, 3)), call(T(2, 4)), call(T(4, 2)), call(T(0, 3))],
        dtypes=ALL,
        errors=[call(T(3)), call(T(2, 2, 2))],
    ),
    Row(
        "chain_matmul",
        [call(T(2, 3), T(3, 4), T(4, 1)), call(T(2, 3)), call(T(5, 1), T(1, 5), T(5, 2), T(2, 3))],
        method=False,
        errors=[call(), call(T(3), T(3, 2)), call(T(2, 3), T(4, 5))],
    ),
    Row(
        "linalg.multi_dot",
        [
            call([T(2, 3), T(3, 4), T(4, 5)]),
            call([T(3), T(3, 4), T(4)]),
            call([T(3), T(3)]),
            call([T(2, 3), T(3)]),
        ],
        out=True,
        errors=[
            call([T(2, 3)]),
            call([T(2, 3), T(2, 3)]),
            call([T(2, 3), T(3, 3, 1), T(3, 2)]),
            call([T(2, 3), T(3), T(3)]),
            call([T(2, 2, 3), T(3, 4)]),
            call([T(2, 3), T(3, 4, **WIDE)]),
            call(T(2, 2)),
        ],
    ),
    Row(
        "matrix_power",
        [call(T(3, 3), n) for n in range(8)] + [call(T(2, 3, 3), 5), call(T(2, 0, 0), 2)],
        dtypes=ALL,
        out=True,
        node=False,
        errors=[call(T(3, 4), 2), call(T(4), 2), call(T(2, 2), 1.5)],
    ),
]
