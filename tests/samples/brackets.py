"""``x[index]`` and ``x[index] = value``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.samples.index import permuted
from tests.samples.row import Call, I, M, Row, Spec, T, Z, call

ALL = ("float32", "float64", "float16", "int64", "uint8", "bool", "complex128")
PAIR = permuted(-1, 1, 0)
S = np.s_

# Indices of a tensor of (3, 4, 5).
INDICES: list[Any] = [
    0,
    -1,
    S[1:],
    S[::2],
    S[-2:],
    S[5:9],
    S[2:1],
    S[:],
    None,
    ...,
    True,
    False,
    S[0, 1, 2],
    S[1:, -1, ::3],
    S[..., 0],
    S[0, ..., 1:3],
    S[None, 0, None],
    S[:, None, ..., None],
    S[True, 0],
    S[:, False],
    (),
    np.int64(1),
    np.array(1),
    np.array([0, 2]),
    [0, 2],
    [[0, 2], [1, 1]],
    [[0], [1, 2]],
    [0, 1.5],
    np.array([0.5]),
    np.array([2, 0], np.int16),
    S[..., 0, ...],
    [True, False, True],
    S[:, [0, 3]],
    S[[0, 2], [1, 1]],
    S[[0, 2], 1, [4, 3]],
    S[:, [0, 3], [1, 1]],
    S[[0, 2], :, [1, 1]],
    S[[0, 2], None, 1],
    S[..., [4, 0]],
    np.array([True, False, True]),
    PAIR,
    I(2, 2, high=3),
    I(high=3),
    I(0, high=1),
    M(3),
    M(3, 4),
    M(3, 4, 5),
    (PAIR, PAIR),
    (PAIR, slice(None), PAIR),
    (slice(None), PAIR, slice(1, None, 2)),
    (PAIR, None, permuted(1, 0, 3)),
    (permuted(0, 2, shape=(2, 1)), permuted(1, 0, 3)),
    (PAIR, 0),
    (0, PAIR),
    (0, slice(None), PAIR),
    (..., PAIR),
    (None, PAIR),
    (M(3), slice(1, 3)),
    (M(3), 0),
    (slice(None), M(4), slice(None, None, 2)),
    (slice(None), M(4, 5)),
    (M(3, 4), permuted(0)),
    I(3, high=3, dtype="int32"),
]
WRONG: list[Any] = [
    3,
    -4,
    S[0, 0, 0, 0],
    S[0, 4],
    S[::-1],
    S[::0],
    S[1.5:],
    "a",
    1.5,
    S[0, "a"],
    [0, 3],
    ["a"],
    S[:, [0, 5]],
    [True, False],
    T(3),
    permuted(0, 3, 1),
    permuted(0, -4),
    (PAIR, permuted(0, 1)),
    M(4),
    M(3, 5),
    (PAIR, PAIR, PAIR, PAIR),
    (PAIR, 4),
    {0: 1},
]
ZERO = [None, ..., (), True, False, (None, ...), M(), S[..., None]]


def read(torch: Any, x: Any, index: Any) -> Any:
    """Read."""
    return x[index]


def written(torch: Any, x: Any, index: Any, value: Any) -> Any:
    """Write to a copy."""
    y = x.clone()
    y[index] = value
    return y


def writes() -> list[Call]:
    """Numbers, 0-d tensors and rows to every place, but for those that are named twice."""
    random = lambda i: isinstance(i, Spec) and i.kind == "index" and i.values is None and i.shape
    once = [i for i in INDICES if not random(i)]
    numbers = [call(T(3, 4, 5), index, 1.5) for index in once]
    return numbers + [call(T(3, 4, 5), index, T()) for index in once]


ROWS = [
    Row(
        "getitem",
        [
            *[call(T(3, 4, 5), index) for index in INDICES],
            *[call(T(), index) for index in ZERO],
            call(T(0, 3), S[:, 1:]),
            call(T(0, 3), M(0)),
            call(T(0, 3), I(0, high=1)),
            call(T(5), I(40, high=5)),
            call(T(50, 40), I(300, high=50)),
        ],
        fn=read,
        dtypes=ALL,
        errors=[
            *[call(T(3, 4, 5), index) for index in WRONG],
            *[call(T(), index) for index in (0, S[1:], PAIR, [0], S[..., 0])],
            call(T(0, 3), 0),
            call(T(0, 3), permuted(0)),
        ],
    ),
    Row(
        "setitem",
        [
            *writes(),
            *[call(T(), index, 2) for index in ZERO if not isinstance(index, Spec)],
            call(T(3, 4), 0, T(4)),
            call(T(3, 4), S[1:], T(2, 4)),
            call(T(3, 4), S[1:], T(1, 2, 4)),
            call(T(3, 4), S[:, ::2], T(3, 1)),
            call(T(3, 4), S[:, None], T(1, 4)),
            call(T(3, 4), ..., T(4)),
            call(T(3, 4), (PAIR,), T(3, 4)),
            call(T(3, 4), (PAIR, 1), T(3)),
            call(T(3, 4), (slice(1, None), permuted(3, 0)), T(2)),
            call(T(3, 4), (slice(1, None), permuted(3, 0)), T(2, 1)),
            call(T(3, 4), M(3, 4), T()),
            call(T(3, 4), M(3), T(4)),
            call(T(3, 4), [2, 0], T(2, 4)),
            call(T(3, 4), [2, 0], np.float64(2)),
            call(T(3, 4), 0, Z(4, dtype="float32")),
            call(T(3, 4), 0, I(4, high=9)),
            call(T(3, 4), S[0, 0], True),
            call(T(3, 4), S[5:], T(0, 4)),
            call(T(0, 3), ..., 1),
        ],
        fn=written,
        dtypes=ALL,
        errors=[
            *[call(T(3, 4, 5), index, 1) for index in WRONG],
            call(T(3, 4), 0, T(3)),
            call(T(3, 4), S[1:], T(3, 4)),
            call(T(3, 4), S[1:], T(2, 2, 4)),
            call(T(3, 4), (PAIR,), T(2, 4)),
            call(T(3, 4), (PAIR,), T(3, 4, dtype="float32")),
            call(T(3, 4), M(3, 4), T(12)),
            call(T(3, 4), 0, "a"),
            call(T(3, 4), 0, 1j),
            call(T(3, 4, dtype="uint8"), 0, 300),
            call(T(), 0, 1),
        ],
    ),
    # PyTorch records a write that a mask of no dimensions leaves out.
    Row("setitem", [call(T(), M(), 2), call(T(2), M(), 3)], fn=written, dtypes=ALL, node=False),
]
