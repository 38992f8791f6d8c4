"""Casts, copies, overwriting; judged by PyTorch."""

from __future__ import annotations

import itertools
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.both import assert_alike, expressions, judge
from tests.libraries import LIBRARIES


@expressions(
    """
    x.type()
    xi.type()
    xi.type(torch.float32)
    xi.type('torch.floatTensor')
    xi.type(float)
    x.type_as(xi)
    x.type(dtype=torch.int64)
    x.to() is x
    x.to('cpu') is x
    x.to(d) is x
    x.to('cpu', torch.float64)
    x.to(torch.float64, copy=True)
    x.to(torch.float32, copy=True)
    x.to(x) is x
    x.to(xi)
    x.to(dtype=torch.float64)
    x.to(device='cpu', dtype=torch.float64)
    x.to('cpu', True) is x
    x.to('cpu', torch.float64, True, True).grad_fn
    x.to(torch.float64, False, True).grad_fn
    x.to(3)
    x.to('float32')
    x.to(float)
    x.to(int)
    x.to(np.float32)
    x.to(None) is x
    x.to(dtype=None) is x
    x.to(device=None, dtype=None) is x
    x.to(None, torch.float64).dtype
    x.to(foo=1)
    x.to(other=xi).dtype
    x.to('cpu:0').device
    x.cpu() is x
    x.half()
    x.bfloat16()
    x.bool()
    x.char()
    x.byte()
    x.short()
    x.int()
    x.cfloat()
    x.cdouble()
    x.float() is x
    torch.ones(2, dtype=torch.complex64).type()
    torch.ones(2).type(None)
    """
)
def test_casts(expression: str) -> None:
    """to, type and their kin."""
    assert_alike(expression)


@expressions(
    """
    torch.zeros(2, memory_format=torch.contiguous_format)
    torch.empty(2, memory_format=torch.contiguous_format).shape
    torch.empty(2, memory_format=torch.preserve_format).shape
    torch.empty(2, memory_format=torch.channels_last).shape
    torch.empty(2, 3, 4, 5, memory_format=torch.channels_last).stride()
    x.to(torch.float64, memory_format=torch.contiguous_format).dtype
    x.to(memory_format=torch.contiguous_format) is x
    x.T.to(memory_format=torch.contiguous_format).stride()
    x.T.to(torch.float32, memory_format=torch.contiguous_format).stride()
    x.double(memory_format=torch.contiguous_format).dtype
    torch.memory_format()
    torch.clone(3)
    torch.clone(x, 3)
    x.clone(memory_format=3)
    x.clone(memory_format='a')
    x.contiguous(memory_format=torch.channels_last)
    torch.ones(2, 3, 4, 5).contiguous(memory_format=torch.channels_last).stride()
    torch.ones(2, 3, 4, 5).is_contiguous(memory_format=torch.channels_last)
    torch.ones(2, 1, 4, 5).is_contiguous(memory_format=torch.channels_last)
    torch.ones(2, 1, 1, 1).is_contiguous(memory_format=torch.channels_last)
    torch.ones(2, 3).is_contiguous(memory_format=torch.channels_last)
    torch.ones(2, 3).is_contiguous(memory_format=torch.preserve_format)
    torch.ones(2, 3).contiguous(memory_format=torch.preserve_format)
    torch.ones(2, 3, 4, 5, 6).contiguous(memory_format=torch.channels_last_3d).stride()
    torch.ones(2, 3, 4, 5).to(memory_format=torch.channels_last).stride()
    torch.ones(2, 3, 4, 5).clone(memory_format=torch.channels_last).stride()
    torch.ones(2, 3, 4, 5).double().to(torch.float32, memory_format=torch.channels_last).stride()
    torch.ones(2, 3, 4, 5).to(memory_format=torch.channels_last).double().stride()
    torch.empty(2, memory_format=3)
    torch.ones(2, 3, 4, 5).resize_(2, 3, 4, 5, memory_format=torch.channels_last).stride()
    torch.ones(2, 3, 4, 5).to(memory_format=torch.channels_last).dim_order()
    """
)
def test_formats(expression: str) -> None:
    """Copies and their order of axes."""
    assert_alike(expression)


