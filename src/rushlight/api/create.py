"""Creation from data: tensor, as_tensor, from_numpy, asarray."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.tensor import Tensor, wrap

__all__ = [
    "arange", "empty", "from_numpy", "full", "ones", "rand", "randn", "tensor", "zeros",
]


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Make a tensor of a copy of `data`: numbers, nested sequences, ndarrays or tensors.

    >>> import rushlight as torch
    >>> torch.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    if isinstance(data, Tensor):
        array = data._array.copy()
    elif isinstance(data, (np.ndarray, np.generic)):
        array = np.array(data)
    else:
        array = np.array(data)
        if array.dtype.kind == "f":
            array = array.astype(dtypes.default_float())
        elif array.dtype.kind == "c":
            array = array.astype(dtypes.default_complex())
    if dtype is not None:
        array = array.astype(dtypes.as_dtype(dtype).numpy)
    made = wrap(array)
    return made.requires_grad_() if requires_grad else made


def from_numpy(ndarray: np.ndarray[Any, Any]) -> Tensor:
    """Make a tensor that shares memory with an ndarray."""
    return wrap(ndarray)


def _filled(value: Any, size: tuple[Any, ...], dtype: Any, requires_grad: bool) -> Tensor:
    shape = size[0] if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
    kind = dtypes.default_float() if dtype is None else dtypes.as_dtype(dtype).numpy
    made = wrap(np.full(tuple(shape), value, kind))
    return made.requires_grad_() if requires_grad else made


def zeros(*size: Any, dtype: Any = None, requires_grad: bool = False, **_: Any) -> Tensor:
    """Make a tensor of zeros."""
    return _filled(0, size, dtype, requires_grad)


def ones(*size: Any, dtype: Any = None, requires_grad: bool = False, **_: Any) -> Tensor:
    """Make a tensor of ones."""
    return _filled(1, size, dtype, requires_grad)


def empty(*size: Any, dtype: Any = None, requires_grad: bool = False, **_: Any) -> Tensor:
    """Make a tensor whose values are whatever the memory held."""
    return _filled(0, size, dtype, requires_grad)


def full(size: Any, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of one value."""
    kind = np.asarray(fill_value).dtype if dtype is None else dtypes.as_dtype(dtype).numpy
    if dtype is None and kind.kind == "f":
        kind = dtypes.default_float()
    return _filled(fill_value, (size,), kind, requires_grad)


def arange(*bounds: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of evenly spaced numbers."""
    values = np.arange(*bounds)
    if dtype is not None:
        values = values.astype(dtypes.as_dtype(dtype).numpy)
    elif values.dtype.kind == "f":
        values = values.astype(dtypes.default_float())
    made = wrap(values)
    return made.requires_grad_() if requires_grad else made


def rand(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of uniform random numbers."""
    made = _filled(0, size, dtype, requires_grad)
    made._array[...] = np.random.random_sample(made._array.shape)
    return made


def randn(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of normal random numbers."""
    made = _filled(0, size, dtype, requires_grad)
    made._array[...] = np.random.standard_normal(made._array.shape)
    return made
