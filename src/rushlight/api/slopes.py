"""gradient: derivatives of sampled functions, by differences.

Inside they are of second order: for spacings h to the left and k to the right,
``(h² f(x + k) - k² f(x - h) + (k² - h²) f(x)) / (h k (h + k))`` (Quarteroni, Sacco, Saleri,
"Numerical Mathematics", 2007, section 10.10); at the edges of order `edge_order`.
"""

from __future__ import annotations

from typing import Any

from rushlight.api.arguments import invalid_combination
from rushlight.api.differences import diff
from rushlight.api.shape import cat
from rushlight.api.sizes import as_dim
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["gradient"]

METHODS = ()

NUMBERS = (bool, int, float, complex)
_OVERLOADS = (
    "Tensor input, *, tuple of ints dim, int edge_order = 1",
    "Tensor input, *, Number spacing, tuple of ints dim, int edge_order = 1",
    "Tensor input, *, Number spacing = None, int dim = None, int edge_order = 1",
    "Tensor input, *, tuple of Scalars spacing, int dim = None, int edge_order = 1",
    "Tensor input, *, tuple of Scalars spacing, tuple of ints dim, int edge_order = 1",
    "Tensor input, *, tuple of Tensors spacing, int dim = None, int edge_order = 1",
    "Tensor input, *, tuple of Tensors spacing, tuple of ints dim, int edge_order = 1",
)


def gradient(
    input: Tensor, *, spacing: Any = None, dim: Any = None, edge_order: int = 1
) -> tuple[Tensor, ...]:
    """Return the derivatives of a function whose values are `input` along each dimension of `dim`.

    `spacing` is the distance of neighbours: one number, one for each dimension, or a tensor of
    coordinates for each. `dim` is one dimension, several, or None for all. At the edges differences
    are of `edge_order` 1 or 2. Each result has the shape of `input` and may be differentiated.

    >>> import rushlight as torch
    >>> torch.gradient(torch.tensor([1.0, 4.0, 9.0, 16.0]))
    (tensor([3., 4., 6., 7.]),)
    >>> torch.gradient(torch.tensor([0.0, 1.0, 9.0]), spacing=(torch.tensor([0.0, 1.0, 3.0]),))
    (tensor([1., 2., 4.]),)
    """
    require_tensor(input, "gradient", "input", 1)
    steps = _steps(spacing)
    if steps is None or not _fits(dim, edge_order):
        given = {"dim": dim, "edge_order": edge_order, "spacing": spacing}
        defaults = {"dim": None, "edge_order": 1, "spacing": None}
        named = {k: v for k, v in given.items() if v is not defaults[k] and v != defaults[k]}
        invalid_combination("gradient", (input,), named, *_OVERLOADS)
    if not 1 <= edge_order <= 2:
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    if input.dtype.name == "uint8":
        raise RuntimeError("torch.gradient does not support uint8 input.")
    dims = _dims(input, dim)
    if isinstance(spacing, (tuple, list)):
        _check_count(len(steps), input, dim, dims)
    else:
        steps = steps * len(dims)
    for step in steps:
        if isinstance(step, Tensor) and step.ndim != 1:
            raise RuntimeError(
                "torch.gradient expected each element of spacing to have one dimension, but got an "
                f"element with {step.ndim} dimensions!"
            )
    if any(input.shape[d] <= edge_order for d in dims):
        raise RuntimeError(
            "torch.gradient expected each dimension size to be at least edge_order+1"
        )
    return tuple(
        [
            _by_coordinates(input, step, d, edge_order)
            if isinstance(step, Tensor)
            else _by_distance(input, step, d, edge_order)
            for d, step in zip(dims, steps)
        ]
    )


# -- arguments -----------------------------------------------------------------------------------


def _steps(spacing: Any) -> list[Any] | None:
    """Distances and coordinates, one for each dimension or one for all; None for anything else."""
    if spacing is None:
        return [1]
    if isinstance(spacing, (tuple, list)):
        kinds = (NUMBERS, Tensor)
        same = any(all(isinstance(s, kind) for s in spacing) for kind in kinds)
        return list(spacing) if same else None
    if isinstance(spacing, Tensor) and spacing.ndim == 0:
        return [spacing.item()]
    return [spacing] if isinstance(spacing, NUMBERS) else None


