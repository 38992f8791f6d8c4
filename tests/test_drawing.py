"""Odds in tensors, and drawing over tensors; judged by PyTorch."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.both import assert_alike, expressions
from tests.libraries import LIBRARIES


@expressions(
    """
    torch.normal(0.0, 1.0, (3,)).shape
    torch.normal(0.0, 1.0)
    torch.normal(x, 1.0).shape
    torch.normal(x, x).shape
    torch.normal(0.0, x).shape
    torch.normal(x).shape
    torch.normal(x, -1.0)
    torch.normal(x, -x)
    torch.normal(0.0, -1.0, (2,))
    torch.normal(xi, xi)
    torch.normal(x, torch.ones(2))
    torch.normal(mean=0.0, std=1.0, size=(2,)).shape
    torch.normal(r, 1.0)
    torch.normal(x, r)
    torch.normal(0.0, 1.0, (2,), out=torch.empty(0)).shape
    torch.normal(0, 1, (2,))
    torch.normal(x, std=2)
    torch.normal(0.0, 1.0, (2,), dtype=torch.float64).dtype
    torch.bernoulli(x * 0.5).shape
    torch.bernoulli(x * 2)
    torch.bernoulli(xi)
    torch.bernoulli(xi.bool())
    torch.bernoulli(r)
    torch.bernoulli(x, 0.5)
    torch.bernoulli(x, 1.5)
    torch.bernoulli(x, p=0.3)
    torch.bernoulli(r, 0.5).grad_fn
    torch.bernoulli(r).grad_fn
    torch.bernoulli(x, 0.5, out=torch.empty(0))
    x.bernoulli(0.3).shape
    torch.multinomial(x, 2).shape
    torch.multinomial(x, 4)
    torch.multinomial(x, 4, replacement=True).shape
    torch.multinomial(x, 0)
    torch.multinomial(xi, 1)
    torch.multinomial(torch.ones(2, 3, 4), 1)
    torch.multinomial(torch.tensor(1.0), 1)
    torch.multinomial(-x, 1)
    torch.multinomial(x * 0, 1)
    torch.multinomial(x * float('nan'), 1)
    torch.multinomial(torch.tensor([1.0, 0, 0]), 2)
    torch.multinomial(torch.ones(0), 1)
    torch.multinomial(r, 1)
    torch.bernoulli(x, generator=3)
    torch.normal(x, x, generator=3)
    torch.multinomial(x, 1, generator=3)
    torch.multinomial(x, 1.5)
    torch.multinomial(x, 1, 1)
    torch.multinomial([1], 1)
    torch.multinomial(x, 2, out=torch.empty(0, dtype=torch.int64)).shape
    torch.multinomial(x, 2, out=torch.empty(0))
    torch.normal('a', 1)
    torch.normal(x, 'a')
    torch.normal(1.0, x).dtype
    torch.normal(torch.ones(2, 1), torch.ones(3)).shape
    torch.normal(x.double(), x).dtype
    torch.normal(x, x.double()).dtype
    torch.normal(1.0, xi)
    torch.normal(xi, 1.0)
    torch.normal(x, 1.0, out=torch.empty(0)).shape
    torch.normal(torch.tensor(1.0), 2.0, out=torch.empty(2, 3))
    torch.normal(torch.ones(3), 2.0, out=torch.empty(2, 3, dtype=torch.float64))
    torch.normal(torch.ones(3), 2.0, out=torch.empty(3, 2).t())
    torch.normal(torch.ones(3), 2.0, out=torch.empty(2))
    torch.normal(0.0, 1.0, (2, 3), out=torch.empty(3, 2).t())
    torch.normal(0.0, torch.tensor(1.0), out=torch.empty(0))
    torch.normal(0.0, 1.0, (2,), requires_grad=True).requires_grad
    torch.normal(0.0, 1.0, 2)
    torch.bernoulli(torch.ones(2, 3).t() * 0.5).stride()
    torch.bernoulli(x, 0.5, generator=g).shape
    torch.bernoulli(xi, 0.5).dtype
    torch.bernoulli(x, out=torch.empty(0)).shape
    torch.bernoulli(x, out=torch.empty(0, dtype=torch.int64)).dtype
    x.bernoulli().shape, x.bernoulli(p=0.5).shape, x.multinomial(2).shape
    torch.bernoulli(x * 0.5, p=torch.tensor(0.5)).shape
    torch.bernoulli(x, True)
    torch.normal(True, 1.0, (2,))
    torch.normal(torch.tensor(1.0), torch.tensor(2.0)).shape
    torch.normal(1.0, 1.0, size=(2,), dtype=torch.int64)
    torch.normal(x, 1.0, (3,))
    torch.normal(x.bool(), 1.0)
    torch.normal(x, torch.tensor(-1.0))
    torch.normal(x, 1j)
    torch.normal(0.0, torch.ones(2, dtype=torch.complex64)).dtype
    torch.normal(x.half(), 1.0).dtype
    torch.multinomial(r, 2).requires_grad
    """
)
def test_sampling(expression: str) -> None:
    """Odds given by tensors."""
    assert_alike(expression)


@expressions(
    """
    x.clone().uniform_(1, 0)
    x.clone().uniform_(float('nan'), 1)
    x.clone().uniform_(-1e+38, 1e+39)
    x.clone().uniform_(-3e+38, 3e+38)
    xi.clone().uniform_()
    r.uniform_()
    (r * 2).uniform_().grad_fn
    (r * 2).normal_().grad_fn
    (r * 2).random_().grad_fn
    (r * 2).bernoulli_().grad_fn
    (r * 2).bernoulli_(torch.ones(3) * 0.5).grad_fn
    (r * 2).exponential_().grad_fn
    (r * 2).geometric_(0.5).grad_fn
    (r * 2).log_normal_().grad_fn
    (r * 2).cauchy_().grad_fn
    x.clone().normal_(0, -1)
    xi.clone().normal_()
    x.clone().random_(5).dtype
    x.clone().random_(5, 3)
    xi.clone().random_(2, 5)
    xi.clone().random_(0)
    xi.clone().to(torch.uint8).random_(300)
    xi.clone().to(torch.uint8).random_(-1, 3)
    x.clone().half().random_(5000)
    xi.clone().bool().random_()
    xi.clone().bernoulli_(0.5)
    xi.clone().bernoulli_(1.5)
    xi.clone().bernoulli_(torch.ones(3) * 2)
    xi.clone().bernoulli_(torch.ones(2))
    xi.clone().bernoulli_(torch.ones(3, dtype=torch.int64))
    xi.clone().exponential_()
    x.clone().exponential_(-1)
    x.clone().exponential_(0)
    x.clone().geometric_(0)
    x.clone().geometric_(1.5)
    xi.clone().geometric_(0.5).dtype
    x.clone().log_normal_(0, -1)
    x.clone().cauchy_(0, -1)
    x.clone().uniform_(0, 1, generator=torch.Generator()).shape
    x.clone().uniform_(0, 1, torch.Generator())
    x.clone().uniform_('a')
    x.clone().uniform_(from_=1)
    x.clone().uniform_(to=3).shape
    x.clone().uniform_(generator=3)
    x.clone().normal_(0, 1, generator=3)
    x.clone().random_(2, None).shape
    x.clone().random_(0, 5, 3)
    x.clone().random_('a')
    x.clone().random_(1.5)
    x.clone().random_(to=5).shape
    x.clone().normal_('a')
    x.clone().normal_(mean=1, std=2).shape
    x.clone().normal_(torch.tensor(1.0), 2).shape
    x.clone().bernoulli_('a')
    x.clone().bernoulli_().shape
    x.clone().bernoulli_(p=0.3).shape
    x.clone().bernoulli_(torch.tensor(0.3)).shape
    x.clone().exponential_(lambd=2).shape
    x.clone().geometric_(p=0.5).shape
    x.clone().cauchy_(1, 2).shape
    x.clone().log_normal_(1, 2).shape
    x.expand(2, 3).uniform_()
    x.clone().uniform_(1, 2, 3)
    x.clone().uniform_(**{'from': 1, 'to': 2})
    x.clone().uniform_(0, to=2).shape
    x.clone().uniform_(torch.tensor(0.0), torch.tensor(2.0)).shape
    x.clone().uniform_(np.float32(0), 1).shape
    x.clone().uniform_(True, 2)
    x.clone().uniform_(None, 2)
    x.clone().normal_(True)
    x.clone().normal_(1j)
    x.clone().normal_(1, 'a')
    x.clone().normal_(0, 1, 2)
    x.clone().random_(**{'from': 1, 'to': 3}).shape
    x.clone().random_(**{'from': 1, 'to': None}).shape
    x.clone().random_(1, to=3).shape
    x.clone().random_(True)
    x.clone().random_(None)
    x.clone().random_(2 ** 63)
    x.clone().random_(-2 ** 63, None)
    x.clone().bernoulli_(True)
    x.clone().bernoulli_(0.5, 0.5)
    x.clone().bernoulli_(p=torch.ones(3) * 0.5).shape
    x.clone().bernoulli_(torch.ones(2, 3))
    x.clone().bernoulli_(torch.ones(1)).shape
    x.clone().bernoulli_(None)
    x.clone().exponential_('a')
    x.clone().geometric_('a')
    x.clone().geometric_(None)
    x.clone().cauchy_('a')
    x.clone().log_normal_(1, 'b')
    x.bernoulli_(generator=3)
    x.random_(generator=3)
    x.exponential_(generator=3)
    xi.clone().cauchy_()
    xi.clone().log_normal_()
    r.uniform_('a')
    r.normal_(0, -1)
    r.bernoulli_(2)
    r.random_(5, 3)
    """
)
def test_drawing(expression: str) -> None:
    """Drawing over a tensor."""
    assert_alike(expression)


@pytest.mark.parametrize("torch", LIBRARIES)
def test_drawing_is_recorded_with_a_cotangent_of_zero(torch: ModuleType) -> None:
    x = torch.ones(3, requires_grad=True)
    odds = torch.tensor([0.5], requires_grad=True)
    draws = {
        "UniformBackward0": (x * 1).uniform_(),
        "NormalBackward0": (x * 1).normal_(),
        "RandomBackward2": (x * 1).random_(),
        "RandomBackward1": (x * 1).random_(5),
        "RandomBackward0": (x * 1).random_(1, 5),
        "BernoulliBackward0": torch.bernoulli(x),
        "BernoulliBackward1": (x * 1).bernoulli_(odds),
        "BernoulliBackward2": (x * 1).bernoulli_(),
        "ExponentialBackward0": (x * 1).exponential_(),
        "GeometricBackward0": (x * 1).geometric_(0.5),
        "LogNormalBackward0": (x * 1).log_normal_(),
        "CauchyBackward0": (x * 1).cauchy_(),
        "NormalBackward1": torch.normal(x, 1.0),
        "NormalBackward2": torch.normal(1.0, x),
        "NormalBackward3": torch.normal(x, odds),
    }
    for name, y in draws.items():
        assert y.grad_fn.name() == name
        (g,) = torch.autograd.grad(y.sum(), x)
        assert g.tolist() == [0.0, 0.0, 0.0]
    y = torch.bernoulli(x, 0.5)
    with pytest.raises(RuntimeError, match="derivative for aten::bernoulli is not implemented"):
        y.sum().backward()


@pytest.mark.parametrize("torch", LIBRARIES)
def test_errors_come_before_a_word_is_drawn(torch: ModuleType) -> None:
    torch.manual_seed(2)
    leaf = torch.ones(3, requires_grad=True)
    mistakes = [
        lambda: leaf.uniform_(),
        lambda: torch.ones(3).expand(2, 3).normal_(),
        lambda: torch.ones(2).uniform_(1, 0),
        lambda: torch.randint(0, (3,)),
        lambda: torch.multinomial(torch.ones(2), 3),
        lambda: torch.normal(torch.ones(2), -1.0),
        lambda: torch.randperm(-1),
    ]
    for mistake in mistakes:
        with pytest.raises(RuntimeError):
            mistake()
    after = torch.rand(3).tolist()
    torch.manual_seed(2)
    assert torch.rand(3).tolist() == after
