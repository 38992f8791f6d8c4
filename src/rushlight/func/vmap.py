"""`vmap`: run a function on a batch of examples as if it were called once for each."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from rushlight import random
from rushlight.func.batched import BatchLevel
from rushlight.func.levels import running
from rushlight.func.randomness import install
from rushlight.func.trees import TreeSpec, broadcast_prefix, flatten, unflatten
from rushlight.tensor import Tensor

__all__ = ["vmap"]

RANDOMNESS = ("error", "different", "same")


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """Return `func` for a batch: one call that maps it over a dimension of its inputs.

    `in_dims` says which dimension of each tensor input is mapped, or None for inputs that all
    examples share; it is one number, or a tree with a number or None for each input. `out_dims`
    says where the results have that dimension. Inside, tensors have the shape of one example, and
    all operators run on the whole batch. Nest calls to map over several dimensions.

    `randomness` says what random operators do inside: raise an error, draw ``"different"`` numbers
    for each example, or the ``"same"``. At most `chunk_size` examples run at a time.

    Raises ValueError for inputs without the mapped dimension, or of different sizes there, and
    RuntimeError where `func` looks at values (``.item()``, ``if x > 0``).

    >>> import rushlight as torch
    >>> dot = lambda a, b: (a * b).sum()
    >>> torch.func.vmap(dot)(torch.tensor([[1., 2.], [3., 4.]]), torch.ones(2, 2))
    tensor([3., 7.])
    """
    if randomness not in RANDOMNESS:
        raise RuntimeError(
            f"Only allowed values for randomness are 'error', 'different', or 'same'. Got "
            f"{randomness}"
        )
    if chunk_size is not None and not chunk_size > 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func, updated=())
    def mapped(*args: Any, **kwargs: Any) -> Any:
        leaves, dims, spec, size = _inputs(func, in_dims, args)
        if chunk_size is None or chunk_size >= size:
            return _run(func, leaves, dims, spec, kwargs, size, out_dims, randomness)
        rows = []
        for start in range(0, size, chunk_size):
            length = min(chunk_size, size - start)
            parts = [_part(x, d, start, length) for x, d in zip(leaves, dims)]
            rows.append(_run(func, parts, dims, spec, kwargs, length, out_dims, randomness))
        return _joined(func, rows, out_dims)

    return mapped


def _name(func: Callable[..., Any]) -> str:
    return getattr(func, "__name__", None) or repr(func)


def _inputs(
    func: Callable[..., Any], in_dims: Any, args: tuple[Any, ...]
) -> tuple[list[Any], list[int | None], TreeSpec, int]:
    """Return the inputs' leaves and mapped dimensions, their tree, and how many examples."""
    start = f"vmap({_name(func)}, in_dims={in_dims}, ...)(<inputs>): "
    if not isinstance(in_dims, (int, tuple)):
        raise ValueError(
            f"{start}expected `in_dims` to be int or a (potentially nested) tuple matching the "
            f"structure of inputs, got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({_name(func)})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you "
            "are trying to vmap over a function with no inputs. The latter is unsupported."
        )
    leaves, spec = flatten(args)
    found = broadcast_prefix(in_dims, spec)
    if found is None:
        raise ValueError(
            f"{start}in_dims is not compatible with the structure of `inputs`. in_dims has "
            f"structure {flatten(in_dims)[1]!r} but inputs has structure {spec!r}."
        )
    dims = [_checked(start, x, d) for x, d in zip(leaves, found)]
    sizes = [x.shape[d] for x, d in zip(leaves, dims) if d is not None]
    if not sizes:
        raise ValueError(
            "vmap: Expected at least one Tensor to vmap over; got none. Check that in_dims has a "
            "dimension for some input."
        )
    if len(set(sizes)) > 1:
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension"
        )
    return leaves, dims, spec, sizes[0]


