"""What the tables share: common shapes, odd values, common wrong calls."""

from __future__ import annotations

from tests.samples.row import Call, Row, T, call

ALL = ("float32", "float64", "complex128", "int64", "int32", "uint8", "bool", "float16")
inf, nan = float("inf"), float("nan")

# At the limits of a function, and beyond its domain, values are compared but no derivatives.
EXTREMES = T(8, values=(0.0, -0.0, 1.0, -1.0, inf, -inf, nan, 1e30), grad=False)
# What no function of one tensor takes: no tensor, two of them, an option it hasn't got.
WRONG_UNARY = [call("a"), call(T(3), T(3)), call(T(3), dim=0)]
WRONG_OUT = call(T(3), out=3)


def unary(path: str, low: float = -2.0, high: float = 2.0, **options: object) -> Row:
    """A function of each element, with arguments in its domain and beside it."""
    calls = [
        call(T(3, 4, low=low, high=high)),
        call(T(low=low, high=high)),
        call(T(0, 3)),
        call(T(2, 1, 3, low=low, high=high)),
        call(T(1, low=low, high=high)),
        call(EXTREMES),
    ]
    errors = [*WRONG_UNARY, WRONG_OUT] if options.get("out", True) else WRONG_UNARY
    defaults = {"dtypes": ALL, "inplace": True, "out": True, "errors": errors}
    return Row(path, calls, **{**defaults, **options})


def pairs(low: float = -2.0, high: float = 2.0, *more: Call) -> list[Call]:
    """Two tensors, alike and broadcast, one of them 0-d or empty."""

    def t(*shape: int) -> object:
        return T(*shape, low=low, high=high)

    return [
        call(t(3, 4), t(3, 4)),
        call(t(3, 4), t(4)),
        call(t(3, 1), t(1, 4)),
        call(t(), t(2, 3)),
        call(t(2, 3), t()),
        call(t(), t()),
        call(t(0, 3), t(3)),
        *more,
    ]


def binary(path: str, *more: Call, low: float = -2.0, high: float = 2.0, **options: object) -> Row:
    """A function of two tensors, and what else `more` says it takes."""
    defaults = {
        "dtypes": ALL,
        "inplace": True,
        "out": True,
        "errors": [call(T(3), T(4)), call(T(2, 3), T(2, 4)), call(T(3), "a"), call("a", T(3))],
    }
    return Row(path, pairs(low, high, *more), **{**defaults, **options})
