"""Every sample's derivatives against central differences. No other library is asked.

A random direction v of all inputs, and a random cotangent u of all outputs, say as much as the
whole Jacobian does: uᵀ (f(x + hv) - f(x - hv)) / 2h is uᵀJv up to O(h²), and so is ⟨Jᵀu, v⟩ of
reverse mode. The second derivative is the same test of x, u -> Jᵀu.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.samples import SAMPLES, name, of_today
from tests.samples.row import Call, Row, Spec, realize
from tests.sweeping import tracked

samples = pytest.mark.parametrize("pair", SAMPLES, ids=name)
some_samples = pytest.mark.parametrize("pair", of_today(SAMPLES, 2), ids=name)
STEP = 1e-6
Arrays = list[np.ndarray[Any, Any]]


def draw(seed: int, like: Arrays) -> Arrays:
    rng = np.random.RandomState(seed)

    def one(a: Any) -> Any:
        part = rng.uniform(-1, 1, a.shape)
        return part + 1j * rng.uniform(-1, 1, a.shape) if a.dtype.kind == "c" else part

    return [np.asarray(one(a), a.dtype) for a in like]


def inner(us: Arrays, vs: Any) -> float:
    """The real inner product; None stands for zeros."""
    return float(sum(np.sum(np.conj(u) * v).real for u, v in zip(us, vs) if v is not None))


def values(ts: Any) -> Any:
    return [None if t is None else t.detach().resolve_conj().numpy() for t in ts]


class Function:
    """A sample's call as a function of the arrays of its differentiable tensors."""

    def __init__(self, row: Row, sample: Call) -> None:
        self.row = row
        self.sample = sample
        self.at: Arrays = values(realize(rushlight, sample, grad=True)[2])

    def __call__(self, arrays: Arrays) -> tuple[list[Any], list[Any]]:
        """Return outputs and leaves, with the leaves at other places."""
        args, kwargs, leaves = realize(rushlight, self.sample, grad=True)
        rushlight.manual_seed(0)
        with rushlight.no_grad():
            for leaf, a in zip(leaves, arrays):
                leaf.copy_(rushlight.tensor(a))
        return tracked(rushlight, self.row.run(rushlight, args, kwargs)), leaves


def slope(f: Callable[[Arrays], Arrays], at: Arrays, v: Arrays, u: Arrays) -> float:
    """uᵀJv by central differences."""
    ahead = f([a + STEP * d for a, d in zip(at, v)])
    behind = f([a - STEP * d for a, d in zip(at, v)])
    return inner(u, [(p - q) / (2 * STEP) for p, q in zip(ahead, behind)])


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def chosen(value: Any) -> bool:
    """Whether a sample's values were written down: for kinks, ties and infinities."""
    if isinstance(value, (list, tuple)):
        return any(map(chosen, value))
    return isinstance(value, Spec) and value.values is not None


def prepared(pair: tuple[Row, Call], order: int) -> tuple[Function, Arrays, Arrays, Arrays]:
    """The function, a direction, the values and a cotangent; skips what has no derivative."""
    row, sample = pair
    if not (row.grad and row.finite and (order == 1 or row.second)):
        pytest.skip("no derivative to compare")
    if chosen([*sample.args, *sample.kwargs.values()]):
        pytest.skip("values that were chosen to lie on kinks")
    f = Function(row, sample)
    if not f.at:
        pytest.skip("no differentiable input")
    outs = values(f(f.at)[0])
    if any(a.dtype.itemsize < 8 for a in outs):
        pytest.skip("too few digits for differences")
    if not all(np.isfinite(a).all() for a in outs):
        pytest.skip("no finite value")
    return f, draw(1, f.at), outs, draw(2, outs)


@samples
def test_first_derivative(pair: tuple[Row, Call]) -> None:
    f, v, _, u = prepared(pair, 1)
    outs, leaves = f(f.at)
    grads = rushlight.autograd.grad(outs, leaves, list(map(rushlight.tensor, u)), allow_unused=True)
    expected = slope(lambda arrays: values(f(arrays)[0]), f.at, v, u)
    assert inner(v, values(grads)) == pytest.approx(expected, rel=1e-5, abs=1e-6)


@some_samples
def test_second_derivative(pair: tuple[Row, Call]) -> None:
    f, v, _, u = prepared(pair, 2)
    places = len(f.at)

    def gradients(arrays: Arrays, graph: bool = True) -> tuple[list[Any], list[Any]]:
        """Jᵀu as a function of x and u together."""
        outs, leaves = f(arrays[:places])
        cotangents = [rushlight.tensor(a, requires_grad=True) for a in arrays[places:]]
        found = rushlight.autograd.grad(
            outs, leaves, cotangents, create_graph=graph, allow_unused=True
        )
        return list(found), [*leaves, *cotangents]

    def flat(arrays: Arrays) -> Arrays:
        found = values(gradients(arrays, graph=False)[0])
        return [np.zeros_like(a) if g is None else g for g, a in zip(found, arrays)]

    at = [*f.at, *u]
    direction = [*v, *draw(3, u)]
    weights = draw(4, f.at)
    found, inputs = gradients(at)
    roots = [(g, w) for g, w in zip(found, weights) if g is not None and g.requires_grad]
    expected = slope(flat, at, direction, weights)
    if not roots:
        assert expected == pytest.approx(0, abs=1e-5)
        return
    second = rushlight.autograd.grad(
        [g for g, _ in roots], inputs, [rushlight.tensor(w) for _, w in roots], allow_unused=True
    )
    assert inner(direction, values(second)) == pytest.approx(expected, rel=1e-4, abs=1e-5)
