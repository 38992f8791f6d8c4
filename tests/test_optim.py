"""Optimizers, step for step beside PyTorch."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.both import assert_same_story, attempt, story
from tests.both import judge as torch

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
    ("Adadelta", {"lr": 0.5, "rho": 0.8, "eps": 1e-3}),
    ("Adadelta", {"weight_decay": 0.1, "maximize": True}),
    ("Adafactor", {"lr": 0.05}),
    ("Adafactor", {"lr": 0.5, "beta2_decay": -0.5, "eps": (1e-3, 0.1), "d": 2.0}),
    ("Adafactor", {"weight_decay": 0.1, "maximize": True}),
    ("Adagrad", {"lr": 0.1}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1}),
    ("Adagrad", {"initial_accumulator_value": 0.5, "eps": 0.1, "maximize": True}),
    ("Adamax", {"lr": 0.05}),
    ("Adamax", {"betas": (0.5, 0.6), "eps": 1e-2, "weight_decay": 0.1, "maximize": True}),
    ("ASGD", {"lr": 0.05}),
    ("ASGD", {"lr": 0.05, "lambd": 0.1, "alpha": 0.5, "t0": 10, "weight_decay": 0.1}),
    ("NAdam", {"lr": 0.05}),
    ("NAdam", {"betas": (0.6, 0.8), "momentum_decay": 0.1, "weight_decay": 0.1}),
    ("NAdam", {"decoupled_weight_decay": True, "weight_decay": 0.1, "maximize": True}),
    ("RAdam", {"lr": 0.05}),
    ("RAdam", {"betas": (0.6, 0.8), "eps": 1e-3, "weight_decay": 0.1}),
    ("RAdam", {"decoupled_weight_decay": True, "weight_decay": 0.1, "maximize": True}),
    ("RMSprop", {"lr": 0.02}),
    ("RMSprop", {"lr": 0.02, "alpha": 0.8, "centered": True, "momentum": 0.5, "eps": 1e-3}),
    ("RMSprop", {"weight_decay": 0.1, "maximize": True}),
    ("Rprop", {"lr": 0.02}),
    ("Rprop", {"lr": 0.02, "etas": (0.3, 1.5), "step_sizes": (1e-3, 0.1), "maximize": True}),
]
NAMES = sorted({name for name, _ in OPTIONS})


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
    ours = train(rushlight, "Adam", {"lr": 0.01}, 3, size=300_000)
    theirs = train(torch, "Adam", {"lr": 0.01}, 3, size=300_000)
    np.testing.assert_allclose(
        ours[0].detach().numpy(), theirs[0].detach().numpy(), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_several_large_parameters_are_dealt_out(threads: int) -> None:
    def moved(lib: Any) -> Any:
        lib.manual_seed(0)
        network = lib.nn.Sequential(lib.nn.Linear(600, 500), lib.nn.Linear(500, 600))
        optimizer = lib.optim.AdamW(network.parameters(), lr=0.01)
        for _ in range(2):
            optimizer.zero_grad()
            network(lib.ones(2, 600)).square().sum().backward()
            optimizer.step()
        return [p.detach().numpy() for p in network.parameters()]

    before = rushlight.get_num_threads()
    rushlight.set_num_threads(threads)
    try:
        ours = moved(rushlight)
    finally:
        rushlight.set_num_threads(before)
    for a, b in zip(ours, moved(torch)):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
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
    if name == "Adafactor" and "complex" in dtype:
        pytest.skip("Adafactor is for real numbers")
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


@pytest.mark.parametrize("name", NAMES)
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
    lr = lib.tensor(0.125)
    ends = []
    for name in NAMES:
        optimizer = getattr(lib.optim, name)([p], lr=lr)
        optimizer.step()
        lr.fill_(0.25)
        optimizer.step()
        lr.fill_(0.125)
        ends.append((p.detach().clone(), repr(optimizer), optimizer.param_groups[0]["lr"] is lr))
    return ends


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_what_a_tensor_rate_is_rounded_to(name: str, dtype: str) -> None:
    # A float32 rate makes float32 numbers of what is computed from it, for any parameter.
    def run(lib: Any) -> Any:
        p = lib.nn.Parameter(lib.tensor([0.3, -1.7, 2.2], dtype=getattr(lib, dtype)))
        optimizer = getattr(lib.optim, name)([p], lr=lib.tensor(0.1))
        for i in range(4):
            p.grad = p.detach() * (i + 1) + 0.3
            optimizer.step()
        return p.detach().numpy()

    rtol, atol = (1e-6, 1e-7) if dtype == "float32" else (1e-13, 0.0)
    np.testing.assert_allclose(run(rushlight), run(torch), rtol=rtol, atol=atol)


@story
def test_parameters_without_gradient_stay(lib: Any) -> Any:
    ends = []
    for name in NAMES:
        p, q = (lib.nn.Parameter(lib.ones(2)) for _ in "ab")
        p.grad = lib.ones(2)
        optimizer = getattr(lib.optim, name)([p, q], lr=0.5)
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


# -- the rarer ones ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"nesterov": False, "weight_decay": 0.0},
        {"ns_steps": 3, "ns_coefficients": (2.0, -1.5, 0.5), "adjust_lr_fn": "match_rms_adamw"},
    ],
)
def test_muon(options: dict[str, Any]) -> None:
    ends = []
    for lib in (rushlight, torch):
        rng = np.random.RandomState(0)
        params = [lib.nn.Parameter(lib.tensor(rng.randn(*shape))) for shape in ((5, 3), (2, 6))]
        optimizer = lib.optim.Muon(params, lr=0.02, **options)
        for _ in range(5):
            for p in params:
                p.grad = lib.tensor(rng.randn(*p.shape))
            optimizer.step()
        assert list(optimizer.state[params[0]]) == ["momentum_buffer"]
        ends.append([p.detach().numpy() for p in params])
    for a, b in zip(*ends):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3)  # iterations are in bfloat16


def rosenbrock(lib: Any, options: dict[str, Any], dtype: str) -> tuple[list[float], Any, Any]:
    """Minimise Rosenbrock's function in two parameters of different shapes."""
    a = lib.nn.Parameter(lib.tensor([-1.5], dtype=getattr(lib, dtype)))
    b = lib.nn.Parameter(lib.tensor([[2.0]], dtype=getattr(lib, dtype)))
    unused = lib.nn.Parameter(lib.ones(3, dtype=getattr(lib, dtype)))
    optimizer = lib.optim.LBFGS([a, b, unused], **options)
    losses = []

    def closure() -> Any:
        assert lib.is_grad_enabled()
        optimizer.zero_grad()
        loss = ((1 - a) ** 2 + 100 * (b - a**2) ** 2).sum()
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(4):
        optimizer.step(closure)
    return losses, optimizer, a


