"""What a thread's `autocast` is set to, and the casts of weights that it keeps."""

from __future__ import annotations

import threading
import warnings
from typing import Any

from rushlight import dtypes
from rushlight.api.convert import cast
from rushlight.api.exchange import CASTS, put, take
from rushlight.autograd.modes import mode
from rushlight.autograd.threads import carried
from rushlight.device import device
from rushlight.dtypes import dtype as DType
from rushlight.tensor import LEAF, Tensor

__all__ = [
    "autocast_decrement_nesting",
    "autocast_increment_nesting",
    "clear_autocast_cache",
    "get_autocast_cpu_dtype",
    "get_autocast_dtype",
    "get_autocast_gpu_dtype",
    "is_autocast_cache_enabled",
    "is_autocast_cpu_enabled",
    "is_autocast_enabled",
    "set_autocast_cache_enabled",
    "set_autocast_cpu_dtype",
    "set_autocast_cpu_enabled",
    "set_autocast_dtype",
    "set_autocast_enabled",
    "set_autocast_gpu_dtype",
]

# The types of devices that PyTorch has an autocast for, and what they cast to by default.
DTYPES = {
    "cpu": dtypes.bfloat16,
    "cuda": dtypes.float16,
    "mtia": dtypes.float16,
    "maia": dtypes.float16,
    "xpu": dtypes.float16,
    "xla": dtypes.bfloat16,
    "hpu": dtypes.bfloat16,
    "mps": dtypes.float16,
    "privateuseone": dtypes.float16,
}


class _State(threading.local):
    def __init__(self) -> None:
        self.enabled: dict[str, bool] = dict.fromkeys(DTYPES, False)
        self.dtypes = dict(DTYPES)
        self.cache_enabled = True
        self.nesting = 0
        self.cache: dict[tuple[int, bool], tuple[Tensor, Tensor]] = {}

    on = False  # whether functions cast: on the CPU, and not inside one that has cast


current = carried(_State())


def check_device(kind: Any) -> str:
    """Return the type of a device, ``"cpu"`` of ``"cpu:0"``; RuntimeError for what is none."""
    return device(kind).type


def _device_type(function: str, kind: Any) -> str:
    if not isinstance(kind, str):
        raise TypeError(
            f"{function}(): argument 'device_type' (position 1) must be str, not "
            f"{type(kind).__name__}"
        )
    return check_device(kind)


# -- asking and setting ----------------------------------------------------------------------------


def is_autocast_enabled(device_type: Any = "cuda") -> bool:
    """Return whether `autocast` is on in this thread for a type of device; by default CUDA's."""
    return current.enabled.get(_device_type("is_autocast_enabled", device_type), False)


def get_autocast_dtype(device_type: Any) -> DType:
    """Return what `autocast` casts to in this thread for a type of device."""
    found = current.dtypes.get(_device_type("get_autocast_dtype", device_type))
    if found is None:
        raise RuntimeError("unsupported scalarType")
    return found


def set_autocast_enabled(*args: Any) -> None:
    """Switch `autocast` on or off in this thread: ``set_autocast_enabled("cpu", True)``.

    With one argument for CUDA. Prefer the context manager.
    """
    device_type, on = args if len(args) == 2 else ("cuda", *args)
    kind = _device_type("set_autocast_enabled", device_type)
    if not isinstance(on, bool):
        raise TypeError(
            f"set_autocast_enabled(): argument 'enabled' (position {len(args)}) must be bool, not "
            f"{type(on).__name__}"
        )
    if on != current.enabled.get(kind, False):
        current.enabled[kind] = on
        if kind == "cpu":
            current.on = on
            _casting.begin() if on else _casting.end()


def set_autocast_dtype(device_type: Any, dtype: DType) -> None:
    """Choose what `autocast` casts to in this thread for a type of device."""
    kind = _device_type("set_autocast_dtype", device_type)
    if not isinstance(dtype, DType):
        raise TypeError(
            "set_autocast_dtype(): argument 'dtype' (position 2) must be torch.dtype, not "
            f"{type(dtype).__name__}"
        )
    current.dtypes[kind] = dtype


