"""Pooling."""

from __future__ import annotations

import itertools
from typing import Any

from tests.samples.row import FLOATS, I, Row, T, Z, call

HALVES = (*FLOATS, "float16")
NUMBERS = (*HALVES, "int64", "int32", "uint8", "bool", "complex64")
NAN, INF = float("nan"), float("inf")
WINDOWS: dict[int, tuple[Any, ...]] = {1: (7,), 2: (7, 8), 3: (4, 5, 6)}


def _maxima(n: int) -> list[Any]:
    size = WINDOWS[n]
    x = T(2, 3, *size)
    return [
        call(x, 2),
        call(x, 3, 2, 1),
        call(x, 3, 1, 1, 1),
        call(x, 2, 2, 1, ceil_mode=True),
        call(x, 3, 2, ceil_mode=True),
        call(x, 2, 1, dilation=2),
        call(x, 2, 3, 1, 2),
        call(x, 3, 2, 1, return_indices=True),
        call(x, 2, 1, 1, 2, True, True),
        call(T(3, *size), 2),
        call(T(0, 3, *size), 2),
        call(x, (2,) * n, [1] * n, (1,) * n),
        call(x, (2,)),
        call(x, 1),
        call(x, 2, None),
        call(x, 2, ()),
    ]


def _bad_maxima(n: int) -> list[Any]:
    size = WINDOWS[n]
    x = T(2, 3, *size)
    more = (2,) * (n + 1)
    return [
        call(x, 9),
        call(x, 2, padding=2),
        call(x, 2, padding=-1),
        call(x, more),
        call(x, 2, more),
        call(x, 2, 2, more),
        call(x, 2, 2, 0, more),
        call(x, 0),
        call(x, -1),
        call(x, 2, 0),
        call(x, 2, -1),
        call(x, 2, dilation=0),
        call(T(4), 2),
        call(T(1, 1, 1, *size, 2), 2),
        call(T(2, 0, *size), 2),
        call(T(2, 3, 0, *size[1:]), 2),
        call(3, 2),
        call(x, 2.0),
        call(x, "a"),
    ]


_PLANE = (NAN, 1.0, 2.0, NAN, 3.0, 3.0, -INF, -INF, 0.0)
SPECIAL = [
    call(T(1, 3, 3, values=_PLANE, grad=False), 2, 1, return_indices=True),
    call(T(1, 3, 3, values=_PLANE, grad=False), 3, 1, 1, return_indices=True),
    call(T(1, 2, 2, values=(-INF,) * 4, grad=False), 2, 2, 1, return_indices=True),
    call(T(1, 2, 2, values=(1.0,) * 4), 2),
    call(T(1, 2, 2, values=(0.0, -0.0, 0.0, -0.0)), 2, return_indices=True),
    call(T(1, 1, 20, 20), 17, 1, 8, return_indices=True),
]


def _means(n: int) -> list[Any]:
    x = T(2, 3, *WINDOWS[n])
    return [
        call(x, 2),
        call(x, 3, 2, 1),
        call(x, 3, 2, 1, True),
        call(x, 3, 2, 1, True, False),
        call(x, 2, 3, ceil_mode=True),
        call(x, 3, 1, 1, count_include_pad=False),
        call(T(3, *WINDOWS[n]), 2),
        call(T(0, 3, *WINDOWS[n]), 2),
        call(x, (2,) * n, [1] * n, (1,) * n),
        call(x, WINDOWS[n]),
        call(T(1, 1, *(18,) * n), 9),
    ]


def _bad_means(n: int) -> list[Any]:
    bad = [c for c in _bad_maxima(n) if "dilation" not in c.kwargs and len(c.args) < 5]
    return bad if n == 1 else [*bad, call(T(2, 3, *WINDOWS[n]), 2, divisor_override=0)]


