"""`assert_close`, which tests compare tensors, numbers, arrays and nests of them with."""

from __future__ import annotations

import cmath
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from rushlight import dtypes
from rushlight.api.data import as_tensor
from rushlight.tensor import Tensor

__all__ = ["assert_allclose", "assert_close"]

# (rtol, atol); of two dtypes the larger of each counts. Integers and booleans have to be equal.
_TOLERANCES = {
    "float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5), "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7), "complex64": (1.3e-6, 1e-5), "complex128": (1e-7, 1e-7),
}  # fmt: skip

Path = tuple[Any, ...]


@dataclass(frozen=True)
class _Options:
    """What `assert_close` was told about how to compare."""

    subclasses: bool
    rtol: float | None
    atol: float | None
    equal_nan: bool
    device: bool
    dtype: bool
    layout: bool
    stride: bool
    msg: str | Callable[[str], str] | None

    def fail(self, text: str, path: Path, kind: type[Exception] = AssertionError) -> NoReturn:
        """Raise, saying in which item of a container it happened, and as `msg` wants it said."""
        if path:
            text += f"\n\nThe failure occurred for item {''.join(f'[{p!r}]' for p in path)}"
        if kind is AssertionError and self.msg is not None:
            text = self.msg(text) if callable(self.msg) else self.msg
        raise kind(text) from None

    def tolerances(self, *kinds: dtypes.dtype) -> tuple[float, float]:
        """The tolerances given, or those of the dtypes."""
        if self.rtol is not None and self.atol is not None:
            return self.rtol, self.atol
        found = [_TOLERANCES.get(kind.name, (0.0, 0.0)) for kind in kinds]
        return max(r for r, _ in found), max(a for _, a in found)


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raise AssertionError unless ``|actual - expected| <= atol + rtol * |expected|`` everywhere.

    Compares tensors, ndarrays, numbers, None, and sequences and mappings of these. Shapes have to
    be the same, and dtypes and strides as `check_dtype` and `check_stride` say. Without `rtol` and
    `atol`, which come together, they follow from the dtype: float32 has 1.3e-6 and 1e-5, float64
    1e-7 and 1e-7, integers are compared exactly. `msg` replaces the text, or is a function of it.

    Raises ValueError for one tolerance without the other, TypeError for what can't be compared.

    >>> import rushlight as torch
    >>> torch.testing.assert_close(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0 + 1e-7]))
    >>> torch.testing.assert_close(1, 2)
    Traceback (most recent call last):
    ...
    AssertionError: Scalars are not equal!
    <BLANKLINE>
    Expected 2 but got 1.
    Absolute difference: 1
    Relative difference: 0.5
    """
    options = _Options(
        subclasses=allow_subclasses,
        rtol=rtol,
        atol=atol,
        equal_nan=equal_nan,
        device=check_device,
        dtype=check_dtype,
        layout=check_layout,
        stride=check_stride,
        msg=msg,
    )
    if (rtol is None) != (atol is None):
        raise ValueError(
            "Both 'rtol' and 'atol' must be either specified or omitted, "
            f"but got no {'rtol' if rtol is None else 'atol'}."
        )
    # All pairs are made, and their kinds looked at, before the first is compared.
    for compare, a, b, path in _pairs(actual, expected, (), options):
        compare(a, b, path, options)


_OLD_TOLERANCES = {
    "float16": (1e-3, 1e-3), "float32": (1e-4, 1e-5), "float64": (1e-5, 1e-8),
}  # fmt: skip


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: str = "",
) -> None:
    """Raise AssertionError unless two tensors, or what becomes one, are close. Deprecated.

    Dtypes and strides may differ, and nan equals nan. Without `rtol` and `atol` these are 1e-4 and
    1e-5 for float32, 1e-5 and 1e-8 for float64, 1e-3 and 1e-3 for float16, and else 0.

    >>> import rushlight as torch, warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     torch.testing.assert_allclose(torch.ones(2), [1.0, 1.00001])
    """
    warnings.warn(
        "`torch.testing.assert_allclose()` is deprecated since 1.12 and will be removed in a "
        "future release. Please use `torch.testing.assert_close()` instead. You can find detailed "
        "upgrade instructions in https://github.com/pytorch/pytorch/issues/61844.",
        FutureWarning,
        stacklevel=2,
    )
    actual = actual if isinstance(actual, Tensor) else as_tensor(actual)
    expected = expected if isinstance(expected, Tensor) else as_tensor(expected)
    if rtol is None and atol is None:
        found = [_OLD_TOLERANCES.get(t.dtype.name, (0.0, 0.0)) for t in (actual, expected)]
        rtol, atol = max(r for r, _ in found), max(a for _, a in found)
    assert_close(
        actual,
        expected,
        rtol=rtol,
        atol=atol,
        equal_nan=equal_nan,
        check_dtype=False,
        msg=msg or None,
    )


_Compare = Callable[[Any, Any, Path, _Options], None]


def _pairs(
    actual: Any, expected: Any, path: Path, options: _Options
) -> list[tuple[_Compare, Any, Any, Path]]:
    """The leaves of two nests of the same form, side by side, and how to compare each two."""
    sequences = _both(Sequence, actual, expected)
    if sequences and not isinstance(actual, str) and not isinstance(expected, str):
        if len(actual) != len(expected):
            text = f"The length of the sequences mismatch: {len(actual)} != {len(expected)}"
            options.fail(text, path)
        keys: Any = range(len(actual))
    elif _both(Mapping, actual, expected):
        keys = _common_keys(actual, expected, path, options)
    else:
        return [(_comparison(actual, expected, path, options), actual, expected, path)]
    return [pair for k in keys for pair in _pairs(actual[k], expected[k], (*path, k), options)]


def _both(kind: Any, actual: Any, expected: Any) -> bool:
    return isinstance(actual, kind) and isinstance(expected, kind)


def _common_keys(actual: Any, expected: Any, path: Path, options: _Options) -> list[Any]:
    """The keys of two mappings, in order, which have to be the same."""
    missing, more = expected.keys() - actual.keys(), actual.keys() - expected.keys()
    if missing or more:
        options.fail(
            "The keys of the mappings do not match:\n"
            f"Missing keys in the actual mapping: {sorted(missing)}\n"
            f"Additional keys in the actual mapping: {sorted(more)}",
            path,
        )
    keys = list(actual)
    try:
        return sorted(keys)
    except TypeError:
        return keys


def _comparison(actual: Any, expected: Any, path: Path, options: _Options) -> _Compare:
    """The way to compare two leaves, or TypeError."""
    if actual is None or expected is None:
        return _compare_none
    if _both((bool, np.bool_), actual, expected):
        return _compare_booleans
    if _both((int, float, complex, np.number), actual, expected):
        return _compare_numbers
    arrays = _both(Tensor, actual, expected) or _both(np.ndarray, actual, expected)
    same = type(actual) is type(expected) or (
        options.subclasses
        and (isinstance(actual, type(expected)) or isinstance(expected, type(actual)))
    )
    if not arrays or not same:
        options.fail(
            f"No comparison pair was able to handle inputs of type {type(actual)} and "
            f"{type(expected)}.",
            path,
            TypeError,
        )
    return _compare_tensors


# -- leaves ----------------------------------------------------------------------------------------


def _compare_none(actual: Any, expected: Any, path: Path, options: _Options) -> None:
    if actual is not expected:
        options.fail(f"None mismatch: {actual} is not {expected}", path)


def _compare_booleans(actual: Any, expected: Any, path: Path, options: _Options) -> None:
    if bool(actual) is not bool(expected):
        options.fail(f"Booleans mismatch: {actual} is not {expected}", path)


def _compare_numbers(actual: Any, expected: Any, path: Path, options: _Options) -> None:
    a, b = (x.item() if isinstance(x, np.generic) else x for x in (actual, expected))
    if options.dtype and type(a) is not type(b):
        options.fail(f"The (d)types do not match: {type(a)} != {type(b)}.", path)
    kinds = {int: dtypes.int64, float: dtypes.float64, complex: dtypes.complex128}
    rtol, atol = options.tolerances(*(kinds.get(type(x), dtypes.int64) for x in (a, b)))
    _check_scalars(a, b, rtol, atol, path, options)


def _check_scalars(a: Any, b: Any, rtol: float, atol: float, path: Path, options: _Options) -> None:
    if a == b or (options.equal_nan and _is_nan(a) and _is_nan(b)):
        return
    apart = abs(a - b)
    if math.isfinite(apart) and apart <= atol + rtol * abs(b):
        return
    exact = rtol == 0 and atol == 0
    options.fail(
        f"Scalars are not {'equal' if exact else 'close'}!\n\n"
        f"Expected {b} but got {a}.\n"
        f"Absolute difference: {apart}{_allowed(atol, exact)}\n"
        f"Relative difference: {apart / abs(b) if b != 0 else math.inf}{_allowed(rtol, exact)}",
        path,
    )


def _is_nan(x: Any) -> bool:
    return cmath.isnan(x)


def _allowed(tolerance: float, exact: bool) -> str:
    return "" if exact else f" (up to {tolerance} allowed)"


def _compare_tensors(actual: Any, expected: Any, path: Path, options: _Options) -> None:
    a, b = (as_tensor(x).detach() for x in (actual, expected))
    _compare_attributes(a, b, path, options)
    rtol, atol = options.tolerances(a.dtype, b.dtype)
    if a.ndim == 0:
        _check_scalars(a.item(), b.item(), rtol, atol, path, options)
        return
    _check_elements(a, b, rtol, atol, path, options)


def _compare_attributes(a: Tensor, b: Tensor, path: Path, options: _Options) -> None:
    checks: list[tuple[str, Any, Any, bool]] = [
        ("shape", a.shape, b.shape, True),
        ("layout", a.layout, b.layout, options.layout),
        ("device", a.device, b.device, options.device),
        ("dtype", a.dtype, b.dtype, options.dtype),
        ("stride()", a.stride(), b.stride(), options.stride),
    ]
    for name, mine, other, wanted in checks:
        if wanted and mine != other:
            text = f"The values for attribute '{name}' do not match: {mine} != {other}."
            options.fail(text, path)


def _check_elements(
    a: Tensor, b: Tensor, rtol: float, atol: float, path: Path, options: _Options
) -> None:
    """Compare element by element; say how many differ, and where most."""
    common = dtypes.promote_types(a.dtype, b.dtype)
    if not common.is_floating_point and not common.is_complex:
        common = dtypes.int64  # in which differences of bytes and booleans don't wrap around
    a, b = a.to(common), b.to(common)
    matches = a.isclose(b, rtol=rtol, atol=atol, equal_nan=options.equal_nan)
    if matches.all():
        return
    count = matches.numel() - int(matches.sum())
    exact = rtol == 0 and atol == 0
    apart = (a - b).abs()
    apart[matches] = 0
    relative = apart / b.abs()
    relative[matches] = 0
    options.fail(
        f"Tensor-likes are not {'equal' if exact else 'close'}!\n\n"
        f"Mismatched elements: {count} / {matches.numel()} ({count / matches.numel():.1%})\n"
        f"Greatest absolute difference: {_greatest(apart)}{_allowed(atol, exact)}\n"
        f"Greatest relative difference: {_greatest(relative)}{_allowed(rtol, exact)}",
        path,
    )


def _greatest(differences: Tensor) -> str:
    where = int(differences.argmax())
    index = tuple(int(i) for i in np.unravel_index(where, tuple(differences.shape)))
    return f"{differences.flatten()[where].item()} at index {index}"
