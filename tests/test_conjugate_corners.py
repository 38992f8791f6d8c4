"""Views with a bit in modes, transforms' neighbours and odd calls."""

from __future__ import annotations

from typing import Any

import pytest

from tests.both import assert_alike, expressions, story
from tests.libraries import LIBRARIES
from tests.test_conjugate import numbers, read
from tests.test_conjugate_derivatives import given, leaf


@story
def test_inference_mode(lib: Any) -> Any:
    with lib.inference_mode():
        x = numbers(lib)
        c = x.conj()
        c.mul_(2)
        found = [read(c), read(x), c.is_inference()]
    return found, read(c.imag)


@story
def test_functions_and_hooks_see_bits(lib: Any) -> Any:
    found: list[Any] = []

    class Twice(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            found.append(read(x))
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            found.extend([read(g), read(x)])
            return (g * 2).conj()

    x = leaf(lib)
    y = Twice.apply(x.conj())
    y.conj().backward(given(lib))
    found.append(read(x.grad.resolve_conj()))
    with lib.autograd.graph.saved_tensors_hooks(
        lambda t: found.append(read(t)) or t.resolve_conj(), lambda t: t
    ):
        z = x.conj() * x
    (g,) = lib.autograd.grad(z, x, given(lib))
    return found, read(g)


@pytest.mark.parametrize("torch", LIBRARIES)
def test_gradcheck(torch: Any) -> None:
    z = torch.tensor([1 + 2j, 3 - 1j], dtype=torch.complex128, requires_grad=True)
    r = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)

    def written(z: Any, r: Any) -> Any:
        y = z * 1
        y.conj().imag.mul_(r)
        y.conj()[1:].mul_(2j)
        return y.exp()

    for f in (
        lambda z, r: z.conj() * r,
        lambda z, r: z.conj().imag * r._neg_view(),
        lambda z, r: z.view(2, 1).mH @ z.view(2, 1),
        lambda z, r: z.conj().resolve_conj().imag,
        written,
    ):
        assert torch.autograd.gradcheck(f, (z, r), check_forward_ad=True)
        assert torch.autograd.gradgradcheck(f, (z, r))


@expressions("""
    torch.tensor([1j]).conj().share_memory_().is_conj()
    torch.tensor(1 + 2j).conj()
    torch.tensor(1 + 2j).conj().imag.item()
    torch.zeros(0, dtype=torch.complex64).conj().imag
    torch.tensor([1 + 2j], dtype=torch.complex128).conj()
    torch.tensor([1 + 2j]).conj().pow(2)
    torch.tensor([1 + 2j]).conj() == torch.tensor([1 - 2j])
    torch.tensor([torch.tensor(1j).conj(), 2])
    torch.tensor([torch.tensor([1j]).conj()[0]])
    torch.linalg.eigvalsh(torch.tensor([[1, 2j], [-2j, 1]]).mH)
    torch.linalg.solve(torch.tensor([[1, 2j], [3, 1]]).mH, torch.tensor([1j, 2]).conj())
    torch.fft.fft(torch.tensor([1j, 2, 3, 4j]).conj())
    torch.view_as_complex(torch.tensor([[1.0, 2.0]])._neg_view())
    torch.view_as_complex(torch.tensor([[1.0, 2.0]])._neg_view()).is_neg()
    torch.view_as_real(torch.tensor([1 + 2j])._neg_view()).is_neg()
    torch.utils.data.default_collate([torch.tensor([1j]).conj(), torch.tensor([2j])])
""")
def test_corners(expression: str) -> None:
    assert_alike(expression)