@pytest.mark.parametrize(
    "options",
    [
        {"line_search_fn": "strong_wolfe"},
        {"line_search_fn": "strong_wolfe", "history_size": 2, "max_iter": 5},
        {"line_search_fn": "strong_wolfe", "lr": 0.1, "max_eval": 7},
        {"lr": 0.01, "max_iter": 7},
        {"lr": 0.1, "history_size": 1, "tolerance_grad": 1.0},
    ],
)
def test_lbfgs(options: dict[str, Any]) -> None:
    ours, mine, a = rosenbrock(rushlight, options, "float64")
    theirs, other, _ = rosenbrock(torch, options, "float64")
    assert len(ours) == len(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-12)
    assert repr(mine) == repr(other)
    if options == {"line_search_fn": "strong_wolfe"}:
        assert abs(a.item() - 1) < 1e-3
    mine, other = mine.state_dict()["state"][0], other.state_dict()["state"][0]
    assert sorted(mine) == sorted(other)
    assert mine["func_evals"] == other["func_evals"]
    assert mine["n_iter"] == other["n_iter"]
    # Near the minimum these are quotients of small differences, in which a last bit shows.
    for name in ("d", "prev_flat_grad", "H_diag"):
        np.testing.assert_allclose(np.array(mine[name]), np.array(other[name]), rtol=1e-4)


