"""Padding, windows as columns, shuffled channels."""

from __future__ import annotations

from typing import Any

from tests.samples.row import FLOATS, Row, T, Z, call

DTYPES = (*FLOATS, "float16", "int64", "uint8", "bool", "complex128")
SIZES: dict[int, tuple[int, ...]] = {1: (6,), 2: (6, 5), 3: (4, 5, 6)}


def _edges(mode: str) -> list[Any]:
    calls = []
    for n, size in SIZES.items():
        x = T(2, 3, *size)
        calls += [
            call(x, (1, 2) * n, mode),
            call(T(3, *size), (2, 0) * n, mode),
            call(x, (3, 3) + (0, 0) * (n - 1), mode),
            call(x, (-1, 2) * n, mode),
            call(x, (-1, -2) * n, mode),
            call(x, (0, 0) * n, mode),
            call(x, (1, -1) * n, mode),
            call(T(0, 3, *size), (1, 2) * n, mode),
        ]
    return calls


def _bad_edges(mode: str) -> list[Any]:
    x = T(2, 3, 6, 5)
    return [
        call(x, (1, 2), mode),
        call(x, (1,), mode),
        call(T(5), (1, 1), mode),
        call(T(6, 5), (1, 1, 1, 1), mode),
        call(x, (7, 0, 0, 0), mode) if mode != "replicate" else call(x, (1, 2, 3), mode),
        call(T(2, 3, 6), (0, 8), mode) if mode != "replicate" else call(x, (1,) * 10, mode),
        call(x, (1, 1, 1, 1), mode, 1.0),
        call(T(2, 3, 0, 5), (1, 1, 1, 1), mode),
    ]


