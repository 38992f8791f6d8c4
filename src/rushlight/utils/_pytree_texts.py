"""Shapes of trees as JSON: ``treespec_dumps`` and ``treespec_loads`` of `rushlight.utils._pytree`.

>>> import rushlight.utils._pytree as pytree
>>> text = pytree.treespec_dumps(pytree.tree_structure({"a": [1, 2]}))
>>> pytree.treespec_pprint(pytree.treespec_loads(text))
"{'a': [*, *]}"
"""

from __future__ import annotations

import json
from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from rushlight.func.trees import LEAF, TreeSpec

__all__ = ["FORMATS", "Format", "treespec_dumps", "treespec_loads"]

PROTOCOL = 1  # the one that PyTorch writes


class Format(NamedTuple):
    """How a kind of node is written: its name, and its context if that isn't for json."""

    name: str | None
    to_dumpable: Callable[[Any], Any] | None = None
    from_dumpable: Callable[[Any], Any] | None = None


def _refuse_named(kind: Any) -> Any:
    raise NotImplementedError(
        f"Can't serialize TreeSpec of namedtuple class {kind} because we "
        "didn't register a serializated_type_name. Please register using "
        "`_register_namedtuple`."
    )


def _dump_default(context: Any) -> dict[str, Any]:
    factory, keys = context
    return {
        "default_factory_module": factory.__module__,
        "default_factory_name": factory.__qualname__,
        "dict_context": keys,
    }


def _load_default(context: dict[str, Any]) -> list[Any]:
    module = import_module(context["default_factory_module"])
    return [getattr(module, context["default_factory_name"]), context["dict_context"]]


FORMATS: dict[Any, Format] = {
    tuple: Format("builtins.tuple"),
    list: Format("builtins.list"),
    dict: Format("builtins.dict"),
    namedtuple: Format("collections.namedtuple", _refuse_named, _refuse_named),
    OrderedDict: Format("collections.OrderedDict"),
    defaultdict: Format("collections.defaultdict", _dump_default, _load_default),
    deque: Format("collections.deque"),
}


def treespec_dumps(treespec: TreeSpec, protocol: int | None = None) -> str:
    """Return a shape as JSON.

    Raises:
        TypeError: `treespec` is no shape.
        ValueError: `protocol` is another one than 1.
        NotImplementedError: a node's type has no name to be written by.
    """
    if not isinstance(treespec, TreeSpec):
        raise TypeError(
            "Expected `treespec` to be an instance of "
            f"PyTreeSpec but got item of type {type(treespec)}."
        )
    if protocol is None:
        protocol = PROTOCOL
    _check_protocol(protocol)
    return json.dumps((protocol, _dump(treespec)))


def treespec_loads(serialized: str) -> TreeSpec:
    """Return the shape that `treespec_dumps` has written.

    Raises:
        ValueError: the protocol is another one than 1.
        NotImplementedError: a name is none of a registered type.
    """
    protocol, schema = json.loads(serialized)
    _check_protocol(protocol)
    return _load(schema)


def _check_protocol(protocol: Any) -> None:
    if protocol != PROTOCOL:
        raise ValueError(f"Unknown protocol {protocol}. Available protocols: [{PROTOCOL}]")


def _dump(spec: TreeSpec) -> dict[str, Any]:
    if spec.is_leaf():
        return {"type": None, "context": None, "children_spec": []}
    form = FORMATS.get(spec.type)
    if form is None:
        raise NotImplementedError(f"Serializing {spec.type} in pytree is not registered.")
    if form.name is None:
        raise NotImplementedError(
            f"No registered serialization name for {spec.type} found. "
            "Please update your _register_pytree_node call with a `serialized_type_name` kwarg."
        )
    if form.to_dumpable is not None:
        context = form.to_dumpable(spec.context)
    else:
        try:
            context = json.dumps(spec.context)
        except TypeError as error:
            raise TypeError(
                "Unable to serialize context. "
                "Please make the context json dump-able, or register a "
                "custom serializer using _register_pytree_node."
            ) from error
    children = [_dump(child) for child in spec.children()]
    return {"type": form.name, "context": context, "children_spec": children}


def _load(schema: dict[str, Any]) -> TreeSpec:
    if schema["type"] is None:
        return LEAF
    found = [(kind, form) for kind, form in FORMATS.items() if form.name == schema["type"]]
    if not found:
        raise NotImplementedError(f"Deserializing {schema['type']} in pytree is not registered.")
    kind, form = found[0]
    context = schema["context"]
    context = json.loads(context) if form.from_dumpable is None else form.from_dumpable(context)
    return TreeSpec(kind, context, [_load(child) for child in schema["children_spec"]])
