"""Sorting, selection and set kernels beside PyTorch: values, and the index of every tie."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rushlight.kernels import order, select, sets
from tests.kernel_inputs import FLOATS, agree, arrays, layouts, special

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

NUMBERS = (*FLOATS, np.float16, np.uint8, np.int8, np.int16, np.int32, np.int64)


def both(ours, theirs) -> None:
    """Two results, or the same error."""
    try:
        expected = theirs()
    except (RuntimeError, IndexError) as error:
        with pytest.raises(type(error)) as caught:
            ours()
        assert str(caught.value) == str(error).replace("-nan", "nan")  # a sign that means nothing
        return
    got = ours()
    if not isinstance(expected, tuple):
        got, expected = (got,), (expected,)
    for mine, yours in zip(got, expected):
        agree(mine, yours)


def tied(dtype, count: int, seed: int, sizes=(0, 1, 2, 3, 5, 17)):
    """Arrays with ties, NaN, infinities and negative zeros, and PyTorch's copy."""
    rng = np.random.default_rng(seed)
    for x in arrays(rng, dtype, count, sizes):
        if x.size > 60_000:
            continue  # where equals keep their order
        if np.dtype(dtype).kind == "f":
            x = special(x, rng, (math.nan, math.inf, -math.inf, 0.0, -0.0))
            x = layouts(x, rng)
        yield x, torch.from_numpy(np.array(x)), rng


def large(dtype, seed: int):
    """Arrays past the sizes where the methods change: many ties, and hardly any."""
    rng = np.random.default_rng(seed)
    for shape in ((5000,), (3, 2500), (2500, 3), (20, 9, 30)):
        for spread in (5, 10**6):
            x = rng.integers(-spread, spread, shape)
            if np.dtype(dtype).kind == "u":
                x = np.abs(x)
            x = x.astype(dtype)
            if np.dtype(dtype).kind == "f":
                x = special(x, rng, (math.nan, -0.0, 0.0))
            yield x, torch.from_numpy(np.array(x)), rng


@pytest.mark.parametrize("dtype", (*NUMBERS, np.bool_))
def test_sort(dtype):
    """Asked for stability or not, the indices are PyTorch's, ties included."""
    for source in (tied(dtype, 20, 1), large(dtype, 2)):
        for x, t, _ in source:
            for dim in range(max(x.ndim, 1)):
                for down in (False, True):
                    for stable in (False, True):
                        how = {"dim": dim, "descending": down, "stable": stable}
                        for mine, yours in zip(order.sort(x, **how), t.sort(**how)):
                            agree(mine, yours)
                        agree(order.argsort(x, **how), t.argsort(**how))


@pytest.mark.parametrize("descending", [False, True])
def test_sort_of_64_bits_that_leave_no_room_for_the_index(descending):
    rng = np.random.default_rng(3)
    ends = np.iinfo(np.int64)
    x = rng.integers(ends.min, ends.max, 5000)
    x[::7] = ends.max
    x[::11] = ends.min
    for y in (x, x.astype(np.float64), rng.standard_normal((3, 2000)), np.repeat(x[:700], 3)):
        expected = torch.from_numpy(y).sort(dim=-1, descending=descending, stable=True)
        for mine, yours in zip(order.sort(y, y.ndim - 1, descending, True), expected):
            agree(mine, yours)


