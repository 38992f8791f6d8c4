"""Convolutions and their transposes."""

from __future__ import annotations

from typing import Any

from tests.samples.row import FLOATS, Row, T, call

DTYPES = (*FLOATS, "float16", "int64", "int32", "bool", "complex128", "complex64")
SIZES: dict[int, tuple[int, ...]] = {1: (9,), 2: (7, 8), 3: (5, 6, 4)}
WIDE: dict[str, Any] = {"dtype": "float32"}


def _calls(n: int) -> list[Any]:
    size = SIZES[n]
    x, w, b = T(2, 4, *size), T(6, 4, *(3,) * n), T(6)
    return [
        call(x, w),
        call(x, w, b),
        call(x, w, b, 2),
        call(x, w, b, 1, 1),
        call(x, w, b, 2, 1, 1),
        call(x, T(6, 4, *(2,) * n), b, 2, 1, 2),
        call(x, T(6, 2, *(3,) * n), b, groups=2),
        call(x, T(8, 1, *(2,) * n), groups=4, stride=2),
        call(x, w, padding="same"),
        call(x, T(6, 4, *(2,) * n), padding="same"),
        call(x, T(6, 4, *(2,) * n), b, padding="same", dilation=3),
        call(x, w, b, padding="valid"),
        call(T(4, *size), w, b),
        call(T(0, 4, *size), w, b),
        call(x, T(6, 4, *(1,) * n), b),
        call(x, T(6, 4, *size), b),
        call(x, w, b, (2,) * n, [1] * n, (1,) * n),
        call(x, w, b, (2,), (1,)),
        call(T(1, 1, *size), T(1, 1, *(3, 1, 2)[:n])),
        call(x, T(6, 4, *(3,) * n), stride=(1, 2, 3)[:n], padding=(2, 0, 1)[:n]),
    ]


def _errors(n: int) -> list[Any]:
    size = SIZES[n]
    x, w, b = T(2, 4, *size), T(6, 4, *(3,) * n), T(6)
    more = (1,) * (n + 1)
    return [
        call(x, T(6, 3, *(3,) * n)),
        call(x, w, T(5)),
        call(x, w, T(6, 1)),
        call(x, w, b, 0),
        call(x, w, b, -1),
        call(x, w, b, more),
        call(x, w, b, 1, -1),
        call(x, w, b, 1, more),
        call(x, w, b, dilation=0),
        call(x, w, b, dilation=more),
        call(x, w, b, groups=0),
        call(x, w, b, groups=4),
        call(x, w, b, groups=7),
        call(x, w, padding="blah"),
        call(x, w, padding="same", stride=2),
        call(T(*size), w),
        call(T(1, 2, 4, *size), w),
        call(x, T(6, 4, *(2,) * (n - 1))) if n > 1 else call(x, w, 3),
        call(x, T(6, 4, *(12,) * n)),
        call(x, T(6, 4, *(3,) * n, **WIDE)),
        call(x, w, T(6, **WIDE)),
        call(3, w),
        call(x, 3),
        call(x, w, 3),
        call(x, w, stride=1.5),
        call(x, w, groups=1.5),
        call(x, w, stride="a"),
    ]


def _transposes(n: int) -> list[Any]:
    size = SIZES[n]
    x, w, b = T(2, 4, *size), T(4, 6, *(3,) * n), T(6)
    return [
        call(x, w),
        call(x, w, b),
        call(x, w, b, 2),
        call(x, w, b, 2, 1, 1),
        call(x, w, b, 3, 1, 2),
        call(x, w, b, 1, 2),
        call(x, T(4, 3, *(3,) * n), b, groups=2),
        call(x, T(4, 2, *(2,) * n), groups=4, stride=2),
        call(x, w, b, dilation=2),
        call(x, w, b, 2, 1, 1, 1, 2),
        call(x, w, b, output_padding=1, dilation=2),
        call(x, w, b, 1, 0, 2, 1, 3),
        call(T(4, *size), w, b),
        call(T(0, 4, *size), w, b),
        call(x, T(4, 6, *(1,) * n), b),
        call(x, w, b, (2,) * n, [1] * n, (1,) * n),
    ]


def _bad_transposes(n: int) -> list[Any]:
    size = SIZES[n]
    x, w, b = T(2, 4, *size), T(4, 6, *(3,) * n), T(6)
    more = (1,) * (n + 1)
    return [
        call(x, T(3, 6, *(3,) * n)),
        call(x, w, T(5)),
        call(x, w, b, 0),
        call(x, w, b, more),
        call(x, w, b, 1, -1),
        call(x, w, b, 1, more),
        call(x, w, b, 1, 0, -1),
        call(x, w, b, 1, 0, 1),
        call(x, w, b, 2, 0, 2),
        call(x, w, b, 2, 0, more),
        call(x, w, b, groups=0),
        call(x, w, b, groups=3),
        call(x, w, b, dilation=more),
        call(T(*size), w),
        call(x, T(4, 6, *(3,) * n, **WIDE)),
        *([call(x, w, T(6, **WIDE))] if n == 3 else []),
        call(3, w),
        call(x, w, padding="same"),
    ]


ROWS = [
    *[Row(f"conv{n}d", _calls(n), dtypes=DTYPES, errors=_errors(n)) for n in (1, 2, 3)],
    *[
        Row(f"conv_transpose{n}d", _transposes(n), dtypes=DTYPES, errors=_bad_transposes(n))
        for n in (1, 2, 3)
    ],
]
