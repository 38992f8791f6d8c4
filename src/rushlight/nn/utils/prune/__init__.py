"""Pruning: a parameter times a mask of zeros and ones, taken anew before every call.

A pruned ``weight`` is a plain attribute; its module keeps the parameter ``weight_orig`` and the
buffer ``weight_mask``. Pruning again works on what is left, by a `PruningContainer`.
"""

from __future__ import annotations

from rushlight.nn.utils.prune.base import *
from rushlight.nn.utils.prune.functions import *
from rushlight.nn.utils.prune.methods import *
