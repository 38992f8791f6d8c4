"""Batching rules beside a loop in PyTorch, in cases that a sweep over samples doesn't come to.

A case is a function, and the inputs it is mapped over: all of them, and each alone. The judge is a
loop since PyTorch 2.13's own rules are wrong in some cases (`index_fill` at negative indices,
`lu_solve` of several right-hand sides, a `padding_idx` of several tables).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import rushlight

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")

Inputs = Callable[[np.random.RandomState], list[Any]]
SIZE = 3

CASES: dict[str, tuple[Callable[..., Any], Inputs]] = {
    "searchsorted_by_sorter": (
        lambda lib, a, v, s: lib.searchsorted(a, v, sorter=s, right=True),
        lambda rng: [a := rng.rand(3, 5), rng.rand(3, 4), a.argsort(1)],
    ),
    "index_fill_counts_from_the_end": (
        lambda lib, x, i: x.index_fill(1, i, 2.0),
        lambda rng: [rng.rand(3, 2, 4), rng.randint(-4, 4, (3, 2))],
    ),
    "index_fill_by_tensor": (
        lambda lib, x, i, v: x.index_fill(0, i, v),
        lambda rng: [rng.rand(3, 4, 2), rng.randint(0, 4, (3, 2)), rng.rand(3)],
    ),
    "index_add_scaled": (
        lambda lib, x, i, s: x.index_add(1, i, s, alpha=3),
        lambda rng: [rng.rand(3, 2, 4), rng.randint(0, 4, (3, 5)), rng.rand(3, 2, 5)],
    ),
    "scatter_reduce": (
        lambda lib, x, i, s: x.scatter_reduce(0, i, s, "prod", include_self=False),
        lambda rng: [rng.rand(3, 4, 2), rng.randint(0, 4, (3, 3, 2)), rng.rand(3, 3, 2)],
    ),
    "embedding": (
        lambda lib, w, i: lib.nn.functional.embedding(i, w, padding_idx=1),
        lambda rng: [rng.rand(3, 5, 2), rng.randint(0, 5, (3, 2, 4))],
    ),
    "group_norm": (
        lambda lib, x, w, b: lib.nn.functional.group_norm(x, 2, w, b),
        lambda rng: [rng.rand(3, 2, 4, 5), rng.rand(3, 4), rng.rand(3, 4)],
    ),
    "nll_loss_of_images": (
        lambda lib, x, t, w: lib.nn.functional.nll_loss(x, t, w.detach(), ignore_index=1),
        lambda rng: [rng.rand(3, 2, 4, 5), rng.randint(0, 4, (3, 2, 5)), rng.rand(3, 4)],
    ),
    "block_diag": (
        lambda lib, a, b, c: lib.block_diag(a, b, c),
        lambda rng: [rng.rand(3, 2, 3), rng.rand(3), rng.rand(3, 4)],
    ),
    "lu_factor": (
        lambda lib, a: lib.linalg.lu_factor(a),
        lambda rng: [rng.rand(3, 2, 4, 4)],
    ),
    "lu_solve": (
        lambda lib, a, b: lib.linalg.lu_solve(*lib.linalg.lu_factor(a), b),
        lambda rng: [rng.rand(3, 4, 4), rng.rand(3, 2, 4, 2)],
    ),
    "lstsq": (
        lambda lib, a, b: lib.linalg.lstsq(a, b).solution,
        lambda rng: [rng.rand(3, 4, 2), rng.rand(3, 4, 3)],
    ),
    "pinv": (
        lambda lib, a, t: lib.linalg.pinv(a, rtol=t.detach()),
        lambda rng: [rng.rand(3, 4, 2), rng.rand(3)],
    ),
    "cross": (
        lambda lib, a, b: lib.linalg.cross(a, b),
        lambda rng: [rng.rand(3, 2, 3), rng.rand(3, 1, 3)],
    ),
    "dist": (
        lambda lib, a, b: lib.dist(a, b, 3.0),
        lambda rng: [rng.rand(3, 2), rng.rand(3, 2)],
    ),
    "masked_select": (
        lambda lib, a: lib.masked_select(a, lib.tensor([[True, False], [False, True]])),
        lambda rng: [rng.rand(3, 2)],
    ),
    "aminmax": (lambda lib, x: lib.aminmax(x), lambda rng: [rng.rand(3, 4)]),
    "argmax_kept": (lambda lib, x: lib.argmax(x, keepdim=True), lambda rng: [rng.rand(3, 4)]),
    "roll_all": (lambda lib, x: lib.roll(x, 3), lambda rng: [rng.rand(3, 4, 2)]),
    "sort_of_scalars": (lambda lib, x: lib.sort(x), lambda rng: [rng.rand(3)]),
    "embedding_bag": (
        lambda lib, i, w: lib.nn.functional.embedding_bag(i, w, mode="max"),
        lambda rng: [rng.randint(0, 5, (3, 2, 4)), rng.rand(3, 5, 2)],
    ),
    "embedding_bag_of_offsets": (
        lambda lib, i, w, o, s: lib.nn.functional.embedding_bag(
            i, w, o, mode="sum", per_sample_weights=s, padding_idx=2
        ),
        lambda rng: [
            rng.randint(0, 5, (3, 6)),
            rng.rand(3, 5, 2),
            np.array([[0, 2], [0, 0], [0, 5]]),
            rng.rand(3, 6),
        ],
    ),
}


def outputs(lib: Any, result: Any) -> list[Any]:
    return [result] if isinstance(result, lib.Tensor) else list(result)


def mapped(function: Any, dims: Any, *inputs: Any) -> list[Any]:
    """What Rushlight makes of all examples at once."""
    lib = rushlight
    run = lib.vmap(lambda *xs: tuple(outputs(lib, function(lib, *xs))), dims)
    return list(run(*inputs))


def looped(function: Any, dims: Any, *inputs: Any) -> list[Any]:
    """What PyTorch makes of one example after another."""
    examples = [
        outputs(judge, function(judge, *[x if d is None else x[i] for x, d in zip(inputs, dims)]))
        for i in range(SIZE)
    ]
    return [judge.stack(column) for column in zip(*examples)]


def found(lib: Any, run: Any, function: Any, dims: Any, arrays: Any) -> list[Any]:
    """Values, and the gradients of a number that depends on all of them."""
    inputs = [lib.from_numpy(a.copy() if d == 0 else np.array(a[0])) for a, d in zip(arrays, dims)]
    chosen = [t.requires_grad_() for t in inputs if t.is_floating_point()]
    results = run(function, dims, *inputs)
    total = sum((t.cos().sum() for t in results if t.is_floating_point()), lib.zeros(()))
    if total.requires_grad:
        grads = lib.autograd.grad(total, chosen, allow_unused=True, materialize_grads=True)
        results += grads
    return [t.detach().numpy() for t in results]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore")
def test_rule(name: str) -> None:
    function, make = CASES[name]
    arrays = make(np.random.RandomState(3))
    n = len(arrays)
    alone = [tuple([0 if j == i else None for j in range(n)]) for i in range(n)]
    for dims in [(0,) * n, *(alone if n > 1 else [])]:
        ours = found(rushlight, mapped, function, dims, arrays)
        theirs = found(judge, looped, function, dims, arrays)
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs):
            assert a.shape == b.shape
            assert a.dtype == b.dtype
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


def test_examples_one_by_one_are_said_at_the_programs_line() -> None:
    for lib in (rushlight, judge):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            lib.vmap(lambda x, lib=lib: lib.histc(x, 4))(lib.rand(2, 5))
        (warning,) = caught
        assert warning.category is UserWarning
        assert warning.filename == __file__
        assert str(warning.message).startswith(
            "There is a performance drop because we have not yet implemented the batching rule for "
            "aten::histc. Please file us an issue on GitHub so that we can prioritize its "
            "implementation."
        )
