"""AdamW, which stands beside Adam here, where PyTorch has it."""

from __future__ import annotations

from rushlight.optim.adam import AdamW as AdamW
