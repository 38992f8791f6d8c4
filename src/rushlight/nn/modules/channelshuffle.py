"""ChannelShuffle, which stands beside Fold here, where PyTorch has it."""

from __future__ import annotations

from rushlight.nn.modules.fold import ChannelShuffle as ChannelShuffle
