"""Pseudoinverses, least squares, ranks, inverses by factors, exponentials of matrices."""

from __future__ import annotations

from math import inf

from tests.samples.factors import ALL, EMPTY, SIZES, WIDE, sized
from tests.samples.linalg import BIG, FIELDS, MISSHAPEN, SINGULAR, spd, z
from tests.samples.row import I, Row, T, call

ROWS = [
    Row(
        "linalg.pinv",
        [
            *sized(*SIZES, *EMPTY),
            call(T(3, 4), 0.1),
            call(T(3, 4), rtol=0.3),
            call(T(3, 4), atol=0.5),
            call(T(2, 3, 4), atol=T(2, low=0.1, high=0.5, grad=False)),
        ],
        dtypes=ALL,
        out=True,
        errors=[
            call(T(3)),
            call(I(2, 2, high=3)),
            call(3),
            call(T(2, 3), hermitian=True),
            call(T(2, 2), "a"),
            call(T(2, 2), atol="a"),
        ],
        **BIG,
    ),
    Row(
        "linalg.pinv of Hermitian matrices",
        sized((3, 3), (2, 4, 4)),
        fn=lambda torch, a: torch.linalg.pinv(a + a.mH, hermitian=True),
        dtypes=FIELDS,
        **BIG,
    ),
    Row(
        "linalg.pinv of complex matrices",
        sized((3, 4, 2), (4, 3, 2), (2, 2, 2, 2)),
        fn=lambda torch, a: torch.linalg.pinv(z(torch, a)),
        **BIG,
    ),
    Row(
        "pinverse",
        [call(T(2, 3, 2), 0.1), *sized((3, 4), (3, 3), (5, 3), (0, 3), (1, 1))],
        dtypes=FIELDS,
        errors=[call(T(3)), call(I(2, 2, high=3)), call(3), call(T(3, 4), "a")],
        **BIG,
    ),
    Row(
        "linalg.lstsq",
        [
            call(T(3, 3), T(3, 2)),
            call(T(5, 3), T(5, 2)),
            call(T(3, 5), T(3, 2)),
            call(T(5, 3), T(5)),
            call(T(2, 5, 3), T(2, 5)),
            call(T(1, 5, 3), T(3, 5, 2)),
            *[call(T(5, 3), T(5, 2), driver=d) for d in ("gels", "gelsd", "gelss", "gelsy")],
            *[call(T(3, 5), T(3, 2), driver=d) for d in ("gels", "gelsd", "gelss", "gelsy")],
            call(T(2, 5, 3), T(2, 5, 2), driver="gelsd"),
            call(T(5, 3), T(5, 2), 0.1),
        ],
        dtypes=FIELDS,
        forward=False,
        errors=[
            call(T(5, 3), T(5, 2), driver="x"),
            call(T(5, 3), T(5, 2), driver=3),
            call(T(5, 3), T(4, 2)),
            call(T(3), T(3)),
            call(T(5, 3), T()),
            call(T(5, 3), T(5, 2, **WIDE)),
            call(T(2, 5, 3), T(5, 2)),
            call(T(2, 5, 3), T(3, 5, 2)),
            call(I(2, 2, high=3), I(2, 2, high=3)),
            call(3, T(3)),
        ],
        **BIG,
    ),
    Row(
        "linalg.lstsq of complex matrices",
        [call(T(5, 3, 2), T(5, 2, 2)), call(T(3, 5, 2), T(3, 2, 2))],
        fn=lambda torch, a, b: torch.linalg.lstsq(z(torch, a), z(torch, b))[0],
        forward=False,
        **BIG,
    ),
    Row(
        "linalg.matrix_rank",
        [
            call(T(3, 3)),
            call(SINGULAR),
            call(T(2, 3, 4)),
            call(SINGULAR, 0.1),
            call(T(4, 4), atol=1.0, rtol=0.2),
            call(T(4, 4), atol=T(2, low=0.1, high=3.0)),
            call(T(0, 3)),
            call(T(2, 3, 0)),
        ],
        dtypes=ALL,
        grad=False,
        errors=[
            call(T(3)),
            call(T(2, 2), atol=T(2, dtype="complex128")),
            call(3),
            call(T(2, 2), "a"),
        ],
    ),
    Row(
        "linalg.cond",
        [
            *[call(T(3, 3), p) for p in (None, 2, -2, "nuc")],
            call(T(3, 5)),
            call(T(2, 4, 3), -2),
        ],
        dtypes=ALL,
        out=True,
        errors=[
            call(T(3)),
            call(3),
            call(T(2, 2), 3),
            call(T(2, 2), "x"),
            call(T(3, 5), 1),
            call(I(2, 2, high=3)),
            call(T(2, 2, dtype="float16")),
        ],
        **BIG,
    ),
    Row(
        "linalg.cond, whose gradients PyTorch hasn't got",
        [call(T(3, 3), p) for p in (1, -1, inf, -inf, "fro")]
        + [call(T(2, 3, 3), 1)]
        + [call(T(2, 2, values=(1.0,) * 4), p) for p in (1, -1, inf, "fro")]
        + [call(T(0, 0)), call(T(2, 0, 0), "fro")],
        fn=lambda torch, a, *p: torch.linalg.cond(a, *p),
        dtypes=ALL,
        grad=False,
    ),
    Row(
        "cholesky_solve",
        [
            call(T(3, 2), T(3, 3)),
            call(T(3, 2), T(3, 3), True),
            call(T(2, 3, 2), T(3, 3)),
            call(T(3, 1), T(2, 3, 3), upper=True),
            call(T(0, 2), T(0, 0)),
        ],
        dtypes=FIELDS,
        out=True,
        errors=[
            call(T(3), T(3, 3)),
            call(T(2, 2), T(3, 3)),
            call(T(3, 2), T(3)),
            call(T(3, 2), T(2, 3)),
            call(T(3, 2, **WIDE), T(3, 3)),
            call(T(3, 2), 3),
            call(T(3, 2), T(3, 3), 3),
        ],
        finite=False,  # one triangle is read, and both are differentiated
        **BIG,
    ),
    Row(
        "cholesky_solve of complex matrices",
        [call(T(3, 2, 2), T(3, 3, 2)), call(T(3, 2, 2), T(3, 3, 2), True)],
        fn=lambda torch, b, x, *up: torch.cholesky_solve(
            z(torch, b), torch.linalg.cholesky(spd(torch, z(torch, x)), upper=bool(up)), *up
        ),
        **BIG,
    ),
    Row(
        "cholesky_inverse",
        [call(T(3, 3)), call(T(2, 3, 3), True), call(T(1, 1)), call(T(0, 0))],
        dtypes=ALL,
        out=True,
        errors=[*MISSHAPEN, call(T(2, 2, values=(0.0,) * 4)), call(T(2, 2), 3)],
        finite=False,  # one triangle is read, and both are differentiated
        **BIG,
    ),
    Row(
        "cholesky_inverse of complex matrices",
        [call(T(3, 3, 2)), call(T(2, 2, 2, 2), True)],
        fn=lambda torch, x, *up: torch.cholesky_inverse(
            torch.linalg.cholesky(spd(torch, z(torch, x)), upper=bool(up)), *up
        ),
        **BIG,
    ),
    Row(
        "linalg.matrix_exp",
        sized((3, 3), (2, 2, 2), (1, 1), (0, 0), (2, 0, 0), (2, 1, 2, 2)),
        dtypes=(*FIELDS, "int64"),
        errors=[*MISSHAPEN, call(I(2, 2, high=3))],
        **BIG,
    ),
    Row(
        "matrix_exp",
        sized((3, 3), (2, 4, 4), (1, 1), (0, 0)),
        dtypes=FIELDS,
        errors=MISSHAPEN,
        **BIG,
    ),
    Row(
        "matrix_exp of complex matrices",
        sized((3, 3, 2), (2, 2, 2, 2)),
        fn=lambda torch, a: torch.matrix_exp(z(torch, a)),
        **BIG,
    ),
    Row(
        "linalg.matrix_power, negative",
        [call(T(3, 3), n) for n in (-1, -2, -3, -5)] + [call(T(2, 3, 3), -2)],
        fn=lambda torch, a, n: torch.linalg.matrix_power(a, n),
        dtypes=ALL,
        errors=[call(SINGULAR, -1)],
        **BIG,
    ),
]
