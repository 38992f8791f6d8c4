"""Trees of Python containers, under PyTorch's names: `tree_map`, `tree_flatten`, `TreeSpec` ...

Types that are registered here are nodes for the transforms of `rushlight.func` too.

>>> import rushlight.utils._pytree as pytree
>>> leaves, spec = pytree.tree_flatten({"a": [1, 2]})
>>> leaves, spec
([1, 2], TreeSpec(dict, ['a'], [TreeSpec(list, None, [*,
    *])]))
>>> pytree.tree_map(lambda x: -x, {"a": [1, 2]})
{'a': [-1, -2]}
"""

from __future__ import annotations

import types
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial, wraps
from typing import Any

from rushlight.func.trees import NODES as SUPPORTED_NODES
from rushlight.func.trees import LeafSpec as _Leaf
from rushlight.func.trees import NodeDef, TreeSpec, flatten, open_node, outline
from rushlight.func.trees import broadcast_prefix as _broadcast_to_and_flatten
from rushlight.utils._pytree_kinds import (
    ConstantNode,
    is_constant_class,
    is_namedtuple,
    is_namedtuple_class,
    is_namedtuple_instance,
    is_structseq,
    is_structseq_class,
    is_structseq_instance,
    register_constant,
    register_dataclass,
    register_pytree_node,
)
from rushlight.utils._pytree_kinds import deregister_pytree_node as _deregister_pytree_node
from rushlight.utils._pytree_paths import (
    GetAttrKey,
    KeyEntry,
    KeyPath,
    MappingKey,
    SequenceKey,
    key_get,
    keystr,
    tree_flatten_with_path,
    tree_leaves_with_path,
    tree_map_with_path,
)
from rushlight.utils._pytree_texts import treespec_dumps, treespec_loads

__all__ = [
    "ConstantNode",
    "Context",
    "DumpableContext",
    "FlattenFn",
    "FromDumpableContextFn",
    "GetAttrKey",
]
__all__ += ["KeyEntry", "KeyPath", "LeafSpec", "MappingKey", "NodeDef", "PyTree", "PyTreeSpec"]
__all__ += ["SUPPORTED_NODES", "SequenceKey", "ToDumpableContextFn", "TreeSpec", "UnflattenFn"]
__all__ += [
    "_broadcast_to_and_flatten",
    "_deregister_pytree_node",
    "arg_tree_leaves",
    "is_constant_class",
    "is_namedtuple",
]
__all__ += ["is_namedtuple_class", "is_namedtuple_instance", "is_structseq"]
__all__ += ["is_structseq_class", "is_structseq_instance", "key_get", "keystr", "map_only"]
__all__ += ["register_constant", "register_dataclass", "register_pytree_node", "tree_all"]
__all__ += ["tree_all_only", "tree_any", "tree_any_only", "tree_flatten"]
__all__ += ["tree_flatten_with_path", "tree_is_leaf", "tree_iter", "tree_leaves"]
__all__ += ["tree_leaves_with_path", "tree_map", "tree_map_", "tree_map_only", "tree_map_only_"]
__all__ += ["tree_map_with_path", "tree_structure", "tree_unflatten", "treespec_dict"]
__all__ += ["treespec_dumps", "treespec_leaf", "treespec_loads", "treespec_pprint"]
__all__ += ["treespec_tuple"]

PyTree = Any
Context = Any
PyTreeSpec = TreeSpec
FlattenFn = Callable[[PyTree], tuple[list[Any], Context]]
UnflattenFn = Callable[[Iterable[Any], Context], PyTree]
DumpableContext = Any
ToDumpableContextFn = Callable[[Context], DumpableContext]
FromDumpableContextFn = Callable[[DumpableContext], Context]
IsLeaf = Callable[[PyTree], bool] | None
_Types = type[Any] | tuple[type[Any], ...] | types.UnionType


class _LeafMeta(type):
    def __instancecheck__(cls, instance: object) -> bool:
        _warn_of_leaf_spec()
        return isinstance(instance, TreeSpec) and instance.is_leaf()


class LeafSpec(_Leaf, metaclass=_LeafMeta):
    """The shape of a leaf. Deprecated: ask ``treespec.is_leaf()``, and make `treespec_leaf`."""

    __slots__ = ()

    def __new__(cls) -> LeafSpec:
        """Warn that the class is deprecated."""
        _warn_of_leaf_spec()
        return super().__new__(cls)


def _warn_of_leaf_spec() -> None:
    warnings.warn(
        "`isinstance(treespec, LeafSpec)` is deprecated, "
        "use `isinstance(treespec, TreeSpec) and treespec.is_leaf()` instead.",
        FutureWarning,
        stacklevel=3,
    )


# -- shapes --------------------------------------------------------------------------------------


def treespec_leaf() -> TreeSpec:
    """Return the shape of a leaf."""
    return _Leaf()


def treespec_tuple(iterable: Iterable[TreeSpec] = (), /) -> TreeSpec:
    """Return the shape of a tuple, from those of its items.

    Raises:
        ValueError: an item is no `TreeSpec`.
    """
    children = list(iterable)
    if not all(isinstance(child, TreeSpec) for child in children):
        raise ValueError(f"Expected a tuple of TreeSpec values, got: {children!r}.")
    return TreeSpec(tuple, None, children)


def treespec_dict(
    mapping: Mapping[Any, TreeSpec] | Iterable[tuple[Any, TreeSpec]] = (), /, **kwargs: TreeSpec
) -> TreeSpec:
    """Return the shape of a dictionary, from those of its values.

    Raises:
        ValueError: a value is no `TreeSpec`.
    """
    specs = dict(mapping, **kwargs)
    if not all(isinstance(child, TreeSpec) for child in specs.values()):
        raise ValueError(f"Expected a dictionary of TreeSpec values, got: {specs!r}.")
    return TreeSpec(dict, list(specs), list(specs.values()))


