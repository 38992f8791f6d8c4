"""NumPy's functions on tensors: NumPy's values, Tensors that are recorded, and clear refusals."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import pytest

import rushlight as torch
from rushlight.api.numpy_functions import Untranslated, public
from rushlight.api.numpy_protocol import FUNCTIONS, QUESTIONS, UFUNCS, WITH_NUMBERS, Call
from tests.both import assert_alike, expressions

A = np.random.RandomState(0).uniform(0.5, 2.0, (3, 4))
B = np.random.RandomState(1).uniform(0.5, 2.0, (3, 4))
V = np.random.RandomState(2).uniform(0.5, 2.0, 4)

# NumPy expressions of a, b (3, 4) and v (4): under Tensors they must have NumPy's values.
DIFFERENTIABLE = """
np.exp(a)
np.tanh(a) + np.log(b)
np.sqrt(a) * np.abs(b)
np.add(B, a)
B * a
B - a
B / a
B @ a.T
2.0 * a
np.float64(2.0) * a
np.power(a, 2)
np.power(2.0, a)
np.subtract(5, a)
np.maximum(a, 1.0)
np.minimum(a, b)
np.arctan2(a, b)
np.hypot(a, b)
np.logaddexp(a, b)
np.square(a)
np.reciprocal(a)
np.negative(a)
np.sum(a)
np.sum(a, axis=0)
np.sum(a, 1, keepdims=True)
np.sum(a, axis=(0, 1))
np.sum(a, keepdims=True)
np.mean(a)
np.mean(a, axis=-1, keepdims=True)
np.max(a)
np.max(a, axis=0)
np.amin(a, axis=1, keepdims=True)
np.clip(a, 0.8, 1.5)
np.clip(a, None, 1.5)
np.where(a > 1, a, b)
np.where(a > 1, a, 0.0)
np.where(A > 1, a, 0.0)
np.concatenate([a, b])
np.concatenate((a, B), axis=1)
np.concatenate((a, v), axis=None)
np.stack([a, b], axis=-1)
np.vstack([a, v])
np.hstack([a, b])
np.reshape(a, (2, 6))
np.reshape(a, -1)
np.ravel(a)
np.transpose(a)
np.transpose(a, (1, 0))
np.swapaxes(a, 0, 1)
np.moveaxis(a, 0, 1)
np.expand_dims(v, 0)
np.squeeze(a[:1], axis=0)
np.broadcast_to(v, (3, 4))
np.tile(v, (2, 1))
np.repeat(v, 2)
np.repeat(a, 2, axis=1)
np.flip(a)
np.flip(a, axis=0)
np.roll(a, 1, axis=0)
np.sort(a, axis=0)
np.diag(v)
np.diagonal(a)
np.tril(a)
np.triu(a, k=1)
np.dot(a, v)
np.dot(v, v)
np.dot(2.0, a)
np.dot(A, b.T)
np.matmul(a, b.T)
np.vdot(v, V)
np.inner(v, v)
np.outer(v, v)
np.outer(a, v)
np.trace(a[:, :3])
np.tensordot(a, b, axes=([0], [0]))
np.tensordot(a, b)
np.einsum('ij,ij->i', a, b)
np.einsum('ij,j', a, v)
np.copy(a)
np.round(a, 1) + a
np.linalg.norm(v)
np.linalg.norm(a)
np.linalg.norm(a, 'fro')
np.linalg.norm(a, 1)
np.linalg.norm(a, np.inf)
np.linalg.norm(a, axis=0)
np.linalg.norm(a, 3, axis=1, keepdims=True)
np.linalg.norm(a, axis=(0, 1), keepdims=True)
np.linalg.norm(a, keepdims=True)
np.std(a)
np.std(a, axis=0, ddof=1)
np.std(a, 1, keepdims=True)
np.var(a)
np.var(a, axis=(0, 1))
np.var(a, axis=-1, correction=1)
np.var(a, keepdims=True)
np.prod(a)
np.prod(a, axis=0)
np.prod(a, axis=(0, 1))
np.prod(a, axis=1, keepdims=True)
np.cumsum(a)
np.cumsum(a, axis=1)
np.cumprod(a)
np.cumprod(a, axis=0)
np.diff(v)
np.diff(a, axis=0)
np.diff(a, n=2)
np.diff(v, prepend=0.0)
np.diff(v, prepend=V, append=v)
np.cross(a[:, :3], b[:, :3])
np.cross(a[:, :3], B[:, 1:])
np.cross(v[:3], V[1:])
np.cross(a, b, axis=0)
np.cross(a[:, :3], v[:3])
np.ptp(a, axis=0)
np.meshgrid(v, v)[0]
np.split(a, 2, axis=1)[1]
np.take(a, [0, 2], axis=1)
np.take_along_axis(a, A.argsort(1), 1)
np.append(a, b)
np.array_split(v, 3)[0]
np.nansum(a)
np.nanmean(a, axis=0)
np.linalg.vector_norm(a, axis=1)
np.linalg.matrix_norm(a)
np.concat([a, b])
np.permute_dims(a)
np.logaddexp2(a, b)
np.atleast_2d(v)
np.atleast_3d(v)
np.atleast_3d(a)
np.split(v, [1, 3])[1]
np.array_split(a, 3, axis=1)[2]
np.take(a, 3)
np.take(a, np.array([[0, -1]]), axis=1)
np.append(v, 1.0)
np.append(a, B, axis=1)
np.ptp(a)
np.cross(A[:, :3], b[0, 1:])
np.cross(a, b, axisa=0, axisb=0, axisc=0)
np.meshgrid(v, v, indexing='ij')[0]
np.diff(a, append=1.0, axis=0)
np.add.reduce(a)
np.add.reduce(a, axis=None)
np.add.reduce(a, axis=1, keepdims=True)
np.add.reduce(a, axis=(0, 1), initial=2.0)
np.add.reduce(a, axis=1, where=A > 1)
np.multiply.reduce(a)
np.multiply.reduce(a, axis=None, where=A > 1)
np.maximum.reduce(a, axis=1)
np.minimum.reduce(a, initial=1.0)
np.maximum.reduce(a, where=A > 1, initial=0.5)
np.logaddexp.reduce(a, axis=1)
np.add.accumulate(a)
np.multiply.accumulate(a, axis=1)
np.maximum.accumulate(a, axis=1)
np.minimum.accumulate(a)
np.logaddexp.accumulate(a, 1)
np.add.outer(a, v)
np.multiply.outer(V, a)
np.power.outer(v, v)
np.subtract.outer(2.0, v)
np.add(a, b, where=A > 1, out=np.ones((3, 4)) * a)
np.sum(a, where=A > 1)
np.sum(a, axis=0, initial=3.0)
np.prod(a, where=A > 1, axis=1)
np.max(a, initial=1.5, axis=0)
np.min(a, where=A > 1, initial=9.0)
np.median(a)
np.median(a, axis=1)
np.nanmedian(a, axis=0, keepdims=True)
np.quantile(a, 0.3)
np.quantile(a, [0.2, 0.7], axis=1)
np.percentile(a, 30, axis=0)
np.nanpercentile(a, 60, method='lower')
np.cov(a)
np.cov(a, rowvar=False, bias=True)
np.cov(a, ddof=0, aweights=V)
np.corrcoef(a)
np.average(a)
np.average(a, axis=1, weights=v)
np.average(a, weights=b)
np.nanprod(a, axis=1)
np.nancumsum(a, axis=0)
np.trapezoid(a)
np.trapezoid(a, x=V)
np.trapezoid(a, dx=0.5, axis=0)
np.block([[a, b], [B, a]])
np.block([v, v])
np.pad(a, 1)
np.pad(a, ((1, 0), (0, 2)), constant_values=2.0)
np.select([A > 1.5, A > 1.0], [a, b], 0.5)
np.polyval([1.0, -2.0, 3.0], a)
np.broadcast_arrays(a, v)[1]
np.compress([True, False, True], a, axis=0)
np.extract(A > 1, a)
np.ediff1d(a)
np.diagflat(v)
np.vander(v, 3)
np.hsplit(a, 2)[1]
np.vsplit(a, 3)[0]
np.fix(a) + a
np.i0(a)
np.cbrt(a)
np.divmod(a, 0.7)[1]
np.modf(a)[0]
np.vecdot(a, B)
np.matvec(a, v)
np.vecmat(v, a.T)
np.unstack(a)[1]
np.cumulative_sum(a, axis=1)
np.cumulative_prod(v)
np.astype(a, np.float64)
np.linalg.svd(a, compute_uv=False)
np.linalg.svdvals(a)
np.abs(np.linalg.svd(a, full_matrices=False)[1])
np.abs(np.linalg.qr(a.T, mode='r'))
np.linalg.eigh(a @ a.T)[0]
np.linalg.eigvalsh(a @ a.T)
np.linalg.pinv(a)
np.linalg.slogdet(a @ a.T)[1]
np.linalg.cond(a)
np.linalg.tensorsolve(a[:, :3] + np.eye(3), v[:3])
np.linalg.matrix_transpose(a)
np.linalg.matmul(a, b.T)
np.linalg.outer(v, V)
np.linalg.vecdot(a, b)
np.linalg.trace(a)
np.linalg.tensordot(a, b, axes=2)
np.linalg.diagonal(a)
np.abs(np.fft.fft(a))
np.real(np.fft.ifft(a, axis=0))
np.abs(np.fft.rfft(a, n=6))
np.fft.irfft(a)
np.fft.hfft(a)
np.imag(np.fft.fft2(a))
np.real(np.fft.fftn(a, axes=(0,), norm='ortho'))
np.fft.irfftn(a)
np.fft.fftshift(a)
np.fft.ifftshift(a, axes=1)
np.nanmax(a, axis=1)
np.nanmin(a, axis=0, keepdims=True)
np.nanmax(np.where(A > 1.3, a, np.nan))
np.nanmin(np.where(A > 1.3, a, np.nan), axis=1)
np.nanstd(np.where(A > 1.2, a, np.nan), axis=1)
np.nanvar(np.where(A > 1.2, a, np.nan), ddof=1)
np.nanvar(a, axis=(0, 1), keepdims=True)
np.interp(a, np.linspace(0, 3, 5), np.array([1.0, 3.0, 2.0, 5.0, 4.0]))
np.interp(V * 2, np.sort(V), v)
np.interp(np.array([0.7, 1.1, 9.0]), np.array([0.5, 1.0, 1.5, 2.0]), v, left=-1.0, right=7.0)
np.interp(v, V.cumsum() - 0.3, v, period=3.0)
np.gradient(a)[0]
np.gradient(a, axis=1)
np.gradient(v, 0.5)
np.gradient(v, V.cumsum())
np.gradient(a, 2.0, V.cumsum(), edge_order=2)[1]
np.unwrap(a * 4, axis=0)
np.unwrap(v * 3, period=4.0)
np.linalg.lstsq(a, b[:, 0])[0]
np.linalg.lstsq(a.T, v)[0]
np.linalg.lstsq(a.T, v)[1]
np.linalg.lstsq(a.T, b.T, rcond=1e-12)[3]
np.insert(a, 1, 5.0)
np.insert(a, [1, 3], v[:2])
np.insert(a, 1, v, axis=0)
np.insert(a, [0, 2], b[:, :2], axis=1)
np.insert(a, slice(0, 2), 0.5, axis=0)
np.insert(V, -1, v[0])
np.delete(a, 1)
np.delete(a, [0, -1], axis=1)
np.delete(a, slice(None, None, 2), axis=1)
np.delete(v, np.array([True, False, False, True]))
np.partition(a, 2, axis=1).sum(1)
np.partition(v, 1)[1]
np.convolve(v, V)
np.convolve(v, v[:2], 'same')
np.convolve(v[:2], V, mode='valid')
np.correlate(v, V[:3])
np.correlate(v, v, 'full')
np.correlate(V[:2], v, 'same')
np.choose([0, 1, 0, 1], [v, v * v])
np.choose(np.array([[0, 1, 1, 0]] * 3), [a, b])
np.choose([0, 5, -1, 1], [v, 2 * v], mode='clip')
np.linspace(v, 3.0, 5)
np.linspace(0.0, a, 4, endpoint=False, axis=-1)
np.linspace(v[0], v[1], 3, retstep=True)[1]
np.logspace(v, 1.0, 3, base=2.0)
np.geomspace(v, 8.0, 4)
np.geomspace(1.0, a, 3, axis=1)
np.piecewise(a, [A < 1.3, A > 1.5], [lambda x: x * x, 3.0, np.exp])
np.piecewise(a, [A < 1.3], [lambda x, k: k * x], 5.0)
np.poly(v)
np.roots(v).real.sum()
np.roots(np.append(1.0, v[:2] * np.array([-4.0, 1.0]))).real
np.polyadd(v, V[:2])
np.polysub([1.0, 2.0], v)
np.polymul(v, V[:2])
np.polyder(v)
np.polyder(v, 2)
np.polyint(v)
np.polyint(v, m=2, k=[1.0, 2.0])
np.polydiv(v, B[1, :2])[0]
np.polydiv(v, V[:2])[1]
np.polyfit(np.arange(4.0), v, 1)
np.polyfit(V.cumsum(), a.T, 2)
np.polyfit(v, B[0], 1, w=V)
np.rollaxis(a, 1)
np.rollaxis(a[None], 2, 1)
np.resize(v, (2, 3))
np.resize(a, 5)
np.trim_zeros(np.concatenate([np.zeros(2), v, np.zeros(1)]))
np.trim_zeros(v * np.array([0, 1, 1, 1]), 'f')
np.real_if_close(a)
np.unique(v)
np.unique(a, return_inverse=True)[0]
np.unique_values(a).sum()
np.unique_counts(v).values
np.apply_along_axis(np.sort, 1, a)
np.apply_along_axis(lambda r: r.sum() * r, 0, a)
np.apply_along_axis(np.sum, 1, a)
np.apply_over_axes(np.sum, a, [0, 1])
np.frexp(a)[0]
np.bincount([0, 1, 1, 3], weights=v)
np.bincount(np.array([0, 2, 2, 5]), v, minlength=8)
np.linalg.matrix_power(a[:, :3], 2)
np.union1d(v, V + 1)
np.setdiff1d(v, V + 9.0)
np.trace(a, offset=1)
np.trapezoid(a, v)
np.percentile(a, 40, axis=(0, 1))
np.median(a, axis=(0, 1), keepdims=True)
np.quantile(a, 0.4, keepdims=True)
np.quantile(a, 0.3, axis=0, method='hazen')
np.percentile(a, [10, 80], method='median_unbiased')
np.percentile(v, 30, method='inverted_cdf')
np.pad(a, 1, mode='edge')
np.pad(a, ((1, 2), (0, 1)), mode='reflect')
np.pad(a, (2, 1), 'wrap')
np.pad(v, 2, 'symmetric')
np.pad(v, (9, 7), 'wrap')
np.pad(a, ((1, 0), (0, 2)), constant_values=((1.0, 2.0), (3.0, 4.0)))
np.pad(v, 2, 'linear_ramp', end_values=(1.0, 5.0))
np.pad(a, 1, 'maximum')
np.pad(a, 2, 'mean')
np.cov(a, b)
np.cov(v, V)
np.corrcoef(a, b[:2])
np.cross(v[:3], np.array([1.0, 2.0, 3.0]))
np.average(a, axis=(0, 1), weights=b)
np.average(a, axis=0, weights=V[:3], returned=True)[0]
np.ediff1d(v, to_begin=0.5, to_end=[1.0, 2.0])
np.linalg.trace(a, offset=1)
np.meshgrid(v, v[:2], sparse=True)[0]
np.subtract.reduce(a)
np.divide.reduce(a, axis=1)
np.hypot.reduce(a, axis=1)
np.power.reduce(a, axis=0)
np.subtract.accumulate(v)
np.divide.accumulate(a, axis=1)
np.hypot.accumulate(a, axis=0)
np.add.reduceat(a, [0, 2])
np.add.reduceat(v, [0, 3, 1])
np.maximum.reduceat(a, [0, 2], axis=1)
np.multiply.reduceat(v, np.array([2, 0]))
np.emath.sqrt(a - 1.3).imag
np.quantile(v, [[0.1, 0.2], [0.3, 0.4]])
np.piecewise(v[1], v[1] > 0, [np.exp, 2.0])
np.compress([True, False, True], a)
np.cross(a[:, :2], v[:2])
np.cross(a[:, :3], v[:2])
np.max(a, axis=())
np.sum(a, axis=(), keepdims=True)
np.add.reduce(a, axis=())
np.expand_dims(a, (0, -1))
np.emath.power(a, 2.5)
np.emath.arcsin(a).real
np.lib.stride_tricks.sliding_window_view(a, 2, axis=1)
np.lib.stride_tricks.sliding_window_view(a, (2, 3))
"""

PLAIN = """
np.emath.logn(2.0, a)
np.emath.log(a - 1.3).imag
np.argpartition(v, 2)[2]
np.argsort(a, axis=None)
np.resize(v[:0], (2,))
np.roots(v[:1])
np.partition(a, (1, 2))[:, 1:3]
np.argwhere(a > 1)
np.flatnonzero(a > 1)
np.nonzero(a > 1)[1]
np.where(a > 1)[0]
np.isin(a, v)
np.isin(v, V[:2], invert=True)
np.isneginf(a)
np.isposinf(a * np.inf)
np.isreal(a)
np.iscomplex(a)
np.lexsort((b[0], v))
np.lexsort(a)
np.lexsort((np.array([0, 1, 0, 1]), np.array([1, 1, 0, 0]), v), axis=0)
np.nanargmax(a)
np.nanargmin(a, axis=1)
np.searchsorted(np.sort(v), a)
np.searchsorted(np.sort(V), v, side='right')
np.searchsorted(v, 1.0, sorter=np.argsort(V))
np.digitize(a, [0.8, 1.2, 1.8])
np.digitize(a, [1.8, 1.2, 0.8], right=True)
np.digitize(V, np.sort(v))
np.bincount(np.astype(v * 2, int))
np.unravel_index(np.astype(v * 3, int), (3, 4))[1]
np.ravel_multi_index((np.array([0, 1]), np.array([2, 3])), (3, 4))
np.tril_indices_from(a)[0]
np.triu_indices_from(a, k=1)[1]
np.diag_indices_from(a[:, :3])[0]
np.ix_(a[0] > 1, [True, False])[0]
np.intersect1d(v, V[1:])
np.setxor1d(v, V[:2])
np.unique(v, return_index=True)[1]
np.unique(a, return_counts=True)[1]
np.unique_all(v).inverse_indices
np.unique_inverse(a).inverse_indices
np.sort_complex(v).real
np.histogram(a)[0]
np.histogram(v, bins=[0.0, 1.0, 2.0])[0]
np.histogram2d(v, V, bins=3)[0]
np.histogramdd(a.T, bins=2)[0]
np.histogram_bin_edges(a)
np.vdot(a, b)
np.size(a, 1)
np.array2string(v)[:1] == '['
np.einsum_path('ij,j', a, v)[0][1]
np.bitwise_count(np.astype(a * 5, int))
np.spacing(a)
np.shape(a)
np.ndim(a)
np.size(a)
np.argmax(a)
np.argmax(a, axis=1)
np.isnan(a)
np.isfinite(a)
np.equal(a, b)
np.less(B, a)
A < a
np.all(a > 0)
np.any(a > 1, axis=0)
np.count_nonzero(a > 1)
np.argsort(a, axis=0)
np.allclose(a, A)
np.array_equal(a, A)
np.isclose(a, B)
np.heaviside(a - 1, 0.5)
np.logical_and.reduce(a)
np.logical_or.reduce(a > 1, axis=None)
np.linalg.matrix_rank(a)
np.median(a)
np.add.reduce(a)
np.add.outer(v, v)
np.multiply.accumulate(v)
np.add(a, b, where=A > 1, out=np.zeros((3, 4)))
np.percentile(a, 30)
np.zeros_like(a)
np.ones_like(a)
np.full_like(a, 3.0)
np.asarray(a)
np.array(a)
np.array(a, dtype=np.float32)
"""


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


def scope(make: Any) -> dict[str, Any]:
    return {"np": np, "A": A, "B": B, "V": V, "a": make(A), "b": make(B), "v": make(V)}


def test_no_warnings_anywhere() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for line in lines(DIFFERENTIABLE) + lines(PLAIN):
            eval(line, scope(lambda x: torch.tensor(x)))


@pytest.mark.parametrize("line", lines(DIFFERENTIABLE))
def test_value_and_gradient(line: str) -> None:
    """NumPy's value, and the gradient of finite differences."""
    expected = np.asarray(eval(line, scope(lambda x: x)))
    leaves: list[Any] = []

    def leaf(x: Any) -> Any:
        leaves.append(torch.tensor(x, requires_grad=True))
        return leaves[-1]

    names = scope(leaf)
    result = eval(line, names)
    assert isinstance(result, torch.Tensor) and result.requires_grad
    assert result.shape == expected.shape
    np.testing.assert_allclose(result.detach().numpy(), expected, rtol=1e-12)
    g = np.random.RandomState(3).uniform(-1, 1, expected.shape)
    grads = torch.autograd.grad(result, leaves, torch.tensor(g), allow_unused=True)
    assert any(grad is not None for grad in grads)
    step = 1e-6
    for name, grad in zip("abv", grads):
        if grad is None:
            continue
        direction = np.random.RandomState(4).uniform(-1, 1, tuple(grad.shape))
        ends = []
        for sign in (1, -1):
            plain = scope(lambda x: x)
            plain[name] = plain[name] + sign * step * direction
            ends.append(np.sum(g * np.asarray(eval(line, plain))))
        numeric = (ends[0] - ends[1]) / (2 * step)
        np.testing.assert_allclose(np.sum(grad.numpy() * direction), numeric, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("line", lines(PLAIN))
def test_values_without_derivative(line: str) -> None:
    expected = eval(line, scope(lambda x: x))
    result = eval(line, scope(lambda x: torch.tensor(x)))
    if isinstance(result, torch.Tensor):
        result = result.numpy()
    np.testing.assert_allclose(result, expected)
    assert np.shape(result) == np.shape(expected)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda r: np.histogram(r), "histogram"),
        (lambda r: np.spacing(r), "spacing"),
        (lambda r: np.arctan2.reduce(r, axis=None), "arctan2.reduce"),
        (lambda r: np.pad(r, 1, "reflect", reflect_type="odd"), "pad"),
        (lambda r: np.polyfit(r, r, 1, full=True), "polyfit"),
        (lambda r: np.add(r, 1, out=np.zeros(2)), "add"),
    ],
)
def test_nothing_drops_a_graph_in_silence(call: Any, name: str) -> None:
    with pytest.raises(TypeError, match=rf"np\.{name}\(\)"):
        call(torch.ones(2, requires_grad=True))


