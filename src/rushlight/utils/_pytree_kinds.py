"""Further kinds of nodes for trees: classes of one's own, dataclasses, constants.

>>> import rushlight.utils._pytree as pytree
>>> class Pair:
...     def __init__(self, a, b):
...         self.a, self.b = a, b
>>> pytree.register_pytree_node(
...     Pair, lambda p: ([p.a, p.b], None), lambda children, _: Pair(*children)
... )
>>> pytree.tree_leaves([Pair(1, 2)])
[1, 2]
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from rushlight.func.trees import NODES, NodeDef
from rushlight.func.trees import is_namedtuple as _names
from rushlight.return_types import Named
from rushlight.utils._pytree_paths import GetAttrKey
from rushlight.utils._pytree_texts import FORMATS, Format

__all__ = ["ConstantNode", "deregister_pytree_node", "is_constant_class", "is_namedtuple"]
__all__ += ["is_namedtuple_class", "is_namedtuple_instance", "is_structseq"]
__all__ += ["is_structseq_class", "is_structseq_instance", "register_constant"]
__all__ += ["register_dataclass", "register_pytree_node"]


def register_pytree_node(
    cls: type[Any],
    flatten_fn: Callable[[Any], tuple[list[Any], Any]],
    unflatten_fn: Callable[[Any, Any], Any],
    *,
    serialized_type_name: str | None = None,
    to_dumpable_context: Callable[[Any], Any] | None = None,
    from_dumpable_context: Callable[[Any], Any] | None = None,
    flatten_with_keys_fn: Callable[[Any], tuple[list[tuple[Any, Any]], Any]] | None = None,
) -> None:
    """Let instances of a class be nodes of trees, no leaves.

    Args:
        cls: the class.
        flatten_fn: returns an instance's children and a context.
        unflatten_fn: builds an instance from children and context.
        serialized_type_name: what `treespec_dumps` calls the class.
        to_dumpable_context: makes a context such as json takes, if it isn't one.
        from_dumpable_context: undoes that.
        flatten_with_keys_fn: like `flatten_fn`, with pairs of a `KeyEntry` and a child.

    Raises:
        ValueError: the class is a node already, or only one of the two functions for contexts is
            there.
    """
    if cls in NODES:
        raise ValueError(f"{cls} is already registered as pytree node.")
    if (to_dumpable_context is None) != (from_dumpable_context is None):
        raise ValueError(
            f"Both to_dumpable_context and from_dumpable_context for {cls} must "
            "be None or registered."
        )
    NODES[cls] = NodeDef(cls, flatten_fn, unflatten_fn, flatten_with_keys_fn)
    FORMATS[cls] = Format(serialized_type_name, to_dumpable_context, from_dumpable_context)


def deregister_pytree_node(cls: type[Any]) -> None:
    """Let instances of a class be leaves again."""
    del NODES[cls]
    del FORMATS[cls]


def register_dataclass(
    cls: type[Any],
    *,
    field_names: list[str] | None = None,
    drop_field_names: list[str] | None = None,
    serialized_type_name: str | None = None,
) -> None:
    """Let instances of a dataclass be nodes; fields that are None belong to the shape.

    Raises:
        ValueError: the class is no dataclass and `field_names` is missing, or `field_names` are
            not those of the dataclass that its constructor takes.
    """
    if field_names is None:
        if not dataclasses.is_dataclass(cls):
            raise ValueError(
                "field_names must be specified with a list of all fields used to "
                f"initialize {cls}, as it is not a dataclass."
            )
        field_names = [field.name for field in dataclasses.fields(cls) if field.init]
    names = [name for name in field_names if name not in (drop_field_names or ())]

    def take(instance: Any) -> tuple[list[Any], Any]:
        values = {name: getattr(instance, name) for name in names}
        there = {name: value for name, value in values.items() if value is not None}
        return list(there.values()), [list(there), [n for n in names if n not in there]]

    def build(children: Iterable[Any], context: Any) -> Any:
        there, missing = context
        return cls(**dict(zip(there, children)), **dict.fromkeys(missing))

    def take_with_keys(instance: Any) -> tuple[list[tuple[Any, Any]], Any]:
        children, context = take(instance)
        return [(GetAttrKey(name), v) for name, v in zip(context[0], children)], context

    register_pytree_node(
        cls,
        take,
        build,
        serialized_type_name=serialized_type_name,
        flatten_with_keys_fn=take_with_keys,
    )


@dataclasses.dataclass(frozen=True)
class ConstantNode:
    """The context of a node that is a constant."""

    value: Any


def register_constant(cls: type[Any]) -> None:
    """Let instances of a class be nodes without children, which belong to the shape.

    Raises:
        TypeError: the class compares, or hashes, by identity.
    """
    for method in ("__eq__", "__hash__"):
        if getattr(cls, method) in (getattr(object, method), None):
            raise TypeError(
                "register_constant(cls) expects `cls` to have a non-default "
                f"`{method}` implementation."
            )
    register_pytree_node(
        cls,
        lambda instance: ([], ConstantNode(instance)),
        lambda _, context: context.value,
        flatten_with_keys_fn=lambda instance: ([], ConstantNode(instance)),
    )
    _CONSTANTS.add(cls)


_CONSTANTS: set[type[Any]] = set()


def is_constant_class(cls: type[Any]) -> bool:
    """Whether `register_constant` was called with a class."""
    return isinstance(cls, type) and cls in _CONSTANTS


def _class_of(obj: object) -> type[Any]:
    return obj if isinstance(obj, type) else type(obj)


def is_namedtuple(obj: object) -> bool:
    """Whether something is a named tuple, or a class of them."""
    return _names(_class_of(obj))


def is_namedtuple_class(cls: Any) -> bool:
    """Whether something is a class of named tuples."""
    return isinstance(cls, type) and _names(cls)


def is_namedtuple_instance(obj: object) -> bool:
    """Whether something is a named tuple."""
    return _names(type(obj))


def is_structseq(obj: object) -> bool:
    """Whether something is what operators with several results return, or a class of these."""
    return is_structseq_class(_class_of(obj))


def is_structseq_class(cls: Any) -> bool:
    """Whether something is a class of what operators with several results return."""
    return isinstance(cls, type) and issubclass(cls, Named) and cls is not Named


def is_structseq_instance(obj: object) -> bool:
    """Whether something is what operators with several results return."""
    return is_structseq_class(type(obj))
