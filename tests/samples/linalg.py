"""Solvers, inverses, determinants."""

from __future__ import annotations

from typing import Any

from tests.samples.row import Call, Row, T, call

FIELDS = ("float32", "float64", "complex64", "complex128")
ALL = (*FIELDS, "int64", "bool")
WIDE = {"dtype": "float32"}
BIG: dict[str, Any] = {"rtol": 1e-8, "rtol32": 2e-3}

SINGULAR = T(3, 3, values=(1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 1.0, 0.0, 1.0))
SINGULAR_STACK = T(2, 2, 2, values=(1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 2.0, 4.0))
NILPOTENT = T(3, 3, values=(0.0,) * 9)


def z(torch: Any, x: Any) -> Any:
    """A complex tensor, from a real one with a last dimension of two."""
    return torch.complex(x[..., 0], x[..., 1])


def spd(torch: Any, x: Any) -> Any:
    """A positive definite matrix, from any."""
    return x @ x.mH + torch.eye(x.shape[-1], dtype=x.dtype)


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
        errors=[
            call(SINGULAR, T(3), check_errors=True),
            call(T(3, 3), T(3), check_errors=1),
            call(T(2, 3), T(3)),
            call(T(3, 3), T(3, **WIDE)),
        ],
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
