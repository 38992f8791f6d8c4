"""The options of sliding windows, and the errors that PyTorch's pooling has for them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rushlight.api.arguments import int_tuple
from rushlight.kernels.windows import Ints, Windows, sliding

__all__ = ["window_ints", "windows_over"]


def window_ints(value: Any, n: int, function: str, argument: str, position: int) -> Ints:
    """The `n` ints of an option, which may be one int for all."""
    if type(value) is int:
        return (value,) * n
    if isinstance(value, int) and not isinstance(value, bool):
        return (int(value),) * n
    values = int_tuple(function, value, position, argument)
    if len(values) == 1:
        return values * n
    if len(values) == n:
        return values
    if n == 1:
        raise RuntimeError(_not_one(function, argument, len(values)))
    raise RuntimeError(_not_n(function, argument, n))


def _not_one(function: str, argument: str, got: int) -> str:
    if function != "max_pool1d":
        return f"{function}() argument '{argument}' should contain one int (got {got})"
    kinds = {
        "kernel_size": "an int, list of ints or tuple of ints",
        "stride": "None, an int, list of ints, or tuple of ints",
        "padding": "an int, list of ints, or tuple of ints",
        "dilation": "an int, list of ints or tuple of ints",
    }
    return f"max_pool1d() {argument} must be {kinds[argument]} of size 1 but got size {got}"


def _not_n(function: str, argument: str, n: int) -> str:
    count = {2: "two", 3: "three"}[n]
    either = "" if function == "avg_pool3d" else "either "
    omitted = "omitted, " if argument == "stride" else ""
    order = "be either" if argument == "dilation" else f"{either}be"
    return f"{function}: {argument} must {order} {omitted}a single int, or a tuple of {count} ints"


@lru_cache(maxsize=256)
def windows_over(
    function: str,
    shape: Ints,
    kernel: Ints,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    ceil_mode: bool,
) -> Windows:
    """The windows over a (batched) input of 2 or 3 dimensions, or PyTorch's error."""
    n = len(kernel)
    for k, s, p, d in reversed([*zip(kernel, stride, padding, dilation)]):
        if s == 0:
            raise RuntimeError("stride should not be zero")
        if p < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {p}")
        if k > 0 and p > ((k - 1) * d + 1) // 2:
            raise RuntimeError(
                "pad should be at most half of effective kernel size, but got "
                f"pad={p}, kernel_size={k} and dilation={d}"
            )
    for values, what, name in (
        (kernel, "kernel size", "k"),
        (stride, "stride", "d"),
        (dilation, "dilation", "dilation"),
    ):
        if any(v <= 0 for v in values):
            got = " ".join(f"{name}{axis}: {v}" for axis, v in zip("THW"[3 - n :], values))
            raise RuntimeError(f"{what} should be greater than zero, but got {got}")
    if n == 2:
        if 0 in shape[-3:]:
            raise RuntimeError(
                "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, "
                f"but got:{list(shape)}"
            )
    elif 0 in shape[-4:]:  # PyTorch names dimension 0 whichever it is
        place = "max_pool3d_with_indices_out_cpu_template"
        raise RuntimeError(
            f"{place if function == 'max_pool3d' else function}(): Expected input's "
            f"non-batch dimensions to have positive length, but input has a shape of "
            f"{list(shape)} and non-batch dimension 0 has length zero!"
        )
    windows = sliding(shape[-n:], kernel, stride, padding, dilation, ceil_mode)
    if function == "avg_pool3d" and any(m < k for m, k in zip(windows.size, kernel)):
        size, kernels = (
            " ".join(f"{prefix}{axis}: {v}" for axis, v in zip("THW", values))
            for prefix, values in (("", windows.size), ("k", kernel))
        )
        raise RuntimeError(f"input image ({size}) smaller than kernel size ({kernels})")
    if any(o < 1 for o in windows.out):
        given, made = ("x".join(map(str, (shape[-n - 1], *v))) for v in (windows.size, windows.out))
        raise RuntimeError(
            f"Given input size: ({given}). Calculated output size: ({made}). Output size is too "
            "small"
        )
    return windows
