"""Losses of classes: targets that are indices, or sets of them."""

from __future__ import annotations

from typing import Any

from tests.samples.losses import (
    P,
    legacy,
    loss,
    reduced,
)
from tests.samples.row import I, Row, T, Z, call

W = Z(5, low=0.1)


def classes(name: str, **options: Any) -> Row:
    """A loss of classes, which nll_loss and cross_entropy call alike."""
    return loss(
        name,
        [
            *reduced(T(3, 5), I(3, high=5)), *reduced(T(3, 5), I(3, high=5), W),
            *legacy(T(3, 5), I(3, high=5)), *reduced(T(5), I(high=5)),
            *reduced(T(40, 5), I(40, high=5), ignore_index=2),
            *reduced(T(40, 5), I(40, high=5), W, ignore_index=2),
            *reduced(T(2, 5, 4), I(2, 4, high=5)), *reduced(T(2, 5, 3, 4), I(2, 3, 4, high=5), W),
            *reduced(T(2, 5, 3, 2, 2), I(2, 3, 2, 2, high=5), ignore_index=1),
            *reduced(T(9, 300), I(9, high=300)),
            call(T(3, 5), I(3, high=5, dtype="uint8")),
        ],
        [
            call(T(3, 5), I(3, low=5, high=6)), call(T(3, 5), I(3, low=-1, high=0)),
            call(T(3, 5), I(3, high=5), Z(4)), call(T(3, 5), I(3, high=5), Z(5, dtype="float32")),
            call(T(3, 5), I(3, high=5, dtype="int32")), call(T(3, 5), I(2, high=5)),
            call(T(5), I(3, high=5)), call(T(2, 5, 4), I(2, 3, high=5)), call(T(), I(high=1)),
            call(T(2, 5, 4), I(3, high=5)), call(T(2, 5, 3, 4), I(2, 3, high=5)),
            call(T(2, 5, 3, 4), I(2, 3, 3, high=5)), call(T(2, 5, 3, 4), I(2, 3, 4, high=5), Z(4)),
            call("a", I(3, high=5)), call(T(3, 5), "a"), call(T(3, 5), I(3, high=5), reduction="a"),
            call(Z(3, 5, dtype="int64"), I(3, high=5)),
        ],
        dtypes=("float32", "float64", "float16", "int64"),
        **options,
    )  # fmt: skip


ROWS = [
    *[
        loss(
            name,
            [call(T(0, 5), I(0, high=5)), call(T(3, 5), I(3, low=-100, high=-99))],
            dtypes=("float32", "float64"),
            forward=False,  # nan is not itself
        )
        for name in ("nll_loss", "cross_entropy")
    ],
    # PyTorch's backward pass refuses the size of this target, which forward takes.
    *[
        loss(name, [call(T(5), I(1, high=5))], dtypes=("float32", "float64"), grad=False)
        for name in ("nll_loss", "cross_entropy")
    ],
    # The loss of an image that isn't 4-D, unreduced, is a view of one in PyTorch.
    classes("nll_loss", node=False),
    classes("cross_entropy", node=False),
    loss(
        "cross_entropy",
        [
            *reduced(T(3, 5), I(3, high=5), label_smoothing=0.1),
            *reduced(T(3, 5), I(3, high=5), W, label_smoothing=0.3),
            *reduced(T(30, 5), I(30, high=5), ignore_index=2, label_smoothing=0.3),
            *reduced(T(2, 5, 3), I(2, 3, high=5), W, ignore_index=2, label_smoothing=1.0),
            call(T(5), I(high=5), label_smoothing=0.1),
            *[call(T(3, 0), T(3, 0), label_smoothing=0.1, reduction=r) for r in ("none", "sum")],
            *reduced(T(3, 5), P(3, 5)), *reduced(T(3, 5), P(3, 5), W), *legacy(T(3, 5), P(3, 5)),
            *reduced(T(3, 5), P(3, 5), label_smoothing=0.2), *reduced(T(2, 5, 3), P(2, 5, 3), W),
            call(T(5), P(5)), call(T(3, 5), I(3, high=5)), call(T(2, 5, 3), I(2, 3, high=5)),
        ],
        [
            call(T(3, 5), P(3, 5), Z(4)), call(T(3, 5), P(3, 5), ignore_index=1),
            call(T(3, 5), I(3, 5, high=5)), call(T(3, 5), I(3, high=5), label_smoothing=1.5),
            call(T(3, 5), I(3, high=5), label_smoothing="a"), call(T(3, 5), P(5)),
            call(T(3, 5), I(3, high=5), Z(4), label_smoothing=0.1),
        ],
        dtypes=("float32", "float64"),
    ),
    loss(
        "multi_margin_loss",
        [
            *reduced(T(3, 5), I(3, high=5)), *reduced(T(3, 5), I(3, high=5), p=2),
            *reduced(T(3, 5), I(3, high=5), weight=W), *legacy(T(3, 5), I(3, high=5)),
            *reduced(T(3, 5), I(3, high=5), 2, 0.4, W), call(T(5), I(high=5)),
            call(T(5), I(1, high=5), margin=2),
        ],
        [
            call("a", I(3, high=5)), call(T(3, 5), "a"), call(T(3, 5), I(3, high=5), p=3),
            call(T(3, 5), I(3, high=5), weight=Z(4)), call(T(3, 5), I(3, low=5, high=6)),
            call(T(3, 5), I(2, high=5)), call(T(3, 5), T(3, 5)), call(T(2, 3, 5), I(3, high=5)),
            call(T(3, 5), I(3, high=5, dtype="int32")), call(T(3, 5), I(3, high=5), reduction="a"),
            call(Z(3, 5, dtype="int64"), I(3, high=5)),
        ],
        dtypes=("float32", "float64", "float16", "int64"),
        second=False,  # PyTorch has none
    ),
    loss(
        "multilabel_margin_loss",
        [
            *reduced(T(3, 5), I(3, 5, high=5)), *reduced(T(6, 5), I(6, 5, low=-1, high=5)),
            *legacy(T(3, 5), I(3, 5, high=5)), *reduced(T(5), I(5, low=-1, high=5)),
            call(T(), I(high=1)), call(T(3, 5), I(3, 5, low=-1, high=0)),
        ],
        [
            call("a", I(3, high=5)), call(T(3, 5), "a"), call(T(3, 5), I(3, 5, low=5, high=6)),
            call(T(3, 5), I(3, 5, low=-3, high=-2)), call(T(3, 5), I(5, high=5)),
            call(T(3, 5), T(3, 5)), call(T(2, 3, 5), I(3, high=5)),
            call(T(3, 5), I(3, 5, high=5, dtype="int32")),
            call(Z(3, 5, dtype="int64"), I(3, 5, high=5)),
        ],
        dtypes=("float32", "float64", "float16", "int64"),
        second=False,  # PyTorch has none
        node=False,  # and no graph at all in 0-d
    ),
    loss(
        "multilabel_soft_margin_loss",
        [
            *reduced(T(3, 5), P(3, 5)), *reduced(T(3, 5), P(3, 5), W), *legacy(T(3, 5), P(3, 5)),
            call(T(3, 5), P(5)), call(T(5), P(5)),
        ],
        [call(T(3, 5), P(3, 5), reduction="a"), call(T(3, 5), P(2, 5)), call("a", P(3))],
        dtypes=("float32", "float64"),
    ),
]  # fmt: skip
