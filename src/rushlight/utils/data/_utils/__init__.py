"""Where PyTorch keeps collating and workers, and programs look for them."""

from __future__ import annotations

from rushlight.utils.data._utils import collate as collate
from rushlight.utils.data._utils import worker as worker
