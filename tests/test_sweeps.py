"""Every sample through every sweep. PyTorch is the judge of values, derivatives and errors."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.samples import ERRORS, SAMPLES, name, of_today
from tests.samples.row import Call, Row, realize
from tests.sweeping import array, cotangent, flat, has_leaves, outcome, run_with, same, tracked

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")

samples = pytest.mark.parametrize("pair", SAMPLES, ids=name)
some_samples = pytest.mark.parametrize("pair", of_today(SAMPLES, 2), ids=name)
PairT = tuple[Row, Call]


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@samples
def test_value(pair: PairT) -> None:
    row, sample = pair
    for dtype in row.dtypes:
        theirs, error = outcome(
            lambda dtype=dtype: row.run(torch, *realize(torch, sample, dtype)[:2])
        )
        if error is not None:  # PyTorch has no such kernel: we must refuse as well
            with pytest.raises(type(error)):
                row.run(rushlight, *realize(rushlight, sample, dtype)[:2])
            continue
        ours = row.run(rushlight, *realize(rushlight, sample, dtype)[:2])
        rtol = {"float16": 2e-3, "float32": row.rtol32, "complex64": row.rtol32}.get(
            dtype, row.rtol
        )
        same(ours, theirs, rtol)


def differentiate(lib: Any, row: Row, sample: Call, order: int, layout: str = "C") -> Any:
    """The output's grad_fn name, the gradients, and with order 2 the gradients of those."""
    args, kwargs, leaves = realize(lib, sample, grad=True, layout=layout)
    outs = tracked(lib, row.run(lib, args, kwargs))
    assert outs, "nothing to differentiate"
    names = [t.grad_fn.name() if t.grad_fn is not None else None for t in outs]
    cotangents = [cotangent(lib, t, i) for i, t in enumerate(outs)]
    if order == 1:
        return names, lib.autograd.grad(outs, leaves, cotangents, allow_unused=True)
    first = lib.autograd.grad(outs, leaves, cotangents, create_graph=True, allow_unused=True)
    firsts = [g for g in first if g is not None and g.requires_grad]
    if not firsts:
        return names, None
    again = [cotangent(lib, g, 10 + i) for i, g in enumerate(firsts)]
    targets = leaves + cotangents
    return names, lib.autograd.grad(firsts, targets, again, allow_unused=True)


@samples
def test_gradient(pair: PairT) -> None:
    row, sample = pair
    if not row.grad or not has_leaves(sample):
        pytest.skip("not differentiable")
    names, ours = differentiate(rushlight, row, sample, 1)
    expected, theirs = differentiate(torch, row, sample, 1)
    same(list(ours), list(theirs), row.rtol)
    if row.node:
        assert names == expected


@samples
def test_second_derivative(pair: PairT) -> None:
    row, sample = pair
    if not (row.grad and row.second) or not has_leaves(sample):
        pytest.skip("no second derivative")
    _, ours = differentiate(rushlight, row, sample, 2)
    _, theirs = differentiate(torch, row, sample, 2)
    if theirs is None:
        assert ours is None or all(g is None or not np.any(array(g)) for g in ours)
        return
    ours = ours if ours is not None else [None] * len(theirs)
    for a, b in zip(ours, theirs):
        if a is None or b is None:  # zero and "not connected" mean the same
            for g in (a, b):
                assert g is None or not np.any(array(g))
        else:
            same(a, b, row.rtol * 10)


@some_samples
def test_layouts(pair: PairT) -> None:
    row, sample = pair
    for layout in ("F", "strided"):
        theirs, error = outcome(
            lambda layout=layout: row.run(torch, *realize(torch, sample, layout=layout)[:2])
        )
        if error is None:
            ours = row.run(rushlight, *realize(rushlight, sample, layout=layout)[:2])
            same(ours, theirs, row.rtol)