@expressions(
    """
    x.fill_('a')
    x.fill_(None)
    x.int().fill_(2.7)
    x.int().fill_(2 ** 40)
    x.int().fill_(torch.tensor(2 ** 40))
    x.int().fill_(torch.tensor(1e+20))
    x.byte().fill_(-1)
    x.byte().fill_(-1.5)
    x.fill_(torch.tensor(1j))
    x.bool().fill_(3)
    x.fill_(np.float32(3))
    x.fill_(value=3)
    x.fill_()
    x.fill_(True)
    torch.fill(x, 3)
    torch.fill(x, torch.tensor(3.0))
    torch.fill(x, torch.ones(2))
    torch.fill(torch.ones(3, requires_grad=True), 3).grad_fn
    torch.fill(torch.ones(3, requires_grad=True), torch.tensor(3.0)).grad_fn
    torch.fill_(x, 3)
    torch.zero_(x)
    x.copy_([1, 2, 3])
    x.copy_(np.ones(3))
    x.copy_(3)
    x.copy_(torch.ones(2, 3))
    x.copy_(torch.ones(3, dtype=torch.complex64))
    x.copy_(torch.ones(3), True)
    x.copy_(None)
    x.copy_(torch.tensor([1, 2, 3]))._version
    torch.ones(3).expand(2, 3).zero_()
    torch.ones(3).expand(2, 3).fill_(1)
    torch.ones(3).expand(2, 3).copy_(torch.ones(2, 3))
    x.byte().fill_(-1.0)
    x.byte().fill_(-255)
    x.byte().fill_(-256)
    x.byte().fill_(-0.5)
    x.byte().fill_(255.5)
    x.char().fill_(-128.5)
    x.char().fill_(-127.5)
    x.short().fill_(2 ** 15)
    x.int().fill_(2 ** 31)
    x.long().fill_(1e+19)
    x.long().fill_(9.3e+18)
    x.long().fill_(2.0 ** 63)
    x.long().fill_(-2.0 ** 63)
    x.long().fill_(float('nan'))
    x.double().fill_(1e+308)
    x.half().fill_(65504)
    x.half().fill_(65505)
    x.bfloat16().fill_(1e+39)
    x.bfloat16().fill_(3.4e+38)
    x.cfloat().fill_(1e+39)
    x.cfloat().fill_(1j)
    x.cfloat().fill_(1e+39j)
    x.half().fill_(float('inf'))
    x.half().fill_(float('nan'))
    x.bool().fill_(float('nan'))
    x.bool().fill_(1j)
    x.fill_(2 ** 63 - 1)
    x.fill_(2 ** 63)
    x.fill_(2 ** 64 - 1)
    x.fill_(2 ** 64)
    x.long().fill_(2 ** 63)
    x.long().fill_(2 ** 64)
    x.byte().fill_(2 ** 63)
    (lambda l: (l[0].zero_(), l[1]))(copy.deepcopy([xi, xi[1:]]))
    x.data.zero_()._version, x._version
    """
)
def test_overwriting(expression: str) -> None:
    """fill_, zero_, copy_."""
    assert_alike(expression)


DTYPES = list(rushlight.dtypes.DTYPES)
DTYPES.remove("complex32")


def extremes() -> Any:
    """Numbers that don't fit, can't be told apart, or aren't numbers."""
    rng = np.random.RandomState(0)
    special = [np.nan, np.inf, -np.inf, -1, 300, 255.5, -0.5, 1e20, -1e20, 2.0**31, 2.0**63]
    halves = [65504, 65519, 65520, 70000, 1 + 2**-11 + 2**-30, 0.0, -0.0]
    return np.concatenate([rng.randn(200) * 10.0 ** rng.randint(-8, 25, 200), special, halves])


@pytest.mark.filterwarnings("ignore:Casting complex values")
@pytest.mark.parametrize("source", DTYPES)
def test_every_cast(source: str) -> None:
    """From every dtype to every other, also of what doesn't fit: the same values."""
    values = extremes()
    if "complex" in source:
        values = np.stack([values, values[::-1]], -1).view(np.complex128)[:, 0]

    def cast(lib: ModuleType, target: str) -> Any:
        t = lib.tensor(values)
        for name in (source, target):
            if name in ("uint16", "uint32", "uint64") and (t.is_complex() or t.is_floating_point()):
                # What doesn't fit depends on the processor, and on its place in a vector.
                real = t.real if t.is_complex() else t
                t = t[(real >= 0) & (real < 2.0 ** int(name[4:]))]
            t = t.to(getattr(lib, name))
        return np.array(t.tolist())

    for target in DTYPES:
        np.testing.assert_array_equal(cast(rushlight, target), cast(judge, target), target)


