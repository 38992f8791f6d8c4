"""What tensors of other kinds have, asked of one that is dense, on the CPU and by itself.

There are no sparse tensors. What makes one raises NotImplementedError, and what looks into one
raises PyTorch's error for a tensor that isn't.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from rushlight.refusals import refused
from rushlight.tensor import Tensor

_MAKERS = ("sparse", "sparse_bsc", "sparse_bsr", "sparse_coo", "sparse_csc", "sparse_csr")
_PARTS = {
    "ccol_indices": "sparse column compressed",
    "coalesce": "sparse coordinate",
    "col_indices": "sparse row compressed",
    "crow_indices": "sparse row compressed",
    "indices": "sparse coordinate",
    "is_coalesced": "sparse coordinate",
    "row_indices": "sparse column compressed",
    "values": "sparse",
}

METHODS = (
    *("_is_zerotensor", "const_data_ptr", "is_distributed", "xpu"),
    *(f"to_{name}" for name in _MAKERS),
    *_PARTS,
)


def _looking_for(name: str, layout: str) -> Callable[[Tensor], NoReturn]:
    def method(input: Tensor) -> NoReturn:
        raise RuntimeError(f"{name} expected {layout} tensor layout but got Strided")

    method.__name__ = method.__qualname__ = name
    method.__doc__ = "Raise RuntimeError: the tensor isn't sparse."
    return method


for _name in _MAKERS:
    globals()[f"to_{_name}"] = refused(f"torch.Tensor.to_{_name}", "there are no sparse tensors")
for _name, _layout in _PARTS.items():
    globals()[_name] = _looking_for(_name, _layout)


def is_distributed(input: Tensor) -> bool:
    """Return whether parts of the tensor are elsewhere: no."""
    return False


def _is_zerotensor(input: Tensor) -> bool:
    """Return whether the tensor is zeros without memory: no."""
    return False


def const_data_ptr(input: Tensor) -> int:
    """Return the address of the first element.

    >>> import rushlight as torch
    >>> x = torch.ones(2)
    >>> x.const_data_ptr() == x.data_ptr()
    True
    """
    address: int = input.data_ptr()
    return address


def xpu(
    input: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None
) -> NoReturn:
    """Raise the AssertionError of a PyTorch without XPU."""
    raise AssertionError("Torch not compiled with XPU enabled")
