"""The array API standard: each of its functions beside NumPy's, which follows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import rushlight
from rushlight import array_api

# One call or more of every function of the standard (2024.12). `x` and `y` are float64 (3, 4), `p`
# positive ones, `i` and `j` int64, `b` bool, `z` complex128, `v` a vector, `s` a square matrix, `h`
# a Hermitian one.
CALLS = """
xp.abs(x)
xp.abs(z)
xp.acos(x / 4)
xp.acosh(p + 1)
xp.add(x, y)
xp.add(x, 2)
xp.add(2.0, y)
xp.asin(x / 4)
xp.asinh(x)
xp.atan(x)
xp.atan2(x, y)
xp.atanh(x / 4)
xp.bitwise_and(i, j)
xp.bitwise_left_shift(i, 2)
xp.bitwise_invert(i)
xp.bitwise_or(i, j)
xp.bitwise_right_shift(i, 1)
xp.bitwise_xor(b, b)
xp.ceil(x)
xp.ceil(i)
xp.clip(x, -1, 1)
xp.clip(x, min=0.0)
xp.conj(z)
xp.copysign(x, y)
xp.cos(x)
xp.cosh(x)
xp.divide(x, y)
xp.equal(i, j)
xp.exp(z)
xp.expm1(x)
xp.floor(x)
xp.floor_divide(i, 2)
xp.floor_divide(x, p)
xp.greater(x, 0)
xp.greater_equal(x, y)
xp.hypot(x, y)
xp.imag(z)
xp.isfinite(x)
xp.isinf(x)
xp.isnan(x)
xp.less(x, y)
xp.less_equal(x, 1)
xp.log(p)
xp.log1p(p)
xp.log2(p)
xp.log10(p)
xp.logaddexp(x, y)
xp.logical_and(b, b)
xp.logical_not(b)
xp.logical_or(b, b)
xp.logical_xor(b, b)
xp.maximum(x, y)
xp.minimum(x, 0)
xp.multiply(x, y)
xp.negative(x)
xp.nextafter(x, y)
xp.not_equal(x, y)
xp.positive(x)
xp.pow(p, 2)
xp.pow(p, y)
xp.real(z)
xp.reciprocal(p)
xp.remainder(i, 3)
xp.remainder(x, p)
xp.round(x)
xp.sign(x)
xp.signbit(x)
xp.sin(z)
xp.sinh(x)
xp.square(x)
xp.sqrt(p)
xp.subtract(x, y)
xp.tan(x)
xp.tanh(x)
xp.trunc(x)
xp.asarray([[1, 2], [3, 4]])
xp.asarray(x, copy=True)
xp.arange(5)
xp.arange(2, 11, 3)
xp.arange(5, 2)
xp.arange(3, stop=6, dtype=xp.float64)
xp.empty((2, 3)).shape
xp.empty_like(x).shape
xp.eye(3, dtype=xp.float64)
xp.eye(2, 4, k=1, dtype=xp.float64)
xp.from_dlpack(x)
xp.full((2, 3), 7)
xp.full(3, 1.5, dtype=xp.float64)
xp.full_like(x, 2)
xp.linspace(0, 1, 5, dtype=xp.float64)
xp.linspace(0, 1, 4, dtype=xp.float64, endpoint=False)
xp.meshgrid(v, v)[0]
xp.meshgrid(v, v, indexing='ij')[1]
xp.ones((2,), dtype=xp.int64)
xp.ones_like(i)
xp.tril(x, k=1)
xp.triu(x)
xp.zeros(3, dtype=xp.float64)
xp.zeros_like(x, dtype=xp.int32)
xp.astype(x, xp.int64)
xp.broadcast_arrays(x, v)[1]
xp.broadcast_shapes((3, 1), (4,))
xp.broadcast_to(v, (3, 4))
xp.can_cast(xp.float32, xp.float64)
xp.can_cast(xp.int16, xp.int32)
xp.can_cast(x, xp.complex128)
xp.finfo(xp.float32).eps
xp.finfo(xp.complex64).bits
xp.iinfo(xp.int8).max
xp.isdtype(xp.float32, 'real floating')
xp.isdtype(xp.int8, ('unsigned integer', 'bool'))
xp.isdtype(xp.uint8, 'integral')
xp.isdtype(xp.complex64, 'numeric')
xp.isdtype(xp.bool, xp.bool)
xp.result_type(i, x) == xp.float64
xp.result_type(xp.int8, xp.uint8) == xp.int16
xp.result_type(xp.float32, 2.5) == xp.float32
xp.take(x, xp.asarray([0, 2]), axis=1)
xp.take_along_axis(x, xp.argsort(x, axis=1), axis=1)
xp.matmul(x, xp.matrix_transpose(y))
xp.tensordot(x, y, axes=2)
xp.tensordot(x, y, axes=((0,), (0,)))
xp.matrix_transpose(x)
xp.vecdot(x, y)
xp.vecdot(z, z, axis=0)
xp.concat([x, y], axis=1)
xp.concat([x, y], axis=None)
xp.expand_dims(x, axis=1)
xp.flip(x)
xp.flip(x, axis=0)
xp.moveaxis(x, 0, 1)
xp.permute_dims(x, (1, 0))
xp.repeat(v, 2)
xp.repeat(x, xp.asarray([1, 2, 0]), axis=0)
xp.reshape(x, (2, 6))
xp.reshape(x, (-1,), copy=True)
xp.roll(x, 2)
xp.roll(x, (1, 2), axis=(0, 1))
xp.squeeze(xp.expand_dims(x, axis=0), axis=0)
xp.stack([x, y], axis=2)
xp.tile(v, (2, 2))
xp.unstack(x, axis=1)[2]
xp.argmax(x)
xp.argmax(x, axis=1, keepdims=True)
xp.argmin(x, axis=0)
xp.nonzero(b)[1]
xp.count_nonzero(b)
xp.count_nonzero(b, axis=1, keepdims=True)
xp.searchsorted(xp.sort(v), x)
xp.searchsorted(v, x, side='right', sorter=xp.argsort(v))
xp.where(b, x, y)
xp.where(b, x, 0.0)
xp.unique_all(i).counts
xp.unique_all(i).inverse_indices
xp.unique_counts(i).values
xp.unique_inverse(i).inverse_indices
xp.sort(xp.unique_values(i))
xp.isin(i, j)
xp.isin(i, j, invert=True)
xp.argsort(v)
xp.argsort(x, axis=0, descending=True)
xp.sort(x)
xp.sort(x, axis=0, descending=True)
xp.cumulative_sum(v)
xp.cumulative_sum(x, axis=1, include_initial=True)
xp.cumulative_prod(x, axis=0, include_initial=True)
xp.max(x)
xp.max(x, axis=(0, 1), keepdims=True)
xp.mean(x, axis=0)
xp.min(x, axis=1)
xp.prod(x, axis=(0, 1))
xp.prod(i, dtype=xp.int64)
xp.std(x, axis=1, correction=1)
xp.sum(x, axis=0, keepdims=True)
xp.sum(b)
xp.sum(x, dtype=xp.float64)
xp.var(x)
xp.all(b, axis=1)
xp.any(b)
xp.diff(x, axis=0)
xp.diff(v, n=2, prepend=v[:1])
xp.linalg.cholesky(h)
xp.linalg.cholesky(h, upper=True)
xp.linalg.cross(x[:, :3], y[:, :3])
xp.linalg.det(s)
xp.linalg.diagonal(x, offset=1)
xp.linalg.eigh(h).eigenvalues
xp.linalg.eigvalsh(h)
xp.linalg.inv(s)
xp.linalg.matmul(s, s)
xp.linalg.matrix_norm(x)
xp.linalg.matrix_norm(x, ord=1, keepdims=True)
xp.linalg.matrix_power(s, 3)
xp.linalg.matrix_rank(x)
xp.linalg.matrix_rank(x, rtol=0.5)
xp.linalg.matrix_transpose(x)
xp.linalg.outer(v, v)
xp.linalg.pinv(x)
xp.linalg.pinv(x, rtol=1e-3)
xp.abs(xp.linalg.qr(x, mode='complete').R)
xp.linalg.slogdet(s).logabsdet
xp.linalg.solve(s, x)
xp.linalg.svd(x, full_matrices=False).S
xp.linalg.svdvals(x)
xp.linalg.tensordot(x, y)
xp.linalg.trace(x)
xp.linalg.vecdot(x, y)
xp.linalg.vector_norm(x, axis=1, ord=3)
xp.linalg.vector_norm(x)
xp.fft.fft(z)
xp.fft.ifft(z, axis=0, norm='ortho')
xp.fft.fftn(z)
xp.fft.ifftn(z, axes=(0,))
xp.fft.rfft(x, n=6)
xp.fft.irfft(z)
xp.fft.rfftn(x)
xp.fft.irfftn(z)
xp.fft.hfft(z)
xp.fft.ihfft(x)
xp.fft.fftfreq(5, d=0.5)
xp.fft.rfftfreq(6)
xp.fft.fftshift(x)
xp.fft.ifftshift(x, axes=1)
"""

# What PyTorch's tensors do otherwise, and so these: the standard wants what NumPy does.
OTHERWISE = """
xp.asarray([1, 2], dtype=xp.uint16) + xp.asarray([1, 2], dtype=xp.int8)
xp.astype(x, xp.float32) * xp.asarray(2.0, dtype=xp.float64)
x[::-1]
x.size
xp.finfo(xp.float32).dtype == xp.float32
"""


def values(xp: Any) -> dict[str, Any]:
    rng = np.random.RandomState(0)
    s = rng.uniform(-2, 2, (3, 3))
    arrays = {
        "x": rng.uniform(-3, 3, (3, 4)),
        "y": rng.uniform(-3, 3, (3, 4)),
        "p": rng.uniform(0.5, 3, (3, 4)),
        "i": rng.randint(-5, 6, (3, 4)),
        "j": rng.randint(-5, 6, (3, 4)),
        "b": rng.uniform(size=(3, 4)) > 0.5,
        "z": rng.uniform(-1, 1, (3, 4)) + 1j * rng.uniform(-1, 1, (3, 4)),
        "v": rng.permutation(4) * 0.7,
        "s": s,
        "h": s @ s.T + np.eye(3),
    }
    return {"xp": xp, **{name: xp.asarray(a) for name, a in arrays.items()}}


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


class Numpy:
    """NumPy with the words of the standard that it lacks."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    vecdot = staticmethod(np.linalg.vecdot)

    @staticmethod
    def sort(x: Any, *, axis: int = -1, descending: bool = False) -> Any:
        return np.flip(np.sort(x, axis), axis) if descending else np.sort(x, axis)

    @staticmethod
    def argsort(x: Any, *, axis: int = -1, descending: bool = False) -> Any:
        return np.argsort(-x if descending else x, axis)

    @staticmethod
    def count_nonzero(x: Any, **options: Any) -> Any:
        return np.asarray(np.count_nonzero(x, **options))


