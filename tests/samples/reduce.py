"""Reductions and scans."""

from __future__ import annotations

from tests.samples.pointwise import ALL, inf, nan
from tests.samples.row import Call, I, Row, T, call

REAL = tuple(d for d in ALL if d != "complex128")
ODD = T(2, 3, values=(nan, inf, -inf, 0.0, -0.0, 1.0))
TIES = T(3, 4, values=(1.0, 2.0, 2.0, 0.0, 3.0, 3.0, 3.0, -1.0, 0.0, 0.0, -5.0, -5.0))
SHAPES = [call(T(3, 4)), call(T()), call(T(2, 1, 3))]
WRONG_DIMS = [call(T(2, 3), 2), call(T(2, 3), -3), call(T(), 1), call("a")]


def over(*specs: object, several: bool = True) -> list[Call]:
    """Calls over a dimension, under each of its names, and over several where they may be."""
    calls = []
    for x in specs or (T(3, 4), T(2, 3, 4), T(2, 0, 3)):
        calls += [call(x, 0), call(x, -1, True), call(x, dim=1), call(x, dim=1, keepdim=True)]
    calls += [call(T(), 0), call(T(), -1), call(T(2, 3), axis=1), call(T(2, 3), 1, keepdims=True)]
    if several:
        calls += [call(T(2, 3, 4), (0, 2)), call(T(2, 3, 4), [-1, 1], True), call(T(2, 3), ())]
        calls += [call(T(2, 3), dim=None), call(T(), ()), call(T(3, 2, 4), (2, 0, 1))]
    return calls


def logic(path: str) -> Row:
    """Whether any or all elements are not zero."""
    return Row(
        path,
        [*SHAPES, call(T(0)), call(ODD, 0), *over(), call(T(2, 3), keepdim=True)],
        dtypes=ALL,
        grad=False,
        errors=[
            *WRONG_DIMS,
            call(T(2, 3), (0, 0)),
            call(T(2, 3), "a"),
            call(T(2, 3), 1.5),
            call(T(2, 3), True),
            call(T(2, 3), 0, 1),
            call(T(2, 3), 1, out=T(2)),
        ],
    )


def extreme(path: str) -> Row:
    """max and min, in all three forms."""
    return Row(
        path,
        [
            *SHAPES,
            call(TIES),
            call(ODD),
            call(ODD, 0),
            call(TIES, 1),
            *over(T(3, 4), T(2, 3, 4), several=False),
            call(T(0, 3), 1),
            call(T(3, 40), 1),
            call(T(3, 4), T(4)),
            call(T(2), other=T(2)),
        ],
        dtypes=ALL,
        errors=[
            *WRONG_DIMS,
            call(T(0)),
            call(T(0, 3), 0),
            call(T(2, 3), (0, 1)),
            call(T(2, 3), 1.5),
            call(T(2, 3), None),
            call(T(2, 3), True),
            call(T(2, 3), keepdim=True),
            call(T(2, 3, dtype="complex128")),
            call(T(2, 3, dtype="complex128"), 1),
            call(T(2, 3), 1, out=T(2)),
            call(T(2, 3), 1, out=(T(2), T(2))),
            call(T(2, 3), 1, out=(T(2, dtype="float32"), I(2, high=3))),
        ],
    )


def shared(path: str) -> Row:
    """amax and amin."""
    return Row(
        path,
        [*SHAPES, call(TIES), call(TIES, 1), call(ODD), call(ODD, 1), *over(T(3, 4), T(2, 3, 4))],
        dtypes=ALL,
        out=True,
        errors=[
            *WRONG_DIMS,
            call(T(0)),
            call(T(0, 3), 0),
            call(T(0, 3), ()),
            call(T(2, 3), (0, 0)),
            call(T(2, 3), "a"),
            call(T(2, 3), 1.5),
            call(T(2, 3, dtype="complex128"), 1),
            call(T(2, 3), 1, out=T(2, dtype="float32")),
        ],
    )


def place(path: str) -> Row:
    """argmax and argmin."""
    return Row(
        path,
        [
            *SHAPES,
            call(TIES),
            call(TIES, 0),
            call(TIES, 1),
            call(ODD),
            call(ODD, 0),
            call(T(2, 3), keepdim=True),
            *over(T(3, 4), T(2, 3, 4), several=False),
            call(T(0, 3), 1),
        ],
        dtypes=ALL,
        grad=False,
        out=True,
        errors=[
            *WRONG_DIMS,
            call(T(0)),
            call(T(0, 3), 0),
            call(T(2, 3), (0, 1)),
            call(T(2, 3), "a"),
            call(T(2, 3), 1.5),
            call(T(2, 3, dtype="complex128"), 1),
            call(T(2, 3, dtype="bool"), 1),
            call(T(2, 3), 1, out=T(2)),
        ],
    )


ROWS = [
    logic("any"),
    logic("all"),
    Row(
        "count_nonzero",
        [
            *SHAPES,
            call(ODD),
            call(T(2, 3), 1),
            call(T(2, 3), (0, 1)),
            call(T(2, 3), ()),
            call(T(0)),
        ],
        dtypes=ALL,
        grad=False,
        errors=[*WRONG_DIMS, call(T(2, 3), "a"), call(T(2, 3), (0, 0))],
    ),
    extreme("max"),
    extreme("min"),
    shared("amax"),
    shared("amin"),
    Row(
        "aminmax",
        [
            *SHAPES,
            call(TIES),
            call(TIES, dim=1),
            call(ODD),
            call(T(2, 3, 4), dim=-1, keepdim=True),
            call(T(2, 3), keepdim=True),
            call(T(), dim=0),
            call(T(0, 3), dim=1),
        ],
        dtypes=ALL,
        errors=[
            call(T(2, 3), dim=2),
            call(T(0)),
            call(T(0, 3), dim=0),
            call(T(2, 3, dtype="complex128")),
            call("a"),
        ],
    ),
    place("argmax"),
    place("argmin"),
]
