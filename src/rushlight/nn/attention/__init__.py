"""``torch.nn.attention``: which kernels `scaled_dot_product_attention` may choose from.

Rushlight has one way to compute it. Choosing none that PyTorch has on the CPU is PyTorch's error,
and any other choice changes at most the names of nodes.

>>> import rushlight as torch
>>> from rushlight.nn.attention import SDPBackend, sdpa_kernel
>>> q = torch.ones(1, 1, 2, 2)
>>> with sdpa_kernel(SDPBackend.MATH):
...     torch.nn.functional.scaled_dot_product_attention(q, q, q).shape
torch.Size([1, 1, 2, 2])
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from enum import Enum

from rushlight.nn.functional.attention import KERNELS
from rushlight.refusals import refused

__all__ = [
    "WARN_FOR_UNFUSED_KERNELS",
    "SDPBackend",
    "activate_flash_attention_impl",
    "current_flash_attention_impl",
    "list_flash_attention_impls",
    "register_flash_attention_impl",
    "restore_flash_attention_impl",
    "sdpa_kernel",
]

WARN_FOR_UNFUSED_KERNELS = False


class SDPBackend(Enum):
    """The kernels that PyTorch has for attention on one device or another."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4

    def __int__(self) -> int:
        return self.value

    __index__ = __int__


_SWITCHES = {
    SDPBackend.FLASH_ATTENTION: "flash",
    SDPBackend.EFFICIENT_ATTENTION: "mem_efficient",
    SDPBackend.MATH: "math",
    SDPBackend.CUDNN_ATTENTION: "cudnn",
}


@contextlib.contextmanager
def sdpa_kernel(
    backends: list[SDPBackend] | SDPBackend, set_priority: bool = False
) -> Iterator[None]:
    """Let attention be computed by some `backends` only, inside of the block.

    The order of `backends` is their priority with `set_priority`, which changes nothing here.
    AssertionError for what is neither a backend nor a list.
    """
    if not isinstance(backends, (list, SDPBackend)):
        raise AssertionError(
            "Backend must be an instance of SDPBackend or a list of SDPBackend instances, got "
            f"{type(backends).__name__}"
        )
    chosen = [backends] if isinstance(backends, SDPBackend) else backends
    before = dict(KERNELS)
    KERNELS.update({switch: backend in chosen for backend, switch in _SWITCHES.items()})
    try:
        yield
    finally:
        KERNELS.update(before)


def list_flash_attention_impls() -> list[str]:
    """Return the names of implementations from outside: none."""
    return []


def current_flash_attention_impl() -> str | None:
    """Return the name of the implementation from outside that is active: None."""
    return None


def restore_flash_attention_impl() -> None:
    """Go back to the own implementation, which was never left."""


_NO_OTHERS = "attention has no implementations from outside"
activate_flash_attention_impl = refused(
    "torch.nn.attention.activate_flash_attention_impl", _NO_OTHERS
)
register_flash_attention_impl = refused(
    "torch.nn.attention.register_flash_attention_impl", _NO_OTHERS
)