def alike(line: str) -> bool:
    expected = eval(line, values(Numpy()))
    found = eval(line, values(array_api))
    if not isinstance(found, rushlight.Tensor):
        return bool(found == expected) or tuple(found) == tuple(expected)
    expected = np.asarray(expected)
    return (
        found.shape == expected.shape
        and str(found.dtype) == f"torch.{expected.dtype.name}"
        and np.allclose(found.resolve_conj().numpy(), expected, rtol=1e-12, equal_nan=True)
    )


@pytest.fixture(autouse=True)
def default_dtype() -> Iterator[None]:
    """The standard leaves the default to the library; NumPy's is float64."""
    rushlight.set_default_dtype(rushlight.float64)
    yield
    rushlight.set_default_dtype(rushlight.float32)


@pytest.mark.parametrize("line", lines(CALLS))
def test_as_the_standard_has_it(line: str) -> None:
    assert alike(line)


def test_every_name_of_the_standard_is_called() -> None:
    called = set(re.findall(r"xp\.((?:linalg\.|fft\.)?\w+)", CALLS))
    functions = {n for n in array_api.__all__ if callable(getattr(array_api, n))}
    functions -= {"__array_namespace_info__"}
    for room in ("linalg", "fft"):
        functions |= {f"{room}.{n}" for n in vars(getattr(array_api, room))}
    assert functions <= called
    strict = pytest.importorskip("array_api_strict", reason="lists the standard's names")
    theirs = {n for n in strict.__all__ if "flags" not in n.lower() and n != "__version__"}
    assert theirs - {"Device"} <= set(array_api.__all__)
    for room in ("linalg", "fft"):
        names = set(getattr(strict, room).__all__)
        assert names <= set(vars(getattr(array_api, room)))


