"""What transforms refuse, told to both libraries: the same error for the same mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import rushlight

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")

Body = Callable[[Any, Any, Any], Any]  # of the library, its func, and a 3x2 tensor


def scalar(lib: Any) -> Any:
    return lib.arange(3.0)


VMAP: dict[str, Body] = {
    "number": lambda lib, F, x: F.vmap(lambda a: a)(3),
    "nothing": lambda lib, F, x: F.vmap(lambda a: a)(),
    "in_dims_none": lambda lib, F, x: F.vmap(abs, in_dims=None)(x),
    "in_dims_list": lambda lib, F, x: F.vmap(abs, in_dims=[0])(x),
    "in_dims_float": lambda lib, F, x: F.vmap(abs, in_dims=1.0)(x),
    "in_dims_text": lambda lib, F, x: F.vmap(abs, in_dims="a")(x),
    "in_dims_too_many": lambda lib, F, x: F.vmap(abs, in_dims=(0, 0))(x),
    "in_dims_beyond": lambda lib, F, x: F.vmap(abs, in_dims=2)(x),
    "in_dims_before": lambda lib, F, x: F.vmap(abs, in_dims=-3)(x),
    "in_dims_of_scalar": lambda lib, F, x: F.vmap(abs)(lib.tensor(1.0)),
    "sizes": lambda lib, F, x: F.vmap(lambda a, b: a)(x, lib.ones(2)),
    "out_number": lambda lib, F, x: F.vmap(lambda a: 3)(x),
    "out_none": lambda lib, F, x: F.vmap(lambda a: None)(x),
    "out_mixed": lambda lib, F, x: F.vmap(lambda a: (a, 3))(x),
    "out_dims_text": lambda lib, F, x: F.vmap(lambda a: a, out_dims="a")(x),
    "out_dims_too_many": lambda lib, F, x: F.vmap(lambda a: a, out_dims=(0, 0))(x),
    "out_dims_beyond": lambda lib, F, x: F.vmap(lambda a: a, out_dims=3)(x),
    "out_dims_none": lambda lib, F, x: F.vmap(lambda a: a, out_dims=None)(x),
    "out_dims_none_of_two": lambda lib, F, x: F.vmap(lambda a: (a, a), out_dims=(0, None))(x),
    "item": lambda lib, F, x: F.vmap(lambda a: a.sum().item())(x),
    "float": lambda lib, F, x: F.vmap(lambda a: float(a.sum()))(x),
    "int": lambda lib, F, x: F.vmap(lambda a: int(a.sum()))(x),
    "bool": lambda lib, F, x: F.vmap(lambda a: a if a.sum() > 0 else -a)(x),
    "tolist": lambda lib, F, x: F.vmap(lambda a: a.numpy())(x),
    "data": lambda lib, F, x: F.vmap(lambda a: a.data)(x),
    "nonzero": lambda lib, F, x: F.vmap(lambda a: a.nonzero())(x),
    "mask": lambda lib, F, x: F.vmap(lambda a: a[a > 0])(x),
    "masked_select": lambda lib, F, x: F.vmap(lambda a: lib.masked_select(a, a > 0))(x),
    "unique_consecutive": lambda lib, F, x: F.vmap(lib.unique_consecutive)(x),
    "requires_grad": lambda lib, F, x: F.vmap(lambda a: a.requires_grad_())(x),
    "backward": lambda lib, F, x: F.vmap(lambda a: a.sum().backward())(x),
    "autograd": lambda lib, F, x: F.vmap(lambda a: lib.autograd.grad(a.sum(), a))(x),
    "in_place_on_one": lambda lib, F, x: F.vmap(lambda a: lib.zeros(2).copy_(a))(x),
    "in_place_add": lambda lib, F, x: F.vmap(lambda a: lib.zeros(2).add_(a))(x),
    "randomness": lambda lib, F, x: F.vmap(abs, randomness="foo")(x),
    "random": lambda lib, F, x: F.vmap(lambda a: lib.rand(2))(x),
    "random_like": lambda lib, F, x: F.vmap(lib.randn_like)(x),
    "random_in_place": lambda lib, F, x: F.vmap(lambda a: a.clone().normal_())(x),
    "dropout": lambda lib, F, x: F.vmap(lib.nn.functional.dropout)(x),
    "random_into_one": lambda lib, F, x: F.vmap(
        lambda a: lib.zeros(2).uniform_(), randomness="different"
    )(x),
    "item_of_many": lambda lib, F, x: F.vmap(lambda a: a.item())(x),
    "bool_of_many": lambda lib, F, x: F.vmap(lambda a: a if a else -a)(x),
    "format": lambda lib, F, x: F.vmap(lambda a: f"{a.sum():.2f}")(x),
    "contains": lambda lib, F, x: F.vmap(lambda a: 1.0 in a)(x),
    "allclose": lambda lib, F, x: F.vmap(lambda a: lib.allclose(a, a))(x),
    "equal": lambda lib, F, x: F.vmap(lambda a: lib.equal(a, a))(x),
    "tolerance": lambda lib, F, x: F.vmap(lambda a: lib.isclose(a, a, atol=a))(x),
    "small_tolerance": lambda lib, F, x: F.vmap(lambda a: lib.isclose(a, a, atol=a[0]))(x),
    "unique": lambda lib, F, x: F.vmap(lib.unique)(x),
    "one_hot": lambda lib, F, x: F.vmap(lib.nn.functional.one_hot)(x.long()),
    "dim": lambda lib, F, x: F.vmap(lambda a: lib.softmax(a, a))(x),
    "address": lambda lib, F, x: F.vmap(lambda a: a.data_ptr())(x),
    "storage": lambda lib, F, x: F.vmap(lambda a: a.untyped_storage())(x),
    "no_examples": lambda lib, F, x: F.vmap(lambda a: lib.histc(a, 3))(x[:0]),
    "results_of_two_sizes": lambda lib, F, x: F.vmap(lambda a: lib.bincount(a))(x.int()),
    "chunks": lambda lib, F, x: F.vmap(abs, chunk_size=0)(x),
    "negative_chunks": lambda lib, F, x: F.vmap(abs, chunk_size=-1)(x),
    "batch_norm": lambda lib, F, x: F.vmap(
        lambda a: lib.nn.functional.batch_norm(a, lib.zeros(2), lib.ones(2), training=True)
    )(lib.ones(3, 4, 2)),
}
GRAD: dict[str, Body] = {
    "vector": lambda lib, F, x: F.grad(lambda a: a)(x),
    "number": lambda lib, F, x: F.grad(lambda a: 3.0)(x),
    "tuple": lambda lib, F, x: F.grad(lambda a: (a.sum(), a))(x),
    "argnums_beyond": lambda lib, F, x: F.grad(lambda a: a.sum(), argnums=3)(x),
    "argnums_text": lambda lib, F, x: F.grad(lambda a: a.sum(), argnums="a")(x),
    "argnums_twice": lambda lib, F, x: F.grad(lambda a: a.sum(), argnums=(0, 0))(x),
    "no_tensor": lambda lib, F, x: F.grad(lambda a: a)(3.0),
    "integers": lambda lib, F, x: F.grad(lambda a: a.sum())(x.long()),
    "tree_with_number": lambda lib, F, x: F.grad(lambda a: a["x"].sum())({"x": x, "y": 3}),
    "aux_number": lambda lib, F, x: F.grad(lambda a: (a.sum(), 3), has_aux=True)(x),
    "no_aux": lambda lib, F, x: F.grad(lambda a: a.sum(), has_aux=True)(x),
    "in_place": lambda lib, F, x: F.grad(lambda a: a.mul_(2).sum())(x),
    "vjp_number": lambda lib, F, x: F.vjp(lambda a: 3, x),
    "vjp_of_number": lambda lib, F, x: F.vjp(lambda a: a, 3),
    "vjp_shape": lambda lib, F, x: F.vjp(lambda a: a * 2, x)[1](x[:2]),
    "vjp_tree": lambda lib, F, x: F.vjp(lambda a: a * 2, x)[1]((x,)),
    "jvp_no_tuple": lambda lib, F, x: F.jvp(abs, x, x),
    "jvp_tree": lambda lib, F, x: F.jvp(abs, (x,), (x, x)),
    "jvp_shape": lambda lib, F, x: F.jvp(abs, (x,), (x[:2],)),
    "jvp_number": lambda lib, F, x: F.jvp(lambda a: 3, (x,), (x,)),
    "jvp_empty": lambda lib, F, x: F.jvp(abs, (), ()),
    "jvp_of_number": lambda lib, F, x: F.jvp(abs, (3,), (x,)),
    "jvp_integers": lambda lib, F, x: F.jvp(abs, (x.long(),), (x,)),
    "jvp_no_aux": lambda lib, F, x: F.jvp(abs, (x,), (x,), has_aux=True),
    "jvp_strict": lambda lib, F, x: F.jvp(lambda a: lib.ones(3), (x,), (x,), strict=True),
    "jacrev_number": lambda lib, F, x: F.jacrev(lambda a: 3)(x),
    "jacrev_argnums": lambda lib, F, x: F.jacrev(abs, argnums=2)(x),
    "jacrev_chunks": lambda lib, F, x: F.jacrev(abs, chunk_size=0)(x),
    "jacfwd_number": lambda lib, F, x: F.jacfwd(lambda a: 3)(x),
    "jacfwd_argnums": lambda lib, F, x: F.jacfwd(abs, argnums=2)(x),
    "linearize_shape": lambda lib, F, x: F.linearize(abs, x)[1](x[:2]),
    "linearize_tree": lambda lib, F, x: F.linearize(abs, x)[1](x, x),
}
CALLS: dict[str, Body] = {
    "two_dicts": lambda lib, F, x: F.functional_call(
        lib.nn.Linear(2, 1), ({"weight": x}, {"weight": x}), (x,)
    ),
    "strict": lambda lib, F, x: F.functional_call(
        lib.nn.Linear(2, 1), {"weight": x, "foo": x}, (x,), strict=True
    ),
    "no_dict": lambda lib, F, x: F.functional_call(lib.nn.Linear(2, 1), 3, (x,)),
    "no_dicts": lambda lib, F, x: F.functional_call(lib.nn.Linear(2, 1), [3], (x,)),
    "no_child": lambda lib, F, x: F.functional_call(lib.nn.Linear(2, 1), {"a.b": x}, (x,)),
    "no_tensor": lambda lib, F, x: F.functional_call(lib.nn.Linear(2, 1), {"weight": 3}, (x,)),
    "no_models": lambda lib, F, x: F.stack_module_state([]),
    "classes": lambda lib, F, x: F.stack_module_state([lib.nn.Linear(2, 1), lib.nn.ReLU()]),
    "modes": lambda lib, F, x: F.stack_module_state(
        [lib.nn.Linear(2, 1), lib.nn.Linear(2, 1).eval()]
    ),
    "shapes": lambda lib, F, x: F.stack_module_state([lib.nn.Linear(2, 1), lib.nn.Linear(2, 2)]),
}
CASES = {
    f"{kind}-{name}": body
    for kind, table in (("vmap", VMAP), ("grad", GRAD), ("call", CALLS))
    for name, body in table.items()
}


def mistake(lib: Any, body: Body) -> tuple[type, str]:
    with pytest.raises(Exception) as caught:
        body(lib, lib.func, lib.arange(6.0).view(3, 2))
    text = str(caught.value)
    return caught.type, text.replace("rushlight.", "torch.").split("\nPlease see")[0]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_mistake(name: str) -> None:
    assert mistake(rushlight, CASES[name]) == mistake(judge, CASES[name])
