"""The libraries that a story is told to: Rushlight, and PyTorch where it is installed.

One body, two libraries: a wrong belief about PyTorch shows up as a failing test there.
"""

from __future__ import annotations

import importlib.util

import pytest

import rushlight

__all__ = ["LIBRARIES"]

LIBRARIES = [pytest.param(rushlight, id="rushlight")]
if importlib.util.find_spec("torch") is not None:
    import torch

    LIBRARIES.append(pytest.param(torch, id="torch"))
