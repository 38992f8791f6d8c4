"""Interpolation."""

from __future__ import annotations

from typing import Any

from tests.samples.row import FLOATS, Row, T, call

SIZES: dict[int, tuple[int, ...]] = {1: (7,), 2: (7, 5), 3: (4, 5, 3)}
MODES = [(mode, n) for mode in ("nearest", "nearest-exact", "area") for n in (1, 2, 3)]
ALIGNED = [("linear", 1), ("bilinear", 2), ("trilinear", 3), ("bicubic", 2)]


def _calls(mode: str, n: int) -> list[Any]:
    x = T(2, 3, *SIZES[n])
    return [
        call(x, 9, mode=mode),
        call(x, 3, mode=mode),
        call(x, (2, 9, 4)[:n], mode=mode),
        call(x, scale_factor=2, mode=mode),
        call(x, scale_factor=1.7, mode=mode),
        call(x, scale_factor=(0.6, 2.3, 1.0)[:n], mode=mode),
        call(x, scale_factor=1.7, mode=mode, recompute_scale_factor=True),
        call(x, 1, mode=mode),
    ]


def _aligned(mode: str, n: int) -> list[Any]:
    x = T(2, 3, *SIZES[n])
    return [
        call(x, 9, mode=mode, align_corners=True),
        call(x, 3, mode=mode, align_corners=False),
        call(x, 1, mode=mode, align_corners=True),
        call(x, scale_factor=1.7, mode=mode, align_corners=True),
    ]


X = T(2, 3, 6, 6)

ROWS = [
    Row(
        "nn.functional.interpolate",
        [c for mode, n in MODES for c in _calls(mode, n)]
        + [c for mode, n in ALIGNED for c in _calls(mode, n) + _aligned(mode, n)]
        + [call(T(0, 3, 6, 6), 3)],
        # Averages of area are adaptive pooling, judged there; halves are rounded once here.
        dtypes=FLOATS,
        errors=[
            call(X),
            call(X, 3, 2),
            call(X, (3, 3, 3)),
            call(X, scale_factor=(2, 2, 2)),
            call(X, mode="linear", size=3),
            call(X, mode="blah", size=3),
            call(T(2, 3, 6), 3, mode="bilinear"),
            call(T(2, 3, 6), 3, mode="bicubic"),
            call(T(6, 6), 3),
            call(X, 3, align_corners=True),
            call(X, 0),
            call(T(2, 3, 6), 0),
            call(T(2, 3, 6, 6, 6), 0),
            call(X, -1),
            call(X, scale_factor=0.1),
            call(T(2, 0, 6, 6), 3),
            call(X, 3, recompute_scale_factor=True),
            call(X, 3, antialias=True),
            call(T(2, 3, 6, 6, 6), 3, mode="bicubic"),
        ],
    ),
    Row(
        "nn.functional.interpolate",
        [call(X, 3), call(T(2, 3, 6), 9), call(X, 4, mode="nearest-exact")],
        dtypes=("float16", "uint8", "int64", "bool", "complex64"),
    ),
    Row("nn.functional.upsample", [call(X, 9), call(X, 9, mode="bilinear")]),
]