@samples
def test_forward_mode(pair: PairT) -> None:
    """<u, J v> == <J^T u, v>, with reverse mode already judged above."""
    row, sample = pair
    if not (row.grad and row.forward) or not has_leaves(sample):
        pytest.skip("no forward mode")
    fwd = rushlight.autograd.forward_ad
    args, kwargs, leaves = realize(rushlight, sample, grad=True)
    tangents = [cotangent(rushlight, t, 20 + i).detach() for i, t in enumerate(leaves)]
    results = flat(row.run(rushlight, args, kwargs))
    differentiable = [
        i for i, t in enumerate(results) if isinstance(t, rushlight.Tensor) and t.requires_grad
    ]
    outs = [results[i] for i in differentiable]
    us = [cotangent(rushlight, t, i).detach() for i, t in enumerate(outs)]
    grads = rushlight.autograd.grad(outs, leaves, us, allow_unused=True)
    reverse = sum(inner(v, g) for v, g in zip(tangents, grads) if g is not None)
    with fwd.dual_level():
        lookup = {id(t): fwd.make_dual(t.detach(), v) for t, v in zip(leaves, tangents)}
        result = run_with(rushlight, row, args, kwargs, lookup)
        tans = [fwd.unpack_dual(flat(result)[i]).tangent for i in differentiable]
        forward = sum(inner(u, t) for u, t in zip(us, tans) if t is not None)
    np.testing.assert_allclose(forward, reverse, rtol=1e-8, atol=1e-8)


def inner(a: Any, b: Any) -> float:
    return float(np.sum(np.conj(array(a)) * array(b)).real)


@some_samples
def test_method_inplace_and_out(pair: PairT) -> None:
    row, sample = pair
    short = row.path.rpartition(".")[2]
    if row.fn is not None:
        pytest.skip("no forms of its own")
    theirs, error = outcome(lambda: row.run(torch, *realize(torch, sample)[:2]))
    if error is not None:
        pytest.skip("not a valid call in float64")
    if row.method and "." not in row.path and hasattr(torch.Tensor, short):
        args, kwargs, _ = realize(rushlight, sample)
        if isinstance(args[0], rushlight.Tensor):
            same(getattr(args[0], short)(*args[1:], **kwargs), theirs, row.rtol)
    if row.out:
        args, kwargs, _ = realize(rushlight, sample)
        target = rushlight.empty(
            tuple(theirs.shape), dtype=getattr(rushlight, str(theirs.dtype)[6:])
        )
        result = row.run(rushlight, args, {**kwargs, "out": target})
        assert result is target
        same(target, theirs, row.rtol)
    if row.inplace:
        _check_inplace(row, sample, short)


def _check_inplace(row: Row, sample: Call, short: str) -> None:
    def run(lib: Any) -> Any:
        args, kwargs, leaves = realize(lib, sample, grad=True)
        start = args[0].clone()
        result = getattr(start, short + "_")(*args[1:], **kwargs)
        assert result is start
        if leaves and result.requires_grad:
            grads = lib.autograd.grad(result, leaves, cotangent(lib, result, 3), allow_unused=True)
            return [result, *grads], result._version
        return [result], result._version

    theirs, error = outcome(lambda: run(torch))
    ours, mine = outcome(lambda: run(rushlight))
    if error is not None:
        assert type(mine) is type(error), mine
        return
    if mine is not None:
        raise mine
    same(ours[0], theirs[0], row.rtol)
    assert ours[1] == theirs[1]


@pytest.mark.parametrize("pair", ERRORS, ids=name)
def test_error(pair: PairT) -> None:
    row, sample = pair
    _, theirs = outcome(lambda: row.run(torch, *realize(torch, sample)[:2]))
    assert theirs is not None, "PyTorch takes this call"
    _, ours = outcome(lambda: row.run(rushlight, *realize(rushlight, sample)[:2]))
    assert type(ours).__name__ == type(theirs).__name__, ours  # LinAlgError is one of each
    if row.message:
        # Overload listings and C++ traces follow the first line; the first line is the message.
        first = (
            str(ours).replace("rushlight.", "torch.").split("\n")[0]
        )  # where types are said to be
        assert first == str(theirs).split("\n")[0]
