"""autograd.functional: what PyTorch answers to each expression, right and wrong (tests/both.py)."""

from __future__ import annotations

from typing import Any

from tests.both import assert_alike, expressions


def scope(lib: Any) -> dict[str, Any]:
    """Constants x, w, sc (a number), o (ones); r requires grad; functions of one and of two."""
    return {
        "torch": lib,
        "F": lib.autograd.functional,
        "x": lib.tensor([1.0, 2.0]),
        "w": lib.tensor([5.0, 7.0, 9.0]),
        "r": lib.tensor([1.0, 2.0], requires_grad=True),
        "sc": lib.tensor(2.0),
        "o": lib.ones(2),
        "sq": lambda t: t * t,
        "cube": lambda t: (t**3).sum(),
        "one": lambda t: (t * 2,),
        "const": lambda t: lib.ones(2),
        "two": lambda a, b: (a.sum() * b, a * 3),
        "s2": lambda a, b: (a.sum() * b * b).sum(),
        "indep": lambda a, b: (a * 2).sum(),
    }


@expressions(
    """
    F.vjp(sq, x, o)
    F.vjp(sq, (x,), o)
    F.vjp(sq, x, (o,))
    F.vjp(one, x, (o,))
    F.vjp(one, x, o)
    F.vjp(two, (x,w), (torch.ones(3),o))
    F.vjp(cube, x)
    F.vjp(sq, x)
    F.vjp(sq, x, w)
    F.vjp(two, (x,w), (o,o))
    F.vjp(two, (x,w), (o,))
    F.vjp(two, (x,w), o)
    F.vjp(sq, x, (o,o))
    F.vjp(sq, [x], o)
    F.vjp(sq, 3.0, o)
    F.vjp(sq, (x,3.0), o)
    F.vjp(sq, x, 3.0)
    F.vjp(lambda t: 3, x, o)
    F.vjp(lambda t: (t,3), x, o)
    F.vjp(const, x, o)
    F.vjp(const, x, o, strict=True)
    F.vjp(indep, (x,w))
    F.vjp(indep, (x,w), strict=True)
    F.vjp(sq, x, o, create_graph=True)
    F.vjp(sq, r, o, create_graph=True)
    F.vjp(sq, r, o)
    F.vjp(lambda t: 2*t, r, o, create_graph=True, strict=True)
    F.jvp(sq, x, o)
    F.jvp(sq, (x,), o)
    F.jvp(sq, (x,), (o,))
    F.jvp(one, x, o)
    F.jvp(two, (x,w), (o,torch.ones(3)))
    F.jvp(sq, sc)
    F.jvp(sq, x)
    F.jvp(two, (x,w))
    F.jvp(sq, x, w)
    F.jvp(sq, x, (o,o))
    F.jvp(two, (x,w), o)
    F.jvp(const, x, o)
    F.jvp(const, x, o, strict=True)
    F.jvp(indep, (x,w), (o,torch.ones(3)))
    F.jvp(indep, (x,w), (o,torch.ones(3)), strict=True)
    F.jvp(sq, r, o, create_graph=True)
    F.jvp(sq, x, o, create_graph=True)
    F.jvp(lambda t: t*2, r, o, create_graph=True, strict=True)
    F.jvp(lambda t: t*2, x, o, strict=True)
    F.jvp(lambda t: 3, x, o)
    F.vjp(sq, torch.tensor([1+1j]), torch.tensor([1j]))
    """
)
def test_products_with_the_jacobian(expression: str) -> None:
    assert_alike(expression, scope)


