"""Checkpoints: `save` and `load` in PyTorch's zip format, which each library reads of the other.

A file is an uncompressed zip archive: a pickle of the object, in which each tensor names the
storage that it is a view of, and one record of raw bytes for each storage. Tensors that share
memory share it in the file and after loading.

Loading never runs code from a file. What is pickled is read by an interpreter of its own
(`rushlight.serialization.restricted`), which makes tensors, numbers, strings and containers, and
calls nothing else but what the program allows by `add_safe_globals`.

>>> import io
>>> import rushlight as torch
>>> file = io.BytesIO()
>>> torch.save({"weight": torch.ones(2), "epoch": 3}, file)
>>> _ = file.seek(0)
>>> torch.load(file)
{'weight': tensor([1., 1.]), 'epoch': 3}
"""

from __future__ import annotations

from rushlight.serialization.allowed import (
    add_safe_globals,
    clear_safe_globals,
    get_safe_globals,
    safe_globals,
)
from rushlight.serialization.loading import get_unsafe_globals_in_checkpoint, load
from rushlight.serialization.saving import save

__all__ = [
    "add_safe_globals",
    "clear_safe_globals",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "safe_globals",
    "save",
]
