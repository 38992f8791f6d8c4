"""Losses: every reduction, weights, broadcasting, and the targets they refuse."""

from __future__ import annotations

from typing import Any

from tests.samples.row import Call, Row, T, Z, call

FLOATS = ("float32", "float64", "float16", "int64", "complex128", "bool")
REDUCTIONS = ("mean", "sum", "none")
LEGACY: list[dict[str, Any]] = [
    {"size_average": False},
    {"reduce": False},
    {"size_average": True, "reduce": True},
]


def reduced(*args: Any, **options: Any) -> list[Call]:
    """A call with each reduction."""
    return [call(*args, **options, reduction=r) for r in REDUCTIONS]


def legacy(*args: Any) -> list[Call]:
    """A call in the words of old programs."""
    return [call(*args, **words) for words in LEGACY]


def loss(name: str, calls: list[Call], errors: list[Call] | None = None, **options: Any) -> Row:
    """A loss of nn.functional, in all dtypes: some of them PyTorch refuses, and so do we."""
    defaults: dict[str, Any] = {"dtypes": FLOATS, "errors": errors or []}
    return Row(f"nn.functional.{name}", calls, **{**defaults, **options})


def P(*shape: int, **options: Any) -> Any:
    """Probabilities, off the ends."""
    return T(*shape, low=0.1, high=0.9, **options)


PAIR_ERRORS = [
    call("a", T(3)),
    call(T(3), "a"),
    call(T(3), T(3), reduction="average"),
    call(T(3), T(4)),
]
# Large enough for kernels that work in blocks.
LARGE = (T(300, 150), T(300, 150))

DIFFERENCES = [
    loss(
        "mse_loss",
        [
            *reduced(T(3, 4), T(3, 4)), *legacy(T(3), T(3)), *reduced(*LARGE),
            *reduced(T(3, 4), T(4)), call(T(3, 1), T(1, 4)), call(T(), T()),
            *reduced(T(3, 4), T(3, 4), weight=Z(3, 4, low=0.1)),
            call(T(3), Z(3, dtype="float32")), call(T(3), Z(3, dtype="int64")),
        ],
        [*PAIR_ERRORS, call(T(3), T(3), weight=Z(1)),
         call(Z(3, dtype="int64"), Z(3, dtype="int64"))],
    ),
    loss(
        "l1_loss",
        [
            *reduced(T(3, 4), T(3, 4)), *legacy(T(3), T(3)), *reduced(*LARGE),
            *reduced(T(3, 4), T(4)), call(T(), T()),
            *reduced(T(3, 4), T(3, 4), weight=Z(3, 4, low=0.1)),
            call(T(3, values=(0.0, 1.0, 2.0)), T(3, values=(0.0, 1.0, 3.0))),
        ],
        [*PAIR_ERRORS, call(T(3), T(3), weight=Z(1)),
         call(Z(3, dtype="int64"), Z(3, dtype="int64"))],
    ),
    loss(
        "smooth_l1_loss",
        [
            *reduced(T(3, 4), T(3, 4)), *legacy(T(3), T(3)), *reduced(*LARGE, beta=0.5),
            *reduced(T(3, 4), T(4), beta=0.7), call(T(), T(), beta=2),
            call(T(3, 4), T(3, 4), beta=0.0),
            call(T(3, values=(0.0, 1.0, 2.0)), T(3, values=(0.0, 2.0, 0.0))),
        ],
        [*PAIR_ERRORS, call(T(3), T(3), beta=-1.0), call(T(3), T(3), beta="a"),
         call(Z(3, dtype="int64"), Z(3, dtype="int64"), beta=-1.0),
         call(Z(3, dtype="int64"), Z(3, dtype="int64"))],
    ),
    loss(
        "huber_loss",
        [
            *reduced(T(3, 4), T(3, 4)), *reduced(*LARGE, delta=0.5),
            *reduced(T(3, 4), T(4), delta=0.7), call(T(), T(), delta=2),
            *reduced(T(3, 4), T(3, 4), weight=Z(3, 4, low=0.1)),
            call(T(3, values=(0.0, 1.0, 2.0)), T(3, values=(0.0, 2.0, 0.0))),
        ],
        [*PAIR_ERRORS, call(T(3), T(3), delta=0.0), call(T(3), T(3), delta="a"),
         call(Z(3, dtype="int64"), Z(3, dtype="int64"), delta=0.0),
         call(T(3), T(3), weight=Z(1)),
         call(Z(3, dtype="int64"), Z(3, dtype="int64"))],
    ),
]  # fmt: skip

