"""The house stands: everything that is public can be imported and named."""

from __future__ import annotations

import importlib
import pkgutil

import rushlight


def test_every_module_imports() -> None:
    for module in pkgutil.walk_packages(rushlight.__path__, "rushlight."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