def layouts(torch: ModuleType) -> list[Any]:
    """Tensors of all orders of axes, with gaps, expanded, with sizes of one."""
    base = torch.arange(120.0).reshape(2, 3, 4, 5)
    found = []
    for order in itertools.permutations(range(4)):
        t = base.permute(order)
        found += [t, t[:, ::2], t[..., :1], t[1], t.unsqueeze(2), t[:1].expand(3, -1, -1, -1)]
        found += [t[:, :1].expand(-1, 4, -1, -1), t[..., :1].expand(-1, -1, -1, 7)]
    return found


@pytest.mark.parametrize("name", ["clone", "double", "contiguous", "zeros_like"])
def test_order_of_axes(name: str) -> None:
    """Copies lie in memory as PyTorch's do, whatever the strides of what is copied."""

    def run(torch: ModuleType) -> list[Any]:
        functions = {
            "clone": torch.clone,
            "double": lambda t: t.double(),
            "contiguous": lambda t: t.contiguous(),
            "zeros_like": torch.zeros_like,
        }
        results = [functions[name](t) for t in layouts(torch)]
        # Where a size is one the stride means nothing.
        return [([s for s, n in zip(t.stride(), t.shape) if n > 1], t.tolist()) for t in results]

    assert run(rushlight) == run(judge)


@pytest.mark.parametrize("torch", LIBRARIES)
def test_overwriting_is_recorded(torch: ModuleType) -> None:
    x = torch.ones(2, 3, requires_grad=True)
    value = torch.tensor(2.0, requires_grad=True)
    row = torch.tensor([1.0, 2.0, 3.0], requires_grad=True, dtype=torch.float64)

    def name(t: Any) -> Any:
        return t.grad_fn.name().split("::")[-1]

    y = x * 2
    assert name(y.clone().zero_()) == "ZeroBackward0"
    assert name(y.clone().fill_(3)) == "FillBackward2"
    filled = y.clone().fill_(value)
    copied = y.clone().copy_(row)
    assert (name(filled), name(copied)) == ("FillBackward3", "CopyBackwards")
    assert name(torch.fill(x, 1)) == "FillBackward0"
    assert name(torch.fill(x, value)) == "FillBackward1"
    weights = torch.arange(6.0).reshape(2, 3)
    outputs = [(filled * weights).sum(), (copied * weights).sum()]
    grads = torch.autograd.grad(outputs, [x, value, row])
    assert grads[0].tolist() == [[0.0] * 3] * 2
    assert grads[1].item() == 15
    assert grads[2].tolist() == [3.0, 5.0, 7.0]
    assert grads[2].dtype == torch.float64


@pytest.mark.parametrize("torch", LIBRARIES)
def test_casts_send_gradients_back_in_their_dtype(torch: ModuleType) -> None:
    x = torch.ones(2, requires_grad=True)
    y = x.double() * 3
    y.sum().backward()
    assert x.grad.dtype == torch.float32
    assert x.grad.tolist() == [3.0, 3.0]
    assert not x.int().requires_grad


@pytest.mark.parametrize("torch", LIBRARIES)
def test_overwriting_a_view_reaches_its_base(torch: ModuleType) -> None:
    x = torch.ones(4, requires_grad=True)
    y = x * 2
    y[1:3].zero_()
    y[3:].copy_(torch.tensor([5.0]))
    (y * torch.arange(4.0)).sum().backward()
    assert y.tolist() == [2.0, 0.0, 0.0, 5.0]
    assert x.grad.tolist() == [0.0, 0.0, 0.0, 0.0]
    assert y._version == 2


def test_casting_away_the_imaginary_part_warns() -> None:
    z = rushlight.tensor([1 + 2j])
    for cast in (lambda: z.float(), lambda: rushlight.zeros(1).copy_(z)):
        with pytest.warns(UserWarning, match="discards the imaginary part"):
            assert cast().item() == 1
    assert z.bool().item() is True
