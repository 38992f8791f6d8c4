"""Averages of weights: of the path of SGD (Izmailov et al., UAI 2018), or exponential ones.

>>> import rushlight as torch
>>> model = torch.nn.Linear(1, 1)
>>> averaged = torch.optim.swa_utils.AveragedModel(model)
>>> for value in (1.0, 2.0, 6.0):
...     _ = torch.nn.init.constant_(model.weight, value)
...     averaged.update_parameters(model)
>>> averaged.module.weight.item()
3.0
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any, Literal

import numpy as np

from rushlight.autograd.modes import no_grad
from rushlight.nn.modules.batchnorm import _BatchNorm
from rushlight.nn.modules.module import Module
from rushlight.optim.grouped import number
from rushlight.optim.lr_scheduler.base import LRScheduler, Rate, per_group, warn_outside_step
from rushlight.optim.optimizer import Optimizer
from rushlight.tensor import Tensor, wrap

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

Average = Callable[[Tensor, Tensor, Any], Tensor]
MultiAverage = Callable[[Any, Any, Any], None]


# -- what an average is ------------------------------------------------------------------------


def get_swa_avg_fn() -> Average:
    """Return ``f(average, value, n)``: the mean of `n` values and one more."""

    def swa_update(average: Tensor, value: Tensor, n: Any) -> Tensor:
        with no_grad():
            mean: Tensor = average + (value - average) / (n + 1)
        return mean

    return swa_update


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """Return ``f(average, value, n)``: the average keeps a share of `decay`."""
    _check_decay(decay)

    def ema_update(average: Tensor, value: Tensor, n: Any) -> Tensor:
        with no_grad():
            mean: Tensor = decay * average + (1 - decay) * value
        return mean

    return ema_update


def get_swa_multi_avg_fn() -> MultiAverage:
    """Return ``f(averages, values, n)``, which moves averages of `n` values by one more."""

    def swa_update(averages: Any, values: Any, n: Any) -> None:
        _move(averages, values, 1 / (number(n) + 1))

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverage:
    """Return ``f(averages, values, n)``, which lets averages keep a share of `decay`."""
    _check_decay(decay)

    def ema_update(averages: Any, values: Any, n: Any) -> None:
        _move(averages, values, 1 - decay)

    return ema_update


def _move(averages: Any, values: Any, share: float) -> None:
    """Move averages by a share of the way to the values; those of integers are cut to integers."""
    with no_grad():
        for average, value in zip(averages, values):
            if average.is_floating_point() or average.is_complex():
                average.lerp_(value, share)
            else:
                average.copy_(average * (1 - share) + value * share)


def _check_decay(decay: float) -> None:
    if decay < 0.0 or decay > 1.0:
        raise ValueError(
            f"Invalid decay value {decay} provided. Please provide a value in [0,1] range."
        )


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of the model's.

    The first `update_parameters` copies; each later one averages, equally, or by `avg_fn` (for one
    tensor) or `multi_avg_fn` (for lists). With `use_buffers` buffers are averaged as well, else
    they are copied each time.
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: MultiAverage | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        assert avg_fn is None or multi_avg_fn is None, (
            "Only one of avg_fn and multi_avg_fn should be provided"
        )
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", wrap(np.array(0, np.int64)))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Run the averaged model."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Move the averages by the parameters that `model` has now."""
        averages = [a.detach() for a in self._averaged(self.module)]
        values = [v.detach() for v in self._averaged(model)]
        if self.n_averaged == 0:
            for average, value in zip(averages, values):
                average.copy_(value)
        elif self.avg_fn is not None:
            for average, value in zip(averages, values):
                average.copy_(self.avg_fn(average, value, self.n_averaged))
        else:
            (self.multi_avg_fn or get_swa_multi_avg_fn())(averages, values, self.n_averaged)
        if not self.use_buffers:
            for mine, other in zip(self.module.buffers(), model.buffers()):
                mine.detach().copy_(other.detach())
        self.n_averaged += 1

    def _averaged(self, model: Module) -> Iterable[Tensor]:
        buffers = model.buffers() if self.use_buffers else ()
        return itertools.chain(model.parameters(), buffers)


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running statistics of batch normalisations anew, from one pass over `loader`.

    Averaged weights make activations of their own. A batch that is a list or a tuple is the input
    first; the statistics become the mean over all batches.
    """
    momenta = {m: m.momentum for m in model.modules() if isinstance(m, _BatchNorm)}
    if not momenta:
        return
    was_training = model.training
    model.train()
    for layer in momenta:
        layer.reset_running_stats()
        layer.momentum = None
    with no_grad():
        for batch in loader:
            x = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(x if device is None else x.to(device))
    for layer, momentum in momenta.items():
        layer.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """Lead the rate to `swa_lr` in `anneal_epochs` epochs, and stay there.

    By half a cosine, or with `anneal_strategy` of ``"linear"`` in a line. Raises ValueError for
    another strategy, and for epochs that are negative or no integer.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float,
        anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ) -> None:
        rates = per_group("swa_lr", optimizer, swa_lr)
        for group, rate in zip(optimizer.param_groups, rates):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, epoch: int) -> float:
        """How much of the way is done at an epoch."""
        t = max(0.0, min(1.0, epoch / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * t)) / 2 if self._anneal_strategy == "cos" else t

    def get_lr(self) -> list[Rate]:
        """Return the next rate of each group."""
        warn_outside_step(self)
        epoch = self._step_count - 1
        if self.anneal_epochs == 0:
            epoch = max(1, epoch)
        before, now = self._share(max(0, epoch - 1)), self._share(epoch)
        rates = []
        for group in self.optimizer.param_groups:
            end = group["swa_lr"]
            start = end if before == 1 else (group["lr"] - end * before) / (1 - before)
            rates.append(end * now + start * (1 - now))
        return rates