LIKELIHOODS = [
    loss(
        "binary_cross_entropy",
        [
            *reduced(P(3, 4), P(3, 4)), *legacy(P(3), P(3)), *reduced(P(300, 150), P(300, 150)),
            *reduced(P(3, 4), P(3, 4), Z(4, low=0.1)), call(P(3, 4), P(3, 4), Z(3, 4, low=0.1)),
            call(P(), P()),
        ],
        [
            call(P(3), P(4)), call("a", P(3)), call(P(3), P(3), reduction="average"),
            call(T(3, low=2.0, high=3.0), P(3)), call(P(3), T(3, low=2.0, high=3.0)),
            call(P(3), P(3), Z(2)), call(P(3), Z(3, dtype="float32", low=0.1, high=0.9)),
            call(Z(3, dtype="int64"), Z(3, dtype="int64")),
        ],
        # PyTorch's own second derivative is of the logarithms unbounded; ours of the bounded ones.
        rtol=1e-8,
    ),
    loss(
        "binary_cross_entropy",
        [call(Z(4, values=(0.0, 1.0, 0.0, 1.0)), Z(4, values=(0.0, 1.0, 1.0, 0.0)))],
        grad=False,
    ),
    loss(
        "binary_cross_entropy_with_logits",
        [
            *reduced(T(3, 4), P(3, 4)), *legacy(T(3), P(3)), *reduced(T(300, 150), P(300, 150)),
            *reduced(T(3, 4), P(3, 4), Z(4, low=0.1)),
            *reduced(T(3, 4), P(3, 4), pos_weight=Z(4, low=0.1)),
            call(T(3, 4), P(3, 4), Z(3, 1, low=0.1), pos_weight=Z(3, 4, low=0.1)),
            call(T(), P()), call(T(3, low=-300.0, high=300.0), P(3)),
        ],
        [
            call(T(3), P(4)), call("a", P(3)), call(T(3), P(3), reduction="average"),
            call(T(3), P(3), Z(2)), call(T(3), P(3), pos_weight=Z(2)),
            call(Z(3, dtype="int64"), P(3)), call(T(3), Z(3, dtype="int64")),
        ],
        rtol=1e-9,
    ),
    loss(
        "kl_div",
        [
            *reduced(T(3, 4), P(3, 4)), *legacy(T(3), P(3)), *reduced(T(300, 150), P(300, 150)),
            *reduced(T(3, 4), T(3, 4), log_target=True),
            call(T(3, 4), P(3, 4), reduction="batchmean"),
            call(T(3, 4), T(3, 4), reduction="batchmean", log_target=True), call(T(), P()),
            call(T(), P(), reduction="batchmean"), *reduced(T(3, 4), P(4)),
        ],
        [
            call("a", P(3)), call(T(3), "a"), call(T(3), P(3), reduction="average"),
            call(T(3), P(4)), call(T(3), Z(3, dtype="int64")),
        ],
    ),
    loss("kl_div", [call(Z(3), Z(3, values=(0.0, 0.5, 1.0)))], grad=False),
    loss("kl_div", [call(T(3), T(3, values=(0.0, 0.5, 1.0)))], second=False, forward=False,
         finite=False),
    loss(
        "poisson_nll_loss",
        [
            *reduced(T(3, 4), P(3, 4)), *legacy(T(3), P(3)), *reduced(P(3, 4), P(3, 4), False),
            *reduced(T(3, 4), T(3, 4, low=0.5, high=4.0), full=True),
            call(P(3), P(3), False, eps=0.1),
            call(T(), P()), call(T(3, 4), P(4)),
        ],
        [call("a", P(3)), call(T(3), "a"), call(T(3), P(3), reduction="average"), call(T(3), P(4))],
    ),
    loss(
        "gaussian_nll_loss",
        [
            *reduced(T(3, 4), T(3, 4), P(3, 4)), call(T(3, 4), T(3, 4), P(3)),
            call(T(3, 4), T(3, 4), P(3, 1)), call(T(3, 4), T(3, 4), P(1, 4)),
            call(T(3, 4), T(3, 4), P(3, 4), full=True), call(T(3, 4), T(3, 4), 0.5),
        ],
        [
            call(T(3), T(3), Z(3, values=(-1.0, 1.0, 1.0))), call(T(3), T(3), -1.0),
            call(T(3, 4), T(3, 4), P(2, 4)), call(T(3, 4), T(3, 4), P()),
            call(T(3), T(3), P(3), reduction="average"), call(T(3, 4), T(3, 4), P(1, 1)),
        ],
        dtypes=("float32", "float64"),
    ),
]  # fmt: skip

