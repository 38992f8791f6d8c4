"""Where PyTorch reads other memory or differentiates something else, and what we say there."""

from __future__ import annotations

import pytest

import rushlight as rl


@pytest.mark.parametrize("size, pads", [(5, (-2, 4)), (5, (-1, 5)), (1, (1, -1)), (3, (-2, 2))])
def test_what_was_cropped_does_not_wrap_around(size: int, pads: tuple[int, int]) -> None:
    with pytest.raises(RuntimeError, match="wrapping around more than once"):
        rl.nn.functional.pad(rl.ones(2, size), pads, "circular")


def test_what_is_left_wraps_around() -> None:
    padded = rl.nn.functional.pad(rl.arange(5.0)[None], (-2, 3), "circular")
    assert padded.tolist() == [[2.0, 3.0, 4.0, 2.0, 3.0, 4.0]]


def test_resized_volumes_have_the_gradient_of_what_was_done() -> None:
    x, tangent = rl.randn(1, 2, 4, 3, 7, dtype=rl.float64), rl.randn(1, 2, 4, 3, 7).double()
    f = lambda x: rl.nn.functional.interpolate(x, scale_factor=(0.6, 2.3, 1.0))
    y, pull = rl.func.vjp(f, x)
    g = rl.randn_like(y)
    rl.testing.assert_close((g * f(tangent)).sum(), (pull(g)[0] * tangent).sum())


def test_products_of_real_parts() -> None:
    x = rl.tensor([1 + 2j, 3 - 1j, 2 + 0j], dtype=rl.complex128, requires_grad=True)
    real = x.detach().real.clone().requires_grad_()
    for leaf in (x, real):
        leaf.cumprod(0, dtype=rl.float64).sum().backward()
    assert x.grad is not None and real.grad is not None
    rl.testing.assert_close(x.grad.real, real.grad)
