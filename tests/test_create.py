"""Factories: sizes, options, dtypes, spacing; judged by PyTorch."""

from __future__ import annotations

import pytest

import rushlight
from tests.both import assert_alike, expressions, judge


@expressions(
    """
    torch.zeros()
    torch.zeros('a')
    torch.zeros(2, 'a')
    torch.zeros(2.0)
    torch.zeros(2, 3.0)
    torch.zeros((2, 3.0))
    torch.zeros((2, 'a'))
    torch.zeros([2, 3])
    torch.zeros(torch.Size([2]))
    torch.zeros(-1)
    torch.zeros(2, -3)
    torch.zeros((2, 3), 4)
    torch.zeros(np.int64(2))
    torch.zeros(torch.tensor(2))
    torch.zeros(torch.tensor(2.0))
    torch.zeros(torch.tensor([2, 3]))
    torch.zeros(np.array([2, 3]))
    torch.zeros(True)
    torch.zeros(None)
    torch.zeros(size=(2,))
    torch.zeros(size=2)
    torch.zeros(2, dtype='float32')
    torch.zeros(2, dtype=float)
    torch.zeros(2, dtype=int)
    torch.zeros(2, dtype=bool)
    torch.zeros(2, dtype=np.float32)
    torch.zeros(2, foo=1)
    torch.zeros(2, dtype=torch.int64, requires_grad=True)
    torch.zeros(2, requires_grad=1)
    torch.zeros(2, requires_grad='a')
    torch.zeros(2, device=0)
    torch.zeros(2, device=torch.device('cpu'))
    torch.zeros(2, layout=torch.strided)
    torch.zeros(2, out=torch.empty(3))
    torch.zeros(2, out=torch.empty(0))
    torch.zeros(2, out=torch.empty(2, dtype=torch.int64))
    torch.zeros(2, out=torch.empty(2, dtype=torch.int64), dtype=torch.float32)
    torch.zeros(2, out=torch.ones(2, requires_grad=True))
    torch.zeros(2, out=torch.ones(2), requires_grad=True)
    torch.zeros(2, out=5)
    torch.zeros(2, out=torch.ones(2), device='cpu')
    torch.ones(2, -1)
    torch.ones()
    torch.empty()
    torch.empty((2,), 'a')
    torch.empty(-2)
    torch.zeros(1, 2, 3, 'a')
    torch.zeros([])
    torch.zeros(())
    torch.zeros([[2]])
    torch.zeros(2 ** 62, 2 ** 62)
    torch.complex(torch.ones(2), torch.ones(2))
    torch.complex(torch.ones(2), torch.ones(2, dtype=torch.float64))
    torch.complex(torch.ones(2, dtype=torch.int64), torch.ones(2, dtype=torch.int64))
    torch.complex(torch.ones(2, requires_grad=True), torch.ones(2))
    torch.complex(torch.ones(2), 1)
    torch.polar(torch.ones(2), torch.ones(2, requires_grad=True))
    torch.polar(torch.ones(2), torch.ones(2, dtype=torch.int64))
    torch.polar(torch.ones(2), torch.ones(2, dtype=torch.float64))
    np.from_dlpack(torch.ones(2))
    np.array(torch.ones(2)), np.asarray([torch.tensor(1), torch.tensor(2)])
    complex(torch.ones(2))
    torch.zeros(2, layout=None)
    torch.zeros(2, layout=1)
    torch.zeros(2, device=1.5)
    torch.ones(2, out=torch.ones(2, requires_grad=True))
    torch.empty(2, out=torch.ones(2, requires_grad=True))
    torch.zeros(3.5, 4)
    torch.zeros(True, 2)
    torch.zeros(np.float64(2))
    torch.zeros((True, 2))
    torch.zeros((np.int32(3), torch.tensor(2)))
    torch.zeros((torch.tensor([2]),))
    torch.zeros(torch.tensor([2]))
    torch.zeros(range(3))
    torch.zeros({2})
    torch.zeros('23')
    torch.zeros((2, None))
    torch.zeros(2, None)
    torch.zeros((None, 2))
    torch.zeros(('a', 2))
    torch.zeros((2.0, 2))
    torch.zeros([[2, 3]])
    torch.zeros([2, [3]])
    torch.zeros((2, True))
    torch.zeros(2, True)
    torch.zeros(2, torch.tensor(3.0))
    torch.zeros(2, torch.tensor([3, 4]))
    torch.zeros((torch.tensor(3.0), 2))
    torch.zeros((torch.tensor([3, 4]), 2))
    torch.zeros(2, np.float64(3))
    torch.zeros(2, np.bool_(True))
    torch.zeros(np.bool_(True))
    torch.ones(2 ** 40, 2 ** 40)
    torch.ones((2,), (3,))
    torch.ones((2,), size=(3,))
    torch.ones(2, size=(3,))
    torch.zeros(2, dtype=3)
    torch.zeros(2, dtype=str)
    """
)
def test_sizes(expression: str) -> None:
    """Sizes in every form, and the options of factories."""
    assert_alike(expression)