ROWS = [
    *[
        Row(
            f"nn.functional.max_pool{n}d",
            _maxima(n) + (SPECIAL if n == 2 else []),
            dtypes=NUMBERS,
            errors=_bad_maxima(n),
        )
        for n in (1, 2, 3)
    ],
    *[
        Row(
            f"nn.functional.avg_pool{n}d",
            _means(n)
            + (
                [
                    call(T(2, 3, *WINDOWS[n]), 2, divisor_override=3),
                    call(T(2, 3, *WINDOWS[n]), 3, 2, 1, divisor_override=-2),
                ]
                if n > 1
                else []
            ),
            dtypes=NUMBERS,
            errors=_bad_means(n),
        )
        for n in (1, 2, 3)
    ],
    Row(
        "max_pool1d_with_indices",
        [
            call(T(2, 3, 7), 2),
            call(T(3, 7), 3, 2, 1, 1, True),
            call(T(2, 3, 7), 7),
            call(T(2, 3, 7), 1, 3),
            call(T(2, 3, 7), [2], stride=[1], dilation=[3]),
            call(T(2, 3, 7), [2], stride=[]),
            call(T(1, 4, values=(NAN, INF, -INF, 0.0)), 2),
        ],
        dtypes=NUMBERS,
        errors=[
            call(T(2, 3, 7), 9),
            call(T(2, 3, 7), 2, padding=2),
            call(T(2, 3, 7), (2, 2)),
            call(T(2, 3, 7), 2, 0),
        ],
    ),
    *[
        Row(
            f"nn.functional.adaptive_{kind}_pool{n}d",
            [
                call(T(2, 3, *WINDOWS[n]), 2),
                call(T(2, 3, *WINDOWS[n]), 3),
                call(T(2, 3, *WINDOWS[n]), 1),
                call(T(2, 3, *WINDOWS[n]), 10),
                call(T(2, 3, *(6,) * n), 3),
                call(T(3, *WINDOWS[n]), 2),
                call(T(0, 3, *WINDOWS[n]), 2),
                call(T(2, 3, *WINDOWS[n]), (3, 2, 1)[:n]),
                *([call(T(2, 3, *WINDOWS[n]), (None, 2, 1)[:n])] if n > 1 else []),
                *([call(T(2, 3, *WINDOWS[n]), 3, return_indices=True)] if kind == "max" else []),
            ],
            dtypes=(*HALVES, "int64", "bool"),
            errors=[
                call(T(4), 2),
                call(T(2, 3, *WINDOWS[n]), (2,) * (n + 1)),
                call(T(2, 3, *WINDOWS[n]), -1),
                call(T(1, 2, 3, *WINDOWS[n]), 2),
                call(T(2, 3, *WINDOWS[n][:-1], 0), 2),
                call(T(2, 3, *WINDOWS[n]), 2.5),
            ],
        )
        for kind, n in itertools.product(("avg", "max"), (1, 2, 3))
    ],
    *[
        Row(
            f"nn.functional.lp_pool{n}d",
            [
                call(T(2, 3, *WINDOWS[n], low=0.1), 2, 2),
                call(T(2, 3, *WINDOWS[n], low=0.1), 1.5, 2, 1),
                call(T(2, 3, *WINDOWS[n], low=0.1), 3, 2, 2, True),
                call(T(2, 3, *WINDOWS[n]), INF, 2),
                call(T(3, *WINDOWS[n], low=0.1), 2, 2),
                call(T(2, 3, *WINDOWS[n], low=0.1), norm_type=1, kernel_size=3),
            ],
            errors=[
                call(T(2, 3, *WINDOWS[n]), 2, 99),
                call(T(2, 3, *WINDOWS[n]), 2, 0),
                call("a", 2, 2),
            ],
        )
        for n in (1, 2, 3)
    ],
    Row(
        "nn.functional.max_unpool1d",
        [
            call(T(2, 3, 3), I(2, 3, 3, high=6), 2),
            call(T(3, 3), I(3, 3, high=6), 2),
            call(T(2, 3, 3), I(2, 3, 3, high=6), 2, output_size=(7,)),
            call(T(2, 3, 3), I(2, 3, 3, high=5), 3, 1),
            call(T(2, 3, 3), I(2, 3, 3, high=4), 2, 2, 1),
            call(T(0, 3, 3), I(0, 3, 3, high=6), 2),
        ],
        second=False,
        grad=False,
        errors=[
            call(T(3), I(3, high=3), 2),
            call(T(2, 3, 3), I(2, 3, 3, low=20, high=21), 2),
            call(T(2, 3, 3), I(2, 3, 3, high=6, dtype="int32"), 2),
            call(T(2, 3, 3), I(1, 3, 3, high=6), 2),
            *[call(T(*s), I(*s, high=1), 2) for s in ((2, 0, 0), (2, 3, 0), (0, 0))],
        ],
    ),
    Row(
        "nn.functional.max_unpool2d",
        [
            call(T(1, 1, 2, 2), I(1, 1, 2, 2, low=3, high=4), 2),
            call(T(2, 3, 2, 2), I(2, 3, 2, 2, high=16), 2),
            call(T(3, 2, 2), I(3, 2, 2, high=12), 2, output_size=(3, 5)),
            call(T(3, 2, 2), I(3, 2, 2, high=12), 3, 2, 1),
            call(T(0, 3, 2, 2), I(0, 3, 2, 2, high=16), 2),
            call(T(2, 3, 2, 1), I(2, 3, 2, 1, high=4), (2, 1)),
        ],
        grad=False,
        errors=[
            call(T(2, 2), I(2, 2, high=3), 2),
            call(T(1, 2, 2), I(1, 2, 2, high=3), 2, output_size=(9, 9)),
            call(T(1, 2, 2), I(1, 2, 2, high=3), 2, output_size=(4, 4, 4)),
            call(T(1, 2, 2), I(1, 2, 2, low=17, high=18), 2),
            call(T(1, 2, 2), I(1, 2, 2, low=-1, high=0), 2),
            call(T(1, 2, 2), I(2, 2, 2, high=3), 2),
            call(T(1, 2, 2), I(1, 2, 2, high=3, dtype="int32"), 2),
            *[call(T(*s), I(*s, high=1), 2) for s in ((2, 0, 3, 3), (2, 3, 0, 3))],
            call(T(2, 3, 3), I(2, 3, 3, high=1), -1),
            call(T(2, 3, 3), I(2, 3, 3, high=1), (2, -5), 1),
            call(T(2, 3, 3), I(2, 3, 3, high=1), [1]),
            call(T(2, 3, 3), I(2, 3, 3, high=1, dtype="int32"), [1]),
        ],
    ),
    Row(
        "nn.functional.max_unpool2d",
        [call(T(0, 3, 2, 2), I(0, 3, 2, 2, high=1), 2), call(T(2, 3, 3), I(2, 3, 3, high=1), 0)],
        grad=False,
    ),
    Row(
        "nn.functional.max_unpool3d",
        [
            call(T(1, 1, 2, 2, 2), I(1, 1, 2, 2, 2, low=3, high=4), 2),
            call(T(2, 3, 2, 1, 2), I(2, 3, 2, 1, 2, high=32), 2),
            call(T(3, 2, 2, 1), I(3, 2, 2, 1, high=30), 2, output_size=(3, 5, 2)),
            call(T(3, 2, 2, 1), I(3, 2, 2, 1, high=9), 3, 2, (1, 1, 0)),
            call(T(0, 3, 2, 2, 2), I(0, 3, 2, 2, 2, high=16), 2),
            call(T(2, 3, 2, 1, 1), I(2, 3, 2, 1, 1, high=4), (2, 1, 1)),
        ],
        grad=False,
        errors=[
            *[call(T(*s), I(*s, high=1), 2) for s in ((2, 0, 3, 3, 3), (2, 3, 3, 0, 3))],
            call(T(2, 3, 3, 3), I(2, 3, 3, 3, high=1), [2, 2]),
            call(T(2, 2, 2), I(2, 2, 2, high=3), 2),
            call(T(1, 2, 2, 2), I(1, 2, 2, 2, low=70, high=71), 2),
            call(T(1, 2, 2, 2), I(2, 2, 2, 2, high=3), 2),
            call(T(1, 2, 2, 2), I(1, 2, 2, 2, high=3, dtype="int32"), 2),
            call(T(1, 2, 2, 2), I(1, 2, 2, 2, high=3), 2, (2, 2, 0, 2)),
            call(T(1, 2, 2, 2), I(1, 2, 2, 2, high=3), 2, 2, (0, 0, 0, 0)),
        ],
    ),
    Row("nn.functional.adaptive_avg_pool3d", [call(T(2, 3, 0, 4, 5), 1)], grad=False),
    Row(
        "nn.functional.avg_pool3d",
        errors=[call(T(2, 3, 1, 5, 3), 2, 1, 1), call(T(3, 3, 1, 3), 2, 1, 1)],
    ),
    *[
        Row(
            f"max_unpool{n}d(max_pool{n}d)",
            [call(T(2, 3, *WINDOWS[n]), 2), call(T(2, 3, *WINDOWS[n]), 2, 3)],
            fn=lambda lib, x, k, s=None, n=n: _there_and_back(lib, n, x, k, s),
        )
        for n in (1, 2, 3)
    ],
]


