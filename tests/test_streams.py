"""The random streams: words, state, and the arithmetic that gives PyTorch's last bits.

What PyTorch gave once is kept as literals and digests, so that the streams are held to it where
PyTorch is absent; where it is there, it is the judge.
"""

from __future__ import annotations

import copy
import hashlib
import pickle
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from rushlight.kernels import discrete, samplers
from rushlight.kernels.fma import scale_shift_
from rushlight.kernels.streams import BLOCK, DEFAULT_SEED, STATE, STATE_WORDS, Stream
from tests.streams_judge import Draw, bits


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch", reason="PyTorch is the judge here")


class TestLiterals:
    """Values and digests of what PyTorch 2.13 gives for seed 2024."""

    def test_words(self) -> None:
        words = [2525503112, 3251949050, 3002649184, 3172895360]
        assert Stream(2024).random_raw32(4).tolist() == words
        pairs = [words[0] << 32 | words[1], words[2] << 32 | words[3]]
        assert Stream(2024).random64(2).tolist() == pairs

    @pytest.mark.parametrize(
        ("digest", "draw"),
        [
            ("32f1d3bf5a3d4712", lambda s: s.random_raw32(2000)),
            ("81d9cbbec677c5f7", lambda s: samplers.uniform(s, (10007,))),
            ("586807ae31e5ab53", lambda s: samplers.uniform(s, (10007,), np.float32, -0.3, 2.7)),
            ("9d275e6701da8029", lambda s: samplers.uniform(s, (10007,), np.float64)),
            ("f948e1cc28e74c71", lambda s: samplers.uniform(s, (10007,), np.float16)),
            ("3adf592456451ea4", lambda s: samplers.normal(s, (10007,))),
            ("4e38a5c6d7360365", lambda s: samplers.normal(s, (10007,), np.float32, 0.3, 1.7)),
            ("0a4ac74b3da1ab4d", lambda s: samplers.normal(s, (10007,), np.float16)),
            ("f7f6d52a73e2c176", lambda s: discrete.randint(s, -5, 1000, (10007,))),
            ("40cba5f5aa18a75e", lambda s: discrete.randint(s, 0, 1 << 40, (10007,))),
            ("22e575e607c2fdfa", lambda s: discrete.randperm(s, 10007)),
            ("32cd730270cab303", lambda s: discrete.bernoulli(s, 0.3, (10007,))),
            (
                "22725ae1b01b45f5",
                lambda s: discrete.bernoulli(s, np.linspace(0, 1, 10007, dtype=np.float32)),
            ),
        ],
    )
    def test_digests(self, digest: str, draw: Draw) -> None:
        assert hashlib.sha256(bits(draw(Stream(2024)))).hexdigest()[:16] == digest

    @pytest.mark.parametrize(
        ("values", "draw"),
        [
            (
                [-0.04042916736941367, 1.72599212022981, -0.8140387642807665, 1.3721666341808492],
                lambda s: samplers.normal(s, (4,), np.float64),
            ),
            (
                [-0.7040247420378066, 0.2994621994006874, 0.7176353700328852],
                lambda s: samplers.normal(s, (16,), np.float64)[[0, 8, 15]],
            ),
            (
                [0.14633211156782433, 0.7451708291673949, 0.20414823368869883],
                lambda s: samplers.exponential(s, (3,), np.float64, 2.0),
            ),
            (
                [-0.976850571359654, 1.168649712497302, -0.5694816149301353],
                lambda s: samplers.cauchy(s, (3,), np.float64),
            ),
        ],
    )
    def test_values_of_the_c_library(self, values: list[float], draw: Draw) -> None:
        np.testing.assert_allclose(draw(Stream(2024)), values, rtol=1e-15)


