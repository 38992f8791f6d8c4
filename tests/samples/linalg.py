"""Solvers and decompositions. Signs and phases of vectors are free, so rows take invariants."""

from __future__ import annotations

from typing import Any

from tests.samples.row import Call, Row, T, call

FIELDS = ("float32", "float64", "complex64", "complex128")
ALL = (*FIELDS, "int64", "bool")
WIDE = {"dtype": "float32"}
BIG: dict[str, Any] = {"rtol": 1e-8, "rtol32": 2e-3}

SPD = T(2, 2, values=(4.0, 1.0, 1.0, 5.0))
SINGULAR = T(3, 3, values=(1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 1.0, 0.0, 1.0))
SINGULAR_STACK = T(2, 2, 2, values=(1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 2.0, 4.0))
NILPOTENT = T(3, 3, values=(0.0,) * 9)


def z(torch: Any, x: Any) -> Any:
    """A complex tensor, from a real one with a last dimension of two."""
    return torch.complex(x[..., 0], x[..., 1])


def spd(torch: Any, x: Any) -> Any:
    """A positive definite matrix, from any."""
    return x @ x.mH + torch.eye(x.shape[-1], dtype=x.dtype)


def turned(torch: Any, u: Any) -> Any:
    """What of vectors doesn't depend on their phase: their projectors' diagonals."""
    return u.abs() if not u.is_complex() else (u * u.conj()).real


def squares(*sizes: tuple[int, ...]) -> list[Call]:
    return [call(T(*s)) for s in sizes]


SHAPES = [(1, 1), (3, 3), (4, 2, 2), (0, 0), (2, 0, 0), (0, 3, 3), (2, 1, 3, 3)]
MISSHAPEN = [call(T(3)), call(T(2, 3)), call(T()), call(3), call("a")]
LOW = [call(T(2, 2, dtype="int64")), call(T(2, 2, dtype="float16"))]

SYSTEMS = [
    call(T(3, 3), T(3, 2)),
    call(T(3, 3), T(3)),
    call(T(2, 3, 3), T(2, 3)),
    call(T(2, 3, 3), T(3)),
    call(T(2, 3, 3), T(3, 2)),
    call(T(3, 3), T(4, 3, 2)),
    call(T(2, 1, 3, 3), T(4, 3, 1)),
    call(T(3, 3), T(2, 3), left=False),
    call(T(2, 3, 3), T(4, 3), left=False),
    call(T(0, 0), T(0)),
    call(T(0, 0), T(0, 2)),
    call(T(0, 3, 3), T(0, 3, 1)),
    call(T(3, 3), T(3, 0)),
]
BAD_SYSTEMS = [
    call(T(3, 3), T(3, 2), left=False),
    call(T(2, 3, 3), T(5, 3)),
    call(T(2, 3, 3), T(4, 3, 3)),
    call(T(2, 3), T(3)),
    call(T(3, 3), T(4)),
    call(T(3), T(3)),
    call(T(3, 3), T()),
    call(T(3, 3), T(3, **WIDE)),
    call(T(3, 3, dtype="int64"), T(3, dtype="int64")),
    call(T(3, 3, dtype="float16"), T(3, dtype="float16")),
    call(T(3, 3), 2),
    call(2, T(3)),
    call(T(3, 3), T(3), left=1),
    call(SINGULAR, T(3)),
    call(SINGULAR_STACK, T(2, 1)),
]

TRIANGULAR = [
    call(T(3, 3), T(3, 2), upper=True),
    call(T(3, 3), T(3, 2), upper=False),
    call(T(3, 3), T(2, 3), upper=True, left=False),
    call(T(3, 3), T(2, 3), upper=False, left=False, unitriangular=True),
    call(T(3, 3), T(3, 2), upper=True, unitriangular=True),
    call(T(2, 3, 3), T(3, 2), upper=True),
    call(T(3, 3), T(2, 3, 2), upper=False),
    call(T(2, 1, 2, 2), T(3, 2, 1), upper=False, left=True),
    call(T(0, 0), T(0, 2), upper=True),
    call(T(3, 3), T(3, 0), upper=True),
]
BAD_TRIANGULAR = [
    call(T(3, 3), T(3), upper=True),
    call(T(2, 3), T(3, 2), upper=True),
    call(T(3, 3), T(2, 2), upper=True),
    call(T(3, 3), T(2, 2), upper=True, left=False),
    call(T(2, 3, 3), T(4, 3, 2), upper=True),
    call(T(2, 2, dtype="int64"), T(2, 2, dtype="int64"), upper=True),
    call(T(2, 2, dtype="float16"), T(2, 2, dtype="float16"), upper=True),
    call(T(2, 2), T(2, 2), upper=2),
    call(2, T(2, 2), upper=True),
    call(T(2, 2), 2, upper=True),
]

