"""Adafactor (Shazeer and Stern, ICML 2018, algorithms 4 and 5, without momentum)."""

from __future__ import annotations

import math
from typing import Any

from rushlight.api.likes import zeros_like
from rushlight.limits import finfo
from rushlight.optim.grouped import number, one_element
from rushlight.optim.optimizer import Group, Params
from rushlight.optim.singly import Singly
from rushlight.tensor import Tensor

__all__ = ["Adafactor"]


class Adafactor(Singly):
    """Steps over a root mean square that is kept as the product of row and column means.

    So the state of an (n, m) matrix has n + m numbers. The share of the past in the means is
    ``1 - t^beta2_decay``; updates are scaled down to a root mean square of at most `d`, and the
    rate is `lr`, at most ``1 / sqrt(t)``, times the root mean square of the parameter, at least
    ``eps[1]``.

    >>> import rushlight as torch
    >>> p = torch.nn.Parameter(torch.ones(2, 2))
    >>> optimizer = torch.optim.Adafactor([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data
    tensor([[0.9000, 0.9000],
            [0.9000, 0.9000]])
    """

    decays = False  # in `move`, after the parameter's size is taken

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        one_element(lr)
        if not number(lr) >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not beta2_decay <= 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not eps[0] >= 0.0:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not eps[1] >= 0.0:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not d >= 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        if p.is_complex():
            raise RuntimeError("Adafactor does not support complex parameters")
        if p.dim() < 2:
            return {"variance": zeros_like(p)}
        return {
            "row_var": p.new_zeros((*p.shape[:-1], 1)),
            "col_var": p.new_zeros((*p.shape[:-2], 1, p.shape[-1])),
        }

    def move(self, p: Tensor, g: Tensor, state: dict[str, Any], group: Group) -> None:
        step, (eps1, eps2) = float(state["step"]), group["eps"]
        eps1 = finfo(p.dtype).eps if eps1 is None else eps1
        new = step ** group["beta2_decay"]
        if g.dim() < 2:
            square = state["variance"].lerp_(g * g, new)
        else:
            rows, columns = state["row_var"], state["col_var"]
            rows.lerp_(g.norm(dim=-1, keepdim=True).square() / g.size(-1), new)
            columns.lerp_(g.norm(dim=-2, keepdim=True).square() / g.size(-2), new)
            square = rows @ columns / rows.mean(dim=-2, keepdim=True).clamp(min=eps1)
        change = square.clamp(min=eps1 * eps1).rsqrt() * g
        lr, root = number(group["lr"]), math.sqrt(p.numel())
        rate = min(lr, 1 / math.sqrt(step)) * max(eps2, p.norm(2).item() / root)
        if group["weight_decay"] != 0:
            p.mul_(1 - lr * group["weight_decay"])
        p.add_(change, alpha=-rate / max(1.0, change.norm(2).item() / (root * group["d"])))
