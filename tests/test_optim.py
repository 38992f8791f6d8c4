"""Optimizers, step for step beside PyTorch; their groups, states, hooks and complaints."""

from __future__ import annotations

import copy
import importlib
import pickle
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.both import assert_same_story, attempt, expressions, story
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


# -- groups -----------------------------------------------------------------------------------
@story
def test_groups(lib: Any) -> Any:
    ps = [lib.nn.Parameter(lib.ones(i + 1)) for i in range(6)]
    optimizer = lib.optim.SGD(
        [{"params": ps[0], "lr": 1.0}, {"params": (p for p in ps[1:3]), "momentum": 0.5}], lr=0.1
    )
    optimizer.add_param_group({"params": [ps[3]], "extra": "kept", "weight_decay": 0.25})
    for p in ps:
        p.grad = lib.ones_like(p)
    optimizer.step()
    return (
        repr(optimizer),
        [[p.shape for p in g["params"]] for g in optimizer.param_groups],
        [list(g) for g in optimizer.param_groups],
        ps,
        optimizer.defaults,
    )


@story
def test_named_parameters(lib: Any) -> Any:
    m = lib.nn.Linear(2, 1)
    other = lib.nn.Parameter(lib.ones(1))
    optimizer = lib.optim.Adam(m.named_parameters(), lr=0.1)
    plain = lib.optim.Adam(m.parameters(), lr=0.5)
    first = optimizer.state_dict()
    plain.load_state_dict(first)
    optimizer.load_state_dict(lib.optim.Adam(m.parameters(), lr=0.7).state_dict())
    return (
        first,
        plain.state_dict(),
        optimizer.state_dict(),
        attempt(lambda: optimizer.add_param_group({"params": [other]})),
        attempt(lambda: lib.optim.SGD([("a", other), m.weight])),
        attempt(lambda: lib.optim.SGD([m.weight]).add_param_group({"params": [("a", other)]})),
        len(optimizer.param_groups),
    )


def test_a_refused_group_is_left_as_it_was() -> None:
    p = rushlight.nn.Parameter(rushlight.ones(1))
    optimizer = rushlight.optim.SGD([p], lr=0.1)
    group = {"params": p}
    with pytest.raises(ValueError, match="more than one parameter group"):
        optimizer.add_param_group(group)
    assert group == {"params": p}
    assert len(optimizer.param_groups) == 1


# -- states -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("SGD", {}),
        ("SGD", {"momentum": 0.9, "nesterov": True}),
        ("Adam", {"amsgrad": True}),
        ("AdamW", {}),
    ],
)
def test_state_dicts(name: str, options: dict[str, Any]) -> None:
    def tale(lib: Any) -> Any:
        ps = [lib.nn.Parameter(lib.tensor([1.0, 2.0])), lib.nn.Parameter(lib.ones(()))]
        optimizer = getattr(lib.optim, name)([{"params": ps[:1]}, {"params": ps[1:]}], **options)
        empty = optimizer.state_dict()
        for p in ps:
            p.grad = lib.ones_like(p)
        optimizer.step()
        optimizer.step()
        full = optimizer.state_dict()
        shapes = {
            i: {k: v if v is None else (v.dtype, v.shape) for k, v in state.items()}
            for i, state in full["state"].items()
        }
        double = [lib.nn.Parameter(p.detach().double()) for p in ps]
        other = getattr(lib.optim, name)([{"params": double[:1]}, {"params": double[1:]}], lr=7.0)
        other.load_state_dict(full)
        states = {
            i: {k: v if v is None else v.dtype for k, v in state.items()}
            for i, state in other.state_dict()["state"].items()
        }
        return empty, full["param_groups"], shapes, states, repr(other)

    assert_same_story(tale)


@story
def test_the_step_count_follows_the_default_dtype(lib: Any) -> Any:
    lib.set_default_dtype(lib.float64)
    try:
        p = lib.nn.Parameter(lib.ones(1))
        p.grad = lib.ones(1)
        optimizer = lib.optim.Adam([p])
        optimizer.step()
        return optimizer.state[p]
    finally:
        lib.set_default_dtype(lib.float32)


