"""Forward mode as a transform of functions: `jvp` and `linearize`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rushlight.autograd.modes import enable_grad
from rushlight.func.grads import check_outputs, vjp, with_aux
from rushlight.func.levels import running
from rushlight.func.pushed import PushLevel
from rushlight.func.trees import flatten, map_tree, unflatten
from rushlight.ops.convert import zeroed
from rushlight.tensor import Tensor

__all__ = ["check_tensors", "jvp", "linearize"]

WHO = "jvp(f, primals, tangents)"


def jvp(
    func: Callable[..., Any],
    primals: Any,
    tangents: Any,
    *,
    strict: bool = False,
    has_aux: bool = False,
) -> Any:
    """Run `func` on `primals` and return its output and the derivative along `tangents`.

    Both are tuples, of trees of tensors with the same shapes. The second result has the shape of
    the output. With `has_aux` `func` returns ``(output, aux)``, and aux is a third result. With
    `strict` an output that doesn't depend on the inputs raises RuntimeError, where it else gets
    zeros.

    >>> import rushlight as torch
    >>> torch.func.jvp(torch.sin, (torch.zeros(2),), (torch.tensor([1.0, 2.0]),))
    (tensor([0., 0.]), tensor([1., 2.]))
    """
    if not isinstance(primals, tuple):
        raise RuntimeError(
            f"{WHO}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals)."
        )
    values, spec = flatten(primals)
    directions, other = flatten(tangents)
    if spec != other:
        raise RuntimeError(
            f"{WHO}: Expected primals and tangents to have the same python structure. For example, "
            "if primals is a tuple of 3 tensors, tangents also must be. Got primals with structure "
            f"{spec!r} and tangents with structure {other!r}"
        )
    for what, leaves in (("primals", values), ("tangents", directions)):
        if not leaves:
            raise RuntimeError(f"{WHO}: Expected {what} to contain at least one Tensor.")
        check_tensors(what, leaves)
    level = PushLevel()
    with running(level):
        inside = [_dual(level, x, t) for x, t in zip(values, directions)]
        output = func(*unflatten(inside, spec))
        aux = None
        if has_aux:
            output, aux = with_aux(WHO, output)
        outs, out_spec = flatten(output)
        check_outputs(WHO, outs)
        results = [level.value(out) for out in outs]
        pushed = [level.tangent(out) for out in outs]
    for i, t in enumerate(pushed):
        if t is None:
            if strict:
                raise RuntimeError(
                    "jvp(f, primals, tangents, strict=True): The output of f is independent of the "
                    "inputs. This is not allowed with strict=True."
                )
            pushed[i] = zeroed(results[i])
    pair = (unflatten(results, out_spec), unflatten(pushed, out_spec))
    return (*pair, map_tree(level.value, aux)) if has_aux else pair


def check_tensors(what: str, leaves: list[Any]) -> None:
    """Raise RuntimeError where `leaves`, the primals or tangents of `jvp`, aren't all tensors."""
    for leaf in leaves:
        if not isinstance(leaf, Tensor):
            raise RuntimeError(f"{WHO}: Expected {what} to only contain Tensors, got {type(leaf)}")


def _dual(level: PushLevel, primal: Tensor, tangent: Tensor) -> Tensor:
    for what, t in (("primal", primal), ("tangent", tangent)):
        if not (t.dtype.is_floating_point or t.dtype.is_complex):
            raise ValueError(f"Expected {what} to be floating point or complex, but got: {t.dtype}")
    return level.pushed(primal, tangent)


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """Run `func` once and return its output and the linear function that maps tangents forward.

    The second takes tangents like `primals` and returns the output's tangent, as `jvp` would, but
    doesn't run `func` again: it transposes the recorded backward pass, as `rushlight.ops.forward`
    explains.

    >>> import rushlight as torch
    >>> y, push = torch.func.linearize(torch.sin, torch.zeros(2))
    >>> push(torch.tensor([1.0, 2.0]))
    tensor([1., 2.])
    """
    output, pull = vjp(func, *primals)
    outs, out_spec = flatten(output)
    inputs, spec = flatten(primals)

    def push(*tangents: Any) -> Any:
        given, given_spec = flatten(tangents)
        if given_spec != spec:
            raise RuntimeError(
                f"Expected the tangents {given_spec!r} to have the same argspec as the primals "
                f"{spec!r}"
            )
        for i, (t, x) in enumerate(zip(given, inputs)):
            if t.shape != x.shape:
                raise RuntimeError(
                    f"tangent:{i} with shape {t.shape} in flattened pytree doesn't match the shape "
                    f"{x.shape} of the corresponding primal."
                )
            if t.dtype != x.dtype:
                raise RuntimeError(
                    f"tangent:{i} with dtype {t.dtype} in flattened pytree doesn't match the dtype "
                    f"{x.dtype} of the corresponding primal."
                )
        return unflatten(list(transposed(tuple(given))), out_spec)

    def backwards(*cotangents: Any) -> tuple[Any, ...]:
        return tuple(flatten(pull(unflatten(cotangents, out_spec)))[0])

    with enable_grad():
        _, transposed = vjp(backwards, *[zeroed(out) for out in outs])
    return output, push
