"""Every sample under `vmap`, beside a loop over its examples: values, and gradients inside.

The examples of an input are the sample's values times 1, 0.9 and 0.8, which leaves positive what is
positive and sorted what is sorted; masks and indices roll.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import rushlight
from rushlight.func.trees import flatten, unflatten
from tests.samples import SAMPLES, name, of_today
from tests.samples.row import Call, Row, realize

PairT = tuple[Row, Call]
samples = pytest.mark.parametrize("pair", of_today(SAMPLES, 2), ids=name)
SIZE = 3


@pytest.fixture(autouse=True)
def _loops() -> Any:
    """Let no operator go example by example but those that do in PyTorch too."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        found = re.search(r"batching rule for aten::(\w+)\.", str(warning.message))
        assert found is None or found[1] in WITHOUT_A_RULE


def examples(t: Any) -> Any:
    """A batch of variations of one tensor."""
    if t.dtype.is_floating_point or t.dtype.is_complex:
        rows = [t.detach() * factor for factor in (1, 0.9, 0.8)]
    else:
        rows = [t.flatten().roll(i).view(t.shape) if t.dim() else t for i in range(SIZE)]
    return rushlight.stack(rows)


class Sample:
    """A sample's call, as a function of its tensors."""

    def __init__(self, row: Row, sample: Call) -> None:
        args, kwargs, leaves = realize(rushlight, sample, grad=True)
        self.row = row
        self.leaves, self.spec = flatten((tuple(args), kwargs))
        self.places = [i for i, x in enumerate(self.leaves) if isinstance(x, rushlight.Tensor)]
        self.differentiable = [
            n for n, i in enumerate(self.places) if any(self.leaves[i] is x for x in leaves)
        ]
        self.tensors = [self.leaves[i].detach() for i in self.places]

    def __call__(self, *tensors: Any) -> Any:
        leaves = list(self.leaves)
        for i, t in zip(self.places, tensors):
            leaves[i] = t
        args, kwargs = unflatten(leaves, self.spec)
        return self.row.run(rushlight, args, kwargs)


def outputs(result: Any) -> list[Any]:
    return [t for t in flatten(result)[0] if isinstance(t, rushlight.Tensor)]


def prepared(pair: PairT) -> Sample:
    sample = Sample(*pair)
    if "atol" in pair[1].kwargs or (pair[0].path == "cov" and "weights" in str(pair[1])):
        pytest.skip("whose tolerance, or degrees of freedom, are looked at: in PyTorch too")
    if pair[0].path.startswith(("embedding_bag", "segment_reduce by offsets")):
        pytest.skip("offsets that roll are none: tests/test_vmap_rules.py has them")
    if "sorter" in pair[1].kwargs:
        pytest.skip("an index that rolls sorts no more: tests/test_vmap_rules.py has it")
    if pair[0].path == "as_strided_scatter of one element in many places":
        pytest.skip("which of several writes to one place stays is not said")
    if not sample.tensors:
        pytest.skip("no tensor to map over")
    try:
        results = flatten(sample(*[t.clone() for t in sample.tensors]))[0]
    except (RuntimeError, TypeError):
        pytest.skip("needs a leaf that requires grad")
    if not all(isinstance(t, rushlight.Tensor) for t in results):
        pytest.skip("returns more than tensors")
    return sample


def check(mapped: Callable[..., Any], single: Callable[..., Any], inputs: Any, dims: Any) -> None:
    """Compare a function under vmap with a loop."""
    rows = []
    for i in range(SIZE):
        rows.append(
            outputs(single(*[x if d is None else x[i].clone() for x, d in zip(inputs, dims)]))
        )
    if any(t.shape != rows[0][k].shape for row in rows for k, t in enumerate(row)):
        pytest.skip("shapes that depend on values")
    found = outputs(mapped(*inputs))
    assert len(found) == len(rows[0])
    for k, batch in enumerate(found):
        assert batch.shape[0] == SIZE
        for i in range(SIZE):
            expected = rows[i][k]
            assert batch.dtype is expected.dtype
            assert batch[i].shape == expected.shape
            a, b = [x.detach().resolve_conj().numpy() for x in (batch[i], expected)]
            a, b = a.astype(np.complex128), b.astype(np.complex128)
            rtol = 1e-6 if expected.dtype.itemsize >= 4 else 3e-3  # some compute in float32
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol / 100)