def test_questions_may_look_at_a_tensor_that_requires_grad() -> None:
    r = torch.ones(2, requires_grad=True)
    assert np.allclose(r, 1.0) and np.array_equal(r, np.ones(2)) and np.size(r) == 2


def test_ndarray_in_place() -> None:
    x = np.ones(2)
    y = x
    x += torch.tensor([1.0, 2.0])
    assert x is y and x.tolist() == [2, 3]
    with pytest.raises(TypeError, match="out="):
        x += torch.ones(2, requires_grad=True)
    assert x.tolist() == [2, 3]


def test_out_of_a_tensor() -> None:
    out = torch.zeros(2)
    assert np.exp(torch.zeros(2), out=out) is out
    assert out.tolist() == [1, 1]


def test_types_are_promoted_as_in_torch() -> None:
    assert np.sqrt(torch.tensor([4])).dtype is torch.float32
    assert (np.float64(2) * torch.ones(2)).dtype is torch.float32
    assert (np.ones(2) * torch.ones(2)).dtype is torch.float64
    assert np.matmul(np.ones(2), torch.ones(2)).dtype is torch.float64
    assert np.sum(torch.ones(2), dtype=np.float64).dtype is torch.float64


def test_second_derivative_and_forward_mode_pass_through() -> None:
    x = torch.tensor(A, requires_grad=True)
    (g,) = torch.autograd.grad(np.sum(np.exp(x) * B), x, create_graph=True)
    (h,) = torch.autograd.grad(np.sum(g), x)
    np.testing.assert_allclose(h.numpy(), np.exp(A) * B)
    fwd = torch.autograd.forward_ad
    with fwd.dual_level():
        dual = fwd.make_dual(torch.tensor(A), torch.tensor(B))
        tangent = fwd.unpack_dual(np.sum(np.exp(dual), axis=0)).tangent
    np.testing.assert_allclose(tangent.numpy(), np.sum(np.exp(A) * B, axis=0))


