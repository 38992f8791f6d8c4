"""Transforms of functions beside PyTorch's: each alone, and one inside another in every order.

The rest of this room's tests are stories; here every transform meets every kind of function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import rushlight

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")


def leaves(tree: Any) -> list[Any]:
    """The leaves of a tree, numbers and tensors as arrays."""
    if isinstance(tree, dict):
        return [(k, leaf) for k, v in tree.items() for leaf in leaves(v)]
    if isinstance(tree, (tuple, list)):
        return [leaf for part in tree for leaf in leaves(part)]
    if isinstance(tree, (rushlight.Tensor, judge.Tensor)):
        return [(str(tree.dtype).split(".")[-1], tree.requires_grad, tree.detach().numpy())]
    return [tree]


def agree(a: Any, b: Any) -> None:
    ours, theirs = leaves(a), leaves(b)
    assert len(ours) == len(theirs)
    for x, y in zip(ours, theirs):
        if isinstance(x, tuple) and isinstance(x[-1], np.ndarray):
            assert x[:-1] == y[:-1]
            np.testing.assert_allclose(x[-1], y[-1], rtol=1e-10, atol=1e-12)
            assert x[-1].shape == y[-1].shape
        elif isinstance(x, tuple):
            assert x[0] == y[0]
            agree(x[1], y[1])
        else:
            assert x == y


# -- one function, every derivative of it ------------------------------------------------------


def x_of(lib: Any) -> Any:
    return lib.tensor([0.7, -1.2, 2.1], dtype=lib.float64)


def stack_of(lib: Any) -> Any:
    return lib.tensor([[0.7, -1.2, 2.1], [0.3, 0.4, -0.5]], dtype=lib.float64)


def wave(lib: Any) -> Callable[[Any], Any]:
    return lambda x: (x.sin() * x).sum()


def written(lib: Any) -> Callable[[Any], Any]:
    """Writes in place, to a view and to the whole."""

    def f(x: Any) -> Any:
        y = x.clone()
        y[0] = x[1] * x[2]
        y.mul_(2)
        y[1:].add_(x[:2])
        return (y * x).sum()

    return f


def saved_output(lib: Any) -> Callable[[Any], Any]:
    """Its formulas keep outputs."""
    return lambda x: lib.softmax(x.exp(), 0).norm() * lib.logsumexp(x.tanh(), 0) + x.sigmoid().var()


def indexed(lib: Any) -> Callable[[Any], Any]:
    return lambda x: (x[lib.tensor([0, 0, 2])] * x).sum() * x.cumsum(0).max()


def products(lib: Any) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        outer = lib.outer(x, x.cos())
        return (outer @ outer.T).triu().sum() + (x.view(3, 1) @ x.view(1, 3)).pow(
            2
        ).mean() * x.prod()

    return f


FUNCTIONS = [wave, written, saved_output, indexed, products]

COMPOSITIONS: dict[str, Callable[[Any, Any], Any]] = {
    "grad": lambda F, f: F.grad(f),
    "grad_and_value": lambda F, f: F.grad_and_value(f),
    "vjp": lambda F, f: lambda x: F.vjp(f, x)[1](x.sum()),
    "jvp": lambda F, f: lambda x: F.jvp(f, (x,), (x.cos(),)),
    "linearize": lambda F, f: lambda x: F.linearize(f, x)[1](x.cos()),
    "hessian": lambda F, f: F.hessian(f),
    "jacrev_jacrev": lambda F, f: F.jacrev(F.jacrev(f)),
    "jacfwd_jacfwd": lambda F, f: F.jacfwd(F.jacfwd(f)),
    "jacrev_jacfwd": lambda F, f: F.jacrev(F.jacfwd(f)),
    "grad_of_jvp": lambda F, f: F.grad(lambda x: F.jvp(f, (x,), (x * 2,))[1]),
    "jvp_of_grad": lambda F, f: lambda x: F.jvp(F.grad(f), (x,), (x,)),
    "jvp_of_jvp": lambda F, f: lambda x: F.jvp(lambda y: F.jvp(f, (y,), (y,))[1], (x,), (x,)),
    "grad_of_grad": lambda F, f: F.grad(lambda x: F.grad(f)(x).sum()),
    "third": lambda F, f: F.grad(lambda x: F.grad(lambda y: F.grad(f)(y).sum())(x).sum()),
}
BATCHED: dict[str, Callable[[Any, Any], Any]] = {
    "vmap": lambda F, f: F.vmap(f),
    "vmap_of_grad": lambda F, f: F.vmap(F.grad(f)),
    "grad_of_vmap": lambda F, f: F.grad(lambda x: F.vmap(f)(x).sum()),
    "vmap_of_hessian": lambda F, f: F.vmap(F.hessian(f)),
    "vmap_of_jvp": lambda F, f: F.vmap(lambda x: F.jvp(f, (x,), (x.cos(),))),
    "jvp_of_vmap": lambda F, f: lambda x: F.jvp(F.vmap(f), (x,), (x.cos(),)),
    "grad_of_vmap_of_grad": lambda F, f: F.grad(lambda x: F.vmap(F.grad(f))(x).pow(2).sum()),
    "jvp_of_vmap_of_grad": lambda F, f: lambda x: F.jvp(F.vmap(F.grad(f)), (x,), (x,)),
    "vmap_of_vmap": lambda F, f: lambda x: F.vmap(lambda a: F.vmap(lambda b: f(a * b))(x))(x),
    "vmap_in_chunks": lambda F, f: F.vmap(F.grad(f), chunk_size=1),
    "jacrev_of_vmap": lambda F, f: F.jacrev(F.vmap(f)),
    "jacfwd_of_vmap": lambda F, f: F.jacfwd(F.vmap(f)),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("transform", [*COMPOSITIONS, *BATCHED])
def test_derivatives(transform: str, function: Callable[[Any], Any]) -> None:
    if transform == "linearize" and function is written:
        pytest.skip("PyTorch's linearize is wrong there: docs/deviations.md")
    table, make = (COMPOSITIONS, x_of) if transform in COMPOSITIONS else (BATCHED, stack_of)
    ours, theirs = [
        table[transform](lib.func, function(lib))(make(lib)) for lib in (rushlight, judge)
    ]
    agree(ours, theirs)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_linearize_is_jvp(function: Callable[[Any], Any]) -> None:
    x = x_of(rushlight)
    f = function(rushlight)
    value, push = rushlight.func.linearize(f, x)
    for t in (x.cos(), x * 3):
        agree((value, push(t)), rushlight.func.jvp(f, (x,), (t,)))
