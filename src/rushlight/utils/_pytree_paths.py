"""Where leaves stand in a tree: paths of keys, as `rushlight.utils._pytree` has them.

>>> import rushlight.utils._pytree as pytree
>>> for path, leaf in pytree.tree_leaves_with_path({"a": [1, 2]}):
...     print(pytree.keystr(path), leaf)
['a'][0] 1
['a'][1] 2
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rushlight.func.trees import NODES, TreeSpec, flatten, open_node
from rushlight.return_types import Named
from rushlight.size import Size

__all__ = ["GetAttrKey", "KeyEntry", "KeyPath", "MappingKey", "SequenceKey", "key_get", "keystr"]
__all__ += ["tree_flatten_with_path", "tree_leaves_with_path", "tree_map_with_path"]

IsLeaf = Callable[[Any], bool] | None


class KeyEntry(Protocol):
    """One step of a path."""

    def get(self, parent: Any) -> Any:
        """Go that step, from a node to its child."""


KeyPath = tuple[KeyEntry, ...]


@dataclass(frozen=True)
class SequenceKey:
    """An index into a sequence."""

    idx: int

    def __str__(self) -> str:
        return f"[{self.idx!r}]"

    def get(self, parent: Sequence[Any]) -> Any:
        """Return the item."""
        return parent[self.idx]


@dataclass(frozen=True)
class MappingKey:
    """A key of a mapping."""

    key: Any

    def __str__(self) -> str:
        return f"[{self.key!r}]"

    def get(self, parent: Mapping[Any, Any]) -> Any:
        """Return the value."""
        return parent[self.key]


@dataclass(frozen=True)
class GetAttrKey:
    """The name of an attribute."""

    name: str

    def __str__(self) -> str:
        return f".{self.name}"

    def get(self, parent: Any) -> Any:
        """Return the attribute."""
        return getattr(parent, self.name)


def keystr(kp: KeyPath) -> str:
    """Return a path as Python would write it."""
    return "".join(map(str, kp))


def key_get(obj: Any, kp: KeyPath) -> Any:
    """Go a path, from the root of a tree."""
    for key in kp:
        obj = key.get(obj)
    return obj


def _keys_of(tree: Any, kind: Any, children: list[Any]) -> list[Any]:
    """The keys of a node's children."""
    if kind in (dict, OrderedDict, defaultdict):
        return [MappingKey(key) for key in tree]
    if kind in (tuple, list, deque, Size) or issubclass(type(tree), Named):
        return [SequenceKey(i) for i in range(len(children))]
    if kind is namedtuple:
        return [GetAttrKey(name) for name in tree._fields]
    keyed = NODES[kind].flatten_with_keys_fn
    if keyed is None:
        raise ValueError(
            f"Did not find a flatten_with_keys_fn for type: {kind}. "
            "Please pass a flatten_with_keys_fn argument to register_pytree_node."
        )
    return [key for key, _ in keyed(tree)[0]]


def _walk(path: KeyPath, tree: Any, is_leaf: IsLeaf, found: list[tuple[KeyPath, Any]]) -> None:
    opened = None if is_leaf is not None and is_leaf(tree) else open_node(tree)
    if opened is None:
        found.append((path, tree))
        return
    kind, _, children = opened
    for key, child in zip(_keys_of(tree, kind, children), children):
        _walk((*path, key), child, is_leaf, found)


def tree_flatten_with_path(
    tree: Any, is_leaf: IsLeaf = None
) -> tuple[list[tuple[KeyPath, Any]], TreeSpec]:
    """Return pairs of path and leaf, in order, and the tree's shape.

    Raises:
        ValueError: a node is of a type that was registered without a ``flatten_with_keys_fn``.
    """
    found: list[tuple[KeyPath, Any]] = []
    _walk((), tree, is_leaf, found)
    return found, flatten(tree, is_leaf)[1]


def tree_leaves_with_path(tree: Any, is_leaf: IsLeaf = None) -> list[tuple[KeyPath, Any]]:
    """Return pairs of path and leaf, in order."""
    return tree_flatten_with_path(tree, is_leaf)[0]


def tree_map_with_path(
    func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf = None
) -> Any:
    """Return a tree of what `func` makes of each path and leaf, and what stands there in `rests`.

    Raises:
        ValueError: one of `rests` doesn't begin like `tree`.
    """
    pairs, spec = tree_flatten_with_path(tree, is_leaf)
    paths, leaves = [path for path, _ in pairs], [leaf for _, leaf in pairs]
    return spec.unflatten(list(map(func, paths, leaves, *map(spec.flatten_up_to, rests))))
