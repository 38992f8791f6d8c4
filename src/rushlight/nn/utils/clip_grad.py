"""Clipping of gradients (Pascanu et al., ICML 2013), in place."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from rushlight.autograd.inference import check_update
from rushlight.kernels.flipped import resolved
from rushlight.kernels.vector_norm import norm
from rushlight.tensor import Tensor, wrap

__all__ = [
    "clip_grad_norm",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
]


def _listed(tensors: Any) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _grads(parameters: Any) -> list[Tensor]:
    return [p._grad for p in _listed(parameters) if p._grad is not None]


def get_total_norm(
    tensors: Any,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Return the norm of all tensors as if they were one vector, as a 0-d tensor.

    Raises RuntimeError if it is not finite and `error_if_nonfinite`. `foreach` says how PyTorch
    computes it, and changes nothing here.

    >>> import rushlight as torch
    >>> torch.nn.utils.get_total_norm([torch.tensor([3.0]), torch.tensor([[4.0]])])
    tensor(5.)
    """
    p = float(norm_type)
    norms = [norm(resolved(t._array), p) for t in _listed(tensors)]
    if not norms:
        return wrap(np.zeros((), np.float32))
    total = norm(np.stack(norms), p)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {p} for gradients from `parameters` is non-finite, so it "
            "cannot be clipped. To disable this error and scale the gradients by the non-finite "
            "norm anyway, set `error_if_nonfinite=False`"
        )
    return wrap(total)


def clip_grads_with_norm_(
    parameters: Any, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale all gradients by ``max_norm / total_norm`` where that is less than 1.

    For callers that have the norm already, from `get_total_norm`.
    """
    # One rule without a branch, as PyTorch's: the factor is at most 1, and 1 is multiplied too.
    scale = np.minimum(np.true_divide(float(max_norm), total_norm._array + 1e-6), 1.0)
    for g in _grads(parameters):
        check_update(g)
        array = g._array
        np.multiply(array, scale.astype(array.dtype), out=array)
        g._counter[0] += 1


def clip_grad_norm_(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients so that their common norm is at most `max_norm`; return the norm before.

    Parameters without gradient are left out. Raises RuntimeError for a norm that is not finite if
    `error_if_nonfinite`.

    >>> import rushlight as torch
    >>> p = torch.nn.Parameter(torch.zeros(2))
    >>> p.grad = torch.tensor([3.0, 4.0])
    >>> torch.nn.utils.clip_grad_norm_([p], max_norm=1.0)
    tensor(5.)
    >>> p.grad
    tensor([0.6000, 0.8000])
    """
    generated = isinstance(parameters, types.GeneratorType)
    parameters = _listed(parameters)
    if generated and not parameters:
        warnings.warn(
            "`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2
        )
    total = get_total_norm(_grads(parameters), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(parameters, max_norm, total, foreach)
    return total


def clip_grad_norm(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Do as `clip_grad_norm_`, and warn that this name is deprecated."""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of "
        "`torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Clamp every element of the gradients to [-clip_value, clip_value].

    >>> import rushlight as torch
    >>> p = torch.nn.Parameter(torch.zeros(2))
    >>> p.grad = torch.tensor([3.0, -0.1])
    >>> torch.nn.utils.clip_grad_value_([p], 0.5)
    >>> p.grad
    tensor([ 0.5000, -0.1000])
    """
    bound = float(clip_value)
    for g in _grads(parameters):
        check_update(g)
        # The lower bound first: a negative clip_value leaves the upper one, as in PyTorch.
        np.maximum(g._array, -bound, out=g._array)
        np.minimum(g._array, bound, out=g._array)
        g._counter[0] += 1
