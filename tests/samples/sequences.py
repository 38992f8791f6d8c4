"""Losses of sequences."""

from __future__ import annotations

from typing import Any

from tests.samples.row import I, Row, T, Z, call, permuted

LOGITS = T(6, 3, 5)
TARGETS = I(3, 4, low=1, high=5)
STEPS, LENGTHS = permuted(6, 5, 4), permuted(4, 2, 0)
SHORT = permuted(1, 4, 1)  # too few steps for most targets


def ctc(torch: Any, logits: Any, *args: Any, **options: Any) -> Any:
    """Of logits: only behind a log-softmax is the cotangent that of the function."""
    return torch.nn.functional.ctc_loss(logits.log_softmax(-1), *args, **options)


def joined(torch: Any, logits: Any, targets: Any, *args: Any, **options: Any) -> Any:
    return ctc(torch, logits, targets.contiguous(), *args, **options)


GOOD = [
    call(LOGITS, TARGETS, STEPS, LENGTHS),
    call(LOGITS, TARGETS, STEPS, LENGTHS, reduction="none"),
    call(LOGITS, TARGETS, STEPS, LENGTHS, reduction="sum"),
    call(LOGITS, TARGETS, (6, 5, 4), (4, 2, 0)),
    call(LOGITS, TARGETS, [6, 5, 4], [4, 2, 1]),
    call(LOGITS, I(3, 4, low=0, high=4), STEPS, LENGTHS, blank=4),
    call(
        LOGITS,
        permuted(1, 1, 1, 0, 2, 2, 0, 0, 3, 0, 0, 0, shape=(3, 4)),
        (6, 5, 4),
        (3, 2, 1),
    ),
    call(LOGITS, TARGETS, STEPS, LENGTHS, zero_infinity=True),
    call(LOGITS, TARGETS, STEPS, LENGTHS, 0, "none", True),
    call(LOGITS, TARGETS, SHORT, permuted(4, 2, 3), reduction="none", zero_infinity=True),
    call(LOGITS, TARGETS, SHORT, permuted(4, 2, 3), zero_infinity=True),
    call(LOGITS, I(3, 0, low=1, high=2), (6, 5, 4), (0, 0, 0), reduction="none"),
    call(LOGITS, I(0, low=1, high=2), (6, 5, 4), (0, 0, 0), reduction="none"),
    call(LOGITS, I(3, 4, low=1, high=5, dtype="int32"), STEPS, LENGTHS),
    call(LOGITS, I(3, 4, low=1, high=5, dtype="uint8"), STEPS, LENGTHS),
    call(T(6, 5), permuted(1, 2), (6,), (2,)),
    call(T(6, 5), permuted(1, 2), permuted(6), permuted(2), reduction="none"),
    call(T(1, 1, 1), I(1, 0, low=0, high=1), (1,), (0,)),
]
IMPOSSIBLE = [
    call(LOGITS, TARGETS, SHORT, permuted(4, 2, 3), reduction="none"),
    call(LOGITS, TARGETS, SHORT, permuted(4, 2, 3)),
    call(LOGITS, TARGETS, permuted(0, 1, 0), permuted(1, 0, 0), reduction="none"),
]
# One after another: PyTorch takes them for contiguous, whatever their strides.
JOINED = [
    call(LOGITS, permuted(1, 2, 3, 1, 2, 2), STEPS, LENGTHS),
    call(LOGITS, permuted(1, 1, 2, 2, 2, 3), STEPS, permuted(2, 3, 1)),
    call(LOGITS, permuted(1, 1, 2, 2, 2, 3), (6, 5, 4), (2, 3, 1), reduction="sum"),
]

