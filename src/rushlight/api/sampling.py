"""Random numbers whose odds are given by tensors: normal, bernoulli, multinomial, counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.arguments import (
    check_options,
    finish,
    invalid_combination,
    numpy_dtype,
    require_int,
    size_tuple,
)
from rushlight.api.broadcasting import broadcast_pair
from rushlight.api.random import (
    drawn_over,
    finish_drawn,
    is_generator,
    is_strided,
    require_generator,
)
from rushlight.api.scalars import is_real
from rushlight.autograd.modes import mode
from rushlight.kernels import counts, discrete, samplers
from rushlight.kernels.flipped import resolved
from rushlight.ops import random as ops
from rushlight.ops.outputs import into, refuse_recording, require_tensor, type_name
from rushlight.random import Generator, drawn, stream_of
from rushlight.tensor import Tensor

__all__ = ["bernoulli", "binomial", "multinomial", "normal", "poisson"]

METHODS = ("bernoulli", "multinomial")

_normal_of_mean = ops.drawn("NormalBackward1")
_normal_of_std = ops.drawn("NormalBackward2")
_normal_of_both = ops.drawn_of_two("NormalBackward3")
_bernoulli = ops.drawn("BernoulliBackward0")
_poisson = ops.drawn("PoissonBackward0")

_NORMALS = (
    "Tensor mean, Tensor std, *, torch.Generator generator = None, Tensor out = None",
    "Tensor mean, float std = 1, *, torch.Generator generator = None, Tensor out = None",
    "float mean, Tensor std, *, torch.Generator generator = None, Tensor out = None",
    "float mean, float std, tuple of ints size, *, torch.Generator generator = None, ...",
)


@drawn
def normal(
    mean: Any,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of normal random numbers, each with a mean and a standard deviation.

    `mean` and `std` are tensors that broadcast, or numbers; where both are numbers, `size` tells
    how many to draw. Raises RuntimeError for a negative `std`.

    >>> import rushlight as torch
    >>> torch.normal(torch.tensor([1.0, 10.0]), 0.0)
    tensor([ 1., 10.])
    """
    of_mean, of_std = isinstance(mean, Tensor), isinstance(std, Tensor)
    valid = (of_mean or is_real(mean)) and (of_std or is_real(std)) and is_generator(generator)
    sized = isinstance(size, (tuple, list))
    if not valid or sized == (of_mean or of_std):
        given = [mean, std] if size is None else [mean, std, size]
        named = {} if is_generator(generator) else {"generator": generator}
        invalid_combination("normal", given, named, *_NORMALS)
    stream = stream_of(generator)
    if not (of_mean or of_std):
        check_options("normal", layout, device, pin_memory, requires_grad)
        kind = numpy_dtype("normal", dtype, out) or dtypes.default_float()
        shape = size_tuple("normal", size, 3)
        strided = is_strided(out, shape)
        values = samplers.normal(stream, shape, kind, mean, std, strided=strided)
        return finish_drawn("normal", values, out, requires_grad)
    if of_std and std.dtype.is_complex:
        raise RuntimeError("normal expects standard deviation to be non-complex")
    if of_std and (std._array < 0).any():
        raise RuntimeError("normal expects all elements of std >= 0.0")
    result = _normal_of_tensors(stream, mean, std, None if of_std else out)
    return result if out is None else into(out, result, "normal")


def _normal_of_tensors(stream: Any, mean: Any, std: Any, over: Tensor | None) -> Tensor:
    """Draw standard numbers (scaled ones, if `std` is a number), then scale and move them.

    Those of one `std` are drawn `over` the output, which keeps its shape and its dtype.
    """
    center: Any = mean._array if isinstance(mean, Tensor) else mean
    scale: Any = std._array if isinstance(std, Tensor) else 1.0
    kind = (center if isinstance(mean, Tensor) else scale).dtype
    shape = broadcast_pair(np.shape(center), np.shape(scale))
    if over is not None:
        refuse_recording("normal", mean, over)
        shape, kind = broadcast_pair(shape, over._array.shape), over._array.dtype
    deviation = 1.0 if isinstance(std, Tensor) else std
    strided = is_strided(over, shape)
    values = drawn_over(over, samplers.normal(stream, shape, kind, 0.0, deviation, strided=strided))
    if isinstance(std, Tensor):
        np.multiply(values, scale, out=values, casting="unsafe")
    np.add(values, center, out=values, casting="unsafe")
    if isinstance(mean, Tensor) and isinstance(std, Tensor):
        return _normal_of_both(mean, std, values)  # type: ignore[no-any-return]
    if isinstance(mean, Tensor):
        return _normal_of_mean(mean, values)  # type: ignore[no-any-return]
    return _normal_of_std(std, values)  # type: ignore[no-any-return]


