"""How tensors print: the text of `repr`, column by column the one PyTorch gives.

The text is made in three steps. `_corners` takes the elements that are shown out of a large array;
`_texts` writes each of them in the one notation that suits them all; `_lay_out` puts the texts into
brackets and lines. `format_tensor` adds what stands after the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from rushlight import dtypes

Array: TypeAlias = np.ndarray[Any, Any]


class PrintOptions(NamedTuple):
    """What `set_printoptions` sets."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": PrintOptions(),
    "short": PrintOptions(precision=2, edgeitems=2),
    "full": PrintOptions(threshold=math.inf),
}
_options = PrintOptions()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Choose how tensors print; what is None stays as it was, but `sci_mode` goes back to None.

    Args:
        precision: digits after the point (4).
        threshold: tensors of more elements than this are shown by their edges only (1000).
        edgeitems: how many elements, or rows, an edge has (3).
        linewidth: columns in a line (80).
        profile: "default", "short" or "full", from which the other arguments then depart; one
            of another name changes nothing.
        sci_mode: write 1.0000e+00 always (True), never (False), or where it reads better (None).

    >>> import rushlight as torch
    >>> torch.set_printoptions(precision=2)
    >>> torch.tensor([1.2345])
    tensor([1.23])
    >>> torch.set_printoptions(profile="default")
    """
    global _options
    chosen = _options if profile is None else _PROFILES.get(profile, _options)
    _options = PrintOptions(
        chosen.precision if precision is None else precision,
        chosen.threshold if threshold is None else threshold,
        chosen.edgeitems if edgeitems is None else edgeitems,
        chosen.linewidth if linewidth is None else linewidth,
        sci_mode,
    )


def get_printoptions() -> dict[str, Any]:
    """The options in force, by name."""
    return _options._asdict()


def format_tensor(
    array: Array,
    *,
    requires_grad: bool = False,
    grad_fn_name: str | None = None,
    prefix: str = "tensor(",
    extra_suffixes: Iterable[str] = (),
) -> str:
    """The text of a tensor with these elements: `tensor([1., 2.], requires_grad=True)`.

    The size is said of an empty array, the dtype where a reader would expect another one; a
    `grad_fn_name` makes `requires_grad` go without saying. Raises TypeError for an array of a type
    that torch does not have.
    """
    options = _options
    dtype = dtypes.from_numpy(array.dtype)
    suffixes = []
    if (array.ndim != 1) if array.size == 0 else (options.edgeitems == 0):
        suffixes.append(f"size={array.shape}")
    if dtype is not dtypes.get_default_dtype() and (array.size == 0 or not _is_expected(dtype)):
        suffixes.append(f"dtype={dtype}")
    if grad_fn_name is not None:
        suffixes.append(f"grad_fn=<{grad_fn_name}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    suffixes.extend(extra_suffixes)
    text = prefix + _body(array, dtype.category, len(prefix), options)
    return _append(text, suffixes, len(prefix), options.linewidth) + ")"


def _is_expected(dtype: dtypes.dtype) -> bool:
    """Whether Python's own numbers would become of this dtype."""
    if dtype.is_complex:
        doubled = dtypes.get_default_dtype() is dtypes.float64
        return dtype is (dtypes.complex128 if doubled else dtypes.complex64)
    return dtype in (dtypes.bool_, dtypes.int64)


def _append(text: str, suffixes: Sequence[str], indent: int, linewidth: int) -> str:
    """Put the suffixes behind the text, each on a new line where the last one is full."""
    # PyTorch counts two columns more for a line that it took over from the numbers.
    column = len(text) - (text.rfind("\n") + 1) + 2
    for suffix in suffixes:
        if column + len(suffix) + 2 > linewidth:
            text += ",\n" + " " * indent + suffix
            column = indent + len(suffix)
        else:
            text += ", " + suffix
            column += len(suffix) + 2
    return text