ROWS = [
    Row(
        "nn.functional.ctc_loss(log_softmax)",
        GOOD,
        fn=ctc,
        second=False,
        dtypes=("float32", "float64", "float16", "int64", "complex64"),
    ),
    Row(
        "nn.functional.ctc_loss(log_softmax)",
        IMPOSSIBLE,
        fn=ctc,
        second=False,
        forward=False,
        finite=False,
    ),
    Row("nn.functional.ctc_loss(joined)", JOINED, fn=joined, second=False),
    Row(
        "nn.functional.ctc_loss(transposed)",
        [call(T(5, 3, 6), TARGETS, STEPS, LENGTHS, reduction="none")],
        fn=lambda torch, x, *args, **options: torch.nn.functional.ctc_loss(
            x.permute(2, 1, 0), *args, **options
        ),
        second=False,
        forward=False,
        finite=False,
    ),
    Row(
        "nn.functional.ctc_loss(blanks)",
        [call(LOGITS, I(3, 4, low=0, high=1), STEPS, LENGTHS, reduction="none")],
        fn=ctc,
        grad=False,
    ),
    Row(
        "nn.functional.ctc_loss",
        GOOD[:3],
        second=False,
        finite=False,
        errors=[
            call(LOGITS, TARGETS, STEPS, LENGTHS, reduction="max"),
            call(LOGITS, TARGETS, (6, 5, 4), LENGTHS),
            call(LOGITS, TARGETS, STEPS, (4, 2, 0)),
            call(LOGITS, TARGETS, T(3), LENGTHS),
            call(LOGITS, TARGETS, STEPS, T(3)),
            call(LOGITS, permuted(1, 2, 3), STEPS, LENGTHS),
            call(LOGITS, permuted(1, 2, 3, 1, 2, 3, 4), STEPS, LENGTHS),
            call(LOGITS, I(3, 4, 2, low=1, high=5), STEPS, LENGTHS),
            call(LOGITS, I(low=1, high=5), STEPS, LENGTHS),
            call(LOGITS, TARGETS, STEPS, LENGTHS, blank=5),
            call(LOGITS, TARGETS, STEPS, LENGTHS, blank=-1),
            call(LOGITS, TARGETS, STEPS, LENGTHS, blank=1.5),
            call(LOGITS, TARGETS, permuted(7, 1, 1), LENGTHS),
            call(LOGITS, TARGETS, permuted(-1, 1, 1), LENGTHS),
            call(LOGITS, TARGETS, STEPS, permuted(5, 1, 1)),
            call(LOGITS, TARGETS, STEPS, permuted(-1, 1, 1)),
            call(LOGITS, TARGETS, permuted(6, 5), LENGTHS),
            call(LOGITS, TARGETS, STEPS, permuted(4, 2)),
            call(LOGITS, TARGETS, (6, 5), (4, 2, 0)),
            call(LOGITS, I(2, 4, low=1, high=5), STEPS, LENGTHS),
            call(T(6, 5), permuted(1, 2), 6, 2),
            call(T(5), TARGETS, STEPS, LENGTHS),
            call(T(1, 6, 3, 5), TARGETS, STEPS, LENGTHS),
            call(T(6, 0, 5), I(0, 4, low=1, high=5), I(0, high=1), I(0, high=1)),
            call(T(0, 3, 5), TARGETS, STEPS, LENGTHS),
            call(T(6, 3, 0), TARGETS, STEPS, LENGTHS),
            call(None, TARGETS, STEPS, LENGTHS),
            call(LOGITS, None, STEPS, LENGTHS),
            call(LOGITS, TARGETS, None, LENGTHS),
            call(LOGITS, TARGETS, STEPS, None),
            call(LOGITS, TARGETS, STEPS, LENGTHS, zero_infinity="a"),
            call(LOGITS, TARGETS, STEPS, LENGTHS, zero_infinity=1),
        ],
    ),
    Row(
        "ctc_loss",
        [
            call(LOGITS, TARGETS, STEPS, LENGTHS),
            call(LOGITS, TARGETS, STEPS, LENGTHS, 0, 1),
            call(LOGITS, TARGETS, STEPS, LENGTHS, 0, 2, True),
            call(LOGITS, TARGETS, STEPS, LENGTHS, 0, 9),
            call(LOGITS, TARGETS, STEPS, LENGTHS, blank=0, reduction=0),
            call(LOGITS, TARGETS, STEPS, LENGTHS, zero_infinity=True),
        ],
        second=False,
        finite=False,
        errors=[
            call(LOGITS, TARGETS, STEPS, LENGTHS, -1),
            call(LOGITS, TARGETS, STEPS, 3, 0, 0, False),
            call("a", TARGETS, STEPS, LENGTHS, 0, 0, False),
            call(LOGITS, TARGETS, STEPS, LENGTHS, 0, "mean", False),
        ],
    ),
]

# -- a linear map and its loss ---------------------------------------------------------------------

ROWS += [
    Row(
        "nn.functional.linear_cross_entropy",
        [
            call(T(6, 4), T(5, 4), I(6, high=5)),
            call(T(6, 4), T(5, 4), I(6, high=5), linear_bias=T(5), reduction="sum"),
            call(T(6, 4), T(5, 4), I(6, high=5), weight=Z(5, low=0.5), reduction="none"),
            call(T(6, 4), T(5, 4), I(6, high=5), ignore_index=2, label_smoothing=0.1),
            call(T(4), T(5, 4), I(high=5)),
            call(T(6, 4), T(5, 3, 4), I(6, 3, high=5), linear_bias=T(5, 3)),
            call(T(6, 4), T(5, 4), T(6, 5, low=0.0, high=1.0)),
        ],
        node=False,
        errors=[
            call(T(2, 6, 4), T(5, 4), I(6, high=5)),
            call(T(6, 4), T(4), I(6, high=5)),
            call(T(6, 4), T(5, 3), I(6, high=5)),
            call(T(6, 4), T(5, 4), I(6, high=5), linear_bias=T(4)),
            call(T(4), T(5, 3, 4), I(3, high=5)),
            call(T(6, 4), T(5, 4), T(6, 5), ignore_index=1),
        ],
    ),
]
