"""Comparisons, predicates, logic, bits, and the choice by a mask."""

from __future__ import annotations

from tests.samples.common import ALL, WRONG_UNARY, binary, inf, nan, pairs, unary
from tests.samples.row import I, M, Row, T, call

INTEGERS = ("int64", "int32", "uint8", "bool", "float64")
EDGES = T(6, values=(nan, inf, -inf, 0.0, -0.0, 1.0))
NUMBERS = [call(T(3), 1), call(T(3), 0.5), call(T(2, 3), -1), call(T(3), True), call(T(3), 300)]


def comparison(path: str) -> Row:
    """A comparison of tensors, or of a tensor and a number."""
    return Row(
        path,
        pairs(-2.0, 2.0, *NUMBERS, call(EDGES, EDGES)),
        dtypes=ALL,
        grad=False,
        inplace=True,
        out=True,
        errors=[call(T(3), "a"), call(2, T(3)), call(T(3), T(4))],
    )


def predicate(path: str, **options: object) -> Row:
    """A test of each element."""
    return Row(
        path,
        [call(T(3, 4)), call(EDGES), call(T()), call(T(0)), call(T(2, 1, 3)), call(M(3))],
        dtypes=ALL,
        grad=False,
        errors=WRONG_UNARY,
        **options,
    )


WRONG_BITS = [call(I(3, high=4), I(4, high=4)), call(T(3), T(3)), call("a", I(3, high=4))]


def bits(path: str, **options: object) -> Row:
    """An operator on the bits of integers."""
    return Row(
        path,
        [
            call(T(3, 4), T(3, 4)),
            call(T(3, 4), T(4)),
            call(T(3), 1),
            call(3, T(3)),
            call(T(3), True),
            call(T(3), 1.5),
            call(T(0), T(1)),
        ],
        dtypes=INTEGERS,
        grad=False,
        inplace=True,
        **{"errors": [*WRONG_BITS, call(T(3), "a")], **options},
    )


ROWS = [
    *map(comparison, ("eq", "ne", "lt", "le", "gt", "ge")),
    *map(comparison, ("not_equal", "less", "less_equal", "greater", "greater_equal")),
    predicate("isnan"),
    predicate("isinf"),
    predicate("isfinite"),
    predicate("isreal"),
    predicate("isposinf", out=True),
    predicate("isneginf", out=True),
    predicate("signbit", out=True),
    unary("logical_not", grad=False),
    binary("logical_and", grad=False),
    binary("logical_or", grad=False),
    binary("logical_xor", grad=False),
    binary("nextafter"),
    binary("heaviside", grad=False, inplace=True),
    Row(
        "equal",
        [
            call(T(3), T(3)),
            call(I(3, high=1), I(3, high=1)),
            call(T(3), T(4)),
            call(T(0), T(0)),
            call(EDGES, EDGES),
            call(T(), T(1)),
            call(M(3), I(3, high=2)),
        ],
        dtypes=ALL,
        grad=False,
        errors=[call(T(3), 2), call("a", T(3)), call(T(3), T(3), T(3))],
    ),
    Row(
        "isclose",
        [
            call(T(3, 4), T(3, 4), rtol=0.5, atol=0.5),
            call(T(3, 4), T(4), 0.1, 1.0),
            call(EDGES, EDGES),
            call(EDGES, EDGES, equal_nan=True),
            call(EDGES, T(6), 0, 0),
            call(T(), T()),
            call(T(0), T(0)),
        ],
        dtypes=ALL,
        grad=False,
        errors=[
            call(T(3), 2),
            call(T(3), T(3, dtype="float32")),
            call(T(3), T(3), rtol=-1),
            call(T(3), T(3), atol=-0.5),
            call(T(3), T(4)),
        ],
    ),
    Row(
        "allclose",
        [
            call(T(3), T(3)),
            call(EDGES, EDGES, equal_nan=True),
            call(T(3), T(3), atol=10.0),
            call(T(2, 3), T(3), 0.5, 0.5),
            call(T(), T()),
            call(T(0, 3), T(3)),
        ],
        dtypes=ALL,
        grad=False,
        errors=[call(T(3), 2), call(T(3), T(4)), call(T(3), T(3, dtype="float32"))],
        message=False,
    ),
    Row(
        "where",
        [
            call(M(3, 4), T(3, 4), T(3, 4)),
            call(M(3, 1), T(4), T(3, 4)),
            call(M(3), T(3), 2.5),
            call(M(3), 1, T(3)),
            call(M(3), 1, 2.5),
            call(M(), T(2), T()),
            call(M(0), T(0), T(1)),
            call(M(3), T(3, dtype="int64"), T(3)),
            call(M(40, 40), T(40, 40), T(40, 40)),
        ],
        dtypes=ALL,
        method=False,  # the method's first argument is the second here
        out=False,
        errors=[
            call(M(3), T(3), "a"),
            call(T(3), T(3), T(3)),
            call(M(3), T(4), T(3)),
            call(M(3), T(3)),
            call(M(3), T(3, dtype="uint8"), 300),
        ],
    ),
    bits("bitwise_and"),
    bits("bitwise_or"),
    bits("bitwise_xor"),
    bits("bitwise_left_shift"),
    bits("bitwise_right_shift"),
    Row(
        "bitwise_not",
        [call(T(3, 4)), call(T()), call(T(0)), call(T(2, 1, 3)), call(M(3)), call(I(3, high=9))],
        dtypes=INTEGERS,
        grad=False,
        inplace=True,
        errors=[*WRONG_UNARY, call(T(3))],
    ),
    bits("gcd", errors=[*WRONG_BITS, call(I(3, high=9), 2)]),
    bits("lcm", errors=[*WRONG_BITS, call(I(3, high=9), 2)]),
]
