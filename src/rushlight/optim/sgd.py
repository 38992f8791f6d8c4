"""SGD with momentum (Polyak; Nesterov in the form of Sutskever et al., ICML 2013)."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from rushlight.autograd.inference import check_update
from rushlight.kernels.flipped import resolved
from rushlight.kernels.optim import SgdRates, sgd_rates, sgd_step
from rushlight.optim.grouped import (
    Grouped,
    fused_alone,
    number,
    one_element,
    raw_grad,
)
from rushlight.optim.optimizer import Group, Params
from rushlight.tensor import Tensor, wrap

__all__ = ["SGD"]


class SGD(Grouped):
    """Stochastic gradient descent: ``p -= lr * v``, ``v = momentum * v + (1 - dampening) * g``.

    With `nesterov`, ``p -= lr * (g + momentum * v)``. `weight_decay` adds ``weight_decay * p`` to
    the gradient; `maximize` climbs.

    >>> import rushlight as torch
    >>> p = torch.nn.Parameter(torch.tensor([1.0]))
    >>> optimizer = torch.optim.SGD([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data
    tensor([0.8000])
    """

    later: ClassVar[Group] = {"nesterov": False, "fused": False}
    numbers = ()

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        one_element(lr)
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        fused_alone(fused, foreach, differentiable)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def update(self, group: Group) -> None:
        """Move the parameters of one group along their gradients."""
        if group["differentiable"]:
            self._update_recorded(group)
            return
        momentum = number(group["momentum"])
        known: dict[Any, SgdRates] = {}  # parameters mostly share their dtype
        for p in group["params"]:
            g = raw_grad(p)
            if g is None:
                continue
            if type(p._counter) is not list:
                check_update(p)
            x = resolved(p._array)
            rates = known.get(x.dtype)
            if rates is None:
                rates = known[x.dtype] = sgd_rates(
                    x.dtype,
                    number(group["lr"]),
                    momentum,
                    number(group["dampening"]),
                    number(group["weight_decay"]),
                    group["nesterov"],
                    group["maximize"],
                )
            buffer = None
            first = False
            if momentum != 0:
                state = self.state[p]
                kept = state.get("momentum_buffer")
                first = kept is None
                if first:
                    kept = state["momentum_buffer"] = wrap(np.empty_like(g))
                buffer = kept._array
            sgd_step(x, g, buffer, first, rates)
            if x is not p._array:  # a view of conjugates or negatives
                p._array[...] = x
            p._counter[0] += 1

    def _update_recorded(self, group: Group) -> None:
        """The same by tensor arithmetic, so that gradients flow through the step.

        Learning rate and weight decay may require gradients as well.
        """
        lr, decay, momentum = group["lr"], group["weight_decay"], group["momentum"]
        for p in group["params"]:
            g = p.grad
            if g is None:
                continue
            if group["maximize"]:
                g = -g
            if decay != 0:
                g = g + p.clone() * decay
            if momentum != 0:
                state = self.state[p]
                buffer = state.get("momentum_buffer")
                if buffer is None:
                    buffer = state["momentum_buffer"] = g.detach().clone()
                else:
                    buffer.mul_(momentum).add_(g, alpha=1 - group["dampening"])
                g = g.add(buffer, alpha=momentum) if group["nesterov"] else buffer
            if isinstance(lr, Tensor):  # of what the product saves later steps must not write
                p.addcmul_(g.clone(), lr, value=-1)
            else:
                p.add_(g, alpha=-lr)
