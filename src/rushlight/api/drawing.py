"""Random numbers drawn over a tensor: uniform_, normal_, random_, bernoulli_ and their kin.

A tensor is filled in the order of its memory, as PyTorch does. Where a graph knows it, the drawing
is recorded, and its cotangent is zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight.api.arguments import invalid_combination
from rushlight.api.broadcasting import expand_to
from rushlight.api.random import is_generator, require_generator
from rushlight.api.scalars import as_float, is_real
from rushlight.autograd.forward_ad import tangent
from rushlight.autograd.modes import mode
from rushlight.kernels import discrete, samplers
from rushlight.ops import random as ops
from rushlight.ops.inplace import check_writable, overwrite
from rushlight.ops.operator import Operator
from rushlight.random import drawn, stream_of
from rushlight.tensor import Tensor

METHODS = (
    "bernoulli_",
    "cauchy_",
    "exponential_",
    "geometric_",
    "log_normal_",
    "normal_",
    "random_",
    "uniform_",
)

_uniform = ops.drawn("UniformBackward0")
_standard = ops.drawn("NormalBackward0")
_random_from_to = ops.drawn("RandomBackward0")
_random_to = ops.drawn("RandomBackward1")
_random = ops.drawn("RandomBackward2")
_bernoulli_of_tensor = ops.drawn_of_two("BernoulliBackward1")
_bernoulli_of_float = ops.drawn("BernoulliBackward2")
_exponential = ops.drawn("ExponentialBackward0")
_geometric = ops.drawn("GeometricBackward0")
_log_normal = ops.drawn("LogNormalBackward0")
_cauchy = ops.drawn("CauchyBackward0")


def _draw_over(
    input: Tensor,
    generator: Any,
    operator: Operator,
    sample: Callable[[Any, tuple[int, ...], np.dtype[Any]], Any],
) -> Tensor:
    """Fill a tensor in the order of its memory; all errors come before a word is drawn."""
    records = mode.grad and input.requires_grad
    check_writable(input, records)
    array = input._array
    drawn = sample(stream_of(generator), array.shape, array.dtype)
    if records or tangent(input) is not None:
        values = np.empty_like(array)
        samplers.fill(values, drawn)
        return overwrite(input, operator(input, values))
    samplers.fill(array, drawn)
    input._counter[0] += 1
    return input


@drawn
def uniform_(input: Tensor, *args: Any, generator: Any = None, **named: Any) -> Tensor:
    """Draw numbers uniform in [from, to), by default [0, 1), over the tensor.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.empty(3).uniform_(1, 2)
    tensor([1.4963, 1.7682, 1.0885])
    """
    low, high = _two("uniform_", ("from", "to"), (0.0, 1.0), args, named)
    require_generator("uniform_", generator)
    return _draw_over(
        input,
        generator,
        _uniform,
        lambda s, shape, kind: samplers.uniform(s, shape, kind, low, high),
    )


def _two(
    function: str,
    names: tuple[str, str],
    defaults: tuple[float, float],
    args: tuple[Any, ...],
    named: dict[str, Any],
) -> tuple[float, float]:
    """Return two floats, of which the first may have a name that Python keeps to itself."""
    if len(args) > 2:
        raise TypeError(
            f"{function}() takes from 0 to 2 positional arguments but {len(args)} were given"
        )
    given = dict(zip(names, args))
    for name, value in named.items():
        if name not in names:
            raise TypeError(f"{function}() got an unexpected keyword argument '{name}'")
        if name in given:
            raise TypeError(f"{function}() got multiple values for argument '{name}'")
        given[name] = value
    first, second = (
        as_float(given.get(name, default), function, name, i + 1)
        for i, (name, default) in enumerate(zip(names, defaults))
    )
    return first, second


@drawn
def normal_(input: Tensor, *args: Any, generator: Any = None, **named: Any) -> Tensor:
    """Draw normal numbers with `mean` 0 and `std` 1, unless others are given, over the tensor."""
    mean, std = _two("normal_", ("mean", "std"), (0.0, 1.0), args, named)
    require_generator("normal_", generator)
    strided = not input._array.flags.c_contiguous
    return _draw_over(
        input,
        generator,
        _standard,
        lambda s, shape, kind: samplers.normal(s, shape, kind, mean, std, strided=strided),
    )


@drawn
def log_normal_(input: Tensor, *args: Any, generator: Any = None, **named: Any) -> Tensor:
    """Draw exponentials of normal numbers with `mean` (1) and `std` (2) over the tensor."""
    mean, std = _two("log_normal_", ("mean", "std"), (1.0, 2.0), args, named)
    require_generator("log_normal_", generator)
    return _draw_over(
        input,
        generator,
        _log_normal,
        lambda s, shape, kind: samplers.log_normal(s, shape, kind, mean, std),
    )


@drawn
def cauchy_(input: Tensor, *args: Any, generator: Any = None, **named: Any) -> Tensor:
    """Draw numbers of a Cauchy distribution with `median` (0) and `sigma` (1) over the tensor."""
    median, sigma = _two("cauchy_", ("median", "sigma"), (0.0, 1.0), args, named)
    require_generator("cauchy_", generator)
    return _draw_over(
        input,
        generator,
        _cauchy,
        lambda s, shape, kind: samplers.cauchy(s, shape, kind, median, sigma),
    )


@drawn
def exponential_(input: Tensor, lambd: Any = 1.0, *, generator: Any = None) -> Tensor:
    """Draw numbers of an exponential distribution with the rate `lambd` over the tensor."""
    rate = as_float(lambd, "exponential_", "lambd", 1)
    require_generator("exponential_", generator)
    return _draw_over(
        input,
        generator,
        _exponential,
        lambda s, shape, kind: samplers.exponential(s, shape, kind, rate),
    )


@drawn
def geometric_(input: Tensor, p: Any, *, generator: Any = None) -> Tensor:
    """Draw how many tosses with odds `p` it takes to succeed over the tensor."""
    odds = as_float(p, "geometric_", "p", 1)
    require_generator("geometric_", generator)
    return _draw_over(
        input,
        generator,
        _geometric,
        lambda s, shape, kind: discrete.geometric(s, shape, odds, kind),
    )


@drawn
def bernoulli_(input: Tensor, *args: Any, generator: Any = None, **named: Any) -> Tensor:
    """Toss coins over the tensor: 1 with odds `p`, a number (0.5) or a tensor that broadcasts.

    >>> import rushlight as torch
    >>> torch.empty(2).bernoulli_(torch.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    given = [*args, *named.values()]
    p = given[0] if given else 0.5
    valid = len(given) < 2 and not named.keys() - {"p"} and is_generator(generator)
    if not valid or not (isinstance(p, Tensor) or is_real(p)):
        if not is_generator(generator):
            named = {**named, "generator": generator}
        invalid_combination(
            "bernoulli_",
            args,
            named,
            "Tensor p, *, torch.Generator generator = None",
            "float p = 0.5, *, torch.Generator generator = None",
        )
    if isinstance(p, Tensor):
        return _bernoulli_by_tensor(input, p, generator)
    odds = float(p)
    return _draw_over(
        input,
        generator,
        _bernoulli_of_float,
        lambda s, shape, kind: discrete.bernoulli(s, odds, shape, kind),
    )


def _bernoulli_by_tensor(input: Tensor, p: Tensor, generator: Any) -> Tensor:
    odds = expand_to(p, tuple(input.shape))
    records = mode.grad and (input.requires_grad or p.requires_grad)
    check_writable(input, records)
    array = input._array
    order = sorted(range(array.ndim), key=lambda axis: -array.strides[axis])
    drawn = discrete.bernoulli(
        stream_of(generator), odds._array.transpose(order), dtype=array.dtype
    )
    if records or tangent(input) is not None:
        values = np.empty_like(array)
        samplers.fill(values, drawn)
        return overwrite(input, _bernoulli_of_tensor(input, p, values))
    samplers.fill(array, drawn)
    input._counter[0] += 1
    return input


@drawn
def random_(input: Tensor, *args: Any, generator: Any = None, **named: Any) -> Tensor:
    """Draw integers over the tensor: any of its dtype, or ``random_(to)``, ``random_(from, to)``.

    A float tensor gets the integers that it can tell apart, up to 2**24 for float32.

    >>> import rushlight as torch
    >>> torch.empty(2, dtype=torch.int64).random_(7, 8)
    tensor([7, 7])
    """
    names = ("from", "to") if len(args) == 2 or "from" in named else ("to",)
    given = {**dict(zip(names, args)), **named}
    if len(args) > 2:
        raise TypeError(f"random_() takes 2 positional arguments but {len(args)} were given")
    open_ended = "from" in given and given.get("to") is None
    ints = [v for key, v in given.items() if not (key == "to" and open_ended)]
    valid = all(hasattr(v, "__index__") and not isinstance(v, bool) for v in ints)
    if not (valid and is_generator(generator)) or given.keys() - {"from", "to"}:
        if not is_generator(generator):
            named = {**named, "generator": generator}
        invalid_combination(
            "random_",
            args,
            named,
            "*, torch.Generator generator = None",
            "int from, int to, *, torch.Generator generator = None",
            "int to, *, torch.Generator generator = None",
        )
    bounds = {key: _int64(value) for key, value in given.items() if value is not None}
    if "to" not in bounds:
        low = bounds.get("from")
        operator = _random if low is None else _random_from_to
        return _draw_over(
            input, generator, operator, lambda s, shape, kind: discrete.random_(s, shape, kind, low)
        )
    first, last = bounds.get("from", 0), bounds["to"]
    return _draw_over(
        input,
        generator,
        _random_from_to if "from" in bounds else _random_to,
        lambda s, shape, kind: discrete.randint(s, first, last, shape, kind),
    )


def _int64(value: Any) -> int:
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise ValueError("Overflow when unpacking long long")
    return number
