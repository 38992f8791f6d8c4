"""Copies, pickles and texts of tensors that have a history: programs under both libraries."""

from __future__ import annotations

import copy
import importlib
import pickle
import warnings
from typing import Any

import pytest

import rushlight
from tests.libraries import LIBRARIES
from tests.test_view_programs import judge, outcome, programs


@programs(
    """
    x=leaf(3); y=copy.copy(x); out=y is x, y.requires_grad, y.is_leaf, y.data_ptr()==x.data_ptr()
    x=leaf(3); y=x*1; copy.deepcopy(y)
    x=leaf(3); y=copy.copy(x*1); out=y, y.is_leaf
    x=torch.arange(6.).view(2,3); a,b=copy.deepcopy((x, x[1])); b[0]=9; \
        out=a, b, b._is_view(), b.storage_offset()
    x=torch.arange(6.).view(2,3).t(); y=copy.deepcopy(x); out=y, y.stride()
    x=torch.arange(6.).view(2,3)[:,1]; y=pickle.loads(pickle.dumps(x)); \
        out=y, y.stride(), y.storage_offset(), y.untyped_storage().nbytes()
    x=leaf(3); x.grad=torch.ones(3); y=copy.deepcopy(x); out=y.grad, y.grad is x.grad
    x=leaf(3); x.tag=[1]; y=copy.deepcopy(x); out=y.tag, y.tag is x.tag
    p=torch.nn.Parameter(torch.ones(2)); q=copy.deepcopy(p); \
        out=q, type(q).__name__, q.requires_grad
    p=torch.nn.Parameter(torch.ones(2), False); q=pickle.loads(pickle.dumps(p)); \
        out=q, type(q).__name__
    p=torch.nn.Parameter(torch.ones(4)); q,v=copy.deepcopy((p, p.data[1:])); v[0]=7; out=q
    p=torch.nn.Parameter(torch.ones(2)); p.grad=torch.ones(2); q=copy.deepcopy(p); out=q.grad
    s=torch.Size([2,3]); out=copy.copy(s), copy.deepcopy(s), pickle.loads(pickle.dumps(s)), \
        type(pickle.loads(pickle.dumps(s))).__name__
    d=torch.float32; out=copy.deepcopy(d) is d, pickle.loads(pickle.dumps(d)) is d
    d=torch.device('cpu'); out=copy.deepcopy(d), pickle.loads(pickle.dumps(d))==d
    x=torch.ones(2,dtype=torch.bool); out=copy.deepcopy(x), pickle.loads(pickle.dumps(x))
    x=leaf(3); y=pickle.loads(pickle.dumps(x)); out=y
    x=leaf(3); y=pickle.loads(pickle.dumps(x*2)); out=y
    """
)
def test_copies(program: str) -> None:
    """copy, deepcopy, pickle: of tensors, parameters, sizes, dtypes, devices."""
    assert outcome(rushlight, program) == outcome(judge, program)


@programs(
    """
    x=torch.tensor(2.5); out=format(x,'.2f'), str(x), f'{x:>8}', format(x), repr(x.size())
    x=torch.tensor([1.,2.]); out=format(x,'.2f')
    x=leaf(3); out=str(x), str(x*2), str(x[0]), str((x*1)[1:]), str(x.half()), str(x.sum()), \
        str(x.view(1,3))
    x=leaf(3); y=x*1; y[0]=1; out=str(y), str(y[1:]), str(x.detach()), str(x.unbind()[0]), \
        str(x.expand(2,3))
    x=torch.zeros(0,3,requires_grad=True); out=str(x), str(x*1), str(x[:0]), \
        str(torch.zeros(0)), str(torch.zeros(2,0,dtype=torch.int64))
    """
)
def test_texts(program: str) -> None:
    """str and format of leaves, of results and of views, empty ones too."""
    assert outcome(rushlight, program) == outcome(judge, program)


@programs(
    """
    x=torch.bfloat16; out=x, x.itemsize, x.is_floating_point
    x=torch.ones(2, dtype=torch.bfloat16); out=x, x+1, x.sum(), x.float()
    x=torch.ones(2).bfloat16(); out=x*1.3, x.dtype
    x=torch.tensor([1.1,300.7,1e-3], dtype=torch.bfloat16, requires_grad=True); \
        (x*x).sum().backward(); out=x.grad, x.exp()
    """
)
def test_bfloat16(program: str) -> None:
    """Arithmetic, gradients and texts of bfloat16, which ml_dtypes carries."""
    pytest.importorskip("ml_dtypes")
    assert outcome(rushlight, program) == outcome(judge, program)


def test_a_pickle_keeps_memory_shared() -> None:
    """PyTorch does so in torch.save only: see docs/deviations.md."""
    x = rushlight.arange(6.0).view(2, 3)
    a, b = pickle.loads(pickle.dumps((x, x[1])))
    b[0] = 9
    assert a[1, 0] == 9 and x[1, 0] == 3


@pytest.mark.parametrize("lib", LIBRARIES)
def test_copies_leave_tangents_and_hooks_behind(lib: Any) -> None:
    fwd = lib.autograd.forward_ad
    with fwd.dual_level():
        dual = fwd.make_dual(lib.ones(2), lib.ones(2))
        for twin in (copy.deepcopy(dual), copy.copy(dual), pickle.loads(pickle.dumps(dual))):
            assert type(twin) is lib.Tensor and fwd.unpack_dual(twin).tangent is None
    x = lib.ones(2, requires_grad=True)
    x.register_hook(lambda g: g * 2)
    x.register_post_accumulate_grad_hook(lambda t: t.fail())
    assert list(x._backward_hooks) and list(x._post_accumulate_grad_hooks)
    y = copy.deepcopy(x)
    assert y._backward_hooks is None and y._post_accumulate_grad_hooks is None
    y.sum().backward()
    assert y.grad.tolist() == [1.0, 1.0]
    p = lib.nn.Parameter(lib.ones(2))
    p.register_hook(lambda g: g * 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert pickle.loads(pickle.dumps(p))._backward_hooks is None or lib.__name__ == "torch"


@pytest.mark.parametrize("lib", LIBRARIES)
def test_a_hook_around_a_modules_backward_pass(lib: Any) -> None:
    hooks = importlib.import_module(f"{lib.__name__}.utils.hooks")
    seen: list[Any] = []
    around = hooks.BackwardHook(
        None,
        [lambda m, gi, go: seen.append(("inputs", gi[0].tolist(), go[0].tolist()))],
        [lambda m, go: seen.append(("outputs", go[0].tolist()))],
    )
    x = lib.ones(2, requires_grad=True)
    (inner,) = around.setup_input_hook((x,))
    around.setup_output_hook(inner * 2).sum().backward()
    assert seen == [("outputs", [1.0, 1.0]), ("inputs", [2.0, 2.0], [1.0, 1.0])]
    assert isinstance(x.register_hook(print), hooks.RemovableHandle)
