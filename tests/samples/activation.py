"""Activations, with the points where they bend, whose derivative is PyTorch's choice."""

from __future__ import annotations

from typing import Any

from tests.samples.common import ALL, WRONG_UNARY, inf, nan
from tests.samples.row import Call, Row, T, Z, call

BOOL = call(Z(3, dtype="bool"))
SHAPES = [call(T(3, 4)), call(T()), call(T(0, 3)), call(T(2, 1, 3))]
# Large enough for the kernels that work in blocks and without a branch for each element.
LARGE = call(T(40, 30, low=-8, high=8))


def kinks(*values: float) -> Call:
    """A call at the very points where an activation bends."""
    return call(T(len(values), values=values))


def activation(name: str, *more: Call, errors: tuple[Call, ...] = (), **options: object) -> Row:
    """A function of each element in nn.functional."""
    defaults = {"dtypes": ALL, "errors": [call("a"), call(T(3), dim=0), *errors]}
    return Row(f"nn.functional.{name}", [*SHAPES, LARGE, *more], **{**defaults, **options})


def in_place(name: str, *more: Call) -> Row:
    """The same with a call that writes over a copy of its input."""

    options = {} if name.endswith("_") else {"inplace": True}

    def run(lib: Any, x: Any, *args: Any) -> Any:
        start = x.clone()
        result = getattr(lib.nn.functional, name)(start, *args, **options)
        assert result is start
        return result

    # PyTorch has no second derivative of hardsigmoid.
    second = name != "hardsigmoid"
    return Row(name, [*SHAPES, LARGE, *more], fn=run, dtypes=ALL, forward=False, second=second)


SLOPED = [
    ("relu", ()),
    ("leaky_relu", (0.2,)),
    ("elu", (0.7,)),
    ("selu", ()),
    ("celu", (1.5,)),
    ("hardtanh", (-0.5, 0.7)),
]
INPLACE = [
    *[in_place(name + end, call(T(3, 4), *args)) for name, args in SLOPED for end in ("", "_")],
    *[in_place(name) for name in ("relu6", "hardsigmoid", "hardswish", "silu", "mish", "rrelu")],
    in_place("rrelu_", call(T(3, 4), 0.3, 0.4)),
    Row(
        "threshold_",
        [call(T(3, 4), 0.1, 7.0), call(T(), 0.0, -1.0)],
        fn=lambda lib, x, *args: lib.nn.functional.threshold_(x.clone(), *args),
        forward=False,
        dtypes=ALL,
    ),
]  # fmt: skip

