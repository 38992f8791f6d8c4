"""The losses that nn.functional's call below, which take their reduction as a number."""

from __future__ import annotations

from typing import Any

from tests.samples.losses import SIGN, SIGNS, P
from tests.samples.row import Call, Row, T, Z, call

NONE, MEAN, SUM = 0, 1, 2


def reduced(*args: Any, **options: Any) -> list[Call]:
    """A call with each reduction."""
    return [call(*args, **options, reduction=r) for r in (NONE, MEAN, SUM)]


def loss(name: str, calls: list[Call], *errors: Call) -> Row:
    return Row(name, calls, method=False, errors=list(errors))


ROWS = [
    # Another number is none; PyTorch's node keeps it as it is.
    Row(
        "binary_cross_entropy_with_logits",
        [call(T(3), P(3), None, None, other) for other in (-1, 3)],
        grad=False,
        method=False,
    ),
    loss(
        "binary_cross_entropy_with_logits",
        [
            *reduced(T(3), P(3)),
            call(T(3), P(3)),
            call(T(3), P(3), Z(3, low=0.1), None, SUM),
            call(T(2, 3), P(2, 3), None, Z(3, low=0.1), NONE),
            call(T(), P()),
            call(T(0, 3), P(0, 3), reduction=SUM),
        ],
        call("a", P(3)),
        call(T(3), "a"),
        call(T(3), P(4)),
        call(T(3), P(3), None, None, "mean"),
        call(T(2, 3), P(3)),
        call(T(3), P(3), "a"),
    ),
    loss(
        "kl_div",
        [
            *reduced(T(3), P(3)),
            *reduced(T(3), T(3), log_target=True),
            *[call(T(3), P(3), other) for other in (-1, 3)],
            call(T(), P()),
            call(T(2, 3), P(3), SUM),
            call(T(0, 3), P(0, 3), SUM),
        ],
        call("a", P(3)),
        call(T(3), P(3), "mean"),
        call(T(3), P(4)),
        call(T(3), P(3), log_target=1),
    ),
    loss(
        "poisson_nll_loss",
        [
            *[call(T(3), P(3), True, False, 1e-8, r) for r in (NONE, MEAN, SUM)],
            call(T(3, low=0.5), P(3), False, False, 1e-8, MEAN),
            call(T(3), T(3, low=0.5, high=4.0), True, True, 1e-8, MEAN),
            call(T(), P(), True, False, 1e-8, NONE),
            call(T(0, 3), P(3), True, False, 1e-8, SUM),
        ],
        call("a", P(3), True, False, 1e-8, MEAN),
        call(T(3), P(4), True, False, 1e-8, MEAN),
        call(T(3), P(3), True, False, "a", MEAN),
        call(T(3), P(3), True, False, 1e-8, "mean"),
    ),
    loss(
        "hinge_embedding_loss",
        [
            *reduced(T(4), SIGNS),
            call(T(4), SIGNS),
            call(T(4), SIGNS, 0.5, MEAN),
            call(T(), SIGN),
            call(T(0, 4), SIGNS, reduction=SUM),
        ],
        call(T(4), SIGNS, 0.5, "mean"),
        call(T(3), SIGNS),
        call("a", SIGNS),
        call(T(4), SIGNS, "a"),
    ),
    loss(
        "margin_ranking_loss",
        [
            *reduced(T(4), T(4), SIGNS),
            call(T(4), T(4), SIGNS),
            call(T(4), T(4), SIGNS, 0.5, SUM),
            call(T(), T(), SIGN),
            call(T(0, 4), T(4), SIGNS, reduction=SUM),
        ],
        call(T(3), T(4), SIGNS),
        call("a", T(4), SIGNS),
        call(T(4), T(4), SIGNS, "a"),
        call(T(4), T(4), SIGNS, 0.5, "mean"),
    ),
    loss(
        "cosine_embedding_loss",
        [
            *reduced(T(4, 3), T(4, 3), SIGNS),
            call(T(4, 3), T(4, 3), SIGNS),
            call(T(4, 3), T(4, 3), SIGNS, 0.2, MEAN),
            call(T(3), T(3), SIGN),
        ],
        call(T(4, 3), T(4, 3), SIGNS, 0.2, None),
        call(T(4), T(4), SIGNS),
        call(T(3, 3), T(3, 3), SIGNS),
        call("a", T(4, 3), SIGNS),
        call(T(4, 3), T(4, 3), SIGNS, "a"),
    ),
    loss(
        "triplet_margin_loss",
        [
            *reduced(T(4, 3), T(4, 3), T(4, 3)),
            call(T(4, 3), T(4, 3), T(4, 3), 2.0, 2.0, 1e-6, True, MEAN),
            call(T(4, 3), T(4, 3), T(4, 3), 1.0, 1.0),
            call(T(3), T(3), T(3)),
        ],
        call(T(4, 3), T(4, 3), T(3)),
        call("a", T(3), T(3)),
        call(T(3), T(3), T(3), "a"),
        call(T(3), T(3), T(3), 1.0, 2.0, 1e-6, 1),
    ),
]
