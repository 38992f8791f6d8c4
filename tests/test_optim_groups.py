"""Groups, states, hooks and complaints of optimizers, beside PyTorch."""

from __future__ import annotations

import copy
import importlib
import pickle
from typing import Any

import pytest

import rushlight
from tests.both import assert_same_story, attempt, expressions, story


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


OLD: list[tuple[str, dict[str, Any]]] = [
    ("ASGD", {}),
    ("Adadelta", {"maximize": True}),
    ("Adagrad", {}),
    ("Adam", {"maximize": True}),
    ("AdamW", {"weight_decay": 0.1}),
    ("Adamax", {}),
    ("NAdam", {"decoupled_weight_decay": True, "weight_decay": 0.1}),
    ("RAdam", {}),
    ("RMSprop", {"momentum": 0.5, "centered": True}),
    ("Rprop", {}),
    ("SGD", {"momentum": 0.5, "nesterov": True}),
]
YOUNG = ("amsgrad", "capturable", "decoupled_weight_decay", "differentiable", "foreach", "fused")
YOUNG += ("maximize", "nesterov", "centered")


@pytest.mark.parametrize(("name", "options"), OLD)
def test_a_state_of_an_earlier_version(name: str, options: dict[str, Any]) -> None:
    def resumed(lib: Any) -> Any:
        p = lib.nn.Parameter(lib.ones(2))
        optimizer = getattr(lib.optim, name)([p], **options)
        p.grad = lib.tensor([0.5, -2.0])
        optimizer.step()
        saved = optimizer.state_dict()
        for option in YOUNG:
            saved["param_groups"][0].pop(option, None)
        saved["state"][0] = {
            k: v.item() if v.dim() == 0 else v for k, v in saved["state"][0].items()
        }
        optimizer.load_state_dict(saved)
        loaded = repr(optimizer), dict(optimizer.state[p])
        optimizer.step()
        return loaded, p

    assert_same_story(resumed)


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
    with pytest.raises(NotImplementedError, match="fake tensors"):
        rushlight.optim.swap_in_optimizer_params_and_state()
