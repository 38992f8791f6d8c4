"""Tables that are looked up by index."""

from __future__ import annotations

from typing import Any

from tests.samples.row import I, Row, T, Z, call, permuted


def starting(*starts: int) -> Any:
    """`embedding_bag` of bags that start there."""

    def function(lib: Any, index: Any, weight: Any, factors: Any = None, **options: Any) -> Any:
        offsets = lib.tensor(list(starts))
        return lib.nn.functional.embedding_bag(
            index, weight, offsets, per_sample_weights=factors, **options
        )

    return function


INDEX = I(7, high=5)
FLOATS = ("float32", "float64", "float16")

ROWS = [
    Row(
        "nn.functional.embedding",
        [
            call(I(4, high=5), T(5, 3)),
            call(I(2, 3, high=5), T(5, 3)),
            call(I(high=5), T(5, 3)),
            call(I(9, high=5, dtype="int32"), T(5, 3)),
        ],
        dtypes=("float32", "float64", "float16", "int64", "complex64"),
        errors=[
            call(I(4, high=5), T(5, 3), 5),
            call(I(4, high=5), T(5, 3), -6),
            call(T(4), T(5, 3)),
            call(I(4, high=5, dtype="int16"), T(5, 3)),
            call(I(4, high=5), T(5)),
            call(I(4, low=5, high=6), T(5, 3)),
            call(I(4, low=-1, high=0), T(5, 3)),
            call(2, T(5, 3)),
            call(I(4, high=5), 2),
            call(I(4, high=5), T(0, 3)),
            call(I(4, high=5), T(0, 3), scale_grad_by_freq=True),
        ],
    ),
    Row(
        "nn.functional.embedding",
        [
            call(I(9, high=5), T(5, 3), scale_grad_by_freq=True),
            call(I(0, high=5), T(5, 0)),
            call(I(0, high=5), T(5, 3)),  # PyTorch's second derivative fails
        ],
        second=False,
        forward=False,  # a gradient by frequency is no transpose, and no slope
        finite=False,
    ),
    Row(
        "nn.functional.embedding",
        [call(I(9, high=5), T(5, 3), 2), call(I(9, high=5), T(5, 3), padding_idx=-1)],
        forward=False,  # nor is one without the padding row
        finite=False,
    ),
    Row(
        "nn.functional.embedding_bag",
        [
            call(I(3, 4, high=5), T(5, 3)),
            call(I(3, 4, high=5), T(5, 3), mode="sum"),
            call(I(3, 4, high=5), T(5, 3), mode="max"),
            call(I(3, 4, high=5), T(5, 3), padding_idx=1),
            call(I(3, 4, high=5), T(5, 3), padding_idx=-1, mode="max"),
            call(I(3, 4, high=5), T(5, 3), mode="sum", per_sample_weights=T(3, 4)),
            call(I(0, 4, high=5), T(5, 3)),
        ],
        dtypes=FLOATS,
        second=False,
        errors=[
            call(I(4, high=5), T(5, 3)),
            call(I(2, 2, high=5), T(5, 3), I(2, high=1)),
            call(I(4, high=5), T(5, 3), I(1, 2, high=1)),
            call(I(1, 2, 2, high=5), T(5, 3)),
            call(I(4, high=5), T(5, 3), I(1, high=1), mode="min"),
            call(I(4, high=5), T(5, 3), I(1, low=1, high=2)),
            call(I(2, 2, high=5), T(5, 3), per_sample_weights=T(2, 2)),
            call(I(2, 2, high=5), T(5, 3), per_sample_weights=T(4), mode="sum"),
            call(
                I(2, 2, high=5),
                T(5, 3),
                per_sample_weights=T(2, 2, dtype="float32"),
                mode="sum",
            ),
            call(I(2, 2, high=5), T(5, 3), scale_grad_by_freq=True, mode="max"),
            call(I(2, 2, high=5), T(5, 3), padding_idx=7),
            call(I(2, 2, high=5), T(5, 3), padding_idx=-6),
            call(T(4), T(5, 3), I(1, high=1)),
            call(I(2, 2, low=5, high=6), T(5, 3)),
            call(I(2, 2, low=-1, high=0), T(5, 3)),
            call(I(2, 2, high=5), T(5, 3, dtype="int64")),
            call(I(2, 2, high=5), T(5)),
        ],
    ),
    Row(
        "embedding_bag(0,3,3,5)",
        [
            call(INDEX, T(5, 3)),
            call(INDEX, T(5, 3), mode="sum"),
            call(INDEX, T(5, 3), mode="max"),
            call(INDEX, T(5, 3), T(7), mode="sum"),
            call(INDEX, T(5, 3), T(7), mode="sum", padding_idx=2),
        ],
        fn=starting(0, 3, 3, 5),
        dtypes=FLOATS,
        second=False,
    ),
    Row(
        "embedding_bag of a transposed table",
        [call(T(3, 5), INDEX, permuted(0, 3, 3, 5), mode=m) for m in (0, 1, 2)],
        fn=lambda lib, x, *args, **k: lib.embedding_bag(x.mT, *args, **k),
        dtypes=FLOATS,
        second=False,
        forward=False,
    ),
    Row(
        "embedding_bag(0,3,7)",
        [call(INDEX, T(5, 3), include_last_offset=True, mode=m) for m in ("sum", "mean", "max")],
        fn=starting(0, 3, 7),
        second=False,
        errors=[call(I(4, high=5), T(5, 3))],
    ),
    Row(
        "nn.functional.one_hot",
        [
            call(I(4, high=5), 6),
            call(I(4, high=5)),
            call(I(2, 3, high=5)),
            call(I(high=5)),
            call(I(0, high=5), 3),
            call(I(2, 1, 3, high=5), num_classes=5),
        ],
        grad=False,
        errors=[
            call(I(4, low=3, high=5), 2),
            call(I(4, low=-2, high=-1)),
            call(I(0, high=5)),
            call(I(0, high=5), 0),
            call(T(2)),
            call(I(4, high=5, dtype="int32")),
            call(I(4, high=5), 0),
            call(I(4, high=5), -2),
        ],
    ),
    Row(
        "embedding",
        [
            call(T(5, 3), I(2, 4, high=5)),
            call(T(5, 3), I(9, high=5), 1),
            call(T(5, 3), I(9, high=5), -2, False),
            call(T(5, 3), I(high=5)),
            call(T(5, 3), I(2, 1, 3, high=5, dtype="int32")),
            call(T(5, 1), I(1, 1, high=5)),
        ],
        dtypes=("float32", "float64", "float16", "int64", "complex64"),
        method=False,
        errors=[
            call(T(5), I(2, high=5)),
            call(T(5, 3), T(2)),
            call(T(5, 3), 2),
            call(T(5, 3), I(2, low=5, high=7)),
            call(T(5, 3), I(2, high=5), None),
        ],
    ),
    Row(
        "embedding by frequency",
        [call(T(5, 3), I(9, high=5))],
        fn=lambda lib, weight, index: lib.embedding(weight, index, -1, True),
        second=False,
        forward=False,
        finite=False,
    ),
    Row(
        "embedding_renorm_",
        [
            call(Z(5, 3), I(4, high=5), 0.5, 2.0),
            call(Z(5, 3), I(0, high=5), 1.5, 1.0),
            call(Z(5, 3), I(2, 3, high=5, dtype="int32"), 0.5, 1.0),
            call(Z(5, 3), I(4, high=5), 0.5, float("inf")),
            call(Z(5, 1), I(high=5), 0.5, 3.0),
            call(Z(5, 3), I(4, high=5), 90.0, 2.0),
        ],
        fn=lambda lib, w, i, *norm: lib.embedding_renorm_(w.clone(), i, *norm),
        grad=False,
        errors=[
            call(Z(5), I(2, high=5), 0.5, 2.0),
            call(Z(5, 3), Z(2), 0.5, 2.0),
            call(Z(5, 3), 3, 0.5, 2.0),
            *[call(Z(5, 0), I(2, high=5), 0.5, p) for p in (float("inf"), float("-inf"), -0.5)],
        ],
    ),
    Row(
        "embedding_bag",
        [
            call(T(5, 3), INDEX, permuted(0, 3, 3, 5)),
            call(T(5, 3), INDEX, permuted(0, 3, 3, 5), mode=1),
            call(T(5, 3), INDEX, permuted(0, 3, 3, 5), False, 2),
            call(T(5, 3), INDEX, permuted(0, 3, 7), mode=1, include_last_offset=True),
            call(T(5, 3), INDEX, permuted(0, 3, 7), mode=2, include_last_offset=True),
            call(T(5, 3), INDEX, permuted(0, 3), False, 0, False, T(7)),
            call(T(5, 3), INDEX, permuted(0, 3), False, 0, False, T(7), False, 2),
            call(T(5, 3), INDEX, permuted(0, 3), False, 1, False, None, False, -2),
            call(T(5, 3), INDEX, permuted(0, 3), False, 2, False, None, False, 1),
        ],
        dtypes=FLOATS,
        method=False,
        second=False,
        forward=False,
        errors=[
            call(T(5, 3), INDEX, permuted(0), mode=3),
            call(T(5, 3), INDEX, permuted(1)),
            call(T(5, 3), INDEX, permuted(8)),
            call(T(5, 3), I(7, low=5, high=6), permuted(0)),
            call(T(5), INDEX, permuted(0)),
            call(T(5, 3), INDEX, permuted(0, shape=(1, 1))),
            call(T(5, 3), INDEX, None),
            call(T(5, 3), INDEX, permuted(0), False, 1, False, T(7)),
            call(T(5, 3), INDEX, permuted(0), False, 0, False, T(6)),
            call(T(5, 3), INDEX, permuted(0), False, 0, False, T(7, dtype="float32")),
            call(T(5, 3), INDEX, permuted(0), False, 0, False, None, False, 5),
            call(Z(5, 3, dtype="int64"), INDEX, permuted(0)),
        ],
    ),
]
