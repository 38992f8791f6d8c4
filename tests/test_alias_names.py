"""NumPy's names for ``dim`` and ``keepdim``, scalars of NumPy, and what ``out=`` refuses."""

from __future__ import annotations

from tests.both import assert_alike, expressions


@expressions(
    """
    torch.sort(x, axis=0)
    torch.argsort(x.detach(), axis=-1, descending=True)
    x.median(axis=1, keepdims=True)
    torch.nanmedian(x, axis=1)
    torch.mode(x, axis=0, keepdims=True)
    torch.topk(x, 2, axis=1)
    torch.kthvalue(x, 2, axis=1, keepdims=True)
    torch.logsumexp(x, axis=1, keepdims=True)
    torch.logcumsumexp(x, axis=1)
    torch.aminmax(x, axis=1, keepdims=True)
    torch.count_nonzero(x, axis=1)
    torch.quantile(x.detach(), 0.5, axis=1, keepdims=True)
    torch.nanquantile(x.detach(), 0.5, axis=1)
    torch.softmax(x, axis=0)
    x.softmax(axis=-1)
    torch.log_softmax(x, axis=0)
    torch.diff(x, axis=0)
    torch.cross(x, x, axis=1)
    torch.linalg.cross(x, x, axis=1)
    torch.linalg.norm(x, axis=1, keepdims=True)
    torch.linalg.vector_norm(x, axis=1, keepdims=True)
    torch.linalg.matrix_norm(x, axis=(0, 1), keepdims=True)
    torch.renorm(x, 2, axis=0, maxnorm=1.0)
    torch.repeat_interleave(x, 2, axis=1)
    x.unbind(axis=1)
    torch.chunk(x, 3, axis=1)
    torch.tensor_split(x, 3, axis=1)
    torch.split_with_sizes(x, [1, 2], axis=1)
    torch.select(x, axis=1, index=0)
    torch.narrow(x, axis=1, start=1, length=2)
    torch.index_select(x, axis=1, index=xi)
    torch.index_add(x, axis=1, index=xi, source=x[:, :2])
    torch.scatter(x, axis=1, index=xi[:, None], value=2.0)
    torch.take_along_dim(x, xi[:, None], axis=1)
    torch.softmax(x)
    torch.norm(x, axis=1)
    """
)
def test_axis_and_keepdims(expression: str) -> None:
    assert_alike(expression)


@expressions(
    """
    torch.pow(xi, np.int64(2))
    xi.pow(np.int64(2))
    xi ** np.int32(2)
    torch.floor_divide(xi, np.int64(2))
    torch.remainder(xi, np.int8(2))
    torch.fmod(xi, np.int64(2))
    torch.copysign(xi, np.int64(-2))
    torch.xlogy(xi, np.int64(2))
    torch.float_power(xi, np.int64(2))
    torch.bitwise_and(xi, np.int64(1))
    torch.bitwise_left_shift(xi, np.int64(1))
    torch.clamp(xi, np.int64(2), np.float64(3))
    torch.clamp(x, max=np.float32(0.5))
    torch.full((2,), np.float32(0.5))
    torch.full((2,), np.int64(3))
    torch.add(xi, xi, alpha=np.int64(3))
    torch.arange(np.int64(3))
    torch.where(xi > 0, np.float64(0.5), x[:, 0])
    torch.fmod(x, np.float32(0.3))
    torch.nn.functional.leaky_relu(-x, np.float64(0.3))
    torch.remainder(torch.ones(2), np.float64(0.3))
    xi.masked_fill(xi > 0, np.int64(7))
    torch.zeros(2).fill_(np.int64(7))
    torch.tensor([True, False]) ** True
    torch.pow(torch.tensor([True, False]), False)
    torch.tensor([True, False]).pow_(True)
    torch.tensor([True, False]) ** torch.tensor(True)
    torch.nan_to_num(torch.tensor([nan, inf, -inf, 1], dtype=torch.bfloat16))
    torch.nan_to_num(torch.tensor([nan, inf, -inf, 1], dtype=torch.float16))
    """
)
def test_numbers(expression: str) -> None:
    assert_alike(expression)


@expressions(
    """
    torch.exp(x, out=[1])
    torch.sum(x, 0, out=(1,))
    torch.matmul(x, x.mT, out=[1])
    """
)
def test_out_of_another_kind(expression: str) -> None:
    assert_alike(expression)
