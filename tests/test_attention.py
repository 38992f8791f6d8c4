"""Attention beyond what one sample shows: many blocks, dropout, half precision, vmap."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.both import assert_same_story, attempt
from tests.libraries import LIBRARIES

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")


def operands(lib: Any, *shapes: tuple[int, ...], dtype: str = "float64") -> list[Any]:
    rng = np.random.RandomState(3)
    tensors = [lib.from_numpy(rng.uniform(-1, 1, shape)) for shape in shapes]
    return [t.to(getattr(lib, dtype)).requires_grad_() for t in tensors]


def attended(lib: Any, inputs: list[Any], seed: int = 0, **options: Any) -> list[Any]:
    """The result and all first derivatives, as arrays."""
    lib.manual_seed(seed)
    y = lib.nn.functional.scaled_dot_product_attention(*inputs, **options)
    slope = lib.from_numpy(np.random.RandomState(7).uniform(-1, 1, tuple(y.shape))).to(y.dtype)
    found = [y, *lib.autograd.grad(y, inputs, slope)]
    return [t.detach().to(lib.float64).numpy() for t in found]


def alike(shapes: list[tuple[int, ...]], tolerance: float = 1e-10, **options: Any) -> None:
    dtype = options.pop("dtype", "float64")
    mask = options.pop("mask", None)
    ours, theirs = (
        attended(
            lib,
            operands(lib, *shapes, dtype=dtype),
            **options,
            **({} if mask is None else {"attn_mask": lib.from_numpy(mask)}),
        )
        for lib in (rushlight, judge)
    )
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def lengths(n: int, length: int, keys: int) -> list[tuple[int, ...]]:
    return [(1, n, length, 8), (1, n, keys, 8), (1, n, keys, 8)]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    "shapes", [lengths(9, 200, 300), lengths(2, 700, 600), lengths(2, 600, 900)]
)
def test_many_blocks(shapes: list[tuple[int, ...]], causal: bool) -> None:
    """Several heads at once, and several pieces of one head, the last of which is shorter."""
    alike(shapes, is_causal=causal)


@pytest.mark.parametrize("size", [(700, 600), (1, 600), (2, 700, 600), (1, 2, 1, 600)])
def test_masks_over_many_blocks(size: tuple[int, ...]) -> None:
    rng = np.random.RandomState(1)
    alike(lengths(2, 700, 600), mask=rng.rand(*size[-2:]) < 0.5)
    if len(size) != 3:
        alike(lengths(2, 700, 600), mask=rng.uniform(-1, 1, size))
        alike(lengths(2, 700, 600), mask=rng.rand(*size) < 0.5)


def test_queries_that_see_nothing_over_many_blocks() -> None:
    mask = np.random.RandomState(1).rand(700, 600) < 0.5
    mask[100:200] = False
    mask[600:] = False
    alike(lengths(2, 700, 600), mask=mask)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_rounded_once(dtype: str) -> None:
    for shapes in (lengths(2, 5, 6), lengths(2, 700, 600), [(3, 4, 5)] * 3, [(4, 5)] * 3):
        alike(shapes, 0.02, dtype=dtype)


@pytest.mark.parametrize("p", [0.3, 1.0])
@pytest.mark.parametrize("shapes", [lengths(2, 4, 6), [(3, 4, 5)] * 3, [(4, 5)] * 3])
def test_dropout_draws_pytorchs_masks(shapes: list[tuple[int, ...]], p: float) -> None:
    alike(shapes, dropout_p=p)
    alike(shapes, 1e-5, dropout_p=p, is_causal=True, dtype="float32")


@pytest.mark.parametrize("lib", LIBRARIES)
def test_dropped_weights_are_scaled_up(lib: Any) -> None:
    lib.manual_seed(1)
    q, v = lib.zeros(1, 4), lib.eye(200)
    y = lib.nn.functional.scaled_dot_product_attention(q, lib.zeros(200, 4), v, dropout_p=0.5)
    assert set(y.mul(100).round().flatten().tolist()) == {0.0, 1.0}
    assert 70 < int((y == 0).sum()) < 130


def test_the_second_derivative_of_four_dimensions() -> None:
    """Which PyTorch doesn't have there; it does for the same values with one dimension less."""
    F = rushlight.nn.functional
    full = operands(rushlight, *lengths(2, 3, 4))
    for options in ({}, {"is_causal": True}):
        first = rushlight.autograd.grad(
            F.scaled_dot_product_attention(*full, **options).square().sum(), full, create_graph=True
        )
        ours = rushlight.autograd.grad(sum(g.square().sum() for g in first), full)
        inputs = [t.detach()[0] for t in operands(judge, *lengths(2, 3, 4))]
        for t in inputs:
            t.requires_grad_()
        y = judge.nn.functional.scaled_dot_product_attention(*inputs, **options)
        slopes = judge.autograd.grad(y.square().sum(), inputs, create_graph=True)
        theirs = judge.autograd.grad(sum(g.square().sum() for g in slopes), inputs)
        for a, b in zip(ours, theirs):
            np.testing.assert_allclose(a.numpy()[0], b.numpy(), rtol=1e-10, atol=1e-12)


