"""Sums, products, quotients, remainders, powers."""

from __future__ import annotations

from tests.samples.common import ALL, binary, inf, nan, unary
from tests.samples.row import I, Row, T, Z, call

ZEROS = T(5, values=(0.0, -0.0, inf, -inf, nan), grad=False)

ROWS = [
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
    binary("true_divide", call(T(3), 2), call(ZEROS, ZEROS), low=0.5),
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
        [
            call(T(3, 4), T(4, low=0.5)),
            call(T(3), 2),
            call(T(3), -0.7),
            call(7, T(3, low=0.5)),
            call(T(), T(2, 1, low=0.5)),
            call(T(0, 3), T(3, low=0.5)),
            call(ZEROS, ZEROS),
        ],
        dtypes=ALL,
        second=False,
        grad=False,
        inplace=True,
        out=True,
        errors=[
            call(T(3), "a"),
            call("a", T(3)),
            call(T(3), T(4)),
            call(T(3, dtype="complex64"), 2),
        ],
    ),
    binary(
        "remainder",
        call(T(3), 2),
        call(T(5), -0.7),
        call(T(5), 1.3),
        errors=[call(T(3), T(4)), call(T(3), "a"), call("a", T(3))],
    ),
    *[
        Row(
            name,
            [call(T(0, 3), I(3, high=1)), call(T(4, 0), 0)],
            dtypes=("int64", "uint8"),
            grad=False,
        )
        for name in ("remainder", "fmod", "floor_divide")
    ],
    Row("remainder", [call(7, T(4, grad=False))], dtypes=ALL, out=False),
    binary("fmod", call(T(3), 2), call(T(5), -0.7), call(T(5), 1.3)),
    unary("neg"),
    unary("negative", errors=[]),
    unary("positive", grad=False, inplace=False, out=False),
    Row(
        "addcmul",
        [
            call(T(3, 4), T(3, 4), T(3, 4)),
            call(T(3, 4), T(4), T(3, 1), value=2),
            call(T(), T(2), T(), value=-0.5),
            call(T(0), T(1), T(0)),
            call(T(2, 1, 3), T(3), T(2, 2, 1), value=0),
            call(ZEROS, ZEROS, ZEROS),
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
            call(T(0), T(1), T(0)),
            call(T(2, 1, 3), T(3), T(2, 2, 1, low=0.5), value=0),
            call(ZEROS, ZEROS, ZEROS),
        ],
        dtypes=ALL,
        inplace=True,
        out=True,
        errors=[
            call(T(3), 2, T(3)),
            call(T(3), T(3), T(4)),
            call(T(3), T(3), T(3), value="a"),
            call(*[T(3, dtype="int64")] * 3),
        ],
    ),
    Row(
        "lerp",
        [
            call(T(3, 4), T(3, 4), 0.3),
            call(T(3, 4), T(4), 0.7),
            call(T(3, 4), T(3, 4), T(3, 4)),
            call(T(3, 1), T(4), T()),
            call(T(0), T(0), 0.5),
            call(ZEROS, T(5), 2.5),
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
        errors=[call(T(3), "a"), call("a", T(3)), call(T(3), T(4)), call(2, 3)],
    ),
    binary("logaddexp", inplace=False),
    binary("logaddexp2", inplace=False),
]
