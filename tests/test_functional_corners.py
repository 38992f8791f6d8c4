"""Corners of autograd.functional, under both libraries: strict mode, dtypes, modes, graphs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import pytest

from tests.both import assert_same_story, attempt, story


def of(lib: Any) -> Any:
    return import_module(lib.__name__ + ".autograd.functional")


PRODUCTS = ("vjp", "jvp", "vhp", "hvp")

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "independent of b": lambda lib, a, b: (a * 2).sum(),
    "linear": lambda lib, a, b: (a * 2 + b).sum(),
    "detached": lambda lib, a, b: (a.detach() * b).sum(),
    "constant": lambda lib, a, b: lib.tensor(1.0),
    "bilinear": lambda lib, a, b: (a * b).sum(),
    "quadratic in a": lambda lib, a, b: (a * a).sum() + b.sum(),
    "cubic": lambda lib, a, b: (a**3 * b**3).sum(),
    "linear in what is outside": lambda lib, a, b: (lib.ones(2, requires_grad=True) * a * b).sum(),
}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_strict(name: str, create_graph: bool) -> None:
    """What strict mode refuses, and what is returned without it."""

    def tell(lib: Any) -> Any:
        x, y = lib.tensor([1.0, 2.0]), lib.tensor([3.0, 4.0])
        r = lib.tensor([1.0, 2.0], requires_grad=True)
        seen = []
        for inputs in ((x, y), (r, y), (r, r.detach().requires_grad_())):
            for strict in (False, True):
                options = {"strict": strict, "create_graph": create_graph}
                f = partial(FUNCTIONS[name], lib)
                for product in PRODUCTS:
                    v = () if product == "vjp" else ((x, y),)
                    seen.append(
                        attempt(partial(getattr(of(lib), product), f, inputs, *v, **options))
                    )
                seen.append(attempt(partial(of(lib).jacobian, f, inputs, **options)))
                seen.append(attempt(partial(of(lib).hessian, f, inputs, **options)))
        # Broadcasts are summed by one node here, and by one of two in PyTorch.
        return [line.replace("SumBackward1", "SumBackward0") for line in seen]

    assert_same_story(tell)


@story
def test_strict_products_through_a_weight_outside(lib: Any) -> Any:
    w = lib.ones(2, requires_grad=True)
    x = lib.ones(2)
    seen = []
    for f in (lambda t: w * 2, lambda t: (w * 2).sum(), lambda t: (w * t).sum()):
        for product in PRODUCTS:
            for strict in (False, True):
                seen.append(attempt(partial(getattr(of(lib), product), f, x, x, strict=strict)))
        for derivative in (of(lib).jacobian, of(lib).hessian):
            for strict in (False, True):
                seen.append(attempt(partial(derivative, f, x, strict=strict)))
    return seen, w.grad


MIXED: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "cotangents of double": lambda F, x, d, c: F.vjp(lambda t: t * t, x, d),
    "of float for double": lambda F, x, d, c: F.vjp(lambda t: t.double(), x, x),
    "of complex": lambda F, x, d, c: F.vjp(lambda t: t * t, x, c),
    "of integers": lambda F, x, d, c: F.vjp(lambda t: t * t, x, x.long()),
    "tangents of double": lambda F, x, d, c: F.jvp(lambda t: t * t, x, d),
    "tangents of complex": lambda F, x, d, c: F.jvp(lambda t: t * t, x, c),
    "tangents of integers": lambda F, x, d, c: F.jvp(lambda t: t * t, x, x.long()),
    "complex vjp": lambda F, x, d, c: F.vjp(lambda t: t * t, c, c),
    "complex jvp": lambda F, x, d, c: F.jvp(lambda t: t * t, c, c),
    "complex to real": lambda F, x, d, c: F.vjp(lambda t: t.real * t.imag, c, x),
    "complex to real, jvp": lambda F, x, d, c: F.jvp(lambda t: t.real * t.imag, c, c),
    "complex for real": lambda F, x, d, c: F.vjp(lambda t: t.real, c, c),
    "complex jacobian": lambda F, x, d, c: F.jacobian(lambda t: t * t, c),
    "real rows": lambda F, x, d, c: F.jacobian(lambda t: t.real * t.imag, c),
    "complex rows": lambda F, x, d, c: F.jacobian(lambda t: t * 1j, x),
    "vectorized": lambda F, x, d, c: F.jacobian(lambda t: t * t, c, vectorize=True),
    "vectorized, forward": lambda F, x, d, c: F.jacobian(
        lambda t: t * t, c, vectorize=True, strategy="forward-mode"
    ),
    "real hessian": lambda F, x, d, c: F.hessian(lambda t: (t * t.conj()).real.sum(), c),
    "complex hessian": lambda F, x, d, c: F.hessian(lambda t: (t**2).sum(), c),
    "vectorized hessian": lambda F, x, d, c: F.hessian(
        lambda t: (t * t.conj()).real.sum(), c, vectorize=True
    ),
    "hvp": lambda F, x, d, c: F.hvp(lambda t: (t * t.conj()).real.sum(), c, c),
    "vhp": lambda F, x, d, c: F.vhp(lambda t: (t * t.conj()).real.sum(), c, c),
    "complex hvp": lambda F, x, d, c: F.hvp(lambda t: (t**3).sum(), c, c),
    "complex vhp": lambda F, x, d, c: F.vhp(lambda t: (t**3).sum(), c, c),
    "two dtypes": lambda F, x, d, c: F.vjp(lambda a, b: (a * b).sum(), (x, d)),
    "two dtypes, jvp": lambda F, x, d, c: F.jvp(lambda a, b: (a * b).sum(), (x, d), (x, d)),
    "four": lambda F, x, d, c: F.jacobian(lambda a, b: (a * b, a.half()), (x, d)),
    "four at once": lambda F, x, d, c: F.jacobian(
        lambda a, b: (a * b, a.half()), (x, d), vectorize=True
    ),
    "integers": lambda F, x, d, c: F.jacobian(lambda t: t * t, x.long()),
    "integers, jvp": lambda F, x, d, c: F.jvp(lambda t: t * t, x.long(), x.long()),
    "masks": lambda F, x, d, c: F.jacobian(lambda t: t > 1, x),
    "to integers": lambda F, x, d, c: F.jacobian(lambda t: t.long(), x),
    "to integers, strict": lambda F, x, d, c: F.jacobian(lambda t: t.long(), x, strict=True),
    "to integers, vjp": lambda F, x, d, c: F.vjp(lambda t: t.long(), x, x),
    "to integers, jvp": lambda F, x, d, c: F.jvp(lambda t: t.long(), x, x),
    "to integers, hessian": lambda F, x, d, c: F.hessian(lambda t: t.long().sum(), x),
    "to integers, hvp": lambda F, x, d, c: F.hvp(lambda t: t.long().sum(), x, x),
    "to integers, vhp": lambda F, x, d, c: F.vhp(lambda t: t.long().sum(), x, x),
}


@pytest.mark.parametrize("name", MIXED)
def test_dtypes(name: str) -> None:
    def tell(lib: Any) -> Any:
        x = lib.tensor([1.0, 2.0])
        c = lib.tensor([1 + 1j, 2 - 1j])
        return attempt(lambda: MIXED[name](of(lib), x, x.double(), c))

    assert_same_story(tell)


@story
def test_without_recording(lib: Any) -> Any:
    x, o, F = lib.tensor([1.0, 2.0]), lib.ones(2), of(lib)
    square, cube = lambda t: t * t, lambda t: (t**3).sum()
    with lib.no_grad():
        first = F.vjp(square, x, o), F.jvp(square, x, o), F.jacobian(square, x)
        second = F.hvp(cube, x, o), F.vhp(cube, x, o), F.hessian(cube, x)
        at_once = F.jacobian(square, x, vectorize=True), F.hessian(cube, x, vectorize=True)
        forward = F.jacobian(square, x, vectorize=True, strategy="forward-mode")
        mixed = F.hessian(cube, x, vectorize=True, outer_jacobian_strategy="forward-mode").tolist()
    with lib.inference_mode():
        refused = attempt(lambda: F.vjp(square, x, o)), attempt(lambda: F.jacobian(square, x))
    return first, second, at_once, forward, mixed, refused


@story
def test_inputs_that_the_function_writes(lib: Any) -> Any:
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    double = lambda t: t.mul_(2)
    seen = [of(lib).jacobian(lambda t: t.clone().mul_(2), x), x._version, x.grad]
    for given in (x, x.detach(), x * 1):
        for create_graph in (False, True):
            call = partial(of(lib).vjp, double, given, lib.ones(2), create_graph=create_graph)
            seen.append(attempt(call))
    return seen, x


@story
def test_results_belong_to_the_graph(lib: Any) -> Any:
    w = lib.tensor([5.0, 7.0], requires_grad=True)
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    rows = of(lib).jacobian(lambda t: t * t * w, x, create_graph=True)
    rows.sum().backward()
    at_once = of(lib).jacobian(lambda t: t * t * w, x, create_graph=True, vectorize=True)
    return x.grad, w.grad, lib.autograd.grad(at_once.sum(), [x, w]), of(lib).jacobian(w.mul, x)


@story
def test_derivatives_of_products(lib: Any) -> Any:
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    v = lib.tensor([1.0, 3.0], requires_grad=True)
    seen = []
    for product in PRODUCTS:
        f = (lambda t: (t**3).sum()) if product.startswith(("vh", "hv")) else (lambda t: t**3)
        _, found = getattr(of(lib), product)(f, x, v, create_graph=True)
        seen.append(lib.autograd.grad(found.sum(), [x, v]))
    h = of(lib).hessian(lambda t: (t**4).sum(), x, create_graph=True)
    return seen, lib.autograd.grad(h.sum(), x)


@story
def test_one_within_the_other(lib: Any) -> Any:
    x, o, F = lib.tensor([1.0, 2.0], requires_grad=True), lib.ones(2), of(lib)
    cube = lambda t: t**3
    inner = (
        lambda t: F.jacobian(cube, t, create_graph=True),
        lambda t: F.jvp(cube, t, o, create_graph=True)[1],
        lambda t: F.vjp(cube, t, o, create_graph=True)[1],
        lambda t: F.hvp(lambda s: (s**3).sum(), t, o, create_graph=True)[1],
        lambda t: F.hessian(lambda s: (s**3).sum(), t, create_graph=True),
    )
    return [F.jacobian(f, x) for f in inner]


@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
def test_shapes(shape: tuple[int, ...]) -> None:
    def tell(lib: Any) -> Any:
        x = lib.arange(1.0, lib.Size(shape).numel() + 1).reshape(shape)
        seen: list[Any] = []
        for f in (
            lambda t: t * t,
            lambda t: t.sum(),
            lambda t: t.reshape(-1)[:1],
            lambda t: (t, t.prod()),
            lambda t: t[..., None] * t.sum(),
        ):
            seen += [of(lib).jacobian(f, x), of(lib).jacobian(f, x, vectorize=True)]
            seen += [of(lib).jacobian(f, x, vectorize=True, strategy="forward-mode")]
        cube = lambda t: (t**3).sum()
        seen += [of(lib).hessian(cube, x), of(lib).hessian(cube, x, vectorize=True)]
        return seen

    assert_same_story(tell)


@story
def test_a_hook_sees_each_row(lib: Any) -> Any:
    seen: list[Any] = []
    x = lib.ones(2, requires_grad=True)
    x.register_hook(seen.append)

    def watched(t: Any) -> Any:
        t.register_hook(lambda g: seen.append(g.shape))
        return t * t

    of(lib).jacobian(watched, x)
    return seen


@story
def test_the_basis_of_a_vectorized_jacobian(lib: Any) -> Any:
    make = of(lib)._construct_standard_basis_for
    x, y = lib.ones(2), lib.ones(1, 2, dtype=lib.float64)
    given = (((x,), (2,)), ((x, y), (2, 2)), ((y, x), (2, 2)), ((), ()), ((x,), (2, 3)))
    return [attempt(partial(make, *args)) for args in given]


@story
def test_masks_in_vectorized_jacobians(lib: Any) -> Any:
    """A mask that is the same in all examples reads and writes at known places."""
    x, z = lib.arange(1.0, 5.0), lib.arange(6.0).reshape(2, 3)
    mask, columns = lib.tensor([True, False, True, True]), lib.tensor([True, False, True])

    def written(t: Any) -> Any:
        y = t.clone()
        y[mask] = t[mask] * t[0]
        return y

    seen = []
    for f, at in (
        (lambda t: t[mask] ** 2, x),
        (written, x),
        (lambda t: t[z > 2] * 2, z),
        (lambda t: t[:, columns] * 2, z),
    ):
        seen.append(of(lib).jacobian(f, at, vectorize=True))
        if f is not written:
            seen.append(of(lib).jacobian(f, at, vectorize=True, strategy="forward-mode"))
    return seen, of(lib).hessian(lambda t: (t[mask] ** 3).sum(), x, vectorize=True)


@story
def test_rows_by_way_of_nodes_with_several_outputs(lib: Any) -> Any:
    def f(x: Any, y: Any) -> Any:
        a, b = x.sin().split(1)
        values, _ = (a * b * y).sort(descending=True)
        return values, b.exp(), x, y[0] * 2

    inputs = lib.arange(6.0).reshape(2, 3), lib.tensor([1.0, -2.0, 3.0])
    return [of(lib).jacobian(f, inputs, create_graph=graph) for graph in (False, True)]
