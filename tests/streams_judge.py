"""Draws the same from PyTorch and from our streams, and compares to the bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rushlight.kernels import samplers
from rushlight.kernels.streams import STATE_WORDS, Stream

FLOATS = ["float32", "float64", "float16", "bfloat16"]
COMPLEX = ["complex64", "complex128"]
INTEGERS = ["bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"]

Draw = Callable[[Stream], Any]


def numpy_dtype(name: str) -> np.dtype[Any]:
    if name == "bfloat16":
        ml_dtypes = pytest.importorskip("ml_dtypes", reason="bfloat16 arrays come from it")
        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(name)


def bits(values: Any) -> bytes:
    """The bytes of an array or a PyTorch tensor, in logical order."""
    if isinstance(values, np.ndarray):
        return np.ascontiguousarray(values).tobytes()
    torch = pytest.importorskip("torch")
    values = values.clone(memory_format=torch.contiguous_format)
    return bytes(values.view(torch.uint8).numpy()) if values.numel() else b""


def outcome(draw: Callable[[Any], Any], source: Any) -> Any:
    """What a draw gives, or the type and first line of what it raises."""
    try:
        values = draw(source)
    except Exception as error:
        return type(error), str(error).splitlines()[0]
    return str(values.dtype).removeprefix("torch."), tuple(values.shape), bits(values)


def agree(theirs: Callable[[Any], Any], ours: Draw, seed: int = 7) -> None:
    """Both give the same and leave the same state, wherever they begin."""
    torch = pytest.importorskip("torch")
    for words, normals in ((0, 0), (3, 1), (STATE_WORDS - 2, 2)):
        generator, stream = torch.Generator().manual_seed(seed), Stream(seed)
        torch.rand(words, generator=generator)
        torch.randn(normals, generator=generator)
        stream.raw(words)
        samplers.normal(stream, (normals,))
        expected = outcome(theirs, generator)
        assert outcome(ours, stream) == expected
        if len(expected) == 3:
            assert bytes(generator.get_state().numpy()) == bytes(stream.get_state())
