"""Random tensors of given sizes: rand, randn, randint, randperm, and their ``_like`` forms.

After `manual_seed` they hold the numbers that PyTorch's hold on the CPU. Each takes a `generator`;
without one the default stream goes on.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from rushlight import dtypes
from rushlight.api.arguments import (
    check_options,
    finish,
    invalid_combination,
    made,
    numpy_dtype,
    require_int,
    size_tuple,
    sizes,
)
from rushlight.api.likes import memory_like
from rushlight.kernels import discrete, samplers
from rushlight.ops.outputs import require_tensor, type_name
from rushlight.random import (
    Generator,
    default_generator,
    drawn,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
    stream_of,
)
from rushlight.tensor import Tensor

__all__ = [
    "Generator",
    "default_generator",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "seed",
    "set_rng_state",
]

_SIZED = (
    "tuple of ints size, *, torch.Generator generator, Tensor out = None, torch.dtype dtype = "
    "None, torch.layout layout = None, torch.device device = None, bool pin_memory = False, bool "
    "requires_grad = False",
    "tuple of ints size, *, Tensor out = None, torch.dtype dtype = None, torch.layout layout = "
    "None, torch.device device = None, bool pin_memory = False, bool requires_grad = False",
)


def is_generator(x: Any) -> bool:
    """Whether `x` can be given as a generator; None stands for the default one."""
    return x is None or isinstance(x, Generator)


def require_generator(function: str, generator: Any) -> None:
    """Raise PyTorch's TypeError for what is no generator."""
    if not is_generator(generator):
        raise TypeError(
            f"{function}(): argument 'generator' must be torch.Generator, "
            f"not {type_name(generator)}"
        )


def is_strided(out: Tensor | None, shape: tuple[int, ...]) -> bool:
    """Whether numbers of `shape` are drawn over an `out` with gaps, or with axes in other order."""
    return out is not None and out._array.shape == shape and not out._array.flags.c_contiguous


def drawn_over(out: Tensor | None, values: Any) -> Any:
    """Numbers where they lie when they fill `out` in the order of its memory, as drawing does."""
    if out is None or not is_strided(out, values.shape):
        return values
    placed = np.empty_like(out._array, values.dtype)
    samplers.fill(placed, values)
    return placed


def finish_drawn(function: str, values: Any, out: Tensor | None, requires_grad: bool) -> Tensor:
    """Return what was drawn as a factory's result, or write it to `out` in its memory's order."""
    return finish(function, drawn_over(out, values), out, requires_grad)


def _sized(function: str, args: tuple[Any, ...], size: Any, generator: Any) -> tuple[int, ...]:
    if not is_generator(generator):
        invalid_combination(function, args, {"generator": generator}, *_SIZED)
    if not args and size is None:
        invalid_combination(function, args, {}, *_SIZED)
    return sizes(function, args, size)


