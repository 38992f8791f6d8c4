"""Views: other shapes, other orders of dimensions, strides, parts of complex numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.samples.common import inf, nan
from tests.samples.row import Call, Row, T, call

ALL = ("float32", "float64", "complex64", "complex128", "int64", "uint8", "bool", "float16")


def method(name: str) -> Callable[..., Any]:
    """Call what only tensors have."""
    return lambda torch, x, *args, **kwargs: getattr(x, name)(*args, **kwargs)


def get(name: str) -> Callable[..., Any]:
    """Read an attribute, of which one can take the conjugate."""
    return lambda torch, x: getattr(x, name)


def rows(
    names: str, calls: list[Call], errors: list[Call] | None = None, **options: Any
) -> list[Row]:
    """One row for each of several names that mean the same."""
    options.setdefault("dtypes", ALL)
    return [Row(name, calls, errors=errors or [], **options) for name in names.split()]


def methods(names: str, calls: list[Call], errors: list[Call] | None = None) -> list[Row]:
    """Rows for methods that are no functions of the library."""
    return [
        Row(f"Tensor.{name}", calls, fn=method(name), dtypes=ALL, errors=errors or [])
        for name in names.split()
    ]


RESHAPES = [
    call(T(2, 6), (3, 4)),
    call(T(2, 6), (-1,)),
    call(T(2, 6), (4, -1)),
    call(T(2, 6), [2, 1, 3, 2]),
    call(T(2, 6), (2, 6)),
    call(T(6), (6, 1)),
    call(T(), (1, 1)),
    call(T(), (-1,)),
    call(T(1, 1), ()),
    call(T(0, 3), (0,)),
    call(T(0, 3), (3, 0)),
    call(T(0, 3), (2, -1)),
    call(T(0, 3), (-1, 3)),
]
BAD_RESHAPES = [
    call(T(2, 3), (4,)),
    call(T(2, 3), (4, -1)),
    call(T(2, 3), (-1, -1)),
    call(T(2, 3), (-2, 3)),
    call(T(2, 3), ()),
    call(T(0, 3), (0, -1)),
    call(T(2, 3), (2, 3.5)),
    call(T(2, 3), "a"),
    call(T(2, 3), (0, -1)),
    call(T(0), (-1, 0)),
]
SWAPS = [
    call(T(2, 3), 0, 1),
    call(T(2, 3, 4), 0, -1),
    call(T(2, 3, 4), -2, 1),
    call(T(3), 0, 0),
    call(T(3), 0, -1),
    call(T(), 0, -1),
    call(T(0, 3), 1, 0),
]
BAD_SWAPS = [
    call(T(2, 3), 0, 2),
    call(T(2, 3), -3, 0),
    call(T(), 1, 0),
    call(T(2, 3), 0.5, 1),
    call(T(2, 3), "a", 1),
]
MOVES = [
    call(T(2, 3, 4), 0, 2),
    call(T(2, 3, 4), -1, 0),
    call(T(2, 3, 4), (0, 1), (2, 0)),
    call(T(2, 3, 4), (), ()),
    call(T(2, 3, 4), [0], [-1]),
    call(T(), 0, 0),
    call(T(0, 3), 0, 1),
]
BAD_MOVES = [
    call(T(2, 3, 4), 0, 3),
    call(T(2, 3, 4), (0, 1), (2,)),
    call(T(2, 3, 4), (0, 0), (1, 2)),
    call(T(2, 3, 4), (0, 1), (2, 2)),
    call(T(2, 3, 4), (0, -3), (1, 2)),
    call(T(2, 3), -3, 0),
]
EXPANSIONS = [
    call(T(3), (2, 3)),
    call(T(3, 1), (3, 4)),
    call(T(3, 1), (-1, 4)),
    call(T(3, 1), (2, -1, 4)),
    call(T(), (2, 3)),
    call(T(), ()),
    call(T(1), (0,)),
    call(T(0, 1), (0, 3)),
    call(T(2, 3), (2, 3)),
]
BAD_EXPANSIONS = [
    call(T(3), (4,)),
    call(T(3, 2), (2,)),
    call(T(3), (-1, 3)),
    call(T(3), (2, -2)),
    call(T(3), (0,)),
    call(T(2, 3), (-1, 2, -1)),
]

# For functions of nothing but a tensor.
WHOLE = [call(T(*size)) for size in ((2, 3), (), (0, 3), (3,), (2, 1, 3), (1, 1), (0,))]
NOT_WHOLE = [call(3), call("a"), call(T(3), 0, 1)]

SHAPES = [
    *rows("reshape", RESHAPES, [*BAD_RESHAPES, call(3, (1,))]),
    *methods("view reshape", RESHAPES, BAD_RESHAPES),
    *methods(
        "view reshape",
        [call(T(2, 6), 3, 4), call(T(2, 6), -1), call(T(2, 6), 3, -1), call(T(1), 1, 1)],
        [call(T(2, 3)), call(T(2, 3), 4), call(T(2, 3), 2, "a"), call(T(2, 3), 2, None)],
    ),
    Row("transposed.view", [], fn=lambda torch, x: x.t().view(-1), errors=[call(T(2, 3))]),
    *methods(
        "view_as reshape_as",
        [
            call(T(*size), T(*other, grad=False))
            for size, other in (
                *(((2, 6), (3, 4)), ((), (1, 1)), ((0, 3), (3, 0))),
                *(((6,), (2, 1, 3)), ((1,), ()), ((2, 3), (2, 3))),
            )
        ],
        [call(T(2, 3), T(4)), call(T(2, 3), 3), call(T(2, 3), (2, 3))],
    ),
    *rows(
        "flatten",
        [
            call(T(2, 3, 4)),
            call(T(2, 3, 4), 1),
            call(T(2, 3, 4), 0, 1),
            call(T(2, 3, 4), start_dim=-2),
            call(T(2, 3, 4), start_dim=-3, end_dim=-2),
            call(T(2, 3, 4), 1, 1),
            call(T()),
            call(T(3)),
            call(T(0, 3)),
        ],
        [
            call(T(2, 3), 1, 0),
            call(T(2, 3), 2),
            call(T(2, 3), 0, 2),
            call(T(2, 3), -3),
            call(T(2, 3), 0.5),
            call(3),
        ],
    ),
    *rows(
        "unflatten",
        [
            call(T(2, 12), 1, (3, 4)),
            call(T(2, 12), 1, (3, -1)),
            call(T(2, 12), -1, [2, 3, 2]),
            call(T(2, 12), 0, (2, 1)),
            call(T(0, 3), 0, (0, 2)),
            call(T(4), dim=0, sizes=(2, 2)),
        ],
        [
            call(T(2, 12), 1, (5, 2)),
            call(T(2, 12), 1, (5, -1)),
            call(T(2, 12), 1, (-1, -1)),
            call(T(2, 12), 1, ()),
            call(T(2, 12), 2, (2,)),
            call(T(2, 12), 1, (-2, -6)),
        ],
    ),
    *rows("ravel", WHOLE, NOT_WHOLE),
]

ORDERS = [
    *rows("transpose swapdims", SWAPS, BAD_SWAPS),
    *rows("swapaxes", SWAPS, BAD_SWAPS),
    *rows("t", [c for c in WHOLE if len(c.args[0].shape) < 3], [call(T(2, 3, 4)), *NOT_WHOLE]),
    *rows(
        "permute",
        [
            call(T(2, 3), (1, 0)),
            call(T(2, 3, 4), (2, 0, 1)),
            call(T(2, 3, 4), (-1, 0, -2)),
            call(T(2, 3, 4), [0, 1, 2]),
            call(T(), ()),
            call(T(0, 3), (1, 0)),
        ],
        [
            call(T(2, 3), (0,)),
            call(T(2, 3), (0, 0)),
            call(T(2, 3), (0, 2)),
            call(T(2, 3), (0, -3)),
            call(T(2, 3), (0, 1, 2)),
            call(T(2, 3), (1, -1)),
            call(T(2, 3), 1),
            call(T(2, 3), (0.5, 1)),
        ],
    ),
    *methods(
        "permute",
        [
            *(call(T(2, 3, 4), 2, 0, 1), call(T(2, 3, 4), -1, 0, 1), call(T(3), 0)),
            *(call(T(0, 3), 1, 0), call(T(2, 3, 4), (2, 0, 1)), call(T(1, 1), 0, 1)),
        ],
        [call(T(2, 3), 0), call(T(2, 3), 0, 0), call(T(2, 3))],
    ),
    *rows("movedim moveaxis", MOVES, BAD_MOVES),
    Row("Tensor.T", [call(T(2, 3)), call(T(0, 3)), call(T(3))], fn=get("T"), dtypes=ALL),
    Row("Tensor.T deep", [call(T(2, 3, 4)), call(T())], fn=get("T"), dtypes=ALL),
    Row(
        "Tensor.mT",
        [call(T(2, 3)), call(T(2, 3, 4)), call(T(0, 3)), call(T())],
        fn=get("mT"),
        dtypes=ALL,
        errors=[call(T(3))],
    ),
    Row(
        "Tensor.H",
        [call(T(2, 3)), call(T(0, 3))],
        fn=get("H"),
        dtypes=ALL,
        errors=[call(T(3)), call(T(2, 3, 4))],
    ),
    Row(
        "Tensor.mH",
        [call(T(2, 3)), call(T(2, 3, 4))],
        fn=get("mH"),
        dtypes=ALL,
        errors=[call(T(3))],
    ),
    *rows(
        "adjoint",
        [call(T(*size)) for size in ((2, 3), (2, 3, 4), (), (0, 3), (1, 1), (2, 1, 3, 2))],
        [call(T(3)), call(3), call(T(2, 3), 1)],
    ),
]

SIZES = [
    *methods("expand", EXPANSIONS, BAD_EXPANSIONS),
    *methods(
        "expand", [call(T(3), 2, 3), call(T(3, 1), -1, 4)], [call(T(3), 2, 4), call(T(3), 2.5)]
    ),
    *methods(
        "expand_as",
        [
            call(T(*size), T(*other, grad=False))
            for size, other in (
                *(((3,), (2, 3)), ((), (2, 3)), ((3, 1), (3, 4))),
                *(((1,), (0,)), ((2, 3), (2, 3)), ((), ())),
            )
        ],
        [call(T(3), T(4)), call(T(3), 3), call(T(2, 3), T(3))],
    ),
    *rows("broadcast_to", EXPANSIONS, [*BAD_EXPANSIONS, call(3, (3,))]),
    Row(
        "broadcast_tensors",
        [
            call(T(3), T(2, 1)),
            call(T(), T(2)),
            call(T(2, 3)),
            call(T(1), T(0)),
            call(T(3), T(2, 1), T(4, 1, 1)),
            call(T(2), T(2, dtype="int64")),
        ],
        dtypes=ALL,
        method=False,
        errors=[call(T(3), T(2)), call(T(3), 3), call(T(2, 3), T(3, 2))],
    ),
    *rows(
        "squeeze",
        [
            call(T(1, 2, 1)),
            call(T(1, 2, 1), 0),
            call(T(1, 2, 1), 1),
            call(T(1, 2, 1), -1),
            call(T(1, 2, 1), dim=2),
            call(T(1, 2, 1), (0, 2)),
            call(T(1, 2, 1), (0, 1)),
            call(T(1, 2, 1), (-1, 0)),
            call(T(1, 2, 1), ()),
            call(T(1, 1)),
            call(T()),
            call(T(), 0),
            call(T(), ()),
            call(T(0, 1)),
        ],
        [
            call(T(1, 2), 2),
            call(T(1, 2), -3),
            call(T(1, 2), (0, 0)),
            call(T(1, 2), (0, -2)),
            call(T(1, 2), (0, 2)),
            call(T(), 1),
            call(T(1, 2), 0.5),
            call(3),
        ],
    ),
    *rows(
        "unsqueeze",
        [call(T(2, 3), d) for d in (0, 1, 2, -1, -2, -3)] + [call(T(), 0), call(T(0), -1)],
        [call(T(2, 3), 3), call(T(2, 3), -4), call(T(2, 3)), call(T(2, 3), 0.5), call(3, 0)],
    ),
    *[
        row
        for name in ("atleast_1d", "atleast_2d", "atleast_3d")
        for row in rows(
            name,
            [
                call(T()),
                call(T(3)),
                call(T(2, 3)),
                call(T(2, 3, 4)),
                call(T(2, 1, 3, 1)),
                call(T(0)),
            ],
            [call(3), call(T(2), 3), call([T(2), 3])],
        )
    ],
    Row(
        "atleast_2d",
        [call(T(), T(3)), call([T(), T(3)]), call((T(2, 3),))],
        dtypes=ALL,
        method=False,
    ),
    *[
        Row(
            f"meshgrid {indexing}",
            [
                call(T(2), T(3)),
                call(T(2)),
                call(T(2), T(), T(4)),
                call(T(0), T(3)),
                call([T(2), T(3)]),
            ],
            fn=lambda torch, *xs, indexing=indexing: torch.meshgrid(*xs, indexing=indexing),
            dtypes=ALL,
            errors=[
                call(),
                call(T(2), 3),
                call(T(2), T(3, dtype="float32")),
            ],
        )
        for indexing in ("ij", "xy")
    ],
    Row(
        "meshgrid of matrices",  # whose message has them as C++ prints them
        [],
        fn=lambda torch, *xs: torch.meshgrid(*xs, indexing="ij"),
        errors=[call(T(2), T(2, 3))],
        message=False,
    ),
    Row(
        "meshgrid",
        [],
        errors=[call(T(2), T(3), indexing="yx"), call(T(2), T(3), indexing=3)],
    ),
]

COMPLEX = ("complex64", "complex128")
PAIRS = [
    Row(
        "view_as_real",
        [
            call(T(2, 3, dtype="complex128")),
            call(T(dtype="complex64")),
            call(T(0, dtype="complex64")),
            call(T(2, 1, 3, dtype="complex64")),
        ],
        errors=[call(T(2)), call(3), call(T(2, dtype="complex64"), 1)],
    ),
    Row(
        "view_as_complex",
        [call(T(*size)) for size in ((3, 2), (2,), (2, 3, 2), (1, 2), (2, 1, 3, 2))]
        + [call(T(2, 2, values=(0.0, -0.0, inf, nan), grad=False))],
        errors=[call(T(3)), call(T()), call(T(2, dtype="int64")), call(3)],
    ),
    *rows("real", WHOLE, NOT_WHOLE, method=False),
    Row(
        "imag",
        WHOLE,
        dtypes=COMPLEX,
        grad=False,
        method=False,
        errors=[call(T(3)), *NOT_WHOLE],
    ),
    Row("no parts", [call(T(0, 2))], fn=lambda torch, x: x.split_with_sizes(()), grad=False),
    *[
        Row(
            f"{name} of a product",
            [call(T(2, 3), T(2, 3)), call(T(), T())],
            fn=lambda torch, a, b, name=name: getattr(torch, name)(torch.complex(a, b) * (2 + 1j)),
        )
        for name in ("real", "imag", "view_as_real")
    ],
]

ROWS = [
    *SHAPES,
    *ORDERS,
    *SIZES,
    *PAIRS,
    *rows("detach", WHOLE, NOT_WHOLE, grad=False),
]
