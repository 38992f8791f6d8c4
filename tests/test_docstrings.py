"""Every example in a docstring runs and prints what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import rushlight

MODULES = [
    "rushlight",
    *sorted(
        module.name
        for module in pkgutil.walk_packages(rushlight.__path__, "rushlight.")
        if not module.name.endswith("__main__")
    ),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    rushlight.manual_seed(0)
    # An example sees what it imports, as its reader does, and not the globals of its module, where
    # `float` may be a dtype. Kernels are shown from the inside.
    module = importlib.import_module(name)
    globs = None if name.startswith("rushlight.kernels.") else {}
    result = doctest.testmod(module, globs=globs, optionflags=doctest.ELLIPSIS)
    assert result.failed == 0
