"""The methods of NumPy's ufuncs on tensors, ``where=``, and ufuncs that are several functions.

A ufunc reduces by the function that PyTorch has for it (``np.add.reduce`` is ``sum``), along axis 0
unless told otherwise, as NumPy does; what a mask leaves out counts as the ufunc's identity.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from itertools import accumulate
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.numpy_functions import Untranslated, as_array, as_tensor, matmul, prod, public
from rushlight.api.numpy_picking import positions
from rushlight.tensor import Tensor, wrap

__all__ = ["SPELLED_OUT", "masked", "of_method", "with_masks"]

# What reduces as a ufunc does, and what accumulates so.
REDUCTIONS = {
    np.add: "sum",
    np.maximum: "amax",
    np.minimum: "amin",
    np.logical_and: "all",
    np.logical_or: "any",
    np.logaddexp: "logsumexp",
}
SCANS = {
    np.add: "cumsum",
    np.multiply: "cumprod",
    np.maximum: "cummax",
    np.minimum: "cummin",
    np.logaddexp: "logcumsumexp",
}

INVERSE = {np.subtract: np.add, np.divide: np.multiply}
WRITES = {
    np.add: "sum",
    np.subtract: "sum",
    np.multiply: "prod",
    np.divide: "prod",
    np.maximum: "amax",
    np.minimum: "amin",
}


def of_method(ufunc: np.ufunc, method: str, inputs: Any, options: dict[str, Any]) -> Any:
    """``ufunc.reduce`` and its like; Untranslated where there is nothing of the kind."""
    function = BY_METHOD.get(method)
    if function is None:
        raise Untranslated
    return function(ufunc, *inputs, **options)


def _reduce(
    ufunc: np.ufunc,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    x = as_tensor(array)
    if dtype is not None:
        x = x.to(dtypes.as_dtype(dtype))
    if ufunc in INVERSE and where is True and isinstance(axis, int):
        # a - b - c is a - (b + c)
        rest = _reduce(INVERSE[ufunc], x.narrow(axis, 1, x.shape[axis] - 1), axis, initial=None)
        result = ufunc(x.select(axis, 0), rest)
        return result.unsqueeze(axis) if keepdims else result
    if ufunc not in REDUCTIONS and ufunc is not np.multiply:
        if where is not True or not isinstance(axis, int) or ufunc.nin != 2:
            raise Untranslated
        result = reduce(ufunc, x.unbind(axis) if initial is None else [initial, *x.unbind(axis)])
        return result.unsqueeze(axis) if keepdims else result
    if where is not True:
        x = _left_out(ufunc, x, as_tensor(where), initial)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if not axes:  # which to PyTorch means all of them
        x, axes, keepdims = x.unsqueeze(-1), (-1,), False
    if ufunc is np.multiply:
        result = prod(x, axes, keepdims=keepdims)
    else:
        result = public(REDUCTIONS[ufunc])(x, axes, keepdim=keepdims)
    if initial is not None:
        result = ufunc(result, initial)
    return result


def with_masks(ufunc: np.ufunc, call: Callable[..., Any]) -> Callable[..., Any]:
    """``np.sum`` and its like: ``where=`` and ``initial=`` are the ufunc's method's."""

    def function(a: Any, *args: Any, initial: Any = None, where: Any = True, **options: Any) -> Any:
        if initial is None and where is True:
            return call(a, *args, **options)
        if args:
            options["axis"], args = args[0], args[1:]
        if args:
            raise Untranslated
        return _reduce(ufunc, a, initial=initial, where=where, **{"axis": None, **options})

    return function


def _left_out(ufunc: np.ufunc, x: Tensor, mask: Tensor, initial: Any) -> Tensor:
    """`x` with what changes nothing where the mask doesn't hold."""
    identity = -np.inf if ufunc is np.logaddexp else ufunc.identity
    if identity is None:
        identity = initial
    if identity is None:
        raise ValueError(
            f"reduction operation '{ufunc.__name__}' does not have an identity, so to use a where "
            "mask one has to specify 'initial'"
        )
    return public("where")(mask, x, identity)  # type: ignore[no-any-return]


