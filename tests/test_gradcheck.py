"""gradcheck and gradgradcheck: what they accept, and what they say of wrong derivatives.

Each line is an expression that PyTorch has answered too; see tests/both.py.
"""

from __future__ import annotations

from typing import Any

import pytest

import rushlight
from tests.both import assert_alike, expressions


def function(lib: Any, backward: Any, jvp: Any = None) -> Any:
    """``2 * t``, with a derivative of its own."""

    def forward(ctx: Any, t: Any) -> Any:
        ctx.save_for_backward(t)
        return t * 2

    body = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    if jvp is not None:
        body["jvp"] = staticmethod(jvp)
    return type("Doubled", (lib.autograd.Function,), body).apply


def scope(lib: Any) -> dict[str, Any]:
    """Leaves x, w (double) and c (complex), and functions that are wrong in one way each."""
    double = lib.float64
    calls = [0]

    def restless(ctx: Any, g: Any) -> Any:
        calls[0] += 1
        return g * 2 + 1e-7 * calls[0]

    def eager(ctx: Any, g: Any) -> Any:
        return g * 2 if float(g.abs().sum()) else lib.ones(2, dtype=double)

    class Square(lib.autograd.Function):
        """Its first derivative is right, and detached."""

        @staticmethod
        def forward(ctx: Any, t: Any) -> Any:
            ctx.save_for_backward(t)
            return t * t

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2 * ctx.saved_tensors[0].detach()

    return {
        "torch": lib,
        "gc": lib.autograd.gradcheck,
        "ggc": lib.autograd.gradgradcheck,
        "x": lib.tensor([1.0, 2.0], dtype=double, requires_grad=True),
        "w": lib.tensor([5.0, 7.0], dtype=double, requires_grad=True),
        "c": lib.tensor([1 + 2j, 3 - 1j], dtype=lib.complex128, requires_grad=True),
        "Bad": function(lib, lambda ctx, g: g * 3),
        "BadJ": function(lib, lambda ctx, g: g * 2, lambda ctx, t: t * 5),
        "Und": function(lib, eager),
        "Nondet": function(lib, restless),
        "Bad2": Square.apply,
    }


@expressions(
    """
    gc(lambda t:t*t, x)
    gc(lambda t:t*t, (x,))
    gc(lambda t:t*t, [x])
    gc(lambda a,b:(a*b,a+b), (x,w))
    gc(lambda a,b:(a*b,a+b), (x,w), fast_mode=True)
    gc(lambda a,b:(a*b,3), (x,w))
    gc(lambda a,k:a*k, (x,3.0))
    gc(Bad, x)
    gc(Bad, x, raise_exception=False)
    gc(Bad, x, fast_mode=True)
    gc(Bad, x, fast_mode=True, raise_exception=False)
    gc(Bad2, x)
    gc(BadJ, x)
    gc(BadJ, x, check_forward_ad=True)
    gc(BadJ, x, check_forward_ad=True, check_backward_ad=False)
    gc(BadJ, x, check_forward_ad=True, fast_mode=True)
    gc(lambda t:t*t, x, check_forward_ad=True)
    gc(lambda t:t*t, x, check_forward_ad=True, fast_mode=True)
    gc(lambda t:t*t, x, check_forward_ad=False, check_backward_ad=False)
    gc(Und, x)
    gc(Und, x, check_undefined_grad=False)
    gc(Nondet, x)
    gc(Nondet, x, nondet_tol=1e-3)
    gc(Nondet, x, nondet_tol=1e-3, fast_mode=True)
    gc(Nondet, x, fast_mode=True)
    gc(lambda t:t*t, x.detach())
    gc(lambda t:t*t, x.detach(), raise_exception=False)
    gc(lambda t:t*t, x.float().detach().requires_grad_())
    gc(lambda t:t*t, x.detach().float().requires_grad_(), eps=1e-3, atol=1e-2)
    gc(lambda t:t*t, torch.ones(1,dtype=torch.float64).expand(3).requires_grad_())
    gc(lambda t:t.detach(), x)
    gc(lambda t:torch.ones(2,dtype=torch.float64), x)
    gc(lambda t:(t>1), x)
    gc(lambda t:3, x)
    gc(lambda t:t.float(), x)
    gc(lambda t:t*t, c)
    gc(lambda t:t.abs(), c)
    gc(lambda t:t.real*t.imag, c)
    gc(lambda t:t*t.conj(), c)
    gc(lambda t:t*t, c, fast_mode=True)
    gc(lambda t:t.abs(), c, fast_mode=True)
    gc(lambda t:t*t, c, check_forward_ad=True)
    gc(lambda t:t.abs(), c, check_forward_ad=True)
    gc(lambda t:torch.complex(t,t*t), x)
    gc(lambda t:torch.complex(t,t*t), x, check_forward_ad=True)
    gc(Bad, c)
    gc(lambda t:t*t, x, check_batched_grad=True)
    gc(lambda t:t*t, x, check_batched_grad=True, fast_mode=True)
    gc(lambda t:t*t, x, check_batched_forward_grad=True)
    gc(lambda t:t*t, x, check_grad_dtypes=True)
    gc(lambda t:t*t, x, masked=True)
    gc(lambda t:t*t, x, masked=False)
    gc(lambda t:t.sum(), torch.ones(0,dtype=torch.float64,requires_grad=True))
    gc(lambda t:t[:0], x)
    gc(lambda t:t.abs(), torch.zeros(1,dtype=torch.float64,requires_grad=True))
    gc(lambda t:t.mul_(2), x)
    gc(lambda t:t.clone().mul_(2), x)
    gc(lambda t:t*float('nan'), x)
    gc(lambda t:(t*1).exp(), x, eps=1e-1)
    gc(lambda a,b:a*b, (x,w.detach()))
    gc(lambda a,b:a*1, (x,w))
    gc(lambda t: t.t() @ t, torch.eye(2,dtype=torch.float64,requires_grad=True))
    """
)
def test_gradcheck(expression: str) -> None:
    assert_alike(expression, scope)


