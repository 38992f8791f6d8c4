"""uint16, uint32 and uint64: made, converted, moved, compared, and few operators beside."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import rushlight
from tests.both import assert_alike, expressions


@expressions(
    """
    torch.tensor([1, 2], dtype=torch.uint16)
    torch.tensor([1, -2], dtype=torch.uint16)
    torch.tensor([70000], dtype=torch.uint16)
    torch.tensor([1.5], dtype=torch.uint32)
    torch.tensor(2**63, dtype=torch.uint64)
    torch.tensor([2**63], dtype=torch.uint64)
    torch.tensor([2**64-1], dtype=torch.uint64)
    torch.tensor([2**64], dtype=torch.uint64)
    torch.tensor([2**63], dtype=torch.uint64).tolist()
    torch.tensor([2**63], dtype=torch.uint64).item()
    torch.zeros(2, dtype=torch.uint16)
    torch.ones(2, 2, dtype=torch.uint32)
    torch.full((2,), 7, dtype=torch.uint64)
    torch.full((2,), -7, dtype=torch.uint64)
    torch.full((2,), 2**63, dtype=torch.uint64)
    torch.arange(3, dtype=torch.uint16)
    torch.linspace(0, 3, 4, dtype=torch.uint16)
    torch.eye(2, dtype=torch.uint16)
    torch.empty(0, dtype=torch.uint16)
    torch.randint(3, (2,), dtype=torch.uint16)
    torch.rand(2, dtype=torch.uint16)
    torch.randperm(3, dtype=torch.uint16)
    torch.tensor([1, 2], dtype=torch.uint16).type()
    torch.tensor([1, 2], dtype=torch.uint16).to(torch.int64)
    torch.tensor([1, 2], dtype=torch.uint16).float()
    torch.tensor([1.0, -2.0]).to(torch.uint16)
    torch.tensor([1, -2]).to(torch.uint16)
    torch.tensor([1, -2]).to(torch.uint32)
    torch.tensor([1, -2]).to(torch.uint64)
    torch.tensor([300, 70000]).to(torch.uint16)
    torch.tensor([nan, inf]).to(torch.uint16)
    torch.tensor([True]).to(torch.uint64)
    torch.tensor([1 + 2j]).to(torch.uint64)
    torch.tensor([1, 2], dtype=torch.uint16).to(torch.complex64)
    torch.tensor([0, 2], dtype=torch.uint16).to(torch.bool)
    torch.tensor([0, 2], dtype=torch.uint16).view(torch.int16)
    torch.tensor([0, 2], dtype=torch.uint16).view(torch.uint8)
    torch.tensor([0, 2], dtype=torch.uint16).view(torch.float16)
    torch.tensor([0, 2], dtype=torch.uint16)[1]
    torch.tensor([0, 2], dtype=torch.uint16)[[True, False]]
    torch.tensor([0, 2], dtype=torch.uint16)[torch.tensor([1, 1])]
    torch.ones(3)[torch.tensor([0, 2], dtype=torch.uint16)]
    torch.tensor([0, 2], dtype=torch.uint16).requires_grad_()
    torch.tensor([0, 2], dtype=torch.uint16, requires_grad=True)
    torch.tensor([0, 2], dtype=torch.uint16) + 1
    torch.tensor([0, 2], dtype=torch.uint16) * 3
    torch.tensor([0, 2], dtype=torch.uint16) * 3.5
    torch.tensor([0, 2], dtype=torch.uint16) / 2
    torch.tensor([0, 2], dtype=torch.uint16) // 2
    torch.tensor([0, 2], dtype=torch.uint16) * torch.tensor(3)
    torch.tensor([0, 2], dtype=torch.uint16) * torch.tensor([3])
    torch.tensor([0, 2], dtype=torch.uint16) * torch.tensor([3.0])
    torch.tensor([0, 2], dtype=torch.uint16) * torch.tensor([3.0j])
    torch.tensor([0, 2], dtype=torch.uint16) * 1j
    torch.tensor([True]) * torch.tensor(2, dtype=torch.uint16)
    torch.tensor([0, 2], dtype=torch.uint16) == torch.tensor([0, 3], dtype=torch.uint16)
    torch.tensor([0, 2], dtype=torch.uint16) == 2
    torch.tensor([0, 2], dtype=torch.uint16) == torch.tensor([0, 2])
    torch.tensor([0, 2], dtype=torch.uint16) < 2
    torch.tensor([0, 2], dtype=torch.uint16).sum()
    torch.tensor([0, 2], dtype=torch.uint64).sum()
    torch.tensor([0, 2], dtype=torch.uint16).prod()
    torch.tensor([0, 2], dtype=torch.uint16).sum(dtype=torch.uint16)
    torch.tensor([0, 2], dtype=torch.uint16).cumsum(0)
    torch.tensor([0, 2], dtype=torch.uint16).mean()
    torch.tensor([0, 2], dtype=torch.uint16).max()
    torch.tensor([3, 2], dtype=torch.uint16).sort()
    torch.tensor([3, 2], dtype=torch.uint16).unique()
    torch.tensor([3, 2], dtype=torch.uint16).abs()
    -torch.tensor([3, 2], dtype=torch.uint16)
    ~torch.tensor([3, 2], dtype=torch.uint16)
    torch.tensor([3, 2], dtype=torch.uint16) & 1
    torch.tensor([3, 2], dtype=torch.uint16) | torch.tensor([4, 4], dtype=torch.uint16)
    torch.tensor([3, 2], dtype=torch.uint16) << 1
    torch.tensor([3, 2], dtype=torch.uint16).sqrt()
    torch.tensor([3, 2], dtype=torch.uint16).add_(1)
    torch.tensor([3, 2], dtype=torch.uint16).mul_(2)
    torch.tensor([3, 2], dtype=torch.uint16).fill_(9)
    torch.tensor([3, 2], dtype=torch.uint16).fill_(-9)
    torch.tensor([3, 2], dtype=torch.uint16).copy_(torch.tensor([1.5, 2]))
    torch.tensor([3, 2], dtype=torch.uint16).zero_()
    torch.cat([torch.tensor([3], dtype=torch.uint16), torch.tensor([2], dtype=torch.uint16)])
    torch.cat([torch.tensor([3], dtype=torch.uint16), torch.tensor([2])])
    torch.stack([torch.tensor([3], dtype=torch.uint16)] * 2)
    torch.where(xi > 0, torch.tensor([3], dtype=torch.uint16), xi.to(torch.uint16))
    torch.where(torch.tensor([True]), torch.tensor([3], dtype=torch.uint16), 2)
    torch.tensor([3], dtype=torch.uint16).numpy()
    torch.from_numpy(np.ones(2, 'u2'))
    torch.from_numpy(np.ones(2, 'u4')).dtype
    torch.tensor(np.ones(2, 'u8'))
    torch.tensor(np.uint16(3))
    torch.as_tensor(np.uint32(3))
    torch.full((2,), np.uint16(3))
    torch.iinfo(torch.uint16)
    torch.iinfo(torch.uint32)
    torch.iinfo(torch.uint64)
    torch.iinfo(torch.uint64).max
    torch.finfo(torch.uint16)
    torch.uint16.to_complex()
    torch.uint16.to_real()
    torch.uint16.is_signed, torch.uint32.itemsize, torch.uint64.is_floating_point
    torch.int8.is_signed, torch.bfloat16.is_signed, torch.complex64.is_signed, torch.bool.is_signed
    torch.result_type(torch.tensor([1], dtype=torch.uint16), 1)
    torch.result_type(torch.tensor([1], dtype=torch.uint16), 1.0)
    torch.result_type(torch.tensor([1], dtype=torch.uint16), 1j)
    torch.result_type(torch.tensor([1], dtype=torch.uint16), True)
    torch.result_type(torch.tensor([True]), torch.tensor(1, dtype=torch.uint16))
    torch.result_type(torch.tensor([1], dtype=torch.uint16), torch.tensor(1, dtype=torch.uint32))
    torch.result_type(torch.tensor([1], dtype=torch.int8), torch.tensor(1, dtype=torch.uint32))
    torch.tensor([1, 2], dtype=torch.uint16).bool()
    bool(torch.tensor([1], dtype=torch.uint16))
    int(torch.tensor([1], dtype=torch.uint16))
    [1, 2][torch.tensor([1], dtype=torch.uint16)]
    torch.tensor([1, 2], dtype=torch.uint16).storage().dtype
    pickle.loads(pickle.dumps(torch.uint16))
    copy.deepcopy(torch.tensor([1, 2], dtype=torch.uint16))
    torch.tensor([1, 2], dtype=torch.uint16).new_zeros(2)
    torch.zeros_like(torch.tensor([1, 2], dtype=torch.uint16))
    torch.rand_like(torch.tensor([1, 2], dtype=torch.uint16))
    torch.tensor([1, 2], dtype=torch.uint16).is_signed()
    torch.tensor([1, 2], dtype=torch.uint16).element_size()
    torch.equal(torch.tensor([1], dtype=torch.uint16), torch.tensor([1], dtype=torch.uint16))
    torch.allclose(torch.tensor([1], dtype=torch.uint16), torch.tensor([1], dtype=torch.uint16))
    torch.tensor([1, 2], dtype=torch.uint16).random_()
    torch.tensor([1, 2], dtype=torch.uint16).clamp(1, 1)
    torch.tensor([1, 2], dtype=torch.uint16).pow(2)
    torch.tensor([1, 2], dtype=torch.uint16) % 2
    torch.tensor([[1, 2]], dtype=torch.uint16) @ torch.tensor([[1], [2]], dtype=torch.uint16)
    torch.add(torch.ones(2), 1, out=torch.zeros(2, dtype=torch.uint16))
    torch.sqrt(torch.ones(2), out=torch.zeros(2, dtype=torch.uint16))
    torch.tensor([1, 2], dtype=torch.uint16).roll(1)
    torch.tensor([1, 2], dtype=torch.uint16).__setitem__(0, 5)
    torch.set_default_dtype(torch.uint16)
    torch.frombuffer(bytearray(b'abcd'), dtype=torch.uint16)
    torch.from_dlpack(np.ones(2, 'u2'))
    torch.tensor([1, 2], dtype=torch.uint64).to(torch.float32)
    torch.tensor([2**64-1], dtype=torch.uint64).to(torch.float64)
    torch.tensor([2.0**63]).to(torch.uint64)
    torch.bincount(torch.tensor([1, 2], dtype=torch.uint16))
    torch.tensor([1, 2], dtype=torch.uint16).all()
    torch.tensor([1, 2], dtype=torch.uint16).repeat(2)
    torch.tensor([1, 2], dtype=torch.uint16).expand(2, 2)
    f'{torch.tensor(3, dtype=torch.uint16):d}'
    torch.tensor([1, 2], dtype=torch.uint16).median()
    torch.tensor([1, 2], dtype=torch.uint16).tril()
    torch.nn.functional.one_hot(torch.tensor([1, 2], dtype=torch.uint16))
    """
)
def test_as_in_pytorch(expression: str) -> None:
    assert_alike(expression)


def test_pickles() -> None:
    x = rushlight.tensor([1, 2**64 - 1], dtype=rushlight.uint64)
    back = pickle.loads(pickle.dumps(x))
    assert back.dtype is rushlight.uint64 and back.tolist() == [1, 2**64 - 1]


def test_what_moves_elements_works_where_pytorch_has_no_kernel() -> None:
    x = rushlight.tensor([3, 1, 2], dtype=rushlight.uint16)
    index = rushlight.tensor([2, 0])
    assert x.flip(0).tolist() == [2, 1, 3]
    assert x[index].tolist() == x.index_select(0, index).tolist() == x.gather(0, index).tolist()
    assert x.masked_fill(x == 1, 9).tolist() == [3, 9, 2]
    assert np.shares_memory(x.numpy(), x.numpy()) and x.numpy().dtype == np.uint16


@pytest.mark.parametrize(
    "name", ["float8_e4m3fn", "float4_e2m1fn_x2", "qint8", "quint4x2", "int4", "uint1", "bits8"]
)
def test_types_that_numpy_lacks_say_so(name: str) -> None:
    with pytest.raises(AttributeError, match=f"no attribute '{name}': NumPy has no such elements"):
        getattr(rushlight, name)
