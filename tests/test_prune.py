"""Pruning: stories under both libraries."""

from __future__ import annotations

import copy
import importlib
import pickle
import re
from functools import partial
from typing import Any

import pytest

import rushlight
from tests.both import assert_same_story, attempt, story


def prune_of(lib: Any) -> Any:
    return importlib.import_module(f"{lib.__name__}.nn.utils.prune")


def layer(lib: Any) -> Any:
    lib.manual_seed(0)
    return lib.nn.Conv1d(2, 3, 4)


def state(module: Any) -> Any:
    hooks = [type(hook).__name__ for hook in module._forward_pre_hooks.values()]
    return list(module._parameters), module.state_dict(), module.weight.detach(), hooks


STEPS = [
    "p.identity(m, 'weight')",
    "p.random_unstructured(m, 'weight', 0.3)",
    "p.random_unstructured(m, 'weight', amount=5)",
    "p.l1_unstructured(m, 'weight', 0.5)",
    "p.l1_unstructured(m, 'weight', 3, importance_scores=scores)",
    "p.random_structured(m, 'weight', amount=1, dim=0)",
    "p.random_structured(m, 'weight', amount=0.5, dim=-1)",
    "p.ln_structured(m, 'weight', amount=0.5, n=2, dim=1)",
    "p.ln_structured(m, 'weight', 1, float('inf'), -3, importance_scores=scores)",
    "p.ln_structured(m, 'weight', amount=0, n=1, dim=0)",
    "p.custom_from_mask(m, 'weight', scores > 0)",
    "p.L1Unstructured.apply(m, 'weight', amount=1.0) and m",
    "p.LnStructured.apply(m, 'weight', amount=2, n=1, dim=2) and m",
    "p.RandomStructured.apply(m, 'weight', 1) and m",
    "p.l1_unstructured(m, 'weight', 0)",
]


def names_for(lib: Any) -> dict[str, Any]:
    module = layer(lib)
    scores = lib.arange(24.0).reshape(3, 2, 4).sin()
    return {"torch": lib, "p": prune_of(lib), "m": module, "scores": scores}


@pytest.mark.parametrize("first", [*STEPS[::3], None])
@pytest.mark.parametrize("second", STEPS)
def test_pruning_once_and_twice(first: str | None, second: str) -> None:
    def body(lib: Any) -> Any:
        names = names_for(lib)
        module = names["m"]
        if first is not None:
            assert eval(first, names) is module
        assert eval(second, names) is module
        told = [state(module), prune_of(lib).is_pruned(lib.nn.Sequential(module))]
        module(lib.ones(2, 4)).sum().backward()
        told += [module.weight_orig.grad, module.weight.grad_fn.name()]
        return told, prune_of(lib).remove(module, "weight") is module, state(module)

    assert_same_story(body)


WRONG = [
    "p.l1_unstructured(m, 'weight', 'half')",
    "p.l1_unstructured(m, 'weight', -1)",
    "p.l1_unstructured(m, 'weight', 1.5)",
    "p.l1_unstructured(m, 'weight', -0.1)",
    "p.l1_unstructured(m, 'weight', 25)",
    "p.l1_unstructured(m, 'weights', 1)",
    "p.l1_unstructured(m, 'weight', 1, importance_scores=scores[0])",
    "p.ln_structured(m, 'weight', 4, 2, 0)",
    "p.ln_structured(m, 'weight', 1, 2, 3)",
    "p.ln_structured(m, 'weight', 1, 2, -4)",
    "p.ln_structured(m, 'bias', 1, 2, 0)",
    "p.random_structured(m, 'bias', 1, 0)",
    "p.random_structured(m, 'weight', 1.5, 0)",
    "p.custom_from_mask(m, 'weight', scores[0])",
    "p.remove(m, 'bias')",
    "p.BasePruningMethod()",
    "p.global_unstructured(3, p.L1Unstructured, amount=1)",
    "p.global_unstructured([(m, 'weight')], p.LnStructured, amount=1, n=2)",
    "p.global_unstructured([(m, 'weight')], p.L1Unstructured, [1], amount=1)",
    "p.global_unstructured([(m, 'weight')], p.L1Unstructured, amount=25)",
    "p.PruningContainer(3)",
    "p.PruningContainer().add_pruning_method(3)",
]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("first", [None, "p.l1_unstructured(m, 'weight', 5)"])
def test_what_is_wrong(wrong: str, first: str | None) -> None:
    """PyTorch's error; and the module stays as it was, which PyTorch's may not."""

    def body(lib: Any) -> Any:
        names = names_for(lib)
        if first is not None:
            eval(first, names)
        before = repr(state(names["m"]))
        end = attempt(lambda: eval(wrong, names))
        if lib is rushlight:
            assert repr(state(names["m"])) == before
        return re.sub(r"<.*?>", "", end)

    assert_same_story(body)


