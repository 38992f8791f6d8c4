"""Jacobians, Hessians and their products with vectors, of plain Python functions.

Inputs and outputs may be a tensor or a tuple of tensors; results are nested accordingly: with both
single a tensor, else tuples of outputs (of tuples of inputs).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rushlight.autograd.modes import enable_grad
from rushlight.autograd.rows import (
    basis,
    gradients,
    jacobians_by_batch,
    jacobians_by_row,
    jacobians_forward,
)
from rushlight.autograd.strict import check_tracked, filled_with_zeros, zeros
from rushlight.tensor import Tensor

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Fn = Callable[..., Any]


def _as_tuple(x: Any, what: str, function: str) -> tuple[bool, tuple[Tensor, ...]]:
    is_tuple = isinstance(x, tuple)
    items = x if is_tuple else (x,)
    for i, item in enumerate(items):
        if not isinstance(item, Tensor):
            if is_tuple:
                raise TypeError(
                    f"The {what} given to {function} must be either a Tensor or a tuple of Tensors "
                    f"but the value at index {i} has type {type(item)}."
                )
            raise TypeError(
                f"The {what} given to {function} must be either a Tensor or a tuple of Tensors but "
                f"the given {what} has type {type(item)}."
            )
    return is_tuple, items


def _prepare(inputs: Sequence[Tensor], create_graph: bool) -> tuple[Tensor, ...]:
    """Fresh leaves, or with `create_graph` aliases that stay tied to the caller's graph."""
    if create_graph:
        return tuple(
            x.view_as(x) if x.requires_grad else x.detach().requires_grad_() for x in inputs
        )
    return tuple(x.detach().requires_grad_() for x in inputs)


def _finish(xs: Any, create_graph: bool) -> Any:
    if isinstance(xs, tuple):
        return tuple(_finish(x, create_graph) for x in xs)
    return xs if create_graph else xs.detach()


def _check_vectors(
    v: Sequence[Tensor], like: Sequence[Tensor], is_tuple: bool, like_tuple: bool
) -> None:
    if len(v) != len(like):
        if like_tuple:
            raise RuntimeError(
                f"v is a tuple of invalid length: should be {len(like)} but got {len(v)}."
            )
        raise RuntimeError("The given v should contain a single Tensor.")
    for i, (a, b) in enumerate(zip(v, like)):
        if a.shape != b.shape:
            where = f"Entry {i} in " if is_tuple else ""
            raise RuntimeError(f"{where}v has invalid size: should be {b.shape} but got {a.shape}.")


def _vectors_of_inputs(v: Any, xs: Sequence[Tensor], tuples: bool, name: str) -> Any:
    """The tangents given for `xs`: None stands for 1 where there is one number."""
    if v is not None:
        is_tuple, vs = _as_tuple(v, "v", name)
        _check_vectors(vs, xs, is_tuple, tuples)
        return vs
    if len(xs) != 1 or xs[0].numel() != 1:
        raise RuntimeError(
            "The vector v can only be None if the input to the user-provided function is a single "
            "Tensor with a single element."
        )
    return (zeros(xs[0]) + 1,)


def _outputs(result: Any, name: str) -> tuple[bool, tuple[Tensor, ...]]:
    return _as_tuple(result, "outputs of the user-provided function", name)


def _construct_standard_basis_for(
    tensors: Sequence[Tensor], tensor_numels: Sequence[int]
) -> tuple[Tensor, ...]:
    """Unit vectors, one for each element of all `tensors`, as a matrix for each of `tensors`."""
    if len(tensors) != len(tensor_numels):
        raise AssertionError(
            "Expected tensors and tensor_numels to have the same length, but got "
            f"{len(tensors)} and {len(tensor_numels)}"
        )
    if not tensors:
        raise AssertionError("Expected at least one tensor")
    return tuple(rows.flatten(1) for rows in basis(tensors))


