"""NumPy's functions on tensors: recorded, and Tensors again.

``np.exp(t)``, ``np.sum(t, axis=0)``, ``ndarray * t`` arrive at ``Tensor.__array_ufunc__`` and
``Tensor.__array_function__`` (NEP 13 and NEP 18), and are handed to the public function of the same
meaning; `UFUNCS` and `FUNCTIONS` say which, and what NumPy's parameters are called there. Types
are promoted as PyTorch does.

What has no counterpart (``np.add.reduceat``, ``np.histogram``) works on the plain arrays and gives
plain arrays. For a tensor that requires grad that would lose the graph without a word, so it is a
TypeError.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from rushlight.api.numpy_calls import Call, Reduction, tensors
from rushlight.api.numpy_functions import (
    Untranslated,
    append,
    argsort,
    array_split,
    atleast,
    concatenate,
    count_nonzero,
    cross,
    cumulative,
    diff,
    dot,
    einsum,
    expand_dims,
    flip,
    meshgrid,
    outer,
    prod,
    ptp,
    public,
    ravel,
    repeat,
    reshape,
    sort,
    split,
    spread,
    take,
    take_along_axis,
    tile,
    trace,
    transpose,
    vdot,
)
from rushlight.api.numpy_more import MORE
from rushlight.api.numpy_ufuncs import SPELLED_OUT, masked, of_method, with_masks
from rushlight.api.python import numpy
from rushlight.ops.outputs import number_tensor
from rushlight.tensor import Tensor, wrap

__all__: list[str] = []


# -- ufuncs ----------------------------------------------------------------------------------------

SAME_NAMES = """
    abs arccos arccosh arcsin arcsinh arctan arctan2 arctanh ceil copysign cos cosh deg2rad exp exp2
    expm1 floor fmax fmin frexp gcd heaviside hypot isfinite isinf isnan lcm ldexp log log10 log1p
    log2 logaddexp logaddexp2 logical_and logical_not logical_or logical_xor maximum minimum
    negative nextafter positive rad2deg reciprocal sign signbit sin sinh sqrt square tan tanh trunc
