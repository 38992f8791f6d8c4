"""Adam (Kingma and Ba, ICLR 2015, algorithm 1) and AdamW (Loshchilov and Hutter, ICLR 2019)."""

from __future__ import annotations

from typing import Any, ClassVar

from rushlight.api.reinterpret import view_as_real
from rushlight.autograd.inference import check_update
from rushlight.kernels.flipped import resolved
from rushlight.kernels.optim import AdamRates, adam_rates, adam_steps
from rushlight.optim.grouped import (
    Grouped,
    at_least,
    check_betas,
    count,
    fused_alone,
    number,
    raw_grad,
    refuse_capturable,
    zeros_for,
)
from rushlight.optim.optimizer import Group, Params
from rushlight.tensor import Tensor, wrap

__all__ = ["Adam", "AdamW"]


class Adam(Grouped):
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

    later: ClassVar[Group] = {"amsgrad": False}

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
        _not_foreach("lr", lr, foreach, capturable)
        at_least(0.0, lr=lr, eps=eps)
        check_betas(betas)
        at_least(0.0, weight_decay=weight_decay)
        if not (
            all(isinstance(beta, float) for beta in betas)
            or all(isinstance(beta, Tensor) for beta in betas)
        ):
            raise ValueError("betas must be either both floats or both Tensors")
        for i, beta in enumerate(betas):
            _not_foreach(f"betas[{i}]", beta, foreach, capturable)
        fused_alone(fused, foreach, differentiable)
        defaults = {
            "lr": lr,
            "betas": tuple(b.squeeze() if isinstance(b, Tensor) else b for b in betas),
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
        if group["differentiable"]:
            self._update_recorded(group)
            return
        lr = number(group["lr"])
        beta1, beta2 = (number(beta) for beta in group["betas"])
        amsgrad = group["amsgrad"]
        steps: dict[Any, tuple[AdamRates, list[Any]]] = {}  # mostly one: of a dtype and a number
        turned = []
        for p in group["params"]:
            g = raw_grad(p)
            if g is None:
                continue
            if group["capturable"]:
                refuse_capturable(group)
            if type(p._counter) is not list:
                check_update(p)
            state = self.state[p]
            if not state:
                self._start(state, p, amsgrad)
            array = resolved(p._array)
            count = state["step"]._array
            step = float(count) + 1
            count[...] = step
            found = steps.get((array.dtype, step))
            if found is None:
                rates = adam_rates(
                    array.dtype,
                    step,
                    lr,
                    beta1,
                    beta2,
                    number(group["eps"]),
                    number(group["weight_decay"]),
                    group["decoupled_weight_decay"],
                    group["maximize"],
                )
                found = steps[array.dtype, step] = rates, []
            top = state["max_exp_avg_sq"]._array if amsgrad else None
            found[1].append((array, g, state["exp_avg"]._array, state["exp_avg_sq"]._array, top))
            if array is not p._array:  # a view of conjugates or negatives
                turned.append((p._array, array))
            p._counter[0] += 1
        for rates, parameters in steps.values():
            adam_steps(parameters, rates)
        for flipped, array in turned:
            flipped[...] = array

    def _update_recorded(self, group: Group) -> None:
        """The same by tensor arithmetic, so that gradients flow through the step.

        Learning rate, decay rates and weight decay may require gradients as well. Products take
        copies of what later steps write to.
        """
        lr, decay, eps = group["lr"], group["weight_decay"], group["eps"]
        for p in group["params"]:
            g = p.grad
            if g is None:
                continue
            refuse_capturable(group)
            state = self.state[p]
            if not state:
                self._start(state, p, group["amsgrad"])
            if group["maximize"]:
                g = -g
            if decay != 0 and group["decoupled_weight_decay"]:
                p.mul_(1 - lr * decay)
            elif decay != 0:
                g = g + p.clone() * decay
            m, v, top = (state.get(k) for k in ("exp_avg", "exp_avg_sq", "max_exp_avg_sq"))
            if p.is_complex():
                p, g, m, v = (view_as_real(t) for t in (p, g, m, v))
                top = view_as_real(top) if group["amsgrad"] else None
            beta1, beta2 = (_in_dtype(beta, p) for beta in group["betas"])
            state["step"] += 1
            step = state["step"].clone()
            m.lerp_(g, 1 - beta1)
            v.lerp_(g.square(), 1 - beta2)
            if group["amsgrad"]:
                top.copy_(top.clone().maximum(v.clone()))
                v = top
            size = -(lr / (1 - beta1**step))
            root = (1 - beta2**step).sqrt() * size
            p.addcdiv_(m.clone(), v.sqrt() / root + eps / size)

    @staticmethod
    def _start(state: dict[str, Any], p: Tensor, amsgrad: bool) -> None:
        state["step"] = count(0.0)
        state["exp_avg"] = wrap(zeros_for(p))
        state["exp_avg_sq"] = wrap(zeros_for(p))
        if amsgrad:
            state["max_exp_avg_sq"] = wrap(zeros_for(p))


def _in_dtype(beta: Any, p: Tensor) -> Any:
    """A decay rate that is a tensor in the dtype of a parameter."""
    return beta.to(p.dtype) if isinstance(beta, Tensor) else beta


def _not_foreach(name: str, value: Any, foreach: bool | None, capturable: bool) -> None:
    if isinstance(value, Tensor) and foreach and not capturable:
        raise ValueError(
            f"{name} as a Tensor is not supported for capturable=False and foreach=True"
        )


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

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:  # whose option is younger than the class
            group["decoupled_weight_decay"] = True