def test_foreign_types_get_their_turn() -> None:
    class Other:
        __array_ufunc__ = None

        def __radd__(self, other: Any) -> str:
            return "other's"

    class Foreign:
        def __array_function__(self, *args: Any) -> str:
            return "foreign"

    assert torch.ones(2) + Other() == "other's"
    assert np.concatenate([torch.ones(2), Foreign()]) == "foreign"


def test_the_table_names_real_functions_and_parameters() -> None:
    """Every translation fits the signature of the function that it names."""
    for name in (*UFUNCS.values(), *WITH_NUMBERS.values()):
        assert callable(getattr(torch, name)), name
    checked = 0
    for theirs, call in FUNCTIONS.items():
        if not isinstance(call, Call):
            continue
        try:
            function = public(call.path)
        except Untranslated:
            continue  # of a family that isn't there: np's own function answers, or a TypeError
        try:
            parameters = inspect.signature(function).parameters
        except ValueError:
            continue
        ours = {name for name in call.ours.values() if name}
        first = next(iter(call.ours.values()))
        assert ours - {first} <= set(parameters), (theirs.__name__, ours)
        known = inspect.signature(theirs).parameters
        assert set(call.ours) <= set(known), theirs.__name__
        checked += 1
    assert checked > 40


@expressions(
    """
    np.asarray(torch.ones(2))
    np.asarray(x)
    np.array(x)
    np.array(torch.ones(2), dtype='f8')
    np.array(torch.ones(2), dtype='f8', copy=False)
    np.asarray(torch.ones(2, dtype=torch.bfloat16))
    np.array([torch.tensor(1.0), torch.tensor(2.0)])
    np.shares_memory(np.asarray(xi), xi.numpy())
    np.float64(2) * torch.ones(2)
    torch.ones(2) * np.float64(2)
    torch.ones(2).__array_wrap__(np.ones(2))
    torch.ones(2).__array_wrap__(np.ones(2, bool))
    np.exp(torch.zeros(2))
    np.add(np.ones(2), torch.ones(2))
    np.from_dlpack(torch.ones(2))
    np.from_dlpack(x)
    torch.from_dlpack(torch.to_dlpack(torch.ones(2)))
    torch.utils.dlpack.from_dlpack(torch.utils.dlpack.to_dlpack(torch.arange(6).reshape(2, 3).T))
    [y.add_(1) for y in [torch.ones(2)] for z in [torch.from_dlpack(torch.to_dlpack(y))]]
    torch.to_dlpack(x)
    torch.to_dlpack(5)
    type(torch.to_dlpack(torch.ones(2))).__name__
    torch.from_dlpack(5)
    torch.from_dlpack(np.ones(2))
    torch.ones(2).__dlpack_device__()
    torch.ones(2).__dlpack__(stream=None)
    torch.ones(2).__dlpack__(stream=-1)
    torch.ones(2).__dlpack__(stream=1)
    torch.ones(2).__dlpack__(stream='a')
    torch.ones(2).__dlpack__(max_version=(1, 0))
    torch.ones(2).__dlpack__(dl_device=(1, 0))
    torch.ones(2).__dlpack__(copy=True)
    torch.ones(2).__dlpack__(1)
    torch.ones(2, dtype=torch.bfloat16).__dlpack__()
    torch.ones(2, dtype=torch.complex64).conj().__dlpack__()
    torch.from_dlpack(torch.ones(2, dtype=torch.bfloat16))
    torch.from_dlpack(torch.to_dlpack(torch.arange(6, dtype=torch.bfloat16).view(2, 3).T))
    np.from_dlpack(torch.arange(6).reshape(2, 3).T).strides
    np.from_dlpack(torch.ones(2), copy=True)
    np.from_dlpack(torch.zeros(0, 2)).shape
    torch.from_dlpack(x)
    torch.from_dlpack(np.arange(6).reshape(2, 3)[:, ::2]).stride()
    torch.from_dlpack(np.ones(2, '>f4'))
    torch.from_dlpack(ro)
    torch.from_dlpack(a, copy=True)
    torch.from_dlpack([1])
    torch.utils.dlpack.DLDeviceType.kDLCPU
    [b.fill(7) for b in [np.from_dlpack(xi)]] and xi
    [t.fill_(7) for t in [torch.from_dlpack(a)]] and a
    [t.fill_(7) for t in [torch.from_numpy(a)]] and a
    [t.fill_(7) for t in [torch.asarray(a, copy=True)]] and a
    """
)
def test_as_in_pytorch(expression: str) -> None:
    assert_alike(expression)


