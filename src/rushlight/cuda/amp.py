"""``torch.cuda.amp``, the old names of `rushlight.amp` for CUDA devices. Deprecated.

>>> import rushlight as torch, warnings
>>> with warnings.catch_warnings(action="ignore"):
...     scaler = torch.cuda.amp.GradScaler()
>>> scaler.is_enabled()
False
"""

from __future__ import annotations

import warnings
from typing import Any

from rushlight import amp, dtypes

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]


def _warn(name: str, new: str) -> None:
    warnings.warn(
        f"`torch.cuda.amp.{name}(args...)` is deprecated. Please use `torch.amp.{new} instead.",
        FutureWarning,
        stacklevel=3,
    )


class autocast(amp.autocast):
    """`rushlight.autocast` for "cuda"."""

    def __init__(
        self,
        enabled: bool = True,
        dtype: dtypes.dtype = dtypes.float16,
        cache_enabled: bool = True,
    ) -> None:
        _warn("autocast", "autocast('cuda', args...)`")
        super().__init__("cuda", enabled=enabled, dtype=dtype, cache_enabled=cache_enabled)


class GradScaler(amp.GradScaler):
    """`rushlight.amp.GradScaler` for "cuda"."""

    def __init__(
        self,
        init_scale: float = 65536.0,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        _warn("GradScaler", "GradScaler('cuda', args...)`")
        super().__init__(
            "cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled
        )


def custom_fwd(*args: Any, **kwargs: Any) -> Any:
    """`rushlight.amp.custom_fwd` for "cuda"."""
    _warn("custom_fwd", "custom_fwd(args..., device_type='cuda')`")
    return amp.custom_fwd(*args, device_type="cuda", **kwargs)


def custom_bwd(*args: Any) -> Any:
    """`rushlight.amp.custom_bwd` for "cuda"."""
    _warn("custom_bwd", "custom_bwd(args..., device_type='cuda')`")
    return amp.custom_bwd(*args, device_type="cuda")
