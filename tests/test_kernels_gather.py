"""Gather, scatter and embedding kernels beside PyTorch: values, repetitions, layouts, errors."""

from __future__ import annotations

import numpy as np
import pytest

from rushlight.kernels import embedding, gather
from tests.kernel_inputs import agree, arrays, layouts, same, tolerance, values, written

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")
F = torch.nn.functional

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")

DTYPES = (np.float32, np.float64, np.float16, np.int64, np.int32, np.uint8, np.bool_, np.complex64)


def tensor(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(x))


# ------------------------------------------------------------------------------ gather and scatter


def gatherings(dtype, count: int, seed: int):
    """x, dim, an index that fits (and sometimes doesn't), and the random generator."""
    rng = np.random.default_rng(seed)
    for x in arrays(rng, dtype, count, (1, 2, 3, 5, 12)):
        for dim in range(max(x.ndim, 1)):
            shape = [int(rng.integers(0 if rng.random() < 0.1 else 1, n + 1)) for n in x.shape]
            if x.ndim:
                shape[dim] = int(rng.integers(1, 7))
            n = x.shape[dim] if x.ndim else 1
            at = rng.integers(0, n, shape)
            if rng.random() < 0.3 and x.ndim > 1:  # a line, expanded as its dims go
                line = rng.integers(0, n, [s if d == dim else 1 for d, s in enumerate(shape)])
                at = np.broadcast_to(
                    line, [s if d == dim else m for d, (s, m) in enumerate(zip(shape, x.shape))]
                )
            elif rng.random() < 0.1 and at.size:
                at = at.copy()
                at.flat[int(rng.integers(at.size))] = int(rng.choice([-1, n, n + 3]))
            at = layouts(at.astype(rng.choice([np.int64, np.int32])), rng)
            yield x, dim, at, rng


@pytest.mark.parametrize("dtype", DTYPES)
def test_gather(dtype):
    for x, dim, at, _ in gatherings(dtype, 40, 1):
        t, i = tensor(x), tensor(at)
        same(
            lambda x=x, d=dim, a=at: gather.gather(x, d, a), lambda t=t, d=dim, i=i: t.gather(d, i)
        )


@pytest.mark.parametrize("dtype", DTYPES)
def test_scatter(dtype):
    for x, dim, at, rng in gatherings(dtype, 40, 2):
        shape = [n + int(rng.integers(2)) if x.ndim else n for n in at.shape]
        source = values(rng, shape, dtype)
        t, i, s = tensor(x), tensor(at).long(), tensor(source)
        y = written(x, rng)
        if len(np.unique(at)) == at.size:  # of several writes to one place any may be the last
            same(
                lambda y=y, d=dim, a=at, s=source: gather.scatter_(y, d, a, s),
                lambda t=t, d=dim, i=i, s=s: t.scatter(d, i, s),
                y,
            )
        y = written(x, rng)
        number = 1 if np.dtype(dtype).kind == "b" else 3
        same(
            lambda y=y, d=dim, a=at, n=number: gather.scatter_(y, d, a, n),
            lambda t=t, d=dim, i=i, n=number: t.scatter(d, i, n),
            y,
        )


def test_the_last_of_several_writes_holds():
    x = np.zeros((2, 3))
    gather.scatter_(x, 1, np.array([[0, 0, 1], [2, 2, 2]]), np.array([[1.0, 2, 3], [4, 5, 6]]))
    np.testing.assert_array_equal(x, [[2, 3, 0], [0, 0, 6]])


@pytest.mark.parametrize("dtype", DTYPES)
def test_scatter_add(dtype):
    for x, dim, at, rng in gatherings(dtype, 40, 3):
        shape = [n + int(rng.integers(2)) if x.ndim else n for n in at.shape]
        source = values(rng, shape, dtype)
        y, t, i, s = written(x, rng), tensor(x), tensor(at).long(), tensor(source)
        same(
            lambda y=y, d=dim, a=at, s=source: gather.scatter_add_(y, d, a, s),
            lambda t=t, d=dim, i=i, s=s: t.scatter_add(d, i, s),
            y,
            tolerance(dtype),
        )


