"""Muon (Jordan et al., 2024, "Muon: an optimizer for hidden layers in neural networks")."""

from __future__ import annotations

import math
from typing import Any

from rushlight.api.likes import zeros_like
from rushlight.optim.grouped import number, one_element
from rushlight.optim.optimizer import Group, Params
from rushlight.optim.singly import Singly
from rushlight.tensor import Tensor

__all__ = ["Muon"]


class Muon(Singly):
    """Momentum whose steps are made (nearly) orthogonal matrices; for matrices only.

    The gathered gradient's singular values are pushed to about one by `ns_steps` Newton-Schulz
    iterations ``X = a X + b (X X') X + c (X X')^2 X``, in bfloat16. The rate is scaled by
    ``sqrt(max(1, rows / columns))``, or with `adjust_lr_fn` of ``"match_rms_adamw"`` by
    ``0.2 sqrt(max(rows, columns))`` (Liu et al., 2025, arXiv:2502.16982).

    >>> import rushlight as torch
    >>> p = torch.nn.Parameter(torch.eye(2))
    >>> optimizer = torch.optim.Muon([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> optimizer.step()
    >>> bool((p.data.diagonal() < 0.95).all())
    True
    """

    numbers = ()
    decoupled = True

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        one_element(lr)
        if not number(lr) >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not momentum >= 0.0:
            raise ValueError(f"momentum should be >= 0 but is: {momentum}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight decay should be >= 0 but is: {weight_decay}")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                if p.dim() != 2:
                    raise ValueError(
                        "Muon only supports 2D parameters whereas we found a parameter with size: "
                        f"{p.size()}"
                    )

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        if p.is_complex():
            raise RuntimeError("Muon does not support complex parameters")
        return {"momentum_buffer": zeros_like(p)}

    def move(self, p: Tensor, g: Tensor, state: dict[str, Any], group: Group) -> None:
        buffer = state["momentum_buffer"].lerp_(g, 1 - group["momentum"])
        change = g.lerp(buffer, group["momentum"]) if group["nesterov"] else buffer
        change = orthogonal(change, group["ns_coefficients"], group["ns_steps"], group["eps"])
        rows, columns = p.shape
        if group["adjust_lr_fn"] == "match_rms_adamw":
            scale = 0.2 * math.sqrt(max(rows, columns))
        else:
            scale = math.sqrt(max(1, rows / columns))
        p.add_(change, alpha=-number(group["lr"]) * scale)


def orthogonal(
    matrix: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float
) -> Any:
    """Return a bfloat16 matrix of the same singular vectors, and singular values of about one."""
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = coefficients
    x: Any = matrix.bfloat16()
    tall = x.size(0) > x.size(1)
    x = x.T if tall else x
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = x.addmm(gram.addmm(gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x
