"""Rushlight: PyTorch's autograd in pure Python on NumPy. ``import rushlight as torch``."""

from __future__ import annotations

from rushlight import api, autograd
from rushlight.api.create import *
from rushlight.api.pointwise import *
from rushlight.autograd.modes import *
from rushlight.device import device
from rushlight.tensor import Size, Tensor
from rushlight.dtypes import float32, float64, int64
