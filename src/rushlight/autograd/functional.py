"""Jacobians, Hessians and their products with vectors, of plain Python functions.

Inputs and outputs may be a tensor or a tuple of tensors; results are nested accordingly: with both
single a tensor, else tuples of outputs (of tuples of inputs).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rushlight.autograd.backward import grad
from rushlight.autograd.modes import enable_grad
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


def _check_vectors(v: Sequence[Tensor], like: Sequence[Tensor], is_tuple: bool) -> None:
    if len(v) != len(like):
        if is_tuple:
            raise RuntimeError(
                f"v is a tuple of invalid length: should be {len(like)} but got {len(v)}."
            )
        raise RuntimeError("The given v should contain a single Tensor.")
    for i, (a, b) in enumerate(zip(v, like)):
        if a.shape != b.shape:
            where = f"Entry {i} in " if is_tuple else ""
            raise RuntimeError(f"{where}v has invalid size: should be {b.shape} but got {a.shape}.")


def _zeros(x: Tensor) -> Tensor:
    return x.new_zeros(tuple(x.shape))  # type: ignore[no-any-return]


def _strict_grad(
    outs: Sequence[Tensor],
    inputs: Sequence[Tensor],
    cotangents: Any,
    create_graph: bool,
    strict: str | None,
) -> tuple[Tensor, ...]:
    """As `grad`, with zeros for unused inputs, which `strict` (a function's name) forbids."""
    tracked = [i for i, o in enumerate(outs) if o.requires_grad]
    if strict:
        for i, o in enumerate(outs):
            if not o.requires_grad:
                raise RuntimeError(
                    f"Output {i} of the user-provided function does not require gradients. The "
                    "outputs must be computed in a differentiable manner from the input when "
                    "running in strict mode."
                )
    found: Sequence[Any] = [None] * len(inputs)
    if tracked:
        given = None if cotangents is None else [cotangents[i] for i in tracked]
        found = grad(
            [outs[i] for i in tracked],
            inputs,
            given,
            retain_graph=True,
            create_graph=create_graph,
            allow_unused=True,
        )
    if strict:
        for i, g in enumerate(found):
            if g is None:
                raise RuntimeError(
                    f"The output of the user-provided function is independent of input {i}. This "
                    "is not allowed in strict mode."
                )
    return tuple(_zeros(x) if g is None else g for g, x in zip(found, inputs))


def vjp(
    func: Fn, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return ``func(*inputs)`` and v^T J, one entry an input; `v` may be None for one number.

    >>> import rushlight as torch
    >>> torch.autograd.functional.vjp(lambda x: x * x, torch.tensor([1.0, 2.0]), torch.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    with enable_grad():
        single, given = _as_tuple(inputs, "inputs", "vjp")
        xs = _prepare(given, create_graph)
        several, outs = _as_tuple(func(*xs), "outputs of the user-provided function", "vjp")
        if v is None:
            if len(outs) != 1 or outs[0].numel() != 1:
                raise RuntimeError(
                    "The vector v can only be None if the user-provided function returns a single "
                    "Tensor with a single element."
                )
            vs = None
        else:
            is_tuple, vs = _as_tuple(v, "v", "vjp")
            _check_vectors(vs, outs, is_tuple)
        found = _strict_grad(outs, xs, vs, create_graph, "vjp" if strict else None)
    return (
        _finish(outs if several else outs[0], create_graph),
        _finish(found if single else found[0], create_graph),
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
        _, given = _as_tuple(inputs, "inputs", "jvp")
        xs = _prepare(given, create_graph)
        if v is None:
            if len(xs) != 1 or xs[0].numel() != 1:
                raise RuntimeError(
                    "The vector v can only be None if the input to the user-provided function is a "
                    "single Tensor with a single element."
                )
            vs: tuple[Tensor, ...] = (_zeros(xs[0]) + 1,)
        else:
            is_tuple, vs = _as_tuple(v, "v", "jvp")
            _check_vectors(vs, xs, is_tuple)
        several, outs = _as_tuple(func(*xs), "outputs of the user-provided function", "jvp")
        us = tuple(_zeros(o).requires_grad_() for o in outs)
        pulled = _strict_grad(outs, xs, us, True, "jvp" if strict else None)
        tied = [(p, t) for p, t in zip(pulled, vs) if p.requires_grad]
        found: Sequence[Any] = [None] * len(us)
        if tied:
            found = grad(
                [p for p, _ in tied],
                us,
                [t for _, t in tied],
                create_graph=create_graph,
                allow_unused=True,
            )
        result = tuple(_zeros(o) if g is None else g for g, o in zip(found, outs))
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

    Computed row by row in reverse mode. `vectorize` (which needs vmap) is refused.

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
    if strategy == "forward-mode" and not vectorize:
        raise NotImplementedError(
            'torch.autograd.functional.jacobian: `strategy="forward-mode"` with `vectorize=False` '
            "is not implemented. Use `vectorize=True`."
        )
    if vectorize:
        raise NotImplementedError("jacobian: vectorize=True needs vmap, which isn't here yet")
    with enable_grad():
        single, given = _as_tuple(inputs, "inputs", "jacobian")
        xs = _prepare(given, create_graph)
        several, outs = _as_tuple(func(*xs), "outputs of the user-provided function", "jacobian")
        rows = []
        for out in outs:
            flat = out.reshape(-1)
            parts = [
                _strict_grad((flat[j],), xs, None, create_graph, "jacobian" if strict else None)
                for j in range(out.numel())
            ]
            rows.append(tuple(_stacked(parts, i, out, x) for i, x in enumerate(xs)))
    nested = tuple(row if single else row[0] for row in rows)
    return _finish(nested if several else nested[0], create_graph)


def _stacked(parts: Sequence[Sequence[Tensor]], i: int, out: Tensor, x: Tensor) -> Tensor:
    from rushlight.api.shape import stack

    shape = tuple(out.shape) + tuple(x.shape)
    if not parts:
        return x.new_zeros(shape)  # type: ignore[no-any-return]
    return stack([p[i] for p in parts]).reshape(shape)  # type: ignore[no-any-return]


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
    single, _ = _as_tuple(inputs, "inputs", "hessian")

    def gradient(*xs: Tensor) -> Any:
        found = _gradient(func, xs, "hessian", strict)
        return found if single else found[0]

    return jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)


def _gradient(func: Fn, xs: Sequence[Tensor], name: str, strict: bool) -> tuple[Tensor, ...]:
    out = func(*xs)
    if not isinstance(out, Tensor):
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if out.numel() != 1:
        raise RuntimeError(
            f"The Tensor returned by the function given to {name} should contain a single element"
        )
    return _strict_grad((out.reshape(()),), xs, None, True, name if strict else None)


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
        single, given = _as_tuple(inputs, "inputs", name)
        xs = _prepare(given, create_graph)
        if v is None:
            if len(xs) != 1 or xs[0].numel() != 1:
                raise RuntimeError(
                    "The vector v can only be None if the input to the user-provided function is a "
                    "single Tensor with a single element."
                )
            vs: tuple[Tensor, ...] = (_zeros(xs[0]) + 1,)
        else:
            is_tuple, vs = _as_tuple(v, "v", name)
            _check_vectors(vs, xs, is_tuple)
        out = func(*xs)
        first = _gradient(lambda *_: out, xs, name, strict)
        found = _strict_grad(first, xs, vs, create_graph, name if strict else None)
    return _finish(out, create_graph), _finish(found if single else found[0], create_graph)