@story
def test_lbfgs_of_complex_numbers(lib: Any) -> Any:
    z = lib.nn.Parameter(lib.tensor([1 + 2j, -1j], dtype=lib.complex128))
    optimizer = lib.optim.LBFGS([z], line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimizer.zero_grad()
        loss = ((z - (3 - 1j)).abs() ** 4).sum()
        loss.backward()
        return loss

    first = optimizer.step(closure)
    return round(first.item(), 6), lib.view_as_real(z.detach()).round(decimals=1)


@story
def test_differentiable_steps(lib: Any) -> Any:
    """The gradient of a loss after three steps, with respect to the learning problem."""
    ends = []
    for name in NAMES:
        if name in ("SGD", "Adam", "AdamW", "Adafactor"):
            continue
        # PyTorch writes what a graph of these two's earlier steps needs.
        steps = 1 if name in ("Adamax", "Rprop") else 3
        scale = lib.tensor(0.7, dtype=lib.float64, requires_grad=True)
        start = lib.tensor([1.0, -2.0], dtype=lib.float64)
        p = (scale * start).clone()
        optimizer = getattr(lib.optim, name)([p], differentiable=True)
        for factor in (1.0, 0.3, -0.5)[:steps]:
            p.grad = start * scale * factor
            optimizer.step()
        (p * start).sum().backward()
        ends.append((name, scale.grad))
    return ends


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("ASGD", {"weight_decay": -1}),
    ("ASGD", {"weight_decay": "two"}),
    ("Adam", {"eps": "two"}),
    ("SGD", {"weight_decay": "two"}),
    ("Adadelta", {"rho": 2}),
    ("Adadelta", {"eps": -1}),
    ("Adafactor", {"lr": -1}),
    ("Adafactor", {"beta2_decay": 1}),
    ("Adafactor", {"eps": (-1, 1)}),
    ("Adafactor", {"eps": (None, -1)}),
    ("Adafactor", {"d": 0.5}),
    ("Adafactor", {"weight_decay": -1}),
    ("Adagrad", {"lr_decay": -1}),
    ("Adagrad", {"initial_accumulator_value": -1}),
    ("Adagrad", {"fused": True, "foreach": True}),
    ("Adagrad", {"fused": True, "differentiable": True}),
    ("Adamax", {"betas": (0, 1)}),
    ("Adamax", {"capturable": True}),
    ("ASGD", {"capturable": True}),
    ("NAdam", {"momentum_decay": -1}),
    ("NAdam", {"capturable": True}),
    ("RAdam", {"betas": (-1, 0)}),
    ("RMSprop", {"momentum": -1}),
    ("RMSprop", {"alpha": -1}),
    ("Rprop", {"etas": (2, 3)}),
    ("Muon", {"lr": -1}),
    ("Muon", {"momentum": -1}),
    ("Muon", {"weight_decay": -1}),
    ("Muon", {"adjust_lr_fn": "x"}),
    ("Muon", {"ns_steps": 100}),
    ("Muon", {"ns_coefficients": (1, 2)}),
    ("Muon", {"params": (3,)}),
    ("LBFGS", {"lr": -1}),
    ("LBFGS", {"line_search_fn": "x"}),
    ("LBFGS", {"params": None}),
    ("SparseAdam", {}),
    ("SparseAdam", {"lr": 0.0}),
    ("SparseAdam", {"eps": 0.0}),
    ("SparseAdam", {"betas": (1, 0)}),
    ("Muon", {"lr": "two"}),
    *((name, {"lr": -1}) for name in NAMES),
    *((name, {"lr": "two"}) for name in NAMES),
]


@pytest.mark.parametrize(("name", "options"), WRONG)
def test_wrong_options(name: str, options: dict[str, Any]) -> None:
    def step(lib: Any) -> None:
        given = dict(options)
        shape = given.pop("params", (2, 2))
        p = lib.nn.Parameter(lib.ones(shape or (2, 2)))
        params = [{"params": [p]}, {"params": [lib.ones(1)]}] if shape is None else [p]
        for option, value in options.items():
            if value == "two":
                given[option] = lib.ones(2)
        optimizer = getattr(lib.optim, name)(params, **given)
        p.grad = lib.ones_like(p)
        optimizer.step(p.sum)

    assert_same_story(lambda lib: attempt(lambda: step(lib)))


@pytest.mark.parametrize("name", ["SGD", "AdamW"])
def test_a_single_number_of_a_half_type(name: str) -> None:
    def told(lib: Any) -> Any:
        p = lib.nn.Parameter(lib.tensor(1.5, dtype=lib.float16))
        more = {"momentum": 0.9, "nesterov": True} if name == "SGD" else {}
        optimizer = getattr(lib.optim, name)([p], lr=0.1, weight_decay=0.1, **more)
        for _ in range(3):
            p.grad = p.detach() * 2
            optimizer.step()
        return p.item()

    assert told(rushlight) == pytest.approx(told(torch), abs=1e-3)