class TestStream:
    def test_the_size_of_a_draw_does_not_show(self) -> None:
        whole, parts = Stream(5), Stream(5)
        for method in ("random_raw32", "random64", "unit32", "unit64"):
            sizes = [1, BLOCK, 0, BLOCK - 1, 300]
            pieces = [getattr(parts, method)(size) for size in sizes]
            assert bits(getattr(whole, method)(sum(sizes))) == bits(np.concatenate(pieces))

    @pytest.mark.parametrize("seed", [0, 1, 42, 2**32 - 1, 2**32 + 5, 2**64 - 1, -1, -(2**63)])
    def test_seeds(self, torch: Any, seed: int) -> None:
        generator, stream = torch.Generator().manual_seed(seed), Stream(seed)
        assert stream.initial_seed == generator.initial_seed()
        assert bytes(stream.get_state()) == bytes(generator.get_state().numpy())
        assert bits(samplers.uniform(stream, (9,))) == bits(torch.rand(9, generator=generator))

    def test_default_seed(self, torch: Any) -> None:
        assert Stream().initial_seed == DEFAULT_SEED == torch.Generator().initial_seed()

    @pytest.mark.parametrize("seed", [2**64, -(2**63) - 1])
    def test_seed_out_of_range(self, seed: int) -> None:
        stream = Stream(3)
        with pytest.raises(ValueError, match="Overflow when unpacking long long"):
            stream.seed(seed)
        assert bytes(stream.get_state()) == bytes(Stream(3).get_state())

    def test_seeding_drops_the_waiting_normal(self) -> None:
        stream = Stream(3)
        first = samplers.normal(stream, (1,))
        stream.seed(3)
        assert bits(samplers.normal(stream, (1,))) == bits(first)

    @pytest.mark.parametrize("copied", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
    def test_copies_go_on_by_themselves(self, copied: Callable[[Stream], Stream]) -> None:
        stream = Stream(4)
        samplers.normal(stream, (3,))
        twin = copied(stream)
        assert bits(samplers.normal(twin, (20,))) == bits(samplers.normal(stream, (20,)))
        twin.seed(9)
        assert bits(twin.random_raw32(5)) == bits(Stream(9).random_raw32(5))
        assert bits(stream.random_raw32(5)) != bits(Stream(9).random_raw32(5))

    def test_streams_are_apart(self) -> None:
        one, other = Stream(1), Stream(2)
        one.raw(10)
        assert bits(other.random_raw32(5)) == bits(Stream(2).random_raw32(5))


class TestState:
    @pytest.mark.parametrize("words", [0, 1, 623, 624, 625, 1248, 5000])
    @pytest.mark.parametrize("normals", [0, 1, 2])
    def test_goes_both_ways(self, torch: Any, words: int, normals: int) -> None:
        generator, stream = torch.Generator().manual_seed(11), Stream(11)
        torch.rand(words, generator=generator)
        torch.randn(normals, generator=generator)
        stream.raw(words)
        samplers.normal(stream, (normals,))
        theirs, ours = generator.get_state(), stream.get_state()
        assert ours.dtype == np.uint8
        assert bytes(ours) == bytes(theirs.numpy())

        taken, given = Stream(0), torch.Generator()
        taken.set_state(theirs.numpy())
        given.set_state(torch.from_numpy(ours.copy()))
        assert taken.initial_seed == given.initial_seed() == 11
        assert bytes(taken.get_state()) == bytes(ours)
        for count in (1, 3, 700, 16):
            expected = bits(torch.randn(count, generator=generator))
            assert bits(samplers.normal(taken, (count,))) == expected
            assert bits(torch.randn(count, generator=given)) == expected

    def test_is_a_copy(self) -> None:
        stream = Stream(6)
        samplers.normal(stream, (1,))
        state = stream.get_state()
        rest = bits(samplers.normal(stream, (5,)))
        for _ in range(2):
            stream.set_state(state)
            assert bits(samplers.normal(stream, (5,))) == rest

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda state: state[:-8],
            lambda state: state[:0],
            lambda state: np.zeros_like(state),
            lambda state: with_field(state, "left", 0),
            lambda state: with_field(state, "left", STATE_WORDS + 1),
            lambda state: with_field(state, "next", STATE_WORDS + 1),
            lambda state: with_field(state, "seeded", 0),
        ],
    )
    def test_that_is_none(self, torch: Any, spoil: Callable[[Any], Any]) -> None:
        stream = Stream(9)
        state = spoil(Stream(4).get_state())
        with pytest.raises(RuntimeError) as theirs:
            torch.Generator().set_state(torch.from_numpy(state.copy()))
        with pytest.raises(RuntimeError) as ours:
            stream.set_state(state)
        assert str(ours.value) == str(theirs.value).splitlines()[0]
        assert bytes(stream.get_state()) == bytes(Stream(9).get_state())

    def test_of_another_dtype(self) -> None:
        state: Any = np.zeros(5056, np.float32)
        with pytest.raises(TypeError, match="RNG state must be a torch"):
            Stream().set_state(state)