@story
def test_loaded_tensors_are_shared(lib: Any) -> Any:
    ps = [lib.nn.Parameter(lib.ones(2)) for _ in "ab"]
    a, b = (lib.optim.SGD([p], lr=0.1, momentum=0.5) for p in ps)
    for p in ps:
        p.grad = lib.ones(2)
    a.step()
    b.load_state_dict(a.state_dict())
    a.step()
    b.step()
    return ps, a.state[ps[0]]["momentum_buffer"] is b.state[ps[1]]["momentum_buffer"]


@story
def test_what_a_loaded_state_may_hold(lib: Any) -> Any:
    p = lib.nn.Parameter(lib.ones(2, dtype=lib.float64))
    optimizer = lib.optim.Adam([p])
    saved = optimizer.state_dict()
    saved["state"] = {
        0: {"step": 3, "exp_avg": lib.ones(2), "exp_avg_sq": lib.ones(2), "note": 1.5},
        "free": "kept",
    }
    for option in ("amsgrad", "maximize", "foreach", "fused", "capturable"):
        del saved["param_groups"][0][option]
    optimizer.load_state_dict(saved)
    p.grad = lib.ones(2, dtype=lib.float64)
    optimizer.step()
    return optimizer.state[p], optimizer.state["free"], p, sorted(optimizer.param_groups[0])


@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_copies_go_on_alike(way: str) -> None:
    def tale(lib: Any) -> Any:
        m = lib.nn.Linear(2, 1, bias=False)
        lib.nn.init.ones_(m.weight)
        optimizer = lib.optim.Adam(m.parameters(), lr=0.1)
        m.weight.grad = lib.ones(1, 2)
        optimizer.step()
        both = (m, optimizer)
        n, other = copy.deepcopy(both) if way == "deepcopy" else pickle.loads(pickle.dumps(both))
        n.weight.grad = lib.ones(1, 2)
        other.step()
        return n.weight, other.param_groups[0]["params"][0] is n.weight, repr(other)

    assert_same_story(tale)


# -- hooks and subclasses ---------------------------------------------------------------------
@story
def test_step_hooks(lib: Any) -> Any:
    p = lib.nn.Parameter(lib.ones(1))
    p.grad = lib.ones(1)
    optimizer = lib.optim.SGD([p], lr=0.5)
    seen: list[Any] = []
    register = importlib.import_module(f"{lib.__name__}.optim.optimizer")

    def note(name: str) -> Any:
        return lambda o, args, kwargs: seen.append((name, len(args), args[0] is o, sorted(kwargs)))

    handles = [
        optimizer.register_step_pre_hook(note("pre")),
        optimizer.register_step_post_hook(note("post")),
        register.register_optimizer_step_pre_hook(note("global pre")),
        register.register_optimizer_step_post_hook(note("global post")),
    ]
    optimizer.step()
    optimizer.step(lambda: 3)
    optimizer.step(closure=None)
    for handle in handles:
        handle.remove()
    optimizer.register_step_pre_hook(lambda o, args, kwargs: ((o, lambda: "replaced"), {}))
    changed = optimizer.step()
    optimizer.register_step_pre_hook(lambda o, args, kwargs: 3)
    wrong = attempt(optimizer.step).split("must return")[1]
    return seen, changed, wrong, p


@story
def test_state_hooks(lib: Any) -> Any:
    p = lib.nn.Parameter(lib.ones(1))
    optimizer = lib.optim.SGD([p], lr=0.5)
    seen: list[Any] = []
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("save 1"))
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("save 0"), prepend=True)
    optimizer.register_state_dict_post_hook(lambda o, s: {**s, "stamp": 1})
    optimizer.register_load_state_dict_pre_hook(lambda o, s: seen.append(("load", sorted(s))))
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append("loaded"))
    saved = optimizer.state_dict()
    optimizer.load_state_dict(saved)
    return saved, seen


