"""Reduction and scan kernels beside PyTorch: values, dtypes, layouts, rounding, ties, errors."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest

from rushlight.kernels import accumulate, extreme, reduce, scan, vector_norm
from tests.kernel_inputs import FLOATS, agree, arrays, layouts, special

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")

COMPLEX = (np.complex64, np.complex128)
INTEGERS = (np.bool_, np.uint8, np.int8, np.int16, np.int32, np.int64)


def rtol(dtype) -> float:
    return {2: 2e-3, 4: 2e-6}.get(np.dtype(dtype).type(0).real.itemsize, 1e-13)


def dims_of(x: np.ndarray) -> Iterator[tuple[int, ...] | None]:
    yield None
    for length in range(1, x.ndim + 1):
        yield from itertools.combinations(range(x.ndim), length)


def cases(dtype, count: int, seed: int):
    """Arrays with PyTorch's copy, dims, PyTorch's dims, keepdim."""
    rng = np.random.default_rng(seed)
    for x in arrays(rng, dtype, count):
        t = torch.from_numpy(np.array(x))
        for dims in dims_of(x):
            keepdim = bool(rng.integers(2))
            yield x, t, dims, tuple(range(x.ndim)) if dims is None else dims, keepdim


@pytest.mark.parametrize("dtype", FLOATS + COMPLEX + INTEGERS + (np.float16,))
def test_sum(dtype):
    for x, t, dims, their_dims, keepdim in cases(dtype, 20, 1):
        scale = float(np.abs(x.astype(complex)).sum()) if x.size else 0
        agree(
            reduce.sum_(x, dims, keepdim),
            torch.sum(t, their_dims, keepdim),
            rtol(dtype) if np.dtype(dtype).kind in "fc" else 0,
            rtol(dtype) * scale if np.dtype(dtype).kind in "fc" else 0,
        )


@pytest.mark.parametrize("shape", [(1_000_003,), (3, 50_001), (40_001, 3), (70, 40, 41, 3), (999,)])
@pytest.mark.parametrize("layout_seed", range(3))
def test_a_float32_sum_is_as_good_as_torchs(shape, layout_seed):
    """Sums of positive numbers, over every choice of dims: no digit is lost to a long running
    sum. PyTorch itself stays within 3e-7 here."""
    rng = np.random.default_rng(layout_seed)
    x = rng.random(shape).astype(np.float32)
    x = x.transpose(rng.permutation(x.ndim)) if layout_seed else x
    for dims in dims_of(x):
        exact = x.sum(dims, np.float64)
        np.testing.assert_allclose(reduce.sum_(x, dims), exact, 8e-7)


def test_cancelling_sums_keep_their_absolute_error():
    x = np.random.default_rng(0).standard_normal(2_000_000).astype(np.float32)
    x = np.concatenate([x, -x])
    ours = abs(float(reduce.sum_(x)))
    assert ours <= 1e-8 * np.abs(x).sum(dtype=np.float64)


@pytest.fixture
def one_thread():
    """PyTorch with one thread. With more its nansum adds up partial sums as if these could be left
    out for being nan, and inf - inf, which is nan, comes out as inf or -inf."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("size", [5, 20_000])
@pytest.mark.parametrize("values", [(math.inf,), (-math.inf,), (math.nan,), (math.inf, -math.inf)])
def test_sums_of_the_non_finite(size, values):
    x = np.zeros((size, 3), np.float32)
    x[: len(values), 1] = values
    x[-1, 1] = values[-1]
    t = torch.from_numpy(x)
    for dims in ((0,), (1,), (0, 1)):
        agree(reduce.sum_(x, dims), t.sum(dims))
        agree(reduce.mean(x, dims), t.mean(dims))
        agree(reduce.nansum(x, dims), t.nansum(dims))


@pytest.mark.parametrize("dtype", FLOATS + COMPLEX + (np.float16,))
def test_mean(dtype):
    for x, t, dims, their_dims, keepdim in cases(dtype, 13, 2):
        agree(
            reduce.mean(x, dims, keepdim),
            torch.mean(t, their_dims, keepdim),
            rtol(dtype),
            rtol(dtype) * 10,
        )


def test_half_precision_sums_run_in_single():
    x = np.ones((3, 70_000), np.float16)
    t = torch.from_numpy(x)
    agree(reduce.mean(x, (1,)), t.mean(1))
    agree(reduce.sum_(x, (1,)), t.sum(1))
    agree(reduce.std(x, (1,)), t.std(1))


