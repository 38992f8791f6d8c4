"""Trees: nested tuples, lists and dictionaries with tensors, or anything else, at their leaves.

>>> from rushlight.func.trees import flatten, unflatten
>>> leaves, spec = flatten({"a": 1, "b": (2, [3])})
>>> leaves
[1, 2, 3]
>>> unflatten([x * 10 for x in leaves], spec)
{'a': 10, 'b': (20, [30])}
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["Spec", "broadcast_prefix", "flatten", "map_tree", "unflatten"]


class Spec:
    """The shape of a tree: the kind of its root, and the shapes of its children.

    A leaf has kind None. Two shapes compare equal where the trees could stand for one another.
    """

    __slots__ = ("children", "context", "kind")

    def __init__(self, kind: Any, context: Any, children: Sequence[Spec]) -> None:
        self.kind = kind
        self.context = context
        self.children = list(children)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return 1 if self.kind is None else sum(child.size for child in self.children)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Spec)
            and self.kind is other.kind
            and self.context == other.context
            and self.children == other.children
        )

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        """The tree as Python would write it, with stars for leaves."""
        if self.kind is None:
            return "*"
        parts = [str(child) for child in self.children]
        if self.kind is tuple:
            return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
        if self.kind is list:
            return f"[{', '.join(parts)}]"
        if self.kind in _DICTIONARIES and isinstance(self.context[0], str):
            pairs = zip(self.context, parts)
            return "{" + ", ".join(f"{key!r}: {part}" for key, part in pairs) + "}"
        return repr(self)

    def __repr__(self, indent: int = 0) -> str:
        if self.kind is None:
            return "*"
        inner = indent + 2
        children = f",\n{' ' * inner}".join(c.__repr__(inner) for c in self.children)
        return f"TreeSpec({self.kind.__name__}, {self.context}, [{children}])"


LEAF = Spec(None, None, ())
_DICTIONARIES = (dict, OrderedDict, defaultdict)
_SEQUENCES = (tuple, list, deque)
_RETURN_TYPES = "rushlight.return_types"  # what max, sort, ... return: tuples with names


def _open(tree: Any) -> tuple[Any, Any, list[Any]] | None:
    """Return a tree's kind, what is needed to build it again, and its children; None for leaves."""
    kind = type(tree)
    if kind in _SEQUENCES:
        return kind, tree.maxlen if kind is deque else None, list(tree)
    if kind in _DICTIONARIES:
        keys = list(tree)
        return (
            kind,
            [tree.default_factory, keys] if kind is defaultdict else keys,
            list(tree.values()),
        )
    if isinstance(tree, tuple) and (hasattr(tree, "_fields") or kind.__module__ == _RETURN_TYPES):
        return kind, kind, list(tree)
    return None


def flatten(tree: Any) -> tuple[list[Any], Spec]:
    """Return the leaves of a tree, in order, and its shape."""
    opened = _open(tree)
    if opened is None:
        return [tree], LEAF
    kind, context, children = opened
    leaves: list[Any] = []
    specs = []
    for child in children:
        inner, spec = flatten(child)
        leaves += inner
        specs.append(spec)
    return leaves, Spec(kind, context, specs)


def unflatten(leaves: Sequence[Any], spec: Spec) -> Any:
    """Build the tree of shape `spec` from its leaves: what `flatten` undoes."""
    if spec.kind is None:
        return leaves[0]
    children = []
    start = 0
    for child in spec.children:
        children.append(unflatten(leaves[start : start + child.size], child))
        start += child.size
    kind = spec.kind
    if kind is deque:
        return deque(children, maxlen=spec.context)
    if kind is defaultdict:
        factory, keys = spec.context
        return defaultdict(factory, zip(keys, children))
    if kind in _DICTIONARIES:
        return kind(zip(spec.context, children))
    return kind(*children) if hasattr(kind, "_fields") else kind(children)


def map_tree(fn: Callable[[Any], Any], tree: Any) -> Any:
    """Return the tree with `fn` applied to each leaf."""
    leaves, spec = flatten(tree)
    return unflatten([fn(leaf) for leaf in leaves], spec)


def broadcast_prefix(prefix: Any, spec: Spec) -> list[Any] | None:
    """Return a leaf of `prefix` for each leaf of `spec`, where `prefix` may end sooner; or None.

    >>> from rushlight.func.trees import broadcast_prefix, flatten
    >>> broadcast_prefix((0, None), flatten((["x", "y"], "z"))[1])
    [0, 0, None]
    """
    opened = _open(prefix)
    if opened is None:
        return [prefix] * spec.size
    kind, context, children = opened
    if kind is not spec.kind or context != spec.context or len(children) != len(spec.children):
        return None
    result: list[Any] = []
    for child, shape in zip(children, spec.children):
        inner = broadcast_prefix(child, shape)
        if inner is None:
            return None
        result += inner
    return result