@drawn
def rand(
    *args: Any,
    size: Any = None,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of random numbers, uniform in [0, 1); sizes as in `zeros`.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.rand(3)
    tensor([0.4963, 0.7682, 0.0885])
    """
    check_options("rand", layout, device, pin_memory, requires_grad)
    shape = _sized("rand", args, size, generator)
    kind = numpy_dtype("rand", dtype, out) or dtypes.default_float()
    values = samplers.uniform(stream_of(generator), shape, kind)
    return finish_drawn("rand", values, out, requires_grad)


@drawn
def randn(
    *args: Any,
    size: Any = None,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of random numbers, normal with mean 0 and variance 1; sizes as in `zeros`.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    check_options("randn", layout, device, pin_memory, requires_grad)
    shape = _sized("randn", args, size, generator)
    kind = numpy_dtype("randn", dtype, out) or dtypes.default_float()
    if out is not None and out.requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    values = samplers.normal(stream_of(generator), shape, kind, strided=is_strided(out, shape))
    return finish_drawn("randn", values, out, requires_grad)


# -- integers --------------------------------------------------------------------------------------


@drawn
def randint(
    *args: Any,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
    **bounds: Any,
) -> Tensor:
    """Make a tensor of random integers from `low` (0) up to but not including `high`.

    Called as ``randint(high, size)`` or ``randint(low, high, size)``. Raises RuntimeError for an
    empty range, and for one that the dtype can't hold.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randint(10, (5,))
    tensor([4, 9, 3, 0, 3])
    """
    check_options("randint", layout, device, pin_memory, requires_grad)
    if not is_generator(generator):
        _no_such_randint(args, {**bounds, "generator": generator})
    low, high, shape = _randint_arguments(args, bounds)
    kind = numpy_dtype("randint", dtype, out) or dtypes.int64.numpy
    values = discrete.randint(stream_of(generator), low, high, shape, kind)
    return finish_drawn("randint", values, out, requires_grad)


def _randint_arguments(
    args: tuple[Any, ...], named: dict[str, Any]
) -> tuple[int, int, tuple[int, ...]]:
    """Sort the arguments of the two forms of `randint`; as PyTorch, tell wrong ones by form."""
    count = len(args) + len(named)
    names = ("low", "high", "size") if count == 3 else ("high", "size")
    given = dict(zip(names, args))
    if len(args) > 3 or given.keys() & named.keys():
        _no_such_randint(args, named)
    given.update(named)
    if given.keys() != set(names):
        _no_such_randint(args, named)
    if count == 3 and not (_is_int(given["low"]) and _is_int(given["high"])):
        _no_such_randint(args, named)
    if count == 3 and not isinstance(given["size"], (tuple, list)):
        _no_such_randint(args, named)
    high = _bound("randint", given["high"], "high", 1)
    low = _bound("randint", given.get("low", 0), "low", 1)
    return low, high, size_tuple("randint", given["size"], len(names))


def _is_int(value: Any) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, bool)


def _bound(function: str, value: Any, argument: str, position: int) -> int:
    bound = require_int(function, value, argument, position)
    if not -(2**63) <= bound < 2**63:
        raise ValueError("Overflow when unpacking long long")
    return bound


def _no_such_randint(args: tuple[Any, ...], named: dict[str, Any]) -> NoReturn:
    invalid_combination(
        "randint",
        args,
        named,
        "int high, tuple of ints size, *, torch.Generator generator = None, ...",
        "int low, int high, tuple of ints size, *, torch.Generator generator = None, ...",
    )


@drawn
def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of the integers below `n` in random order.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randperm(5)
    tensor([4, 0, 1, 3, 2])
    """
    check_options("randperm", layout, device, pin_memory, requires_grad)
    if not is_generator(generator):
        invalid_combination("randperm", (n,), {"generator": generator}, "int n, *, ...")
    count = require_int("randperm", n, "n", 1)
    kind = numpy_dtype("randperm", dtype, out) or dtypes.int64.numpy
    return finish(
        "randperm", discrete.randperm(stream_of(generator), count, kind), out, requires_grad
    )


# -- in the form of another tensor -----------------------------------------------------------------


@drawn
def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Make a tensor of uniform random numbers with the sizes, dtype and axes' order of `input`.

    >>> import rushlight as torch
    >>> torch.rand_like(torch.ones(2, 3)).shape
    torch.Size([2, 3])
    """
    _check_like("rand_like", input, generator)
    array = memory_like(
        "rand_like", input, dtype, layout, device, pin_memory, requires_grad, memory_format
    )
    samplers.fill(array, samplers.uniform(stream_of(generator), array.shape, array.dtype))
    return made(array, requires_grad)


@drawn
def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Make a tensor of normal random numbers with the sizes, dtype and axes' order of `input`.

    >>> import rushlight as torch
    >>> torch.randn_like(torch.ones(2, 3)).shape
    torch.Size([2, 3])
    """
    _check_like("randn_like", input, generator)
    array = memory_like(
        "randn_like", input, dtype, layout, device, pin_memory, requires_grad, memory_format
    )
    strided = not array.flags.c_contiguous
    stream = stream_of(generator)
    samplers.fill(array, samplers.normal(stream, array.shape, array.dtype, strided=strided))
    return made(array, requires_grad)


@drawn
def randint_like(
    input: Tensor,
    *args: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
    memory_format: Any = None,
    **bounds: Any,
) -> Tensor:
    """Make a tensor of random integers with the sizes, dtype and axes' order of `input`.

    Called as ``randint_like(input, high)`` or ``randint_like(input, low, high)``.

    >>> import rushlight as torch
    >>> torch.randint_like(torch.ones(2), 1)
    tensor([0., 0.])
    """
    _check_like("randint_like", input, generator)
    names = ("low", "high") if len(args) + len(bounds) == 2 else ("high",)
    given = dict(zip(names, args))
    clash = given.keys() & bounds.keys()
    given.update(bounds)
    valid = given.keys() == set(names) and all(map(_is_int, given.values()))
    if clash or not valid or len(args) > 2:
        invalid_combination(
            "randint_like",
            (input, *args),
            bounds,
            "Tensor input, int high, *, ...",
            "Tensor input, int low, int high, *, ...",
        )
    low = _bound("randint_like", given.get("low", 0), "low", 2)
    high = _bound("randint_like", given["high"], "high", 2)
    array = memory_like(
        "randint_like", input, dtype, layout, device, pin_memory, requires_grad, memory_format
    )
    samplers.fill(
        array, discrete.randint(stream_of(generator), low, high, array.shape, array.dtype)
    )
    return made(array, requires_grad)


def _check_like(function: str, input: Any, generator: Any) -> None:
    require_tensor(input, function, "input", 1)
    if not is_generator(generator):
        invalid_combination(function, (input,), {"generator": generator}, "Tensor input, *, ...")
