"""Index kernels beside PyTorch: values, repeated indices, layouts, and errors before any write."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from rushlight.kernels import index, masks, rows
from rushlight.ops import indexing
from rushlight.ops import masks as ops_masks
from tests.kernel_inputs import agree, arrays, layouts, same, tolerance, values, written

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")

DTYPES = (np.float32, np.float64, np.float16, np.int64, np.int32, np.uint8, np.bool_, np.complex64)


def tensor(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(x))


# ------------------------------------------------------------------------------ slices along a dim


def slicings(dtype, count: int, seed: int, low: int = 0):
    rng = np.random.default_rng(seed)
    for x in arrays(rng, dtype, count, (1, 2, 3, 5, 12)):
        for dim in range(max(x.ndim, 1)):
            n = x.shape[dim] if x.ndim else 1
            at = rng.integers(-n if low else 0, n, rng.integers(0, 7) if x.ndim else 1)
            if rng.random() < 0.1 and at.size:
                at[rng.integers(at.size)] = rng.choice([-n - 1, n, n + 3])
            shape = [at.size if d == dim else m for d, m in enumerate(x.shape)]
            yield x, dim, at, values(rng, shape, dtype), rng


@pytest.mark.parametrize("dtype", DTYPES)
def test_index_select_and_add(dtype):
    for x, dim, at, source, rng in slicings(dtype, 40, 6):
        t, i, s = tensor(x), tensor(at), tensor(source)
        same(
            lambda x=x, d=dim, a=at: index.index_select(x, d, a),
            lambda t=t, d=dim, i=i: t.index_select(d, i),
        )
        alpha = 1 if np.dtype(dtype).kind == "b" else int(rng.integers(1, 4))
        y = written(x, rng)
        same(
            lambda y=y, d=dim, a=at, s=source, k=alpha: index.index_add_(y, d, a, s, k),
            lambda t=t, d=dim, i=i, s=s, k=alpha: t.index_add(d, i, s, alpha=k),
            y,
            tolerance(dtype),
        )


@pytest.mark.parametrize("dtype", DTYPES)
def test_index_copy_and_fill(dtype):
    for x, dim, at, source, rng in slicings(dtype, 40, 7):
        t, i, s = tensor(x), tensor(at), tensor(source)
        y = written(x, rng)
        if len(np.unique(at)) == len(at):
            same(
                lambda y=y, d=dim, a=at, s=source: index.index_copy_(y, d, a, s),
                lambda t=t, d=dim, i=i, s=s: t.index_copy(d, i, s),
                y,
            )
    for x, dim, at, _, rng in slicings(dtype, 40, 8, low=1):
        y, t, i = written(x, rng), tensor(x), tensor(at)
        same(
            lambda y=y, d=dim, a=at: index.index_fill_(y, d, a, 1),
            lambda t=t, d=dim, i=i: t.index_fill(d, i, 1),
            y,
        )


def test_index_arguments_that_do_not_fit():
    x = np.ones((2, 3))
    for at, shape in (
        ([0, 1], (1, 3)),
        ([0, 1], (2, 2)),
        ([0, 1], (2,)),
        ([[0, 1]], (2, 3)),
        (1, (3,)),
        (1, (1, 3)),
        ([2], (1, 3)),
        ([-1], (1, 3)),
    ):
        a, s = np.array(at), np.ones(shape)
        i, u, t = tensor(a), tensor(s), tensor(x)
        same(lambda a=a: index.index_select(x, 0, a), lambda i=i, t=t: t.index_select(0, i))
        for ours, theirs in ((index.index_add_, t.index_add), (index.index_copy_, t.index_copy)):
            y = x.copy()
            same(
                lambda y=y, f=ours, a=a, s=s: f(y, 0, a, s),
                lambda f=theirs, i=i, u=u: f(0, i, u),
                y,
            )
        y = x.copy()
        same(
            lambda y=y, a=a: index.index_fill_(y, 0, a, 5),
            lambda t=t, i=i: t.index_fill(0, i, 5),
            y,
        )
    x = np.ones((2, 3, 4))
    for shape in ((2, 1, 5), (3, 1, 4)):
        a, s = np.array([0]), np.ones(shape)
        same(
            lambda a=a, s=s: index.index_copy_(x, 1, a, s),
            lambda a=a, s=s: tensor(x).index_copy(1, tensor(a), tensor(s)),
            x,
        )
    one = np.array(3.0)
    for at in ([0], 0, [0, 0], [1]):
        a = np.array(at)
        same(
            lambda a=a: index.index_select(one, 0, a),
            lambda a=a: tensor(one).index_select(0, tensor(a)),
        )
    for shape in ((0, 3), (3, 0)):
        empty = np.zeros(shape)
        for dim, at in itertools.product((0, 1), ([], [0])):
            a = np.array(at, np.int64)
            if empty.shape[dim] or dim == 0:
                same(
                    lambda e=empty, a=a, d=dim: index.index_select(e, d, a),
                    lambda e=empty, a=a, d=dim: tensor(e).index_select(d, tensor(a)),
                )


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64, np.bool_])
@pytest.mark.parametrize(
    "shape", [(500, 70), (40, 9, 300), (3, 50, 40), (3000, 8), (2000,), (3, 9000), (9, 3)]
)
@pytest.mark.parametrize("sparse", [True, False])
def test_adding_many_slices(dtype, shape, sparse, monkeypatch):
    """Through SciPy's sparse product and without it."""
    if not sparse:
        monkeypatch.setattr(rows, "_sparse_product", lambda: None)
    rng = np.random.default_rng(9)
    for dim, n in enumerate(shape):
        at = rng.integers(0, max(n // 3, 1), 2 * n)
        source = values(rng, [2 * n if d == dim else m for d, m in enumerate(shape)], dtype)
        x = np.array(values(rng, shape, dtype))
        t = tensor(x).index_add(dim, tensor(at), tensor(source))
        index.index_add_(x, dim, at, source)
        agree(x, t, tolerance(dtype), tolerance(dtype) * 10)


# ------------------------------------------------------------- elements, and advanced indexing


@pytest.mark.parametrize("dtype", DTYPES)
def test_take_and_put(dtype):
    rng = np.random.default_rng(10)
    for x in arrays(rng, dtype, 60):
        n = x.size
        at = rng.integers(-n, max(n, 1), tuple(rng.integers(0, 4, rng.integers(0, 3))))
        if rng.random() < 0.1 and at.size:
            at.flat[0] = rng.choice([n, -n - 1])
        t, i = tensor(x), tensor(at)
        same(lambda x=x, a=at: index.take(x, a), lambda t=t, i=i: t.take(i))
        source = values(rng, at.shape, dtype)
        s = tensor(source)
        for accumulate in (False, True):
            if not accumulate and len(np.unique(at % max(n, 1))) < at.size:
                continue
            y = written(x, rng)
            same(
                lambda y=y, a=at, v=source, c=accumulate: index.put_(y, a, v, c),
                lambda t=t, i=i, s=s, c=accumulate: t.put(i, s, accumulate=c),
                y,
                tolerance(dtype),
            )
    y = np.ones(3)
    same(
        lambda: index.put_(y, np.array([0, 1]), np.ones(1)),
        lambda: torch.ones(3).double().put(torch.tensor([0, 1]), torch.ones(1).double()),
        y,
    )


# -------------------------------------------------------------------------------------------- masks


@pytest.mark.parametrize("dtype", DTYPES)
def test_masks(dtype):
    rng = np.random.default_rng(12)
    for x in arrays(rng, dtype, 40):
        whole = rng.random(x.shape) < rng.choice([0.1, 0.5, 0.9])
        part = [n if rng.random() < 0.7 else min(n, 1) for n in x.shape][int(rng.integers(2)) :]
        for mask in (layouts(np.asarray(whole), rng), np.asarray(rng.random(part) < 0.5)):
            t, m = tensor(x), tensor(mask)
            agree(masks.masked_select(x, mask), t.masked_select(m))
        agree(masks.nonzero(x), torch.nonzero(tensor(x)))


def test_numpy_scalars_are_written_to() -> None:
    """Formulas of 0-d values give NumPy scalars, whose copies are no arrays."""
    x, mask = np.float32(2), np.asarray(True)
    assert ops_masks.masked_fill(x, mask, np.asarray(5.0)) == 5
    assert ops_masks.masked_scatter(x, mask, np.asarray([3.0], np.float32)) == 3
    assert indexing.index_put(x, np.asarray(7.0, np.float32), (mask,), False) == 7
    assert indexing.index_put(x, np.asarray(7.0, np.float32), (mask,), True) == 9
    assert indexing.index_clear(x, (mask,)) == 0
