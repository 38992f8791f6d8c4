"""Functions of one tensor: roots, exponentials, circles, gamma functions."""

from __future__ import annotations

from tests.samples.common import ALL, EXTREMES, binary, nan, unary
from tests.samples.row import Row, T, call

ELEMENTARY = [
    unary("square"),
    unary("sqrt", 0.1),
    unary("rsqrt", 0.1),
    unary("reciprocal", 0.5),
    unary("exp"),
    unary("exp2"),
    unary("expm1"),
    unary("log", 0.1),
    unary("log2", 0.1),
    unary("log10", 0.1),
    unary("log1p", -0.9),
    unary("sin"),
    unary("cos"),
    unary("tan", -1.0, 1.0),
    unary("asin", -0.9, 0.9),
    unary("acos", -0.9, 0.9),
    unary("atan"),
    unary("sinh"),
    unary("cosh"),
    unary("tanh"),
    # PyTorch has no derivative for the in-place forms of these three; ours have one.
    unary("asinh", inplace=False),
    unary("acosh", 1.1, 3.0, inplace=False),
    unary("atanh", -0.9, 0.9, inplace=False),
    unary("sinc"),
    unary("deg2rad"),
    unary("rad2deg"),
    unary("sigmoid"),
    binary("atan2"),
    binary("hypot", inplace=True),
    Row("arcsin", [call(T(3, low=-0.9, high=0.9))], inplace=True, out=True),
    Row("arccos", [call(T(3, low=-0.9, high=0.9))], inplace=True, out=True),
    Row("arctan", [call(T(3))], inplace=True, out=True),
    Row("arctan2", [call(T(3), T(3))], inplace=True, out=True),
    Row("arcsinh", [call(T(3))], out=True),
    Row("arccosh", [call(T(3, low=1.1))], out=True),
    Row("arctanh", [call(T(3, low=-0.9, high=0.9))], out=True),
]

SPECIAL = [
    unary("erf"),
    unary("erfc"),
    unary("erfinv", -0.9, 0.9, rtol=1e-9),
    unary("lgamma", rtol=1e-8),
    unary("digamma", rtol=1e-8),
    unary("logit", 0.1, 0.9),
    Row(
        "logit",
        [call(T(3, 4), eps=0.2), call(T(5), 0.3), call(T(), eps=0.1)],
        out=True,
        inplace=True,
        errors=[call(T(3), "a")],
    ),
    # Over a half, what is too small is clamped first. Below 0 nothing is, but in PyTorch's formula
    # of the second order.
    Row("logit", [call(T(9), 0.6), call(T(9), 1.0)], finite=False),
    Row("logit", [call(T(9), -0.1), call(T(9), -1.0)], second=False, forward=False, finite=False),
    Row(
        "polygamma",
        [
            call(0, T(3, low=0.3)),
            call(1, T(3, 4, low=0.3)),
            call(2, T(low=0.3)),
            call(3, T(0)),
            call(5, T(2, 1, 3, low=0.3)),
            call(1, EXTREMES),
        ],
        dtypes=ALL,
        out=True,
        rtol=1e-8,
        rtol32=2e-4,
        errors=[call(-1, T(3)), call("a", T(3)), call(1, 2), call(1.5, T(3))],
        message=False,
    ),
    binary(
        "xlogy",
        call(T(3, low=0.1), 2.5),
        call(2, T(3, low=0.1)),
        call(T(3), 0),
        call(T(4, values=(0.0, 0.0, 1.0, nan)), T(4, values=(0.0, nan, 0.5, 0.0))),
        low=0.1,
    ),
]

ROWS = [*ELEMENTARY, *SPECIAL]
