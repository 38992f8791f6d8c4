"""Data that shares memory, and the old constructors; judged by PyTorch."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

import rushlight
from tests.both import assert_alike, expressions
from tests.libraries import LIBRARIES


@expressions(
    """
    torch.frombuffer(bytearray(b'abcdefgh'), dtype=torch.int32)
    torch.frombuffer(b'abcdefgh', dtype=torch.int32)
    torch.frombuffer(bytearray(b'abcdefgh'), dtype=torch.int32, offset=4)
    torch.frombuffer(bytearray(b'abcdefgh'), dtype=torch.int32, offset=3)
    torch.frombuffer(bytearray(b'abcdefgh'), dtype=torch.int32, count=1)
    torch.frombuffer(bytearray(b'abcdefgh'), dtype=torch.int32, count=3)
    torch.frombuffer(bytearray(b'abcdefgh'), dtype=torch.int32, count=0)
    torch.frombuffer(bytearray(b'abcdefgh'), dtype=torch.int32, offset=8)
    torch.frombuffer(bytearray(b'abcdefgh'), dtype=torch.int32, offset=-1)
    torch.frombuffer(bytearray(b'abcdefg'), dtype=torch.int32)
    torch.frombuffer(bytearray(b''), dtype=torch.int32)
    torch.frombuffer('a', dtype=torch.int32)
    torch.frombuffer(bytearray(b'abcdefgh'), dtype=torch.float32, requires_grad=True)
    torch.frombuffer(bytearray(b'abcdefgh'), dtype=torch.int32, requires_grad=True)
    torch.frombuffer(np.arange(3.0), dtype=torch.float64)
    torch.from_numpy(a)
    torch.from_numpy([1])
    torch.from_numpy(ro)
    torch.from_numpy(a[::-1])
    torch.from_numpy(a[::2]).stride()
    torch.from_numpy(np.float32(3))
    torch.from_numpy(np.array(3.0))
    torch.from_numpy(np.array(['a']))
    torch.from_numpy(np.array([1], dtype='>f4'))
    torch.from_numpy(np.zeros(3, dtype=[('a', int)]))
    torch.from_numpy(np.zeros(3, dtype='datetime64[s]'))
    torch.from_numpy(np.zeros(9, dtype=np.int8)[1:].view(np.int8)[:8].view('i4'))
    torch.from_numpy(np.zeros((2, 3), dtype=[('a', 'i1'), ('b', 'f4')])['b'])
    torch.from_numpy(np.broadcast_to(np.arange(3.0), (2, 3)))
    torch.as_tensor(a)
    torch.as_tensor(a, dtype=torch.float32)
    torch.as_tensor(x) is x
    torch.as_tensor(x, dtype=torch.float64)
    torch.as_tensor([1, 2])
    torch.as_tensor(1.5)
    torch.as_tensor('a')
    torch.as_tensor(a[::-1])
    torch.as_tensor(ro)
    torch.as_tensor(a, device='cpu')
    torch.as_tensor(a, requires_grad=True)
    torch.as_tensor(np.float32(3))
    torch.asarray(a)
    torch.asarray(a, copy=True)
    torch.asarray(a, dtype=torch.float32)
    torch.asarray(a, dtype=torch.float32, copy=False)
    torch.asarray(x) is x
    torch.asarray(x).requires_grad
    torch.asarray(x, requires_grad=True) is x
    torch.asarray(x, copy=True)
    torch.asarray(y)
    torch.asarray(y, requires_grad=True)
    torch.asarray(y, copy=True)
    torch.asarray([1, 2])
    torch.asarray([1, 2], copy=False)
    torch.asarray([1.0, 2], requires_grad=True)
    torch.asarray(bytearray(b'abcd'))
    torch.asarray(b'abcd', dtype=torch.uint8)
    torch.asarray(np.float32(3))
    torch.asarray(3)
    torch.asarray(3, copy=False)
    torch.asarray('a')
    torch.asarray(None)
    torch.asarray(xi, dtype=torch.float32)
    torch.asarray(ro)
    torch.asarray(a[::-1])
    torch.from_dlpack(np.arange(3.0))
    torch.from_dlpack(torch.ones(2))
    torch.as_tensor(f).stride()
    torch.as_tensor(f, dtype=torch.float32).stride()
    torch.from_numpy(a[2:]).storage_offset()
    torch.from_numpy(a[2:]).untyped_storage().nbytes()
    torch.from_numpy(a[::2]).untyped_storage().nbytes()
    torch.as_tensor(torch.ones(2, requires_grad=True), dtype=torch.int64)
    torch.as_tensor([1], dtype=torch.float64)
    torch.as_tensor(np.arange(3), dtype=torch.int64).data_ptr() > 0
    torch.asarray(torch.ones(2), device='cpu')
    torch.asarray(torch.ones(2), requires_grad=True)
    torch.asarray(torch.ones(2, requires_grad=True), requires_grad=False)
    torch.asarray(torch.ones(2, requires_grad=True) * 2, requires_grad=False)
    torch.asarray(torch.ones(2), copy=True, dtype=torch.float64)
    torch.asarray(torch.ones(2), copy=False, dtype=torch.float64)
    torch.asarray(torch.ones(2, dtype=torch.int64), requires_grad=True)
    torch.asarray(np.ones(2), requires_grad=True)
    torch.asarray(np.ones(2), copy=1)
    torch.asarray([1], copy=None)
    torch.asarray(memoryview(b'abcd'), dtype=torch.int16)
    torch.asarray(array.array('f', [1, 2]), dtype=torch.float32)
    torch.asarray(array.array('f', [1, 2]))
    torch.asarray(array.array('d', [1, 2]))
    torch.asarray(range(3))
    torch.asarray(bytearray(b'abcd'), dtype=torch.uint8, copy=True)
    torch.asarray(bytearray(b'abcde'), dtype=torch.int16)
    torch.asarray(np.float64(3), copy=False)
    torch.asarray(np.float64(3), dtype=torch.float32)
    torch.asarray(torch.ones(2, requires_grad=True), copy=True, requires_grad=False)
    torch.asarray(torch.ones(2, requires_grad=True), copy=True, requires_grad=True)
    torch.asarray(torch.ones(2, requires_grad=True), dtype=torch.float64)
    torch.asarray(torch.ones(2, requires_grad=True), dtype=torch.float64, requires_grad=True)
    torch.asarray(object())
    torch.from_numpy(np.arange(3, dtype=np.float128))
    torch.from_numpy(torch.ones(2))
    torch.frombuffer(bytearray(8), dtype=torch.bool)
    torch.frombuffer(bytearray(8), dtype=torch.float32, count=-1, offset=4)
    torch.frombuffer(bytearray(8), dtype=torch.float32, count=-2)
    torch.frombuffer(bytearray(8), dtype='a')
    torch.frombuffer(memoryview(np.arange(4)[::2]), dtype=torch.int64)
    """
)
def test_shared(expression: str) -> None:
    """Data whose memory is shared where it can be."""
    assert_alike(expression)


@expressions(
    """
    x.new([1, 2])
    x.new(2, 3).shape
    torch.Tensor(2, 3).shape
    torch.Tensor([1, 2])
    torch.Tensor((1, 2))
    torch.Tensor()
    torch.Tensor(torch.Size([2])).shape
    torch.Tensor(xi)
    torch.Tensor(torch.ones(2)).dtype
    torch.Tensor(a)
    torch.Tensor(1.5)
    torch.Tensor('a')
    torch.Tensor([[1, 2], [3]])
    torch.Tensor(2, dtype=torch.int64)
    torch.Tensor(5).shape
    torch.Tensor(np.int64(5)).shape
    torch.Tensor(torch.tensor(3))
    torch.Tensor(torch.tensor(3.0))
    torch.Tensor(-1)
    torch.Tensor(data=[1, 2])
    torch.Tensor(None)
    torch.Tensor([1j])
    torch.Tensor(2, 3.5)
    torch.FloatTensor([1, 2])
    torch.FloatTensor(2).dtype
    torch.LongTensor([1, 2])
    torch.LongTensor([1.5, 2])
    torch.LongTensor(2).shape
    torch.LongTensor(torch.ones(2))
    torch.LongTensor(torch.ones(2, dtype=torch.int64))
    torch.ByteTensor([1])
    torch.BoolTensor([1, 0])
    torch.HalfTensor([1])
    torch.FloatTensor
    torch.LongTensor.dtype
    isinstance(x, torch.FloatTensor)
    isinstance(xi, torch.LongTensor)
    isinstance(xi, torch.FloatTensor)
    torch.FloatTensor(a)
    torch.DoubleTensor(a)
    torch.LongTensor(a)
    torch.LongTensor()
    torch.FloatTensor((1, 2), dtype=torch.int64)
    torch.FloatTensor.__module__, torch.FloatTensor.__name__
    xi.type(torch.FloatTensor)
    xi.type('torch.FloatTensor')
    xi.type(torch.LongTensor) is xi
    torch.Tensor(x).requires_grad
    torch.Tensor(x * 2).requires_grad
    torch.BFloat16Tensor([1])
    torch.Tensor(device='cpu')
    torch.Tensor(2, device='cpu').shape
    torch.FloatTensor(torch.ones(2, dtype=torch.float64))
    torch.FloatTensor(torch.ones(2, dtype=torch.bool))
    torch.IntTensor(torch.ones(2, dtype=torch.uint8))
    torch.DoubleTensor(2, -1)
    torch.Tensor(range(3))
    torch.Tensor({1: 2})
    torch.Tensor(np.float32(3))
    torch.Tensor([])
    torch.Tensor(True)
    torch.Tensor(2, 3, [4])
    torch.Tensor([1], [2])
    torch.Tensor(np.array([1, 2]), 3)
    x.new().shape
    x.new(torch.ones(2))
    x.new(torch.ones(2, dtype=torch.int64))
    x.new(x.size()).shape
    x.new(5).shape
    isinstance(torch.Tensor([1]), torch.Tensor)
    torch.ones(2).type('torch.ComplexFloatTensor')
    """
)
def test_legacy(expression: str) -> None:
    """The old constructors."""
    assert_alike(expression)


@pytest.mark.parametrize("torch", LIBRARIES)
def test_from_numpy_shares_both_ways(torch: ModuleType) -> None:
    array = np.zeros((2, 3), np.float32)
    t = torch.from_numpy(array)
    array[0, 0] = 5
    t[1, 2] = 7
    assert t[0, 0].item() == 5
    assert array[1, 2] == 7
    assert np.shares_memory(t.numpy(), array)


@pytest.mark.parametrize("torch", LIBRARIES)
def test_storage_begins_at_the_array(torch: ModuleType) -> None:
    """Also where the array is a part of another: offsets and as_strided count from there."""
    array = np.arange(12.0).reshape(3, 4)
    t = torch.from_numpy(array[1:, ::2])
    assert t.storage_offset() == 0
    assert t.stride() == (4, 2)
    assert t.untyped_storage().nbytes() == 7 * 8
    assert t.as_strided((3,), (2,)).tolist() == [4.0, 6.0, 8.0]
    t[0, 1] = -1
    assert array[1, 2] == -1


@pytest.mark.parametrize("torch", LIBRARIES)
def test_reshaping_the_array_leaves_the_tensor_alone(torch: ModuleType) -> None:
    array = np.zeros(6)
    t = torch.from_numpy(array)
    array.shape = (2, 3)
    t.numpy().shape = (3, 2)
    assert t.shape == (6,)


@pytest.mark.parametrize("torch", LIBRARIES)
def test_dlpack_both_ways(torch: ModuleType) -> None:
    array = np.arange(3.0)
    t = torch.from_dlpack(array)
    t[0] = 9
    assert array[0] == 9
    back = np.from_dlpack(t)
    assert np.shares_memory(back, array)


@pytest.mark.parametrize("torch", LIBRARIES)
def test_buffers_are_shared(torch: ModuleType) -> None:
    buffer = bytearray(8)
    t = torch.frombuffer(buffer, dtype=torch.int16, offset=2, count=2)
    t.fill_(257)
    assert buffer == bytearray([0, 0, 1, 1, 1, 1, 0, 0])


def test_readonly_arrays_warn_and_stay_readonly() -> None:
    array = np.arange(3.0)
    array.flags.writeable = False
    with pytest.warns(UserWarning, match="The given NumPy array is not writable"):
        t = rushlight.from_numpy(array)
    with pytest.raises(ValueError, match="read-only"):
        t.zero_()
    with pytest.warns(UserWarning, match="The given buffer is not writable"):
        rushlight.frombuffer(b"ab", dtype=rushlight.uint8)


def test_asarray_tells_of_requires_grad() -> None:
    with pytest.warns(UserWarning, match="unspecified requires_grad"):
        rushlight.asarray(rushlight.ones(2, requires_grad=True))


def test_old_types_know_their_tensors() -> None:
    x = rushlight.ones(2)
    assert isinstance(x, rushlight.FloatTensor)
    assert not isinstance(x, rushlight.LongTensor)
    assert rushlight.FloatTensor.__name__ == "FloatTensor"


def test_subclasses_are_constructed_as_themselves() -> None:
    class Special(rushlight.Tensor):
        pass

    assert type(Special([1.0, 2.0])) is Special
    assert type(rushlight.ones(2).as_subclass(Special)) is Special


def test_tensors_that_are_being_made_are_passed_by() -> None:
    unfinished = rushlight.Tensor.__new__(rushlight.Tensor)
    unfinished._array = None
    t = rushlight.arange(3.0)
    assert t.share_memory_().is_shared()
    assert t.tolist() == [0.0, 1.0, 2.0]


def test_tensors_without_a_size_are_passed_by() -> None:
    lazy = rushlight.nn.LazyLinear(2)
    assert rushlight.arange(3.0).share_memory_().is_shared()
    assert lazy(rushlight.ones(1, 3)).shape == (1, 2)
