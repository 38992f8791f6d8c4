"""Pruning methods as functions of a module and a parameter's name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rushlight.api.likes import ones_like
from rushlight.nn.modules.module import Module
from rushlight.nn.utils.convert_parameters import parameters_to_vector
from rushlight.nn.utils.prune.base import BasePruningMethod, methods_of, remaining
from rushlight.nn.utils.prune.methods import (
    CustomFromMask,
    Identity,
    L1Unstructured,
    LnStructured,
    RandomStructured,
    RandomUnstructured,
)

__all__ = [
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]


def identity(module: Any, name: str) -> Any:
    """Put the mask of ones on a parameter; return the module."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: Any, name: str, amount: Any) -> Any:
    """Prune entries of a parameter at random, a count or a share; return the module."""
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Any, name: str, amount: Any, importance_scores: Any = None) -> Any:
    """Prune the entries of the smallest magnitudes, or scores; return the module.

    >>> import rushlight as torch
    >>> layer = torch.nn.Linear(2, 1)
    >>> _ = torch.nn.utils.prune.l1_unstructured(layer, "weight", amount=0.5)
    >>> layer.weight_mask.sum()
    tensor(1.)
    """
    L1Unstructured.apply(module, name, amount, importance_scores)
    return module


def random_structured(module: Any, name: str, amount: Any, dim: int) -> Any:
    """Prune channels of a parameter along `dim` at random; return the module."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: Any, name: str, amount: Any, n: Any, dim: int, importance_scores: Any = None
) -> Any:
    """Prune the channels along `dim` of the smallest `n`-norms; return the module."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores)
    return module


def custom_from_mask(module: Any, name: str, mask: Any) -> Any:
    """Put a mask on a parameter; return the module."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Any, pruning_method: Any, importance_scores: Any = None, **kwargs: Any
) -> None:
    """Prune several parameters, pairs of a module and a name, as if they were one.

    `importance_scores` is a dict by such pairs. TypeError for methods that aren't unstructured.
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    given = {} if importance_scores is None else importance_scores
    if not isinstance(given, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    pairs = list(parameters)
    tensors = [getattr(module, name) for module, name in pairs]
    scores = parameters_to_vector([given.get(pair, t) for pair, t in zip(pairs, tensors)])
    masks = parameters_to_vector(
        [getattr(m, f"{name}_mask", ones_like(t)) for (m, name), t in zip(pairs, tensors)]
    )
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method '
            f"{pruning_method} of type {method.PRUNING_TYPE}"
        )
    parts = remaining(method, scores, masks).split([t.numel() for t in tensors])
    for (module, name), t, part in zip(pairs, tensors, parts):
        custom_from_mask(module, name, mask=part.view_as(t))


def remove(module: Any, name: str) -> Any:
    """Make the pruned values the parameter's own; return the module.

    ValueError if the parameter isn't pruned.
    """
    for key, method in methods_of(module, name).items():
        method.remove(module)
        del module._forward_pre_hooks[key]
        return module
    raise ValueError(
        f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed"
    )


def is_pruned(module: Module) -> bool:
    """Return whether a parameter is pruned, here or below.

    >>> import rushlight as torch
    >>> torch.nn.utils.prune.is_pruned(torch.nn.Linear(1, 1))
    False
    """
    return any(
        isinstance(hook, BasePruningMethod)
        for below in module.modules()
        for hook in below._forward_pre_hooks.values()
    )
