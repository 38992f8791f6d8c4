"""Shuffles of pixels, which stand beside Fold here, where PyTorch has them."""

from __future__ import annotations

from rushlight.nn.modules.fold import PixelShuffle as PixelShuffle
from rushlight.nn.modules.fold import PixelUnshuffle as PixelUnshuffle
