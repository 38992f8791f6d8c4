"""Adam (Kingma and Ba, ICLR 2015, algorithm 1) and AdamW (Loshchilov and Hutter, ICLR 2019)."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels.optim import AdamRates, adam_rates, adam_step
from rushlight.optim.optimizer import (
    Group,
    Optimizer,
    Params,
    number,
    raw_grad,
    refuse,
    zeros_for,
)
from rushlight.tensor import Tensor, wrap

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """Steps of ``lr * m / (sqrt(v) + eps)``, m and v bias-corrected running means of g and g^2.

    `weight_decay` is added to the gradient, or with `decoupled_weight_decay` shrinks the parameter
    itself (AdamW). `amsgrad` uses the largest v so far (Reddi et al., ICLR 2018).

    >>> import rushlight as torch
    >>> p = torch.nn.Parameter(torch.tensor([1.0]))
    >>> optimizer = torch.optim.Adam([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data
    tensor([0.9000])
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        if not number(lr) >= 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps >= 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        for i, beta in enumerate(betas):
            if not 0.0 <= number(beta) < 1.0:
                raise ValueError(f"Invalid beta parameter at index {i}: {beta}")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        refuse(differentiable=differentiable, capturable=capturable)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def update(self, group: Group) -> None:
        """Move the parameters of one group along their gradients."""
        lr = number(group["lr"])
        beta1, beta2 = (number(b) for b in group["betas"])
        amsgrad = group["amsgrad"]
        known: dict[tuple[Any, int], AdamRates] = {}  # parameters mostly share dtype and step
        for p in group["params"]:
            g = raw_grad(p)
            if g is None:
                continue
            state = self.state[p]
            if not state:
                self._start(state, p, amsgrad)
            array = p._array
            count = state["step"]._array
            step = int(count) + 1
            count[...] = step
            rates = known.get((array.dtype, step))
            if rates is None:
                rates = known[array.dtype, step] = adam_rates(
                    array.dtype,
                    step,
                    lr,
                    beta1,
                    beta2,
                    group["eps"],
                    group["weight_decay"],
                    group["decoupled_weight_decay"],
                    group["maximize"],
                )
            top = state["max_exp_avg_sq"]._array if amsgrad else None
            adam_step(array, g, state["exp_avg"]._array, state["exp_avg_sq"]._array, top, rates)
            p._counter[0] += 1

    @staticmethod
    def _start(state: dict[str, Any], p: Tensor, amsgrad: bool) -> None:
        state["step"] = wrap(np.zeros((), np.float32))
        state["exp_avg"] = wrap(zeros_for(p))
        state["exp_avg_sq"] = wrap(zeros_for(p))
        if amsgrad:
            state["max_exp_avg_sq"] = wrap(zeros_for(p))


class AdamW(Adam):
    """Adam with decoupled weight decay: ``p -= lr * weight_decay * p`` beside Adam's step.

    >>> import rushlight as torch
    >>> torch.optim.AdamW([torch.nn.Parameter(torch.ones(1))]).defaults["weight_decay"]
    0.01
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )
