"""Random indices, read and written, under both libraries: values, gradients, errors."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import numpy as np
import pytest

import rushlight

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")

SHAPES = [(), (3,), (2, 3), (3, 1, 4), (2, 3, 2, 2), (0, 3), (3, 0)]


def random_slice(rng: random.Random, n: int) -> slice:
    ends = [None, *range(-n - 1, n + 2)]
    return slice(rng.choice(ends), rng.choice(ends), rng.choice([None, None, 1, 2, 3]))


def random_array(rng: random.Random, n: int, shape: tuple[int, ...], unique: bool) -> Any:
    """Indices of a dimension of size n: seldom out of range, and without repetition if asked."""
    count = int(np.prod(shape))
    if unique:
        count = min(count, n)
        return np.array(rng.sample(range(n), count), np.int64)
    low, high = (-n, n) if rng.random() < 0.95 else (-n - 1, n + 1)
    values = [rng.randrange(low, max(high, low + 1)) for _ in range(count)]
    return np.array(values, np.int64).reshape(shape)


def random_index(rng: random.Random, shape: tuple[int, ...], unique: bool) -> list[Any]:
    """The items of an index: plain data, which `bound` makes tensors of."""
    items: list[Any] = []
    dim = 0
    arrays = 0
    common = rng.choice([(2,), (3,), (2, 2), (1,), ()])
    while dim < len(shape) and rng.random() < 0.85:
        n = shape[dim]
        kind = rng.choice(["int", "slice", "slice", "none", "array", "array", "mask", "dots"])
        if kind == "none":
            items.append(None)
            continue
        if kind == "dots":
            if any(i is ... for i in items):
                continue
            items.append(...)
            dim += rng.randrange(len(shape) - dim + 1)
            continue
        if kind == "mask" and not arrays:
            covers = rng.randrange(1, len(shape) - dim + 1)
            values = [rng.random() < 0.5 for _ in range(int(np.prod(shape[dim : dim + covers])))]
            items.append(np.array(values, np.bool_).reshape(shape[dim : dim + covers]))
            arrays += 1
            dim += covers
            continue
        if kind == "int":
            items.append(rng.randrange(-n, n) if n and rng.random() < 0.97 else n)
        elif kind == "array" and not (unique and arrays):
            items.append(random_array(rng, n, common, unique))
            arrays += 1
        else:
            items.append(random_slice(rng, n))
        dim += 1
    return items


def bound(lib: Any, items: list[Any], as_lists: bool) -> Any:
    """The index in terms of a library, its arrays as tensors, ndarrays or lists."""
    made = [
        (i.tolist() if as_lists and i.ndim == 1 and i.size else lib.tensor(i))
        if isinstance(i, np.ndarray)
        else i
        for i in items
    ]
    return made[0] if len(made) == 1 else tuple(made)


def leaf(lib: Any, shape: tuple[int, ...], seed: int) -> Any:
    values = np.random.RandomState(seed).uniform(-1, 1, shape)
    return lib.tensor(values, dtype=lib.float64).requires_grad_()


def told(run: Any) -> Any:
    """What a run returns, or its error in words that both libraries share."""
    try:
        return [t if t is None else t.detach().numpy() for t in run()]
    except (IndexError, RuntimeError, TypeError, ValueError) as error:
        return type(error).__name__, str(error).split("\n")[0]


def agree(ours: Any, theirs: Any, what: Any) -> None:
    if isinstance(theirs, tuple) or isinstance(ours, tuple):
        assert ours == theirs, what
        return
    for mine, yours in zip(ours, theirs, strict=True):
        assert mine.shape == yours.shape, what
        np.testing.assert_allclose(mine, yours, rtol=1e-12, atol=1e-12, err_msg=str(what))


def read(lib: Any, shape: tuple[int, ...], items: list[Any], as_lists: bool) -> list[Any]:
    """What is read, its gradient, and two of a square."""
    x = leaf(lib, shape, 0)
    y = x[bound(lib, items, as_lists)]
    g = lib.tensor(np.random.RandomState(1).uniform(-1, 1, tuple(y.shape)))
    (first,) = lib.autograd.grad(y, x, g, retain_graph=True)
    (again,) = lib.autograd.grad(y * y, x, g, create_graph=True)
    (second,) = lib.autograd.grad(again.sum(), x)
    return [y, first, again, second]


@pytest.mark.parametrize("seed", range(8))
def test_reading(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(60):
        shape = rng.choice(SHAPES)
        items = random_index(rng, shape, unique=False)
        as_lists = rng.random() < 0.3
        results = [told(partial(read, lib, shape, items, as_lists)) for lib in (rushlight, judge)]
        agree(*results, (shape, items, as_lists))


def written(lib: Any, shape: tuple[int, ...], items: list[Any], given: Any) -> list[Any]:
    """What is there after a write, and the gradients of both sides."""
    x = leaf(lib, shape, 0)
    leaves = [x] if given is None else [x, leaf(lib, given, 1)]
    y = x * 1
    y[bound(lib, items, False)] = 2.5 if given is None else leaves[1]
    g = lib.tensor(np.random.RandomState(2).uniform(-1, 1, shape))
    grads = lib.autograd.grad(y, leaves, g, allow_unused=True)
    return [y, *[lib.zeros_like(t) if d is None else d for t, d in zip(leaves, grads)]]


@pytest.mark.parametrize("seed", range(8))
def test_writing(seed: int) -> None:
    rng = random.Random(100 + seed)
    for _ in range(60):
        shape = rng.choice(SHAPES)
        items = random_index(rng, shape, unique=True)
        try:
            target = tuple(judge.zeros(shape)[bound(judge, items, False)].shape)
        except (IndexError, ValueError):
            target = (1,)
        part = target[rng.randrange(len(target) + 1) :]
        given = tuple([1 if rng.random() < 0.2 else n for n in part])
        value = None if rng.random() < 0.2 else given
        results = [told(partial(written, lib, shape, items, value)) for lib in (rushlight, judge)]
        agree(*results, (shape, items, value))