def _accumulate(ufunc: np.ufunc, array: Any, axis: int = 0, dtype: Any = None) -> Any:
    x = as_tensor(array)
    if dtype is not None:
        x = x.to(dtypes.as_dtype(dtype))
    if ufunc in INVERSE:
        # a, a - b, a - b - c are the sums of a, -b, -c
        first, rest = x.narrow(axis, 0, 1), x.narrow(axis, 1, x.shape[axis] - 1)
        x = public("cat")([first, ufunc(INVERSE[ufunc].identity, rest)], axis)
        return _accumulate(INVERSE[ufunc], x, axis)
    if ufunc not in SCANS:
        if ufunc.nin != 2:
            raise Untranslated
        return public("stack")(list(accumulate(x.unbind(axis), ufunc)), axis)
    result = public(SCANS[ufunc])(x, axis)
    return result if isinstance(result, Tensor) else result.values


def _reduceat(ufunc: np.ufunc, array: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
    """The reduction of each piece from an index to the next, where that is larger."""
    x, places = as_tensor(array), [int(i) for i in as_array(indices)]
    ends = [*places[1:], x.shape[axis]]
    pieces = [
        _reduce(ufunc, x.narrow(axis, i, max(k - i, 1)), axis, dtype) for i, k in zip(places, ends)
    ]
    return public("stack")(pieces, axis)


def _outer(ufunc: np.ufunc, a: Any, b: Any, **options: Any) -> Any:
    a, b = as_tensor(a), as_tensor(b)
    return ufunc(a.reshape(*a.shape, *[1] * b.ndim), b, **options)


def _at(ufunc: np.ufunc, array: Any, indices: Any, values: Any = None) -> None:
    """Write in place, once for each time that an index comes."""
    if ufunc not in WRITES or not isinstance(array, Tensor):
        raise Untranslated
    given = tuple(map(as_array, indices)) if isinstance(indices, tuple) else as_array(indices)
    places = positions(array)[given]
    new = as_tensor(values).to(array.dtype).broadcast_to(places.shape).reshape(-1)
    if ufunc in INVERSE:
        new = ufunc(INVERSE[ufunc].identity, new)
    flat, at = array.reshape(-1), wrap(places.reshape(-1))
    if WRITES[ufunc] == "sum":
        flat = flat.scatter_add(0, at, new)
    else:  # its derivative needs what was there
        flat = flat.clone().scatter_reduce(0, at, new, WRITES[ufunc])
    array.copy_(flat.reshape(array.shape))


BY_METHOD: dict[str, Callable[..., Any]] = {
    "reduce": _reduce,
    "accumulate": _accumulate,
    "reduceat": _reduceat,
    "outer": _outer,
    "at": _at,
}


def masked(result: Any, where: Any, out: Any) -> Any:
    """A ufunc's result where the mask holds, and what was in ``out=`` elsewhere (else 0)."""
    if isinstance(result, tuple):
        raise Untranslated
    (before,) = out if isinstance(out, tuple) else (out,)
    mask = as_tensor(where)
    if before is None:
        return public("where")(mask, result, 0)
    return public("where")(mask, result, as_tensor(before).to(result.dtype))


# -- ufuncs that are several functions -------------------------------------------------------------


def _heaviside(x: Tensor, values: Any) -> Any:
    """With both in one dtype, which PyTorch asks for."""
    common = public("result_type")(x, values)
    if not common.is_floating_point:
        common = dtypes.get_default_dtype()
    return public("heaviside")(x.to(common), as_tensor(values).to(common))


def _matvec(a: Any, v: Any) -> Any:
    return matmul(a, as_tensor(v)[..., None])[..., 0]


def _vecmat(v: Any, a: Any) -> Any:
    return matmul(as_tensor(v).conj()[..., None, :], a)[..., 0, :]


SPELLED_OUT: dict[np.ufunc, Callable[..., Any]] = {
    np.matmul: matmul,
    np.heaviside: _heaviside,
    np.cbrt: lambda x: public("sign")(x) * public("abs")(x) ** (1 / 3),
    np.divmod: lambda x, y: (public("floor_divide")(x, y), public("remainder")(x, y)),
    np.modf: lambda x: (public("frac")(x), public("trunc")(x)),
    np.vecdot: lambda x, y: public("linalg.vecdot")(as_tensor(x), as_tensor(y)),
}
for _name, _made in (("matvec", _matvec), ("vecmat", _vecmat)):
    if hasattr(np, _name):  # from NumPy 2.2 on
        SPELLED_OUT[getattr(np, _name)] = _made
