"""What users call: arguments as PyTorch takes them, checked, handed to the Operators."""

from __future__ import annotations

from rushlight.api import (
    arithmetic,
    axes,
    broadcasting,
    create,
    data,
    elementary,
    graph,
    indexing,
    matrix,
    operators,
    python,
    reduce,
    views,
)
from rushlight.api.install import install
from rushlight.api.later import install_later

install(
    arithmetic,
    axes,
    broadcasting,
    create,
    data,
    elementary,
    graph,
    indexing,
    matrix,
    operators,
    python,
    reduce,
    views,
)
install_later()