PIECEWISE = [
    activation("relu", kinks(0.0, -0.0, inf, -inf, 1.0), errors=(BOOL,)),
    Row("relu", [*SHAPES, kinks(0.0, -0.0, inf, -inf)], dtypes=ALL, inplace=True,
        errors=[call("a"), BOOL, call(Z(3, dtype="complex128"))]),
    activation("relu6", kinks(0.0, 6.0, -0.0, 5.0, 7.0), errors=(BOOL,)),
    activation(
        "leaky_relu",
        kinks(0.0, -0.0, inf, -inf),
        call(T(3, 4), 0.2),
        call(T(3, 4), negative_slope=0),
        call(T(3, 4), -0.3),
        call(T(3, 4), 1.5),
        errors=(call(T(3), "a"), call(T(3), None), call(T(3), 1j), call(Z(3, dtype="int64"))),
    ),
    activation(
        "hardtanh",
        kinks(-1.0, 1.0, 0.0, inf),
        call(T(3, 4), -0.5, 0.5),
        call(T(3, 4), min_val=-1, max_val=0.25),
        call(T(3, 4), 1.0, 1.0),
        call(T(40, 30, dtype="float64"), -0.5, 0.5),
        errors=(call(T(3), "a"), call(T(3), 1.0, -1.0), call(Z(3, dtype="uint8"), -1, 1)),
    ),
    activation("hardsigmoid", kinks(-3.0, 3.0, 0.0, inf), second=False, errors=(BOOL,)),
    activation("hardswish", kinks(-3.0, 3.0, 0.0, 2.0, -4.0), errors=(BOOL,)),
    activation(
        "hardshrink",
        kinks(-0.5, 0.5, 0.0),
        call(T(3, 4), 0.9),
        call(T(3, 4), lambd=-1),
        errors=(call(T(3), "a"), call(Z(3, dtype="int64"))),
    ),
    Row("hardshrink", [*SHAPES, call(T(3, 4), 0.9)], dtypes=ALL, out=True, errors=[call("a")]),
    activation(
        "softshrink",
        kinks(-0.5, 0.5, 0.0),
        call(T(3, 4), 0.9),
        call(T(3, 4), lambd=0),
        errors=(call(T(3), "a"), call(T(3), -1), call(Z(3, dtype="int64")), call(T(3), nan)),
    ),
    Row(
        "nn.functional.threshold",
        [
            call(T(3, 4), 0.1, 7.0),
            call(T(3, 4), -1, 0),
            call(T(), 0.0, 1.0),
            call(T(0), 0.0, 1.0),
            call(T(4, values=(0.5, nan, 1.0, 0.0)), 0.5, 9.0),
            call(T(40, 30), 0.1, 7.0),
        ],
        dtypes=ALL,
        errors=[
            call("a", 0, 0), call(T(3), "a", 0), call(T(3), 0, "a"), call(Z(3, dtype="bool"), 0, 1),
            call(Z(3, dtype="uint8"), 0, 300),
        ],
    ),
    Row(
        "threshold",
        [
            call(T(3, 4), 0.1, 7.0),
            call(T(3, 4), -1, 0),
            call(T(), 0.0, 1.0),
            call(T(0, 3), 0.0, 1.0),
            call(T(2, 1, 3), threshold=0.5, value=-2),
            call(T(4, values=(0.5, nan, inf, -inf)), 0.5, 9.0),
        ],
        dtypes=ALL,
        out=True,
        errors=[call("a", 0, 1), call(T(3), "a", 1), call(T(3), 0, "a"), call(T(3), 0, 1, 2)],
    ),
    activation(
        "rrelu",
        call(T(3, 4), 0.3, 0.5),
        call(T(3, 4), 0.3, 0.3),
        call(T(3, 4), lower=0, upper=1),
        errors=(call(T(3), 0.5, 0.1), call(T(3), "a"), call(T(3), 1), call(T(3), -inf, 1, True),
                call(Z(3, dtype="int64"))),
    ),
    Row(
        "nn.functional.prelu",
        [
            call(T(3, 4), T(1)),
            call(T(3, 4), T(4)),
            call(T(3, 4), T()),
            call(T(2, 3, 4), T(3)),
            call(T(2, 3, 2, 2), T(3)),
            call(T(5), T(1)),
            call(T(), T(1)),
            call(T(0, 3), T(3)),
        ],
        dtypes=ALL,
        errors=[
            call(T(3), T(3)), call(T(2, 3), T(2)), call(T(2, 3), T(1, 1)), call(T(), T(2)),
            call(T(3), Z(1, dtype="float32")), call(T(3), "a"), call("a", T(3)),
            call(Z(3, dtype="int64"), Z(1, dtype="int64")),
        ],
    ),
    Row(
        "nn.functional.prelu",
        [call(T(5, values=(0.0, -0.0, 2.0, -1.0, 1.0)), T(1))],
        second=False,
    ),
    Row("prelu", [call(T(3, 4), T(4))], errors=[call(T(3), T(3))]),
]  # fmt: skip