@pytest.mark.parametrize("dtype", FLOATS + COMPLEX + (np.float16,))
@pytest.mark.parametrize("correction", [1, 0, 2.5])
def test_var_and_std(dtype, correction):
    for x, t, dims, their_dims, keepdim in cases(dtype, 13, 3):
        for ours, theirs in ((reduce.var, torch.var), (reduce.std, torch.std)):
            expected = theirs(t, their_dims, correction=correction, keepdim=keepdim)
            agree(ours(x, dims, correction, keepdim), expected, 4 * rtol(dtype), rtol(dtype) * 1e-3)
        variance, mean = reduce.var_mean(x, dims, correction, keepdim)
        assert variance.shape == mean.shape
        agree(mean, torch.mean(t, their_dims, keepdim), rtol(dtype), rtol(dtype) * 10)


@pytest.mark.parametrize(
    "shape", [(300_001,), (300, 1001), (1001, 300), (20, 30, 500), (2, 90_000)]
)
def test_var_of_large_arrays_far_from_zero(shape):
    x = (1000 + np.random.default_rng(4).standard_normal(shape)).astype(np.float32)
    for dims in dims_of(x):
        np.testing.assert_allclose(
            reduce.var(x, dims), x.astype(np.float64).var(dims, ddof=1), 3e-5, 1e-8
        )


@pytest.mark.parametrize("dtype", FLOATS + COMPLEX + INTEGERS)
def test_prod(dtype):
    for x, t, dims, their_dims, keepdim in cases(dtype, 13, 5):
        expected = t
        for d in reversed(their_dims):
            expected = expected.prod(d, keepdim)
        if not x.ndim:
            expected = t.prod()
        agree(reduce.prod(x, dims, keepdim), expected, 10 * rtol(dtype))


@pytest.mark.parametrize("shape", [(100_003,), (7, 3001), (3001, 7), (600, 600)])
def test_prod_of_large_arrays(shape):
    x = np.random.default_rng(6).uniform(0.99, 1.01, shape)
    t = torch.from_numpy(x)
    agree(reduce.prod(x), t.prod(), 1e-11)
    for d in range(x.ndim):
        agree(reduce.prod(x, (d,)), t.prod(d), 1e-11)


@pytest.mark.parametrize("dtype", FLOATS + COMPLEX + INTEGERS)
def test_any_all_and_count(dtype):
    for x, t, dims, their_dims, keepdim in cases(dtype, 13, 7):
        agree(reduce.any_(x, dims, keepdim), torch.any(t, their_dims, keepdim))
        agree(reduce.all_(x, dims, keepdim), torch.all(t, their_dims, keepdim))
        agree(reduce.count_nonzero(x, dims), torch.count_nonzero(t, their_dims))


@pytest.mark.parametrize("dtype", FLOATS)
def test_nan_counts_as_something(dtype):
    rng = np.random.default_rng(8)
    for x, _, dims, their_dims, _ in cases(dtype, 10, 8):
        x = special(x, rng, (math.nan, 0.0))
        t = torch.from_numpy(x)
        agree(reduce.any_(x, dims), torch.any(t, their_dims))
        agree(reduce.all_(x, dims), torch.all(t, their_dims))
        agree(reduce.count_nonzero(x, dims), torch.count_nonzero(t, their_dims))
        agree(reduce.nansum(x, dims), torch.nansum(t, their_dims), 1e-5, 1e-5)


@pytest.mark.parametrize("dtype", FLOATS + COMPLEX + (np.float16,))
def test_logsumexp(dtype):
    rng = np.random.default_rng(9)
    for x, _, dims, their_dims, keepdim in cases(dtype, 13, 9):
        for values in ((math.inf,), (-math.inf,), (math.inf, -math.inf), (math.nan,), (500.0,)):
            if np.dtype(dtype).kind == "c" and values != (500.0,):
                continue
            y = special(x, rng, values)
            t = torch.from_numpy(y)
            agree(
                reduce.logsumexp(y, dims, keepdim),
                torch.logsumexp(t, their_dims, keepdim),
                4 * rtol(dtype),
                4 * rtol(dtype),
            )


@pytest.mark.parametrize("dtype", FLOATS + COMPLEX + (np.float16,))
@pytest.mark.parametrize("p", [0, 1, 2, 3, 0.5, -1, -2.5, math.inf, -math.inf])
def test_norm(dtype, p):
    for x, t, dims, their_dims, keepdim in cases(dtype, 10, 10):
        try:
            expected = torch.linalg.vector_norm(t, p, their_dims if dims else None, keepdim)
        except RuntimeError as error:
            with pytest.raises(RuntimeError) as ours:
                vector_norm.norm(x, p, dims, keepdim)
            assert str(ours.value) == str(error)
            continue
        agree(vector_norm.norm(x, p, dims, keepdim), expected, 10 * rtol(dtype), 1e-12)