OLD_TRIANGULAR = [
    call(T(3, 2), T(3, 3)),
    call(T(3, 2), T(3, 3), upper=False),
    call(T(3, 2), T(3, 3), True, True),
    call(T(3, 2), T(3, 3), False, True, True),
    call(T(2, 3, 2), T(3, 3)),
    call(T(3, 2), T(2, 3, 3), transpose=True),
]

ROWS = [
    Row("linalg.solve", SYSTEMS, dtypes=ALL, out=True, errors=BAD_SYSTEMS, **BIG),
    Row(
        "linalg.solve of complex matrices",
        [call(T(3, 3, 2), T(3, 2)), call(T(2, 3, 3, 2), T(3, 2, 2))],
        fn=lambda torch, a, b: torch.linalg.solve(z(torch, a), z(torch, b)),
        **BIG,
    ),
    Row(
        "linalg.solve_ex",
        SYSTEMS[:4],
        dtypes=ALL,
        errors=[call(SINGULAR, T(3), check_errors=True), call(T(3, 3), T(3), check_errors=1)],
        **BIG,
    ),
    Row(
        "linalg.solve_ex of singular matrices",
        [call(SINGULAR, T(3)), call(SINGULAR_STACK, T(2, 1)), call(NILPOTENT, T(3))],
        fn=lambda torch, a, b: torch.linalg.solve_ex(a, b).info,
        grad=False,
    ),
    Row(
        "linalg.solve_triangular",
        TRIANGULAR,
        dtypes=ALL,
        out=True,
        errors=BAD_TRIANGULAR,
        **BIG,
    ),
    Row(
        "linalg.solve_triangular of complex matrices",
        [call(T(3, 3, 2), T(3, 2, 2), True), call(T(2, 3, 3, 2), T(3, 2, 2), False)],
        fn=lambda torch, a, b, up: torch.linalg.solve_triangular(
            z(torch, a), z(torch, b), upper=up
        ),
        **BIG,
    ),
    Row(
        "triangular_solve",
        OLD_TRIANGULAR,
        dtypes=ALL,
        errors=[
            call(T(2, 2), T(3, 3)),
            call(T(2), T(3, 3)),
            call(T(3, 2), T(3)),
            call(T(3, 2), T(2, 3)),
            call(T(3, 2), T(3, 3, **WIDE)),
            call(T(3, 2), T(3, 3), 2),
            call(3, T(3, 3)),
        ],
        **BIG,
    ),
    Row(
        "triangular_solve of complex matrices",
        [
            call(T(3, 2, 2), T(3, 3, 2), *flags)
            for flags in ((True, False), (False, True), (True, True))
        ],
        fn=lambda torch, b, a, *flags: torch.triangular_solve(z(torch, b), z(torch, a), *flags)[0],
        **BIG,
    ),
    Row(
        "linalg.inv",
        squares(*SHAPES),
        dtypes=ALL,
        out=True,
        errors=[*MISSHAPEN, *LOW, call(SINGULAR), call(SINGULAR_STACK), call(NILPOTENT)],
        **BIG,
    ),
    Row("inverse", squares(*SHAPES), dtypes=ALL, out=True, errors=MISSHAPEN, **BIG),
    Row(
        "linalg.inv_ex",
        squares(*SHAPES),
        dtypes=ALL,
        errors=[*MISSHAPEN, call(SINGULAR, check_errors=True), call(T(2, 2), check_errors=1)],
        **BIG,
    ),
    Row(
        "linalg.inv_ex of singular matrices",
        [call(SINGULAR), call(SINGULAR_STACK), call(NILPOTENT)],
        fn=lambda torch, a: torch.linalg.inv_ex(a).info,
        grad=False,
    ),
    Row(
        "linalg.inv of complex matrices",
        [call(T(3, 3, 2)), call(T(2, 2, 2, 2))],
        fn=lambda torch, a: torch.linalg.inv(z(torch, a)),
        **BIG,
    ),
    Row("linalg.det", squares(*SHAPES), dtypes=ALL, out=True, errors=[*MISSHAPEN, *LOW], **BIG),
    Row("det", squares(*SHAPES), dtypes=ALL, errors=MISSHAPEN, **BIG),
    Row(
        "linalg.det of singular matrices",
        [call(SINGULAR), call(SINGULAR_STACK), call(NILPOTENT)],
        fn=lambda torch, a: torch.linalg.det(a),
        grad=False,  # tests/test_linalg.py: PyTorch's is right with create_graph only
        **BIG,
    ),
    Row(
        "linalg.det of complex matrices",
        [call(T(3, 3, 2)), call(T(2, 2, 2, 2))],
        fn=lambda torch, a: torch.linalg.det(z(torch, a)),
        **BIG,
    ),
    Row("linalg.slogdet", squares(*SHAPES), dtypes=ALL, errors=[*MISSHAPEN, *LOW], **BIG),
    Row("slogdet", squares(*SHAPES), dtypes=ALL, errors=MISSHAPEN, **BIG),
    Row(
        "linalg.slogdet of complex matrices",
        [call(T(3, 3, 2)), call(T(2, 2, 2, 2))],
        fn=lambda torch, a: torch.linalg.slogdet(z(torch, a)),
        **BIG,
    ),
    Row("logdet", squares(*SHAPES), dtypes=ALL, errors=[*MISSHAPEN, *LOW], **BIG),
    Row(
        "linalg.cholesky",
        [call(SPD), call(SPD, upper=True), call(T(0, 0)), call(T(2, 0, 0))],
        dtypes=ALL,
        out=True,
        errors=[*MISSHAPEN, *LOW, call(T(2, 3, 3, low=-3, high=-1)), call(SPD, upper=1)],
        finite=False,  # which triangle is read shows
        **BIG,
    ),
    Row(
        "linalg.cholesky_ex",
        [call(SPD), call(SPD, upper=True)],
        dtypes=ALL,
        errors=[*MISSHAPEN, call(NILPOTENT, check_errors=True)],
        finite=False,  # which triangle is read shows
        **BIG,
    ),
    Row(
        "linalg.cholesky of any",
        [call(T(3, 3)), call(T(2, 3, 3)), call(T(3, 3), True)],
        fn=lambda torch, x, *upper: torch.linalg.cholesky(spd(torch, x), upper=bool(upper)),
        **BIG,
    ),
    Row(
        "linalg.cholesky of complex matrices",
        [call(T(3, 3, 2)), call(T(2, 3, 3, 2)), call(T(3, 3, 2), True)],
        fn=lambda torch, x, *u: torch.linalg.cholesky(spd(torch, z(torch, x)), upper=bool(u)),
        **BIG,
    ),
    Row(
        "cholesky",
        [call(SPD), call(SPD, True)],
        dtypes=FIELDS,
        errors=[call(T(2, 3)), call(NILPOTENT), call(SPD, 2), call(T(2, 2, dtype="float16"))],
        finite=False,  # which triangle is read shows
        **BIG,
    ),
    Row(
        "linalg.qr",
        [
            call(T(*shape), *mode)
            for shape in ((3, 3), (5, 3), (3, 5), (2, 4, 2), (2, 2, 4))
            for mode in ((), ("reduced",))
        ]
        + [call(T(3, 5), "complete"), call(T(0, 3)), call(T(2, 3, 0)), call(T(0, 2, 2))],
        dtypes=ALL,
        errors=[call(T(3)), call(T(3, 3), "x"), call(T(3, 3), 3), call(3), *LOW],
        **BIG,
    ),
    Row(
        "linalg.qr without gradients",
        [
            call(T(3, 3), "r"),
            call(T(5, 3), "complete"),
            call(T(2, 3, 5), "r"),
            call(T(3, 0), "complete"),
            call(T(0, 3), "r"),
        ],
        fn=lambda torch, x, mode: torch.linalg.qr(x, mode),
        dtypes=FIELDS,
        grad=False,
        **BIG,
    ),
    Row(
        "linalg.qr of complex matrices",
        [call(T(3, 3, 2)), call(T(5, 3, 2)), call(T(2, 3, 4, 2))],
        fn=lambda torch, x: torch.linalg.qr(z(torch, x)),
        **BIG,
    ),
    Row(
        "linalg.qr, one result used",
        [call(T(3, 3), 0), call(T(3, 3), 1), call(T(3, 5), 0), call(T(3, 5), 1), call(T(5, 3), 1)],
        fn=lambda torch, x, i: torch.linalg.qr(x)[i],
        **BIG,
    ),
    Row("qr", [call(T(3, 3)), call(T(3, 5), False), call(T(4, 2))], dtypes=FIELDS, **BIG),
    Row(
        "linalg.eigh",
        [call(T(3, 3)), call(T(2, 3, 3), "U"), call(T(2, 2), UPLO="l"), call(T(0, 0))],
        fn=lambda torch, x, *a, **k: [
            f(torch.linalg.eigh(x, *a, **k)[i])
            for i, f in ((0, torch.abs), (1, lambda v: turned(torch, v)))
        ],
        dtypes=FIELDS,
        node=False,
        finite=False,  # which triangle is read shows
        **BIG,
    ),
    Row(
        "linalg.eigh",
        errors=[*MISSHAPEN, *LOW, call(T(2, 2), 3), call(T(2, 2), "X"), call(T(2, 2), "")],
    ),
    Row(
        "linalg.eigh of complex matrices",
        [call(T(3, 3, 2)), call(T(2, 3, 3, 2))],
        fn=lambda torch, x: [
            f(y)
            for f, y in zip(
                (torch.sin, lambda v: turned(torch, v)), torch.linalg.eigh(spd(torch, z(torch, x)))
            )
        ],
        **BIG,
    ),
    Row(
        "linalg.eigvalsh",
        [call(T(3, 3)), call(T(2, 3, 3), "U"), call(T(2, 2), UPLO="u"), call(T(2, 0, 0))],
        dtypes=FIELDS,
        out=True,
        errors=[*MISSHAPEN, *LOW, call(T(2, 2), 3), call(T(2, 2), "X")],
        finite=False,  # which triangle is read shows
        **BIG,
    ),
    Row(
        "linalg.eig",
        [call(T(3, 3)), call(T(2, 4, 4)), call(T(0, 0))],
        fn=lambda torch, x: [y.abs() if i else y for i, y in enumerate(torch.linalg.eig(x))],
        dtypes=FIELDS[:2],  # LAPACKs order complex ones differently
        **BIG,
    ),
    Row(
        "linalg.eig of complex matrices",
        [call(T(3, 3, 2)), call(T(2, 3, 3, 2))],
        fn=lambda torch, x: [
            y.abs() if i else y for i, y in enumerate(torch.linalg.eig(z(torch, x)))
        ],
        **BIG,
    ),
    Row(
        "linalg.eig",
        errors=[*MISSHAPEN, *LOW, call(T(2, 2, values=(1.0, 2.0, 3.0, float("nan"))))],
    ),
    Row(
        "linalg.eigvals",
        [call(T(3, 3)), call(T(2, 3, 3)), call(T(0, 0))],
        dtypes=ALL,
        out=True,
        errors=[call(T(3)), call(T(2, 3)), *LOW],
        **BIG,
    ),
    Row(
        "linalg.svd",
        [
            call(T(*shape), full)
            for shape in ((3, 3), (5, 3), (3, 5), (2, 3, 2), (0, 3), (3, 0))
            for full in (False,)
        ],
        fn=lambda torch, x, full: [y.abs() for y in torch.linalg.svd(x, full)],
        dtypes=FIELDS,
        **BIG,
    ),
    Row(
        "linalg.svd, full",
        [call(T(5, 3)), call(T(3, 5)), call(T(2, 3, 2)), call(T(0, 3)), call(T(3, 0))],
        fn=lambda torch, x: [
            y.abs()[..., : min(x.shape[-2:])] if i == 0 else y.abs()[..., : min(x.shape[-2:]), :]
            for i, y in ((i, torch.linalg.svd(x)[i]) for i in (0, 2))
        ],
        dtypes=FIELDS,
        **BIG,
    ),
    Row(
        "linalg.svd of complex matrices",
        [call(T(3, 3, 2)), call(T(4, 3, 2)), call(T(2, 2, 3, 2))],
        fn=lambda torch, x: (lambda u, s, vh: [u.abs(), s, vh.abs(), u @ vh])(
            *torch.linalg.svd(z(torch, x), False)
        ),
        **BIG,
    ),
    Row(
        "linalg.svd",
        errors=[
            call(T(3)),
            call(3),
            *LOW,
            call(T(2, 2), "a"),
            call(T(2, 2), driver="gesvd"),
            call(T(2, 2), driver=3),
            call(T(2, 2, values=(1.0, 2.0, 3.0, float("nan")))),
            call(T(2, 2, 2, values=(1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, float("nan")))),
        ],
    ),
    Row(
        "linalg.svdvals",
        squares((3, 3), (5, 3), (2, 3, 5), (0, 3), (2, 0, 0)),
        dtypes=ALL,
        out=True,
        errors=[call(T(3)), call(3), *LOW],
        **BIG,
    ),
    Row(
        "svd",
        [call(T(3, 3)), call(T(5, 3)), call(T(2, 3, 5), some=True)],
        fn=lambda torch, x, **k: [y.abs() for y in torch.svd(x, **k)],
        dtypes=FIELDS,
        **BIG,
    ),
    Row(
        "svd, values only",
        [call(T(3, 3)), call(T(2, 5, 3))],
        fn=lambda torch, x: torch.svd(x, compute_uv=False)[1],
        dtypes=FIELDS,
        errors=[call(T(3)), call(3)],
        **BIG,
    ),
    *[
        Row(name, errors=[call(*[T(2, 2)] * count)])
        for name, count in (
            ("symeig", 1),
            ("eig", 1),
            ("solve", 2),
            ("lstsq", 2),
            ("matrix_rank", 1),
        )
    ],
]
