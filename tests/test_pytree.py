"""Trees of containers (`utils._pytree`), told to both libraries."""

from __future__ import annotations

import collections
import dataclasses
import importlib
from typing import Any

import pytest

from tests.both import assert_alike, attempt, expressions, scope, story


def pytree_of(lib: Any) -> Any:
    return importlib.import_module(f"{lib.__name__}.utils._pytree")


def names(lib: Any) -> dict[str, Any]:
    pytree = pytree_of(lib)
    spec = pytree.tree_structure({"a": [1, (2, 3)], "b": None})
    return {**scope(lib), "pytree": pytree, "spec": spec, "collections": collections}


@expressions(
    """
    spec.children()
    spec.child(0)
    spec.child(5)
    spec.children_specs
    pytree.tree_structure(1).children()
    pytree.tree_structure(1).type
    pytree.tree_structure(1).context
    pytree.tree_structure(1).num_nodes
    pytree.tree_structure(1).is_leaf()
    pytree.tree_structure(1).num_children
    pytree.tree_structure([]).num_nodes
    pytree.tree_structure([])
    pytree.tree_structure(())
    pytree.tree_structure({})
    spec.unflatten([1])
    spec.unflatten(iter([1,2,3,4]))
    spec.unflatten(3)
    spec.flatten_up_to({"a":1})
    spec.flatten_up_to({"a":[1,(2,3)], "c": None})
    spec.flatten_up_to({"a":[1,[2,3]], "b": None})
    spec.flatten_up_to({"a":[1], "b": None})
    spec.flatten_up_to([1])
    spec.flatten_up_to({"a":[[9],({},3)], "b": (1,)})
    pytree.tree_structure((1,2)).flatten_up_to((1,2,3))
    pytree.tree_unflatten([1,2], 3)
    pytree.tree_unflatten([1,2,3,4,5], spec)
    pytree.tree_map(lambda x, y: x+y, [1,2],[3])
    pytree.tree_map(lambda x, y: x+y, [1,2],(3,4))
    pytree.tree_map(lambda x, y: x+y, {"a":1},{"b":2})
    pytree.tree_map(lambda x, y: (x,y), [1,2],[[3],{4:5}])
    pytree.tree_map(lambda x: x, [None])
    pytree.tree_map_only((int,float), lambda x: -x, [1,"a",2.5])
    pytree.tree_map_only(int|float, lambda x: -x, [1,"a",2.5])
    pytree.tree_map_only(lambda x: x==1, lambda x: -x, [1,"a",2.5])
    pytree.tree_map_only(3, lambda x: -x, [1,"a",2.5])
    pytree.map_only(int)(lambda x: x+1)(3)
    pytree.tree_map_only_(int, lambda x: x+1, [1,2])
    pytree.tree_flatten([1,(2,3)], is_leaf=lambda x: isinstance(x,tuple))
    pytree.tree_leaves([1,(2,3)], is_leaf=lambda x: isinstance(x,tuple))
    pytree.tree_map(lambda x: x, [1,(2,3)], is_leaf=lambda x: isinstance(x,tuple))
    pytree.tree_structure({"b":1,"a":2})
    pytree.tree_structure({"b":1,"a":2}) == pytree.tree_structure({"a":1,"b":2})
    pytree.tree_map(lambda x, y:(x,y), {"b":1,"a":2},{"a":1,"b":2})
    pytree.tree_structure({1:2})
    pytree.tree_structure([1]) == pytree.tree_structure((1,))
    pytree.tree_structure([1]) == 3
    pytree.tree_structure(torch.Size([1,2]))
    pytree.tree_structure(torch.nn.Parameter(torch.ones(1)))
    pytree._broadcast_to_and_flatten((0,None), pytree.tree_structure((1,2)))
    pytree._broadcast_to_and_flatten((0,None,1), pytree.tree_structure((1,2)))
    pytree._broadcast_to_and_flatten((0,[None,1]), pytree.tree_structure((1,[2,3])))
    pytree._broadcast_to_and_flatten([0,[None,1]], pytree.tree_structure((1,[2,3])))
    pytree.treespec_pprint(spec)
    pytree.treespec_leaf()
    pytree.treespec_tuple([pytree.treespec_leaf()])
    pytree.treespec_dict(a=pytree.treespec_leaf())
    pytree.treespec_tuple([3])
    pytree.TreeSpec(list,None,[pytree.LeafSpec(), pytree.TreeSpec(dict,["k"],[pytree.LeafSpec()])])
    isinstance(spec, pytree.TreeSpec)
    isinstance(pytree.tree_structure(1), pytree.TreeSpec)
    pytree.is_namedtuple(collections.namedtuple("A","a")(1))
    pytree.is_namedtuple(1)
    type(pytree.tree_map(lambda x: x, torch.Size([1, 2])))
    torch.vmap(lambda x: x.shape)(torch.ones(3))
    torch.func.grad(lambda x: x.sum(), argnums=())(torch.ones(3))
    pytree.is_namedtuple(collections.namedtuple("A","a"))
    pytree.is_namedtuple_class(collections.namedtuple("A","a"))
    pytree.is_namedtuple_class((1,))
    pytree.is_namedtuple_instance(collections.namedtuple("A","a")(1))
    pytree.is_structseq(torch.max(torch.ones(2,2),0))
    pytree.is_structseq_class(type(torch.max(torch.ones(2,2),0)))
    pytree.is_structseq_instance((1,))
    pytree.PyTree
    pytree.Context
    pytree.tree_all(lambda x:x, [])
    pytree.tree_any(lambda x:x, [])
    pytree.tree_any_only(str, len, [1,""])
    pytree.keystr(())
    pytree.MappingKey("a")
    str(pytree.MappingKey("a"))
    str(pytree.SequenceKey(1))
    str(pytree.GetAttrKey("q"))
    pytree.MappingKey("a").get({"a":3})
    pytree.SequenceKey(1).get([5,6])
    pytree.GetAttrKey("real").get(1)
    pytree.MappingKey("a")==pytree.MappingKey("a")
    hash(pytree.MappingKey("a"))==hash(pytree.MappingKey("a"))
    pytree.SequenceKey(1)==pytree.MappingKey(1)
    pytree.tree_flatten_with_path(collections.namedtuple("A","a b")(1,[2]))[0]
    pytree.tree_flatten_with_path(collections.OrderedDict(a=[1]))[0]
    pytree.tree_flatten_with_path(collections.deque([1]))[0]
    pytree.tree_flatten_with_path(3)
    pytree.tree_flatten_with_path(torch.max(torch.ones(2,2),0))[0]
    pytree.tree_map_with_path(lambda p,x,y: (p,x,y), [1],[2])
    pytree.tree_leaves_with_path([1,(2,)], is_leaf=lambda x: isinstance(x, tuple))
    pytree.key_get([1,[2]], (pytree.SequenceKey(1), pytree.SequenceKey(0)))
    pytree.treespec_dumps(pytree.tree_structure(collections.OrderedDict(a=1)))
    pytree.treespec_dumps(pytree.tree_structure(collections.defaultdict(list,a=1)))
    pytree.treespec_dumps(pytree.tree_structure(collections.deque([1],maxlen=3)))
    pytree.treespec_loads(pytree.treespec_dumps(pytree.tree_structure(collections.deque([1],maxlen=3))))
    pytree.treespec_loads(pytree.treespec_dumps(pytree.tree_structure(collections.defaultdict(list,a=1))))
    pytree.treespec_dumps(pytree.tree_structure(collections.namedtuple("A","a")(1)))
    pytree.treespec_dumps(spec, 5)
    pytree.treespec_loads("3")
    pytree.treespec_loads('[5,{}]')
    hash(spec) == hash(pytree.tree_structure({'a': [1, (2, 3)], 'b': None}))
    str(spec)
    isinstance(pytree.tree_structure(1), pytree.LeafSpec)
    """
)
@pytest.mark.filterwarnings("ignore")
def test_trees(expression: str) -> None:
    assert_alike(expression, names)