def with_field(state: Any, field: str, value: int) -> Any:
    fields = state.copy().view(STATE)
    fields[field] = value
    return fields.view(np.uint8)


CALLS: list[tuple[Callable[[Any, int, Any], Any], Callable[[Stream, int], Any]]] = [
    (lambda t, n, g: t.rand(n, generator=g), lambda s, n: samplers.uniform(s, (n,))),
    (
        lambda t, n, g: t.rand(n, dtype=t.float64, generator=g),
        lambda s, n: samplers.uniform(s, (n,), np.float64),
    ),
    (lambda t, n, g: t.randn(n, generator=g), lambda s, n: samplers.normal(s, (n,))),
    (
        lambda t, n, g: t.randn(n, dtype=t.float64, generator=g),
        lambda s, n: samplers.normal(s, (n,), np.float64),
    ),
    (
        lambda t, n, g: t.randn(n, dtype=t.float16, generator=g),
        lambda s, n: samplers.normal(s, (n,), np.float16),
    ),
    (
        lambda t, n, g: t.empty(n, 3)[:, 1].normal_(1, 2, generator=g),
        lambda s, n: samplers.normal(s, (n,), np.float32, 1, 2, strided=True),
    ),
    (
        lambda t, n, g: t.randint(0, 10, (n,), generator=g),
        lambda s, n: discrete.randint(s, 0, 10, (n,)),
    ),
    (
        lambda t, n, g: t.randint(0, 2**40, (n,), generator=g),
        lambda s, n: discrete.randint(s, 0, 2**40, (n,)),
    ),
    (lambda t, n, g: t.randperm(n, generator=g), lambda s, n: discrete.randperm(s, n)),
    (
        lambda t, n, g: t.empty(n).bernoulli_(0.4, generator=g),
        lambda s, n: discrete.bernoulli(s, 0.4, (n,)),
    ),
    (
        lambda t, n, g: t.bernoulli(t.full((n,), 0.25), generator=g),
        lambda s, n: discrete.bernoulli(s, np.full(n, 0.25, np.float32)),
    ),
    (
        lambda t, n, g: t.empty(n).exponential_(generator=g),
        lambda s, n: samplers.exponential(s, (n,)),
    ),
    (
        lambda t, n, g: t.empty(n).log_normal_(generator=g),
        lambda s, n: samplers.log_normal(s, (n,)),
    ),
    (
        lambda t, n, g: t.multinomial(t.ones(n + 2), 2, True, generator=g),
        lambda s, n: discrete.multinomial(s, np.ones(n + 2, np.float32), 2, True),
    ),
]