@pytest.mark.parametrize("dtype", (np.float32, np.float64, np.int64, np.int32, np.uint8))
@pytest.mark.parametrize("reduce", ["sum", "prod", "mean", "amax", "amin"])
@pytest.mark.parametrize("include_self", [False, True])
def test_scatter_reduce(dtype, reduce, include_self):
    for x, dim, at, rng in gatherings(dtype, 25, 4):
        source = values(rng, at.shape, dtype)
        if np.dtype(dtype).kind == "f" and source.size and rng.random() < 0.3:
            source = np.array(source)
            source.flat[0] = np.nan
        y, t, i, s = written(x, rng), tensor(x), tensor(at).long(), tensor(source)
        same(
            lambda y=y, d=dim, a=at, s=source: gather.scatter_reduce_(
                y, d, a, s, reduce, include_self
            ),
            lambda t=t, d=dim, i=i, s=s: t.scatter_reduce(
                d, i, s, reduce, include_self=include_self
            ),
            y,
            tolerance(dtype),
        )


def test_scatter_reduce_refuses_another_name():
    x, at = np.zeros((2, 3)), np.zeros((1, 1), np.int64)
    same(
        lambda: gather.scatter_reduce_(x, 1, at, x, "median"),
        lambda: tensor(x).scatter_reduce(1, tensor(at), tensor(x), "median"),
        x,
    )


MISFITS = [
    ([0], (2, 3)),  # dimensions of the index
    ([[0], [0], [0]], (3, 1)),  # wider than self
    ([[0, 1], [1, 1]], (1, 3)),  # wider than the source
]


@pytest.mark.parametrize(("at", "source"), MISFITS)
@pytest.mark.parametrize("dim", [0, 1])
def test_shapes_that_do_not_fit(at, source, dim):
    if dim == 0 and len(at) == 3:
        at, source = [[0, 0, 0, 0]], (1, 4)
    x, at, s = np.ones((2, 3)), np.array(at), np.ones(source)
    t, i, u = tensor(x), tensor(at), tensor(s)
    same(lambda: gather.gather(x, dim, at), lambda: t.gather(dim, i))
    same(lambda: gather.scatter_(x, dim, at, s), lambda: t.scatter(dim, i, u), x)
    same(lambda: gather.scatter_(x, dim, at, 2.0), lambda: t.scatter(dim, i, 2.0), x)
    same(lambda: gather.scatter_add_(x, dim, at, s), lambda: t.scatter_add(dim, i, u), x)
    same(
        lambda: gather.scatter_reduce_(x, dim, at, s, "sum"),
        lambda: t.scatter_reduce(dim, i, u, "sum"),
        x,
    )


# ---------------------------------------------------------------------------------------- embedding


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("shape", [(), (0,), (5,), (3, 4), (40, 30)])
@pytest.mark.parametrize("padding_idx", [-1, 2])
@pytest.mark.parametrize("by_frequency", [False, True])
def test_embedding(dtype, shape, padding_idx, by_frequency):
    rng = np.random.default_rng(13)
    for count, width in ((7, 1), (7, 3), (400, 16)):
        weight = values(rng, (count, width), dtype)
        at = layouts(np.asarray(rng.integers(0, count, shape)), rng)
        g = values(rng, (*at.shape, width), dtype)
        w = tensor(weight).requires_grad_()
        out = F.embedding(
            tensor(at), w, None if padding_idx < 0 else padding_idx, scale_grad_by_freq=by_frequency
        )
        agree(embedding.embedding(weight, at), out.detach())
        out.backward(tensor(g))
        got = embedding.embedding_backward(g, at, count, padding_idx, by_frequency)
        agree(got, w.grad, 10 * tolerance(dtype), 10 * tolerance(dtype))


def test_embedding_refuses():
    weight = np.ones((4, 2))
    for at in ([4], [-1], [[0, 9]]):
        same(
            lambda a=at: embedding.embedding(weight, np.array(a)),
            lambda a=at: F.embedding(torch.tensor(a), tensor(weight)),
        )


def test_one_hot():
    rng = np.random.default_rng(14)
    for shape in ((), (4,), (2, 3), (0,), (2, 0)):
        at = np.asarray(rng.integers(0, 5, shape))
        for classes in (-1, 3, 5, 9, 0):
            same(
                lambda a=at, c=classes: embedding.one_hot(a, c),
                lambda a=at, c=classes: F.one_hot(tensor(a), c),
            )
    same(lambda: embedding.one_hot(np.array([1, -2])), lambda: F.one_hot(torch.tensor([1, -2])))
