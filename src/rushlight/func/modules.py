"""Modules as functions of their parameters: `functional_call`, and ensembles of modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rushlight.api.shape import stack
from rushlight.nn.modules.container import ModuleList
from rushlight.nn.modules.module import Module
from rushlight.nn.utils import stateless
from rushlight.tensor import Tensor

__all__ = ["functional_call", "stack_module_state"]


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: dict[str, Tensor] | Sequence[dict[str, Tensor]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call `module` with other tensors in place of some of its parameters and buffers.

    They go by the names of ``module.named_parameters()``, in one dictionary or several; names that
    share a parameter share its replacement, unless `tie_weights` is False. With `strict` every name
    must be given, and no other. The module is as before when the call is over; where it assigns to
    a buffer that is replaced, the dictionary has the new one.

    Raises ValueError for a name in two dictionaries, RuntimeError for names that `strict` refuses.

    >>> import rushlight as torch
    >>> from rushlight.func import functional_call, grad
    >>> layer = torch.nn.Linear(2, 1, bias=False)
    >>> x = torch.tensor([[1.0, 2.0]])
    >>> grad(lambda w: functional_call(layer, {"weight": w}, x).sum())(torch.zeros(1, 2))
    tensor([[1., 2.]])
    """
    tensors = stateless.merged(parameter_and_buffer_dicts)
    return stateless.called(module, tensors, args, kwargs, tie_weights, strict)


def stack_module_state(
    models: Sequence[Module] | ModuleList,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Stack the parameters and the buffers of several modules of one class, for `vmap`.

    Each stacked tensor is a new leaf with the modules along dimension 0. Raises RuntimeError for
    modules that differ in class, in training mode or in what requires grad.

    >>> import rushlight as torch
    >>> from rushlight.func import functional_call, stack_module_state, vmap
    >>> layers = [torch.nn.Linear(2, 1) for _ in range(3)]
    >>> params, buffers = stack_module_state(layers)
    >>> call = lambda p, x: functional_call(layers[0], p, x)
    >>> vmap(call, (0, None))(params, torch.ones(2)).shape
    torch.Size([3, 1])
    """
    if len(models) == 0:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    first = models[0]
    if any(m.training != first.training for m in models):
        raise RuntimeError(
            "stack_module_state: Expected all models to have the same training/eval mode."
        )
    if any(type(m) is not type(first) for m in models):
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    params = [dict(m.named_parameters()) for m in models]
    buffers = [dict(m.named_buffers()) for m in models]
    return _stacked(params), _stacked(buffers)


def _stacked(states: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    result = {}
    for name in states[0]:
        tensors = [state[name] for state in states]
        wanted = tensors[0].requires_grad
        if any(t.requires_grad != wanted for t in tensors):
            raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
        result[name] = stack([t.detach() for t in tensors]).requires_grad_(wanted)
    return result
