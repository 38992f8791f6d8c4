"""The samplers against PyTorch, to the bit: values, dtype, shape, errors, and the state after."""

# `agree` calls what it is given before the loop moves on.
# ruff: noqa: B023

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from rushlight.kernels import discrete, samplers
from rushlight.kernels.streams import Stream
from tests.streams_judge import COMPLEX, FLOATS, INTEGERS, agree, bits, numpy_dtype, outcome

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")

SIZES = [0, 1, 2, 7, 15, 16, 17, 31, 32, 33, 100, 1000, 10007]
RANGES = [
    (0, 2),
    (0, 10),
    (-3, 5),
    (-128, 128),
    (0, 300),
    (0, 1 << 20),
    (0, (1 << 28) - 1),
    (0, 1 << 28),
    (-(2**31), 2**31),
    (0, 2**33 + 1),
    (-(2**63), 2**63 - 1),
    (0, 2**63 - 1),
    (257, 261),
    (258, 262),
    (2**24 + 1, 2**24 + 3),
]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    # Some of these ranges have integers that are no floats: both warn, and one test looks at it.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", FLOATS + COMPLEX)
class TestContinuous:
    def test_uniform(self, size: int, name: str) -> None:
        like, dtype = getattr(torch, name), numpy_dtype(name)
        for low, high in ((0, 1), (-1, 1), (-0.3, 2.7), (5, 1000.5), (1, 1), (1, 1.0000002)):
            agree(
                lambda g: torch.empty(size, dtype=like).uniform_(low, high, generator=g),
                lambda s: samplers.uniform(s, (size,), dtype, low, high),
            )

    def test_normal(self, size: int, name: str) -> None:
        like, dtype = getattr(torch, name), numpy_dtype(name)
        for mean, std in ((0, 1), (0, 0.3), (1.5, 1), (0.3, 1.7), (2, 0), (0.3, np.inf)):
            agree(
                lambda g: torch.empty(size, dtype=like).normal_(mean, std, generator=g),
                lambda s: samplers.normal(s, (size,), dtype, mean, std),
            )
            agree(
                lambda g: torch.empty(size, 2, dtype=like)[:, 0].normal_(mean, std, generator=g),
                lambda s: samplers.normal(s, (size,), dtype, mean, std, strided=True),
            )

    @pytest.mark.parametrize(
        ("method", "sampler", "args"),
        [
            ("exponential_", samplers.exponential, (0.7,)),
            ("cauchy_", samplers.cauchy, (0.7, 1.3)),
            ("log_normal_", samplers.log_normal, (0.7, 1.3)),
        ],
    )
    def test_by_the_c_library(
        self, size: int, name: str, method: str, sampler: Any, args: tuple[float, ...]
    ) -> None:
        like, dtype = getattr(torch, name), numpy_dtype(name)
        if size or name in FLOATS:  # an empty complex tensor passes PyTorch's log_normal_
            agree(
                lambda g: getattr(torch.empty(size, dtype=like), method)(*args, generator=g),
                lambda s: sampler(s, (size,), dtype, *args),
            )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", INTEGERS + FLOATS + COMPLEX)
