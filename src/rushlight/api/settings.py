"""Settings of the process: threads, and promises about precision and reproducibility.

Every kernel here gives the same result each time it runs and computes in full precision, so the
latter are kept and change nothing.
"""

from __future__ import annotations

import warnings
from typing import Any

from rushlight.kernels import threads
from rushlight.ops.outputs import type_name

__all__ = [
    "are_deterministic_algorithms_enabled",
    "get_deterministic_debug_mode",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "get_num_threads",
    "is_deterministic_algorithms_warn_only_enabled",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_interop_threads",
    "set_num_threads",
    "use_deterministic_algorithms",
]

_DEBUG_MODES = ("default", "warn", "error")


class _Promises:
    """What programs asked for."""

    precision = "highest"
    debug_mode = 0  # an index of _DEBUG_MODES
    interop_threads = 1


# -- threads ---------------------------------------------------------------------------------------


def get_num_threads() -> int:
    """Return how many threads a kernel may use, the calling one included.

    >>> import rushlight as torch
    >>> torch.get_num_threads() >= 1
    True
    """
    return threads.get_num_threads()


def set_num_threads(num: int) -> None:
    """Let kernels, and NumPy's BLAS under them, use `num` threads.

    Raises RuntimeError for what isn't a positive int.
    """
    threads.set_num_threads(_count("set_num_threads", num))


def get_num_interop_threads() -> int:
    """Return how many operators may run at a time: PyTorch asks; here each call is one."""
    return _Promises.interop_threads


def set_num_interop_threads(num: int) -> None:
    """Keep the number for `get_num_interop_threads`; nothing else comes of it."""
    _Promises.interop_threads = _count("set_num_interop_threads", num)


def _count(function: str, num: Any) -> int:
    if type(num) is not int:
        raise RuntimeError(f"{function} expects an int, but got {type_name(num)}")
    if num < 1:
        raise RuntimeError(f"{function} expects a positive integer")
    return num


# -- promises --------------------------------------------------------------------------------------


def get_float32_matmul_precision() -> str:
    """Return what `set_float32_matmul_precision` was told, "highest" by default."""
    return _Promises.precision


def set_float32_matmul_precision(precision: str) -> None:
    """Allow less than float32's precision in products; float32's is what they have all the same.

    `precision` is "highest", "high" or "medium"; anything else is a warning.
    """
    if not isinstance(precision, str):
        raise RuntimeError(
            f"set_float32_matmul_precision expects a str, but got {type_name(precision)}"
        )
    if precision in ("highest", "high", "medium"):
        _Promises.precision = precision
        return
    warnings.warn(
        f"{precision} is not one of 'highest', 'high', or 'medium'; the current"
        "setFloat32MatmulPrecision call has no effect.",
        stacklevel=2,
    )


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for results that are the same in every run, which they are anyway.

    >>> import rushlight as torch
    >>> torch.use_deterministic_algorithms(True)
    >>> torch.are_deterministic_algorithms_enabled()
    True
    >>> torch.use_deterministic_algorithms(False)
    """
    for i, (name, value) in enumerate((("mode", mode), ("warn_only", warn_only))):
        if not isinstance(value, bool):
            place = f" (position {i + 1})" if i == 0 else ""
            raise TypeError(
                f"_set_deterministic_algorithms(): argument '{name}'{place} must be bool, "
                f"not {type_name(value)}"
            )
    _Promises.debug_mode = (1 if warn_only else 2) if mode else 0


def are_deterministic_algorithms_enabled() -> bool:
    """Return whether `use_deterministic_algorithms` was asked for."""
    return _Promises.debug_mode > 0


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Return whether a warning was asked for where PyTorch would raise."""
    return _Promises.debug_mode == 1


def get_deterministic_debug_mode() -> int:
    """Return 0 for "default", 1 for "warn", 2 for "error"."""
    return _Promises.debug_mode


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """As `use_deterministic_algorithms`, by a number or "default", "warn" or "error"."""
    if isinstance(debug_mode, str):
        if debug_mode not in _DEBUG_MODES:
            raise RuntimeError(
                "invalid value of debug_mode, expected one of `default`, `warn`, `error`, "
                f"but got {debug_mode}"
            )
        debug_mode = _DEBUG_MODES.index(debug_mode)
    elif debug_mode not in (0, 1, 2):
        raise RuntimeError(
            f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}"
        )
    _Promises.debug_mode = debug_mode


def set_flush_denormal(mode: bool) -> bool:
    """Return False: NumPy keeps the smallest numbers, and can't be told to take them for zero."""
    return False