def test_ufuncs_that_add_at_indices() -> None:
    x = torch.zeros(3, dtype=torch.float64)
    y = torch.ones(2, dtype=torch.float64, requires_grad=True)
    np.add.at(x, [0, 0], y)
    np.subtract.at(x, np.array([2]), 5.0)
    assert x.tolist() == [2.0, 0.0, -5.0]
    x[0].backward()
    assert y.grad is not None and y.grad.tolist() == [1.0, 1.0]
    plain = torch.ones(3)
    np.multiply.at(plain, [1, 1], 3.0)
    np.add.at(plain, slice(0, 2), 1.0)
    assert plain.tolist() == [2.0, 10.0, 1.0]
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        np.add.at(y, 0, 1.0)


def test_masks_without_an_identity_need_an_initial_value() -> None:
    x = torch.ones(3)
    with pytest.raises(ValueError, match="'maximum' does not have an identity"):
        np.maximum.reduce(x, where=x > 0)


def test_masks_leave_what_was_in_out() -> None:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    out = torch.zeros(3)
    found = np.multiply(x, 2, where=x.detach() > 1, out=out)
    assert found is out and out.tolist() == [0.0, 4.0, 6.0]
    out.sum().backward()
    assert x.grad is not None and x.grad.tolist() == [0.0, 2.0, 2.0]
    array = np.full(3, 7.0, np.float32)
    np.add(x.detach(), 1, where=np.array([True, False, True]), out=array)
    assert array.tolist() == [2.0, 7.0, 4.0]