def _body(array: Array, category: int, indent: int, options: PrintOptions) -> str:
    if array.size == 0:
        return "[]"
    elided = array.size > options.threshold
    if elided and options.edgeitems == 0 and array.ndim:
        return "[...]"
    gaps = [elided and length > 2 * options.edgeitems for length in array.shape]
    shown = _corners(array, gaps, options.edgeitems)
    texts, width = _texts(shown.reshape(-1), category, options)
    return _lay_out(texts, shown.shape, gaps, width, indent, options.linewidth)


def _corners(array: Array, gaps: Sequence[bool], edge: int) -> Array:
    """The array without the middle of the axes that have a gap."""
    for axis, gap in enumerate(gaps):
        if gap:
            before = (slice(None),) * axis
            first, last = array[*before, :edge], array[*before, -edge:]
            array = np.concatenate((first, last), axis)
    return array


def _texts(values: Array, category: int, options: PrintOptions) -> tuple[list[str], int]:
    """The text of every element, and how many columns an element takes."""
    if category == dtypes.FLOAT:
        return _float_texts(values, options)
    if category == dtypes.COMPLEX:
        reals, real_width = _float_texts(values.real, options)
        imaginaries, imaginary_width = _float_texts(values.imag, options)
        texts = [_complex_text(*parts) for parts in zip(reals, imaginaries)]
        return texts, real_width + 1 + imaginary_width
    texts = [str(value) for value in values.tolist()]
    width = max(map(len, texts))
    return [text.rjust(width) for text in texts], width


def _complex_text(real: str, imaginary: str) -> str:
    imaginary = imaginary.lstrip()
    sign = "" if imaginary[0] == "-" else "+"
    return f"{real}{sign}{imaginary}j"


def _float_texts(values: Array, options: PrintOptions) -> tuple[list[str], int]:
    """All values in one notation. Zeros, infinities and nans have no say in it nor in the width."""
    values = values.astype(np.float64)
    counts = np.isfinite(values) & (values != 0)
    spec, point = _notation(np.abs(values[counts]), options)
    texts = [format(value, spec) for value in values.tolist()]
    if point:
        texts = [text if text.endswith(("inf", "nan")) else text + point for text in texts]
    width = max((len(text) for text, counted in zip(texts, counts.tolist()) if counted), default=1)
    return [text.rjust(width) for text in texts], width


def _notation(magnitudes: Array, options: PrintOptions) -> tuple[str, str]:
    """The format of a float, and what to write behind a finite one."""
    if not magnitudes.size:
        return ".0f", "."
    whole = bool((magnitudes == np.floor(magnitudes)).all())
    scientific = options.sci_mode
    if scientific is None:
        largest, smallest = float(magnitudes.max()), float(magnitudes.min())
        scientific = largest > 1e8 or largest / smallest > 1000 or (smallest < 1e-4 and not whole)
    if scientific:
        return f".{options.precision}e", ""
    return (".0f", ".") if whole else (f".{options.precision}f", "")


def _lay_out(
    texts: list[str],
    shape: Sequence[int],
    gaps: Sequence[bool],
    width: int,
    indent: int,
    linewidth: int,
) -> str:
    """Put the texts into the brackets of this shape, the opening one being in column `indent`."""
    if not shape:
        return texts[0]
    if len(shape) == 1:
        if gaps[0]:
            middle = len(texts) // 2
            texts = [*texts[:middle], " ...", *texts[middle:]]
        fitting = max(1, int((linewidth - indent) // (width + 2)))
        lines = [", ".join(texts[i : i + fitting]) for i in range(0, len(texts), fitting)]
        return "[" + f",\n{' ' * (indent + 1)}".join(lines) + "]"
    size = len(texts) // shape[0]
    blocks = [
        _lay_out(texts[i : i + size], shape[1:], gaps[1:], width, indent + 1, linewidth)
        for i in range(0, len(texts), size)
    ]
    if gaps[0]:
        blocks.insert(len(blocks) // 2, "...")
    separator = "," + "\n" * (len(shape) - 1) + " " * (indent + 1)
    return "[" + separator.join(blocks) + "]"
