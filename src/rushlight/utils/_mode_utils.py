"""What dispatch modes need of themselves.

>>> from rushlight.utils._mode_utils import all_same_mode
>>> all_same_mode([1, 1]), all_same_mode([1, 2])
(True, False)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rushlight.utils._python_dispatch import _disable_current_modes as no_dispatch

__all__ = ["all_same_mode", "no_dispatch"]


def all_same_mode(modes: Sequence[Any]) -> bool:
    """Whether all modes are equal to the first."""
    return all(mode == modes[0] for mode in modes)
