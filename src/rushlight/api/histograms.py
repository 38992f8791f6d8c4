"""Histograms: histogram, histogramdd. No gradient passes: a backward pass raises RuntimeError."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rushlight import return_types
from rushlight.api.arguments import invalid_combination
from rushlight.api.scalars import checked
from rushlight.ops.histogram import histogram as counted
from rushlight.ops.outputs import into, require_tensor, type_name
from rushlight.tensor import Tensor

__all__ = ["histogram", "histogramdd"]

METHODS = ("histogram",)

_ONE = (
    "Tensor input, Tensor bins, *, Tensor weight = None, bool density = False, tuple of Tensors "
    "out = None",
    "Tensor input, int bins = 100, *, tuple of floats range = None, Tensor weight = None, bool "
    "density = False, tuple of Tensors out = None",
)
_MANY = tuple(
    f"Tensor input, {kind} bins, tuple of floats range = None, Tensor weight = None, bool density "
    "= False"
    for kind in ("int", "tuple of ints", "tuple of Tensors")
)


def histogram(
    input: Tensor,
    bins: Any = 100,
    *,
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
    out: Any = None,
) -> Any:
    """Return how many elements lie in each bin, and the bins' edges, both in the input's dtype.

    `bins` is a number of equal ones, from the first to the second of `range` or from the least to
    the greatest element; or a tensor of edges. The last bin is closed. Elements count as their
    `weight`; under `density` the integral over all bins is 1.

    >>> import rushlight as torch
    >>> torch.histogram(torch.tensor([1.0, 2.0, 1.0, 3.0]), 2)
    torch.return_types.histogram(
    hist=tensor([2., 2.]),
    bin_edges=tensor([1., 2., 3.]))
    """
    if not (isinstance(input, Tensor) and (type(bins) is int or isinstance(bins, Tensor))):
        invalid_combination("histogram", (input, bins), {}, *_ONE)
    points = input.reshape(-1, 1)
    flat = (
        weight.reshape(-1) if isinstance(weight, Tensor) and weight.shape == input.shape else None
    )
    found = _histogram(points, (bins,), range, weight if flat is None else flat, density)
    if out is None:
        return return_types.histogram(found)  # type: ignore[attr-defined]
    if not isinstance(out, (tuple, list)) or not all(isinstance(t, Tensor) for t in out):
        raise TypeError(
            f"histogram(): argument 'out' must be tuple of Tensors, not {type_name(out)}"
        )
    for name, t in zip(("hist", "bin_edges"), out):
        if t.dtype is not input.dtype:
            raise RuntimeError(
                f"torch.histogram: input tensor and {name} tensor should have the same dtype, but "
                f"got input {input.dtype.cpp_name} and {name} {t.dtype.cpp_name}"
            )
    for target, result in zip(out, found):
        into(target, result, "histogram", input)
    return return_types.histogram_out(out)  # type: ignore[attr-defined]


def histogramdd(
    input: Tensor,
    bins: Any,
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> Any:
    """Return the histogram of points (..., d) in d dimensions, and the edges of each dimension.

    `bins` is one number of bins, one for each dimension, or a tensor of edges for each; `range` has
    a pair of numbers for each dimension. `weight` has a number for each point.

    >>> import rushlight as torch
    >>> points = torch.tensor([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    >>> torch.histogramdd(points, 2).hist
    tensor([[1., 0.],
            [0., 2.]])
    """
    listed = isinstance(bins, (tuple, list)) and (
        all(type(b) is int for b in bins) or all(isinstance(b, Tensor) for b in bins)
    )
    if not isinstance(input, Tensor) or not (listed or type(bins) is int):
        invalid_combination("histogramdd", (input, bins), {}, *_MANY)
    if input.ndim == 0:
        raise IndexError("Dimension specified as -1 but tensor has no dimensions")
    if input.ndim < 2:
        raise RuntimeError("torch.histogramdd: input tensor should have at least 2 dimensions")
    d = input.shape[-1]
    sides = tuple(bins) if listed else (bins,) * d
    if len(sides) != d:
        if all(type(b) is int for b in sides):
            raise RuntimeError(
                "histogramdd: The size of bins must be equal to the innermost dimension of the "
                "input."
            )
        raise RuntimeError(
            f"torch.histogramdd: expected {d} sequences of bin edges for a {d}-dimensional "
            f"histogram but got {len(sides)}"
        )
    _check_weight(input, weight)
    points = input.reshape(-1, d) if d else input.reshape(0, 0)
    flat = None if weight is None else weight.reshape(-1)
    hist, *edges = _histogram(points, sides, range, flat, density)
    return return_types.histogramdd((hist, tuple(edges)))  # type: ignore[attr-defined]


def _check_weight(points: Tensor, weight: Tensor | None) -> None:
    if weight is None:
        return
    require_tensor(weight, "histogramdd", "weight", 4)
    if weight.shape != points.shape[:-1]:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided it should have the same shape as the "
            f"input tensor excluding its innermost dimension, but got input with shape "
            f"{list(points.shape)} and weight with shape {list(weight.shape)}"
        )
    if weight.dtype is not points.dtype:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor "
            f"should have the same dtype, but got input({points.dtype.cpp_name}), and "
            f"weight({weight.dtype.cpp_name})"
        )


def _histogram(
    points: Tensor, bins: tuple[Any, ...], limits: Any, weight: Tensor | None, density: bool
) -> Any:
    """The histogram of rows, after all checks that need no values."""
    _check_weight(points, weight)
    given = all(isinstance(b, Tensor) for b in bins) and bool(bins)
    for d, b in enumerate(bins):
        if given:
            _check_edges(points, b, d)
        if (b.numel() - 1 if given else b) <= 0:
            raise RuntimeError(
                f"torch.histogram(): bins must be > 0, but got {b.numel() - 1 if given else b} for "
                f"dimension {d}"
            )
    if limits is not None and len(limits) != 2 * len(bins):
        raise RuntimeError(
            f"torch.histogramdd: for a {len(bins)}-dimensional histogram range should have "
            f"{2 * len(bins)} elements, but got {len(limits)}"
        )
    half = points.dtype.itemsize == 2 and points.dtype.is_floating_point
    known = half and (given or limits is not None)
    for limit in limits or ():
        checked(limit, points.dtype)
    if points.dtype.name not in ("float32", "float64") and not known:
        raise NotImplementedError(
            f"\"histogramdd\" not implemented for '{points.dtype.scalar_name}'"
        )
    pairs = None if limits is None else tuple(map(float, limits))
    if given:
        return counted(points, weight, (), None, density, *bins)
    return counted(points, weight, bins, pairs, density)


def _check_edges(points: Tensor, edges: Tensor, d: int) -> None:
    if edges.dtype is not points.dtype:
        raise RuntimeError(
            "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got "
            f"input with dtype {points.dtype.cpp_name} and bins for dimension {d} with dtype "
            f"{edges.dtype.cpp_name}"
        )
    if edges.ndim != 1:
        raise RuntimeError(
            f"torch.histogramdd: bins tensor should have one dimension, but got {edges.ndim} "
            f"dimensions in the bins tensor for dimension {d}"
        )
    if not edges.numel():
        raise RuntimeError(
            "torch.histogramdd: bins tensor should have at least 1 element, but got 0 elements in "
            f"the bins tensor for dimension {d}"
        )
