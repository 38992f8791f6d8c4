"""Random tensors: numbers, dtypes, order in memory, errors; judged by PyTorch."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import rushlight
from tests.both import assert_alike, expressions, judge
from tests.libraries import LIBRARIES


@expressions(
    """
    torch.rand()
    torch.rand(2, dtype=torch.int64)
    torch.randn(2, dtype=torch.int64)
    torch.rand(-2)
    torch.rand_like(xi)
    torch.rand_like(x).requires_grad
    torch.randint_like(x, 5).dtype
    torch.randint_like(x, 0)
    torch.rand(2, generator=torch.Generator().manual_seed(0))
    torch.rand(2, generator=3)
    torch.rand((2, 3)).shape
    torch.rand(2, out=torch.empty(0))
    torch.rand(2, 3, out=torch.empty(3, 2).t())
    torch.rand(2, 3, out=torch.empty(3, 2, dtype=torch.complex64).t())
    torch.randn(5, 4, out=torch.empty(4, 5).t())
    torch.randn(20, out=torch.empty(40)[::2])
    torch.randn(2, 3, out=torch.empty(3, 2).t()[:1]).stride()
    torch.randint(9, (2, 3), out=torch.empty(3, 2).t())
    torch.randperm(5, out=torch.empty(10, dtype=torch.int64)[::2])
    torch.rand(2, requires_grad=True).requires_grad
    torch.rand(2, dtype=torch.float64).dtype
    torch.rand(2, dtype=torch.complex64).dtype
    torch.rand('a')
    torch.randn(2, dtype=torch.complex64).dtype
    torch.randn(2, out=torch.empty(0)).shape
    torch.randint(5, (3,)).dtype
    torch.randint(2, 5, (3,)).dtype
    torch.randint(0, (3,))
    torch.randint(5, 5, (3,))
    torch.randint(5, 3)
    torch.randint(5, (3,), dtype=torch.float32)
    torch.randint(300, (3,), dtype=torch.uint8)
    torch.randint(256, (3,), dtype=torch.uint8).dtype
    torch.randint(-1, 3, (3,), dtype=torch.uint8)
    torch.randint(2, (3,), dtype=torch.bool)
    torch.randint(3, (3,), dtype=torch.bool)
    torch.randint(2, (3,), dtype=torch.complex64)
    torch.randint(1.5, (3,))
    torch.randint(high=3, size=(2,)).shape
    torch.randint(low=1, high=3, size=(2,)).shape
    torch.randint(5, (3,), generator=torch.Generator()).shape
    torch.randint(5, (3,), requires_grad=True)
    torch.randint(-2 ** 63, 2 ** 63 - 1, (3,)).shape
    torch.randint(2 ** 63, (3,))
    torch.randperm(5).dtype
    torch.randperm(0)
    torch.randperm(-1)
    torch.randperm(5, dtype=torch.float32).dtype
    torch.randperm(5, dtype=torch.int8).dtype
    torch.randperm(300, dtype=torch.int8)
    torch.randperm(300, dtype=torch.uint8)
    torch.randperm(5, dtype=torch.bool)
    torch.randperm(5.0)
    torch.randperm(5, out=torch.empty(0, dtype=torch.int64)).shape
    torch.rand_like(x, generator=torch.Generator()).shape
    torch.randint_like(x, 2, 5).shape
    torch.randint_like(xi, 5, dtype=torch.float32).dtype
    torch.rand(2, out=torch.ones(2, requires_grad=True))
    torch.randn(2, out=torch.ones(2, requires_grad=True))
    torch.randperm(2, out=torch.ones(2, requires_grad=True))
    torch.randint(2, (2,), out=torch.ones(2, requires_grad=True))
    torch.randn(2, generator='a')
    torch.randint(5, (2,), generator=3)
    torch.randperm(5, generator=3)
    torch.rand_like(x, generator=3)
    torch.randint(5, (3,), out=torch.empty(0)).dtype
    torch.randint(5, (3,), out=torch.empty(0), dtype=torch.int64)
    torch.randint(5)
    torch.randint()
    torch.randint(5, 'a')
    torch.randint('a', (2,))
    torch.randint(1, 2, 3)
    torch.randint(torch.tensor(5), (2,)).shape
    torch.randint(0, torch.tensor(5), (2,)).shape
    torch.randint(0, 5, [2, 3]).shape
    torch.randint(0, 5, torch.Size([2, 3])).shape
    torch.randint(0, 5, size=2)
    torch.randint(5, (-2,))
    torch.randint(True, (2,))
    torch.randperm('a')
    torch.randperm(5, dtype=torch.complex64)
    torch.randperm(5, requires_grad=True)
    torch.randperm(5, dtype=torch.float32, requires_grad=True).requires_grad
    torch.rand_like(x, dtype=torch.float64).dtype
    torch.rand_like(torch.ones(2, 3).t()).stride()
    torch.randn_like(x, requires_grad=True).requires_grad
    torch.randint_like(x, 1, 'a')
    torch.randint_like(x)
    torch.randint_like(x, high=5).shape
    torch.randint_like(x, low=1, high=5).shape
    torch.rand(0).shape, torch.rand(()).shape, torch.randn(2, 0).shape
    torch.rand(size=(2,)).shape
    torch.rand(2, 3, generator=None).shape
    """
)
def test_factories(expression: str) -> None:
    """Random tensors of given sizes: the numbers and the errors."""
    assert_alike(expression)


@expressions(
    """
    torch.manual_seed(-1).initial_seed()
    torch.manual_seed(2 ** 64)
    torch.manual_seed(2 ** 64 - 1).initial_seed()
    torch.manual_seed(-2 ** 63).initial_seed()
    torch.manual_seed(-2 ** 63 - 1)
    torch.manual_seed('a')
    torch.get_rng_state().shape, torch.get_rng_state().dtype
    torch.set_rng_state(torch.zeros(3))
    torch.set_rng_state(torch.zeros(3, dtype=torch.uint8))
    torch.set_rng_state(3)
    torch.Generator('cpu').device
    torch.Generator(device='cpu').initial_seed()
    torch.Generator(None).device
    torch.Generator().manual_seed(3).initial_seed()
    type(torch.Generator().seed())
    torch.Generator().get_state().shape
    torch.Generator().set_state(torch.zeros(2))
    torch.Generator().manual_seed(1.5)
    torch.default_generator.initial_seed()
    torch.random.get_rng_state().shape
    torch.random.initial_seed()
    torch.random.manual_seed(3).initial_seed()
    torch.random.default_generator is torch.default_generator
    torch.random.seed() > 0
    torch.Generator(device='cpu').device
    torch.Generator(3)
    pickle.loads(pickle.dumps(g)).initial_seed()
    copy.deepcopy(g).initial_seed()
    g.set_state(3)
    g.set_state(torch.zeros(5056, dtype=torch.uint8))
    g.manual_seed(2 ** 64)
    g.manual_seed('a')
    g.manual_seed(True).initial_seed()
    g.manual_seed(torch.tensor(3))
    g.get_offset()
    g.set_offset(3)
    g.graphsafe_get_state()
    g.graphsafe_set_state(g)
    g.set_state(g.get_state().repeat_interleave(2)[::2])
    torch.random.fork_rng(devices=[0]).__enter__()
    torch.random.fork_rng(device_type='bad').__enter__()
    torch.manual_seed(torch.tensor(3.7)).initial_seed()
    torch.manual_seed(None)
    """
)
def test_generators(expression: str) -> None:
    """Generators and their states."""
    assert_alike(expression)


def test_a_long_mixture_stays_in_step() -> None:
    """The same calls give the same numbers, in whatever order and dtype they come."""

    def run(torch: ModuleType) -> list[Any]:
        torch.manual_seed(7)
        g = torch.Generator().manual_seed(8)
        m = torch.rand(3, 4)
        made = [
            torch.randn(5),
            torch.rand(7, dtype=torch.float64),
            torch.randint(-5, 5, (9,)),
            torch.randn(33, generator=g),
            torch.randperm(11),
            torch.empty(4, 5).t().uniform_(-1, 1),
            torch.empty(3, 6).t().normal_(2, 3),
            torch.bernoulli(m),
            torch.empty(4, 3).t().bernoulli_(m),
            torch.bernoulli(m.t(), 0.3),
            torch.normal(m, 2.0, generator=g),
            torch.normal(0.5, m),
            torch.normal(m, m[:1]),
            torch.multinomial(m, 2),
            torch.multinomial(m, 5, replacement=True),
            torch.rand_like(m.t()),
            torch.randn_like(m.t()),
            torch.randint_like(m.t(), 100),
            torch.empty(5).exponential_(2),
            torch.empty(5).geometric_(0.3),
            torch.empty(5).cauchy_(),
            torch.empty(5, dtype=torch.int16).random_(),
            torch.rand(2, dtype=torch.complex64),
            torch.randn(3, dtype=torch.complex128),
            torch.rand(3, dtype=torch.float16),
            torch.rand(3, dtype=torch.bfloat16),
        ]
        return [(t.stride(), str(t.dtype), t.tolist()) for t in made]

    for ours, theirs in zip(run(rushlight), run(judge)):
        assert ours == theirs


@pytest.mark.parametrize("torch", LIBRARIES)
def test_states_go_back(torch: ModuleType) -> None:
    torch.manual_seed(1)
    state = torch.get_rng_state()
    first = torch.randn(3).tolist()
    torch.set_rng_state(state)
    assert torch.randn(3).tolist() == first
    with torch.random.fork_rng():
        torch.rand(100)
    after = torch.rand(2).tolist()
    torch.set_rng_state(state)
    torch.randn(3)
    assert torch.rand(2).tolist() == after


def test_states_are_exchanged_with_pytorch() -> None:
    judge.manual_seed(11)
    judge.randn(3)
    rushlight.set_rng_state(rushlight.from_numpy(judge.get_rng_state().numpy()))
    assert rushlight.rand(5).tolist() == judge.rand(5).tolist()


def test_an_unseeded_program_cannot_be_foreseen() -> None:
    first, second = rushlight.seed(), rushlight.seed()
    assert first != second
    assert rushlight.initial_seed() == second
    assert rushlight.Generator().initial_seed() == 67280421310721
