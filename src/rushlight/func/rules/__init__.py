"""Batching rules: how an Operator runs on all examples at once.

A rule is called with the Operator, the level and the arguments, some of which are batched, and
returns lifted results. Examples lie along dimension 0 of the values. `rule_of` finds the rule of an
Operator: its own, or the one of all pointwise Operators, or None: then the examples go one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rushlight.func.rules import indexing, layers, linalg, losses, matrix, reduce, views
from rushlight.func.rules.pointwise import pointwise
from rushlight.ops import complexes, masks, powers
from rushlight.ops.operator import Operator
from rushlight.ops.promotion import Promoting

__all__ = ["Rule", "rule_of"]

Rule = Callable[..., Any]

RULES: dict[Operator, Rule] = {
    **views.RULES,
    **reduce.RULES,
    **matrix.RULES,
    **indexing.RULES,
    complexes.complex_: pointwise,
    masks.masked_fill: pointwise,
    masks.masked_fill_with: pointwise,
    powers.frexp: pointwise,
    **layers.RULES,
    **linalg.RULES,
    **losses.RULES,
}


def rule_of(op: Operator) -> Rule | None:
    """Return the batching rule of an Operator, or None where it has none."""
    rule = RULES.get(op)
    if rule is None and isinstance(op, Promoting):
        return pointwise
    return rule
