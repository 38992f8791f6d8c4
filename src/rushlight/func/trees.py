"""Trees: nested tuples, lists and dictionaries with tensors, or anything else, at their leaves.

Kinds of nodes are kept in `NODES`; `rushlight.utils._pytree` registers further ones, and has
PyTorch's names for all of this.

>>> from rushlight.func.trees import flatten, unflatten
>>> leaves, spec = flatten({"a": 1, "b": (2, [3])})
>>> leaves
[1, 2, 3]
>>> unflatten([x * 10 for x in leaves], spec)
{'a': 10, 'b': (20, [30])}
"""

from __future__ import annotations

import warnings
from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from rushlight.return_types import Named
from rushlight.size import Size

__all__ = ["LEAF", "NODES", "LeafSpec", "NodeDef", "TreeSpec", "broadcast_prefix", "flatten"]
__all__ += ["is_namedtuple", "map_tree", "open_node", "outline", "unflatten"]

IsLeaf = Callable[[Any], bool] | None


class NodeDef(NamedTuple):
    """How nodes of a kind are taken apart, into children and a context, and built again."""

    type: Any
    flatten_fn: Callable[[Any], tuple[Iterable[Any], Any]]
    unflatten_fn: Callable[[Any, Any], Any]
    flatten_with_keys_fn: Callable[[Any], tuple[list[tuple[Any, Any]], Any]] | None = None


class TreeSpec:
    """The shape of a tree: the type of its root, what is needed to build it, its children.

    A leaf has type None. Two shapes compare equal where the trees could stand for one another.
    """

    __slots__ = ("_children", "_context", "num_children", "num_leaves", "num_nodes", "type")

    def __init__(self, type: Any, _context: Any, _children: Sequence[TreeSpec]) -> None:
        self.type = type
        self._context = _context
        self._children = list(_children)
        self.num_children = len(self._children)
        leaf = type is None
        self.num_leaves: int = 1 if leaf else sum([c.num_leaves for c in self._children])
        self.num_nodes: int = 1 + sum([c.num_nodes for c in self._children])

    @property
    def context(self) -> Any:
        """What builds the root again besides its children, a dictionary's keys for one."""
        return self._context

    @property
    def children_specs(self) -> list[TreeSpec]:
        """The shapes of the children. Deprecated."""
        warnings.warn(
            "`treespec.children_specs` is deprecated. Use `treespec.child(index)` to access a "
            "single child, or `treespec.children()` to get all children.",
            FutureWarning,
            stacklevel=2,
        )
        return self._children

    def children(self) -> list[TreeSpec]:
        """The shapes of the children."""
        return self._children.copy()

    def child(self, index: int) -> TreeSpec:
        """The shape of one child."""
        return self._children[index]

    def is_leaf(self) -> bool:
        """Whether the tree is nothing but a leaf."""
        return self.type is None

    def flatten_up_to(self, tree: Any) -> list[Any]:
        """The subtrees of `tree` that stand where this shape has leaves.

        Raises:
            ValueError: `tree` has another kind of node somewhere, or other keys, or more children.
        """
        found: list[Any] = []
        self._collect(tree, found)
        return found

    def _collect(self, tree: Any, found: list[Any]) -> None:
        if self.type is None:
            found.append(tree)
            return
        children = self._match(tree)
        for spec, child in zip(self._children, children):
            spec._collect(child, found)

    def _match(self, tree: Any) -> list[Any]:
        """Return the children of a tree whose root is like this one's, or raise."""
        kind = _kind(tree)
        dictionary = self.type in _DICTIONARIES
        if kind is not self.type and not (dictionary and kind in _DICTIONARIES):
            what = "Node type" if self.type in BUILT_IN else "Type"
            raise ValueError(f"{what} mismatch; expected {self.type!r}, but got {kind!r}.")
        _, context, children = open_node(tree) or (None, None, [])
        if len(children) != self.num_children:
            raise ValueError(
                f"Node arity mismatch; expected {self.num_children}, but got {len(children)}."
            )
        if dictionary:
            ours, theirs = self._keys(), set(tree)
            if theirs != set(ours):
                missing, extra = set(ours) - theirs, theirs - set(ours)
                raise ValueError(
                    "Node keys mismatch"
                    + (f"; missing key(s): {missing}" if missing else "")
                    + (f"; extra key(s): {extra}" if extra else "")
                    + "."
                )
            return [tree[key] for key in ours]
        if self.type is not deque and self._context != context:
            raise ValueError(
                f"Node context mismatch for custom node type {self.type!r}."
                if self.type is not namedtuple
                else f"Node context mismatch for node type {self.type!r}; "
                f"expected {self._context!r}, but got {context!r}."
            )
        return children

    def _keys(self) -> list[Any]:
        keys = self._context[1] if self.type is defaultdict else self._context
        return list(keys)

    def unflatten(self, leaves: Iterable[Any]) -> Any:
        """Build the tree of this shape from its leaves.

        Raises:
            ValueError: there are more or fewer leaves than the shape has.
        """
        leaves = leaves if isinstance(leaves, (list, tuple)) else list(leaves)
        if len(leaves) != self.num_leaves:
            raise ValueError(
                f"treespec.unflatten(leaves): `leaves` has length {len(leaves)} "
                f"but the spec refers to a pytree that holds {self.num_leaves} items ({self})."
            )
        return unflatten(leaves, self)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return (
            isinstance(other, TreeSpec)
            and self.type is other.type
            and self._context == other._context
            and self._children == other._children
        )

    def __hash__(self) -> int:
        context = self._context
        if self.type is defaultdict:
            context = (context[0], tuple(context[1]))
        elif self.type in _DICTIONARIES:
            context = tuple(context)
        return hash((self.type, context, tuple(self._children)))

    def __repr__(self, indent: int = 0) -> str:
        if self.type is None:
            return "*"
        inner = indent + 2
        children = f",\n{' ' * inner}".join([c.__repr__(inner) for c in self._children])
        return f"TreeSpec({self.type.__name__}, {self._context}, [{children}])"