class TestDiscrete:
    def test_randint(self, size: int, name: str) -> None:
        like, dtype = getattr(torch, name), numpy_dtype(name)
        for low, high in RANGES:
            agree(
                lambda g: torch.randint(low, high, (size,), dtype=like, generator=g),
                lambda s: discrete.randint(s, low, high, (size,), dtype),
            )

    def test_random(self, size: int, name: str) -> None:
        like, dtype = getattr(torch, name), numpy_dtype(name)
        agree(
            lambda g: torch.empty(size, dtype=like).random_(generator=g),
            lambda s: discrete.random_(s, (size,), dtype),
        )
        for low in (0, 1, 5, -3, 300, 2049, 2**24 + 5, -(2**63)):
            agree(
                lambda g: torch.empty(size, dtype=like).random_(low, None, generator=g),
                lambda s: discrete.random_(s, (size,), dtype, low),
            )

    def test_randperm(self, size: int, name: str) -> None:
        like, dtype = getattr(torch, name), numpy_dtype(name)
        agree(
            lambda g: torch.randperm(size, dtype=like, generator=g),
            lambda s: discrete.randperm(s, size, dtype),
        )

    def test_bernoulli(self, size: int, name: str) -> None:
        like, dtype = getattr(torch, name), numpy_dtype(name)
        for p in (0.0, 0.3, 0.5, 1.0):
            agree(
                lambda g: torch.empty(size, dtype=like).bernoulli_(p, generator=g),
                lambda s: discrete.bernoulli(s, p, (size,), dtype),
            )
        odds = torch.linspace(0, 1, size)
        for kind in FLOATS:
            theirs = odds.to(getattr(torch, kind))
            ours = odds.numpy().astype(numpy_dtype(kind))
            agree(
                lambda g: torch.empty(size, dtype=like).bernoulli_(theirs, generator=g),
                lambda s: discrete.bernoulli(s, ours, (size,), dtype),
            )

    def test_geometric(self, size: int, name: str) -> None:
        like, dtype = getattr(torch, name), numpy_dtype(name)
        for p in (0.01, 0.9):
            agree(
                lambda g: torch.empty(size, dtype=like).geometric_(p, generator=g),
                lambda s: discrete.geometric(s, (size,), p, dtype),
            )