SIGNS = Z(4, values=(1.0, -1.0, 1.0, -1.0))
SIGN = Z(values=(1.0,))
PAIRS = [
    loss(
        "hinge_embedding_loss",
        [
            *reduced(T(4), SIGNS), *reduced(T(3, 4), SIGNS, margin=0.3), *legacy(T(4), SIGNS),

        ],
        [call("a", SIGNS), call(T(4), "a"), call(T(4), SIGNS, reduction="average"),
         call(T(3), SIGNS)],
    ),
    loss(
        "margin_ranking_loss",
        [
            *reduced(T(4), T(4), SIGNS), *reduced(T(4), T(4), SIGNS, margin=0.7),
            *legacy(T(4), T(4), SIGNS), call(T(), T(), SIGN),
        ],
        [
            call("a", T(4), SIGNS), call(T(4), T(4), SIGNS, reduction="average"),
            call(T(4), T(4, 1), SIGNS), call(T(3), T(4), SIGNS),
        ],
    ),
    loss(
        "cosine_embedding_loss",
        [
            *reduced(T(4, 3), T(4, 3), SIGNS), *reduced(T(4, 3), T(4, 3), SIGNS, margin=0.3),
            *legacy(T(4, 3), T(4, 3), SIGNS), call(T(3), T(3), SIGN),
        ],
        [
            call("a", T(4, 3), SIGNS), call(T(4, 3), T(4, 3), Z(4, 1)), call(T(3), T(3), SIGNS),
            call(T(4, 3), T(4, 3), SIGN), call(T(4, 3), T(4, 3), SIGNS, reduction="average"),
            call(T(4, 3), T(4, 2), SIGNS),
        ],
        dtypes=("float32", "float64"),
    ),
    loss(
        "soft_margin_loss",
        [
            *reduced(T(4), SIGNS), *legacy(T(4), SIGNS), *reduced(T(3, 4), SIGNS), call(T(), SIGN),
            call(T(4), Z(4, dtype="int64")),
        ],
        [
            call("a", SIGNS), call(T(4), "a"), call(T(4), SIGNS, reduction="average"),
            call(T(3), SIGNS), call(Z(4, dtype="int64"), SIGNS), call(T(1), SIGNS),
            call(T(3, 1), SIGNS, reduction="none"),
        ],
        dtypes=("float32", "float64", "float16", "int64"),
    ),
    loss(
        "triplet_margin_loss",
        [
            *reduced(T(4, 3), T(4, 3), T(4, 3)), *legacy(T(4, 3), T(4, 3), T(4, 3)),
            call(T(4, 3), T(4, 3), T(4, 3), swap=True), call(T(4, 3), T(4, 3), T(4, 3), 5.0, 1),
            call(T(4, 3), T(4, 3), T(4, 3), margin=3.0, p=3, eps=0.1), call(T(3), T(3), T(3)),
        ],
        [
            call("a", T(3), T(3)), call(T(4, 3), T(4, 3), T(3)), call(T(3), T(3), T(3), margin=0),
            call(T(3), T(3), T(3), reduction="average"), call(T(3), T(3), T(4)),
        ],
        dtypes=("float32", "float64"),
    ),
    loss(
        "triplet_margin_with_distance_loss",
        [
            *reduced(T(4, 3), T(4, 3), T(4, 3)), call(T(4, 3), T(4, 3), T(4, 3), swap=True),
            call(T(4, 3), T(4, 3), T(4, 3), margin=2.0,
                 distance_function=lambda a, b: (a - b).square().sum(-1)),
            call(T(0, 3), T(0, 3), T(0, 3), reduction="sum"),
        ],
        [
            call(T(4, 3), T(4, 3), T(3)), call(T(3), T(3), T(3), margin=0),
            call(T(3), T(3), T(3), reduction="average"),
        ],
        dtypes=("float32", "float64"),
    ),
]  # fmt: skip

