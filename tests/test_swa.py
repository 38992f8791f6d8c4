"""Averages of weights, beside PyTorch."""

from __future__ import annotations

from typing import Any

import pytest

from tests.both import assert_same_story, attempt, story

KINDS: dict[str, Any] = {
    "equal": lambda swa: {"device": "cpu"},
    "swa": lambda swa: {"avg_fn": swa.get_swa_avg_fn()},
    "ema": lambda swa: {"avg_fn": swa.get_ema_avg_fn(0.9), "use_buffers": True},
    "swas": lambda swa: {"multi_avg_fn": swa.get_swa_multi_avg_fn()},
    "emas": lambda swa: {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.5), "use_buffers": True},
    "own": lambda swa: {"avg_fn": lambda average, value, n: average.maximum(value) + n / 10},
}


@pytest.mark.parametrize("kind", KINDS)
def test_averages(kind: str) -> None:
    def tell(lib: Any) -> Any:
        lib.manual_seed(0)
        nn, swa = lib.nn, lib.optim.swa_utils
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
        averaged = swa.AveragedModel(model, **KINDS[kind](swa))
        optimizer = lib.optim.SGD(model.parameters(), lr=0.01)
        x = lib.randn(8, 3)
        for _ in range(4):
            optimizer.zero_grad()
            model(x).square().sum().backward()
            optimizer.step()
            averaged.update_parameters(model)
        ends = [v.double().round(decimals=4) for v in averaged.state_dict().values()]
        before = averaged.module[1].momentum
        averaged.eval()
        swa.update_bn([x[:4], [x[4:], 1]], averaged)
        assert averaged.module[1].momentum == before
        assert not averaged.training
        bn = averaged.module[1]
        return ends, bn.running_mean.round(decimals=4), bn.running_var.round(decimals=4), model

    assert_same_story(tell)


@story
def test_nothing_to_normalise(lib: Any) -> Any:
    swa = lib.optim.swa_utils
    return swa.update_bn(iter([]), lib.nn.Linear(1, 1)), swa.AveragedModel(lib.nn.Linear(1, 2))


@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("epochs", [0, 1, 5])
def test_rates(strategy: str, epochs: int) -> None:
    def tell(lib: Any) -> Any:
        groups = [{"params": [lib.ones(1)]}, {"params": [lib.ones(2)], "lr": 0.3}]
        optimizer = lib.optim.SGD(groups, lr=1.0)
        schedule = lib.optim.swa_utils.SWALR(optimizer, [0.5, 0.1], epochs, strategy)
        rates = []
        for _ in range(8):
            optimizer.step()
            schedule.step()
            rates.append([round(rate, 12) for rate in schedule.get_last_lr()])
        return rates, sorted(schedule.state_dict())

    assert_same_story(tell)


@story
def test_mistakes(lib: Any) -> Any:
    swa, model = lib.optim.swa_utils, lib.nn.Linear(1, 1)
    optimizer = lib.optim.SGD(model.parameters())
    return [
        attempt(lambda: swa.AveragedModel(model, avg_fn=len, multi_avg_fn=len)),
        attempt(lambda: swa.get_ema_avg_fn(2)),
        attempt(lambda: swa.get_ema_multi_avg_fn(-1)),
        attempt(lambda: swa.SWALR(optimizer, 1, anneal_strategy="x")),
        attempt(lambda: swa.SWALR(optimizer, 1, anneal_epochs=-1)),
        attempt(lambda: swa.SWALR(optimizer, 1, anneal_epochs=1.5)),
        attempt(lambda: swa.SWALR(optimizer, [1, 2])),
        attempt(lambda: swa.SWALR(model, 1)),
    ]