@pytest.mark.parametrize("shape", [(100_003,), (30, 3001), (3001, 30), (60, 70, 8)])
@pytest.mark.parametrize("p", [0, 1, 2, 3, math.inf])
def test_norm_of_large_arrays(shape, p):
    rng = np.random.default_rng(11)
    x = layouts(rng.standard_normal(shape).astype(np.float32), rng)
    for dims in dims_of(x):
        expected = torch.linalg.vector_norm(torch.from_numpy(x.astype(np.float64)), p, dims)
        np.testing.assert_allclose(vector_norm.norm(x, p, dims), expected.numpy(), 1e-6)


def test_norm_at_the_ends_of_the_range():
    for values in ([1e30], [1e30, 1e30], [1e-30, 1e-30], [math.nan, 1], [math.inf, 0]):
        x = np.array(values, np.float32)
        for p in (2, 1, 3, math.inf, -math.inf, -1, 0):
            agree(vector_norm.norm(x, p), torch.linalg.vector_norm(torch.from_numpy(x), p))


# ------------------------------------------------------------------------------------- extremes


@pytest.mark.parametrize("dtype", FLOATS + INTEGERS + (np.float16,))
def test_amax_and_amin(dtype):
    rng = np.random.default_rng(12)
    for x, t, dims, their_dims, keepdim in cases(dtype, 13, 12):
        if np.dtype(dtype).kind == "f":
            x = special(x, rng, (math.nan, math.inf))
            t = torch.from_numpy(x)
        for ours, theirs in ((extreme.amax, torch.amax), (extreme.amin, torch.amin)):
            try:
                expected = theirs(t, their_dims if dims else (), keepdim)
            except (RuntimeError, IndexError) as error:
                with pytest.raises(type(error)) as caught:
                    ours(x, dims, keepdim)
                assert str(caught.value) == str(error)
                continue
            agree(ours(x, dims, keepdim), expected)


@pytest.mark.parametrize("dtype", FLOATS + INTEGERS + (np.float16,))
@pytest.mark.parametrize("sizes", [(0, 1, 2, 3, 5), (1, 9, 31, 40)])
def test_extremes_along_a_dim(dtype, sizes):
    rng = np.random.default_rng(13)
    for x in arrays(rng, dtype, 25, sizes):
        if np.dtype(dtype).kind == "f":
            x = layouts(special(x, rng, (math.nan, math.inf)), rng)
        t = torch.from_numpy(np.array(x))
        for dim in range(max(x.ndim, 1)):
            keepdim = bool(rng.integers(2))
            pairs = [(extreme.max_along, torch.max), (extreme.min_along, torch.min)]
            if dtype is not np.bool_:
                pairs += [(extreme.argmax, torch.argmax), (extreme.argmin, torch.argmin)]
            for ours, theirs in pairs:
                try:
                    expected = theirs(t, dim, keepdim)
                except IndexError as error:
                    with pytest.raises(IndexError) as caught:
                        ours(x, dim, keepdim)
                    assert str(caught.value) == str(error)
                    continue
                got = ours(x, dim, keepdim)
                for mine, yours in zip(
                    got if type(got) is tuple else [got],
                    expected if isinstance(expected, tuple) else [expected],
                ):
                    agree(mine, yours)
            if x.ndim and x.shape[dim]:
                for mine, yours in zip(
                    extreme.aminmax(x, dim, keepdim), torch.aminmax(t, dim=dim, keepdim=keepdim)
                ):
                    agree(mine, yours)


def test_extremes_of_everything():
    rng = np.random.default_rng(14)
    for x in arrays(rng, np.float32, 40, (1, 2, 5, 17)):
        x = special(x, rng, (math.nan,))
        t = torch.from_numpy(x)
        agree(extreme.argmax(x), t.argmax())
        agree(extreme.argmin(x, keepdim=True), t.argmin(keepdim=True))
        for mine, yours in zip(extreme.aminmax(x), t.aminmax()):
            agree(mine, yours)


def test_nothing_to_choose_from():
    x, t = np.zeros((0, 3)), torch.zeros(0, 3)
    for ours, theirs in (
        (lambda: extreme.argmax(x), lambda: t.argmax()),
        (lambda: extreme.aminmax(x), lambda: t.aminmax()),
        (lambda: extreme.aminmax(x, 0), lambda: t.aminmax(dim=0)),
        (lambda: extreme.max_along(x, 0), lambda: t.max(0)),
        (lambda: extreme.amax(x), lambda: t.amax()),
    ):
        with pytest.raises((RuntimeError, IndexError)) as expected:
            theirs()
        with pytest.raises(expected.type) as got:
            ours()
        assert str(got.value) == str(expected.value)