@pytest.mark.parametrize("dtype", NUMBERS)
def test_topk(dtype):
    """Of equals PyTorch names those that its partitioning leaves: the same here."""
    for x, t, rng in (*tied(dtype, 20, 4, (1, 2, 3, 5, 17, 40)), *large(dtype, 5)):
        for dim in range(max(x.ndim, 1)):
            n = x.shape[dim] if x.ndim else 1
            for k in {0, 1, n, n // 64, int(rng.integers(0, n + 1)), n + 1}:
                largest = bool(rng.integers(2))
                both(
                    lambda x=x, k=k, dim=dim, down=largest: order.topk(x, k, dim, down),
                    lambda t=t, k=k, dim=dim, down=largest: tuple(t.topk(k, dim, down)),
                )


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("lie", ["anywhere", "together", "in order", "with NaN", "equal", "bools"])
def test_first_in_order(lie, largest):
    """Wherever the first lie, they are found, in the order of a stable sort."""
    rng = np.random.default_rng(5)
    for rows, n, k in ((1, 5000, 10), (3, 999, 249), (4, 1025, 1), (2, 1600, 100)):
        x = rng.standard_normal((rows, n)).astype(np.float32)
        if lie == "together":  # in one of the groups that are looked at
            x[:, :: n // 16] += 10 if largest else -10
        elif lie == "in order":
            x.sort(axis=1)
        elif lie == "with NaN":
            x[rng.random(x.shape) < 0.1] = np.nan
        elif lie == "equal":
            x = rng.integers(0, 4, x.shape)
        elif lie == "bools":
            x = x > 1
        expected = order._stable_order(x, largest)[:, :k]
        np.testing.assert_array_equal(order._first_in_order(x, k, largest), expected)


def test_topk_of_a_long_row():
    rng = np.random.default_rng(6)
    for x in (rng.standard_normal(60_000).astype(np.float32), rng.integers(0, 3, 60_000)):
        for k in (1, 10, 900, 4000, 5000):
            for mine, yours in zip(order.topk(x, k, 0), torch.from_numpy(x).topk(k)):
                agree(mine, yours)


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("keepdim", [False, True])
def test_medians_and_ranks(dtype, keepdim):
    for x, t, rng in (*tied(dtype, 15, 7), *large(dtype, 8)):
        for dim in range(max(x.ndim, 1)):
            k = int(rng.integers(0, (x.shape[dim] if x.ndim else 1) + 2))
            for ours, theirs in (
                (lambda d, x=x: order.median(x, d, keepdim), lambda d, t=t: t.median(d, keepdim)),
                (
                    lambda d, x=x: order.nanmedian(x, d, keepdim),
                    lambda d, t=t: t.nanmedian(d, keepdim),
                ),
                (
                    lambda d, x=x, k=k: order.kthvalue(x, k, d, keepdim),
                    lambda d, t=t, k=k: t.kthvalue(k, d, keepdim),
                ),
            ):
                both(lambda d=dim, f=ours: f(d), lambda d=dim, f=theirs: tuple(f(d)))
            if not (np.dtype(dtype).kind == "f" and np.isnan(x).any()):
                # PyTorch's mode compares with <, and that is no order where there is NaN.
                both(
                    lambda d=dim, x=x: order.mode(x, d, keepdim),
                    lambda d=dim, t=t: tuple(t.mode(d, keepdim)),
                )
        agree(order.median_of_all(x), t.median())
        agree(order.median_of_all(x, ignore_nan=True), t.nanmedian())


def test_mode_of_bools():
    for x, t, _ in tied(np.bool_, 20, 9):
        for dim in range(max(x.ndim, 1)):
            both(lambda x=x, d=dim: order.mode(x, d), lambda t=t, d=dim: tuple(t.mode(d)))


# ----------------------------------------------------------- selection as the C++ library walks it


def organ_pipes(n: int) -> np.ndarray:
    """Rises and falls, which median-of-three partitioning splits badly."""
    return np.concatenate([np.arange(n // 2), np.arange(n - n // 2)[::-1]])


def median_of_three_killer(n: int) -> np.ndarray:
    """Musser's sequence: every partition takes off two elements, and the depth limit is reached."""
    half = n // 2
    x = np.zeros(2 * half, np.int64)
    for i in range(1, half + 1):
        if i % 2:
            x[i - 1] = i
            if i < half:
                x[i] = half + i
        x[half + i - 1] = 2 * i
    return x


@pytest.mark.parametrize("n", [40, 400, 3000])
@pytest.mark.parametrize("row", [organ_pipes, median_of_three_killer, np.arange, np.zeros])
def test_selection_from_unkind_rows(n, row):
    for divisor in (1, 2, 7):
        x = (row(n) // divisor).astype(np.int64)
        t = torch.from_numpy(x)
        for k in (1, 2, len(x) // 64 + 1, len(x) // 3, len(x) - 1):
            for largest in (False, True):
                for mine, yours in zip(order.topk(x, k, 0, largest), t.topk(k, 0, largest)):
                    agree(mine, yours)
            agree(order.kthvalue(x, k, 0)[1], t.kthvalue(k)[1])
        agree(order.mode(x, 0)[1], t.mode()[1])
        agree(order.sort(x, 0)[1], t.sort()[1])


@pytest.mark.parametrize(
    ("heap", "select_from"),
    [
        ("_heap_select", lambda x: select.smallest(x, 1000)),
        ("_heap_sort", lambda x: select.introsort(x[None])),
        ("_heap_sort", lambda x: select.at_sorted_place(x, 300)),
    ],
)
def test_the_depth_limit_is_reached(heap, select_from, monkeypatch):
    """Or the heaps behind it would go untested."""
    calls = []
    original = getattr(select, heap)
    monkeypatch.setattr(select, heap, lambda *a: calls.append(a) or original(*a))
    select_from(median_of_three_killer(3000))
    assert calls


def test_beyond_the_limit_equals_keep_their_order(monkeypatch):
    monkeypatch.setattr(order, "_TIES", 1000)
    x = np.random.default_rng(15).integers(0, 9, (30, 50))
    in_order = torch.from_numpy(x).sort(dim=1, stable=True)[1].numpy()
    np.testing.assert_array_equal(order.sort(x, 1)[1], in_order)
    np.testing.assert_array_equal(order.topk(x, 20, 1, False)[1], in_order[:, :20])
    np.testing.assert_array_equal(order.kthvalue(x, 20, 1)[1], in_order[:, 19])
    values, at = order.mode(x, 1)
    np.testing.assert_array_equal(x[np.arange(30), at], values)


# ------------------------------------------------------------------------------ sets and histograms


def their_unique(t, dim, inverse, counts, consecutive):
    function = torch.unique_consecutive if consecutive else torch.unique
    out = function(t, dim=dim, return_inverse=inverse, return_counts=counts)
    out = list(out) if isinstance(out, tuple) else [out]
    return out[0], out.pop(1) if inverse else None, out.pop(1) if counts else None


@pytest.mark.parametrize("dtype", (*NUMBERS, np.bool_))
@pytest.mark.parametrize("consecutive", [False, True])
@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("counts", [False, True])
def test_unique(dtype, consecutive, inverse, counts):
    ours = sets.unique_consecutive if consecutive else sets.unique
    for x, t, _ in (*tied(dtype, 12, 10), *large(dtype, 11)):
        for dim in (None, *range(x.ndim)):
            if dim is not None and np.dtype(dtype).kind == "f" and np.isnan(x).any():
                continue  # PyTorch compares rows that hold NaN in an order that is none
            try:
                expected = their_unique(t, dim, inverse, counts, consecutive)
            except RuntimeError as error:
                with pytest.raises(RuntimeError) as caught:
                    ours(x, dim, inverse, counts)
                assert str(caught.value) == str(error)
                continue
            for mine, yours in zip(ours(x, dim, inverse, counts), expected):
                if yours is None:
                    assert mine is None
                else:
                    agree(mine, yours)


@pytest.mark.parametrize("dtype", (*FLOATS, np.int32, np.int64))
@pytest.mark.parametrize("right", [False, True])
def test_searchsorted(dtype, right):
    rng = np.random.default_rng(12)
    for _ in range(60):
        shape = tuple(rng.choice((1, 2, 4), rng.integers(0, 3)))
        sequence = np.round(rng.standard_normal((*shape, rng.integers(0, 9))) * 3).astype(dtype)
        values = np.round(rng.standard_normal((*shape, rng.integers(0, 6))) * 3).astype(dtype)
        if np.dtype(dtype).kind == "f":
            sequence, values = (special(a, rng, (math.nan, math.inf)) for a in (sequence, values))
        sorter = np.argsort(sequence, -1)
        t, v = torch.from_numpy(sequence), torch.from_numpy(values)
        s = torch.from_numpy(sorter)
        agree(
            sets.searchsorted(sequence, values, right, sorter),
            torch.searchsorted(t, v, right=right, sorter=s),
        )
        ordered = np.sort(sequence, -1)
        agree(
            sets.searchsorted(ordered, values, right, dtype=np.int32),
            torch.searchsorted(torch.from_numpy(ordered), v, right=right, out_int32=True),
        )
        if not shape:
            grid = rng.standard_normal((2, 3)).astype(dtype)
            agree(
                sets.searchsorted(ordered, grid, right),
                torch.bucketize(torch.from_numpy(grid), torch.from_numpy(ordered), right=right),
            )


def test_searchsorted_refuses_what_does_not_fit():
    f = np.float64
    for sequence, values, sorter in (
        (np.ones((), f), np.ones(2, f), None),
        (np.ones((2, 3), f), np.ones((), f), None),
        (np.ones((2, 3), f), np.ones(3, f), None),
        (np.ones(3, f), np.ones(3, f), np.arange(2)),
        (np.ones(3, f), np.ones(3, f), np.array([0, 1, 3])),
        (np.ones(3, f), np.ones(3, f), np.array([0, 1, -1])),
    ):
        both(
            lambda a=sequence, v=values, s=sorter: sets.searchsorted(a, v, sorter=s),
            lambda a=sequence, v=values, s=sorter: torch.searchsorted(
                torch.from_numpy(a),
                torch.from_numpy(v),
                sorter=None if s is None else torch.from_numpy(s),
            ),
        )


@pytest.mark.parametrize("weights", [None, np.float32, np.float64, np.int64])
def test_bincount(weights):
    rng = np.random.default_rng(13)
    for dtype in (np.uint8, np.int32, np.int64):
        for length in (0, 1, 50):
            x = rng.integers(0, 9, length).astype(dtype)
            w = None if weights is None else (rng.standard_normal(length) * 5).astype(weights)
            for minlength in (0, 4, 20):
                got = sets.bincount(x, w, minlength)
                expected = torch.bincount(
                    torch.from_numpy(x), None if w is None else torch.from_numpy(w), minlength
                )
                agree(got, expected, 1e-6, 1e-6)
    for x, w, minlength in (
        (np.array([-1, 2]), None, 0),
        (np.array([[1]]), None, 0),
        (np.array(1), None, 0),
        (np.array([1, 2]), np.ones(3), 0),
        (np.array([1, 2]), None, -1),
    ):
        both(
            lambda x=x, w=w, n=minlength: sets.bincount(x, w, n),
            lambda x=x, w=w, n=minlength: torch.bincount(
                torch.from_numpy(x), None if w is None else torch.from_numpy(w), n
            ),
        )


@pytest.mark.parametrize("dtype", FLOATS)
def test_histc(dtype):
    rng = np.random.default_rng(14)
    for x in arrays(rng, dtype, 40):
        t = torch.from_numpy(np.array(x))
        for bins, low, high in ((10, 0, 0), (7, -1, 2), (1, 0.5, 0.5), (100, -3, 3)):
            agree(sets.histc(x, bins, low, high), torch.histc(t, bins, low, high))
    x = np.array([1, 2, math.nan, math.inf], dtype)
    t = torch.from_numpy(x)
    for count in (2, 3, 4):
        for bins, low, high in ((4, 0, 0), (4, 0, 3), (4, 3, 2), (0, 0, 0), (4, 0, math.nan)):
            both(
                lambda x=x[:count], b=bins, lo=low, hi=high: sets.histc(x, b, lo, hi),
                lambda t=t[:count], b=bins, lo=low, hi=high: torch.histc(t, b, lo, hi),
            )
