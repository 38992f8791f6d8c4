"""SparseAdam: its name, its options, and its refusal."""

from __future__ import annotations

from typing import NoReturn

from rushlight.optim.grouped import check_betas, number, one_element
from rushlight.optim.optimizer import Group, Params
from rushlight.optim.singly import Singly
from rushlight.tensor import Tensor

__all__ = ["SparseAdam"]


class SparseAdam(Singly):
    """Adam for sparse gradients. No tensor here is sparse, so every step with a gradient refuses.

    It refuses as PyTorch's does where it meets dense gradients, and can be made, so that a program
    which chooses among optimizers may name it. Use `rushlight.optim.Adam`.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        one_element(lr)
        if not number(lr) > 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps > 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        check_betas(betas)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})
        places = [
            [i, j]
            for i, group in enumerate(self.param_groups)
            for j, p in enumerate(group["params"])
            if p.is_complex()
        ]
        if places:
            raise ValueError(
                f"Complex params at indices {places}: SparseAdam does not support complex "
                "parameters"
            )

    def start(self, p: Tensor, group: Group) -> NoReturn:
        raise RuntimeError(
            "SparseAdam does not support dense gradients, please consider Adam instead"
        )