def treespec_pprint(treespec: TreeSpec) -> str:
    """Return the tree as Python would write it, with stars for leaves."""
    return outline(_checked(treespec))


def _checked(treespec: Any) -> TreeSpec:
    if not isinstance(treespec, TreeSpec):
        raise TypeError(
            "Expected `treespec` to be an instance of "
            f"PyTreeSpec but got item of type {type(treespec)}."
        )
    return treespec


# -- trees ---------------------------------------------------------------------------------------


def tree_is_leaf(tree: PyTree, is_leaf: IsLeaf = None) -> bool:
    """Whether a tree is nothing but a leaf."""
    return (is_leaf is not None and is_leaf(tree)) or open_node(tree) is None


def tree_flatten(tree: PyTree, is_leaf: IsLeaf = None) -> tuple[list[Any], TreeSpec]:
    """Return a tree's leaves, in order, and its shape. `is_leaf` makes leaves of subtrees."""
    return flatten(tree, is_leaf)


def tree_unflatten(leaves: Iterable[Any], treespec: TreeSpec) -> PyTree:
    """Build a tree from leaves and shape.

    Raises:
        TypeError: `treespec` is no shape.
        ValueError: there are more or fewer leaves than the shape has.
    """
    return _checked(treespec).unflatten(leaves)


def tree_iter(tree: PyTree, is_leaf: IsLeaf = None) -> Iterator[Any]:
    """Yield a tree's leaves, in order."""
    yield from flatten(tree, is_leaf)[0]


def tree_leaves(tree: PyTree, is_leaf: IsLeaf = None) -> list[Any]:
    """Return a tree's leaves, in order."""
    return flatten(tree, is_leaf)[0]


def arg_tree_leaves(*args: PyTree, **kwargs: PyTree) -> list[Any]:
    """Return the leaves of all arguments."""
    return flatten(args)[0] + [leaf for tree in kwargs.values() for leaf in flatten(tree)[0]]


def tree_structure(tree: PyTree, is_leaf: IsLeaf = None) -> TreeSpec:
    """Return a tree's shape."""
    return flatten(tree, is_leaf)[1]


def tree_map(
    func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: IsLeaf = None
) -> PyTree:
    """Return a tree of what `func` makes of each leaf, and what stands there in `rests`.

    Raises:
        ValueError: one of `rests` doesn't begin like `tree`.
    """
    leaves, spec = flatten(tree, is_leaf)
    return spec.unflatten(list(map(func, leaves, *map(spec.flatten_up_to, rests))))


def tree_map_(
    func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: IsLeaf = None
) -> PyTree:
    """Call `func` with each leaf, and what stands there in `rests`; return the tree itself."""
    leaves, spec = flatten(tree, is_leaf)
    deque(map(func, leaves, *map(spec.flatten_up_to, rests)), maxlen=0)
    return tree


def map_only(
    type_or_types_or_pred: _Types | Callable[[Any], bool], /
) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Return a decorator, by which a function leaves things of other types alone.

    Raises:
        TypeError: the argument is no type, tuple or union of types, or predicate.
    """
    only = type_or_types_or_pred
    wanted: Callable[[Any], bool]
    if isinstance(only, (type, tuple, types.UnionType)):
        wanted = partial(_is_a, only)
    elif callable(only):
        wanted = only
    else:
        raise TypeError("Argument must be a type, a tuple of types, or a callable.")

    def decorator(func: Callable[[Any], Any]) -> Callable[[Any], Any]:
        @wraps(func)
        def wrapped(x: Any) -> Any:
            return func(x) if wanted(x) else x

        return wrapped

    return decorator


def _is_a(kinds: _Types, x: object) -> bool:
    return isinstance(x, kinds)


def tree_map_only(
    type_or_types_or_pred: _Types | Callable[[Any], bool],
    /,
    func: Callable[[Any], Any],
    tree: PyTree,
    is_leaf: IsLeaf = None,
) -> PyTree:
    """Return a tree of what `func` makes of the leaves of some types, and the other leaves."""
    return tree_map(map_only(type_or_types_or_pred)(func), tree, is_leaf=is_leaf)


def tree_map_only_(
    type_or_types_or_pred: _Types | Callable[[Any], bool],
    /,
    func: Callable[[Any], Any],
    tree: PyTree,
    is_leaf: IsLeaf = None,
) -> PyTree:
    """Call `func` with the leaves of some types; return the tree itself."""
    return tree_map_(map_only(type_or_types_or_pred)(func), tree, is_leaf=is_leaf)


def tree_all(pred: Callable[[Any], bool], tree: PyTree, is_leaf: IsLeaf = None) -> bool:
    """Whether `pred` holds for each leaf."""
    return all(map(pred, flatten(tree, is_leaf)[0]))


def tree_any(pred: Callable[[Any], bool], tree: PyTree, is_leaf: IsLeaf = None) -> bool:
    """Whether `pred` holds for a leaf."""
    return any(map(pred, flatten(tree, is_leaf)[0]))


def tree_all_only(
    type_or_types: _Types, /, pred: Callable[[Any], bool], tree: PyTree, is_leaf: IsLeaf = None
) -> bool:
    """Whether `pred` holds for each leaf of some types."""
    return all(pred(x) for x in flatten(tree, is_leaf)[0] if isinstance(x, type_or_types))


def tree_any_only(
    type_or_types: _Types, /, pred: Callable[[Any], bool], tree: PyTree, is_leaf: IsLeaf = None
) -> bool:
    """Whether `pred` holds for a leaf of some types."""
    return any(pred(x) for x in flatten(tree, is_leaf)[0] if isinstance(x, type_or_types))