# ---------------------------------------------------------------------------------------- scans


@pytest.mark.parametrize("dtype", FLOATS + COMPLEX + INTEGERS + (np.float16,))
def test_cumsum_and_cumprod(dtype):
    rng = np.random.default_rng(15)
    for x in arrays(rng, dtype, 20):
        t = torch.from_numpy(np.array(x))
        for dim in range(max(x.ndim, 1)):
            tolerances = (4 * rtol(dtype), 10 * rtol(dtype))
            if np.dtype(dtype).kind in "biu":
                tolerances = (0, 0)
            agree(scan.cumsum(x, dim), t.cumsum(dim), *tolerances)
            agree(scan.cumprod(x, dim), t.cumprod(dim), *tolerances)
            flipped = t.flip(dim).cumsum(dim).flip(dim)
            agree(scan.cumsum_reversed(x, dim), flipped, *tolerances)


@pytest.mark.parametrize("dtype", [*FLOATS, np.int64])
@pytest.mark.parametrize("shape", [(30_001,), (3, 20_001), (20_001, 3), (40, 300, 4), (300, 40, 9)])
def test_long_scans(dtype, shape):
    """Float32 is summed in float64 and rounded once, by both libraries."""
    rng = np.random.default_rng(16)
    x = rng.uniform(-1, 9, shape).astype(dtype)
    x = layouts(x, rng)
    t = torch.from_numpy(np.array(x))
    for dim in range(x.ndim):
        agree(scan.cumsum(x, dim), t.cumsum(dim), 1e-12 if dtype is np.float64 else 6e-8)
        reverse = np.flip(np.cumsum(np.flip(x, dim), dim, np.float64), dim)
        np.testing.assert_allclose(scan.cumsum_reversed(x, dim), reverse, 1e-7)
    y = (1 + (x % 7 - 3) * 1e-3).astype(np.float32)
    for dim in range(x.ndim):
        agree(scan.cumprod(y, dim), torch.from_numpy(np.array(y)).cumprod(dim), 2e-7)


@pytest.mark.parametrize("dtype", FLOATS + INTEGERS + (np.float16,))
def test_cummax_and_cummin(dtype):
    rng = np.random.default_rng(17)
    for x in arrays(rng, dtype, 20):
        if np.dtype(dtype).kind == "f":
            x = special(x, rng, (math.nan, math.inf))
        t = torch.from_numpy(np.array(x))
        for dim in range(max(x.ndim, 1)):
            for ours, theirs in ((scan.cummax, torch.cummax), (scan.cummin, torch.cummin)):
                for mine, yours in zip(ours(x, dim), theirs(t, dim)):
                    agree(mine, yours)


@pytest.mark.parametrize("dtype", FLOATS + COMPLEX + (np.float16,))
@pytest.mark.parametrize("spread", [1, 30, 2000])
def test_logcumsumexp(dtype, spread):
    if dtype is np.float16 and spread == 2000:
        pytest.skip("2000 standard deviations leave the range of float16")
    rng = np.random.default_rng(18)
    for x in itertools.chain(arrays(rng, dtype, 15), arrays(rng, dtype, 3, (14, 15))):
        x = x * np.dtype(dtype).type(spread)
        if np.dtype(dtype).kind == "f":
            x = special(x, rng, (math.inf,) if spread == 30 else (-math.inf,))
        t = torch.from_numpy(np.array(x))
        for dim in range(max(x.ndim, 1)):
            tolerance = 20 * rtol(dtype)
            if np.dtype(dtype).kind == "c":
                # Angles differ by turns; and PyTorch's float32 exponentials are of long angles.
                ours = np.exp(1j * scan.logcumsumexp(x, dim).imag.astype(np.float64))
                theirs = np.exp(1j * t.to(torch.complex128).logcumsumexp(dim).imag.numpy())
                if spread == 1:
                    np.testing.assert_allclose(ours, theirs, 1e-4, 1e-4)
                continue
            agree(scan.logcumsumexp(x, dim), t.logcumsumexp(dim), tolerance, tolerance)


@pytest.mark.parametrize("shape", [(2, 3), (30, 40), (1, 900), (2, 1, 3, 500)])
def test_sum_to_the_same_shape_sums_nothing(shape):
    x = np.random.RandomState(0).rand(*shape)
    np.testing.assert_array_equal(accumulate.sum_to(x, shape), x)
    np.testing.assert_array_equal(accumulate.sum_to(x[None], shape), x)
