"""What users call: arguments as PyTorch takes them, checked, handed to the Operators."""

from __future__ import annotations

from rushlight.api import (
    convert,
    copying,
    create,
    data,
    graph,
    hooks,
    indexing,
    pointwise,
    printing,
    random,
    ranges,
    reduce,
    shape,
    views,
)
from rushlight.api.install import install

install(
    convert,
    copying,
    create,
    data,
    graph,
    hooks,
    indexing,
    pointwise,
    printing,
    random,
    ranges,
    reduce,
    shape,
    views,
)