ROWS = [
    Row(
        "nn.functional.pad",
        [
            call(T(3, 4), (1, 2)),
            call(T(3, 4), (1, 2, 0, 3)),
            call(T(3, 4), (1, 2), "constant", 3.0),
            call(T(3, 4), (1, 2), value=-1),
            call(T(3, 4), [-1, 2]),
            call(T(3, 4), (-1, -2, 1, -1), value=1.5),
            call(T(3, 4), (-2, -2)),
            call(T(2, 3, 4, 2, 2), (1, 1) * 5),
            call(T(2, 3), ()),
            call(T(2, 3), (0, 0), value=3),
            call(T(0, 3), (1, 1)),
            call(T(2), (1, 1), value=float("inf")),
            call(Z(2, 3, dtype="uint8"), (-1, 0), value=-1),
        ],
        dtypes=DTYPES,
        errors=[
            call(T(3, 4), (1,)),
            call(T(3, 4), (1,) * 6),
            call(T(3, 4), (-5, 0)),
            call(T(3, 4), (-2, -3)),
            call(T(2, 3, 4), (1, 2, 1, 2), "blah"),
            call(3, (1, 1)),
            call(T(3), 1),
            call(T(3), (1.5, 1)),
            call(T(3), (1, 1), value="a"),
        ],
    ),
    Row(
        "nn.functional.pad",
        _edges("reflect") + _edges("replicate"),
        dtypes=DTYPES,
        errors=[
            *_bad_edges("reflect"),
            *_bad_edges("replicate"),
            *[
                call(T(*size), (-1, -2) * n, mode)
                for mode in ("reflect", "replicate")
                for n, size in enumerate(((2, 3), (2, 3, 3), (2, 3, 3, 3)), 1)
            ],
            call(T(2, 3, 3), (-1, -2, -1, -3), "reflect"),
        ],
    ),
    Row(
        "nn.functional.pad",
        _edges("circular"),
        dtypes=DTYPES,
        node=False,
        errors=[
            *_bad_edges("circular"),
            call(T(2, 3, 4), (-5, 0), "circular"),
        ],
    ),
    Row(
        "constant_pad_nd",
        [
            call(T(3, 4), (1, 2)),
            call(T(3, 4), (1, -2, 2, 1), 2),
            call(T(3, 4), ()),
            call(T(3), [2, 0], -1.5),
            call(T(0, 3), (1, 1, 2, 0)),
            call(T(2, 3, 4), (0, 0, 1, 1), value=7),
        ],
        dtypes=DTYPES,
        errors=[call(T(3, 4), (1,)), call(T(3, 4), (1,) * 6), call(3, (1, 1))],
    ),
    Row(
        "nn.functional.unfold",
        [
            call(T(2, 3, 6, 5), 2),
            call(T(2, 3, 6, 5), (3, 2), 1, 1, 2),
            call(T(2, 3, 6, 5), 2, dilation=2),
            call(T(2, 3, 6, 5), (2, 3), (2, 1), (0, 2), (1, 3)),
            call(T(3, 6, 5), 2),
            call(T(0, 3, 6, 5), 2),
        ],
        dtypes=DTYPES,
        errors=[
            call(T(2, 3, 6, 5), 7),
            call(T(2, 3, 6, 5), 0),
            call(T(2, 3, 6, 5), 2, 0),
            call(T(2, 3, 6, 5), 2, 1, -1),
            call(T(2, 3, 6, 5), 2, stride=0),
            call(T(2, 3, 6, 5), (2, 2, 2)),
            call(T(5, 5), 2),
            call(T(1, 2, 3, 6, 5), 2),
            call(T(2, 0, 6, 5), 2),
            call(3, 2),
            call(T(2, 3, 6, 5), 2.5),
        ],
    ),
    Row(
        "nn.functional.fold",
        [
            call(T(2, 12, 20), (6, 5), 2),
            call(T(12, 20), (6, 5), 2),
            call(T(2, 12, 25), 6, (2, 2)),
            call(T(2, 4, 9), 6, 2, 1, 0, 2),
            call(T(2, 4, 16), 6, 2, 1, 1, 2),
            call(T(2, 4, 16), 6, 2, 2),
            call(T(0, 12, 20), (6, 5), 2),
        ],
        dtypes=DTYPES,
        errors=[
            call(T(2, 12, 24), (6, 6), 2),
            call(T(2, 13, 25), (6, 6), 2),
            call(T(2, 3, 6, 6), (6, 6), 2),
            call(T(2, 12, 25), (6, 6, 6), 2),
            call(T(2, 12, 25), (-6, 6), 2),
            call(T(2, 12, 25), 6, (2, 2, 2)),
            call(T(2, 12, 25), 6, 0),
            call(T(2, 12, 25), 6, 2, 0),
            call(T(2, 12, 25), 6, 2, 1, -1),
            call(T(2, 12, 25), 6, 2, 1, 0, 0),
            call(3, 2, 2),
        ],
    ),
    Row(
        "pixel_shuffle",
        [
            call(T(2, 8, 3, 4), 2),
            call(T(18, 3, 4), 3),
            call(T(2, 1, 4, 3, 4), 2),
            call(T(2, 3, 4), 1),
        ],
        dtypes=DTYPES,
        errors=[
            call(T(2, 3, 3, 4), 2),
            call(T(2, 3, 3, 4), 0),
            call(T(2, 3, 3, 4), -1),
            call(T(3, 4), 1),
            call(T(2, 3, 3, 4), 2.5),
            call(3, 2),
        ],
    ),
    # PyTorch's derivative of nothing fails.
    Row(
        "pixel_shuffle",
        [call(T(0, 4, 3, 4), 2), call(T(4, 1, 0), 2)],
        dtypes=DTYPES,
        grad=False,
    ),
    Row(
        "pixel_unshuffle",
        [
            call(T(2, 3, 6, 4), 2),
            call(T(3, 6, 3), 3),
            call(T(2, 1, 3, 6, 4), 2),
            call(T(2, 3, 4), 1),
            call(T(3, 2, 2), 2),
            call(T(1, 1, 2, 4), 2),
        ],
        dtypes=DTYPES,
        errors=[
            call(T(2, 3, 6, 4), 4),
            call(T(2, 3, 6, 4), 3),
            call(T(2, 3, 6, 4), 0),
            call(T(3, 4), 1),
        ],
    ),
    Row(
        "channel_shuffle",
        [
            call(T(2, 6, 3, 4), 2),
            call(T(2, 6, 3, 4), 3),
            call(T(2, 6, 3), 2),
            call(T(2, 3, 4), 1),
            call(T(0, 6, 3), 2),
            call(T(1, 4, 1), 4),
        ],
        dtypes=DTYPES,
        errors=[
            call(T(2, 3, 6, 4), 2),
            call(T(2, 3, 6, 4), 0),
            call(T(3, 4), 1),
            call(3, 1),
        ],
    ),
]
