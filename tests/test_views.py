"""The rules of views and in-place operations, told one by one."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from tests.libraries import LIBRARIES


@pytest.fixture(params=LIBRARIES)
def torch(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_views_share_memory_and_version(torch: ModuleType) -> None:
    x = torch.zeros(2, 3)
    row, column, flat = x[1], x[:, 2], x.view(-1)
    row[2] = 5
    assert x[1, 2] == column[1] == flat[5] == 5
    column += 1
    assert flat.tolist() == [0, 0, 1, 0, 0, 6]
    assert x._version == row._version == column._version == flat._version == 2
    assert all(v._base is x and v._is_view() for v in (row, column, flat, row[1:]))


def test_a_copy_shares_neither(torch: ModuleType) -> None:
    x = torch.zeros(2, 3)
    copy = x.t().contiguous()
    copy.add_(1)
    assert x.tolist() == [[0.0] * 3] * 2 and x._version == 0
    assert copy._base is None and copy.stride() == (2, 1)


def test_a_view_of_a_view_has_the_first_base(torch: ModuleType) -> None:
    x = torch.zeros(2, 3, 4)
    v = x[1].t()[2:, 1:].unsqueeze(0)
    assert v._base is x
    assert v.storage_offset() == 12 + 4 + 2
    assert v.stride()[1:] == (1, 4)


def test_writing_a_view_rewrites_its_base(torch: ModuleType) -> None:
    """The gradient of the base goes through the write for the view's elements only."""
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1
    y[1:].mul_(y[:2].detach().clone())
    y.backward(torch.tensor([1.0, 10.0, 100.0]))
    assert y.grad_fn.name() == "torch::autograd::CopySlices"
    assert x.grad.tolist() == [1.0, 10.0, 200.0]


def test_writing_the_base_renews_its_views(torch: ModuleType) -> None:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1
    v = y[1:]
    assert v.grad_fn.name() == "SliceBackward0"
    y.mul_(x)
    assert v.grad_fn.name() == "AsStridedBackward0"
    assert v.tolist() == [4.0, 9.0]
    (g,) = torch.autograd.grad(v.sum(), x)
    assert g.tolist() == [0.0, 4.0, 6.0]


def test_nothing_is_half_done(torch: ModuleType) -> None:
    """An operation that is refused has changed neither values nor versions nor history."""
    leaf = torch.ones(3, requires_grad=True)
    y = leaf * 2
    fn = y.grad_fn
    for write in (
        lambda: y.add_(torch.ones(2)),
        lambda: y.mul_("a"),
        lambda: y[:2].copy_(torch.ones(3)),
        lambda: y.__setitem__(7, 1),
        lambda: y.unbind()[0].add_(1),
        lambda: leaf.add_(1),
        lambda: leaf[:2].add_(1),
    ):
        with pytest.raises((RuntimeError, TypeError, IndexError)):
            write()
        assert y.tolist() == [2.0, 2.0, 2.0] and leaf.tolist() == [1.0, 1.0, 1.0]
        assert y._version == 0 and y.grad_fn is fn and leaf._version == 0


def test_a_base_may_die_before_its_view(torch: ModuleType) -> None:
    x = torch.ones(2, 3, requires_grad=True)
    v = (x * 2)[0]
    v.mul_(3)
    v.sum().backward()
    assert x.grad.tolist() == [[6.0] * 3, [0.0] * 3]


def test_swapped_tensors(torch: ModuleType) -> None:
    a, b = torch.zeros(2), torch.ones(3, requires_grad=True)
    a.tag = "a"
    torch.utils.swap_tensors(a, b)
    assert a.tolist() == [1.0, 1.0, 1.0] and a.requires_grad
    assert b.tolist() == [0.0, 0.0] and b.tag == "a"
