"""Index kernels beside PyTorch: values, repeated indices, layouts, and errors before any write."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from rushlight.kernels import embedding, gather, index, masks, rows
from tests.kernel_inputs import agree, arrays, layouts

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")
F = torch.nn.functional

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")

DTYPES = (np.float32, np.float64, np.float16, np.int64, np.int32, np.uint8, np.bool_, np.complex64)


def tensor(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(x))


def same(ours, theirs, target: np.ndarray | None = None, rtol: float = 0) -> None:
    """One result or the same error; after an error `target` is as it was."""
    before = None if target is None else target.copy()
    try:
        expected = theirs()
    except (RuntimeError, IndexError) as error:
        with pytest.raises(type(error)) as caught:
            ours()
        assert str(caught.value) == str(error)
        if target is not None:
            np.testing.assert_array_equal(target, before)
        return
    got = ours()
    agree(target if got is None else got, expected, rtol, rtol)


def tolerance(dtype) -> float:
    return {"e": 5e-3, "f": 1e-5, "d": 1e-12, "F": 1e-5}.get(np.dtype(dtype).char, 0)


def values(rng: np.random.Generator, shape, dtype) -> np.ndarray:
    x = rng.integers(-5, 6, shape) if np.dtype(dtype).kind in "biu" else rng.standard_normal(shape)
    return layouts(np.asarray(x).astype(dtype), rng)


def written(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A writable copy in some layout (never an expanded one)."""
    y = layouts(np.array(x), rng)
    if 0 in y.strides and y.size > 1:
        y = np.array(x)
    return y if y.flags.writeable else y.copy()


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


def test_take_along_dim():
    rng = np.random.default_rng(5)
    for x in arrays(rng, np.float64, 60, (1, 2, 3)):
        for dim in range(x.ndim):
            shape = [int(rng.choice([1, n])) for n in x.shape]
            shape[dim] = int(rng.integers(1, 4))
            at = rng.integers(-3, 6, shape)
            part = x[tuple([slice(0, int(rng.choice([1, n]))) for n in x.shape])]
            same(
                lambda x=part, a=at, d=dim: gather.take_along_dim(x, a, d),
                lambda x=part, a=at, d=dim: torch.take_along_dim(tensor(x), tensor(a), d),
            )
        at = rng.integers(0, x.size, rng.integers(1, 4, 2))
        same(
            lambda x=x, a=at: gather.take_along_dim(x, a),
            lambda x=x, a=at: torch.take_along_dim(tensor(x), tensor(a)),
        )
    x = np.arange(6.0).reshape(2, 3)
    for at, dim in (([0, 6], None), ([-1], None), ([3], 1), ([[0], [1], [0]], 1)):
        same(
            lambda a=at, d=dim: gather.take_along_dim(x, np.array(a), d),
            lambda a=at, d=dim: torch.take_along_dim(tensor(x), torch.tensor(a), d),
        )


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


