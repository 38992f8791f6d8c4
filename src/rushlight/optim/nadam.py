"""NAdam (Dozat, ICLR workshop 2016, algorithm 2)."""

from __future__ import annotations

from typing import Any

from rushlight.api.likes import zeros_like
from rushlight.optim.grouped import at_least, check_betas, count, number
from rushlight.optim.optimizer import Group, Params
from rushlight.optim.singly import Singly
from rushlight.tensor import Tensor

__all__ = ["NAdam"]


class NAdam(Singly):
    """Adam with Nesterov's look ahead: the step uses the momentum of the next one.

    The momentum warms up, ``mu(t) = beta1 * (1 - 0.96^(t * momentum_decay) / 2)``.

    >>> import rushlight as torch
    >>> p = torch.nn.Parameter(torch.tensor([1.0]))
    >>> optimizer = torch.optim.NAdam([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data
    tensor([0.8944])
    """

    numbers = ("step", "mu_product")
    tensors = "params, mu_products and state_steps"

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        at_least(0.0, lr=lr, eps=eps)
        check_betas(betas)
        at_least(0.0, weight_decay=weight_decay, momentum_decay=momentum_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        return {"mu_product": count(1.0), "exp_avg": zeros_like(p), "exp_avg_sq": zeros_like(p)}

    def move(self, p: Tensor, g: Tensor, state: dict[str, Any], group: Group) -> None:
        lr, (beta1, beta2), decay = number(group["lr"]), group["betas"], group["momentum_decay"]
        mean, square, product = state["exp_avg"], state["exp_avg_sq"], state["mu_product"]
        step = float(state["step"])
        now, ahead = (beta1 * (1 - 0.5 * 0.96 ** (t * decay)) for t in (step, step + 1))
        product.mul_(now)
        mean.lerp_(g, 1 - beta1)
        square.mul_(beta2).addcmul_(g, g, value=1 - beta2)
        root = (square / (1 - beta2**step)).sqrt() + group["eps"]
        so_far = float(product)
        p.addcdiv_(g, root, value=-lr * (1 - now) / (1 - so_far))
        p.sub_(mean * (lr * ahead / (1 - so_far * ahead)) / root)
