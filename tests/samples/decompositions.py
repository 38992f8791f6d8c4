"""Decompositions: Cholesky, QR, eigenvalues, singular values.

Signs and phases of vectors are free, so rows take invariants.
"""

from __future__ import annotations

from typing import Any

from tests.samples.linalg import ALL, BIG, FIELDS, LOW, MISSHAPEN, NILPOTENT, spd, squares, z
from tests.samples.row import Row, T, call

SPD = T(2, 2, values=(4.0, 1.0, 1.0, 5.0))
SPD_STACK = T(2, 2, 2, values=(4.0, 1.0, 1.0, 5.0, 2.0, -1.0, -1.0, 2.0))
DEFINITE = [
    call(SPD),
    call(SPD_STACK),
    call(T(1, 1, values=(9.0,))),
    call(T(0, 0)),
    call(T(2, 0, 0)),
]


def turned(torch: Any, u: Any) -> Any:
    """What of vectors doesn't depend on their phase: their projectors' diagonals."""
    return u.abs() if not u.is_complex() else (u * u.conj()).real


def in_order(values: Any, *vectors: Any) -> list[Any]:
    """Eigenvalues, and sizes of what is in their vectors: which comes first differs by LAPACK."""
    order = (values.detach().real + 0.7 * values.detach().imag).argsort(-1)
    return [
        values.gather(-1, order),
        *[v.abs().gather(-1, order.unsqueeze(-2).expand(v.shape)) for v in vectors],
    ]


ROWS = [
    Row(
        "linalg.cholesky",
        [*DEFINITE, call(SPD, upper=True)],
        dtypes=ALL,
        out=True,
        errors=[*MISSHAPEN, *LOW, call(T(2, 3, 3, low=-3, high=-1)), call(SPD, upper=1)],
        finite=False,  # which triangle is read shows
        **BIG,
    ),
    Row(
        "linalg.cholesky_ex",
        [*DEFINITE, call(SPD, upper=True)],
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
        [*DEFINITE, call(SPD, True)],
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
    Row(
        "qr",
        [
            call(T(3, 3)),
            call(T(3, 5), False),
            call(T(4, 2)),
            call(T(2, 3, 3)),
            call(T(0, 3)),
            call(T(3, 0), some=True),
        ],
        dtypes=FIELDS,
        errors=[call(T(3)), call(3), call(T(3, 3), "a"), *LOW],
        **BIG,
    ),
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
        [
            call(T(3, 3)),
            call(T(2, 3, 3), "U"),
            call(T(2, 2), UPLO="u"),
            call(T(2, 0, 0)),
            call(T(0, 0)),
            call(T(1, 1)),
        ],
        dtypes=FIELDS,
        out=True,
        errors=[*MISSHAPEN, *LOW, call(T(2, 2), 3), call(T(2, 2), "X")],
        finite=False,  # which triangle is read shows
        **BIG,
    ),
    Row(
        "linalg.eig",
        [call(T(3, 3)), call(T(2, 4, 4)), call(T(0, 0)), call(T(1, 1))],
        fn=lambda torch, x: in_order(*torch.linalg.eig(x)),
        dtypes=FIELDS,
        **BIG,
    ),
    Row(
        "linalg.eig of complex matrices",
        [call(T(3, 3, 2)), call(T(2, 3, 3, 2))],
        fn=lambda torch, x: in_order(*torch.linalg.eig(z(torch, x))),
        **BIG,
    ),
    Row(
        "linalg.eig",
        errors=[*MISSHAPEN, *LOW, call(T(2, 2, values=(1.0, 2.0, 3.0, float("nan"))))],
    ),
    Row(
        "linalg.eigvals, in order",
        [call(T(3, 3)), call(T(2, 4, 4)), call(T(0, 0))],
        fn=lambda torch, x: in_order(torch.linalg.eigvals(x)),
        dtypes=ALL,
        **BIG,
    ),
    Row(
        "linalg.eigvals",
        squares((3, 3), (2, 3, 3), (0, 0), (2, 0, 0), (1, 1), (2, 1, 2, 2)),
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
        squares((3, 3), (5, 3), (2, 3, 5), (0, 3), (2, 0, 0), (1, 1)),
        dtypes=ALL,
        out=True,
        errors=[call(T(3)), call(3), *LOW],
        **BIG,
    ),
    Row(
        "svd",
        [call(T(3, 3)), call(T(5, 3)), call(T(2, 3, 5), some=True), call(T(0, 3)), call(T(1, 1))],
        fn=lambda torch, x, **k: [y.abs() for y in torch.svd(x, **k)],
        dtypes=FIELDS,
        **BIG,
    ),
    Row(
        "svd, values only",
        [call(T(3, 3)), call(T(2, 5, 3))],
        fn=lambda torch, x: torch.svd(x, compute_uv=False)[1],
        dtypes=FIELDS,
        errors=[call(T(3)), call(3), *LOW],
        **BIG,
    ),
]