@expressions(
    """
    torch.full((2,), 3)
    torch.full((2,), 3.5)
    torch.full((2,), True)
    torch.full((2,), 1j)
    torch.full((2,), torch.tensor(3))
    torch.full((2,), torch.tensor([3]))
    torch.full((2,), torch.tensor(3.0, requires_grad=True))
    torch.full((2,), 3, dtype=torch.float32)
    torch.full((2,), 3.5, dtype=torch.int64)
    torch.full((2,), 300, dtype=torch.uint8)
    torch.full((2,), -1, dtype=torch.uint8)
    torch.full((2,), 1j, dtype=torch.float32)
    torch.full((2,), 'a')
    torch.full(2, 3)
    torch.full((2,), np.float64(3.5))
    torch.full((2,), np.float32(3.5))
    torch.full((2,), np.int32(3))
    torch.full((2,), 3, out=torch.empty(2))
    torch.full((2,), 3.5, out=torch.empty(2, dtype=torch.int64))
    torch.full((2,), 1e+300)
    torch.full((2,), 1e+300, dtype=torch.float16)
    torch.full((2,), 2 ** 70)
    torch.full((2,), 2 ** 63)
    torch.scalar_tensor(3)
    torch.scalar_tensor(3.5, dtype=torch.int64)
    torch.scalar_tensor(True)
    torch.scalar_tensor(1j)
    torch.scalar_tensor('a')
    torch.scalar_tensor(torch.tensor(3))
    torch.full((1,), h, dtype=torch.float16)
    torch.full((2,), 1, out=torch.ones(2, requires_grad=True))
    torch.full((2, -1), 1)
    torch.full((), 1)
    torch.full([], 1)
    torch.full((2,), None)
    torch.full((2,), 3, layout=torch.strided, device='cpu', pin_memory=False)
    torch.full((2,), fill_value=2)
    torch.full(size=(2,), fill_value=2)
    torch.full((2,), np.bool_(True))
    torch.full((2,), torch.tensor(True))
    torch.full((2,), torch.tensor(3.5, dtype=torch.float64))
    torch.full((2,), float('nan'), dtype=torch.int64)
    torch.full((2,), float('inf'), dtype=torch.float16)
    torch.full((2,), 2 ** 31, dtype=torch.int32)
    torch.full((2,), -129, dtype=torch.int8)
    torch.full((2,), 2.7, dtype=torch.int8)
    torch.full((2,), 127.7, dtype=torch.int8)
    torch.full((2,), 128.7, dtype=torch.int8)
    torch.full((2,), 1e+39, dtype=torch.float32)
    torch.full((2,), 1e+39, dtype=torch.complex64)
    torch.full((2,), 70000, dtype=torch.float16)
    torch.full((2,), 65519, dtype=torch.float16)
    torch.full((2,), 65520, dtype=torch.float16)
    torch.full((2,), 1 + 0j, dtype=torch.float32)
    torch.full((2,), 1j, dtype=torch.bool)
    torch.full((2,), 2 ** 64, dtype=torch.float32)
    torch.full((2,), 1j, dtype=torch.int64)
    """
)
def test_full(expression: str) -> None:
    """Numbers that a dtype can and cannot hold."""
    assert_alike(expression)


@expressions(
    """
    torch.eye(3)
    torch.eye(2, 3)
    torch.eye(-1)
    torch.eye(2, -1)
    torch.eye(2.0)
    torch.eye(2, dtype=torch.bool)
    torch.eye(2, out=torch.empty(0))
    torch.eye(2, out=torch.empty(0, dtype=torch.int64))
    torch.tril_indices(3, 3)
    torch.tril_indices(3, 4, 1)
    torch.tril_indices(3, 4, -1)
    torch.tril_indices(0, 4)
    torch.tril_indices(-1, 4)
    torch.tril_indices(2, -4)
    torch.triu_indices(3, 4, 1)
    torch.triu_indices(3, 3, dtype=torch.int32)
    torch.triu_indices(3, 3, dtype=torch.float32)
    torch.triu_indices(3, 3, device='cpu', layout=torch.strided)
    torch.tril_indices(3, 3.0)
    torch.empty_strided((2, 3), (1, 2)).stride()
    torch.empty_strided((2, 3), (0, 1)).stride()
    torch.empty_strided((2, 3), (1,)).stride()
    torch.empty_strided((2, 3), (-1, 1)).stride()
    torch.empty_strided((2, -3), (1, 1)).stride()
    torch.empty_strided(2, 1)
    torch.empty_permuted((2, 3, 4), (2, 0, 1)).stride()
    torch.empty_permuted((2, 3, 4), (2, 0, 0)).stride()
    x.new_empty_strided((2, 3), (1, 2)).stride()
    torch.eye(2, out=torch.ones(2, requires_grad=True))
    torch.empty_permuted((2, 3, 4), (2, 0))
    torch.empty_permuted((2, 3, 4), (2, 0, 3))
    torch.empty_permuted((2, 3, 4), (2, 0, -1))
    torch.empty_permuted(2, 0)
    torch.empty_strided((2, 3), 1)
    torch.empty_strided((2, 3), ('a', 1))
    torch.empty_strided((2, 3), (1.5, 1))
    torch.empty_strided((2, 0), (1, 1)).stride()
    torch.eye(2, m=3).shape
    torch.eye(True)
    torch.eye('a')
    """
)
def test_shapes_and_indices(expression: str) -> None:
    """Matrices, strides and indices of triangles."""
    assert_alike(expression)


