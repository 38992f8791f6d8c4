"""Optimizer: parameter groups, per-parameter state, and their dictionaries."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

import numpy as np

from rushlight.autograd.hooks import Hooks, RemovableHandle, add_hook
from rushlight.autograd.modes import enable_grad, no_grad
from rushlight.tensor import Tensor

__all__ = ["Optimizer"]

Group = dict[str, Any]


class Optimizer:
    """Base class: subclasses say their defaults and how to `update` one group.

    `params` is an iterable of tensors, of (name, tensor) pairs, or of dicts, each a group with its
    own options. Raises TypeError and ValueError for anything else, before anything is kept.
    """

    param_groups: list[Group]
    state: defaultdict[Tensor, dict[str, Any]]

    def __init__(self, params: Any, defaults: Group) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or "
                f"dicts, but got {params.detach().type()}"
            )
        self.defaults = defaults
        self.state = defaultdict(dict)
        self.param_groups = []
        self._pre_hooks: Hooks = OrderedDict()
        self._post_hooks: Hooks = OrderedDict()
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(dict(group) if isinstance(group, dict) else group)

    def update(self, group: Group) -> None:
        """Move the parameters of one group along their gradients."""
        raise NotImplementedError(f"{type(self).__name__} has no update rule")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update all parameters; with `closure`, evaluate the loss first and return it."""
        for hook in list(self._pre_hooks.values()):
            hook(self, (closure,), {})
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with no_grad():
            for group in self.param_groups:
                self.update(group)
        for hook in list(self._post_hooks.values()):
            hook(self, (closure,), {})
        self._step_count = getattr(self, "_step_count", 0) + 1
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p._grad = None
                elif p._grad is not None:
                    p._grad.detach_()
                    p._grad.zero_()

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step."""
        return add_hook(self._pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return add_hook(self._post_hooks, hook)

    # -- groups --------------------------------------------------------------------------------
    def add_param_group(self, param_group: Group) -> None:
        """Add a group of parameters with its own options (fine-tuning unfreezes layers so)."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, Tensor):
            params = [params]
        elif isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the "
                "ordering of tensors in sets will change between runs. Please use a list instead."
            )
        else:
            params = list(params)
        group: Group = dict(param_group)
        if params and isinstance(params[0], tuple):
            group["param_names"] = [name for name, _ in params]
            params = [p for _, p in params]
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(
                    f"optimizer can only optimize Tensors, but one of the params is "
                    f"{type(p).__name__}"
                )
            if not (p.is_leaf or p.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        taken = {id(p) for g in self.param_groups for p in g["params"]}
        if any(id(p) in taken for p in params):
            raise ValueError("some parameters appear in more than one parameter group")
        group["params"] = params
        for name, default in self.defaults.items():
            group.setdefault(name, default)
        self.param_groups.append(group)

    def __repr__(self) -> str:
        lines = []
        for i, group in enumerate(self.param_groups):
            lines.append(f"\nParameter Group {i}\n")
            lines += [f"    {k}: {group[k]}\n" for k in sorted(group) if k != "params"]
        return f"{type(self).__name__} (" + "".join(lines) + ")"

    # -- dictionaries --------------------------------------------------------------------------
    def state_dict(self) -> dict[str, Any]:
        """Return ``{"state", "param_groups"}``, with parameters numbered in order."""
        numbers: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            for p in group["params"]:
                numbers.setdefault(id(p), len(numbers))
            packed = {k: v for k, v in group.items() if k != "params"}
            packed["params"] = [numbers[id(p)] for p in group["params"]]
            groups.append(packed)
        state = {(numbers[id(k)] if isinstance(k, Tensor) else k): v for k, v in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the state of another optimizer over parameters of the same number and order."""
        groups = self.param_groups
        saved_groups = deepcopy(state_dict["param_groups"])
        if len(groups) != len(saved_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(g["params"]) != len(s["params"]) for g, s in zip(groups, saved_groups)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of "
                "optimizer's group"
            )
        params = {
            number: p
            for g, s in zip(groups, saved_groups)
            for number, p in zip(s["params"], g["params"])
        }
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in params:
                state[params[key]] = {
                    k: _like_parameter(k, v, params[key]) for k, v in value.items()
                }
            else:
                state[key] = deepcopy(value)
        for g, s in zip(groups, saved_groups):
            s["params"] = g["params"]
        self.state = state
        self.param_groups = saved_groups

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__dict__.setdefault("_pre_hooks", OrderedDict())
        self.__dict__.setdefault("_post_hooks", OrderedDict())


def _like_parameter(name: str, value: Any, p: Tensor) -> Any:
    """Copy one loaded value, in its parameter's dtype unless it is the step count."""
    if isinstance(value, Tensor):
        made = value.detach().clone()
        return made if name == "step" or not p.is_floating_point() else made.to(p.dtype)
    return deepcopy(value)


def refuse(**options: Any) -> None:
    """Refuse options that Rushlight has no such thing for; None and False pass."""
    for name, value in options.items():
        if value:
            raise NotImplementedError(f"optim: {name}=True is not available in Rushlight")


def number(value: Any) -> float:
    """A learning rate as a float; PyTorch takes a 0-d tensor as well."""
    return float(value.item()) if isinstance(value, Tensor) else value


def raw_grad(p: Tensor) -> Any:
    """The gradient's ndarray, or None where there is nothing to do."""
    grad = p._grad
    return None if grad is None else grad._array


def zeros_for(p: Tensor) -> Any:
    """An ndarray of zeros in the layout of `p`."""
    return np.zeros_like(p._array)


Params = Iterable[Tensor] | Iterable[Group] | Iterable[tuple[str, Tensor]]
