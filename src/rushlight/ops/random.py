"""Random numbers in a graph: nodes whose cotangents are zero, as PyTorch has them.

What is drawn doesn't depend smoothly on anything, so these Operators are handed the drawn values
and only forget what these replace or where their odds come from.
"""

from __future__ import annotations

from rushlight.ops.convert import zeroed
from rushlight.ops.declare import general, underivable
from rushlight.ops.operator import Operator

__all__ = ["bernoulli_of_number", "binomial", "drawn", "drawn_of_two"]


def drawn(node: str) -> Operator:
    """Declare the Operator of a drawing with one input, whose node shows this name."""
    return general(
        "random",
        lambda x, values: values,
        x=lambda g: zeroed(g),
        jvp=lambda y: zeroed(y),
        node=node,
    )


def drawn_of_two(node: str) -> Operator:
    """Declare the Operator of a drawing with two inputs, whose node shows this name."""
    return general(
        "random",
        lambda a, b, values: values,
        a=lambda g: zeroed(g),
        b=lambda g: zeroed(g),
        jvp=lambda y: zeroed(y),
        node=node,
    )


bernoulli_of_number: Operator = general(
    "random", lambda x, values: values, x=underivable("bernoulli"), node="NotImplemented"
)
binomial: Operator = general(
    "binomial",
    lambda count, prob, values: values,
    count=underivable("binomial"),
    prob=underivable("binomial"),
    node="NotImplemented",
)
