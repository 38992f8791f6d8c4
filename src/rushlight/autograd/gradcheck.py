"""gradcheck and gradgradcheck: derivatives held against finite differences.

``torch.autograd.gradcheck`` is this module's function, so the module is imported at once; what it
works with (rushlight.autograd.checking) is when a check begins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight.autograd.backward import grad
from rushlight.autograd.modes import enable_grad
from rushlight.tensor import Tensor, wrap

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """What `gradcheck` raises when a derivative is wrong."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Return True when `func`'s gradients agree with finite differences at `inputs`.

    `inputs` are tensors, those to check in float64 with ``requires_grad``. Raises `GradcheckError`
    with both Jacobians on a disagreement, or returns False with ``raise_exception=False``. With
    `fast_mode` one random projection of the Jacobian is compared instead of all of it; then the
    cost is two evaluations of `func` and one backward. `check_undefined_grad` sends no cotangent at
    all, `check_batched_grad` several at once. `check_grad_dtypes` and `masked` change nothing:
    gradients always have their input's dtype, and tensors are dense.

    >>> import rushlight as torch
    >>> x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(lambda x: (x * x).sum(), (x,))
    True
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError(
            "Expected at least one of check_forward_ad or check_backward_ad to be True"
        )
    if check_batched_grad and not check_backward_ad:
        raise AssertionError(
            "Setting check_batched_grad=True requires check_backward_ad to be True"
        )
    if check_batched_forward_grad:
        if not check_forward_ad:
            raise AssertionError(
                "Setting check_batched_forward_grad=True requires check_forward_ad to be True"
            )
        raise NotImplementedError(
            "gradcheck: check_batched_forward_grad=True needs vmap over forward mode, which isn't "
            "here yet"
        )
    from rushlight.autograd import checking, jacobians

    args = jacobians.as_tuple(inputs)
    check = checking.Check(
        func, args, eps, atol, rtol, nondet_tol, check_forward_ad, check_backward_ad
    )
    try:
        wanted = checking.check_inputs(args)
        results = jacobians.as_tuple(func(*args))
        numbers = [k for k, out in enumerate(results) if out.requires_grad]
        outs = [results[k] for k in numbers]
        if outs:
            for i, x in enumerate(wanted):
                (checking.compare_projections if fast_mode else checking.compare_all)(
                    check, i, x, outs, numbers
                )
        else:
            checking.expect_zero(check, wanted)
        if check_backward_ad and outs:
            if check_batched_grad:
                for k, out in enumerate(outs):
                    checking.check_batched(wanted, out, k)
            checking.check_zero_cotangents(outs, wanted)
            if check_undefined_grad:
                checking.check_undefined(outs, wanted)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Check second derivatives: `gradcheck` of the gradients of `func`.

    `grad_outputs` default to seeded random cotangents, which are checked as inputs too.

    >>> import rushlight as torch
    >>> x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradgradcheck(lambda x: x * x * x, (x,))
    True
    """
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError(
            "Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True"
        )
    if check_undefined_grad and not check_rev_over_rev:
        raise AssertionError(
            "Setting check_undefined_grad=True requires check_rev_over_rev to be True"
        )
    if check_batched_grad and not check_rev_over_rev:
        raise AssertionError(
            "Setting check_batched_grad=True requires check_rev_over_rev to be True"
        )
    from rushlight.autograd import checking, jacobians

    args = jacobians.as_tuple(inputs)
    if grad_outputs is None:
        rng = np.random.RandomState(0)
        given = []
        for out in jacobians.as_tuple(func(*args)):
            if out.dtype.is_floating_point or out.dtype.is_complex:
                u = checking.unit_vector(rng, out)
                if gen_non_contig_grad_outputs and u.ndim:
                    u = np.repeat(u, 2, axis=-1)[..., ::2]
                given.append(wrap(u).requires_grad_())
    else:
        given = list(jacobians.as_tuple(grad_outputs))
    wanted = [i for i, x in enumerate(args) if isinstance(x, Tensor) and x.requires_grad]

    def first_derivative(*all_args: Any) -> tuple[Tensor, ...]:
        xs, cotangents = all_args[: len(args)], all_args[len(args) :]
        with enable_grad():  # also where finite differences don't record
            outs = [
                o
                for o in jacobians.as_tuple(func(*xs))
                if o.dtype.is_floating_point or o.dtype.is_complex
            ]
            found = grad(
                outs, [xs[i] for i in wanted], cotangents, create_graph=True, allow_unused=True
            )
        return tuple(g for g in found if g is not None)

    return gradcheck(
        first_derivative,
        (*args, *given),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
        masked=masked,
    )
