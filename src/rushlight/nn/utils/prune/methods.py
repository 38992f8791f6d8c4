"""Pruning methods: at random, by magnitude, by the norms of channels, by a mask."""

from __future__ import annotations

import numbers
from typing import Any

from rushlight.api.likes import zeros_like
from rushlight.api.norms import norm
from rushlight.api.order import kthvalue, topk
from rushlight.api.random import rand, rand_like
from rushlight.layout import contiguous_format
from rushlight.nn.utils.prune.base import BasePruningMethod, along
from rushlight.tensor import Tensor

__all__ = [
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "RandomStructured",
    "RandomUnstructured",
]


class Identity(BasePruningMethod):
    """Prunes nothing, and names things as pruning does."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Return the mask that is there."""
        return default_mask

    @classmethod
    def apply(cls, module: Any, name: str) -> BasePruningMethod:  # type: ignore[override]
        """Put the mask of ones on a parameter."""
        return super().apply(module, name)


class _Amount(BasePruningMethod):
    """Prunes an amount of entries or channels: a count, or a share from 0 to 1."""

    amount: Any

    def _set_amount(self, amount: Any) -> None:
        if not isinstance(amount, numbers.Real):
            raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
        share = not isinstance(amount, numbers.Integral)
        if float(amount) < 0 or (share and float(amount) > 1):
            raise ValueError(
                f"amount={amount} should either be a float in the range [0, 1] or a non-negative "
                "integer"
            )
        self.amount = amount

    def _count(self, size: int) -> int:
        """How many of `size` to prune."""
        if not isinstance(self.amount, numbers.Integral):
            return round(float(self.amount) * size)
        if int(self.amount) > size:
            raise ValueError(
                f"amount={self.amount} should be smaller than the number of parameters to "
                f"prune={size}"
            )
        return int(self.amount)


class _Unstructured(_Amount):
    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: Any) -> None:
        self._set_amount(amount)

    def _choose(self, t: Any, count: int) -> Any:
        """The places of the entries to prune, in the flattened tensor."""
        raise NotImplementedError

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Return the mask without the entries that are chosen."""
        count = self._count(t.nelement())
        mask = default_mask.clone(memory_format=contiguous_format)
        if count != 0:
            mask.view(-1)[self._choose(t, count)] = 0
        return mask


class RandomUnstructured(_Unstructured):
    """Prunes entries at random."""

    def _choose(self, t: Any, count: int) -> Any:
        return topk(rand_like(t).view(-1), k=count).indices

    @classmethod
    def apply(cls, module: Any, name: str, amount: Any) -> BasePruningMethod:  # type: ignore[override]
        """Prune a parameter at random."""
        return super().apply(module, name, amount=amount)


class L1Unstructured(_Unstructured):
    """Prunes the entries of the smallest magnitudes."""

    def _choose(self, t: Any, count: int) -> Any:
        return topk(t.abs().view(-1), k=count, largest=False).indices

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Any, name: str, amount: Any, importance_scores: Any = None
    ) -> BasePruningMethod:
        """Prune the entries of a parameter whose magnitudes, or scores, are the smallest."""
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


class _Structured(_Amount):
    PRUNING_TYPE = "structured"
    dim: int

    def _keep(self, t: Any, size: int, count: int) -> Any:
        """An index of the channels to keep: all of `size` but `count`."""
        raise NotImplementedError

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Return the mask without the channels that are chosen."""
        n = t.dim()
        if n <= 1:
            raise ValueError(
                "Structured pruning can only be applied to multidimensional tensors. Found tensor "
                f"of shape {t.shape} with {n} dims"
            )
        if self.dim >= n:
            raise IndexError(f"Invalid index {self.dim} for tensor of size {t.shape}")
        size = t.shape[self.dim]
        count = self._count(size)
        if count == 0:
            return default_mask
        mask = zeros_like(t)
        mask[along(self.dim % n, self._keep(t, size, count))] = 1
        mask *= default_mask.to(dtype=mask.dtype)
        return mask


class RandomStructured(_Structured):
    """Prunes channels along `dim` at random."""

    def __init__(self, amount: Any, dim: int = -1) -> None:
        self._set_amount(amount)
        self.dim = dim

    def _keep(self, t: Any, size: int, count: int) -> Any:
        drawn = rand(size)
        return drawn > kthvalue(drawn, k=count).values

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Any, name: str, amount: Any, dim: int = -1
    ) -> BasePruningMethod:
        """Prune channels of a parameter at random."""
        return super().apply(module, name, amount=amount, dim=dim)


class LnStructured(_Structured):
    """Prunes the channels along `dim` whose `n`-norms are the smallest."""

    def __init__(self, amount: Any, n: Any, dim: int = -1) -> None:
        self._set_amount(amount)
        self.n = n
        self.dim = dim

    def _keep(self, t: Any, size: int, count: int) -> Any:
        others = [d for d in range(t.dim()) if d != self.dim % t.dim()]
        return topk(norm(t, p=self.n, dim=others), k=size - count, largest=True).indices

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Any, name: str, amount: Any, n: Any, dim: int, importance_scores: Any = None
    ) -> BasePruningMethod:
        """Prune the channels of a parameter whose norms, or those of scores, are the smallest."""
        options = {"amount": amount, "n": n, "dim": dim}
        return super().apply(module, name, importance_scores=importance_scores, **options)


class CustomFromMask(BasePruningMethod):
    """Prunes by a mask that is given."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Return where both masks have ones."""
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape "
                f"{self.mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)

    @classmethod
    def apply(cls, module: Any, name: str, mask: Any) -> BasePruningMethod:  # type: ignore[override]
        """Put a mask on a parameter."""
        return super().apply(module, name, mask=mask)
