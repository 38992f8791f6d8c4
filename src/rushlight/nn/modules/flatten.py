"""Flatten and Unflatten, which stand beside the linear layers here, where PyTorch has them."""

from __future__ import annotations

from rushlight.nn.modules.linear import Flatten as Flatten
from rushlight.nn.modules.linear import Unflatten as Unflatten