# What NumPy dispatches and has no counterpart: of dates and bits, files, and counts of bins.
WITHOUT = """
    busday_count busday_offset datetime_as_string is_busday packbits unpackbits
    histogram histogram2d histogram_bin_edges histogramdd save savetxt savez savez_compressed
"""


def test_every_function_of_numpys_has_a_counterpart_or_is_known_to_have_none() -> None:
    known = {*FUNCTIONS, *QUESTIONS, *(getattr(np, name) for name in WITHOUT.split())}
    rooms = (np, np.linalg, np.fft, np.emath, np.lib.stride_tricks)
    theirs = {
        value
        for room in rooms
        for value in vars(room).values()
        if callable(value) and hasattr(value, "_implementation")
    }
    assert {f.__name__ for f in theirs - known} <= {"as_strided"}
    assert not {getattr(np, name) for name in WITHOUT.split()} & set(FUNCTIONS)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("np.put(x, [0, -1], z[:2])", 4),
        ("np.put(x, [7, 9], z[0], mode='wrap')", 4),
        ("np.put(x, [0, 9], z, mode='clip')", 4),
        ("np.place(x, np.arange(6).reshape(2, 3) % 2 == 0, z[:2])", 3),
        ("np.putmask(x, np.arange(6).reshape(2, 3) > 3, z)", 4),
        ("np.fill_diagonal(x, z[:2])", 4),
        ("np.fill_diagonal(x, 3.0)", 4),
        ("np.put_along_axis(x, np.array([[1], [2]]), z[:1], 1)", 4),
        ("np.put_along_axis(x, np.array([3, 1]), z[:2], None)", 4),
        ("np.copyto(x, z)", 0),
        ("np.copyto(x, z, where=np.array([True, False, False]))", 4),
        ("np.maximum.at(x, (0, [0, 0]), z[:2] * 9)", 5),
        ("np.multiply.at(x, (slice(None), 1), z[:2])", 6),
        ("np.divide.at(x, ([0, 0], [1, 1]), z[:2])", 6),
        ("np.minimum.at(x, (1,), z)", 3),
    ],
)
def test_writes(line: str, kept: int) -> None:
    """NumPy's values, written by operators: history and version counter know of them."""
    start, values = np.arange(1.0, 7.0).reshape(2, 3), np.array([0.5, 0.25, 0.125])
    expected = start.copy()
    eval(line, {"np": np, "x": expected, "z": values})
    leaf = torch.tensor(start, requires_grad=True)
    x, z = leaf * 1, torch.tensor(values, requires_grad=True)
    version = x._version
    eval(line, {"np": np, "x": x, "z": z})
    assert x._version > version
    np.testing.assert_array_equal(x.detach().numpy(), expected)
    x.sum().backward()
    assert leaf.grad is not None and leaf.grad.count_nonzero() == kept
    assert "z" not in line or z.grad is not None


