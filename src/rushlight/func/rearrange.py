"""`rearrange`: dimensions in another order, joined and split, by a pattern that names them.

The language of patterns is einops' (Rogozhnikov, ICLR 2022): names, ``1`` for a dimension of one
element, parentheses around names that share a dimension, and ``...`` for all that isn't named.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import rushlight as lib
from rushlight.tensor import Tensor

__all__ = ["DimensionBindError", "rearrange"]

Group = tuple[str, ...]  # the names that share a dimension; none: a dimension of one element
ELLIPSIS = "..."  # among names that share a dimension
BARE: Group = ("", "")  # an ellipsis by itself, whose dimensions stay apart


class DimensionBindError(Exception):
    """The sizes of names that share a dimension can't be found, or don't divide it."""


def rearrange(
    tensor: Tensor | list[Tensor] | tuple[Tensor, ...], pattern: str, **axes_lengths: int
) -> Tensor:
    """Rearrange the dimensions of a tensor, or of a list of tensors, which is stacked first.

    Names that share a dimension on the left need sizes in `axes_lengths`, all but one. Raises
    ValueError for a pattern that is wrong or doesn't fit the tensor.

    >>> import rushlight as torch
    >>> x = torch.zeros(2, 3, 4)
    >>> torch.func.rearrange(x, "a b c -> c (a b)").shape
    torch.Size([4, 6])
    >>> torch.func.rearrange(x, "... (c1 c2) -> c1 ... c2", c1=2).shape
    torch.Size([2, 2, 3, 2])
    """
    x = tensor if isinstance(tensor, Tensor) else lib.stack(tensor)
    left, right = _read(pattern)
    unknown = set(axes_lengths) - {name for group in left for name in group}
    if unknown:
        raise ValueError(f"Identifiers not found in rearrange expression: {unknown}")
    covered = x.ndim - sum(group != BARE for group in left)
    if covered < 0 or (covered and BARE not in left):
        raise ValueError(
            f"Number of dimensions in pattern ({len(left)}) must be equal to the number of "
            f"dimensions in the tensor ({x.ndim})"
        )
    hidden = tuple(f"{ELLIPSIS}{i}" for i in range(covered))
    spread = _spread(left, hidden)
    sizes = _sizes(spread, x.shape, axes_lengths)
    names = [name for group in spread for name in group]
    for d in reversed([d for d, group in enumerate(spread) if not group]):
        x = x.select(d, 0)
    x = x.reshape([sizes[name] for name in names])
    groups = [_within(group, hidden) for group in _spread(right, hidden)]
    order = [name for group in groups for name in group]
    x = x.permute([names.index(name) for name in order])
    rearranged: Tensor = x.reshape([math.prod([sizes[n] for n in group]) for group in groups])
    return rearranged


def _spread(groups: Sequence[Group], hidden: Group) -> list[Group]:
    """Put the dimensions that a bare ellipsis covers in its place."""
    return [g for group in groups for g in ([(h,) for h in hidden] if group == BARE else [group])]


def _within(group: Group, hidden: Group) -> Group:
    """Put them in the place of an ellipsis in parentheses, where they share one dimension."""
    return tuple(n for name in group for n in (hidden if name == ELLIPSIS else (name,)))


def _sizes(groups: Sequence[Group], shape: Sequence[int], given: dict[str, int]) -> dict[str, int]:
    """The size of each name on the left."""
    sizes: dict[str, int] = {}
    numbers = {name: i for i, name in enumerate(n for group in groups for n in group)}
    for group, size in zip(groups, shape):
        open_ = [name for name in group if name not in given]
        known = math.prod([given[name] for name in group if name in given])
        if len(open_) > 1:
            first, second = (f"d{numbers[name]}" for name in open_[:2])
            raise DimensionBindError(
                f"cannot infer the sizes of two dimensions at once {first} and {second}"
            )
        if group and (size % known or (not open_ and known != size)):
            shown = tuple(given.get(name, "?") for name in group)
            raise DimensionBindError(
                f"inferred dimension does not evenly fit into larger dimension: {size} vs {shown}"
            )
        for name in group:
            sizes[name] = given.get(name, size // known)
    return sizes


# -- patterns --------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _read(pattern: str) -> tuple[list[Group], list[Group]]:
    """Read a pattern; ValueError where it breaks a rule."""
    sides = pattern.split("->")
    if len(sides) != 2:
        raise ValueError("Pattern must contain a single '->' separator")
    left, right = (_side(text) for text in sides)
    for group in left:
        if ELLIPSIS in group:
            raise ValueError(f"Ellipsis is parenthesis in the left side is not allowed: {pattern}")
    names, others = ({name for group in side for name in group} for side in (left, right))
    if (BARE in right or ELLIPSIS in others) and BARE not in left:
        raise ValueError(f"Ellipsis found in right side, but not left side of a pattern {pattern}")
    shown = {"": "\N{HORIZONTAL ELLIPSIS}", ELLIPSIS: "\N{HORIZONTAL ELLIPSIS}"}
    names, others = ({shown.get(name, name) for name in side} for side in (names, others))
    if names ^ others:
        raise ValueError(
            "Identifiers only on one side of rearrange expression (should be on both): "
            f"{names ^ others}"
        )
    return left, right


def _side(text: str) -> list[Group]:
    """Read one side of a pattern."""
    if "." in text and (text.count(ELLIPSIS) != 1 or text.count(".") != 3):
        more = "; only one ellipsis for tensor " if text.count(ELLIPSIS) > 1 else ""
        raise ValueError(f"Expression may contain dots only inside ellipsis (...){more}")
    groups: list[Group] = []
    inside: list[str] | None = None
    seen: set[str] = set()
    for word in text.replace("(", " ( ").replace(")", " ) ").split():
        if word == "(":
            if inside is not None:
                raise ValueError(
                    "Axis composition is one-level (brackets inside brackets not allowed)"
                )
            inside = []
        elif word == ")":
            if inside is None:
                raise ValueError("Brackets are not balanced")
            groups.append(tuple(inside))
            inside = None
        else:
            named = _named(word)
            if named and word in seen:
                raise ValueError(f"Indexing expression contains duplicate dimension '{word}'")
            seen.add(word)
            if inside is None:
                groups.append(BARE if word == ELLIPSIS else named)
            else:
                inside += named
    if inside is not None:
        raise ValueError(f"Imbalanced parentheses in expression: '{text}'")
    return groups


def _named(word: str) -> Group:
    """A name as a group of its own; ``1`` is a group of none."""
    if word.isdecimal():
        if int(word) != 1:
            raise ValueError("rearrange only supports unnamed axes of size 1")
        return ()
    if word != ELLIPSIS:
        if not word.isidentifier():
            raise ValueError(f"Invalid axis identifier: {word}\nnot a valid python identifier")
        if "_" in (word[0], word[-1]):
            raise ValueError(
                f"Invalid axis identifier: {word}\naxis name should should not start or end with "
                "underscore"
            )
    return (word,)
