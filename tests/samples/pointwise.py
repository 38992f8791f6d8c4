"""Pointwise operators with derivatives."""

from __future__ import annotations

from tests.samples.row import Call, I, Row, T, Z, call

ALL = ("float32", "float64", "complex128", "int64", "int32", "uint8", "bool", "float16")
ODD = [call(T()), call(T(0, 3)), call(T(2, 1, 3))]
inf, nan = float("inf"), float("nan")


def unary(path: str, low: float = -2.0, high: float = 2.0, **options: object) -> Row:
    """A function of each element, with arguments in its domain and beside it."""
    calls = [
        call(T(3, 4, low=low, high=high)),
        call(T(low=low, high=high)),
        call(T(0, 3)),
        call(T(2, 1, 3, low=low, high=high)),
    ]
    defaults = {"dtypes": ALL, "inplace": True, "out": True, "errors": [call("a")]}
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
    Row(
        "polygamma",
        [call(0, T(3, low=0.3)), call(1, T(3, 4, low=0.3)), call(2, T(low=0.3)), call(3, T(0))],
        dtypes=ALL,
        out=True,
        rtol=1e-8,
        rtol32=2e-4,
        errors=[call(-1, T(3)), call("a", T(3))],
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

ARITHMETIC = [
    binary("add", call(T(3), 2.5), call(T(3), T(3), alpha=2), call(T(2, 3), 1, alpha=3)),
    binary("sub", call(T(3), 2.5), call(T(3), T(3), alpha=2), call(1, T(3))),
    binary(
        "rsub",
        call(T(3), 2.5),
        call(T(3), 2),
        call(T(3), T(3), alpha=2),
        inplace=False,
        out=False,
        message=False,
    ),
    Row("subtract", [call(T(3), T(3))], inplace=True, out=True),
    binary("mul", call(T(3), 2.5), call(2, T(3)), call(2, 3), call(T(3), True)),
    Row("multiply", [call(T(3), T(3))], inplace=True, out=True),
    binary("div", call(T(3), 2), call(1, T(3, low=1.0)), low=0.5),
    Row("divide", [call(T(3), 2)], inplace=True, out=True),
    Row("true_divide", [call(T(3), 2), call(T(3), T(3))], dtypes=ALL, inplace=True, out=True),
    Row(
        "div",
        [call(T(3, 4), T(4, low=1.0), rounding_mode=mode) for mode in ("floor", "trunc", None)]
        + [call(T(5), 2, rounding_mode="trunc"), call(T(5), -0.7, rounding_mode="floor")],
        dtypes=ALL,
        node=False,  # PyTorch tells rounding_mode=None from none given
        inplace=True,
        out=True,
        errors=[
            call(T(3), 2, rounding_mode="up"),
            call(T(3), "a", rounding_mode="floor"),
            call(T(2), T(3), rounding_mode="floor"),
        ],
    ),
    Row(
        "floor_divide",
        [call(T(3, 4), T(4, low=0.5)), call(T(3), 2), call(T(3), -0.7), call(7, T(3, low=0.5))],
        dtypes=ALL,
        second=False,
        grad=False,
        inplace=True,
        out=True,
        errors=[call(T(3), "a"), call(T(3), T(4))],
    ),
    binary(
        "remainder",
        call(T(3), 2),
        call(T(5), -0.7),
        call(T(5), 1.3),
        errors=[call(T(3), T(4)), call(T(3), "a"), call("a", T(3))],
    ),
    Row("remainder", [call(7, T(4, grad=False))], dtypes=ALL, out=False),
    binary("fmod", call(T(3), 2), call(T(5), -0.7), call(T(5), 1.3)),
    unary("neg"),
    unary("negative", errors=[]),
    Row("positive", [call(T(3, 4)), call(T())], dtypes=ALL, grad=False, errors=[call("a")]),
    Row(
        "addcmul",
        [
            call(T(3, 4), T(3, 4), T(3, 4)),
            call(T(3, 4), T(4), T(3, 1), value=2),
            call(T(), T(2), T(), value=-0.5),
            call(T(0), T(1), T(0)),
        ],
        dtypes=ALL,
        inplace=True,
        out=True,
        errors=[call(T(3), 2, T(3)), call(T(3), T(3), T(4)), call(T(3), T(3), T(3), value="a")],
    ),
    Row(
        "addcdiv",
        [
            call(T(3, 4), T(3, 4), T(3, 4, low=0.5)),
            call(T(3, 4), T(4), T(3, 1, low=0.5), value=2),
            call(T(), T(2), T(low=0.5), value=-0.5),
        ],
        dtypes=ALL,
        inplace=True,
        out=True,
        errors=[call(T(3), 2, T(3)), call(T(3), T(3), T(4))],
    ),
    Row(
        "lerp",
        [
            call(T(3, 4), T(3, 4), 0.3),
            call(T(3, 4), T(4), 0.7),
            call(T(3, 4), T(3, 4), T(3, 4)),
            call(T(3, 1), T(4), T()),
            call(T(0), T(0), 0.5),
        ],
        dtypes=ALL,
        inplace=True,
        out=True,
        errors=[call(T(3), T(4), 0.5), call(T(3), 2, 0.5), call(T(3), T(3, dtype="int64"), 0.5)],
    ),
    binary(
        "ldexp",
        call(T(3, 4), I(4, high=9)),
        call(T(), I(2, 3, high=9, dtype="uint8")),
        call(T(2, 3), I(high=9, dtype="int32")),
        call(T(4, values=(inf, nan, -0.0, 1e-300), grad=False), I(4, low=3, high=9, dtype="int16")),
    ),
    Row(
        "frexp",
        [
            call(T(3, 4)),
            call(T()),
            call(T(0, 3)),
            call(T(2, 1, 3, low=-1e-3, high=900)),
            call(T(6, values=(0.0, -0.0, inf, -inf, nan, 1e-40), grad=False)),
            call(T(3, values=(0.25, -8.0, 3.0))),
        ],
        dtypes=ALL,
        errors=[call("a"), call(T(3, dtype="int64")), call(T(3, dtype="complex64"))],
        finite=False,
    ),
    binary(
        "pow",
        *[call(T(3, 2, low=0.2), e) for e in (2, 3, 0.5, -0.5, -1, -2, 0, 1, 2.5, -3)],
        call(T(4), 2),
        call(2, T(3)),
        call(0.5, T(2, 3)),
        call(0, Z(3, low=0.5)),
        low=0.2,
        errors=[call(T(3), "a"), call("a", T(3)), call(2, 3), call(T(3), T(4))],
    ),
    binary(
        "float_power",
        call(T(3, low=0.2), 2),
        call(T(3, low=0.2), 0.5),
        call(2, T(3)),
        low=0.2,
        errors=[call(T(3), "a"), call("a", T(3))],
    ),
    binary("logaddexp", inplace=False),
    binary("logaddexp2", inplace=False),
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
        ],
        out=True,
        errors=[call(T(3), T(3, dtype="int64")), call(T(3), T(4)), call(T(3), 2)],
    ),
    Row("conj", [call(T(3, 4)), call(T())], dtypes=ALL, grad=False),
    Row("conj_physical", [call(T(3, 4)), call(T())], dtypes=ALL, grad=False, inplace=True),
    Row("resolve_conj", [call(T(3, 4))], dtypes=ALL, grad=False),
    Row("resolve_neg", [call(T(3, 4))], dtypes=ALL, grad=False),
]