def test_what_a_long_sequence_keeps_is_linear_in_its_length() -> None:
    q, k, v = operands(rushlight, *lengths(1, 3000, 3000))
    y = rushlight.nn.functional.scaled_dot_product_attention(q, k, v)
    kept = y.grad_fn._saved_output
    assert tuple(kept.shape) == (1, 1, 3000, 8)
    assert y.grad_fn.saved["kept"].array.shape == (1, 1, 3000)


BACKENDS = ("ERROR", "MATH", "FLASH_ATTENTION", "EFFICIENT_ATTENTION", "CUDNN_ATTENTION")


@pytest.mark.parametrize("size", [(1, 2, 3, 4), (2, 3, 4), (3, 4)], ids=str)
def test_kernels_that_a_program_chooses(size: tuple[int, ...]) -> None:
    """What is left on the CPU, errors where nothing is, and the switches after the block."""

    def body(lib: Any) -> Any:
        room = importlib.import_module(f"{lib.__name__}.nn.attention")
        kinds = [getattr(room.SDPBackend, name) for name in BACKENDS]
        q = lib.ones(size)
        cuda = lib.backends.cuda
        attend = lib.nn.functional.scaled_dot_product_attention
        told: list[Any] = [f"{kinds[1]!r} {kinds[1]} {int(kinds[1])} {kinds[1] == 0}"]
        for chosen in (*kinds, kinds[:2], [kinds[3], kinds[2]], [], 3, (kinds[1],)):
            for options in ({}, {"is_causal": True}, {"dropout_p": 0.5}):

                def inside() -> Any:
                    with warnings.catch_warnings(), room.sdpa_kernel(chosen):  # noqa: B023
                        warnings.simplefilter("ignore")
                        told.append((cuda.math_sdp_enabled(), cuda.flash_sdp_enabled()))
                        return attend(q, q, q, **options).shape  # noqa: B023

                told.append(attempt(inside))
        told.append((cuda.mem_efficient_sdp_enabled(), cuda.cudnn_sdp_enabled()))
        with pytest.warns(FutureWarning, match="sdpa_kernel"), cuda.sdp_kernel(enable_math=False):
            told.append((cuda.math_sdp_enabled(), cuda.flash_sdp_enabled()))
        cuda.enable_math_sdp(False)
        told.append(cuda.math_sdp_enabled())
        cuda.enable_math_sdp(True)
        told.append((cuda.math_sdp_enabled(), attempt(lambda: cuda.enable_math_sdp(1))))
        return told, room.WARN_FOR_UNFUSED_KERNELS, room.current_flash_attention_impl()

    assert_same_story(body)


@pytest.mark.parametrize("size", [(3, 5), (4, 4), (5, 3)], ids=str)
@pytest.mark.parametrize("kind", ["causal_upper_left", "causal_lower_right"])
def test_causal_masks_of_two_lengths(kind: str, size: tuple[int, int]) -> None:
    def body(lib: Any) -> Any:
        make = getattr(importlib.import_module(f"{lib.__name__}.nn.attention.bias"), kind)
        mask = make(*size)
        lib.manual_seed(0)
        q, k, v = lib.randn(1, 1, size[0], 4), *(lib.randn(1, 1, size[1], 4) for _ in "kv")
        out = lib.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        last = out if size[0] <= size[1] else out[..., size[0] - size[1] :, :]
        named = (mask.variant, mask.seq_len_q, mask.seq_len_kv, type(mask).__name__)
        return repr(mask), named, last, attempt(lambda: make(1, 2, 3))

    assert_same_story(body)


def test_attention_that_is_compiled_is_refused() -> None:
    room = importlib.import_module("rushlight.nn.attention.flex_attention")
    theirs = importlib.import_module("torch.nn.attention.flex_attention")
    assert set(theirs.__all__) == set(room.__all__)
    for name in room.__all__:
        with pytest.raises(NotImplementedError, match=f"flex_attention.{name} is not in Rushlight"):
            getattr(room, name)()
