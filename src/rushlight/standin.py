"""`as_torch`: let programs that say ``import torch`` and can't be edited run on Rushlight."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["as_torch"]


class _Alias(Loader):
    """Gives the import system a module of Rushlight under a name of torch's."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module itself, not a copy, so that its classes are the same by both names."""
        module = importlib.import_module("rushlight" + spec.name.removeprefix("torch"))
        self._own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Put back what the import system has overwritten."""
        module.__spec__ = self._own_spec


class _Finder(MetaPathFinder):
    """Finds ``torch`` and everything below it among Rushlight's modules."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: Any = None
    ) -> ModuleSpec | None:
        """Answer for names of torch's; ModuleNotFoundError for a module that isn't here."""
        if fullname != "torch" and not fullname.startswith("torch."):
            return None
        ours = "rushlight" + fullname.removeprefix("torch")
        if ours not in sys.modules and importlib.util.find_spec(ours) is None:
            raise ModuleNotFoundError(
                f"No module named {fullname!r} (rushlight stands for torch here)", name=fullname
            )
        return ModuleSpec(fullname, _Alias())


def as_torch() -> None:
    """Register Rushlight as ``torch``: what is imported by that name from now on is Rushlight.

    Call it before anything imports torch; RuntimeError if something has. It may be called again,
    and holds for this process: a worker process that starts afresh must call it too.

    >>> import subprocess, sys
    >>> program = '''
    ... import rushlight
    ... rushlight.as_torch()
    ... import torch.nn.functional as F
    ... from torch import nn
    ... print(nn.Linear, F.relu is rushlight.relu)
    ... '''
    >>> print(subprocess.check_output([sys.executable, "-c", program], text=True), end="")
    <class 'rushlight.nn.modules.linear.Linear'> False
    """
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    if "torch" in sys.modules:
        raise RuntimeError("as_torch() must be called before torch is imported")
    sys.meta_path.insert(0, _Finder())
