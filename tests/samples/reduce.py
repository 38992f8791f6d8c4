"""Reductions and scans."""

from __future__ import annotations

from tests.samples.common import ALL, inf, nan
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


def summed(path: str, *, out: bool = False, **options: object) -> Row:
    """sum, mean and what is like them."""
    return Row(
        path,
        [
            *SHAPES,
            call(T(300, 70), 0),
            call(T(300, 70), 1),
            call(T(70, 300)),
            *over(T(3, 4), T(2, 3, 4)),
            call(T(2, 3), 1, dtype="dtype:float64"),
            call(T(2, 3), dtype="dtype:float32"),
        ],
        **{"dtypes": ALL, "errors": [*WRONG_DIMS, *WRONG_OVER, call(T(2, 3), 0, 1)], **options},
    )


WRONG_OVER = [
    call(T(2, 3), "a"),
    call(T(2, 3), 1.5),
    call(T(2, 3), (0, 0)),
    call(T(2, 3), (0, "a")),
]
WRONG_OUT = [
    call(T(2, 3), out=T(2)),
    call(T(2, 3), 0, out=3),
    call(T(2, 3), dtype=3),
]


def moment(path: str, **options: object) -> Row:
    """Variances and standard deviations."""
    return Row(
        path,
        [
            call(T(3, 4)),
            call(T(2, 1, 3)),
            call(T()),
            call(T(1)),
            *[c for c in over(T(3, 4), T(2, 3, 4)) if c.args[1:] != ((),)],
            call(T(3, 4), False),
            call(T(3, 4), True),
            call(T(3, 4), unbiased=False),
            call(T(3, 4), 1, False),
            call(T(3, 4), 1, False, True),
            call(T(3, 4), None, False),
            call(T(3, 4), (0, 1), unbiased=True, keepdim=True),
            call(T(3, 4), correction=2),
            call(T(3, 4), correction=0.5, keepdim=True),
            call(T(3, 4), 1, correction=0),
            call(T(3, 4), 0, correction=None),
            call(T(3, 4), 0, correction=3),
            call(T(4, values=(1.0, 1.0, 1.0, 1.0))),
            call(T(2, 400), 1),
        ],
        dtypes=ALL,
        rtol32=1e-5,
        errors=[
            call(T(2, 3), 2),
            call("a"),
            *WRONG_OVER,
            call(I(2, 3, high=4)),
            call(I(2, 3, high=4), 1),
            call(T(2, 3), 1, 2),
            call(T(2, 3), True, False),
            call(T(2, 3), correction="a"),
            call(T(2, 3), unbiased=None),
        ],
        **options,
    )


ZEROS = T(3, 4, values=(2.0, 0.0, 3.0, -1.0, 0.0, 0.0, 2.0, 1.0, 1.5, -2.0, 0.5, 3.0))
ALONG = [
    call(T(3, 4), 0),
    call(T(3, 4), 1),
    call(T(2, 3, 4), -2),
    call(T(2, 3, 4), dim=0),
    call(T(), 0),
    call(T(), -1),
    call(T(1), 0),
    call(T(0), 0),
    call(T(2, 0), 0),
    call(T(2, 0), 1),
    call(T(60, 3), 0),
]
WRONG_ALONG = [
    call(T(2, 3), 2),
    call(T(2, 3), -3),
    call(T(), 1),
    call("a", 1),
    call(T(2, 3)),
    call(T(2, 3), "a"),
    call(T(2, 3), 1.5),
    call(T(2, 3), True),
    call(T(2, 3), (0, 1)),
]


def accumulated(path: str) -> Row:
    """cumsum and cumprod."""
    return Row(
        path,
        [
            *ALONG,
            call(ZEROS, 0),
            call(ZEROS, 1),
            call(T(2, 3), axis=1),
            call(T(2, 3), 1, dtype="dtype:float64"),
        ],
        dtypes=ALL,
        rtol=1e-9,
        out=True,
        inplace=True,
        grad=True,
        errors=WRONG_ALONG,
    )


def running(path: str) -> Row:
    """cummax and cummin."""
    return Row(
        path,
        [*ALONG, call(TIES, 0), call(TIES, 1), call(ODD, 0), call(ODD, 1), call(T(2, 3), axis=1)],
        dtypes=ALL,
        errors=[
            *WRONG_ALONG,
            call(T(2, 3, dtype="complex128"), 1),
            call(T(2, 3), 1, out=(T(2, 3), T(2, 3))),
        ],
    )


