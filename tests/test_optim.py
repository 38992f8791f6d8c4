"""Optimizers and schedules, step for step beside PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rushlight

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")

OPTIONS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.1, "momentum": 0.5, "maximize": True}),
    ("Adam", {"lr": 0.01}),
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
    theirs = train(torch, name, {**options, "foreach": False}, 50)
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
    again.load_state_dict(optimizer.state_dict())
    for opt, x, y in ((optimizer, p, q), (again, p2, q2)):
        opt.zero_grad()
        ((x * x).sum() + (y * y).sum()).backward()
        opt.step()
    assert p.tolist() == p2.tolist()
    assert q.tolist() == q2.tolist()


MISTAKES = [
    lambda lib, p: lib.optim.SGD([p], lr=-1),
    lambda lib, p: lib.optim.SGD([], lr=0.1),
    lambda lib, p: lib.optim.SGD(p, lr=0.1),
    lambda lib, p: lib.optim.SGD([p * 1], lr=0.1),
    lambda lib, p: lib.optim.SGD([3], lr=0.1),
    lambda lib, p: lib.optim.SGD([p], lr=0.1, nesterov=True),
    lambda lib, p: lib.optim.SGD([p], lr=0.1, momentum=-1),
    lambda lib, p: lib.optim.SGD([{"params": [p]}, {"params": [p]}], lr=0.1),
    lambda lib, p: lib.optim.SGD([{"params": {p}}], lr=0.1),
    lambda lib, p: lib.optim.Adam([p], betas=(1.0, 0.9)),
    lambda lib, p: lib.optim.Adam([p], eps=-1),
    lambda lib, p: lib.optim.SGD([p], lr=0.1).load_state_dict({"state": {}, "param_groups": []}),
    lambda lib, p: lib.optim.lr_scheduler.StepLR(p, 1),
    lambda lib, p: lib.optim.SGD([p], lr=0.1).add_param_group([p]),
]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes(mistake: Any) -> None:
    caught = []
    for lib in (rushlight, torch):
        with pytest.raises((ValueError, TypeError)) as error:
            mistake(lib, lib.nn.Parameter(lib.ones(2)))
        caught.append((error.type, str(error.value)))
    assert caught[0] == caught[1]


@pytest.mark.parametrize(
    "make",
    [
        lambda s, o: s.StepLR(o, 3, gamma=0.5),
        lambda s, o: s.CosineAnnealingLR(o, 5, eta_min=0.01),
    ],
)
def test_schedules(make: Any) -> None:
    rates = []
    for lib in (rushlight, torch):
        p = lib.nn.Parameter(lib.ones(2))
        optimizer = lib.optim.SGD([{"params": [p], "lr": 1.0}], lr=0.1)
        schedule = make(lib.optim.lr_scheduler, optimizer)
        seen = []
        for _ in range(17):
            optimizer.step()
            schedule.step()
            seen.append(schedule.get_last_lr()[0])
        rates.append((seen, dict(schedule.state_dict())))
    assert rates[0] == rates[1]