def _there_and_back(lib: Any, n: int, x: Any, k: int, s: Any) -> Any:
    functional = lib.nn.functional
    y, places = getattr(functional, f"max_pool{n}d")(x, k, s, return_indices=True)
    return getattr(functional, f"max_unpool{n}d")(y, places, k, s, output_size=x.shape)


# -- windows at random places ----------------------------------------------------------------------


def _fractional(torch: Any, n: int, x: Any, *args: Any, **options: Any) -> Any:
    """With PyTorch's random numbers."""
    torch.manual_seed(7)
    return getattr(torch.nn.functional, f"fractional_max_pool{n}d")(x, *args, **options)


PLANE, VOLUME = T(2, 3, 7, 8), T(2, 3, 5, 6, 7)
PLACES = {2: Z(2, 3, 2, low=0.0, high=0.999), 3: Z(2, 3, 3, low=0.0, high=0.999)}
HOLES = T(1, 4, 4, values=(NAN, *(1.0, 2.0, NAN) * 5))

ROWS += [
    Row(
        "nn.functional.fractional_max_pool2d(seeded)",
        [
            call(2, PLANE, 2, (4, 5)),
            call(2, PLANE, (2, 3), 4, return_indices=True),
            call(2, PLANE, 2, output_ratio=(0.5, 0.6)),
            call(2, T(3, 7, 8), 3, 2),
            call(3, VOLUME, 2, (3, 4, 5)),
            call(3, VOLUME, (2, 1, 2), output_ratio=0.5, return_indices=True),
            call(3, T(3, 5, 6, 7), 2, 3),
        ],
        fn=_fractional,
        dtypes=("float32", "float64", "int64"),
    ),
    Row(
        "nn.functional.fractional_max_pool2d",
        [
            call(PLANE, 2, (4, 5), None, True, PLACES[2]),
            call(PLANE, 3, (5, 5), _random_samples=PLACES[2]),
            call(PLANE, 2, (6, 7), _random_samples=PLACES[2]),
            call(PLANE, 2, (1, 1), _random_samples=PLACES[2]),
            call(PLANE, 1, (7, 8), _random_samples=PLACES[2]),
            call(PLANE, 2, (0, 5), _random_samples=PLACES[2]),
            call(T(0, 3, 7, 8), 2, (4, 5), _random_samples=Z(0, 3, 2)),
            call(T(3, 7, 8), 2, (4, 5), _random_samples=PLACES[2]),
            call(HOLES, 2, 2, None, True, Z(1, 1, 2, low=0.0, high=0.5)),
            call(T(1, 3, 3, values=(-INF,) * 9), 2, 2, None, True, Z(1, 1, 2, values=(0.0, 0.5))),
        ],
        dtypes=HALVES,
        finite=False,
        errors=[
            call(PLANE, 2),
            call(PLANE, 2, None, (0.5, 0.5, 0.5)),
            call(PLANE, 2, None, 0.5),
            call(T(7, 8), 2, (4, 5)),
            call(T(1, 2, 3, 7, 8), 2, (4, 5)),
            call(PLANE, 2, (4, 5), _random_samples=Z(2, 3, 2, dtype="float32")),
            call(PLANE, 2, (4, 5), _random_samples=Z(2, 3, 3)),
            call(PLANE, 2, (4, 5), _random_samples=Z(1, 3, 2)),
            call(PLANE, 2, (4, 5), _random_samples=Z(2, 2, 2)),
            call(PLANE, 2, (4, 5), _random_samples=Z(2, 2)),
            call(PLANE, 2, (7, 8)),
            call(PLANE, 2, (6, 8)),
            call(PLANE, 2, (-1, 5)),
            call(PLANE, (2, 2, 2), (4, 5)),
            call(PLANE, 2, (4, 5, 5)),
            call(PLANE, 2.0, (4, 5)),
            call(T(2, 3, 7, 8, dtype="int64"), 2, (4, 5)),
            call(T(2, 3, 7, 8, dtype="int64"), 2, (4, 5), _random_samples=I(2, 3, 2, high=1)),
            call(T(2, 0, 7, 8), 2, (4, 5)),
            call(T(2, 3, 0, 8), 2, (4, 5)),
            call(None, 2, (4, 5)),
        ],
    ),
    Row(
        "nn.functional.fractional_max_pool2d_with_indices",
        [
            call(PLANE, 2, (4, 5), _random_samples=PLACES[2]),
            call(PLANE, 3, (5, 5), _random_samples=PLACES[2]),
            call(PLANE, 1, (7, 8), _random_samples=PLACES[2]),
            call(PLANE, 2, (1, 1), None, True, PLACES[2]),
            call(T(0, 3, 7, 8), 2, (4, 5), _random_samples=Z(0, 3, 2)),
            call(T(3, 7, 8), 2, (4, 5), _random_samples=PLACES[2]),
        ],
        errors=[call(PLANE, 2), call(T(7, 8), 2, (4, 5)), call(PLANE, 2.0, (4, 5))],
    ),
    Row(
        "nn.functional.fractional_max_pool3d",
        [
            call(VOLUME, 2, (3, 4, 5), None, True, PLACES[3]),
            call(VOLUME, (1, 2, 3), 3, _random_samples=PLACES[3]),
            call(T(3, 5, 6, 7), 2, 2, _random_samples=PLACES[3]),
            call(T(0, 3, 5, 6, 7), 2, 3, _random_samples=Z(0, 3, 3)),
            call(VOLUME, 1, (4, 5, 6), _random_samples=PLACES[3]),
            call(VOLUME, 2, 1, _random_samples=PLACES[3]),
        ],
        dtypes=HALVES,
        errors=[
            call(VOLUME, 2),
            call(T(5, 6, 7), 2, 3),
            call(VOLUME, 2, (5, 6, 7)),
            call(VOLUME, 2, (4, 5, 7)),
            call(VOLUME, 2, 3, _random_samples=Z(2, 3, 2)),
            call(VOLUME, 2, 3, _random_samples=Z(2, 3, 3, dtype="float32")),
            call(VOLUME, (2, 2), 3),
            call(VOLUME, 2, (3, 3)),
            call(VOLUME, 2, None, (0.5, 0.5)),
            call(T(2, 0, 5, 6, 7), 2, 3),
        ],
    ),
    Row(
        "nn.functional.fractional_max_pool3d_with_indices",
        [
            call(VOLUME, 2, (3, 4, 5), _random_samples=PLACES[3]),
            call(VOLUME, (1, 2, 3), 3, _random_samples=PLACES[3]),
            call(VOLUME, 1, (4, 5, 6), _random_samples=PLACES[3]),
            call(VOLUME, 2, 1, None, True, PLACES[3]),
            call(T(0, 3, 5, 6, 7), 2, 3, _random_samples=Z(0, 3, 3)),
            call(T(3, 5, 6, 7), 2, 2, _random_samples=PLACES[3]),
        ],
        errors=[call(VOLUME, 2), call(T(5, 6, 7), 2, 3), call(VOLUME, (2, 2), 3)],
    ),
]