SMOOTH = [
    activation(
        "elu",
        kinks(0.0, -0.0, inf, -inf),
        call(T(3, 4), 0.5),
        call(T(3, 4), alpha=2),
        call(T(3, 4), -0.5),
        errors=(call(T(3), "a"), call(T(3), None), call(Z(3, dtype="int64"))),
    ),
    activation("selu", kinks(0.0, -0.0, inf, -inf), errors=(call(Z(3, dtype="int64")),)),
    Row("selu", SHAPES, dtypes=ALL, method=False, errors=[*WRONG_UNARY, call(Z(3, dtype="int64"))]),
    activation(
        "celu",
        kinks(0.0, -0.0, inf, -inf),
        call(T(3, 4), 0.5),
        call(T(3, 4), alpha=2),
        call(T(3, 4), -0.5),
        errors=(call(T(3), "a"), call(T(3), 0.0), call(Z(3, dtype="int64"))),
    ),
    Row("celu", [*SHAPES, call(T(3), 0.5)], dtypes=ALL,
        errors=[call("a"), call(T(3), 0), call(T(3), "a")]),
    activation("silu", kinks(-inf, 0.0, 90.0, -90.0), errors=(call(Z(3, dtype="int64")),)),
    activation("mish", kinks(0.0, 90.0, -90.0), errors=(call(Z(3, dtype="int64")),)),
    activation("sigmoid", kinks(-inf, inf, 0.0), errors=(call(T(3), T(3)),)),
    activation("tanh", kinks(-inf, inf, 0.0), errors=(call(T(3), T(3)),)),
    activation("logsigmoid", kinks(-inf, 0.0, 90.0, -90.0), errors=(call(Z(3, dtype="int64")),),),
    activation(
        "softplus",
        kinks(20.0, 20.5, inf, -inf),
        call(T(3, 4), 2.0),
        call(T(3, 4), 2, 1),
        call(T(3, 4), beta=0.5, threshold=0.0),
        errors=(call(T(3), "a"), call(T(3), 1, "a"), call(Z(3, dtype="int64"))),
    ),
    activation("softsign", kinks(1e30), second=True, errors=(BOOL,)),
    activation("tanhshrink", kinks(inf), errors=(BOOL,)),
    activation(
        "gelu",
        kinks(0.0, 9.0, -9.0),
        call(T(3, 4), approximate="tanh"),
        call(T(40, 30), approximate="tanh"),
        errors=(call(T(3), approximate="a"), call(T(3), approximate=1), call(T(3), "tanh"),
                call(Z(3, dtype="int64"))),
    ),
    Row(
        "nn.functional.glu",
        [
            call(T(4)), call(T(3, 4)), call(T(3, 4), 1), call(T(4, 3), 0), call(T(2, 6, 3), dim=1),
            call(T(2, 6, 3), -2), call(T(0, 4)), call(T(2, 0)), call(T(60, 40)),
        ],
        dtypes=ALL,
        errors=[
            call("a"), call(T(3)), call(T()), call(T(4), 3), call(T(4), "a"), call(T(4), 1.5),
            call(Z(4, dtype="int64")), call(T(2, 3), 1),
        ],
    ),
]  # fmt: skip

AXES = [call(T(3, 4), dim) for dim in (0, 1, -1, -2)]
SOFTMAX_CALLS = [
    *AXES,
    call(T(5), 0),
    call(T(), 0),
    call(T(), -1),
    call(T(0, 3), 1),
    call(T(2, 0), 1),
    call(T(2, 3, 4), 1),
    call(T(2, 3, 4), dim=-3),
    call(T(2, 70), 1),
    call(T(30, 70), 1),
    call(T(30, 70), 0),
    call(T(3, values=(inf, 1.0, 2.0)), 0),
    call(T(3, values=(nan, 1.0, 2.0)), 0),
    call(T(3, values=(-inf, 1.0, 2.0)), 0),
    call(T(3, values=(1e30, 1.0, 2.0)), 0),
]
SOFTMAX_ERRORS = [
    call(T(3), 5), call(T(3), 1.5), call(T(3), "a"), call("a", 0), call(T(), 1),
    call(Z(3, dtype="int64"), 0), call(Z(3, 4, dtype="int64"), 0), call(T(3), 0, dtype=3),
    call(T(3), 0, dtype="dtype:int32"),
]  # fmt: skip
SOFTMAX = [
    Row("softmax", SOFTMAX_CALLS, dtypes=ALL, out=True, errors=SOFTMAX_ERRORS),
    Row("log_softmax", SOFTMAX_CALLS, dtypes=ALL, out=True, errors=SOFTMAX_ERRORS),
    *[
        Row(
            f"nn.functional.{name}",
            [
                *AXES,
                call(T(2, 3, 4)),
                call(T(3, 4)),
                call(T(3)),
            ],
            dtypes=ALL,
            errors=[call(T(3), 5), call("a", 0), call(Z(3, dtype="int64"), 0)],
        )
        for name in ("softmax", "log_softmax", "softmin")
    ],
]

# In torch the derivative at nan is one thing in a tensor of four elements, another in a large one.
NANS = [
    Row(f"nn.functional.{name}", [kinks(nan, inf, -inf)], grad=False, dtypes=("float32", "float64"))
    for name in (
        "relu",
        "relu6",
        "leaky_relu",
        "elu",
        "selu",
        "celu",
        "hardtanh",
        "hardsigmoid",
        "hardswish",
        "hardshrink",
        "softshrink",
        "tanhshrink",
        "softsign",
        "softplus",
        "logsigmoid",
        "gelu",
        "silu",
        "mish",
        "sigmoid",
        "tanh",
    )
]
ONE_TYPE = [
    Row(f"nn.functional.{name}", [call(T(3, 4), 1, dtype="dtype:float32")], rtol=2e-5, second=False,
        forward=False)
    for name in ("softmax", "log_softmax", "softmin")
]  # fmt: skip

ROWS = [*NANS, *ONE_TYPE, *PIECEWISE, *SMOOTH, *SOFTMAX, *INPLACE]