def _checked(start: str, x: Any, dim: Any) -> int | None:
    """Check the mapped dimension of one input, and count it from the front."""
    if dim is not None and type(dim) is not int:
        raise ValueError(
            f"{start}Got in_dim={dim} for an input but in_dim must be either an integer dimension "
            "or None."
        )
    if dim is None:
        return None
    if not isinstance(x, Tensor):
        raise ValueError(
            f"{start}Got in_dim={dim} for an input but the input is of type {type(x)}. We cannot "
            "vmap over non-Tensor arguments, please use None as the respective in_dim"
        )
    n = x.dim()
    if not -n <= dim < n:
        raise ValueError(
            f"{start}Got in_dim={dim} for some input, but that input is a Tensor of dimensionality "
            f"{n} so expected in_dim to satisfy -{n} <= in_dim < {n}."
        )
    return dim % n


def _run(
    func: Callable[..., Any],
    leaves: Sequence[Any],
    dims: Sequence[int | None],
    spec: TreeSpec,
    kwargs: dict[str, Any],
    size: int,
    out_dims: Any,
    randomness: str,
) -> Any:
    if random.transform is None:
        install()
    level = BatchLevel(size, randomness)
    with running(level):
        inside = [x if d is None else level.batched_along(x, d) for x, d in zip(leaves, dims)]
        result = func(*unflatten(inside, spec), **kwargs)
        outs, out_spec = flatten(result)
        places = _places(func, out_dims, out_spec)
        return unflatten([_lowered(func, level, out, d) for out, d in zip(outs, places)], out_spec)


def _places(func: Callable[..., Any], out_dims: Any, spec: TreeSpec) -> list[int | None]:
    """Return where each result has the mapped dimension."""
    start = f"vmap({_name(func)}, ..., out_dims={out_dims})"
    if any(d is not None and type(d) is not int for d in flatten(out_dims)[0]):
        raise ValueError(
            f"{start}: `out_dims` must be an int, None or a python collection of ints representing "
            "where in the outputs the vmapped dimension should appear."
        )
    found = broadcast_prefix(out_dims, spec)
    if found is None and isinstance(out_dims, tuple) and len(out_dims) == 1:
        found = broadcast_prefix(out_dims[0], spec) if spec.is_leaf() else None
    if found is None:
        raise ValueError(
            f"{start}(<inputs>): out_dims is not compatible with the structure of `outputs`. "
            f"out_dims has structure {flatten(out_dims)[1]!r} but outputs has structure {spec!r}."
        )
    return found


def _lowered(func: Callable[..., Any], level: BatchLevel, out: Any, dim: int | None) -> Any:
    """Take a result out of the transform, its mapped dimension at `dim`."""
    if not isinstance(out, Tensor):
        if dim is None:
            return out
        raise ValueError(
            f"vmap({_name(func)}, ...): `{_name(func)}` must only return Tensors, got type "
            f"{type(out)}. Did you mean to set out_dims= to None for output?"
        )
    mapped = level.is_mapped(out)
    value: Tensor = level.value(out)
    if dim is None:
        if mapped:
            raise ValueError(
                f"vmap({_name(func)}, ...): `{_name(func)}` can not return a BatchedTensor when "
                "out_dim is None"
            )
        return value
    if not mapped:
        value = value.expand(level.size, *value.shape)
    return value.movedim(0, dim) if dim != 0 else value


# -- in chunks -------------------------------------------------------------------------------------


def _part(x: Any, dim: int | None, start: int, length: int) -> Any:
    return x if dim is None else x.narrow(dim, start, length)


def _joined(func: Callable[..., Any], rows: Sequence[Any], out_dims: Any) -> Any:
    """Join the results of all chunks along their mapped dimensions."""
    from rushlight.api.shape import cat

    columns = list(zip(*[flatten(row)[0] for row in rows]))
    spec = flatten(rows[0])[1]
    places = _places(func, out_dims, spec)
    return unflatten(
        [column[0] if d is None else cat(column, d) for column, d in zip(columns, places)], spec
    )