@expressions(
    """
    ggc(lambda t:t*t*t, x)
    ggc(lambda t:t*t*t, (x,), torch.ones(2,dtype=torch.float64,requires_grad=True))
    ggc(lambda t:t*t*t, (x,), torch.ones(2,dtype=torch.float64))
    ggc(lambda t:t*t*t, (x,), [torch.ones(2,dtype=torch.float64,requires_grad=True)])
    ggc(lambda a,b:(a*b*a,b.exp()), (x,w))
    ggc(lambda t:t*t*t, x, fast_mode=True)
    ggc(lambda t:t*t*t, x, check_fwd_over_rev=True)
    ggc(lambda t:t*t*t, x, check_fwd_over_rev=True, check_rev_over_rev=False)
    ggc(lambda t:t*t*t, x, gen_non_contig_grad_outputs=True)
    ggc(Bad2, x)
    ggc(Bad2, x, raise_exception=False)
    ggc(lambda t:t*2, x)
    ggc(lambda t:t.sum(), x)
    ggc(lambda t:t*t, c)
    ggc(lambda t:t.abs(), c)
    ggc(lambda t:t*t*t, x, check_batched_grad=True)
    """
)
def test_gradgradcheck(expression: str) -> None:
    assert_alike(expression, scope)


def test_the_jacobians_are_shown() -> None:
    x = rushlight.tensor([1.0, 2.0], dtype=rushlight.float64, requires_grad=True)
    bad = function(rushlight, lambda ctx, g: g * 3)
    with pytest.raises(rushlight.autograd.GradcheckError) as caught:
        rushlight.autograd.gradcheck(bad, x)
    assert "analytical:tensor([[3., 0.],\n        [0., 3.]]" in str(caught.value)
    assert "numerical:tensor([[2" in str(caught.value)


def test_inputs_are_left_as_they_were() -> None:
    x = rushlight.tensor([1.0, 2.0], dtype=rushlight.float64, requires_grad=True)

    def failing(t: Any) -> Any:
        if float(t[0]) != 1.0:
            raise ValueError("mine")
        return t * 2

    with pytest.raises(ValueError, match="mine"):
        rushlight.autograd.gradcheck(failing, x)
    assert x.tolist() == [1.0, 2.0]
    assert x.grad is None
    assert rushlight.is_grad_enabled()