"""

UFUNCS: dict[np.ufunc, str] = {
    **{getattr(np, name): name for name in SAME_NAMES.split()},
    np.conjugate: "conj",
    np.degrees: "rad2deg",
    np.radians: "deg2rad",
    np.fabs: "abs",
    np.rint: "round",
    np.invert: "bitwise_not",
}

# These take Python's numbers for a second operand.
WITH_NUMBERS: dict[np.ufunc, str] = {
    np.add: "add",
    np.subtract: "sub",
    np.multiply: "mul",
    np.divide: "div",
    np.floor_divide: "floor_divide",
    np.power: "pow",
    np.float_power: "float_power",
    np.remainder: "remainder",
    np.fmod: "fmod",
    np.equal: "eq",
    np.not_equal: "ne",
    np.less: "lt",
    np.less_equal: "le",
    np.greater: "gt",
    np.greater_equal: "ge",
    np.bitwise_and: "bitwise_and",
    np.bitwise_or: "bitwise_or",
    np.bitwise_xor: "bitwise_xor",
    np.left_shift: "bitwise_left_shift",
    np.right_shift: "bitwise_right_shift",
}


def _array_ufunc(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """NEP 13: what a ufunc with a tensor among its arguments does."""
    out = kwargs.pop("out", None)
    name = WITH_NUMBERS.get(ufunc)
    numbers = name is not None
    name = name or UFUNCS.get(ufunc)
    where = kwargs.pop("where", True) if method == "__call__" else True
    made = SPELLED_OUT.get(ufunc)
    numbers = numbers or made is not None
    try:
        if method != "__call__":
            return written(of_method(ufunc, method, inputs, kwargs), out, ufunc.__name__)
        if (name is not None or made is not None) and not kwargs:
            for x in inputs:
                if not isinstance(x, (Tensor, np.ndarray, np.generic, bool, int, float, complex)):
                    return NotImplemented  # a list is no operand to an operator of tensors
            operands = [tensors(x) for x in inputs]
            for i, x in enumerate(operands):
                if not isinstance(x, Tensor) and (i == 0 or not numbers):
                    operands[i] = number_tensor(x)
            function = made if made is not None else public(str(name))
            result = function(*operands)
            if where is not True:
                result = masked(result, where, out)
            return written(result, out, ufunc.__name__)
    except Untranslated:
        pass
    if where is not True:
        kwargs["where"] = where
    label = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    if out is not None:
        kwargs["out"] = out
    return plainly(label, getattr(ufunc, method), inputs, kwargs)


def written(result: Any, out: Any, name: str) -> Any:
    """The result, in ``out=`` where there is one."""
    if out is None:
        return result
    if isinstance(result, tuple):
        return tuple(written(r, o, name) for r, o in zip(result, out))
    (target,) = out if isinstance(out, tuple) else (out,)
    if target is None:
        return result
    if isinstance(target, Tensor):
        return target.copy_(result)
    if result.requires_grad or result._interpreter is not None:
        raise TypeError(
            f"np.{name}(): a tensor that requires grad cannot be written to an ndarray (out=); "
            "detach it first"
        )
    np.copyto(target, result._array, casting="same_kind")
    return target


# -- functions -------------------------------------------------------------------------------------


def _axes(path: str, first: str = "input", **more: str) -> Call:
    """A function of one tensor and ``axis``."""
    return Call(path, a=first, axis="dim", **more)


def _reduction(path: str, **more: str) -> Call:
    return Reduction(path, a="input", axis="dim", **more, keepdims="keepdim")


def _sequence(path: str, theirs: str = "arrays", **more: str) -> Call:
    return Call(path, **{theirs: "tensors"}, **more)


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    # reductions
    np.sum: with_masks(np.add, _reduction("sum", dtype="dtype")),
    np.prod: with_masks(np.multiply, prod),
    np.ptp: ptp,
    np.mean: _reduction("mean", dtype="dtype"),
    np.nansum: _reduction("nansum", dtype="dtype"),
    np.nanmean: _reduction("nanmean", dtype="dtype"),
    np.max: with_masks(np.maximum, _reduction("amax")),
    np.amax: with_masks(np.maximum, _reduction("amax")),
    np.min: with_masks(np.minimum, _reduction("amin")),
    np.amin: with_masks(np.minimum, _reduction("amin")),
    np.all: with_masks(np.logical_and, _reduction("all")),
    np.any: with_masks(np.logical_or, _reduction("any")),
    np.std: spread("std"),
    np.var: spread("var"),
    np.argmax: _axes("argmax", keepdims="keepdim"),
    np.argmin: _axes("argmin", keepdims="keepdim"),
    np.count_nonzero: count_nonzero,
    np.cumsum: cumulative("cumsum"),
    np.cumprod: cumulative("cumprod"),
    # selection
    np.clip: Call("clamp", a="input", a_min="min", a_max="max", min="min", max="max"),
    np.take: take,
    np.take_along_axis: take_along_axis,
    np.sort: sort,
    np.argsort: argsort,
    np.nan_to_num: Call(
        "nan_to_num", x="input", copy="", nan="nan", posinf="posinf", neginf="neginf"
    ),
    np.isclose: Call("isclose", a="input", b="other", rtol="rtol", atol="atol"),
    # joining and shapes
    np.concatenate: concatenate,
    np.stack: _sequence("stack", axis="dim"),
    np.hstack: _sequence("hstack", "tup"),
    np.vstack: _sequence("vstack", "tup"),
    np.dstack: _sequence("dstack", "tup"),
    np.column_stack: _sequence("column_stack", "tup"),
    np.reshape: reshape,
    np.ravel: ravel,
    np.transpose: transpose,
    np.matrix_transpose: lambda x: x.mT,
    np.swapaxes: Call("swapaxes", a="input", axis1="axis0", axis2="axis1"),
    np.moveaxis: Call("movedim", a="input", source="source", destination="destination"),
    np.squeeze: _axes("squeeze"),
    np.expand_dims: expand_dims,
    np.broadcast_to: Call("broadcast_to", array="input", shape="size"),
    np.tile: tile,
    np.repeat: repeat,
    np.flip: flip,
    np.flipud: Call("flipud", m="input"),
    np.fliplr: Call("fliplr", m="input"),
    np.roll: Call("roll", a="input", shift="shifts", axis="dims"),
    np.rot90: Call("rot90", m="input", k="k", axes="dims"),
    np.atleast_1d: atleast(1),
    np.atleast_2d: atleast(2),
    np.atleast_3d: atleast(3),
    np.append: append,
    np.split: split,
    np.array_split: array_split,
    np.meshgrid: meshgrid,
    np.diag: Call("diag", v="input", k="diagonal"),
    np.diagonal: Call("diagonal", a="input", offset="offset", axis1="dim1", axis2="dim2"),
    np.tril: Call("tril", m="input", k="diagonal"),
    np.triu: Call("triu", m="input", k="diagonal"),
    # products
    np.dot: dot,
    np.vdot: vdot,
    np.inner: Call("inner", a="input", b="other"),
    np.outer: outer,
    np.kron: Call("kron", a="input", b="other"),
    np.trace: trace,
    np.cross: cross,
    np.linalg.cross: Call("linalg.cross", x1="input", x2="other", axis="dim"),
    np.diff: diff,
    np.tensordot: Call("tensordot", a="a", b="b", axes="dims"),
    np.einsum: einsum,
    np.linalg.norm: Call("linalg.norm", x="input", ord="ord", axis="dim", keepdims="keepdim"),
    np.linalg.vector_norm: Call(
        "linalg.vector_norm", x="input", axis="dim", keepdims="keepdim", ord="ord"
    ),
    np.linalg.matrix_norm: Call("linalg.matrix_norm", x="input", keepdims="keepdim", ord="ord"),
    np.linalg.inv: Call("linalg.inv", a="A"),
    np.linalg.det: Call("linalg.det", a="A"),
    np.linalg.solve: Call("linalg.solve", a="A", b="B"),
    np.linalg.cholesky: Call("linalg.cholesky", a="input", upper="upper"),
    np.linalg.matrix_power: Call("linalg.matrix_power", a="input", n="n"),
    np.linalg.multi_dot: Call("linalg.multi_dot", arrays="tensors"),
    # complex numbers, rounding
    np.real: Call("real", val="input"),
    np.imag: Call("imag", val="input"),
    np.angle: Call("angle", z="input"),
    np.sinc: Call("sinc", x="input"),
    np.round: Call("round", a="input", decimals="decimals"),
    np.around: Call("round", a="input", decimals="decimals"),
    # new tensors, sizes
    np.copy: Call("clone", a="input"),
    np.zeros_like: Call("zeros_like", a="input", dtype="dtype"),
    np.ones_like: Call("ones_like", a="input", dtype="dtype"),
    np.empty_like: Call("empty_like", prototype="input", dtype="dtype"),
    np.full_like: Call("full_like", a="input", fill_value="fill_value", dtype="dtype"),
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    **MORE,
}

# Questions whose answer has no derivative: they may look at a tensor that requires grad.
QUESTIONS = frozenset(
    [
        np.allclose,
        np.array2string,
        np.array_equal,
        np.array_equiv,
        np.array_repr,
        np.array_str,
        np.can_cast,
        np.common_type,
        np.einsum_path,
        np.iscomplexobj,
        np.isrealobj,
        np.may_share_memory,
        np.min_scalar_type,
        np.result_type,
        np.shares_memory,
        np.size,
    ]
)


def _array_function(
    self: Tensor, func: Any, types: Sequence[type], args: Sequence[Any], kwargs: dict[str, Any]
) -> Any:
    """NEP 18: what one of NumPy's functions does with a tensor among its arguments."""
    for kind in types:
        if not issubclass(kind, (Tensor, np.ndarray)):
            return NotImplemented
    function = FUNCTIONS.get(func)
    name = func.__name__
    if function is not None:
        out = kwargs.pop("out", None)
        try:
            return written(function(*args, **kwargs), out, name)
        except Untranslated:
            if out is not None:
                kwargs["out"] = out
    return plainly(name, func, args, kwargs, look=func in QUESTIONS)