@pytest.mark.parametrize("line", lines(OTHERWISE))
def test_where_tensors_stay_pytorchs(line: str) -> None:
    """docs/coverage.md names these: a line that comes to hold has to leave it."""
    try:
        held = alike(line)
    except (RuntimeError, TypeError, ValueError):
        held = False
    assert not held


def test_the_namespace_of_a_tensor() -> None:
    x = rushlight.ones(2)
    assert x.__array_namespace__() is array_api
    assert x.__array_namespace__(api_version="2023.12") is array_api
    with pytest.raises(ValueError, match="versions of the array API standard are"):
        x.__array_namespace__(api_version="1066.10")


def test_what_there_is_to_ask() -> None:
    info = array_api.__array_namespace_info__()
    assert info.capabilities()["boolean indexing"] is True
    assert info.devices() == [info.default_device()] == [rushlight.device("cpu")]
    assert info.default_dtypes()["complex floating"] is rushlight.complex128
    assert set(info.dtypes(kind="unsigned integer")) == {"uint8", "uint16", "uint32", "uint64"}
    assert len(info.dtypes()) == 13
    with pytest.raises(ValueError, match="is no kind of dtypes"):
        array_api.isdtype(rushlight.int8, "whole")


def test_gradients_come_through() -> None:
    x = rushlight.tensor([3.0, 1.0, 2.0], requires_grad=True)
    xp = x.__array_namespace__()
    xp.sum(xp.sort(x, descending=True)[:2] ** 2).backward()
    assert x.grad is not None and x.grad.tolist() == [6.0, 0.0, 4.0]
