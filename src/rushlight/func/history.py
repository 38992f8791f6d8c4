"""Inputs of a derivative, made apart from the tensors they came from, and results set free of them.

`grad` differentiates by *aliases* of its inputs: tensors that nothing outside knows. Where an input
has a history already, of an outer derivative, the alias is a view of it, so that what is computed
from the alias depends on the input as well; else the alias is a leaf. Paths that don't pass through
the alias don't count: that alone keeps nested derivatives apart (see "perturbation confusion" in
B. Pearlmutter and J. Siskind, "Lazy multivariate higher-order forward-mode AD", 2007).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rushlight.autograd.engine import edge_of, leaves_of
from rushlight.autograd.inference import is_inference
from rushlight.autograd.modes import enable_grad
from rushlight.func.levels import Lifted, innermost
from rushlight.ops.views import alias
from rushlight.tensor import LEAF, Tensor, bare

__all__ = ["aliases", "ended", "is_live", "released"]


def aliases(inputs: Iterable[Tensor]) -> list[Tensor]:
    """Return a tensor in place of each input, of the transform that runs, to differentiate by."""
    level = innermost()
    made = []
    for x in inputs:
        if level is not None and x._interpreter is not level:
            x = level.lift(x)
        if edge_of(x) is None:
            if not (x.dtype.is_floating_point or x.dtype.is_complex):
                raise RuntimeError("only Tensors of floating point dtype can require gradients")
            x = bare(x)
            if is_inference(x):
                x._counter = [0]  # the alias is an ordinary tensor
            x._edge = LEAF
        else:
            with enable_grad():
                x = alias(x)
        made.append(x)
    return made


def ended(inputs: Iterable[Any]) -> None:
    """Note that a derivative is done with its aliases: nothing outside goes on to them."""
    for x in inputs:
        if x._edge is LEAF:
            x.__dict__["_ended"] = True


def is_live(outputs: Iterable[Any]) -> bool:
    """Whether any of `outputs` has a history that ends elsewhere than in aliases of the past.

    The histories of a lifted tensor's values count too: those belong to derivatives further out.
    """
    tensors = [out for out in outputs if isinstance(out, Tensor)]
    if _goes_on(tensors):
        return True
    values = [value for t in tensors if isinstance(t, Lifted) for value in t.inside()]
    return bool(values) and is_live(values)


def released(t: Any, live: bool = True) -> Any:
    """Return a result without its history, where that leads to nothing but aliases of the past.

    Where nothing is `live` there is no need to look.
    """
    if not isinstance(t, Tensor) or edge_of(t) is None:
        return t
    return t if live and _goes_on([t]) else bare(t)


def _goes_on(tensors: Sequence[Tensor]) -> bool:
    """Whether the histories of this level end elsewhere than in aliases of the past."""
    leaves = leaves_of([edge_of(t) for t in tensors])
    return any("_ended" not in leaf.__dict__ for leaf in leaves)