def some_indices(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple:
    """Indices for an array of `shape`: None, integers of shapes that broadcast, one mask."""
    common = tuple(rng.integers(1, 4, rng.integers(0, 3)))
    out: list = []
    masked = False
    while len(out) < len(shape):
        d = len(out)
        kind = rng.choice(["none", "ints", "ints", "mask"])
        if kind == "none":
            out.append(None)
        elif kind == "mask" and not masked:
            masked = True
            out.append(rng.random(shape[d]) < 0.5)
            common = (1,)
        else:
            part = tuple([n if rng.random() < 0.7 else 1 for n in common])
            out.append(np.asarray(rng.integers(-shape[d], shape[d], part)))
    if all(i is None for i in out):
        out[-1] = np.asarray(rng.integers(0, shape[-1], common))
    if masked:
        out = [i if i is None or i.dtype == bool else i.reshape(-1)[:1] for i in out]
    return tuple(out)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("accumulate", [False, True])
def test_index_put(dtype, accumulate):
    rng = np.random.default_rng(11)
    for _ in range(200):
        shape = tuple(rng.integers(1, 5, rng.integers(1, 4)))
        x = values(rng, shape, dtype)
        where = some_indices(rng, shape)
        t, s = tensor(x), tuple([slice(None) if i is None else tensor(i) for i in where])
        selected = t[s].shape
        part = [n if rng.random() < 0.8 else 1 for n in selected][int(rng.integers(2)) :]
        v = values(rng, part, dtype) if accumulate else np.asarray(7, dtype)
        if accumulate:
            u = tensor(v).expand(selected)
            ints = [i if i is None else tensor(i) for i in where]
            if None in ints:  # what PyTorch's public index_put doesn't take
                flat = torch.arange(t.numel()).reshape(t.shape)[s]
                expected = t.reshape(-1).index_put((flat,), u, accumulate=True).reshape(t.shape)
            else:
                expected = t.index_put(tuple(ints), u, accumulate=True)
        else:
            expected = t.clone()
            expected[s] = tensor(v)
        y = written(x, rng)
        index.index_put_(y, where, v, accumulate)
        agree(y, expected, tolerance(dtype), tolerance(dtype))


def test_index_put_refuses():
    x, one = np.ones((2, 3)), np.array(1.0)
    i, m = (lambda *v: np.array(v)), (lambda *v: np.array(v, np.bool_))
    for where, v in (
        ((i(5),), one),
        ((i(-3),), one),
        ((i(0), i(3)), one),
        ((i(0, 1), i(0, 1, 2)), one),
        ((i(0), i(0), i(0)), one),
        ((m(1, 0, 1),), one),
        ((i(0), m(1, 0)), one),
        ((np.ones((2, 2), bool),), one),
        ((i(0, 0), i(1, 1)), np.ones(3)),
        ((i(0),), np.ones((1, 1, 1))),
        ((m(1, 1),), np.ones((3, 3))),
        ((np.zeros(0, np.int64),), one),
    ):
        for accumulate in (False, True):
            y = x.copy()
            same(
                lambda y=y, w=where, v=v, c=accumulate: index.index_put_(y, w, v, c),
                lambda w=where, v=v, c=accumulate: tensor(x).index_put(
                    tuple(map(tensor, w)), tensor(v), c
                ),
                y,
            )
    with pytest.raises(IndexError, match="index 5 is out of bounds for dimension 0 with size 3"):
        index.index_put_(x, (None, i(5)), one)
    with pytest.raises(IndexError, match="index is out of bounds for dimension with size 0"):
        index.index_put_(np.zeros((0, 2)), (i(0),), one)


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
            y = written(x, rng)
            masks.masked_fill_(y, mask, 1)
            agree(y, t.masked_fill(m, 1))
            source = values(rng, int(np.broadcast_to(mask, x.shape).sum()) + 1, dtype)
            for s in (source, source[:-1], source[:-2]):
                y = written(x, rng)
                same(
                    lambda y=y, m=mask, s=s: masks.masked_scatter_(y, m, s),
                    lambda t=t, m=m, s=s: t.masked_scatter(m, tensor(s)),
                    y,
                )
        agree(masks.nonzero(x), torch.nonzero(tensor(x)))


def test_triangle_indices():
    for row, col, offset in itertools.product((0, 1, 3, 5), (0, 1, 4), (-9, -2, -1, 0, 1, 3, 9)):
        agree(masks.tril_indices(row, col, offset), torch.tril_indices(row, col, offset))
        agree(
            masks.triu_indices(row, col, offset, np.int32),
            torch.triu_indices(row, col, offset, dtype=torch.int32),
        )
    for row, col in ((-1, 2), (2, -1)):
        same(
            lambda r=row, c=col: masks.tril_indices(r, c),
            lambda r=row, c=col: torch.tril_indices(r, c),
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
