"""`autocast`: matrix products in half precision, what loses too much there in float32.

>>> import rushlight as torch
>>> x = torch.ones(2, 2)
>>> with torch.autocast("cpu", dtype=torch.float16):
...     (x @ x).dtype, (x + x).dtype
(torch.float16, torch.float32)

Nothing on the eager path knows of this mode. While it is on in some thread, the functions that it
is about have another code (`rushlight.api.exchange`), which looks at the state of its thread, casts
the arguments and goes on to the function's own: `rushlight.amp.casts` has the lists.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from rushlight import dtypes
from rushlight.amp import state
from rushlight.amp.state import check_device
from rushlight.dtypes import dtype as DType
from rushlight.tensor import Tensor

__all__ = ["autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]

F = TypeVar("F", bound=Callable[..., Any])


def is_autocast_available(device_type: str) -> bool:
    """Return whether there is an `autocast` for a type of device.

    Raises RuntimeError for what is no type of device.
    """
    return check_device(device_type) in state.DTYPES


class autocast:
    """Context manager and decorator: operators inside choose the dtype that they compute in.

    Products of matrices and convolutions compute in `dtype` (bfloat16 or float16), functions that
    need the range or the precision, losses among them, in float32, and the rest in what they are
    given. Backward passes run in the dtypes of their forward passes, so call ``backward`` outside.
    The cast of a weight is kept until the outermost context ends, unless `cache_enabled` is false.
    Inside another, a context with ``enabled=False`` computes as if there were none.
    """

    def __init__(
        self,
        device_type: str,
        dtype: DType | None = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        self.device = check_device(device_type)
        self.fast_dtype = state.get_autocast_dtype(self.device) if dtype is None else dtype
        self._cache_enabled = (
            state.is_autocast_cache_enabled() if cache_enabled is None else cache_enabled
        )
        if enabled and self.device == "cpu":
            if self.fast_dtype not in (dtypes.bfloat16, dtypes.float16):
                warnings.warn(
                    "In CPU autocast, but the target dtype is not supported. Disabling autocast.\n"
                    "CPU Autocast only supports dtypes of torch.bfloat16, torch.float16 currently.",
                    stacklevel=2,
                )
                enabled = False
        elif enabled and self.device == "cuda":
            warnings.warn(
                "CUDA is not available or torch_xla is imported. Disabling autocast.", stacklevel=2
            )
            enabled = False
        self._enabled = enabled

    def __enter__(self) -> autocast:
        device = self.device
        self.prev_cache_enabled = state.is_autocast_cache_enabled()
        self.prev = state.is_autocast_enabled(device)
        self.prev_fastdtype = state.get_autocast_dtype(device)
        state.set_autocast_enabled(device, self._enabled)
        state.set_autocast_dtype(device, self.fast_dtype)
        state.autocast_increment_nesting()
        state.set_autocast_cache_enabled(self._cache_enabled)
        return self

    def __exit__(self, *_: Any) -> None:
        if state.autocast_decrement_nesting() == 0:
            state.clear_autocast_cache()
        state.set_autocast_enabled(self.device, self.prev)
        state.set_autocast_dtype(self.device, self.prev_fastdtype)
        state.set_autocast_cache_enabled(self.prev_cache_enabled)

    def __call__(self, func: F) -> F:
        @functools.wraps(func)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            with self:
                return func(*args, **kwargs)

        return decorated  # type: ignore[return-value]


# -- Functions of one's own ------------------------------------------------------------------------


def _check_type(device_type: Any) -> None:
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")


def _cast(value: Any, device_type: str, dtype: DType) -> Any:
    """Cast the floating-point tensors in lists and dictionaries, but for doubles."""
    if isinstance(value, Tensor):
        fits = value.dtype.is_floating_point and value.dtype is not dtypes.float64
        return value.to(dtype) if fits and value.device.type == device_type else value
    if isinstance(value, (str, np.ndarray)):
        return value
    if isinstance(value, dict):
        return {
            _cast(k, device_type, dtype): _cast(v, device_type, dtype) for k, v in value.items()
        }
    if isinstance(value, (list, tuple)):
        return type(value)([_cast(v, device_type, dtype) for v in value])
    return value


def custom_fwd(fwd: Any = None, *, device_type: str, cast_inputs: DType | None = None) -> Any:
    """Decorate the ``forward`` of a `Function` that is to be used with `autocast`.

    With `cast_inputs` the tensors among the arguments are cast to that dtype and ``forward`` runs
    with autocast off, where it is on; without, it runs as it is called. `custom_bwd` makes
    ``backward`` do likewise.
    """
    _check_type(device_type)
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def decorate_fwd(*args: Any, **kwargs: Any) -> Any:
        ctx = args[0]
        ctx._dtype = state.get_autocast_dtype(device_type)
        on = state.is_autocast_enabled(device_type)
        ctx._fwd_used_autocast = on and cast_inputs is None
        if not on or cast_inputs is None:
            return fwd(*args, **kwargs)
        with autocast(device_type=device_type, enabled=False):
            given = _cast(args, device_type, cast_inputs)
            return fwd(*given, **_cast(kwargs, device_type, cast_inputs))

    return decorate_fwd


def custom_bwd(bwd: Any = None, *, device_type: str) -> Any:
    """Decorate the ``backward`` of a `Function`: it computes as its ``forward`` did."""
    _check_type(device_type)
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def decorate_bwd(*args: Any, **kwargs: Any) -> Any:
        ctx = args[0]
        with autocast(device_type, enabled=ctx._fwd_used_autocast, dtype=ctx._dtype):
            return bwd(*args, **kwargs)

    return decorate_bwd
