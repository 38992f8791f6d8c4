"""Batch norms without running statistics, which can't be kept for each example of a batch."""

from __future__ import annotations

from rushlight.nn.modules.batchnorm import _BatchNorm
from rushlight.nn.modules.module import Module

__all__ = ["replace_all_batch_norm_modules_"]


def replace_all_batch_norm_modules_(root: Module) -> Module:
    """Let all batch norms of a module, itself included, use the batch's statistics only.

    Their running statistics are dropped, in place: under `vmap` they would be written to, once for
    each example. Returns `root`.

    >>> import rushlight as torch
    >>> norm = torch.func.replace_all_batch_norm_modules_(torch.nn.BatchNorm1d(2))
    >>> norm.running_mean is None
    True
    """
    for module in root.modules():
        if isinstance(module, _BatchNorm):
            module.running_mean = None
            module.running_var = None
            module.num_batches_tracked = None
            module.track_running_stats = False
    return root
