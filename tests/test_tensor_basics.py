"""What every tensor can do: Python protocols, memory, copies, detach; judged by PyTorch."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

import rushlight
from tests.both import assert_alike, expressions
from tests.libraries import LIBRARIES


@expressions(
    """
    f'{torch.tensor(2.5):.3f}', f'{torch.tensor(2):5d}', f'{torch.tensor(2.5)}', f'{x}'
    f'{x:.3f}'
    f'{torch.tensor([2.5]):.3f}'
    f'{torch.tensor(2.5, requires_grad=True)}'
    '{}'.format(x)
    len(x), len(torch.tensor(1))
    len(torch.tensor(1))
    list(xi)
    list(torch.tensor(1))
    list(x)
    iter(torch.tensor(1))
    'a' in xi
    None in xi
    torch.ones(2).__dlpack__()
    x.__dlpack__()
    x.__array__().dtype
    torch.ones(2).__array__(dtype=np.float64)
    torch.ones(2).__array__('f8')
    np.array(x.detach()).dtype
    xi.__array_priority__
    x.item()
    int(torch.tensor(float('nan')))
    int(torch.tensor(float('inf')))
    int(torch.tensor(1e+30))
    float(torch.tensor(1j))
    float(torch.tensor(2 + 0j))
    int(torch.tensor([[3.7]])), float(torch.tensor([2])), complex(torch.tensor([2]))
    bool(torch.tensor([[0.0]])), bool(torch.tensor(float('nan'))), bool(torch.tensor(0j))
    [1, 2, 3][torch.tensor(1)], [1, 2, 3][torch.tensor([1])]
    [1, 2, 3][torch.tensor(True)]
    [1, 2, 3][torch.tensor(1.0)]
    round(torch.tensor(2.567), 2)
    round(torch.tensor(2.567))
    divmod(torch.tensor(7), 2)
    x.data_ptr() == x.numpy
    torch.is_complex([1])
    """
)
def test_python_protocols(expression: str) -> None:
    """Numbers, text, containers."""
    assert_alike(expression)


@expressions(
    """
    torch.zeros(2, device='cpu:0').device
    torch.is_floating_point(3)
    torch.is_tensor(x), torch.is_tensor(3)
    torch.numel(x), x.nelement(), torch.numel(3)
    torch.is_nonzero(torch.tensor(3.0))
    torch.is_nonzero(x)
    torch.is_nonzero(torch.tensor([]))
    torch.is_same_size(x, x), x.is_same_size(xi)
    torch.is_conj(x), x.is_neg(), x.is_inference(), torch.is_inference(x)
    x.is_set_to(x), x.detach().is_set_to(x), x[:].is_set_to(x), x[0].is_set_to(x)
    x.retains_grad, y.retains_grad
    x.name
    x.volatile
    x.get_device()
    torch.set_default_dtype(torch.int32)
    torch.set_default_device('cpu'), torch.get_default_device(), torch.set_default_device(None)
    x.element_size(), x.itemsize, x.nbytes
    x.dim_order(), x.T.dim_order()
    torch.layout()
    torch.ones(3)._version
    torch.zeros(3, out=torch.ones(3))._version
    torch.ones(2).requires_grad_(1)
    torch.set_default_device(3)
    torch.zeros(torch.tensor([2]), 3).shape
    x.view(3, 'a')
    x.reshape((3, 'a'))
    torch.is_inference(3)
    torch.is_signed(3)
    torch.is_same_size(x, 3)
    torch.is_same_size(3, x)
    torch.numel([1])
    torch.is_nonzero(3)
    torch.resolve_conj(x) is x, torch.resolve_neg(x) is x, x.resolve_conj() is x
    (torch.set_default_device('cpu'), torch.set_default_device(None))
    torch.get_default_device()
    (torch.set_default_device(torch.device('cpu')), torch.set_default_device(None))
    torch.get_default_dtype()
    torch.is_grad_enabled()
    torch.is_inference_mode_enabled()
    torch.result_type(x, xi)
    x.is_leaf, y.is_leaf
    x.dim_order()
    torch.ones(2, 3, 4, 5).dim_order()
    x.expand(4, 2, 3).dim_order()
    x.to_dense() is x
    x.nelement(), x.ndimension()
    """
)
def test_questions(expression: str) -> None:
    """What a tensor tells of itself."""
    assert_alike(expression)


@expressions(
    """
    torch.zeros(2, pin_memory=True)
    torch.zeros(2, pin_memory=False)
    torch.is_storage(3)
    x.pin_memory()
    x.share_memory_() is x
    x.untyped_storage()
    x.untyped_storage().nbytes(), x.untyped_storage().size(), len(x.untyped_storage())
    x.storage().size(), len(x.storage())
    x[1].untyped_storage().data_ptr() == x.data_ptr(), x[1].storage_offset()
    x.data, x.data._version
    y.data.requires_grad
    copy.deepcopy(torch.ones(3)[1:]).storage_offset()
    copy.deepcopy([xi, xi[1:]])[1].untyped_storage().nbytes()
    pickle.loads(pickle.dumps(torch.ones(5)[3:])).storage_offset()
    torch.empty(0).set_(x.detach()).shape
    x.detach().resize_(3)
    x.detach().resize_(3, 4).shape
    x.resize_(1)
    y.resize_(1)
    torch.ones(2, 3).resize_as_(torch.ones(6))
    torch.zeros(2, pin_memory=None)
    x.untyped_storage() == x[:1].untyped_storage()
    x.storage()
    x.untyped_storage()[0]
    y.data.is_leaf
    torch.ones(2).set_(torch.zeros(3))
    torch.ones(2).set_(torch.zeros(3, dtype=torch.int64))
    torch.ones(2).set_()
    torch.ones(2).set_(torch.zeros(6).untyped_storage(), 0, (2,), (1,))
    torch.ones(2, requires_grad=True).set_(torch.zeros(3))
    torch.ones(2).resize_(3).shape
    torch.ones(4).resize_(2, 2)
    torch.arange(6.0)[2:].resize_(2)
    torch.arange(6.0)[2:].resize_(3, 2).shape
    torch.ones(2).resize_(-1)
    torch.ones(2).resize_()
    torch.ones(2, 3).t().resize_(3, 2).stride()
    torch.ones(2, 3).resize_((3, 2)).shape
    torch.ones(2).resize_('a')
    torch.ones(2).resize_as_(torch.ones(2, 3)).shape
    torch.ones(3).resize_(2)._version
    x.share_memory_().is_shared()
    x.detach().pin_memory()
    torch.ones(2).is_pinned()
    x.type(), type(x.untyped_storage())
    """
)
def test_memory(expression: str) -> None:
    """data, set_, resize_, storages."""
    assert_alike(expression)


@expressions(
    """
    copy.copy(y)
    copy.deepcopy(x)
    copy.deepcopy(y)
    pickle.loads(pickle.dumps(x))
    pickle.loads(pickle.dumps(y))
    pickle.loads(pickle.dumps(x.T)).stride()
    copy.deepcopy(x).grad
    pickle.loads(pickle.dumps(x)).grad
    copy.deepcopy(h)
    """
)
def test_copies(expression: str) -> None:
    """copy and pickle."""
    assert_alike(expression)


libraries = pytest.mark.parametrize("torch", LIBRARIES)


@libraries
def test_the_first_program(torch: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    y = x + 2
    print(y.grad_fn)
    z = (y * y * 3).mean()
    z.backward(retain_graph=True)
    print(x.grad)
    z.backward()
    print(x.grad)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("<AddBackward0 object at 0x")
    assert lines[1:] == ["tensor([12., 15.])", "tensor([24., 30.])"]
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        z.backward()


@libraries
def test_detach_shares_memory_and_version(torch: ModuleType) -> None:
    x = torch.ones(3, requires_grad=True)
    y = x * x
    d = y.detach()
    assert d.data_ptr() == y.data_ptr()
    assert not d.requires_grad and d.grad_fn is None and not d._is_view()
    z = y * y
    d.zero_()
    assert y._version == 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.sum().backward()


@libraries
def test_data_shares_memory_but_not_version(torch: ModuleType) -> None:
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    z = y * y
    y.data.zero_()
    assert (y._version, y.tolist()) == (0, [0.0, 0.0, 0.0])
    z.sum().backward()  # nobody noticed, as with PyTorch
    assert x.grad.tolist() == [0.0, 0.0, 0.0]
    x.data = torch.zeros(2)
    assert x.requires_grad and x.shape == (2,)


@libraries
def test_detach_in_place(torch: ModuleType) -> None:
    y = torch.ones(2, requires_grad=True) * 2
    assert y.detach_() is y
    assert y.is_leaf and not y.requires_grad
    with pytest.raises(RuntimeError, match="Can't detach views in-place"):
        torch.ones(3)[:2].detach_()


@libraries
def test_deep_copies_share_among_themselves(torch: ModuleType) -> None:
    base = torch.arange(4.0)
    twin, part = copy.deepcopy([base, base[1:]])
    twin.zero_()
    assert part.tolist() == [0.0, 0.0, 0.0]
    assert part.storage_offset() == 1
    assert base.tolist() == [0.0, 1.0, 2.0, 3.0]


@libraries
def test_copies_keep_what_a_leaf_has(torch: ModuleType) -> None:
    x = torch.ones(2, 3, requires_grad=True)
    (x * x).sum().backward()
    x.note = ["kept"]
    deep, shallow, thawed = copy.deepcopy(x), copy.copy(x), pickle.loads(pickle.dumps(x))
    for t in (deep, shallow, thawed):
        assert t.requires_grad and t.is_leaf and t.note == ["kept"]
    assert deep.note is not x.note
    assert deep.grad.tolist() == x.grad.tolist() and deep.grad is not x.grad
    assert thawed.grad is None
    assert shallow.data_ptr() == x.data_ptr()
    with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
        copy.deepcopy(x * 2)


@libraries
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_keep_strides_and_dtypes(torch: ModuleType, protocol: int) -> None:
    base = torch.arange(24.0).reshape(2, 3, 4)
    names = ["bool", "uint8", "int64", "float16", "bfloat16", "complex64"]
    for t in [base.permute(2, 0, 1), base[:, 1], base[0].mT, base[:1].expand(5, 3, 4)] + [
        torch.ones(3, dtype=getattr(torch, name)) for name in names
    ]:
        thawed = pickle.loads(pickle.dumps(t, protocol))
        assert thawed.tolist() == t.tolist()
        assert (thawed.stride(), thawed.dtype) == (t.stride(), t.dtype)
        assert thawed.storage_offset() == t.storage_offset()


def test_a_pickle_holds_a_buffer_once() -> None:
    """PyTorch shares storages in torch.save only; here any pickle does."""
    base = rushlight.zeros(10000)
    text = pickle.dumps([base, base[1:], base.reshape(100, 100)])
    assert len(text) < 50000
    twin, part, _ = pickle.loads(text)
    twin.fill_(1)
    assert part[0].item() == 1


def test_parameters_are_copied_and_pickled() -> None:
    p = rushlight.nn.Parameter(rushlight.ones(2))
    for t in (copy.deepcopy(p), copy.copy(p), pickle.loads(pickle.dumps(p))):
        assert type(t) is type(p) and t.requires_grad
    assert f"{p}".startswith("Parameter containing")


@libraries
def test_contains_compares_elements(torch: ModuleType) -> None:
    x = torch.tensor([[1, 2], [3, 4]])
    assert 3 in x and 5 not in x
    assert torch.tensor([1, 4]) in x


@pytest.mark.skipif(not hasattr(os, "fork"), reason="memory is shared by a fork")
@libraries
def test_shared_memory_is_seen_by_a_fork(torch: ModuleType) -> None:
    program = """if True:
        import os, NAME as torch
        x = torch.zeros(3).share_memory_()
        child = os.fork()
        if not child:
            x.fill_(7)
            os._exit(0)
        os.waitpid(child, 0)
        print(x.is_shared(), x.tolist())
    """.replace("NAME", torch.__name__)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["True", "[7.0,", "7.0,", "7.0]"]


def test_numpy_reads_tensors_without_a_copy() -> None:
    x = rushlight.ones(3)
    assert np.shares_memory(np.asarray(x), x.numpy())
    assert not np.shares_memory(np.array(x), x.numpy())
    assert np.asarray(x, dtype=np.float64).dtype == np.float64


def test_storages_show_the_bytes() -> None:
    x = rushlight.arange(4, dtype=rushlight.int16)
    storage = x[1:].untyped_storage()
    assert storage.tolist() == [0, 0, 1, 0, 2, 0, 3, 0]
    storage[0] = 5
    assert x[0].item() == 5
    with pytest.warns(UserWarning, match="TypedStorage is deprecated"):
        typed = x.storage()
    assert typed.tolist() == [5, 1, 2, 3]
    assert rushlight.is_storage(typed) and rushlight.is_storage(storage)
