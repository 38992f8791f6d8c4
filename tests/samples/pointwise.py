"""Complex numbers, rounding, the larger and the smaller."""

from __future__ import annotations

from tests.samples.common import ALL, binary, inf, nan, unary
from tests.samples.row import Row, T, call

LIMITS = T(5, values=(0.0, 1.0, inf, nan, 2.0), grad=False)
BOUNDS = [
    call(T(3, 4), 0.2),
    call(T(3, 4), 1),
    call(T(3, 4), T(4)),
    call(T(), 0.0),
    call(T(0, 3), 1.0),
    call(T(2, 1, 3), T(2, 1)),
    call(LIMITS, nan),
]

COMPLEX = [
    unary("abs"),
    unary("absolute", errors=[]),
    unary("sign"),
    unary("sgn"),
    unary("angle", inplace=False),
    binary("copysign", call(T(3), -1), call(T(3), 0.5), call(T(3), -0.0)),
    Row(
        "complex",
        # PyTorch's derivative holds for lengths, which are not negative.
        [
            call(T(3, 4, low=0.1), T(3, 4)),
            call(T(3, 1, low=0.1), T(4)),
            call(T(low=0.1), T()),
            call(T(0), T(0)),
            call(T(2, 1, 3, low=0.1), T(2, 1)),
            call(LIMITS, LIMITS),
        ],
        out=True,
        errors=[call(T(3), T(3, dtype="int64")), call(T(3), T(4)), call(T(3), 2)],
    ),
    Row(
        "polar",
        # PyTorch's derivative holds for lengths, which are not negative.
        [
            call(T(3, 4, low=0.1), T(3, 4)),
            call(T(3, 1, low=0.1), T(4)),
            call(T(low=0.1), T()),
            call(T(0), T(0)),
            call(T(2, 1, 3, low=0.1), T(2, 1)),
            call(LIMITS, LIMITS),
        ],
        out=True,
        errors=[call(T(3), T(3, dtype="int64")), call(T(3), T(4)), call(T(3), 2)],
    ),
    unary("conj", grad=False, inplace=False, out=False),
    unary("conj_physical", grad=False),
    unary("resolve_conj", grad=False, inplace=False, out=False),
    unary("resolve_neg", grad=False, inplace=False, out=False),
]

ROUNDING = [
    unary("ceil"),
    unary("floor"),
    unary("trunc"),
    unary("fix", errors=[]),
    unary("frac"),
    unary("round", errors=[call("a"), call(T(3), decimals="a"), call(T(3), out=3)]),
    Row(
        "round",
        [call(T(3, 4), decimals=2), call(T(5, low=-900, high=900), decimals=-2), call(T())],
        dtypes=ALL,
        inplace=True,
        out=True,
        errors=[call(T(3), decimals=2.5)],
    ),
]

EXTREMES = [
    binary("maximum", inplace=False),
    binary("minimum", inplace=False),
    binary("fmax", inplace=False),
    binary("fmin", inplace=False),
    Row(
        "clamp",
        [
            call(T(3, 4), -0.5, 0.5),
            call(T(3, 4), min=0.2),
            call(T(3, 4), max=0.2),
            call(T(3, 4), 0, 1),
            call(T(3), 1, -1),
            call(T(), 0.0),
            call(T(0), 0.0),
            call(T(3), nan),
            call(T(3), -inf, inf),
            call(T(3, 4), T(4), T(3, 1)),
            call(T(3, 4), T(3, 4)),
            call(T(4), max=T(3, 4)),
            call(T(), T(2)),
        ],
        dtypes=ALL,
        inplace=True,
        out=True,
        errors=[
            call(T(3)),
            call(T(3), "a"),
            call(T(3), T(3), 1),
            call(T(3), T(4)),
            call(T(3, dtype="float32"), -1e300, 1e300),
            call(T(3, dtype="uint8"), 0, 300),
        ],
    ),
    Row("clip", [call(T(3, 4), -0.5, 0.5)], inplace=True, out=True),
    Row(
        "clamp_min",
        BOUNDS,
        dtypes=ALL,
        inplace=True,
        out=True,
        errors=[call(T(3), "a"), call(T(3), T(4)), call("a", 1), call(T(3, dtype="complex64"), 1)],
    ),
    Row(
        "clamp_max",
        BOUNDS,
        dtypes=ALL,
        inplace=True,
        out=True,
        errors=[call(T(3), "a"), call(T(3), T(4)), call("a", 1), call(T(3, dtype="complex64"), 1)],
    ),
    Row(
        "nan_to_num",
        [
            call(T(3, 4)),
            call(T(4, values=(nan, inf, -inf, 1.0))),
            call(T(4, values=(nan, inf, -inf, 1.0)), 1.5, 2.5, -2.5),
            call(T(4, values=(nan, inf, -inf, 1.0)), posinf=3),
            call(T()),
            call(T(0, 3)),
        ],
        dtypes=ALL,
        inplace=True,
        out=True,
        errors=[call(T(3), "a"), call("a"), call(T(3), 1, 2, "a")],
    ),
]

ROWS = [*COMPLEX, *ROUNDING, *EXTREMES]
