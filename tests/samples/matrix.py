"""Products of matrices and vectors."""

from __future__ import annotations

from tests.samples.common import inf, nan
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
ODD = T(2, 2, values=(0.0, -0.0, 1e300, nan), grad=False)


def calls(pairs: list[tuple[tuple[int, ...], tuple[int, ...]]]) -> list[Call]:
    return [call(T(*a), T(*b)) for a, b in pairs]


VECTORS = [
    call(T(3), T(3)),
    call(T(0), T(0)),
    call(T(1), T(1)),
    call(T(500), T(500)),
    call(*[T(2, values=(inf, nan), grad=False)] * 2),
    call(*[T(2, values=(1e200, -1e-200), grad=False)] * 2),
]

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
        calls([((2, 3), (3, 4)), ((1, 3), (3, 1)), ((2, 0), (0, 3)), ((0, 3), (3, 2))])
        + [call(T(40, 30), T(30, 20)), call(ODD, ODD)],
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
        [
            *calls([((2, 3, 4), (2, 4, 5)), ((0, 3, 4), (0, 4, 5)), ((2, 3, 0), (2, 0, 5))]),
            *calls([((1, 1, 4), (1, 4, 1)), ((2, 0, 3), (2, 3, 1)), ((3, 20, 30), (3, 30, 10))]),
        ],
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
        calls([((2, 3), (3,)), ((0, 3), (3,)), ((2, 0), (0,)), ((1, 1), (1,)), ((40, 30), (30,))])
        + [call(ODD, T(2, values=(inf, 1.0), grad=False))],
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
        VECTORS,
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
        VECTORS,
        dtypes=ALL,
        out=True,
        errors=[call(T(3), T(4)), call(T(3, 1), T(3)), call(T(3), T(3, **WIDE)), call(T(3), 2)],
    ),
    Row(
        "inner",
        [
            call(T(3), T(3)),
            call(T(2, 3), T(4, 3)),
            call(T(2, 2, 3), T(3)),
            call(T(), T(2, 3)),
            call(T(), T()),
            call(T(0, 3), T(2, 3)),
        ],
        dtypes=ALL,
        out=True,
        errors=[call(T(2, 3), T(4, 4)), call(T(3), T(3, **WIDE)), call(T(3), 2)],
    ),
    Row(
        "outer",
        [*VECTORS, call(T(3), T(4)), call(T(0), T(2))],
        dtypes=ALL,
        out=True,
        errors=[call(T(3, 1), T(4)), call(T(3), T(4, 1)), call(T(3), 2), call("a", T(3))],
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
            call(T(0, 4), T(0, 3), T(3, 4)),
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
            call(T(2), T(2, 0), T(0), beta=3),
            call(T(0), T(0, 3), T(3)),
            call(T(2, values=(nan, inf)), T(2, 3), T(3), beta=0),
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
            call(T(2, 4), T(5, 2, 0), T(5, 0, 4)),
            call(T(1, 1), T(1, 1, 1), T(1, 1, 1), beta=0),
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
            call(T(5, 2, 4), T(5, 2, 0), T(5, 0, 4), beta=3),
            call(T(0, 2, 4), T(0, 2, 3), T(0, 3, 4)),
            call(T(1, 1, 1), T(1, 1, 2), T(1, 2, 1), alpha=-1),
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
            call(T(0, 3), T(0), T(3)),
            call(T(2, 1), T(2), T(1), alpha=-1),
            call(T(1, 2, values=(nan, inf)), T(1), T(2), beta=0),
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
        calls(
            [((2, 3), (2, 2)), ((2,), (3, 2, 2)), ((), (3,)), ((0,), (2,)), ((), ()), ((1,), (2,))]
        ),
        dtypes=ALL,
        out=True,
        errors=[call(T(2), 2), call("a", T(2)), call(T(2), T(2), T(2)), call(T(2), T(2), out=3)],
    ),
    Row(
        "trace",
        [call(T(*size)) for size in ((3, 3), (2, 4), (4, 2), (0, 3), (1, 1))] + [call(ODD)],
        dtypes=ALL,
        errors=[call(T(3)), call(T(2, 2, 2)), call(3), call(T(2, 2), 1)],
    ),
    Row(
        "chain_matmul",
        [
            call(T(2, 3), T(3, 4), T(4, 1)),
            call(T(2, 3)),
            call(T(5, 1), T(1, 5), T(5, 2), T(2, 3)),
            call(T(2, 3), T(3, 4)),
            call(T(0, 3), T(3, 4), T(4, 0)),
            call(T(2, 0), T(0, 4), T(4, 1)),
        ],
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
            call([T(0, 3), T(3, 4), T(4, 0)]),
            call((T(5, 1), T(1, 5), T(5, 2), T(2, 3))),
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
    *[
        Row(
            name,
            [call(T(3, 3), n) for n in range(8)] + [call(T(2, 3, 3), 5), call(T(2, 0, 0), 2)],
            dtypes=ALL,
            out=True,
            node=False,
            errors=[call(T(3, 4), 2), call(T(4), 2), call(T(2, 2), 1.5)],
        )
        for name in ("matrix_power", "linalg.matrix_power")
    ],
]