@drawn
def bernoulli(
    input: Tensor,
    p: float | None = None,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Toss a coin for each element: 1 with the odds that `input` says there, or with odds `p`.

    Raises RuntimeError for odds outside of [0, 1].

    >>> import rushlight as torch
    >>> torch.bernoulli(torch.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    require_tensor(input, "bernoulli", "input", 1)
    if not is_generator(generator) or (p is not None and (out is not None or not is_real(p))):
        named = {"generator": generator, "out": out}
        invalid_combination(
            "bernoulli",
            (input,) if p is None else (input, p),
            {key: value for key, value in named.items() if value is not None},
            "Tensor input, *, torch.Generator generator = None, Tensor out = None",
            "Tensor input, float p, *, torch.Generator generator = None",
        )
    array, stream = resolved(input._array), stream_of(generator)
    if p is not None:
        values = np.empty(array.shape, array.dtype)
        values[...] = discrete.bernoulli(stream, float(p), array.shape, array.dtype)
        result: Tensor = ops.bernoulli_of_number(input, values)
        return result
    result = _bernoulli(input, discrete.bernoulli(stream, array, dtype=array.dtype))
    if out is None:
        return result
    if mode.grad and (result.requires_grad or out.requires_grad):
        return into(out, result, "bernoulli")
    return finish("bernoulli", result._array, out)


@drawn
def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Draw `num_samples` indices from each row of weights, as int64.

    The weights need not sum to 1. Raises RuntimeError for negative or infinite weights, and for
    more samples than there are weights unless with `replacement`.

    >>> import rushlight as torch
    >>> torch.multinomial(torch.tensor([0.0, 1.0]), 3, replacement=True)
    tensor([1, 1, 1])
    """
    require_tensor(input, "multinomial", "input", 1)
    count = require_int("multinomial", num_samples, "num_samples", 2)
    if not isinstance(replacement, bool):
        raise TypeError(
            "multinomial(): argument 'replacement' (position 3) must be bool, "
            f"not {type_name(replacement)}"
        )
    require_generator("multinomial", generator)
    if out is not None and require_tensor(out, "multinomial", "out", 5).dtype is not dtypes.int64:
        raise RuntimeError(f"multinomial expects Long tensor out, got: {out.dtype.scalar_name}")
    drawn = discrete.multinomial(stream_of(generator), resolved(input._array), count, replacement)
    return finish("multinomial", np.ascontiguousarray(drawn), out)


@drawn
def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Draw a Poisson count for each element, whose rate it is.

    Its gradient is zero. Raises RuntimeError for negative rates.

    >>> import rushlight as torch
    >>> torch.poisson(torch.zeros(2))
    tensor([0., 0.])
    """
    require_tensor(input, "poisson", "input", 1)
    require_generator("poisson", generator)
    if not input.is_floating_point():
        raise NotImplementedError(
            f"\"poisson_cpu\" not implemented for '{input.dtype.scalar_name}'"
        )
    values = counts.poisson(stream_of(generator), resolved(input._array))
    return _poisson(input, values)  # type: ignore[no-any-return]


@drawn
def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """Draw how many of `count` tosses succeed, each with the odds `prob`; both broadcast.

    There is no derivative: a backward pass raises RuntimeError.

    >>> import rushlight as torch
    >>> torch.binomial(torch.tensor([3.0, 3.0]), torch.tensor([0.0, 1.0]))
    tensor([0., 3.])
    """
    require_tensor(count, "binomial", "count", 1)
    require_tensor(prob, "binomial", "prob", 2)
    require_generator("binomial", generator)
    for name, t in (("count", count), ("prob", prob)):
        if not t.is_floating_point():
            raise ValueError(
                f"binomial only supports floating-point dtypes for {name}, got: "
                f"{t.dtype.scalar_name}"
            )
    if prob.dtype is not count.dtype:
        raise RuntimeError(
            f"Found dtype {prob.dtype.scalar_name} but expected {count.dtype.scalar_name}"
        )
    broadcast_pair(tuple(count.shape), tuple(prob.shape))
    if count.dtype.itemsize < 4:
        raise NotImplementedError(
            f"\"binomial_cpu\" not implemented for '{count.dtype.scalar_name}'"
        )
    values = counts.binomial(stream_of(generator), *map(resolved, (count._array, prob._array)))
    return ops.binomial(count, prob, values)  # type: ignore[no-any-return]
