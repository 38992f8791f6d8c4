"""LRScheduler: when to step, which rates were set last, and the state of a schedule."""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable
from typing import Any

from rushlight.optim.grouped import number
from rushlight.optim.optimizer import Optimizer
from rushlight.tensor import Tensor

__all__ = ["LRScheduler"]

Rate = Any  # a float, or a 0-d Tensor, which is then changed in place

EPOCH_WARNING = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where "
    "possible. Please use `scheduler.step()` to step the scheduler. During the deprecation, if "
    "epoch is different from None, the closed form is used instead of the new chainable form, "
    "where available. Please open an issue if you are unable to replicate your use case: "
    "https://github.com/pytorch/pytorch/issues/new/choose."
)
_ORDER = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and "
    "later, you should call them in the opposite order: `optimizer.step()` before "
    "`lr_scheduler.step()`.  Failure to do this will result in PyTorch skipping the first value "
    "of the learning rate schedule. See more details at "
    "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
)


class LRScheduler:
    """Base class: subclasses say the next rate of each group in `get_lr`.

    Making a schedule sets the first rates. Raises TypeError without an optimizer, and KeyError for
    a `last_epoch` other than -1 in whose groups no schedule has left ``initial_lr``.
    """

    _get_lr_called_within_step: bool = False
    _is_initial: bool = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = require_optimizer(optimizer)
        if last_epoch == -1:
            for group in optimizer.param_groups:
                group.setdefault("initial_lr", own(group["lr"]))
        else:
            for i, group in enumerate(optimizer.param_groups):
                if "initial_lr" not in group:
                    raise KeyError(
                        f"param 'initial_lr' is not specified in param_groups[{i}] when resuming "
                        "scheduler with last_epoch >= 0.\n"
                        "This typically happens when:\n1. You're trying to resume training from a "
                        "checkpoint but haven't properly loaded the optimizer state\n2. You're "
                        "using last_epoch >= 0 for a fresh training run (not recommended)"
                    )
        self.base_lrs = [own(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        if optimizer._opt_called is None:
            optimizer._opt_called = False
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self) -> list[Rate]:
        """Return the next rate of each group."""
        raise NotImplementedError

    def get_last_lr(self) -> list[Rate]:
        """Return the rates of the last step."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Move on by one epoch and set the groups' rates; warn if the optimizer never stepped."""
        if self._step_count == 1 and not self.optimizer._opt_called:
            warnings.warn(_ORDER, UserWarning, stacklevel=2)
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_WARNING, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        closed = None if epoch is None else getattr(self, "_get_closed_form_lr", None)
        self._set_rates(self._within_step(closed or self.get_lr))

    def _within_step(self, rates: Callable[[], list[Rate]]) -> list[Rate]:
        self._get_lr_called_within_step = True
        try:
            return rates()
        finally:
            self._get_lr_called_within_step = False

    def _set_rates(self, rates: list[Rate]) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates):
            set_rate(group, rate)
        self._last_lr = self._rates()

    def _rates(self) -> list[Rate]:
        """The groups' present rates."""
        return [own(group["lr"]) for group in self.optimizer.param_groups]

    def _scaled(self, factor: float) -> list[Rate]:
        """The groups' present rates times a factor."""
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer."""
        return {k: v for k, v in self.__dict__.items() if k != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self.__dict__.update(state_dict)


class _LRScheduler(LRScheduler):
    """The old name of `LRScheduler`, from which older programs derive."""


def require_optimizer(optimizer: Any) -> Optimizer:
    """Return the optimizer, or raise TypeError for something else."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
    return optimizer


def own(rate: Rate) -> Rate:
    """A rate that later in-place changes of the group's don't reach."""
    return rate.clone() if isinstance(rate, Tensor) else rate


def set_rate(group: dict[str, Any], rate: Rate) -> None:
    """Set a group's rate; in place if it is a tensor."""
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(number(rate))
    else:
        group["lr"] = rate


def warn_outside_step(schedule: LRScheduler) -> None:
    """Warn where `get_lr` is called by somebody who wants `get_last_lr`."""
    if not schedule._get_lr_called_within_step:
        warnings.warn(
            "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
            UserWarning,
            stacklevel=3,
        )


def per_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """One value a group, from one for all or from a list; ValueError for one of another length."""
    groups = optimizer.param_groups
    if not isinstance(value, (list, tuple)):
        return [own(value) for _ in groups]
    if len(value) != len(groups):
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} "
            f"values, param_groups has {len(groups)}."
        )
    return [own(v) for v in value]


def saved_function(fn: Any) -> Any:
    """What a state dict keeps of a function: nothing, or the attributes of a callable object."""
    return None if isinstance(fn, types.FunctionType) else fn.__dict__.copy()
