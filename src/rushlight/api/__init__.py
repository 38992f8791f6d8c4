"""What users call: arguments as PyTorch takes them, checked, handed to the Operators."""

from __future__ import annotations

from rushlight.api import create, pointwise
from rushlight.api.install import install

install(create, pointwise)