@pytest.mark.parametrize("seed", range(20))
def test_any_mix_of_calls_stays_in_step(torch: Any, seed: int) -> None:
    choice = random.Random(seed)
    generator, stream = torch.Generator().manual_seed(seed), Stream(seed)
    for _ in range(60):
        theirs, ours = choice.choice(CALLS)
        size = choice.choice([0, 1, 2, 3, 7, 15, 16, 17, 31, 33, 100, 625, 1000])
        assert bits(ours(stream, size)) == bits(theirs(torch, size, generator))
        assert bytes(stream.get_state()) == bytes(generator.get_state().numpy())


def test_large_draws_are_the_same_block_by_block(torch: Any) -> None:
    for size in (16 * 2048 - 1, 16 * 2048, 16 * 2048 + 17, 200_003):
        for kind, dtype in ((torch.float32, np.float32), (torch.float64, np.float64)):
            generator, stream = torch.Generator().manual_seed(size), Stream(size)
            theirs = torch.randn(size, dtype=kind, generator=generator)
            assert bits(samplers.normal(stream, (size,), dtype)) == bits(theirs)
            assert bytes(stream.get_state()) == bytes(generator.get_state().numpy())


def untempered(words: Any) -> Any:
    """The twister's state for the words that come out of it."""
    words = words ^ words >> np.uint64(18)
    words = words ^ words << np.uint64(15) & np.uint64(0xEFC60000)
    left = words
    for _ in range(4):
        left = words ^ left << np.uint64(7) & np.uint64(0x9D2C5680)
    right = left
    for _ in range(2):
        right = left ^ right >> np.uint64(11)
    return right


def test_every_256th_uniform_number_becomes_the_same_normal(torch: Any) -> None:
    # Chosen words instead of drawn ones: radius and angle meet all there is, ends included.
    evenly = np.arange(0, 1 << 24, 256, dtype=np.uint64)
    evenly = np.concatenate([evenly, evenly + np.uint64(255)])
    other = np.random.default_rng(0).permutation(evenly)
    pairs = 8 * 38  # 38 rows of 16 words, out of one state
    generator, stream, state = torch.Generator(), Stream(), Stream(0).get_state().view(STATE)
    state["left"], state["next"] = STATE_WORDS, 1
    for start in range(0, len(evenly) - pairs, pairs):
        rows = np.stack([a[start : start + pairs].reshape(-1, 8) for a in (evenly, other)], 1)
        state["words"][0, 1 : 1 + rows.size] = untempered(rows.reshape(-1))
        generator.set_state(torch.from_numpy(state.view(np.uint8)))
        stream.set_state(state.view(np.uint8))
        theirs = torch.randn(rows.size, generator=generator)
        assert bits(samplers.normal(stream, (rows.size,))) == bits(theirs)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_multiplication_fused_with_addition(dtype: Any) -> None:
    choice = np.random.default_rng(3)
    for _ in range(300):
        values = choice.standard_normal(20) * 10.0 ** choice.integers(-6, 6, 20)
        values = values.astype(dtype)
        scale, shift = (choice.standard_normal(2) * 10.0 ** choice.integers(-6, 6, 2)).astype(dtype)
        for by, add in ((scale, shift), (scale, -values[0] * scale), (8.0, shift), (scale, 0.0)):
            exact = [
                dtype(float(Fraction(float(v)) * Fraction(float(by)) + Fraction(float(add))))
                for v in values
            ]
            assert scale_shift_(values.copy(), by, add).tolist() == [float(v) for v in exact]


def test_fused_at_the_ends_of_the_range() -> None:
    values = np.array([0.1, 0.3, 0.7])
    for scale, shift in ((1.1e308, 0.9e308), (-1.7e308, 1.0), (2.0**950 / 3, -(2.0**900))):
        exact = [float(Fraction(v) * Fraction(scale) + Fraction(shift)) for v in values.tolist()]
        assert scale_shift_(values.copy(), scale, shift).tolist() == exact
    for scale, shift in ((np.inf, 0.3), (0.3, np.inf), (0.3, np.nan)):
        fused = scale_shift_(values.copy(), scale, shift)
        np.testing.assert_array_equal(fused, scale * values + shift)
