"""In-place operations under forward mode: what happens to the tangents."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from tests.libraries import LIBRARIES


@pytest.fixture(params=LIBRARIES)
def torch(request: pytest.FixtureRequest) -> Any:
    fwd = request.param.autograd.forward_ad
    with fwd.dual_level():
        yield request.param


def dual(torch: ModuleType) -> Any:
    tangent = torch.tensor([1.0, 10.0, 100.0])
    return torch.autograd.forward_ad.make_dual(torch.tensor([1.0, 2.0, 3.0]), tangent)


def tangent(torch: ModuleType, t: Any) -> Any:
    found = torch.autograd.forward_ad.unpack_dual(t).tangent
    return None if found is None else found.tolist()


def test_a_dual_is_written(torch: ModuleType) -> None:
    x = dual(torch)
    y = x * 1
    assert y.mul_(x) is y
    assert tangent(torch, y) == [2.0, 40.0, 600.0]
    assert tangent(torch, x) == [1.0, 10.0, 100.0]


def test_a_plain_tensor_takes_a_tangent(torch: ModuleType) -> None:
    z = torch.zeros(2, 3)
    z[0] = dual(torch)
    assert tangent(torch, z) == [[1.0, 10.0, 100.0], [0.0, 0.0, 0.0]]


def test_a_view_gives_its_base_a_tangent(torch: ModuleType) -> None:
    z = torch.zeros(2, 3)
    z.t()[:, 1].add_(dual(torch))
    assert tangent(torch, z) == [[0.0, 0.0, 0.0], [1.0, 10.0, 100.0]]


def test_a_real_view_of_complex_numbers_too(torch: ModuleType) -> None:
    z = torch.zeros(3, dtype=torch.complex64)
    z.real.add_(dual(torch))
    assert tangent(torch, z) == [1 + 0j, 10 + 0j, 100 + 0j]


def test_views_share_tangents(torch: ModuleType) -> None:
    y = dual(torch) * 1
    v = y[1:]
    y.mul_(2)
    assert tangent(torch, v) == [20.0, 200.0]
    v.zero_()
    assert tangent(torch, y) == [2.0, 0.0, 0.0]
    assert tangent(torch, v) == [0.0, 0.0]


def test_the_given_tangent_is_written(torch: ModuleType) -> None:
    given = torch.tensor([1.0, 10.0, 100.0])
    x = torch.autograd.forward_ad.make_dual(torch.ones(3), given)
    x.mul_(2)
    assert given.tolist() == [2.0, 20.0, 200.0]


def test_results_do_not_share_their_inputs_tangents(torch: ModuleType) -> None:
    x = dual(torch)
    y = x + 1
    z = torch.zeros(3) + x
    w = x + torch.zeros(2, 3)
    for t in (y, z, w):
        t.mul_(2)
    assert tangent(torch, x) == [1.0, 10.0, 100.0]
    assert tangent(torch, w) == [[2.0, 20.0, 200.0]] * 2


def test_values_without_a_tangent_clear_it(torch: ModuleType) -> None:
    for write in (
        lambda y: y.fill_(2),
        lambda y: y.copy_(torch.ones(3)),
        lambda y: y.zero_(),
    ):
        y = dual(torch) * 1
        write(y)
        assert tangent(torch, y) == [0.0, 0.0, 0.0]
    y[0] = dual(torch)[2]
    assert tangent(torch, y) == [100.0, 0.0, 0.0]


def test_detached_writes_leave_the_tangent(torch: ModuleType) -> None:
    y = dual(torch) * 1
    y.detach().mul_(2)
    y.data.mul_(2)
    assert y.detach().tolist() == [4.0, 8.0, 12.0]
    assert tangent(torch, y) == [1.0, 10.0, 100.0]


def test_shapes_change_in_place(torch: ModuleType) -> None:
    y = (dual(torch) * 1).unsqueeze(0)
    y.t_()
    assert tangent(torch, y) == [[1.0], [10.0], [100.0]]


def test_forward_over_reverse_through_a_write(torch: ModuleType) -> None:
    """The gradient of sum(x³), with y overwritten on the way, is 3x², its tangent 6x·t."""
    x = dual(torch).requires_grad_()
    y = x * x
    y.mul_(x)
    (g,) = torch.autograd.grad(y.sum(), x)
    assert g.tolist() == [3.0, 12.0, 27.0]
    assert tangent(torch, g) == [6.0, 120.0, 1800.0]


def test_duals_show_their_tangents(torch: ModuleType) -> None:
    assert repr(dual(torch) * 1) == ("tensor([1., 2., 3.], tangent=tensor([  1.,  10., 100.]))")


def test_out_is_refused(torch: ModuleType) -> None:
    with pytest.raises(NotImplementedError, match="Trying to use forward AD with exp_out"):
        torch.exp(dual(torch), out=torch.zeros(3))