def _fits(dim: Any, edge_order: Any) -> bool:
    several = dim if isinstance(dim, (tuple, list)) else () if dim is None else (dim,)
    return type(edge_order) is int and all(type(d) is int for d in several)


def _dims(input: Tensor, dim: Any) -> list[int]:
    if dim is None:
        return list(range(input.ndim))
    given = dim if isinstance(dim, (tuple, list)) else (dim,)
    dims = [as_dim(d, input, "gradient") for d in given]
    for i, d in enumerate(dims):
        if d in dims[:i]:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    return dims


def _check_count(count: int, input: Tensor, dim: Any, dims: list[int]) -> None:
    if count == len(dims):
        return
    if dim is None:
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar, or a list of length "
            f"equal to 'self.dim() = {input.ndim}', since dim argument was not given, but got a "
            f"list of length {count}"
        )
    raise RuntimeError(
        "torch.gradient expected spacing to be unspecified, a scalar or it's spacing and dim "
        f"arguments to have the same length, but got a spacing argument of length {count} and a "
        f"dim argument of length {len(dims)}."
    )


# -- differences ---------------------------------------------------------------------------------


def _parts(f: Tensor, dim: int) -> tuple[Tensor, Tensor, Tensor]:
    """The left neighbours of all inner places, these, and their right neighbours."""
    inner = f.shape[dim] - 2
    left, here, right = (
        [f.narrow(dim, i, max(inner, 0)) for i in (0, 1, 2)]
        if inner > 0
        else ([f.narrow(dim, 0, 0)] * 3)
    )
    return left, here, right


def _at(f: Tensor, dim: int, place: int) -> Tensor:
    part: Tensor = f.narrow(dim, place % f.shape[dim], 1)
    return part


def _by_distance(f: Tensor, step: Any, dim: int, edge_order: int) -> Tensor:
    left, _, right = _parts(f, dim)
    if edge_order == 1:
        first = (_at(f, dim, 1) - _at(f, dim, 0)) / step
        last = (_at(f, dim, -1) - _at(f, dim, -2)) / step
    else:
        first, last = [
            sign * (-1.5 * _at(f, dim, a) + 2 * _at(f, dim, b) - 0.5 * _at(f, dim, c)) / step
            for sign, a, b, c in ((1, 0, 1, 2), (-1, -1, -2, -3))
        ]
    result: Tensor = cat((first, (right - left) / step / 2, last), dim)
    return result


def _by_coordinates(f: Tensor, coordinates: Tensor, dim: int, edge_order: int) -> Tensor:
    steps = diff(coordinates)
    column = (-1, *(1,) * (f.ndim - dim - 1))
    h, k = steps[:-1].reshape(column), steps[1:].reshape(column)
    left, here, right = _parts(f, dim)
    inside = left * (-k / (h * (h + k))) + here * ((k - h) / (h * k)) + right * (h / (k * (h + k)))
    if edge_order == 1:
        first = (_at(f, dim, 1) - _at(f, dim, 0)) / steps[0]
        last = (_at(f, dim, -1) - _at(f, dim, -2)) / steps[-1]
    else:
        first = _edge([_at(f, dim, i) for i in (0, 1, 2)], steps[0], steps[1])
        last = -_edge([_at(f, dim, i) for i in (-1, -2, -3)], steps[-1], steps[-2])
    result: Tensor = cat((first, inside, last), dim)
    return result


def _edge(values: list[Tensor], h: Tensor, k: Tensor) -> Tensor:
    """The derivative at the first of three places, `h` and `k` apart, looking inwards."""
    f0, f1, f2 = values
    slope: Tensor = (
        -(2 * h + k) / (h * (h + k)) * f0 + (h + k) / (h * k) * f1 - h / (k * (h + k)) * f2
    )
    return slope