@story
def test_several_parameters_at_once(lib: Any) -> Any:
    p = prune_of(lib)
    told = []
    for method, options in (
        (p.L1Unstructured, {"amount": 0.4}),
        (p.RandomUnstructured, {"amount": 7}),
    ):
        lib.manual_seed(1)
        one, two = lib.nn.Linear(3, 4), lib.nn.Linear(4, 2)
        pairs = [(one, "weight"), (two, "weight"), (two, "bias")]
        scores = {(two, "bias"): lib.tensor([100.0, 0.0])}
        p.global_unstructured(pairs, method, importance_scores=scores, **options)
        p.global_unstructured(pairs[:2], method, amount=3)
        told += [one.state_dict(), two.state_dict(), two.bias]
    return told


def every_other(lib: Any, kind: str = "unstructured", **members: Any) -> Any:
    def compute_mask(self: Any, t: Any, default_mask: Any) -> Any:
        mask = default_mask.clone()
        mask.view(-1)[::2] = 0
        return mask

    made = {"PRUNING_TYPE": kind, "compute_mask": compute_mask, **members}
    return type("EveryOther", (prune_of(lib).BasePruningMethod,), made)


@story
def test_methods_of_ones_own(lib: Any) -> Any:
    told = []
    for kind, members in (
        ("unstructured", {}),
        ("structured", {}),
        ("structured", {"dim": 1}),
        ("structured", {"dim": -1}),
        ("structured", {"dim": -7}),
        ("global", {}),
        ("other", {}),
    ):
        module = layer(lib)
        prune_of(lib).l1_unstructured(module, "weight", 9)
        told.append(
            attempt(partial(every_other(lib, kind, **members).apply, module, "weight")).partition(
                ":"
            )[0]
        )
        told[-1] = told[-1] if "Error" in told[-1] else ""
        told.append(module.weight_mask)
    return told


@story
def test_containers(lib: Any) -> Any:
    p = prune_of(lib)
    module = layer(lib)
    p.l1_unstructured(module, "weight", 3)
    p.random_unstructured(module, "weight", 0.5)
    p.ln_structured(module, "weight", 1, 2, 0)
    (container,) = module._forward_pre_hooks.values()
    told: list[Any] = [len(container), [type(m).__name__ for m in container]]
    told += [type(container[1]).__name__, container._tensor_name]
    other = p.L1Unstructured(amount=1)
    other._tensor_name = "bias"
    told.append(re.sub("<.*?>", "", attempt(lambda: container.add_pruning_method(other))))
    told += [len(container[:2])]
    t = lib.tensor([[1.0, -4.0], [3.0, 2.0]])
    lone = p.L1Unstructured(amount=2)
    told += [lone.prune(t), lone.prune(t, importance_scores=-t.T.contiguous())]
    told += [lone.prune(t, default_mask=lib.tensor([[1.0, 0.0], [1.0, 1.0]]))]
    return told, attempt(lambda: lone.prune(t, importance_scores=t[0]))


@story
def test_copies_and_training(lib: Any) -> Any:
    p = prune_of(lib)
    module = layer(lib)
    p.l1_unstructured(module, "weight", 0.5)
    p.l1_unstructured(module, "bias", 1)
    told = [attempt(lambda: copy.deepcopy(module))]  # its weight has a history
    with lib.no_grad():
        module(lib.ones(1, 2, 5))
    for made in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        told.append(state(made))
    optimizer = lib.optim.SGD(module.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        module(lib.ones(1, 2, 5)).pow(2).sum().backward()
        optimizer.step()
    out = module(lib.ones(1, 2, 5))
    fresh = layer(lib)
    told.append(attempt(lambda: fresh.load_state_dict(module.state_dict())))
    p.identity(fresh, "weight")
    p.identity(fresh, "bias")
    told.append(fresh.load_state_dict(module.state_dict()))
    return told, out.sum().round(decimals=4), fresh(lib.ones(1, 2, 5)).equal(out)
