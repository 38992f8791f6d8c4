"""Schedules of the learning rate, step for step beside PyTorch."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import rushlight
from tests.both import assert_same_story, attempt, expressions, story

SCHEDULES = """
    s.StepLR(o, 3, gamma=0.5)
    s.StepLR(o, step_size=1)
    s.MultiStepLR(o, [2, 5, 5, 11], gamma=0.3)
    s.MultiStepLR(o, (), 0.3)
    s.ConstantLR(o)
    s.ConstantLR(o, factor=0.7, total_iters=3)
    s.LinearLR(o)
    s.LinearLR(o, start_factor=0.1, end_factor=0.6, total_iters=7)
    s.ExponentialLR(o, 0.8)
    s.PolynomialLR(o)
    s.PolynomialLR(o, total_iters=9, power=2.5)
    s.CosineAnnealingLR(o, 5)
    s.CosineAnnealingLR(o, T_max=4, eta_min=0.01)
    s.CosineAnnealingLR(o, T_max=1)
    s.CosineAnnealingWarmRestarts(o, 4)
    s.CosineAnnealingWarmRestarts(o, T_0=2, T_mult=3, eta_min=0.02)
    s.LambdaLR(o, lambda e: 0.9 ** e)
    s.LambdaLR(o, [lambda e: 1 / (1 + e), lambda e: e])
    s.MultiplicativeLR(o, lambda e: 0.95)
    s.MultiplicativeLR(o, (lambda e: 1 / e, lambda e: 1.5))
    s.CyclicLR(o, 0.01, 0.1, step_size_up=4)
    s.CyclicLR(o, [0.01, 0.02], [0.1, 0.3], 3, 2, mode='triangular2')
    s.CyclicLR(o, 0.01, 0.1, 3, mode='exp_range', gamma=0.9)
    s.CyclicLR(o, 0.01, 0.1, 3, scale_fn=lambda x: 1 / x, mode='mine')
    s.CyclicLR(o, 0.01, 0.1, 3, scale_fn=lambda x: 0.9 ** x, scale_mode='iterations')
    s.CyclicLR(o, 0.01, 0.1, 3, cycle_momentum=False)
    s.CyclicLR(o, 0.01, 0.1, 3, base_momentum=0.5, max_momentum=0.8)
    s.OneCycleLR(o, max_lr=0.5, total_steps=20)
    s.OneCycleLR(o, [0.5, 0.2], epochs=4, steps_per_epoch=5, anneal_strategy='linear')
    s.OneCycleLR(o, 0.5, 25, pct_start=0.2, three_phase=True, div_factor=5, final_div_factor=50)
    s.OneCycleLR(o, 0.5, 25, cycle_momentum=False)
    s.SequentialLR(o, [s.LinearLR(o, 0.1, total_iters=4), s.ExponentialLR(o, 0.9)], [4])
    s.SequentialLR(o, [s.ConstantLR(o, 0.1), s.CosineAnnealingLR(o, 4), s.StepLR(o, 2)], [3, 9])
    s.SequentialLR(o, [s.ExponentialLR(o, 0.9), s.ConstantLR(o)], milestones=[0])
    s.ChainedScheduler([s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9)])
    s.ChainedScheduler([s.StepLR(o, 2), s.LinearLR(o)], optimizer=o)