def is_autocast_cache_enabled() -> bool:
    """Return whether the casts of weights are kept in this thread."""
    return current.cache_enabled


def set_autocast_cache_enabled(enabled: bool) -> None:
    """Say whether the casts of weights are to be kept in this thread."""
    current.cache_enabled = enabled


def clear_autocast_cache() -> None:
    """Forget this thread's casts of weights."""
    current.cache.clear()


def autocast_increment_nesting() -> int:
    """Count one more context; return how many there are."""
    current.nesting += 1
    return current.nesting


def autocast_decrement_nesting() -> int:
    """Count one context less; return how many are left."""
    current.nesting -= 1
    return current.nesting


# -- old names -------------------------------------------------------------------------------------


def _deprecated(old: str, new: str) -> None:
    warnings.warn(
        f"torch.{old} is deprecated. Please use torch.{new} instead.",
        DeprecationWarning,
        stacklevel=3,
    )


def is_autocast_cpu_enabled() -> bool:
    """Return ``is_autocast_enabled("cpu")``: the old name."""
    _deprecated("is_autocast_cpu_enabled()", "is_autocast_enabled('cpu')")
    return is_autocast_enabled("cpu")


def set_autocast_cpu_enabled(enabled: bool) -> None:
    """Call ``set_autocast_enabled("cpu", enabled)``: the old name."""
    _deprecated("set_autocast_cpu_enabled(enabled)", "set_autocast_enabled('cpu', enabled)")
    set_autocast_enabled("cpu", enabled)


def get_autocast_cpu_dtype() -> DType:
    """Return ``get_autocast_dtype("cpu")``: the old name."""
    _deprecated("get_autocast_cpu_dtype()", "get_autocast_dtype('cpu')")
    return get_autocast_dtype("cpu")


def set_autocast_cpu_dtype(dtype: DType) -> None:
    """Call ``set_autocast_dtype("cpu", dtype)``: the old name."""
    _deprecated("set_autocast_cpu_dtype(dtype)", "set_autocast_dtype('cpu', dtype)")
    set_autocast_dtype("cpu", dtype)


def get_autocast_gpu_dtype() -> DType:
    """Return ``get_autocast_dtype("cuda")``: the old name."""
    _deprecated("get_autocast_gpu_dtype()", "get_autocast_dtype('cuda')")
    return get_autocast_dtype("cuda")


def set_autocast_gpu_dtype(dtype: DType) -> None:
    """Call ``set_autocast_dtype("cuda", dtype)``: the old name."""
    _deprecated("set_autocast_gpu_dtype(dtype)", "set_autocast_dtype('cuda', dtype)")
    set_autocast_dtype("cuda", dtype)


# -- casting ---------------------------------------------------------------------------------------


def lowered(t: Tensor) -> Tensor:
    """Cast a tensor to this thread's lower precision, or find the cast that was made before.

    Kept are the casts of leaves that require grad, which is what weights are.
    """
    dtype = current.dtypes["cpu"]
    if t.dtype is dtype:
        return t
    if not (current.cache_enabled and t._edge is LEAF and t.dtype is dtypes.float32):
        return cast(t, dtype)
    key = id(t), mode.grad
    kept = current.cache.get(key)
    if kept is None:
        kept = current.cache[key] = (
            t,
            cast(t, dtype),
        )  # with the weight, whose id must not be reused
    return kept[1]


class _Casting:
    """The layers before the functions that cast, there while autocast is on in some thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._users = 0

    def begin(self) -> None:
        """Put the layers in place, unless they are."""
        from rushlight.amp.casts import layers  # which opens the families it is about

        with self._lock:
            self._users += 1
            if self._users == 1:
                for function, layer in layers().items():
                    put(function, layer, CASTS)

    def end(self) -> None:
        """Take them away, unless another thread needs them."""
        from rushlight.amp.casts import layers

        with self._lock:
            self._users -= 1
            if not self._users:
                for function, layer in layers().items():
                    take(function, layer)


_casting = _Casting()
