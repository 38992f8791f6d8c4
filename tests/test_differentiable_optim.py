"""``differentiable=True``: steps that gradients flow through, under both libraries.

The recorded steps are written as the papers have them, so that they also judge the kernels.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

import rushlight
from rushlight.optim import grouped
from tests.both import assert_same_story, attempt, story

OPTIONS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9, "weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9, "dampening": 0.3, "maximize": True}),
    ("SGD", {"momentum": 0.8, "nesterov": True}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "weight_decay": 0.1}),
    ("Adam", {"maximize": True, "betas": (0.5, 0.7), "eps": 1e-3}),
    ("AdamW", {}),
    ("AdamW", {"amsgrad": True, "weight_decay": 0.3}),
]
LABELS = [f"{name}-{options}" for name, options in OPTIONS]


def start(lib: Any, dtype: str) -> Any:
    values = [0.5, -1.5, 2.0]
    if dtype == "complex128":
        values = [complex(v, 1 - v) for v in values]
    return lib.tensor(values, dtype=getattr(lib, dtype), requires_grad=True)


def loss(p: Any) -> Any:
    return (p.abs() ** 3).sum() + (p * p).abs().sum()


def trained(lib: Any, first: Any, name: str, steps: int = 3, **options: Any) -> Any:
    """The parameter after some steps, as a function of what it was."""
    p = first.clone()
    optimizer = getattr(lib.optim, name)([p], **{"lr": 0.05, "differentiable": True, **options})
    for _ in range(steps):
        (p.grad,) = lib.autograd.grad(loss(p.clone()), p, create_graph=True)
        optimizer.step()
    return p


def rounded(t: Any) -> list[Any]:
    parts = [t.real, t.imag] if t.is_complex() else [t]
    return [round(v, 5) for part in parts for v in part.detach().reshape(-1).tolist()]


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=LABELS)
def test_gradients_flow_through_steps(name: str, options: dict[str, Any], dtype: str) -> None:
    def body(lib: Any) -> Any:
        first = start(lib, dtype)
        steps = 1 if "amsgrad" in options else 3  # PyTorch's can't be differentiated after more
        p = trained(lib, first, name, steps, **options)
        (grad,) = lib.autograd.grad(loss(p), first)
        return rounded(p), [round(v, 3) for v in rounded(grad)], p.grad_fn.name()

    assert_same_story(body)


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=LABELS)
def test_gradcheck(name: str, options: dict[str, Any]) -> None:
    if "momentum" in options:
        pytest.skip("the buffer starts with a gradient that is detached, as in PyTorch")
    first = start(rushlight, "float64")
    assert rushlight.autograd.gradcheck(lambda x: trained(rushlight, x, name, **options), first)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=LABELS)
def test_the_kernels_do_the_same(
    name: str, options: dict[str, Any], dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state too, for a thousand numbers and after some steps."""
    lib = rushlight
    monkeypatch.setattr(grouped, "get_default_dtype", lambda: lib.float64)  # counts as exact
    lib.manual_seed(0)
    first = lib.randn(1000, dtype=getattr(lib, dtype))
    sides = []
    for differentiable in (False, True):
        p = first.clone().requires_grad_(not differentiable)
        optimizer = getattr(lib.optim, name)(
            [p], **{"lr": 0.05, "differentiable": differentiable, **options}
        )
        lib.manual_seed(1)
        for _ in range(4):
            p.grad = lib.randn(1000, dtype=getattr(lib, dtype))
            optimizer.step()
        sides.append((p.detach(), optimizer.state_dict()["state"]))
    (p, state), (recorded, other) = sides
    lib.testing.assert_close(p, recorded)
    lib.testing.assert_close(state, other)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_options_that_want_gradients(name: str) -> None:
    """Learning rate and weight decay, and Adam's decay rates, may be tensors that require grad."""

    def body(lib: Any) -> Any:
        wide = partial(lib.tensor, dtype=lib.float64, requires_grad=True)
        options = {"lr": wide(0.05)}
        if name == "SGD":
            options["weight_decay"] = wide(0.1)
        else:
            options["b1"], options["b2"] = wide(0.7), wide(0.8)
        given = dict(options)
        if name != "SGD":
            given["betas"] = given.pop("b1"), given.pop("b2")
        first = start(lib, "float64")
        p = first.clone()
        optimizer = getattr(lib.optim, name)([p], differentiable=True, **given)
        for _ in range(2):
            p.grad = p.detach() * 2 + 1
            optimizer.step()
        grads = lib.autograd.grad(p.pow(2).sum(), [first, *options.values()])
        return rounded(p), [rounded(g) for g in grads]

    assert_same_story(body)


@story
def test_what_is_refused(lib: Any) -> Any:
    told = []
    for name in ("SGD", "Adam", "AdamW", "Adagrad"):
        make = getattr(lib.optim, name)
        told.append(attempt(lambda: make([lib.ones(1)], fused=True, differentiable=True)))  # noqa: B023
        leaf = lib.ones(2, requires_grad=True)
        optimizer = make([leaf], differentiable=True)
        leaf.grad = lib.ones(2)
        told += [attempt(optimizer.step), leaf]
        told += [attempt(lambda: make([leaf * 2])), repr(make([leaf * 2], differentiable=True))]  # noqa: B023
    betas = lib.tensor([0.9]), lib.tensor([0.99])
    told.append(lib.optim.Adam([lib.ones(1)], betas=betas).defaults["betas"])
    pair = lib.tensor([0.9, 0.8])
    return told, attempt(lambda: lib.optim.Adam([lib.ones(1)], betas=(pair, pair)))


@story
def test_without_a_gradient_nothing_happens(lib: Any) -> Any:
    p = lib.ones(2, requires_grad=True).clone()
    told = []
    for name in ("SGD", "Adam"):
        optimizer = getattr(lib.optim, name)([p], differentiable=True)
        told += [optimizer.step(), optimizer.step(lambda: 3), optimizer.state_dict()["state"], p]
    return told