def plainly(
    name: str,
    function: Any,
    args: Sequence[Any],
    kwargs: dict[str, Any],
    *,
    look: bool = False,
) -> Any:
    """Run NumPy's own function on the arrays of tensors, none of which may require grad."""

    def array(value: Any) -> Any:
        if isinstance(value, Tensor):
            if not look and (value.requires_grad or value._interpreter is not None):
                raise TypeError(
                    f"np.{name}() cannot be recorded, as a tensor that requires grad asks for: "
                    "Rushlight has no counterpart of it (or of one of its arguments). Use "
                    "tensor.detach()"
                )
            return numpy(value, force=True)
        if isinstance(value, (list, tuple)) and any(isinstance(v, Tensor) for v in value):
            return type(value)([array(v) for v in value])
        return value

    return function(*[array(a) for a in args], **{k: array(v) for k, v in kwargs.items()})


def _array_wrap(
    self: Tensor, array: np.ndarray[Any, Any], context: Any = None, return_scalar: bool = False
) -> Tensor:
    """A Tensor of what NumPy computed from the plain array; booleans become uint8, as in
    PyTorch."""
    return wrap(array.astype(np.uint8) if array.dtype == bool else array)


STANDARDS = ("2021.12", "2022.12", "2023.12", "2024.12")


def _array_namespace(self: Tensor, /, *, api_version: str | None = None) -> Any:
    """Return `rushlight.array_api`, the functions of the array API standard."""
    if api_version not in (None, *STANDARDS):
        raise ValueError(f"versions of the array API standard are {', '.join(STANDARDS)}")
    return import_module("rushlight.array_api")


ATTRIBUTES = {
    "__array_function__": _array_function,
    "__array_namespace__": _array_namespace,
    "__array_ufunc__": _array_ufunc,
    "__array_wrap__": _array_wrap,
}