@story
def test_an_optimizer_of_ones_own(lib: Any) -> Any:
    required = importlib.import_module(f"{lib.__name__}.optim.optimizer").required

    class Sign(lib.optim.Optimizer):
        def __init__(self, params: Any, lr: Any = required) -> None:
            super().__init__(params, {"lr": lr})

        @lib.no_grad()
        def step(self, closure: Any = None) -> Any:
            for group in self.param_groups:
                for p in group["params"]:
                    state = self.state[p]
                    state["n"] = state.get("n", 0) + 1
                    p.add_(p.grad.sign(), alpha=-group["lr"])
            return "stepped"

    class Louder(Sign):
        def step(self, closure: Any = None) -> Any:
            return super().step(closure).upper()

    p = lib.nn.Parameter(lib.tensor([1.0, -1.0]))
    p.grad = p.detach().clone()
    seen: list[str] = []
    optimizer = Louder([p], lr=0.5)
    optimizer.register_step_post_hook(lambda *_: seen.append("hook"))
    schedule = lib.optim.lr_scheduler.StepLR(optimizer, 1)
    first = optimizer.step()
    schedule.step()
    return (
        (first, p, optimizer.state_dict(), repr(optimizer), seen),
        attempt(lambda: Sign([p])),
        attempt(lambda: lib.optim.Optimizer([p], {}).step()),
    )


@story
def test_duplicates_are_warned_of(lib: Any) -> Any:
    p = lib.nn.Parameter(lib.ones(1))
    return len(lib.optim.SGD([p, p], lr=0.1).param_groups[0]["params"])


MISTAKES = """
    optim.SGD([p], lr=-1)
    optim.SGD([p], lr=-1.0, momentum=-1)
    optim.SGD([p], momentum=-1)
    optim.SGD([p], weight_decay=-1)
    optim.SGD([p], nesterov=True)
    optim.SGD([p], nesterov=True, momentum=0.9, dampening=0.1)
    optim.SGD([p], lr=torch.ones(2))
    optim.SGD([p], fused=True, foreach=True)
    optim.SGD([])
    optim.SGD(p)
    optim.SGD(3)
    optim.SGD([p * 1])
    optim.SGD([3])
    optim.SGD(['a'])
    optim.SGD([[p]])
    optim.SGD([{}])
    optim.SGD([{'params': [3]}])
    optim.SGD([{'params': {p}}])
    optim.SGD([{'params': [p]}, {'params': [p]}])
    optim.SGD([{'params': [p]}, p])
    optim.SGD([p], lr=0.1).add_param_group([p])
    optim.SGD([p], lr=0.1).add_param_group({'params': p})
    optim.SGD([p], lr=0.1).load_state_dict({'state': {}, 'param_groups': []})
    optim.SGD([p], lr=0.1).load_state_dict({'state': {}, 'param_groups': [{'params': [0, 1]}]})
    optim.SGD([p], lr=0.1).load_state_dict({})
    optim.Adam([p], lr=-1)
    optim.Adam([p], betas=(1.0, 0.9))
    optim.Adam([p], betas=(0.9, 1.0))
    optim.Adam([p], betas=(0.9, -0.1))
    optim.Adam([p], betas=(0, 0.5))
    optim.Adam([p], betas=(torch.tensor(0.5), 0.5))
    optim.Adam([p], eps=-1)
    optim.Adam([p], weight_decay=-1)
    optim.Adam([p], lr=torch.tensor(0.1), foreach=True)
    optim.Adam([p], lr=torch.ones(2))
    optim.Adam([p], betas=(torch.tensor(0.5), torch.tensor(0.5)), foreach=True)
    optim.Adam([p], fused=True, foreach=True)
    optim.Adam([p], capturable=True)
    optim.Adam([p], capturable=True).step()
    optim.AdamW([p], lr=float('nan'))
    optim.SGD([p], lr=float('nan'))
"""


@expressions(MISTAKES)
def test_mistakes(expression: str) -> None:
    def tale(lib: Any) -> Any:
        p = lib.nn.Parameter(lib.ones(2))
        p.grad = lib.ones(2)
        return attempt(lambda: eval(expression, {"torch": lib, "optim": lib.optim, "p": p}))

    assert_same_story(tale)


def test_what_is_refused() -> None:
    p = rushlight.nn.Parameter(rushlight.ones(1))
    with pytest.raises(NotImplementedError, match="differentiable=True"):
        rushlight.optim.SGD([p], lr=0.1, differentiable=True)
