"""Every sample under hooks that copy what is saved: derivatives unchanged, and PyTorch's calls."""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.samples import SAMPLES
from tests.samples.row import Row, realize

# Rows in which other tensors are saved than PyTorch saves, which docs/deviations.md has: those
# that are not needed, and the steps of what is a composition there.
OTHER_TENSORS = frozenset(
    (
        "Tensor.put",
        "batch_norm+estimates",
        "combinations",
        "complex",
        "copysign",
        "cosine_embedding_loss",
        "cosine_similarity",
        "cummax",
        "cummin",
        "dist",
        "div",
        "einsum",
        "einsum of lists",
        "embedding_bag(0,3,3,5)",
        "embedding_bag(0,3,7)",
        "gather",
        "getitem",
        "group_norm",
        "imag of a product",
        "index_add",
        "index_copy",
        "index_put",
        "inner",
        "instance_norm+estimates",
        "kl_div",
        "layer_norm",
        "ldexp",
        "masked_select",
        "matmul",
        "max_pool1d_with_indices",
        "max_unpool1d(max_pool1d)",
        "max_unpool2d(max_pool2d)",
        "max_unpool3d(max_pool3d)",
        "nanmean",
        "nanquantile",
        "nansum",
        "nn.functional.adaptive_avg_pool1d",
        "nn.functional.adaptive_avg_pool2d",
        "nn.functional.adaptive_avg_pool3d",
        "nn.functional.adaptive_max_pool1d",
        "nn.functional.adaptive_max_pool2d",
        "nn.functional.adaptive_max_pool3d",
        "nn.functional.avg_pool1d",
        "nn.functional.avg_pool2d",
        "nn.functional.avg_pool3d",
        "nn.functional.batch_norm",
        "nn.functional.bilinear",
        "nn.functional.cosine_embedding_loss",
        "nn.functional.cosine_similarity",
        "nn.functional.cross_entropy",
        "nn.functional.embedding_bag",
        "nn.functional.group_norm",
        "nn.functional.instance_norm",
        "nn.functional.interpolate",
        "nn.functional.kl_div",
        "nn.functional.l1_loss",
        "nn.functional.layer_norm",
        "nn.functional.linear",
        "nn.functional.local_response_norm",
        "nn.functional.logsigmoid",
        "nn.functional.lp_pool1d",
        "nn.functional.lp_pool2d",
        "nn.functional.lp_pool3d",
        "nn.functional.max_pool1d",
        "nn.functional.max_pool2d",
        "nn.functional.max_pool3d",
        "nn.functional.mse_loss",
        "nn.functional.multilabel_margin_loss",
        "nn.functional.multilabel_soft_margin_loss",
        "nn.functional.nll_loss",
        "nn.functional.pad",
        "nn.functional.poisson_nll_loss",
        "nn.functional.rms_norm",
        "nn.functional.rrelu",
        "nn.functional.smooth_l1_loss",
        "nn.functional.soft_margin_loss",
        "nn.functional.softsign",
        "operator @",
        "prod",
        "quantile",
        "real of a product",
        "rms_norm",
        "rrelu",
        "rrelu_",
        "scatter_reduce",
        "setitem",
        "take",
        "take_along_dim",
        "tensordot",
        "view_as_real of a product",
    )
)

ROWS: dict[int, tuple[Row, list[Any]]] = {}
for row, sample in SAMPLES:
    if row.grad:
        ROWS.setdefault(id(row), (row, []))[1].append(sample)
rows = pytest.mark.parametrize("pair", list(ROWS.values()), ids=lambda p: p[0].path)


def tensors(lib: Any, result: Any) -> list[Any]:
    if isinstance(result, (tuple, list)):
        return [t for r in result for t in tensors(lib, r)]
    return [result] if isinstance(result, lib.Tensor) and result.requires_grad else []


def cotangent(lib: Any, t: Any, seed: int) -> Any:
    value = np.random.RandomState(seed).uniform(-1, 1, tuple(t.shape))
    return lib.tensor(value, dtype=t.dtype).requires_grad_()


def differentiate(row: Row, sample: Any, hooks: Any) -> list[Any]:
    """First and second derivatives, with everything saved on the way through `hooks`."""
    args, kwargs, leaves = realize(rushlight, sample, grad=True)
    with hooks:
        outs = tensors(rushlight, row.run(rushlight, args, kwargs))
        if not outs or not leaves:
            return []
        given = [cotangent(rushlight, t, i) for i, t in enumerate(outs)]
        first = list(
            rushlight.autograd.grad(outs, leaves, given, allow_unused=True, create_graph=row.second)
        )
        again = [g for g in first if g is not None and g.requires_grad]
        if not again:
            return first
        seeds = [cotangent(rushlight, g, 10 + i) for i, g in enumerate(again)]
        second = rushlight.autograd.grad(again, leaves + given, seeds, allow_unused=True)
    return first + list(second)


@rows
def test_derivatives_are_the_same(pair: tuple[Row, list[Any]]) -> None:
    row, samples = pair
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for sample in samples:
            hooks = rushlight.autograd.graph.saved_tensors_hooks(
                lambda t: (t.detach().clone(),), lambda packed: packed[0].clone()
            )
            plain = differentiate(row, sample, nullcontext())
            packed = differentiate(row, sample, hooks)
            assert len(plain) == len(packed)
            for a, b in zip(plain, packed):
                assert (a is None) == (b is None)
                if a is not None:
                    x, y = a.detach().numpy(), b.detach().numpy()
                    assert x.dtype == y.dtype
                    np.testing.assert_array_equal(x, y)


def packed_by(lib: Any, row: Row, sample: Any) -> list[Any]:
    """What a call packs: shapes, dtypes, and whether they require grad."""
    log: list[Any] = []

    def pack(t: Any) -> Any:
        log.append((tuple(t.shape), str(t.dtype).split(".")[1], t.requires_grad))
        return t.detach()

    args, kwargs, _ = realize(lib, sample, grad=True)
    with lib.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        row.run(lib, args, kwargs)
    return log


@rows
def test_the_same_tensors_are_packed_in_the_same_order(pair: tuple[Row, list[Any]]) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is the judge here")
    row, samples = pair
    if row.path in OTHER_TENSORS:
        pytest.skip("saves other tensors than PyTorch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for sample in samples:
            assert packed_by(rushlight, row, sample) == packed_by(torch, row, sample), str(sample)