@pytest.mark.parametrize("name", FLOATS)
class TestMultinomial:
    @pytest.mark.parametrize("shape", [(1,), (7,), (100,), (1, 5), (3, 1), (6, 33), (0, 4)])
    @pytest.mark.parametrize("count", [1, 3, 40])
    def test_with_replacement(self, name: str, shape: tuple[int, ...], count: int) -> None:
        weights = samplers.uniform(Stream(0), shape).astype(numpy_dtype(name))
        theirs = torch.from_numpy(weights.astype(np.float64)).to(getattr(torch, name))
        agree(
            lambda g: torch.multinomial(theirs, count, True, generator=g),
            lambda s: discrete.multinomial(s, weights, count, True),
        )

    @pytest.mark.parametrize("shape", [(1,), (7,), (15,), (1, 5), (6, 9)])
    def test_without_replacement(self, name: str, shape: tuple[int, ...]) -> None:
        weights = samplers.uniform(Stream(0), shape).astype(numpy_dtype(name))
        theirs = torch.from_numpy(weights.astype(np.float64)).to(getattr(torch, name))
        for count in (1, shape[-1] // 2 + 1, shape[-1]):
            agree(
                lambda g: torch.multinomial(theirs, count, generator=g),
                lambda s: discrete.multinomial(s, weights, count),
            )

    def test_weights_in_another_memory_order(self, name: str) -> None:
        weights = samplers.uniform(Stream(0), (5, 3)).astype(numpy_dtype(name))
        theirs = torch.from_numpy(weights.astype(np.float64)).to(getattr(torch, name))
        for count, replacement in ((1, False), (4, False), (9, True)):
            agree(
                lambda g: torch.multinomial(theirs.t(), count, replacement, generator=g),
                lambda s: discrete.multinomial(s, weights.T, count, replacement),
            )


LAYOUTS = {
    "contiguous": lambda empty: empty(4, 6),
    "transposed": lambda empty: empty(6, 4).T,
    "every other": lambda empty: empty(4, 12)[:, ::2],
    "three axes": lambda empty: empty(2, 3, 4).swapaxes(0, 2).swapaxes(0, 1),
    "channels last": lambda empty: empty(1, 2, 4, 3).swapaxes(1, 3),
    "thin": lambda empty: empty(1, 24, 2)[..., 0],
}


@pytest.mark.parametrize("layout", list(LAYOUTS))
@pytest.mark.parametrize("method", ["uniform_", "normal_", "bernoulli_", "random_", "exponential_"])
def test_fill_follows_the_memory(layout: str, method: str) -> None:
    theirs = getattr(LAYOUTS[layout](torch.empty), method)(
        generator=torch.Generator().manual_seed(3)
    )
    ours = LAYOUTS[layout](lambda *shape: np.empty(shape, np.float32))
    assert ours.shape == tuple(theirs.shape)
    sampler: Any = {
        "uniform_": samplers.uniform,
        "normal_": lambda s, n: samplers.normal(s, n, strided=not theirs.is_contiguous()),
        "bernoulli_": lambda s, n: discrete.bernoulli(s, 0.5, n),
        "random_": lambda s, n: discrete.random_(s, n, np.float32),
        "exponential_": samplers.exponential,
    }[method]
    samplers.fill(ours, sampler(Stream(3), (theirs.numel(),)))
    assert bits(ours) == bits(theirs)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("shape", [(3,), (40,), (31, 33)])
def test_dropout_is_a_toss(p: float, shape: tuple[int, ...]) -> None:
    torch.manual_seed(8)
    theirs = torch.nn.functional.dropout(torch.ones(shape), p)
    ours = discrete.bernoulli(Stream(8), 1 - p, shape) / np.float32(1 - p)
    assert bits(ours.astype(np.float32)) == bits(theirs)


def test_permutations_too_long_for_one_word_a_swap(monkeypatch: pytest.MonkeyPatch) -> None:
    # PyTorch's begin at 2**32 / 20 numbers, and were compared once: 1.7 GB are too much here.
    monkeypatch.setattr(discrete, "_LONG_PERMUTATION", 0)
    for count in (0, 1, 2, 50, 70_000):
        stream, words = Stream(1), Stream(1)
        expected: list[int] = []
        for number in range(count):
            place = int(words.random64(1)[0]) % (number + 1)
            expected.append(number)
            expected[number], expected[place] = expected[place], number
        assert discrete.randperm(stream, count).tolist() == expected
        assert bytes(stream.get_state()) == bytes(words.get_state())


def half(values: list[float]) -> Any:
    return np.array(values, np.float32)


ERRORS: list[tuple[str, str]] = [
    ("torch.empty(3).uniform_(2, 1)", "S.uniform(s, (3,), 'f4', 2, 1)"),
    ("torch.empty(3).uniform_(1/3, -1e-7)", "S.uniform(s, (3,), 'f4', 1/3, -1e-7)"),
    ("torch.empty(3).uniform_(inf, 1)", "S.uniform(s, (3,), 'f4', inf, 1)"),
    ("torch.empty(3).uniform_(0, nan)", "S.uniform(s, (3,), 'f4', 0, nan)"),
    ("torch.empty(3).uniform_(-3e38, 3e38)", "S.uniform(s, (3,), 'f4', -3e38, 3e38)"),
    ("torch.empty(3, dtype=torch.half).uniform_(0, 1e5)", "S.uniform(s, (3,), 'f2', 0, 1e5)"),
    ("torch.empty(3, dtype=torch.half).uniform_(-6e4, 6e4)", "S.uniform(s, (3,), 'f2', -6e4, 6e4)"),
    ("torch.empty(3, dtype=torch.cfloat).uniform_(1e39, 2)", "S.uniform(s, (3,), 'c8', 1e39, 2)"),
    ("torch.rand(3, dtype=torch.long)", "S.uniform(s, (3,), 'i8')"),
    ("torch.randn(3, dtype=torch.long)", "S.normal(s, (3,), 'i8')"),
    ("torch.empty(3).normal_(0, -1)", "S.normal(s, (3,), 'f4', 0, -1)"),
    ("torch.empty(0).normal_(0, nan)", "S.normal(s, (0,), 'f4', 0, nan)"),
    ("torch.empty(3).exponential_(0)", "S.exponential(s, (3,), 'f4', 0)"),
    ("torch.empty(3).exponential_(nan)", "S.exponential(s, (3,), 'f4', nan)"),
    ("torch.empty(3).cauchy_(0, -1.5)", "S.cauchy(s, (3,), 'f4', 0, -1.5)"),
    ("torch.empty(3).log_normal_(0, 0)", "S.log_normal(s, (3,), 'f4', 0, 0)"),
    ("torch.empty(3).geometric_(1)", "D.geometric(s, (3,), 1)"),
    ("torch.empty(3).geometric_(0)", "D.geometric(s, (3,), 0)"),
    ("torch.empty(3).bernoulli_(1.5)", "D.bernoulli(s, 1.5, (3,))"),
    ("torch.empty(3).bernoulli_(nan)", "D.bernoulli(s, nan, (3,))"),
    ("torch.bernoulli(torch.tensor([0.5, 1.5]))", "D.bernoulli(s, half([0.5, 1.5]))"),
    ("torch.bernoulli(torch.tensor([nan]))", "D.bernoulli(s, half([nan]))"),
    ("torch.bernoulli(torch.tensor([1]))", "D.bernoulli(s, np.array([1]), dtype='i8')"),
    ("torch.randint(3, 3, (2,))", "D.randint(s, 3, 3, (2,))"),
    ("torch.randint(5, 3, (0,))", "D.randint(s, 5, 3, (0,))"),
    ("torch.randperm(-1)", "D.randperm(s, -1)"),
    ("torch.randperm(2050, dtype=torch.half)", "D.randperm(s, 2050, 'f2')"),
    ("torch.randperm(2**24 + 2, dtype=torch.float)", "D.randperm(s, 2**24 + 2, 'f4')"),
    ("torch.randperm(257, dtype=torch.uint8)", "D.randperm(s, 257, 'u1')"),
    ("torch.randperm(32769, dtype=torch.short)", "D.randperm(s, 32769, 'i2')"),
    ("torch.randperm(2**31 + 1, dtype=torch.int)", "D.randperm(s, 2**31 + 1, 'i4')"),
    ("torch.multinomial(torch.tensor(1.0), 1)", "D.multinomial(s, half(1.0), 1)"),
    ("torch.multinomial(torch.ones(2, 2, 2), 1)", "D.multinomial(s, np.ones((2, 2, 2)), 1)"),
    ("torch.multinomial(torch.tensor([1, 2]), 1)", "D.multinomial(s, np.array([1, 2]), 1)"),
    ("torch.multinomial(torch.ones(3), 0)", "D.multinomial(s, np.ones(3), 0)"),
    ("torch.multinomial(torch.ones(3), 4)", "D.multinomial(s, np.ones(3), 4)"),
    ("torch.multinomial(torch.ones(2**24 + 1), 1)", "D.multinomial(s, np.ones(2**24 + 1), 1)"),
]
for row in ("[0, 0]", "[1, -1]", "[1, nan]", "[1, inf]", "[[1, 2], [0, 0]]"):
    for tail in ("1", "1, True", "3, True"):
        ERRORS.append(
            (
                f"torch.multinomial(torch.tensor({row}, dtype=torch.float), {tail})",
                f"D.multinomial(s, half({row}), {tail})",
            )
        )


@pytest.mark.parametrize(("theirs", "ours"), ERRORS, ids=[theirs for theirs, _ in ERRORS])
def test_errors_come_before_any_draw(theirs: str, ours: str) -> None:
    names = {"inf": np.inf, "nan": np.nan, "np": np, "half": half, "torch": torch}
    expected = outcome(lambda _: eval(theirs, names), None)
    assert len(expected) == 2, "PyTorch does not raise"
    stream = Stream(2)
    names |= {"S": samplers, "D": discrete, "s": stream}
    assert outcome(lambda _: eval(ours, names), None) == expected
    assert bytes(stream.get_state()) == bytes(Stream(2).get_state())


@pytest.mark.parametrize(("low", "high"), [(-(2**24) - 1, 5), (0, 2**24 + 2)])
def test_warning_of_floats_that_skip_integers(low: int, high: int) -> None:
    with pytest.warns(UserWarning) as theirs:
        torch.randint(low, high, (2,), dtype=torch.float)
    expected = str(theirs[0].message).split(" (Triggered")[0]
    with pytest.warns(UserWarning, match=re.escape(expected)):
        discrete.randint(Stream(), low, high, (2,), np.float32)