class Pair:
    def __init__(self, a: Any, b: Any) -> None:
        self.a, self.b = a, b

    def __repr__(self) -> str:
        return f"Pair({self.a}, {self.b})"


class Keyed:
    def __init__(self, x: Any) -> None:
        self.x = x


@dataclasses.dataclass
class Record:
    a: Any
    b: Any


class Constant:
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant)

    def __hash__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return "Constant()"


class Unhashable:
    def __eq__(self, other: object) -> bool:
        return True


@story
def test_a_registered_class_is_a_node(lib: Any) -> Any:
    pytree = pytree_of(lib)
    register = pytree.register_pytree_node
    register(Pair, lambda p: ([p.a, p.b], "context"), lambda children, _: Pair(*children))
    try:
        spec = pytree.tree_structure(Pair(1, 2))
        return [
            pytree.tree_flatten([Pair(1, [2])]),
            pytree.tree_map(lambda x: x * 2, Pair(1, (2,))),
            attempt(lambda: register(Pair, None, None)),
            attempt(lambda: pytree.treespec_dumps(spec)),
            attempt(lambda: pytree.tree_flatten_with_path(Pair(1, 2))),
            attempt(lambda: spec.flatten_up_to([1, 2])),
            Pair in pytree.SUPPORTED_NODES,
        ]
    finally:
        pytree._deregister_pytree_node(Pair)