DISTANCES = [
    Row(
        name,
        [
            call(T(3, 4), T(3, 4)), call(T(3, 4), T(3, 4), dim=0), call(T(3, 4), T(4)),
            call(T(4), T(4), 0), call(T(2, 3, 4), T(3, 4), -1),
        ],
        dtypes=("float32", "float64", "int64"),
        method=False,
        errors=[
            call(T(3, 4), T(3, 4), 5), call(T(3, 4), T(2, 4)), call("a", T(3)), call(T(3), "a"),
            call(T(3, 4), T(3, 4), "a"), call(Z(3, 4, dtype="int64"), Z(3, 4, dtype="int64")),
            call(T(3, 4), T(3, 4), eps=-1.0), call(T(3, 4), T(3, 4), eps=float("nan")),
        ],
    )
    for name in ("cosine_similarity", "nn.functional.cosine_similarity")
] + [
    Row(
        name,
        [
            call(T(3, 4), T(3, 4)), call(T(3, 4), T(4)), call(T(4), T(4)),
            call(T(3, 4), T(3, 4), keepdim=True), call(T(3, 4), T(3, 4), eps=0.5),
            *[call(T(3, 4), T(3, 4), p) for p in (0.5, 1, 1.5, 3, float("inf"))],
        ],
        dtypes=("float32", "float64", "int64"),
        method=False,
        errors=[call(T(3, 4), T(2, 4)), call("a", T(3)), call(T(3), "a"), call(T(3), T(3), "a")],
    )
    for name in ("pairwise_distance", "nn.functional.pairwise_distance")
] + [
    Row(
        "nn.functional.normalize",
        [
            call(T(3, 4)), call(T(3, 4), dim=0), call(T(3, 4), eps=9.0), call(T(4), dim=0),
            *[call(T(3, 4), p) for p in (0.5, 1, 3, float("inf"))], call(T(3, 4), 2, (0, 1)),
            call(T(2, 3, values=(0.0,) * 6)),
        ],
        dtypes=("float32", "float64", "int64"),
        errors=[call(T(4)), call(T(3, 4), dim=5), call(Z(3, 4, dtype="int64"))],
    ),
]  # fmt: skip

# Where a length or a variance counts as a smaller one, forward mode follows the value, and reverse
# mode the derivative before: in PyTorch as here.
BOUNDED = [
    Row("cosine_similarity", [call(T(3, 4), T(3, 4), eps=3.0)], method=False, forward=False,
        finite=False),
    loss("gaussian_nll_loss", [call(T(3, 4), T(3, 4), P(3, 4), eps=0.5)], forward=False,
         finite=False, dtypes=("float32", "float64")),
]  # fmt: skip
NOTHING = [
    loss(name, reduced(T(0, 2), Z(0, 2)), forward=False, second=False,
         dtypes=("float32", "float64"))
    for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div",
                 "binary_cross_entropy", "binary_cross_entropy_with_logits", "soft_margin_loss",
                 "hinge_embedding_loss")
]  # fmt: skip

ROWS = [*BOUNDED, *NOTHING, *DIFFERENCES, *LIKELIHOODS, *PAIRS, *DISTANCES]