class LeafSpec(TreeSpec):
    """The shape of a leaf."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(None, None, ())


LEAF = LeafSpec()


def outline(spec: TreeSpec) -> str:
    """The tree as Python would write it, with stars for leaves.

    >>> from rushlight.func.trees import flatten, outline
    >>> outline(flatten({"a": [1, 2]})[1])
    "{'a': [*, *]}"
    """
    return repr(unflatten([_Star()] * spec.num_leaves, spec))


class _Star:
    def __repr__(self) -> str:
        return "*"


# -- kinds of nodes ------------------------------------------------------------------------------


def _list_of(sequence: Any) -> tuple[list[Any], None]:
    return list(sequence), None


def _items(dictionary: Any) -> tuple[list[Any], list[Any]]:
    return list(dictionary.values()), list(dictionary)


def _defaults(dictionary: Any) -> tuple[list[Any], list[Any]]:
    return list(dictionary.values()), [dictionary.default_factory, list(dictionary)]


NODES: dict[Any, NodeDef] = {
    kind: NodeDef(kind, take, build)
    for kind, take, build in (
        (tuple, _list_of, lambda children, _: tuple(children)),
        (list, _list_of, lambda children, _: list(children)),
        (dict, _items, lambda children, keys: dict(zip(keys, children))),
        (
            namedtuple,
            lambda tree: (list(tree), type(tree)),
            lambda children, kind: kind(*children),
        ),
        (OrderedDict, _items, lambda children, keys: OrderedDict(zip(keys, children))),
        (defaultdict, _defaults, lambda children, c: defaultdict(c[0], zip(c[1], children))),
        (
            deque,
            lambda tree: (list(tree), tree.maxlen),
            lambda children, maxlen: deque(children, maxlen=maxlen),
        ),
        (Size, _list_of, lambda children, _: tuple(children)),  # leaves needn't be sizes any more
    )
}
_DICTIONARIES = (dict, OrderedDict, defaultdict)
BUILT_IN = frozenset(NODES) - {Size}


def is_namedtuple(kind: type) -> bool:
    """Whether a class is of those that `collections.namedtuple` makes, or a child of one."""
    fields = getattr(kind, "_fields", None)
    return issubclass(kind, tuple) and type(fields) is tuple and hasattr(kind, "_make")


def _kind(tree: Any) -> Any:
    """The kind of node that a tree's root is, or its type where it is a leaf."""
    kind = type(tree)
    return namedtuple if kind not in NODES and is_namedtuple(kind) else kind


def open_node(tree: Any) -> tuple[Any, Any, list[Any]] | None:
    """Return a tree's kind, what is needed to build it again, and its children; None for leaves."""
    kind: Any = type(tree)
    node = NODES.get(kind)
    if node is None:
        if not isinstance(tree, tuple):
            return None
        if isinstance(tree, Named):  # what max, sort, ... return
            return kind, None, list(tree)
        if not is_namedtuple(kind):
            return None
        kind, node = namedtuple, NODES[namedtuple]
    children, context = node.flatten_fn(tree)
    return kind, context, list(children)


def flatten(tree: Any, is_leaf: IsLeaf = None) -> tuple[list[Any], TreeSpec]:
    """Return the leaves of a tree, in order, and its shape.

    `is_leaf` says of a subtree that it is to be a leaf, whatever is inside.
    """
    opened = None if is_leaf is not None and is_leaf(tree) else open_node(tree)
    if opened is None:
        return [tree], LEAF
    kind, context, children = opened
    leaves: list[Any] = []
    specs = []
    for child in children:
        inner, spec = flatten(child, is_leaf)
        leaves += inner
        specs.append(spec)
    return leaves, TreeSpec(kind, context, specs)


def unflatten(leaves: Sequence[Any], spec: TreeSpec) -> Any:
    """Build the tree of shape `spec` from its leaves: what `flatten` undoes."""
    if spec.type is None:
        return leaves[0]
    children = []
    start = 0
    for child in spec._children:
        children.append(unflatten(leaves[start : start + child.num_leaves], child))
        start += child.num_leaves
    node = NODES.get(spec.type)
    return spec.type(children) if node is None else node.unflatten_fn(children, spec._context)


def map_tree(fn: Callable[[Any], Any], tree: Any) -> Any:
    """Return the tree with `fn` applied to each leaf."""
    leaves, spec = flatten(tree)
    return unflatten([fn(leaf) for leaf in leaves], spec)


def broadcast_prefix(prefix: Any, spec: TreeSpec, is_leaf: IsLeaf = None) -> list[Any] | None:
    """Return a leaf of `prefix` for each leaf of `spec`, where `prefix` may end sooner; or None.

    >>> from rushlight.func.trees import broadcast_prefix, flatten
    >>> broadcast_prefix((0, None), flatten((["x", "y"], "z"))[1])
    [0, 0, None]
    """
    opened = None if is_leaf is not None and is_leaf(prefix) else open_node(prefix)
    if opened is None:
        return [prefix] * spec.num_leaves
    kind, context, children = opened
    if kind is not spec.type or context != spec._context or len(children) != spec.num_children:
        return None
    result: list[Any] = []
    for child, shape in zip(children, spec._children):
        inner = broadcast_prefix(child, shape, is_leaf)
        if inner is None:
            return None
        result += inner
    return result
