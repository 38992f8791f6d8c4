"""gradcheck and gradgradcheck: derivatives held against finite differences.

``torch.autograd.gradcheck`` is this module's function, so the module is imported at once; what it
works with (rushlight.autograd.checking) is when a check begins.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from rushlight.autograd.backward import grad
from rushlight.tensor import Tensor

__all__ = [
    "GradcheckError",
    "get_analytical_jacobian",
    "get_numerical_jacobian",
    "get_numerical_jacobian_wrt_specific_input",
    "gradcheck",
    "gradgradcheck",
]


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
    with both Jacobians on a disagreement, or returns False with ``raise_exception=False``. Complex
    outputs are looked at part by part.

    ``eps``                  how far inputs are moved
    ``atol``, ``rtol``       how far the two may be apart, as in `allclose`
    ``fast_mode``            compare one random projection u^T J v instead of all of J
    ``nondet_tol``           how far two backward passes on the same cotangents may be apart
    ``check_undefined_grad`` send no cotangent at all, too, which stands for zeros
    ``check_grad_dtypes``    gradients have to have their input's dtype
    ``check_batched_grad``   send a batch of cotangents, too
    ``check_forward_ad``     check forward mode, too; ``check_batched_forward_grad`` with batches
    ``check_backward_ad``    False leaves out whatever needs reverse mode
    ``masked``               changes nothing but a tolerance, since tensors are dense

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
    if check_batched_forward_grad and not check_forward_ad:
        raise AssertionError(
            "Setting check_batched_forward_grad=True requires check_forward_ad to be True"
        )
    from rushlight.autograd import checking, cotangents
    from rushlight.autograd.jacobians import as_tuple

    options = checking.Options(eps, atol, rtol, nondet_tol, check_grad_dtypes, fast_mode)
    args = as_tuple(inputs)
    try:
        checking.check_inputs(args)
        func_out = func(*args)
        outs = checking.differentiable(func_out)
        if check_backward_ad:
            checking.compare(func, args, func_out, True, options)
        if check_forward_ad:
            checking.compare(func, args, func_out, False, options)
            if check_undefined_grad:
                cotangents.check_undefined_forward(func, args, func_out)
        if check_batched_forward_grad:
            cotangents.check_batched_forward(func, args)
        if check_backward_ad:
            if check_batched_grad:
                for k, out in enumerate(outs):
                    cotangents.check_batched(args, out, k)
            cotangents.check_zeros(outs, args, masked)
            if check_undefined_grad:
                cotangents.check_undefined(func, args)
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
    from rushlight.autograd.checking import differentiable
    from rushlight.autograd.jacobians import as_tuple, requiring

    args = as_tuple(inputs)
    if grad_outputs is None:
        outs = differentiable(func(*args))
        given = tuple(_cotangent(out, gen_non_contig_grad_outputs) for out in outs)
    else:
        given = as_tuple(grad_outputs)
    wanted = {i for i, _ in requiring(args)}
    wanted_given = {i for i, g in enumerate(given) if g.requires_grad}

    def first_derivative(*all_args: Any) -> tuple[Tensor, ...]:
        # Forward mode is given detached inputs, which have to be differentiated all the same.
        xs = [x.requires_grad_() if i in wanted else x for i, x in enumerate(all_args[: len(args)])]
        outs = differentiable(func(*xs))
        cotangents = [
            x.requires_grad_() if i in wanted_given else x
            for i, x in enumerate(all_args[len(args) :])
        ]
        sources = [xs[i] for i in sorted(wanted)]
        found = grad(outs, sources, cotangents, create_graph=True, allow_unused=True)
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


def _cotangent(out: Tensor, gaps: bool) -> Tensor:
    """Random numbers in [-1, 1) for an output, with `gaps` between them where asked for."""
    from rushlight.api.reinterpret import view_as_real  # operators import us

    g: Tensor = out.detach().new_empty(out.shape)
    (view_as_real(g) if g.is_complex() else g).uniform_(-1, 1)
    if gaps and g.numel() > 1:
        g = g.repeat_interleave(2, -1)[..., ::2]
    return g.requires_grad_()


# -- the Jacobians themselves, which PyTorch never meant to show ---------------------------------


def get_numerical_jacobian(
    fn: Callable[..., Any], inputs: Any, target: Any = None, eps: float = 1e-3, grad_out: Any = 1.0
) -> tuple[Tensor, ...]:
    """Deprecated: the Jacobians of the first output of ``fn(inputs)``, by finite differences.

    One for each of `inputs` (or of `target`) that requires grad, of shape (its elements, output's
    elements). Raises ValueError for a complex output.
    """
    from rushlight.autograd.jacobians import as_tuple, numerical

    _warn_deprecated("get_numerical_jacobian")
    _check_grad_out("get_numerical_jacobian", grad_out)

    def packed(*xs: Any) -> Any:
        return fn(xs)

    outs = as_tuple(packed(*as_tuple(inputs)))
    return tuple(row[0] for row in numerical(packed, inputs, outs, eps, target=target))


def get_analytical_jacobian(
    inputs: Any, output: Tensor, nondet_tol: float = 0.0, grad_out: Any = 1.0
) -> tuple[Any, ...]:
    """Deprecated: the Jacobians of `output` by the `inputs` that require grad, by reverse mode.

    Also whether a second pass gave the same within `nondet_tol`, whether gradients had the sizes
    of their inputs, and whether they had their dtypes.
    """
    from rushlight.autograd.jacobians import requiring, reverse

    _warn_deprecated("get_analytical_jacobian")
    _check_grad_out("get_analytical_jacobian", grad_out)
    if output.is_complex():
        raise ValueError(
            "Expected output to be non-complex. get_analytical_jacobian no longer supports "
            "functions that return complex outputs."
        )
    xs = [x for _, x in requiring(inputs)]
    first, alike = reverse(output, xs)
    second, _ = reverse(output, xs)
    same = all(not a.numel() or (a - b).abs().max() <= nondet_tol for a, b in zip(first, second))
    return tuple(first), same, alike, alike


def get_numerical_jacobian_wrt_specific_input(
    fn: Callable[..., Any],
    input_idx: int,
    inputs: Any,
    outputs: Any,
    eps: float,
    input: Any = None,
    is_forward_ad: bool = False,
) -> tuple[Tensor, ...]:
    """The Jacobians of all `outputs` of ``fn(*inputs)`` by one input, by finite differences.

    Outputs that have no derivative are left out. `input` stands in for ``inputs[input_idx]``.
    """
    from rushlight.autograd.jacobians import numerical_wrt

    x = inputs[input_idx] if input is None else input
    if not x.requires_grad:
        raise AssertionError("Expected input to have requires_grad=True")
    found = numerical_wrt(fn, inputs, outputs, x, eps, is_forward_ad)
    return tuple(jacobian for jacobian in found if jacobian is not None)


def _warn_deprecated(name: str) -> None:
    from rushlight.autograd.check_texts import DEPRECATED

    warnings.warn(DEPRECATED.format(name=name), FutureWarning, stacklevel=3)


def _check_grad_out(name: str, grad_out: Any) -> None:
    if grad_out != 1.0:
        raise ValueError(
            f"Expected grad_out to be 1.0. {name} no longer supports values of grad_out != 1.0."
        )
