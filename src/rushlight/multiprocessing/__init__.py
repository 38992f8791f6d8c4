"""Python's `multiprocessing` for programs with tensors: they cross through shared memory.

>>> import rushlight as torch
>>> import rushlight.multiprocessing as mp
>>> weights = torch.zeros(2).share_memory_()
>>> child = mp.get_context("fork").Process(target=weights.fill_, args=(1.0,))
>>> child.start(); child.join()
>>> weights
tensor([1., 1.])

All that `multiprocessing` has is here under the same names. What is different is how tensors go
through its queues and pipes and to its processes once this module is imported: a tensor is moved
to shared memory, of which the receiver gets a descriptor, so both ends look at the same elements.
A tensor that an operator made and that requires grad is refused, for a graph does not cross.
"""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing import *

from rushlight.multiprocessing.reductions import init_reductions
from rushlight.multiprocessing.spawn import (
    ProcessContext,
    ProcessExitedException,
    ProcessRaisedException,
    SpawnContext,
    spawn,
    start_processes,
)

__all__ = [
    "ProcessContext",
    "ProcessExitedException",
    "ProcessRaisedException",
    "SpawnContext",
    "get_all_sharing_strategies",
    "get_sharing_strategy",
    "init_reductions",
    "set_sharing_strategy",
    "spawn",
    "start_processes",
]
__all__ += multiprocessing.__all__

_STRATEGIES = {"file_descriptor"}


def get_all_sharing_strategies() -> set[str]:
    """Return the ways in which memory is made known to other processes: descriptors, here."""
    return _STRATEGIES


def get_sharing_strategy() -> str:
    """Return the way in which memory is made known to other processes."""
    return "file_descriptor"


def set_sharing_strategy(new_strategy: str) -> None:
    """Choose the way in which memory is made known to other processes.

    Raises AssertionError for one that isn't among `get_all_sharing_strategies`.
    """
    if new_strategy not in _STRATEGIES:
        raise AssertionError(
            f"invalid sharing strategy {new_strategy!r}, expected one of {_STRATEGIES}"
        )


if sys.platform != "win32":  # which has no descriptors to hand on: tensors are copied there
    init_reductions()
