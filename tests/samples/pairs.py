"""Distances of all pairs, integrals, covariances, systems of tensors."""

from __future__ import annotations

from math import inf
from typing import Any

from tests.samples.linalg import z
from tests.samples.row import I, Row, T, Z, call

FLOATS = ("float32", "float64")
ALL = (*FLOATS, "complex64", "complex128", "int64", "int32", "bool")
FIELDS = ("float32", "float64", "complex64", "complex128", "int64", "bool")
ORDERS = (0.5, 1, 1.5, 2, 3, inf)
WIDE = {"dtype": "float32"}
FREQUENCIES = I(5, low=0, high=4)
WEIGHTS = Z(5, low=0.1, high=2.0)
NEVER = I(5, high=1)
CLOSE: dict[str, Any] = {"rtol": 1e-8, "rtol32": 1e-4}


ROWS = [
    Row(
        "cdist",
        [
            *[call(T(3, 4), T(5, 4), p) for p in ORDERS],
            *[call(T(2, 3, 4), T(5, 4), p=p) for p in (1, 2, 3)],
            call(T(2, 1, 3, 4), T(4, 2, 4)),
            call(T(30, 3), T(5, 3)),
            call(T(2, 4, 3), T(2, 30, 3)),
            call(T(3, 4), T(5, 4), compute_mode="use_mm_for_euclid_dist"),
            call(T(30, 4), T(5, 4), compute_mode="donot_use_mm_for_euclid_dist"),
            call(T(3, 4), T(5, 4), 2.0, "use_mm_for_euclid_dist_if_necessary"),
        ],
        dtypes=ALL,
        method=False,
        second=False,
        errors=[
            call(T(3, 4), T(5, 4), -1),
            call(T(3, 4), T(5, 3)),
            call(T(3), T(3, 4)),
            call(T(3, 4), T(3)),
            call(I(3, 4, high=2), I(3, 4, high=2)),
            call(T(3, 4), T(5, 4, **WIDE)),
            call(T(3, 4), T(5, 4), compute_mode="x"),
            call(T(2, 3, 4), T(3, 5, 4)),
            call(3, T(3, 4)),
            call(T(3, 4), 3),
        ],
        **CLOSE,
    ),
    Row(
        "cdist without differences",
        [
            call(T(3, 4), T(5, 4), 0),
            call(T(3, 0), T(5, 0)),
            call(T(0, 4), T(5, 4)),
            call(T(3, 4), T(0, 4), 1),
        ],
        fn=lambda torch, a, b, *p: torch.cdist(a, b, *p),
        dtypes=FLOATS,
        grad=False,
    ),
    Row(
        "pdist",
        [call(T(4, 3), p) for p in ORDERS] + [call(T(5, 2)), call(T(1, 3)), call(T(3, 1), p=3)],
        dtypes=ALL,
        method=False,
        second=False,
        errors=[call(T(4, 3), -1), call(T(4)), call(I(3, 3, high=4)), call(3)],
        **CLOSE,
    ),
    Row(
        "pdist of nothing",
        [call(T(0, 3)), call(T(3, 0)), call(T(4, 3), 0)],
        fn=lambda torch, x, *p: torch.pdist(x, *p),
        grad=False,
    ),
    *[
        Row(
            name,
            [
                call(T(4)),
                call(T(3, 4)),
                call(T(3, 4), dx=2),
                call(T(3, 4), dx=0.5, dim=0),
                call(T(3, 4), T(4)),
                call(T(3, 4), T(3, 4)),
                call(T(3, 4), T(3), dim=0),
                call(T(2, 3, 4), T(3, 4)),
                call(T(2, 3, 4), T(2, 3, 4), dim=1),
                call(T(1)),
            ],
            dtypes=FIELDS,
            method=False,
            node=False,
            errors=[
                call(T(3, 4), T(5)),
                call(T(4), T()),
                call(T()),
                call(T(4), dx="a"),
                call(T(4), 3),
                call(T(4, dtype="bool")),
                call(T(4), T(4, dtype="bool")),
                call(3),
                call(T(3), dim=4),
            ],
        )
        for name in ("trapezoid", "cumulative_trapezoid")
    ],
    Row(
        "trapz",
        [
            call(T(3, 4)),
            call(T(3, 4), dx=2),
            call(T(3, 4), T(4)),
            call(T(4)),
            call(T(3, 4), T(3), dim=0),
            call(T(1)),
        ],
        dtypes=FIELDS,
        node=False,
        method=False,
        errors=[call(T(3, 4), T(5)), call(T()), call(T(4, dtype="bool")), call(3)],
    ),
    Row(
        "trapezoid of nothing",
        [call(T(0)), call(T(3, 0)), call(T(0, 3))],
        dtypes=ALL,
        fn=lambda torch, y: torch.trapezoid(y),
        grad=False,
    ),
    Row(
        "cov",
        [
            call(T(3, 5)),
            call(T(5)),
            call(T(3, 5), correction=0),
            call(T(3, 5), correction=2),
            call(T(3, 5), fweights=FREQUENCIES),
            call(T(3, 5), aweights=WEIGHTS),
            call(T(3, 5), fweights=FREQUENCIES, aweights=WEIGHTS),
            call(T(3, 5), correction=0, aweights=WEIGHTS),
            call(T(0, 3)),
        ],
        dtypes=("float64", "complex128", "int64"),
        node=False,
        errors=[
            call(T(3, 5), fweights=T(5)),
            call(T(3, 5), fweights=I(3, high=4)),
            call(T(3, 5), fweights=I(5, low=-3, high=0)),
            call(T(3, 5), fweights=I(1, 5, high=3)),
            call(T(3, 5), fweights=NEVER),
            call(T(3, 5), aweights=FREQUENCIES),
            call(T(3, 5), aweights=T(3, low=0)),
            call(T(3, 5), aweights=T(5, low=-2, high=-1)),
            call(T(3, 5), aweights=T(1, 5)),
            call(T(3, 3, 5)),
            call(T(3, 5, dtype="bool")),
            call(3),
        ],
    ),
    Row(
        "cov without degrees of freedom",
        [call(T(3, 5), correction=10), call(T()), call(T(3, 0))],
        fn=lambda torch, x, **k: torch.cov(x, **k),
        grad=False,
    ),
    Row(
        "cov of complex variables",
        [call(T(3, 5, 2)), call(T(5, 2))],
        fn=lambda torch, x: torch.cov(z(torch, x)),
        node=False,
    ),
    Row(
        "corrcoef",
        [call(T(3, 5)), call(T(2, 7)), call(T(0, 3))],
        dtypes=("float32", "float64", "complex128", "int64"),
        node=False,
        finite=False,  # the ones on the diagonal are clipped
        errors=[call(T(3, 3, 5)), call(3), call(T(3, 5, dtype="bool"))],
        **CLOSE,
    ),
    Row(
        "corrcoef of one variable",
        [call(T(5)), call(T())],
        fn=lambda torch, x: torch.corrcoef(x),
        grad=False,
    ),
    Row(
        "corrcoef of complex variables",
        [call(T(3, 5, 2))],
        fn=lambda torch, x: torch.corrcoef(z(torch, x)),
        node=False,
        finite=False,
        **CLOSE,
    ),
    Row(
        "linalg.vander",
        [
            call(T(3)),
            call(T(2, 3), N=2),
            call(T(3), N=5),
            call(T(2, 0), N=2),
            call(T(2, 1, 3)),
            call(T(1), N=2),
        ],
        dtypes=(*FIELDS, "uint8"),
        node=False,
        errors=[call(T(3), N=1), call(T(3), N=-1), call(T()), call(T(0)), call(3)],
    ),
    Row(
        "vander",
        [call(T(3)), call(T(3), 2), call(T(3), 5, True), call(T(3), N=1), call(T(1)), call(T(0))],
        dtypes=FIELDS,
        grad=False,  # PyTorch's backward pass fails
        errors=[call(T(3, 2)), call(T(3), -1), call(3)],
    ),
    Row(
        "vander of nothing", [call(T(3), 0)], fn=lambda torch, x, n: torch.vander(x, n), grad=False
    ),
    Row(
        "linalg.vecdot",
        [
            call(T(3), T(3)),
            call(T(2, 3), T(2, 3)),
            call(T(2, 3), T(3)),
            call(T(2, 3), T(2, 3), dim=0),
            call(T(2, 1, 3), T(4, 3)),
            call(T(), T()),
            call(T(2, 0), T(2, 0)),
        ],
        dtypes=FIELDS,
        out=True,
        node=False,
        errors=[
            call(T(2, 3), T(2, 4)),
            call(T(2, 3), T(2, 3, **WIDE)),
            call(I(3, high=3), I(3, high=3)),
            call(T(2, 3), T(2, 3), dim=3),
            call(T(3), 3),
            call(T(3), T(3), out=T(**WIDE)),
        ],
    ),
    Row(
        "linalg.vecdot of complex vectors",
        [call(T(3, 2), T(3, 2)), call(T(2, 3, 2), T(3, 2))],
        fn=lambda torch, a, b: torch.linalg.vecdot(z(torch, a), z(torch, b)),
        node=False,
    ),
    Row(
        "linalg.tensorsolve",
        [
            call(T(2, 3, 6), T(2, 3)),
            call(T(2, 3, 3, 2), T(2, 3)),
            call(T(2, 6, 3), T(2, 3), (1,)),
            call(T(3, 3), T(3)),
            call(T(1, 1), T(1)),
            call(T(4, 2, 2), T(4)),
        ],
        dtypes=("float64", "complex128"),
        out=True,
        node=False,
        rtol=1e-7,
        errors=[
            call(T(2, 3), T(3)),
            call(T(2, 2, values=(0.0,) * 4), T(2)),
            call(T(2, 2), T(2), (5,)),
            call(3, T(3)),
            call(T(2, 2), T(2, **WIDE)),
        ],
    ),
    Row(
        "linalg.tensorinv",
        [
            call(T(2, 3, 6)),
            call(T(6, 2, 3), 1),
            call(T(3, 3), ind=1),
            call(T(2, 3, 3, 2)),
            call(T(1, 1), 1),
            call(T(2, 2, 2, 2)),
        ],
        dtypes=("float64", "complex128"),
        out=True,
        node=False,
        rtol=1e-7,
        errors=[
            call(T(2, 3, 6), 0),
            call(T(2, 3, 6), 5),
            call(T(1), 3),
            call(T(2, 3, 5)),
            call(T(2, 2, values=(0.0,) * 4), 1),
            call(3),
        ],
    ),
    Row(
        "linalg.diagonal",
        [
            call(T(3, 4)),
            call(T(2, 3, 4)),
            call(T(2, 3, 4), offset=1),
            call(T(2, 3, 4), offset=-1, dim1=0, dim2=1),
            call(T(0, 3)),
            call(T(3, 4), offset=9),
        ],
        dtypes=FIELDS,
        errors=[call(T(3)), call(3), call(T(3, 3), dim1=1, dim2=-1), call(T(3, 3), offset=0.5)],
    ),
]
