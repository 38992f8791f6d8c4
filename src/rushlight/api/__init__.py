"""What users call: arguments as PyTorch takes them, checked, handed to the Operators."""

from __future__ import annotations

from rushlight.api import (
    convert,
    copying,
    create,
    graph,
    hooks,
    indexing,
    pointwise,
    printing,
    reduce,
    shape,
    views,
)
from rushlight.api.install import install

install(
    convert,
    copying,
    create,
    graph,
    hooks,
    indexing,
    pointwise,
    printing,
    reduce,
    shape,
    views,
)
