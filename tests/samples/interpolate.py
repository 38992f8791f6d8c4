"""Interpolation."""

from __future__ import annotations

from typing import Any

from tests.samples.row import FLOATS, I, Row, T, call

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
    ] + [call(x, scale_factor=(1.1, 2.1), mode=mode)] * (n == 2)  # as large, and twice as large


def _aligned(mode: str, n: int) -> list[Any]:
    x = T(2, 3, *SIZES[n])
    return [
        call(x, 9, mode=mode, align_corners=True),
        call(x, 3, mode=mode, align_corners=False),
        call(x, 1, mode=mode, align_corners=True),
        call(x, scale_factor=1.7, mode=mode, align_corners=True),
    ] + [call(x, scale_factor=1.1, mode=mode)] * (mode != "bicubic")


X = T(2, 3, 6, 6)
SMOOTH = ("bilinear", "bicubic", "lanczos")
BYTES = I(2, 3, 17, 13, high=256, dtype="uint8")
EDGES = I(1, 3, 12, 12, high=2, dtype="uint8")


def _smooth(mode: str) -> list[Any]:
    x = T(2, 3, 17, 5)
    calls = [
        call(x, (3, 4), mode=mode, antialias=True),
        call(x, (1, 13), mode=mode, antialias=True),
        call(x, (17, 5), mode=mode, antialias=True),
        call(x, scale_factor=0.4, mode=mode, antialias=True),
        call(x, scale_factor=(0.23, 1.7), mode=mode, antialias=True),
        call(x, scale_factor=0.6, mode=mode, recompute_scale_factor=True, antialias=True),
        call(T(0, 3, 6, 6), 3, mode=mode, antialias=True),
        call(T(1, 1, 1, 1), 3, mode=mode, antialias=True),
    ]
    if mode != "lanczos":
        calls += [
            call(x, (3, 4), mode=mode, align_corners=True, antialias=True),
            call(x, (1, 9), mode=mode, align_corners=True, antialias=True),
        ]
    return calls


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
            call(T(0, 0, 6, 6), 3),
            call(T(2, 3, 0, 6), 3),
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
    Row(
        "nn.functional.interpolate",
        [c for mode in SMOOTH for c in _smooth(mode)],
        dtypes=("float32", "float64", "float16", "int64", "bool", "complex64"),
        errors=[
            call(X, 3, mode="nearest", antialias=True),
            call(T(2, 3, 6), 3, mode="linear", antialias=True),
            call(X, 3, mode="lanczos"),
            call(X, 3, mode="lanczos", align_corners=True),
            call(X, 3, mode="lanczos", align_corners=True, antialias=True),
            call(T(2, 3, 6), 3, mode="lanczos"),
            call(T(2, 0, 6, 6), 3, mode="bilinear", antialias=True),
            call(X, 0, mode="bicubic", antialias=True),
            call(X, mode="bicubic", antialias=True),
            call(I(2, 3, 6, high=256, dtype="uint8"), 3, mode="linear"),
            call(I(2, 3, 4, 5, 6, high=256, dtype="uint8"), 3, mode="trilinear"),
        ],
    ),
    Row(
        "nn.functional.interpolate",
        [
            call(x, size, mode=mode, antialias=smooth)
            for mode in SMOOTH
            for smooth in (True, False)[: 1 + (mode != "lanczos")]
            for x, size in ((BYTES, (5, 6)), (BYTES, (20, 30)), (BYTES, (17, 4)), (EDGES, (7, 25)))
        ]
        + [call(BYTES, scale_factor=0.4, mode="bilinear", antialias=True)]
        + [call(BYTES, scale_factor=1.3, mode="bicubic", align_corners=True)],
        dtypes=("float32",),
        grad=False,
    ),
    Row(
        "nn.functional.upsample",
        [
            call(X, 9),
            call(X, 9, mode="bilinear"),
            call(X, scale_factor=2),
            call(X, (3, 4), mode="bicubic", align_corners=True),
            call(T(2, 3, 7), 3, mode="linear"),
            call(T(0, 3, 6, 6), 9),
        ],
        errors=[call(X), call(X, 9, 2), call(X, (3, 4, 5)), call(X, 9, mode="x")],
    ),
]
