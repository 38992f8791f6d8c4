"""Random tensors."""
from __future__ import annotations
from typing import Any
import numpy as np
from rushlight.api.create import empty
from rushlight.tensor import Tensor
__all__ = ["rand", "randn"]


def rand(*size: Any, **options: Any) -> Tensor:
    made = empty(*size, **options)
    made._array[...] = np.random.random_sample(made._array.shape)
    return made


def randn(*size: Any, **options: Any) -> Tensor:
    made = empty(*size, **options)
    made._array[...] = np.random.standard_normal(made._array.shape)
    return made