WITHOUT_A_RULE = {  # as in PyTorch, but for affine_grid_generator and grid_sampler
    "affine_grid_generator",
    "affine_grid_generator_backward",
    "bincount",
    "conv_tbc",
    "conv_tbc_backward",
    "ctc_loss",
    "ctc_loss_backward",
    "embedding_bag",
    "embedding_bag_backward",
    "embedding_bag_per_sample_weights_backward",
    "embedding_renorm_",
    "fractional_max_pool2d",
    "fractional_max_pool3d",
    "grid_places",
    "grid_sampler",
    "grid_weave",
    "grid_weave_elements",
    "grid_weave_weights",
    "histc",
    "histogram",
    "isin",
    "masked_scatter",
    "masked_scatter_backward",
    "multi_margin_loss",
    "multi_margin_loss_backward",
    "multilabel_margin_loss",
    "multilabel_margin_loss_backward",
    "nonzero_static",
    "pdist",
    "put",
    "renorm",
    "slice_inverse",
    "take",
}


def refused(error: RuntimeError) -> bool:
    """Whether vmap can't do this by its nature: write many examples' values into one tensor."""
    return str(error).startswith(
        (
            "vmap: inplace arithmetic(self, *extra_args) is not possible",
            "output with shape",
            "vmap: We do not support batching operators that can",
            "vmap: Attempted to vmap over `mask` in torch.masked_select",
            "When vmap-ing torch.nn.functional.one_hot, please provide",
            "Cannot access data pointer of Tensor that doesn't have storage",  # lengths
            "Batch norm got a batched tensor as input while the running_mean or running_var",
        )
    )


def choices(n: int) -> list[tuple[int | None, ...]]:
    """Which inputs are mapped: all, and each alone."""
    whole: tuple[int | None, ...] = (0,) * n
    alone = [tuple([0 if j == i else None for j in range(n)]) for i in range(n)]
    return [whole, *alone] if n > 1 else [whole]


@samples
def test_values(pair: PairT) -> None:
    sample = prepared(pair)
    stacks = [examples(t) for t in sample.tensors]
    for dims in choices(len(stacks)):
        inputs = [s if d == 0 else t for s, t, d in zip(stacks, sample.tensors, dims)]
        try:
            check(rushlight.vmap(sample, dims, randomness="same"), sample, inputs, dims)
        except RuntimeError as error:
            if not refused(error):
                raise


@samples
def test_gradients(pair: PairT) -> None:
    row, _ = pair
    if not row.grad:
        pytest.skip("no derivative")
    sample = prepared(pair)
    if not sample.differentiable:
        pytest.skip("no differentiable input")

    def pulled(*tensors: Any) -> Any:
        def part(*chosen: Any) -> Any:
            given = list(tensors)
            for n, t in zip(sample.differentiable, chosen):
                given[n] = t
            result = outputs(sample(*given))
            return [t for t in result if t.dtype.is_floating_point or t.dtype.is_complex]

        results, pull = rushlight.func.vjp(part, *[tensors[n] for n in sample.differentiable])
        return pull([t.detach().cos() for t in results])

    stacks = [examples(t) for t in sample.tensors]
    for dims in choices(len(stacks)):
        inputs = [s if d == 0 else t for s, t, d in zip(stacks, sample.tensors, dims)]
        try:
            check(rushlight.vmap(pulled, dims, randomness="same"), pulled, inputs, dims)
        except RuntimeError as error:
            if not refused(error):
                raise
