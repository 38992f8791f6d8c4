"""Functions of neural networks, as `torch.nn.functional` has them."""

from __future__ import annotations

from rushlight.nn.functional.linear import *
