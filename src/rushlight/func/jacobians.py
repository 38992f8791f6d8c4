"""Whole Jacobians: `jacrev` by rows, `jacfwd` by columns, and `hessian`, one over the other."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from rushlight.autograd.rows import basis, from_columns, from_rows
from rushlight.func.forward import check_tensors, jvp
from rushlight.func.grads import Argnums, replaced, selected, vjp
from rushlight.func.trees import flatten, unflatten
from rushlight.func.vmap import vmap

__all__ = ["hessian", "jacfwd", "jacrev"]


def jacrev(
    func: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[..., Any]:
    """Return the function that computes the Jacobian of `func` by reverse mode, row by row.

    For an output of shape S and an input of shape T the Jacobian has shape ``(*S, *T)``; trees of
    outputs and of inputs give a tree of trees. `argnums` and `has_aux` are as in `grad`. At most
    `chunk_size` rows are computed at a time. Good for functions with fewer outputs than inputs.

    >>> import rushlight as torch
    >>> torch.func.jacrev(lambda x: x * x)(torch.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if chunk_size is not None and not chunk_size > 0:
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func, updated=())
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        chosen = selected(args, argnums)
        several = isinstance(argnums, tuple)
        primals = chosen if several else (chosen,)

        def part(*xs: Any) -> Any:
            return func(*replaced(args, argnums, xs if several else xs[0]), **kwargs)

        output, pull, *aux = vjp(part, *primals, has_aux=has_aux)
        outs, out_spec = flatten(output)
        inputs, spec = flatten(primals)

        def rows(*cotangents: Any) -> tuple[Any, ...]:
            return tuple(flatten(pull(unflatten(cotangents, out_spec)))[0])

        found = vmap(rows, chunk_size=chunk_size)(*basis(outs))
        result = [unflatten(row, spec) for row in from_rows(found, outs, inputs)]
        tree = unflatten([r if several else r[0] for r in result], out_spec)
        return (tree, *aux) if has_aux else tree

    return jacobian


def jacfwd(
    func: Callable[..., Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    randomness: str = "error",
) -> Callable[..., Any]:
    """Return the function that computes the Jacobian of `func` by forward mode, column by column.

    As `jacrev`, for functions with fewer inputs than outputs. `randomness` is as in `vmap`.

    >>> import rushlight as torch
    >>> torch.func.jacfwd(lambda x: x * x)(torch.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    @functools.wraps(func, updated=())
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        chosen = selected(args, argnums)
        several = isinstance(argnums, tuple)
        primals = chosen if several else (chosen,)
        inputs, spec = flatten(primals)
        check_tensors("primals", inputs)
        kept: list[Any] = []  # what is the same for every column: the specs, and aux

        def column(*tangents: Any) -> tuple[Any, ...]:
            def part(*xs: Any) -> Any:
                return func(*replaced(args, argnums, xs if several else xs[0]), **kwargs)

            output, pushed, *aux = jvp(part, primals, unflatten(tangents, spec), has_aux=has_aux)
            kept[:] = flatten(aux)[1], flatten(output)[1]
            return tuple(flatten(pushed)[0]), tuple(flatten(aux)[0])

        found, aux = vmap(column, randomness=randomness)(*basis(inputs))
        aux_spec, out_spec = kept
        table = []
        for columns in found:
            tree = unflatten(from_columns(columns, inputs), spec)
            table.append(tree if several else tree[0])
        result = unflatten(table, out_spec)
        if has_aux:
            (first,) = unflatten([a[0] for a in aux], aux_spec)
            return result, first
        return result

    return jacobian


def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """Return the function that computes the Hessian of `func`: forward over reverse mode.

    For an output of shape S and an input of shape T it has shape ``(*S, *T, *T)``.

    >>> import rushlight as torch
    >>> torch.func.hessian(lambda x: (x**3).sum())(torch.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
