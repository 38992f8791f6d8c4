"""Elementwise operators lay results and gradients out as PyTorch does: as their input lies."""

from __future__ import annotations

from typing import Any

import pytest

import rushlight

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")

NAMES = ["relu", "relu6", "elu", "selu", "celu", "gelu", "silu", "mish", "softplus", "softsign"]
NAMES += ["hardtanh", "hardswish", "hardsigmoid", "hardshrink", "softshrink", "tanhshrink"]
NAMES += ["leaky_relu", "sigmoid", "tanh"]
SIZES = [(2, 8, 3, 4), (2, 8, 9, 11), (3, 16, 70, 80)]  # few elements, a block, several blocks


def images(lib: Any, size: tuple[int, ...]) -> Any:
    return lib.ones(*size).contiguous(memory_format=lib.channels_last)


def turned(lib: Any, size: tuple[int, ...]) -> Any:
    return lib.ones(*size).transpose(0, 3)


def gaps(lib: Any, size: tuple[int, ...]) -> Any:
    return lib.ones(*size)[:, ::2]


def expanded(lib: Any, size: tuple[int, ...]) -> Any:
    return lib.ones(*size[:2], 1, 1).expand(*size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("make", [images, turned, gaps, expanded])
@pytest.mark.parametrize("name", NAMES)
def test_results_and_gradients_lie_as_in_pytorch(name: str, make: Any, size: Any) -> None:
    found = []
    for lib in (rushlight, torch):
        x = make(lib, size).detach().requires_grad_()
        fn = getattr(lib.nn.functional, name)
        y = fn(x)
        (g,) = lib.autograd.grad(y, x, lib.ones_like(y))
        found.append((y.stride(), g.stride()))
    assert found[0] == found[1]


@pytest.mark.parametrize("make", [images, turned])
@pytest.mark.parametrize("size", SIZES)
def test_prelu_lies_as_in_pytorch(make: Any, size: Any) -> None:
    strides = [
        lib.nn.functional.prelu(make(lib, size), lib.tensor([0.1])).stride()
        for lib in (rushlight, torch)
    ]
    assert strides[0] == strides[1]
