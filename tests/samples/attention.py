"""Attention."""

from __future__ import annotations

from typing import Any

from tests.samples.row import FLOATS, M, Row, T, Z, call

HALVES = (*FLOATS, "float16")
PATH = "nn.functional.scaled_dot_product_attention"

Q, K, V = T(2, 3, 4, 5), T(2, 3, 6, 5), T(2, 3, 6, 5)
OTHER = T(2, 3, 6, 7)  # values of another size
INF = float("inf")
BARRED = (0.0, -INF, -INF, -INF, -INF, -INF)


def _every_other(lib: Any, query: Any, *args: Any) -> Any:
    return lib.nn.functional.scaled_dot_product_attention(query[..., ::2], *args)


ROWS = [
    # Where PyTorch runs its fused kernel, which has neither second derivative nor forward mode.
    Row(
        PATH,
        [
            call(Q, K, V),
            call(Q, K, V, is_causal=True),
            call(T(2, 3, 6, 5), T(2, 3, 4, 5), T(2, 3, 4, 5), is_causal=True),
            call(Q, K, V, scale=0.3),
            call(Q, K, V, scale=-2),
            call(Q, K, V, M(4, 6)),
            call(Q, K, V, M(2, 3, 4, 6)),
            call(Q, K, V, M(2, 1, 1, 6)),
            call(Q, K, V, M(4, 6), is_causal=True),
            call(Q, K, V, Z(4, 6)),
            call(Q, K, V, Z(4, 6, dtype="float32")),
            call(Q, K, V, Z(2, 1, 4, 6)),
            call(Q, K, V, Z(2, 1, 4, 1)),
            call(Q, K, V, Z(2, 1, 1, 6, values=(*BARRED, *(-INF,) * 6))),
            call(T(2, 6, 4, 5), K, V, enable_gqa=True),
            call(T(2, 6, 4, 5), T(2, 1, 6, 5), T(2, 1, 6, 5), is_causal=True, enable_gqa=True),
            call(T(1, 1, 1, 1), T(1, 1, 1, 1), T(1, 1, 1, 1)),
        ],
        second=False,
        dtypes=HALVES,
        rtol32=5e-5,
    ),
    Row(
        PATH,
        [
            call(Q, K, OTHER),
            call(Q, K, OTHER, M(4, 6)),
            call(Q, K, OTHER, is_causal=True),
            call(T(3, 4, 5), T(3, 6, 5), T(3, 6, 5)),
            call(T(3, 4, 5), T(3, 6, 5), T(3, 6, 5), T(6)),
            call(T(3, 4, 5), T(3, 6, 5), T(3, 6, 5), M(6)),
            call(T(3, 4, 5), T(3, 6, 5), T(3, 6, 5), M(4, 6)),
            call(T(4, 5), T(6, 5), T(6, 5)),
            call(T(4, 5), T(6, 5), T(6, 2), is_causal=True),
            call(T(1, 2, 3, 4, 5), T(2, 3, 6, 5), T(1, 1, 3, 6, 5)),
            call(T(1, 3, 4, 5), K, V),
            call(T(3, 4, 5), K, V),
            call(Q, K, V, T(4, 6)),
            call(Q, K, V, T(2, 3, 4, 6)),
            call(Q, K, V, T(3, 1, 6)),
            call(Q, K, V, T(1, 1, 4, 1)),
            call(T(2, 6, 4, 5), K, T(2, 2, 6, 5), enable_gqa=True),
            call(T(6, 4, 5), T(3, 6, 5), T(3, 6, 5), enable_gqa=True),
        ],
        rtol32=5e-5,
    ),
    Row(
        PATH,
        [
            call(T(2, 3, 0, 5), K, V),
            call(Q, T(2, 3, 0, 5), T(2, 3, 0, 5)),
            call(T(3, 4, 5), T(3, 0, 5), T(3, 0, 2)),
            call(Q, K, T(2, 3, 6, 0)),
            call(T(0, 3, 4, 5), T(0, 3, 6, 5), T(0, 3, 6, 5)),
            call(T(2, 6, 4, 5), T(2, 0, 6, 5), T(2, 0, 6, 5), enable_gqa=True),
            call(T(2, 2, 0, 5), T(2, 5, 2, 5), T(2, 5, 2, 5), enable_gqa=True),
        ],
        second=False,
    ),
    Row(PATH, [call(T(4, 0), T(6, 0), T(6, 3)), call(T(2, 3, 4, 0), T(2, 3, 6, 0), V)]),
    Row(
        f"{PATH} of every other number",
        [call(T(2, 3, 4, 10), K, V, Z(4, 6)), call(T(3, 4, 10), T(3, 6, 5), T(3, 6, 5), M())],
        fn=_every_other,
        second=False,
        errors=[call(T(2, 3, 4, 10), K, V, M()), call(T(2, 3, 4, 10), K, V, Z(6))],
    ),
    Row(
        PATH,
        dtypes=("int64", "int32", "bool", "complex64", "complex128"),
        calls=[call(Q, K, V), call(T(4, 5), T(6, 5), T(6, 5))],
        grad=False,
        errors=[
            call(T(5), K, V),
            call(Q, K, T(5)),
            call(Q, T(2, 3, 6, 5, dtype="float32"), V),
            call(Q, K, V, Z(4, 6, dtype="int64")),
            call(Q, K, V, Z(5, 6)),
            call(Q, K, V, Z(6)),
            call(Q, K, V, M()),
            call(Q, K, V, Z(5, 1, 4, 6)),
            call(Q, K, V, Z(1, 2, 3, 4, 6)),
            call(T(3, 4, 5), T(3, 6, 5), T(3, 6, 5), Z(5, 6)),
            call(T(3, 4, 5), T(3, 6, 5), T(3, 6, 5), M(5, 6)),
            call(T(3, 4, 5), T(3, 6, 5), T(3, 6, 5), Z(2, 3, 4, 6)),
            call(T(3, 4, 5), T(3, 6, 5), T(3, 6, 5), M(4, 6), is_causal=True),
            call(Q, T(2, 3, 6, 4), V),
            call(T(3, 4, 5), T(3, 6, 4), T(3, 6, 5)),
            call(T(3, 4, 5), T(3, 6, 5), T(3, 5, 5)),
            call(T(4, 5), T(6, 5), T(5, 5)),
            call(T(4, 5), T(6, 4), T(6, 5)),
            call(Q, K, T(3, 3, 6, 5)),
            call(T(3, 4, 5), T(2, 6, 5), T(3, 6, 5)),
            call(T(2, 6, 4, 5), K, V),
            call(T(2, 7, 4, 5), K, V, enable_gqa=True),
            call(T(4, 5), T(6, 5), T(6, 5), enable_gqa=True),
            call(Q, K, V, dropout_p=1.5),
            call(Q, K, V, dropout_p=-0.5),
            call(Q, K, V, dropout_p="a"),
            call(Q, K, V, is_causal=1),
            call(Q, K, V, scale="a"),
            call(Q, K, V, enable_gqa=1),
            call(None, K, V),
            call(Q, [1], V),
            call(Q, K, V, [1]),
        ],
    ),
]