@expressions(
    """
    torch.zeros_like(x)
    torch.zeros_like(x.T).stride()
    torch.zeros_like(x, dtype=torch.int32)
    torch.zeros_like(x, requires_grad=True)
    torch.zeros_like(xi, requires_grad=True)
    torch.zeros_like(x, memory_format=torch.contiguous_format)
    torch.zeros_like(x.T, memory_format=torch.contiguous_format).stride()
    torch.zeros_like(3)
    torch.zeros_like([1])
    torch.zeros_like(x, 3)
    torch.full_like(x, 3)
    torch.full_like(xi, 3.5)
    torch.full_like(x, 1j)
    torch.full_like(x, 'a')
    torch.full_like(x, torch.tensor(3))
    torch.full_like(xi.bool(), 3)
    torch.full_like(x, True)
    torch.empty_like(x).shape
    x.rand_like()
    torch.zeros_like(torch.ones(2, 3, 4, 5), memory_format=torch.channels_last).stride()
    torch.zeros_like(x, memory_format=torch.channels_last)
    torch.zeros_like(x, device='cpu', layout=torch.strided, pin_memory=False)
    torch.zeros_like(x, dtype='a')
    torch.ones_like(x, out=x)
    x.new_zeros(2)
    x.new_zeros((2, 3))
    x.new_zeros(2, dtype=torch.int64)
    x.new_zeros('a')
    x.new_zeros()
    x.new_ones(2, -1)
    x.new_full((2,), 3)
    xi.new_full((2,), 3.5)
    xi.new_full((2,), 1j)
    x.new_empty(2).shape
    x.new_tensor([1, 2])
    x.new_tensor([1, 2], dtype=torch.int8)
    x.new_tensor(torch.ones(2))
    xi.new_tensor([1.5, 2])
    x.new_tensor('a')
    x.new_tensor([1, 2], requires_grad=True)
    """
)
def test_like_others(expression: str) -> None:
    """Tensors in the form of others."""
    assert_alike(expression)


def test_zero_sizes_share_nothing() -> None:
    """An empty tensor has PyTorch's strides and no address."""
    for shape in [(0,), (2, 0, 3), (0, 4)]:
        ours, theirs = rushlight.zeros(shape), judge.zeros(shape)
        assert ours.stride() == theirs.stride()
        assert ours.data_ptr() == 0


def test_out_takes_the_result_and_is_returned() -> None:
    out = rushlight.empty(0, dtype=rushlight.int64)
    assert rushlight.arange(3, out=out) is out
    assert out.tolist() == [0, 1, 2]
    assert out._version == 1


def test_made_in_inference_mode_stays_out_of_graphs() -> None:
    with rushlight.inference_mode():
        made = [rushlight.zeros(2), rushlight.tensor([1.0]), rushlight.rand(2), rushlight.eye(2)]
        made.append(rushlight.ones_like(made[0]))
    assert all(t.is_inference() for t in made)
    assert not rushlight.zeros(2).is_inference()


def test_default_dtype_rules_floats() -> None:
    rushlight.set_default_dtype(rushlight.float64)
    try:
        for t in (rushlight.zeros(2), rushlight.tensor(1.5), rushlight.arange(1.5)):
            assert t.dtype is rushlight.float64
        assert rushlight.tensor(1j).dtype is rushlight.complex128
        assert rushlight.tensor(1).dtype is rushlight.int64
    finally:
        rushlight.set_default_dtype(rushlight.float32)


def test_sparse_layouts_are_refused() -> None:
    with pytest.raises(NotImplementedError, match="dense tensors only"):
        rushlight.zeros(2, layout=rushlight.sparse_coo)
