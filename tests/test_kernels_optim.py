"""Kernels of optimizers: small parameters that step together, beside each by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rushlight.kernels import optim as kernels

SHAPES = [(), (3,), (1, 2, 3), (64, 64), (65, 64), (0, 2), (4096,), (4000,), (4090,)]
SHAPES += [(5, 7), *[(4096,)] * 7]  # more than fit together
OPTIONS: list[dict[str, Any]] = [
    {},
    {"weight_decay": 0.1},
    {"weight_decay": 0.1, "maximize": True},
    {"weight_decay": 0.1, "decoupled": True},
    {"beta1": 0.4, "maximize": True},
]
DEFAULTS: dict[str, Any] = {"lr": 0.01, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
DEFAULTS |= {"weight_decay": 0.0, "decoupled": False, "maximize": False}


def parameters(dtype: str) -> list[Any]:
    """Parameters with their gradients and states, some of which lie in memory otherwise."""
    rng = np.random.RandomState(0)
    made = []
    for i, shape in enumerate(SHAPES):
        arrays = [np.asarray(rng.uniform(0.1, 1, shape)).astype(dtype) for _ in range(4)]
        if i % 3 == 2:
            arrays[i % 2] = np.asfortranarray(arrays[i % 2])
        made.append((*arrays, np.ones(shape, dtype) if i == 1 else None))
    return made


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64"])
def test_together_as_one_by_one(dtype: str, options: dict[str, Any]) -> None:
    together, alone = parameters(dtype), parameters(dtype)
    for step in (1, 2):
        rates = kernels.adam_rates(np.dtype(dtype), step, **DEFAULTS | options)
        kernels.adam_steps(together, rates)
        for arrays in alone:
            kernels.adam_step(*arrays, rates)
    for ours, theirs in zip(together, alone):
        for a, b in zip(ours, theirs):
            np.testing.assert_array_equal(a, b)
    assert len(kernels._scratch.layouts) <= kernels.LAYOUTS
