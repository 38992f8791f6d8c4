"""CUDA's switches, which change nothing here."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator

from rushlight.nn.functional.attention import KERNELS

__all__ = ["is_built", "is_flash_attention_available", "matmul", "sdp_kernel"]
__all__ += ["enable_cudnn_sdp", "enable_flash_sdp", "enable_math_sdp", "enable_mem_efficient_sdp"]
__all__ += ["cudnn_sdp_enabled", "flash_sdp_enabled", "math_sdp_enabled"]
__all__ += ["mem_efficient_sdp_enabled"]


class _Products:
    """How CUDA would multiply matrices."""

    def __init__(self) -> None:
        self.allow_tf32 = False
        self.allow_fp16_reduced_precision_reduction = True
        self.allow_bf16_reduced_precision_reduction = True


matmul = _Products()


def is_built() -> bool:
    """Return whether the package was built with CUDA: no."""
    return False


def _switch(name: str, what: str) -> tuple[Callable[[], bool], Callable[[bool], None]]:
    """The question whether attention may use a kernel, and the function that says so."""

    def enabled() -> bool:
        return KERNELS[name]

    def enable(enabled: bool) -> None:
        if not isinstance(enabled, bool):
            raise RuntimeError(f"set_sdp_use_math expects a bool, but got {type(enabled).__name__}")
        KERNELS[name] = enabled

    enabled.__doc__ = f"Return whether attention may use {what}."
    enable.__doc__ = f"Say whether attention may use {what}; RuntimeError for no bool."
    return enabled, enable


flash_sdp_enabled, enable_flash_sdp = _switch("flash", "the fused kernel")
mem_efficient_sdp_enabled, enable_mem_efficient_sdp = _switch("mem_efficient", "one that CUDA has")
math_sdp_enabled, enable_math_sdp = _switch("math", "products of matrices")
cudnn_sdp_enabled, enable_cudnn_sdp = _switch("cudnn", "cuDNN")


def is_flash_attention_available() -> bool:
    """Return whether CUDA's fused kernel is there: no."""
    return False


@contextlib.contextmanager
def sdp_kernel(
    enable_flash: bool = True,
    enable_math: bool = True,
    enable_mem_efficient: bool = True,
    enable_cudnn: bool = True,
) -> Iterator[None]:
    """As `nn.attention.sdpa_kernel`, which PyTorch advises instead."""
    warnings.warn(
        "`torch.backends.cuda.sdp_kernel()` is deprecated. In the future, this context manager "
        "will be removed. Please see `torch.nn.attention.sdpa_kernel()` for the new context "
        "manager, with updated signature.",
        FutureWarning,
        stacklevel=3,
    )
    before = dict(KERNELS)
    KERNELS.update(flash=enable_flash, math=enable_math)
    KERNELS.update(mem_efficient=enable_mem_efficient, cudnn=enable_cudnn)
    try:
        yield
    finally:
        KERNELS.update(before)