def test_writes_check_what_they_are_given() -> None:
    x = torch.zeros(3)
    with pytest.raises(IndexError, match="index 5 is out of bounds for axis 0 with size 3"):
        np.put(x, [5], 1.0)
    with pytest.raises(ValueError, match="Cannot insert from an empty array"):
        np.place(x, [True, False, False], [])
    with pytest.raises(TypeError, match="Cannot cast array data"):
        np.copyto(x, torch.zeros(3, dtype=torch.complex64))
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        np.put(torch.zeros(3, requires_grad=True), [0], 1.0)


def test_nothing_but_nan() -> None:
    x = torch.tensor([[np.nan, np.nan], [1.0, np.nan]], dtype=torch.float64, requires_grad=True)
    with pytest.warns(RuntimeWarning, match="All-NaN slice"):
        found = np.nanmax(x, axis=1)
    assert found[0].isnan() and found[1] == 1.0
    with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        assert np.nanvar(x, axis=1)[0].isnan()
    with pytest.raises(ValueError, match="All-NaN slice encountered"):
        np.nanargmin(x, axis=1)
    assert np.nanargmax(x) == 2


@pytest.mark.parametrize(
    "line",
    [
        "np.interp(x, x, x)",
        "np.gradient(x)",
        "np.convolve(x, x)",
        "np.insert(x, 1, 2.0)",
        "np.pad(x, 1, 'linear_ramp')",
        "np.percentile(x, 30, method='hazen')",
        "np.linspace(x, 2.0, 3)",
        "np.polyfit(x, x, 1)",
        "np.nanstd(x)",
        "np.partition(x, 1)",
    ],
)
def test_float32_stays(line: str) -> None:
    x = torch.tensor([0.5, 1.0, 2.0])
    assert np.linspace(x.double()[0], 0.1, 2)[1].item() == 0.1
    assert eval(line, {"np": np, "x": x}).dtype is torch.float32


def test_tensors_of_pytorchs_share_memory_both_ways() -> None:
    judge = pytest.importorskip("torch")
    for dtype in ("float32", "int16", "bool", "complex64", "bfloat16"):
        theirs = judge.zeros(2, 3, dtype=getattr(judge, dtype)).T
        ours = torch.from_dlpack(theirs)
        assert ours.dtype is getattr(torch, dtype) and ours.stride() == theirs.stride()
        ours[1, 0] = 1
        assert theirs[1, 0] == 1
        back = judge.from_dlpack(ours)
        back[0, 1] = 1
        assert ours[0, 1] == 1 and str(back.dtype) == f"torch.{dtype}"