def nothing(path: str) -> Row:
    """Sums and means of no elements: a mean is nan, also that of tangents."""
    calls = [call(T(0)), call(T(0, 3)), call(T(2, 0, 3), 1), call(T(2, 0, 3), 0)]
    return Row(path, calls, dtypes=ALL, forward=False)


def cast(path: str) -> Row:
    """Products and running sums in another dtype."""
    types = ("int32", "float32", "complex128", "bool", "uint8")
    calls = [call(T(2, 3), 1, dtype=f"dtype:{name}") for name in types]
    return Row(path, calls, dtypes=ALL, grad=False)


ROWS = [
    *map(cast, ("sum", "prod", "cumsum", "cumprod", "nansum")),
    *map(nothing, ("sum", "mean", "nansum", "nanmean", "var", "std")),
    Row("var", [call(T(3, 4), correction=20), call(T(0)), call(T(2, 0), 1)], forward=False),
    Row("std", [call(T(3, 4), correction=20), call(T(0)), call(T(2, 0), 1)], forward=False),
    # PyTorch divides the gradient of a variance over no dimensions as if it were of one element.
    *[Row(path, [call(T(2, 3), ())], grad=False) for path in ("var", "std", "var_mean")],
    summed("sum", errors=[*WRONG_DIMS, *WRONG_OVER, *WRONG_OUT, call(T(2, 3), 0, 1)]),
    summed("mean", errors=[*WRONG_DIMS, *WRONG_OVER, call(T(2, 3), 0, 1), call(I(3, high=4))]),
    summed("nansum", errors=[*WRONG_DIMS, *WRONG_OVER, call(T(3, dtype="complex128"))]),
    summed(
        "nanmean",
        errors=[*WRONG_DIMS, *WRONG_OVER, call(I(3, high=4)), call(T(3), dtype="dtype:int64")],
    ),
    Row("nansum", [call(ODD), call(ODD, 0), call(ODD, 1, True)], dtypes=REAL),
    Row("nanmean", [call(ODD), call(ODD, 0), call(ODD, 1, True)], dtypes=REAL),
    Row(
        "logsumexp",
        [
            call(ODD, 0),
            call(ODD, 1),
            call(ODD, (0, 1)),
            *over(T(3, 4), T(2, 3, 4), T(2, 0, 3), several=False)[:-2],
            call(T(2, 3, 4), (0, 2)),
            call(T(2, 3), [-1, 0], True),
            call(T(2, 50), 1),
            call(T(300, 70), 0),
            call(T(), ()),
        ],
        dtypes=ALL,
        out=True,
        errors=[
            *WRONG_DIMS[:-1],
            *WRONG_OVER,
            call("a", 1),
            call(T(2, 3), None),
            call(T(2, 3), 0, 1),
            call(T(2, 3), 1, out=I(2, high=3)),
        ],
    ),
    moment("var", out=True),
    moment("std", out=True),
    moment("var_mean", method=False),
    moment("std_mean", method=False),
    Row(
        "prod",
        [
            *SHAPES,
            call(ZEROS),
            call(ZEROS, 0),
            call(ZEROS, 1, True),
            call(T(0)),
            call(T(0, 3), 0),
            call(T(0, 3), 1),
            *over(several=False),
            call(T(3, 600), 1),
        ],
        dtypes=ALL,
        errors=[
            *WRONG_DIMS,
            *WRONG_OVER[:2],
            call(T(2, 3), (0, 1)),
            call(T(2, 3), None),
            call(T(2, 3), True),
            call(T(2, 3), keepdim=True),
            call(T(2, 3), 1, 2),
            call(T(2, 3), out=T()),
        ],
    ),
    accumulated("cumsum"),
    accumulated("cumprod"),
    Row("cumsum", [call(T(2, 3000), 1), call(T(20000), 0)], rtol=1e-9),
    Row("cumprod", [call(T(2, 300, low=0.9, high=1.1), 1)], rtol=1e-9),
    Row(
        "logcumsumexp",
        [*ALONG, call(T(3, 4, values=tuple(range(-1000, 1000, 167))), 1)],
        dtypes=ALL,
        out=True,
        errors=[*WRONG_ALONG, call(I(3, high=4), 0)],
    ),
    Row("logcumsumexp", [call(ODD, 0), call(ODD, 1)], second=False, forward=False),
    running("cummax"),
    running("cummin"),
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