@story
def test_transforms_see_registered_classes(lib: Any) -> Any:
    pytree = pytree_of(lib)
    pytree.register_pytree_node(
        Pair, lambda p: ([p.a, p.b], None), lambda children, _: Pair(*children)
    )
    try:
        pair = Pair(lib.ones(2), lib.arange(2.0))
        return [
            lib.func.vmap(lambda p: Pair(p.a + p.b, p.b))(pair),
            lib.func.vmap(lambda p: p.a, in_dims=(Pair(0, 0),))(pair),
            lib.func.grad(lambda p: (p.a * p.b).sum())(pair),
            lib.func.jvp(lambda p: p.a * p.b, (pair,), (pair,)),
        ]
    finally:
        pytree._deregister_pytree_node(Pair)


@story
def test_once_taken_out_a_class_is_a_leaf_again(lib: Any) -> Any:
    pytree = pytree_of(lib)
    pytree.register_pytree_node(Pair, lambda p: ([p.a], None), lambda c, _: Pair(*c, 0))
    pytree._deregister_pytree_node(Pair)
    return pytree.tree_flatten(Pair(1, 2)), Pair in pytree.SUPPORTED_NODES


@story
def test_paths_and_texts_of_a_registered_class(lib: Any) -> Any:
    pytree = pytree_of(lib)
    pytree.register_pytree_node(
        Keyed,
        lambda k: ([k.x], None),
        lambda children, _: Keyed(*children),
        serialized_type_name="tests.Keyed",
        flatten_with_keys_fn=lambda k: ([(pytree.GetAttrKey("x"), k.x)], None),
    )
    try:
        spec = pytree.tree_structure(Keyed([1]))
        text = pytree.treespec_dumps(spec)
        return pytree.tree_flatten_with_path(Keyed([1])), text, pytree.treespec_loads(text) == spec
    finally:
        pytree._deregister_pytree_node(Keyed)


@story
def test_dataclasses(lib: Any) -> Any:
    pytree = pytree_of(lib)
    pytree.register_dataclass(Record)
    try:
        return [
            pytree.tree_flatten(Record(1, [2])),
            pytree.tree_flatten(Record(1, None)),
            pytree.tree_map(lambda x: x + 1, Record(1, None)),
            pytree.tree_flatten_with_path(Record(1, 2)),
            attempt(lambda: pytree.register_dataclass(int)),
        ]
    finally:
        pytree._deregister_pytree_node(Record)


@story
def test_constants_belong_to_the_shape(lib: Any) -> Any:
    pytree = pytree_of(lib)
    pytree.register_constant(Constant)
    try:
        return [
            pytree.tree_flatten([Constant(), 1]),
            pytree.is_constant_class(Constant),
            pytree.is_constant_class(int),
            attempt(lambda: pytree.register_constant(Pair)),
            attempt(lambda: pytree.register_constant(Unhashable)),
        ]
    finally:
        pytree._deregister_pytree_node(Constant)