def vjp(
    func: Fn, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return ``func(*inputs)`` and v^T J, one entry an input; `v` may be None for one number.

    >>> import rushlight as torch
    >>> torch.autograd.functional.vjp(lambda x: x * x, torch.tensor([1.0, 2.0]), torch.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    with enable_grad():
        tuples, given = _as_tuple(inputs, "inputs", "vjp")
        xs = _prepare(given, create_graph)
        several, outs = _outputs(func(*xs), "vjp")
        check_tracked(outs, "outputs", strict)
        vs = None
        if v is not None:
            is_tuple, vs = _as_tuple(v, "v", "vjp")
            _check_vectors(vs, outs, is_tuple, several)
        elif len(outs) != 1 or outs[0].numel() != 1:
            raise RuntimeError(
                "The vector v can only be None if the user-provided function returns a single "
                "Tensor with a single element."
            )
        found = filled_with_zeros(
            gradients(outs, xs, vs, create_graph), xs, strict, create_graph, "back"
        )
    return (
        _finish(outs if several else outs[0], create_graph),
        _finish(found if tuples else found[0], create_graph),
    )


def jvp(
    func: Fn, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return ``func(*inputs)`` and J v, one entry an output, by the double backward trick.

    >>> import rushlight as torch
    >>> torch.autograd.functional.jvp(lambda x: x * x, torch.tensor([1.0, 2.0]), torch.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    with enable_grad():
        tuples, given = _as_tuple(inputs, "inputs", "jvp")
        xs = _prepare(given, create_graph)
        vs = _vectors_of_inputs(v, xs, tuples, "jvp")
        several, outs = _outputs(func(*xs), "jvp")
        check_tracked(outs, "outputs", strict)
        us = tuple(o.new_zeros(tuple(o.shape), requires_grad=True) for o in outs)
        pulled = gradients(outs, xs, us, True)
        check_tracked(pulled, "grad_inputs", strict)
        tied = [(p, t) for p, t in zip(pulled, vs) if p is not None]
        pushed = gradients([p for p, _ in tied], us, [t for _, t in tied], create_graph)
        result = filled_with_zeros(pushed, outs, strict, create_graph, "back_trick")
    return (
        _finish(outs if several else outs[0], create_graph),
        _finish(result if several else result[0], create_graph),
    )


def jacobian(
    func: Fn,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Return the Jacobian: shape ``output.shape + input.shape`` for each pair.

    Computed row by row in reverse mode, or with ``strategy="forward-mode"``, which asks for
    `vectorize`, column by column on dual tensors. `vectorize` changes no value.

    >>> import rushlight as torch
    >>> torch.autograd.functional.jacobian(lambda x: x * x, torch.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your '
            'function has more outputs than inputs, "forward-mode" tends to be more performant. '
            'Otherwise, prefer to use "reverse-mode".'
        )
    if strategy == "forward-mode":
        if create_graph:
            raise NotImplementedError(
                "torch.autograd.functional.jacobian: `create_graph=True` and "
                '`strategy="forward-mode"` are not supported together (yet). Please either set '
                '`create_graph=False` or `strategy="reverse-mode"`.'
            )
        if strict:
            raise RuntimeError(
                'torch.autograd.functional.jacobian: `strict=True` and `strategy="forward-mode"` '
                "are not supported together (yet). Please either set `strict=False` or "
                '`strategy="reverse-mode"`.'
            )
        if not vectorize:
            raise NotImplementedError(
                "Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly "
                "implemented for `vectorize=True`."
            )
        tuples, given = _as_tuple(inputs, "inputs", "jacobian")
        several, rows = jacobians_forward(func, given)
        # Nested in lists, as PyTorch's are.
        if tuples:
            return rows if several else rows[0]
        return tuple(row[0] for row in rows) if several else rows[0][0]
    with enable_grad():
        tuples, given = _as_tuple(inputs, "inputs", "jacobian")
        xs = _prepare(given, create_graph)
        several, outs = _outputs(func(*xs), "jacobian")
        check_tracked(outs, "outputs", strict)
        if strict and vectorize:
            raise RuntimeError(
                "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not "
                "supported together. Please either set `strict=False` or `vectorize=False`."
            )
        if vectorize:
            rows = jacobians_by_batch(outs, xs, create_graph)
        else:
            rows = [
                jacobians_by_row(i, out, xs, create_graph, strict) for i, out in enumerate(outs)
            ]
    nested = tuple(row if tuples else row[0] for row in rows)
    return _finish(nested if several else nested[0], create_graph)


def hessian(
    func: Fn,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Return the Hessian of a scalar function: shape ``input.shape + input.shape`` for each pair.

    >>> import rushlight as torch
    >>> torch.autograd.functional.hessian(lambda x: (x**3).sum(), torch.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    tuples, _ = _as_tuple(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')

    def gradient(*xs: Tensor) -> Any:
        if outer_jacobian_strategy == "forward-mode":
            for x in xs:
                x.requires_grad_()
        with enable_grad():
            out = _scalar(func(*xs), "hessian", strict)
            found = filled_with_zeros(gradients((out,), xs, None, True), xs, False, True, "back")
        check_tracked(found, "jacobian", strict)
        return found if tuples else found[0]

    return jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)


def _scalar(result: Any, name: str, strict: bool) -> Tensor:
    """The one number that a function returns, of which a Hessian can be taken."""
    several, outs = _outputs(result, name)
    check_tracked(outs, "outputs", strict)
    if several:
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if outs[0].numel() != 1:
        raise RuntimeError(
            f"The Tensor returned by the function given to {name} should contain a single element"
        )
    return outs[0]


def vhp(
    func: Fn, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return ``func(*inputs)`` and v^T H: one backward through the gradient."""
    return _hessian_product(func, inputs, v, create_graph, strict, "vhp")


def hvp(
    func: Fn, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return ``func(*inputs)`` and H v. H is symmetric, so this is `vhp`, the cheaper of the two.

    >>> import rushlight as torch
    >>> torch.autograd.functional.hvp(lambda x: (x**3).sum(), torch.ones(2), torch.ones(2))
    (tensor(2.), tensor([6., 6.]))
    """
    return _hessian_product(func, inputs, v, create_graph, strict, "hvp")


def _hessian_product(
    func: Fn, inputs: Any, v: Any, create_graph: bool, strict: bool, name: str
) -> tuple[Any, Any]:
    with enable_grad():
        tuples, given = _as_tuple(inputs, "inputs", name)
        xs = _prepare(given, create_graph)
        vs = _vectors_of_inputs(v, xs, tuples, name)
        out = _scalar(func(*xs), name, strict)
        first = gradients((out,), xs, None, True)
        check_tracked(first, "jacobian", strict)
        tied = [(g, t) for g, t in zip(first, vs) if g is not None]
        second = gradients([g for g, _ in tied], xs, [t for _, t in tied], create_graph)
        stage = "double_back_trick" if name == "hvp" else "double_back"
        found = filled_with_zeros(second, xs, strict, create_graph, stage)
    return _finish(out, create_graph), _finish(found if tuples else found[0], create_graph)
