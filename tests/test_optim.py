"""Optimizers, step for step beside PyTorch."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.both import judge as torch
from tests.both import story

OPTIONS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.1, "momentum": 0.5, "maximize": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "fused": True, "foreach": None}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "foreach": True}),
    ("Adam", {"lr": 0.01}),
    ("Adam", {"lr": 0.01, "betas": (0.3, 0.5)}),
    ("Adam", {"lr": 0.01, "fused": True, "foreach": None, "weight_decay": 0.01}),
    ("Adam", {"lr": 0.01, "foreach": True, "amsgrad": True}),
    ("Adam", {"lr": 0.01, "decoupled_weight_decay": True, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.01, "weight_decay": 0.1, "amsgrad": True}),
    ("Adam", {"lr": 0.01, "betas": (0.8, 0.9), "eps": 1e-3, "maximize": True}),
    ("AdamW", {"lr": 0.01}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.5, "amsgrad": True}),
]


def train(lib: Any, name: str, options: dict[str, Any], steps: int, size: int = 50) -> Any:
    rng = np.random.RandomState(0)
    p = lib.nn.Parameter(lib.tensor(rng.randn(size).astype("float32")))
    q = lib.nn.Parameter(lib.tensor(rng.randn(3, 4)))
    optimizer = getattr(lib.optim, name)([{"params": [p]}, {"params": [q], "lr": 0.02}], **options)
    target = lib.tensor(rng.randn(size).astype("float32"))
    for _ in range(steps):
        optimizer.zero_grad()
        (((p - target) ** 2).sum() + (q * q * q).sum()).backward()
        optimizer.step()
    return p, q, optimizer


@pytest.mark.parametrize(("name", "options"), OPTIONS)
def test_fifty_steps(name: str, options: dict[str, Any]) -> None:
    ours = train(rushlight, name, options, 50)
    theirs = train(torch, name, {"foreach": False, **options}, 50)
    for a, b in zip(ours[:2], theirs[:2]):
        rtol = 2e-5 if a.dtype is rushlight.float32 else 1e-12
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=rtol, atol=rtol)


def test_large_parameters_go_in_pieces() -> None:
    ours = train(rushlight, "Adam", {"lr": 0.01}, 3, size=100_000)
    theirs = train(torch, "Adam", {"lr": 0.01}, 3, size=100_000)
    np.testing.assert_allclose(
        ours[0].detach().numpy(), theirs[0].detach().numpy(), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_repr_and_state_dict(name: str) -> None:
    options = {"lr": 0.1, **({"momentum": 0.9} if name == "SGD" else {})}
    *_, ours = train(rushlight, name, options, 2)
    *_, theirs = train(torch, name, options, 2)
    assert repr(ours) == repr(theirs)
    mine, other = ours.state_dict(), theirs.state_dict()
    assert mine["param_groups"] == other["param_groups"]
    assert {k: list(v) for k, v in mine["state"].items()} == {
        k: list(v) for k, v in other["state"].items()
    }


def test_resuming_from_a_state_dict_changes_nothing() -> None:
    p, q, optimizer = train(rushlight, "Adam", {"lr": 0.01}, 3)
    p2 = rushlight.nn.Parameter(p.detach().clone())
    q2 = rushlight.nn.Parameter(q.detach().clone())
    again = rushlight.optim.Adam([{"params": [p2]}, {"params": [q2], "lr": 0.5}], lr=0.3)
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for opt, x, y in ((optimizer, p, q), (again, p2, q2)):
        opt.zero_grad()
        ((x * x).sum() + (y * y).sum()).backward()
        opt.step()
    assert p.tolist() == p2.tolist()
    assert q.tolist() == q2.tolist()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "complex64", "complex128"])
@pytest.mark.parametrize(("name", "options"), OPTIONS)
def test_other_dtypes(name: str, options: dict[str, Any], dtype: str) -> None:
    if options.get("fused"):
        pytest.skip("PyTorch's fused steps are for real numbers, and of half types not like others")
    ends = []
    for lib in (rushlight, torch):
        rng = np.random.RandomState(1)
        values = rng.randn(6, 3) + (1j * rng.randn(6, 3) if "complex" in dtype else 0)
        p = lib.nn.Parameter(lib.tensor(values).to(getattr(lib, dtype)))
        more = {"foreach": False, **options} if lib is torch else options
        optimizer = getattr(lib.optim, name)([p], **more)
        for i in range(6):
            p.grad = lib.tensor(values * np.cos(i)).to(p.dtype)
            optimizer.step()
        q = p.detach()
        q = lib.view_as_real(q) if q.is_complex() else q.float()
        ends.append(q.double().numpy())
    half = {"float16": 2e-3, "bfloat16": 2e-2, "complex64": 1e-5, "complex128": 1e-12}
    # PyTorch's foreach step of a half type rounds in other places.
    rtol = half[dtype] * (4 if options.get("foreach") else 1)
    np.testing.assert_allclose(*ends, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_layouts(name: str) -> None:
    """Parameters and gradients in any order of axes, and gradients in another than theirs."""
    ends = []
    for lib in (rushlight, torch):
        p = lib.nn.Parameter(lib.arange(12.0).reshape(3, 4).t())
        q = lib.nn.Parameter(lib.ones(4, 3))
        r = lib.nn.Parameter(lib.ones(()))
        options = {"momentum": 0.9} if name == "SGD" else {}
        optimizer = getattr(lib.optim, name)([p, q, r], lr=0.1, **options)
        for i in range(4):
            p.grad = lib.ones(4, 3) * i
            q.grad = (lib.arange(12.0).reshape(3, 4) * i).t()
            r.grad = lib.tensor(2.0)
            optimizer.step()
        ends.append([t.detach().numpy() for t in (p, q, r)])
    for a, b in zip(*ends):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@story
def test_tensor_rates(lib: Any) -> Any:
    p = lib.nn.Parameter(lib.ones(2))
    p.grad = lib.ones(2)
    lr = lib.tensor(0.5)
    ends = []
    for name in ("SGD", "Adam", "AdamW"):
        optimizer = getattr(lib.optim, name)([p], lr=lr)
        optimizer.step()
        lr.fill_(0.25)
        optimizer.step()
        lr.fill_(0.5)
        ends.append((p.detach().clone(), repr(optimizer), optimizer.param_groups[0]["lr"] is lr))
    return ends


@story
def test_parameters_without_gradient_stay(lib: Any) -> Any:
    ends = []
    for name in ("SGD", "Adam", "AdamW"):
        p, q = (lib.nn.Parameter(lib.ones(2)) for _ in "ab")
        p.grad = lib.ones(2)
        optimizer = getattr(lib.optim, name)([p, q], lr=0.5, weight_decay=0.1)
        optimizer.step()
        ends.append((p, q, len(optimizer.state), optimizer.step()))
    return ends


@story
def test_closure(lib: Any) -> Any:
    p = lib.nn.Parameter(lib.tensor([1.0, 2.0]))
    optimizer = lib.optim.SGD([p], lr=0.25)
    seen = []

    def closure() -> Any:
        seen.append(lib.is_grad_enabled())
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with lib.no_grad():
        first = optimizer.step(closure)
    return first, optimizer.step(closure=closure), p, seen


@story
def test_zero_grad(lib: Any) -> Any:
    p, q = (lib.nn.Parameter(lib.ones(2)) for _ in "ab")
    x = lib.ones(2, requires_grad=True)
    optimizer = lib.optim.SGD([p, q])
    p.grad = x * 2  # as create_graph leaves it
    kept = p.grad
    optimizer.zero_grad(set_to_none=False)
    zeroed = p.grad is kept, p.grad, q.grad
    optimizer.zero_grad()
    return zeroed, p.grad
