"""Copies, casts and overwriting."""

from __future__ import annotations

from typing import Any

from tests.samples.common import ALL, EXTREMES
from tests.samples.row import M, Row, T, call

SHAPES = [call(T(3, 4)), call(T()), call(T(0, 3)), call(T(2, 1, 3))]


def copied(torch: Any, x: Any, source: Any) -> Any:
    """copy_ over a copy, so that both operands are differentiated."""
    return x.clone().copy_(source)


def cast(torch: Any, x: Any, name: str) -> Any:
    return x.to(getattr(torch, name))


ROWS = [
    Row(
        "clone",
        [*SHAPES, call(EXTREMES), call(M(3))],
        dtypes=ALL,
        errors=[call(3), call(T(3), 3), call(T(3), memory_format=3), call(T(3), dtype=3)],
    ),
    Row(
        "fill",
        [*(call(*c.args, 2) for c in SHAPES), call(T(3), T()), call(T(), T()), call(T(2, 0), T())],
        dtypes=ALL,
        method=False,
        errors=[call(T(3), T(3)), call(T(3), "a"), call(T(3), 1e400j), call("a", 2)],
    ),
    Row(
        "copy_",
        [
            *(call(T(3, 4), T(3, 4)), call(T(3, 4), T(4)), call(T(2), T()), call(T(0, 3), T(3))),
            *(call(T(), T()), call(T(2, 1, 3), T(1, 3))),
        ],
        fn=copied,
        dtypes=ALL,
        errors=[call(T(3), T(4)), call(T(3), T(2, 3)), call(T(1), T(3)), call(T(3), "a")],
    ),
    Row(
        "to",
        [call(T(3, 4), name) for name in ("float64", "complex128")],
        fn=cast,
        dtypes=ALL,
    ),
    Row("to_less", [call(T(3, 4), "float32")], fn=cast, dtypes=ALL, rtol=1e-6, forward=False),
    Row("to_whole", [call(T(3, 4), "int64"), call(T(3, 4), "bool")], fn=cast, grad=False),
    Row(
        "contiguous",
        [call(T(3, 4)), call(T(2, 3, 4)), call(T(0, 3))],
        fn=lambda torch, x: x.transpose(0, 1).contiguous(),
        dtypes=ALL,
    ),
    Row(
        "zero_",
        SHAPES,
        fn=lambda torch, x: x.clone().zero_(),
        dtypes=ALL,
    ),
    Row(
        "channels_last",
        [call(T(2, 3, 4, 5))],
        fn=lambda torch, x: x.contiguous(memory_format=torch.channels_last),
        dtypes=ALL,
    ),
]