"""


def optimizer(lib: Any, name: str = "SGD", lr: Any = 0.1) -> Any:
    ps = [lib.nn.Parameter(lib.ones(1)) for _ in "ab"]
    options = {"momentum": 0.9} if name == "SGD" else {}
    groups = [{"params": ps[:1]}, {"params": ps[1:], "lr": 1.0}]
    return getattr(lib.optim, name)(groups, lr=lr, **options)


def plain(state: Any) -> Any:
    """A state dict without what only names functions and objects of one library."""
    if isinstance(state, dict):
        return {k: plain(v) for k, v in sorted(state.items()) if "_f" not in str(k)}
    return [plain(v) for v in state] if isinstance(state, list) else state


def follow(lib: Any, expression: str, name: str = "SGD", lr: Any = 0.1) -> Any:
    o = optimizer(lib, name, lr)
    schedule = eval(expression, {"o": o, "s": lib.optim.lr_scheduler})
    seen = [(schedule.get_last_lr(), [dict(g, params=0) for g in o.param_groups])]
    for _ in range(18):
        o.step()
        schedule.step()
        seen.append((schedule.get_last_lr(), [dict(g, params=0) for g in o.param_groups]))
    return seen, plain(schedule.state_dict())


@expressions(SCHEDULES)
def test_rates(expression: str) -> None:
    assert_same_story(lambda lib: follow(lib, expression))


@expressions(SCHEDULES)
def test_rates_of_adam(expression: str) -> None:
    assert_same_story(lambda lib: follow(lib, expression, "Adam"))


@pytest.mark.parametrize(
    "expression",
    [
        "s.StepLR(o, 3, gamma=0.5)",
        "s.ExponentialLR(o, 0.8)",
        "s.CosineAnnealingLR(o, 5)",
        "s.LambdaLR(o, lambda e: 0.9 ** e)",
        "s.LinearLR(o)",
    ],
)
def test_rates_in_tensors(expression: str) -> None:
    assert_same_story(lambda lib: follow(lib, expression, lr=lib.tensor(0.5)))


@expressions(SCHEDULES)
def test_resuming(expression: str) -> None:
    """A schedule that was saved in the middle and loaded into a fresh one goes on as if nothing."""

    def tale(lib: Any) -> Any:
        s = lib.optim.lr_scheduler
        first, second = optimizer(lib), optimizer(lib)
        a = eval(expression, {"o": first, "s": s})
        for _ in range(6):
            first.step()
            a.step()
        b = eval(expression, {"o": second, "s": s})
        b.load_state_dict(copy.deepcopy(a.state_dict()))
        second.load_state_dict(copy.deepcopy(first.state_dict()))
        seen = []
        for _ in range(5):
            second.step()
            b.step()
            seen.append(b.get_last_lr())
        return seen

    assert_same_story(tale)


@pytest.mark.parametrize(
    "expression", [e.strip() for e in SCHEDULES.strip().splitlines() if "Chained" not in e]
)
def test_an_epoch_given(expression: str) -> None:
    def tale(lib: Any) -> Any:
        o = optimizer(lib)
        schedule = eval(expression, {"o": o, "s": lib.optim.lr_scheduler})
        seen = []
        for epoch in (0, 1, 7, 3, 12):
            o.step()
            seen.append(attempt(lambda e=epoch: schedule.step(e)).split(" given")[0])
            seen.append(schedule.get_last_lr())
        return seen

    assert_same_story(tale)


PLATEAUS = [
    {"patience": 1},
    {"patience": 0, "factor": 0.5, "min_lr": 0.03},
    {"patience": 1, "mode": "max"},
    {"patience": 1, "threshold": 0.1, "threshold_mode": "abs"},
    {"patience": 1, "mode": "max", "threshold": 0.3, "threshold_mode": "abs"},
    {"patience": 0, "cooldown": 2},
    {"patience": 0, "min_lr": [0.01, 0.5], "eps": 0.02},
]


@pytest.mark.parametrize("options", PLATEAUS)
def test_plateau(options: dict[str, Any]) -> None:
    def tale(lib: Any) -> Any:
        o = optimizer(lib)
        schedule = lib.optim.lr_scheduler.ReduceLROnPlateau(o, **options)
        seen = [schedule.get_last_lr()]
        for i, loss in enumerate((3.0, 2.5, 2.6, 2.45, 2.44, 2.5, 2.6, 2.0, 2.0, 2.0, 2.0, 1e-9)):
            o.step()
            schedule.step(lib.tensor(loss) if i % 2 else loss)
            seen.append(schedule.get_last_lr())
        other = lib.optim.lr_scheduler.ReduceLROnPlateau(o)
        other.load_state_dict(schedule.state_dict())
        other.step(5.0, epoch=40)
        return seen, plain(schedule.state_dict()), plain(other.state_dict())

    assert_same_story(tale)


@story
def test_plateau_and_a_new_group(lib: Any) -> Any:
    ends = []
    for lowest in (0.0, [0.0, 0.0]):
        o = optimizer(lib)
        schedule = lib.optim.lr_scheduler.ReduceLROnPlateau(o, patience=0, min_lr=lowest)
        o.add_param_group({"params": lib.nn.Parameter(lib.ones(1))})
        schedule.step(1.0)
        ends.append(attempt(lambda s=schedule: s.step(1.0)))
        ends.append([g["lr"] for g in o.param_groups])
    return ends


# -- order, warnings and mistakes -------------------------------------------------------------
@story
def test_the_order_of_steps(lib: Any) -> Any:
    """Warnings are what is compared: of a schedule that steps before its optimizer."""
    o = optimizer(lib)
    early = lib.optim.lr_scheduler.StepLR(o, 2)
    early.step()
    early.step()
    o = optimizer(lib)
    o.step()  # before there was a schedule: doesn't count
    late = lib.optim.lr_scheduler.StepLR(o, 2)
    late.step()
    o = optimizer(lib)
    good = lib.optim.lr_scheduler.StepLR(o, 2)
    o.step()
    second = lib.optim.lr_scheduler.StepLR(o, 2)
    good.step()
    second.step()
    return good.get_lr(), good.get_last_lr()


@story
def test_two_schedules_of_one_optimizer(lib: Any) -> Any:
    o = optimizer(lib)
    s = lib.optim.lr_scheduler
    a, b = s.ExponentialLR(o, 0.9), s.StepLR(o, 2)
    rates = []
    for _ in range(6):
        o.step()
        a.step()
        b.step()
        rates.append([g["lr"] for g in o.param_groups])
    return rates, [g["initial_lr"] for g in o.param_groups]


@story
def test_starting_in_the_middle(lib: Any) -> Any:
    s = lib.optim.lr_scheduler
    o = optimizer(lib)
    refused = attempt(lambda: s.StepLR(o, 2, last_epoch=3))
    for group in o.param_groups:
        group["initial_lr"] = 0.8
    made = [s.StepLR(o, 2, last_epoch=3), s.CosineAnnealingLR(o, 10, last_epoch=3)]
    return refused, [(m.last_epoch, m.get_last_lr(), m.base_lrs) for m in made]


@story
def test_a_schedule_of_ones_own(lib: Any) -> Any:
    class Halve(lib.optim.lr_scheduler.LRScheduler):
        def get_lr(self) -> Any:
            return [group["lr"] / 2 for group in self.optimizer.param_groups]

    class Old(lib.optim.lr_scheduler._LRScheduler):
        def get_lr(self) -> Any:
            return [base / (1 + self.last_epoch) for base in self.base_lrs]

    o = optimizer(lib)
    a, b = Halve(o), Old(o)
    o.step()
    a.step()
    b.step()
    base = attempt(lambda: lib.optim.lr_scheduler.LRScheduler(o))
    return a.get_last_lr(), b.get_last_lr(), plain(a.state_dict()), base


class Warm:
    """A function with a memory, of which a state dict keeps what it holds."""

    def __init__(self) -> None:
        self.scale = 0.5

    def __call__(self, epoch: int) -> float:
        return self.scale * epoch


@story
def test_states_of_functions(lib: Any) -> Any:
    s = lib.optim.lr_scheduler
    a = s.LambdaLR(optimizer(lib), [Warm(), lambda e: e])
    a.lr_lambdas[0].scale = 3.0
    saved = a.state_dict()
    b = s.LambdaLR(optimizer(lib), [Warm(), lambda e: e])
    b.load_state_dict(saved)
    return saved["lr_lambdas"], b.lr_lambdas[0].scale, sorted(saved)


@expressions(
    """
    s.StepLR(3, 1)
    s.StepLR(o)
    s.ConstantLR(o, 1.5)
    s.ConstantLR(o, -1)
    s.LinearLR(o, 0)
    s.LinearLR(o, 2)
    s.LinearLR(o, 1, 3)
    s.CosineAnnealingWarmRestarts(o, 0)
    s.CosineAnnealingWarmRestarts(o, 1.5)
    s.CosineAnnealingWarmRestarts(o, 2, 0)
    s.CosineAnnealingWarmRestarts(o, 2, 1.5)
    s.CosineAnnealingWarmRestarts(o, 2, 1, 'a')
    s.CosineAnnealingWarmRestarts(o, 2).step(-1)
    s.LambdaLR(o, [lambda e: e])
    s.LambdaLR(o, 3)
    s.MultiplicativeLR(o, [lambda e: e])
    s.MultiplicativeLR(o, 3)
    s.CyclicLR(3, 0.1, 1)
    s.CyclicLR(o, [0.1], 1)
    s.CyclicLR(o, 0.1, [1, 2, 3])
    s.CyclicLR(o, 0.1, 1, mode='a')
    s.CyclicLR(plain, 0.1, 1)
    s.OneCycleLR(3, 0.1)
    s.OneCycleLR(o, 0.1)
    s.OneCycleLR(o, 0.1, 0)
    s.OneCycleLR(o, 0.1, 1.5)
    s.OneCycleLR(o, 0.1, epochs=2)
    s.OneCycleLR(o, 0.1, epochs=0, steps_per_epoch=1)
    s.OneCycleLR(o, 0.1, epochs=1, steps_per_epoch=-1)
    s.OneCycleLR(o, 0.1, 10, pct_start=2.0)
    s.OneCycleLR(o, 0.1, 10, pct_start=1)
    s.OneCycleLR(o, 0.1, 10, anneal_strategy='a')
    s.OneCycleLR(o, [0.1], 10)
    s.OneCycleLR(plain, 0.1, 10)
    [s.OneCycleLR(o, 0.1, 3).step() for _ in range(2)]
    (lambda c: [c.step() for _ in range(5)])(s.OneCycleLR(o, 0.1, 3))
    s.ReduceLROnPlateau(3)
    s.ReduceLROnPlateau(o, factor=1.0)
    s.ReduceLROnPlateau(o, mode='a')
    s.ReduceLROnPlateau(o, threshold_mode='a')
    s.ReduceLROnPlateau(o, min_lr=[1])
    s.ReduceLROnPlateau(o).step()
    s.ReduceLROnPlateau(o).step('a')
    s.SequentialLR(o, [], [])
    s.SequentialLR(o, [3], [])
    s.SequentialLR(o, [s.StepLR(o, 1)], [1])
    s.SequentialLR(o, [s.ReduceLROnPlateau(o)], [])
    s.SequentialLR(o, [s.StepLR(other, 1)], [])
    s.ChainedScheduler([])
    s.ChainedScheduler([s.StepLR(o, 1), 3])
    s.ChainedScheduler([s.ReduceLROnPlateau(o)])
    s.ChainedScheduler([s.StepLR(o, 1), s.StepLR(other, 1)])
    """
)
def test_mistakes(expression: str) -> None:
    def tale(lib: Any) -> Any:
        names = {"o": optimizer(lib), "other": optimizer(lib), "s": lib.optim.lr_scheduler}
        names["plain"] = lib.optim.Optimizer([lib.nn.Parameter(lib.ones(1))], {"lr": 0.1})
        end = attempt(lambda: eval(expression, names))
        return end if "Error" in end else "made"

    assert_same_story(tale)


def test_a_failed_first_step_leaves_no_mark() -> None:
    o = optimizer(rushlight)
    with pytest.raises(NotImplementedError):
        rushlight.optim.lr_scheduler.LRScheduler(o)
    assert [g["lr"] for g in o.param_groups] == [0.1, 1.0]
