"""The name of PyTorch's way to trace a step, which is not here."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["swap_in_optimizer_params_and_state"]


def swap_in_optimizer_params_and_state(
    optimizer: Any = None, swapin_parameters: Any = None, swapin_optim_state: Any = None
) -> NoReturn:
    """Raise NotImplementedError: it is for tracing a step with fake tensors."""
    raise NotImplementedError(
        "optim.swap_in_optimizer_params_and_state: is for tracing steps with fake tensors, which "
        "Rushlight has none of; deep-copy the optimizer, or use load_state_dict"
    )