@expressions(
    """
    F.jacobian(sq, x)
    F.jacobian(sq, (x,))
    F.jacobian(one, x)
    F.jacobian(two, (x,w))
    F.jacobian(cube, x)
    F.jacobian(const, x)
    F.jacobian(const, x, strict=True)
    F.jacobian(indep, (x,w))
    F.jacobian(indep, (x,w), strict=True)
    F.jacobian(sq, x, create_graph=True)
    F.jacobian(sq, r, create_graph=True)
    F.jacobian(sq, r, create_graph=True).requires_grad
    F.jacobian(lambda t: t*2, r, create_graph=True, strict=True)
    F.jacobian(sq, r)
    F.jacobian(sq, x, vectorize=True)
    F.jacobian(two, (x,w), vectorize=True)
    F.jacobian(two, (x,w), vectorize=True, strategy='forward-mode')
    F.jacobian(sq, x, vectorize=True, strategy='forward-mode')
    F.jacobian(one, x, vectorize=True, strategy='forward-mode')
    F.jacobian(indep, (x,w), vectorize=True, strategy='forward-mode')
    F.jacobian(indep, (x,w), vectorize=True)
    F.jacobian(const, x, vectorize=True)
    F.jacobian(sq, x, vectorize=True, strict=True)
    F.jacobian(sq, x, strategy='forward-mode')
    F.jacobian(sq, x, strategy='x')
    F.jacobian(sq, x, vectorize=True, strategy='forward-mode', create_graph=True)
    F.jacobian(sq, r, vectorize=True, create_graph=True)
    F.jacobian(sq, r, vectorize=True, strategy='forward-mode', create_graph=True)
    F.jacobian(lambda t: 3, x)
    F.jacobian(lambda t: [t], x)
    F.jacobian(sq, 3.0)
    F.jacobian(sq, torch.ones(0))
    F.jacobian(sq, torch.ones(2,2))
    F.jacobian(lambda t: t.double(), x)
    F.jacobian(lambda t: torch.ones(0), x)
    F.jacobian(sq, torch.tensor([1+1j, 2.]))
    """
)
def test_jacobian(expression: str) -> None:
    assert_alike(expression, scope)


@expressions(
    """
    F.hessian(cube, x)
    F.hessian(cube, (x,))
    F.hessian(s2, (x,w))
    F.hessian(indep, (x,w))
    F.hessian(indep, (x,w), strict=True)
    F.hessian(sq, x)
    F.hessian(one, x)
    F.hessian(const, x)
    F.hessian(lambda t: torch.tensor(1.0), x)
    F.hessian(lambda t: t.sum(), x)
    F.hessian(lambda t: t.sum(), x, strict=True)
    F.hessian(cube, x, create_graph=True)
    F.hessian(cube, r, create_graph=True)
    F.hessian(cube, x, vectorize=True)
    F.hessian(s2, (x,w), vectorize=True)
    F.hessian(cube, x, vectorize=True, outer_jacobian_strategy='forward-mode').tolist()
    F.hessian(cube, x, outer_jacobian_strategy='forward-mode')
    F.hessian(cube, x, outer_jacobian_strategy='x')
    list(map(list, F.hessian(s2, (r, w), vectorize=True)))
    F.hessian(lambda t: (t**3).sum().reshape(1), x)
    F.hessian(cube, sc)
    """
)
def test_hessian(expression: str) -> None:
    assert_alike(expression, scope)


@expressions(
    """
    F.vhp(cube, x, o)
    F.vhp(s2, (x,w), (o,torch.ones(3)))
    F.vhp(cube, sc)
    F.vhp(cube, x)
    F.vhp(sq, x, o)
    F.vhp(one, x, o)
    F.vhp(cube, x, w)
    F.vhp(cube, x, (o,o))
    F.vhp(indep, (x,w), (o,torch.ones(3)))
    F.vhp(indep, (x,w), (o,torch.ones(3)), strict=True)
    F.vhp(cube, x, o, create_graph=True)
    F.vhp(cube, r, o, create_graph=True)
    F.vhp(lambda t: t.sum(), x, o)
    F.vhp(lambda t: t.sum(), x, o, strict=True)
    F.hvp(cube, x, o)
    F.hvp(s2, (x,w), (o,torch.ones(3)))
    F.hvp(cube, sc)
    F.hvp(cube, x)
    F.hvp(sq, x, o)
    F.hvp(one, x, o)
    F.hvp(cube, x, w)
    F.hvp(indep, (x,w), (o,torch.ones(3)))
    F.hvp(indep, (x,w), (o,torch.ones(3)), strict=True)
    F.hvp(cube, x, o, create_graph=True)
    F.hvp(cube, r, o, create_graph=True)
    F.hvp(lambda t: t.sum(), x, o)
    F.hvp(lambda t: t.sum(), x, o, strict=True)
    F.hvp(lambda t: torch.tensor(1.), x, o, strict=True)
    F.hvp(lambda t: torch.tensor(1.), x, o)
    F.vhp(lambda t: torch.tensor(1.), x, o)
    F.vhp(lambda t: torch.tensor(1.), x, o, strict=True)
    F.hvp(cube, (x,), (o,))
    F.vhp(cube, (x,), (o,))
    F.hvp(lambda t: 3, x, o)
    """
)
def test_products_with_the_hessian(expression: str) -> None:
    assert_alike(expression, scope)