ROUNDING = [
    unary("ceil"),
    unary("floor"),
    unary("trunc"),
    unary("fix", errors=[]),
    unary("frac"),
    unary("round"),
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
        [call(T(3, 4), 0.2), call(T(3, 4), 1), call(T(3, 4), T(4)), call(T(), 0.0)],
        dtypes=ALL,
        inplace=True,
        out=True,
        errors=[call(T(3), "a"), call(T(3), T(4))],
    ),
    Row(
        "clamp_max",
        [call(T(3, 4), 0.2), call(T(3, 4), 1), call(T(3, 4), T(4)), call(T(), 0.0)],
        dtypes=ALL,
        inplace=True,
        out=True,
        errors=[call(T(3), "a"), call(T(3), T(4))],
    ),
    Row(
        "nan_to_num",
        [
            call(T(3, 4)),
            call(T(4, values=(nan, inf, -inf, 1.0))),
            call(T(4, values=(nan, inf, -inf, 1.0)), 1.5, 2.5, -2.5),
            call(T(4, values=(nan, inf, -inf, 1.0)), posinf=3),
            call(T()),
        ],
        dtypes=ALL,
        inplace=True,
        out=True,
        errors=[call(T(3), "a")],
    ),
]

ROWS = [*ELEMENTARY, *SPECIAL, *ARITHMETIC, *COMPLEX, *ROUNDING, *EXTREMES]
