"""Views and in-place operations: programs under both libraries.

A program is a line of statements; what it calls ``out`` is compared by its `repr`, an error by its
type and text. ``leaf(2, 3)`` is a leaf with values, ``slope(y, x)`` the gradient of a weighted sum
of ``y``, ``names(t)`` the nodes along the first inputs, ``nograd(f)`` is ``f()`` under `no_grad`.
"""

from __future__ import annotations

import copy
import pickle
import re
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import rushlight

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")


def scope(lib: ModuleType) -> dict[str, Any]:
    """The names that programs may use."""

    def leaf(*shape: int) -> Any:
        n = int(np.prod(shape))
        return (lib.arange(1.0, n + 1.0).reshape(shape) * 0.5).requires_grad_()

    def w(*shape: int) -> Any:
        return lib.arange(1.0, int(np.prod(shape)) + 1.0).reshape(shape)

    def slope(y: Any, x: Any) -> Any:
        return lib.autograd.grad((y * w(*y.shape)).sum(), x)[0]

    def names(t: Any) -> list[str]:
        found: list[str] = []
        fn = t.grad_fn
        while fn is not None:
            found.append(fn.name())
            fn = next((f for f, _ in fn.next_functions if f is not None), None)
        return found

    def nograd(f: Callable[[], Any]) -> Any:
        with lib.no_grad():
            return f()

    def inference(f: Callable[[], Any]) -> Any:
        with lib.inference_mode():
            return f()

    return {
        "torch": lib,
        "leaf": leaf,
        "w": w,
        "names": names,
        "slope": slope,
        "grad": lib.autograd.grad,
        "nograd": nograd,
        "inference": inference,
        "copy": copy,
        "pickle": pickle,
    }


def outcome(lib: ModuleType, program: str) -> tuple[str, str]:
    """Run a program; return "done" and the `repr` of its ``out``, or an error's type and text."""
    names = scope(lib)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(program, names)
        except Exception as error:
            return type(error).__name__, str(error).split("\n")[0]
        return "done", re.sub(
            "0x[0-9a-f]+", "0x", repr(names.get("out")).replace("rushlight.", "torch.")
        )


def programs(text: str) -> Any:
    """Parametrise a test over the lines of a text."""
    return pytest.mark.parametrize("program", [p.strip() for p in text.strip().splitlines()])


@programs(
    """
    x=leaf(3); x.add_(1)
    x=leaf(2,3); v=x[0]; v.mul_(2)
    x=leaf(2,3); v=x.t(); v.mul_(2)
    x=leaf(2,3); x[0]=1
    x=leaf(2,3); y=x*1; y[0]=1; out=y, names(y), grad(y.sum(), x)
    x=leaf(2,3); y=x*1; y[0]=x[1]; out=y, names(y), slope(y, x)
    x=leaf(2,3); y=x*1; v=y[0]; v.mul_(2); out=y, v, names(y), names(v), slope(y, x)
    x=leaf(2,3); y=x*1; v=y[0]; v.mul_(2); out=slope(v, x), v._version, y._version
    x=leaf(2,3); y=x*1; v=y[0]; u=v[1:]; u.mul_(2); out=y, v, u, names(y), names(v), names(u), \
        slope(v, x)
    x=leaf(2,3); y=x*1; v=y.t(); y.mul_(3); out=names(v), names(y), slope(v, x)
    x=leaf(2,3); y=x*1; v=y.view(-1); y.mul_(3); out=names(v), v
    x=leaf(2,3); y=x*1; v=y.expand(2,2,3); y.mul_(3); out=names(v), v
    x=leaf(2,3); y=x*1; v=y.expand(2,2,3); v.mul_(3)
    x=leaf(3); y=x.expand(2,3); y.add_(1)
    x=leaf(3); y=(x*1).expand(2,3); y.add_(1)
    x=leaf(3); y=(x*1).expand(2,3); y.zero_(); out=y
    x=torch.ones(4); v=x[:2]; l=leaf(2); v.mul_(l); out=grad((x*w(4)).sum(), l), x.is_leaf, \
        v.is_leaf, x.requires_grad
    x=torch.ones(4); v=x[:2]; l=leaf(4); x.mul_(l); out=names(v), v.requires_grad, \
        grad((v*w(2)).sum(), l)
    x=torch.ones(4); v=x[:2]; u=x[1:3]; l=leaf(2); v.mul_(l); out=names(u), grad((u*w(2)).sum(), l)
    x=leaf(4); y=x*1; y+=1; y*=2; y-=3; y/=4; y**=2; out=y, names(y), grad(y.sum(), x)
    x=leaf(4); y=x*1; y.sin_(); y.exp_(); y.neg_(); out=y, names(y), grad(y.sum(), x)
    x=leaf(4); y=x*1; y.clamp_(max=0.5); out=y, names(y), grad(y.sum(), x)
    x=leaf(2,2); y=x*1; y.t_(); out=y, names(y), slope(y, x), y._version
    x=leaf(1,2); y=x*1; y.squeeze_(); out=y, names(y), y._version
    x=leaf(2); y=x*1; y.unsqueeze_(0); out=y, names(y)
    x=leaf(2,3); y=x*1; y.transpose_(0,1); out=y, names(y), y._is_view()
    x=leaf(2,3); y=x*1; v=y[0]; v.unsqueeze_(0); v.mul_(2); \
        out=y, v, names(v), names(y), slope(y, x)
    x=leaf(2,3); y=x*1; y.resize_(3)
    x=leaf(2,3); y=x*1; y.diagonal().mul_(2); out=y, names(y), slope(y, x)
    x=leaf(4); y=x*1; y.as_strided((2,),(2,)).mul_(3); out=y, names(y), slope(y, x)
    x=leaf(4); y=x*1; y.as_strided((2,2),(1,1)).mul_(3); y
    x=leaf(2,3); y=x*1; y.t()[1].mul_(3); out=y, names(y), slope(y, x)
    x=leaf(2,3); y=x*1; y.unfold(1,2,2).mul_(3); out=y, slope(y, x)
    x=leaf(2,3); y=x*1; y.narrow(1,1,2).mul_(y.narrow(1,0,2)); out=y, slope(y, x)
    x=leaf(2,3); y=x*1; y[:,1]=y[:,0]*2; out=y, slope(y, x)
    x=leaf(2,3); y=x*1; y[y>0]=0; out=y, names(y), slope(y, x)
    x=leaf(2,3); y=x*1; y[[1,0]]=x; out=y, names(y), slope(y, x)
    x=leaf(2,3); y=x*1; y[0][1:].copy_(x[1,:2]); out=y, names(y), slope(y, x)
    x=leaf(2,3); y=x*1; y[0].fill_(3); out=y, names(y), slope(y, x)
    x=leaf(2,3); y=x*1; y.view(-1)[2:4].zero_(); out=y, names(y), slope(y, x)
    x=leaf(2,3); y=x*1; y.view(-1)[2:4].exp_(); out=y, names(y), slope(y, x)
    x=leaf(2,3); y=x*1; y.unsqueeze(0).squeeze(0).mul_(2); out=y, names(y), slope(y, x)
    x=leaf(2,3); y=x*1; y[0]+=1; y[:,1]*=2; out=y, names(y), slope(y, x), y._version
    x=leaf(2,3); y=x*1; a=y[0]; b=y[1]; a.mul_(b); b.mul_(a); out=y, names(a), names(b), slope(y, x)
    x=leaf(4); y=(x*1).view(torch.int32)
    x=leaf(4); y=(x*1).view(torch.int32); out=y.requires_grad, y._is_view()
    x=leaf(3); y=x.T; out=names(y), y._is_view()
    x=leaf(2,3); y=x*1; v=y[0]; y=None; g=grad((v*2).sum(), x); out=g
    """
)
def test_history(program: str) -> None:
    """Whose history is rewritten, with what gradients and names."""
    assert outcome(rushlight, program) == outcome(judge, program)


@programs(
    """
    x=leaf(3); z=torch.zeros(3); z.copy_(x); out=z, names(z), z.is_leaf, grad(z.sum(), x)
    x=leaf(3); z=torch.zeros(2,3); z.copy_(x); out=z, grad(z.sum(), x)
    x=leaf(3); z=torch.zeros(3, dtype=torch.float64); z.copy_(x); out=z, names(z), grad(z.sum(), x)
    x=leaf(3); z=torch.zeros(3, dtype=torch.int64); z.copy_(x); out=z, names(z), z.requires_grad
    x=leaf(3); z=torch.zeros(3, dtype=torch.int64); z[0]=x[0]; out=z, z.requires_grad
    x=leaf(3); z=torch.zeros(2,3); z[1]=x; out=z, names(z), slope(z, x)
    x=leaf(3); z=torch.zeros(2,3); z[:,0]=x[0]; out=z, names(z), slope(z, x)
    x=leaf(3); z=torch.zeros(2,3); z[1][2]=x[0]; out=z, names(z), slope(z, x)
    x=leaf(3); z=torch.zeros(2,3); z.t()[1]=x[:2]; out=z, names(z), slope(z, x)
    x=leaf(3); z=[torch.zeros(3)]; z[0]+=x; out=z, names(z[0])
    """
)
def test_into_plain(program: str) -> None:
    """Tracked values written into plain tensors."""
    assert outcome(rushlight, program) == outcome(judge, program)


@programs(
    """
    x=leaf(4); y=x*x; y.add_(1); y.backward(w(4)); out=x.grad
    x=leaf(4); y=x*2; z=y*y; y.add_(1); z.sum().backward()
    x=leaf(4); y=x.exp(); y.add_(1); y.sum().backward()
    x=leaf(4); y=x.exp(); y[0]=1; y.sum().backward()
    x=leaf(4); y=x.sin(); y.add_(1); y.sum().backward(); out=x.grad
    x=leaf(4); y=x*1; z=y.sin(); y[0].add_(1); z.sum().backward()
    x=leaf(2,3); y=x*1; a=y[0]; b=y[1]; a.mul_(2); z=b*b; b.mul_(3); z.sum().backward()
    x=leaf(2,3); y=x*1; a=y[0]; z=a*a; y[1].mul_(3); z.sum().backward()
    """
)
def test_saved(program: str) -> None:
    """Saved values that were written over."""
    assert outcome(rushlight, program) == outcome(judge, program)


@programs(
    """
    x=leaf(4); a,b=(x*1).split(2); a.mul_(2)
    x=leaf(4); y=x*1; a,b=y.split(2); y.mul_(2); a+1
    x=leaf(4); y=x*1; a,b=y.split(2); y.mul_(2); out=a
    x=leaf(4); a,b=(x*1).chunk(2); b.zero_()
    x=leaf(4); a=(x*1).unbind()[1]; a.add_(1)
    x=leaf(4); a=(x*1).tensor_split(2)[1]; a.add_(1); out=a, names(a)
    x=leaf(2,4); a=(x*1).hsplit(2)[1]; a.add_(1); out=a, names(a)
    x=leaf(4); a=list(x*1)[1]; a.add_(1)
    x=leaf(4); a=(x*1).split_with_sizes((1,3))[1]; a.add_(1)
    x=torch.zeros(4); a,b=x.split(2); a.add_(1); out=x, a, a._base is x, a.requires_grad
    x=torch.zeros(4); a,b=x.split(2); a.add_(leaf(2)); out=x, names(a)
    x=torch.zeros(4); a,b=x.unbind(0)[:2]; a.mul_(leaf()); out=x
    x=leaf(3); y=x.clone(); y.unbind()[0].add_(1)
    """
)
def test_several(program: str) -> None:
    """Views of functions that return several."""
    assert outcome(rushlight, program) == outcome(judge, program)


@programs(
    """
    x=leaf(3); y=x.detach(); y.add_(1); out=x, x._version, y._version
    x=leaf(4); f=lambda: x[:2]; v=nograd(f); v.add_(1)
    x=leaf(4); y=x*1; v=nograd(lambda: y[:2]); v.add_(1)
    x=leaf(4); y=x*1; v=nograd(lambda: y[:2]); out=v.requires_grad, names(v), v._is_view(), \
        v._base is y
    x=torch.ones(4); v=nograd(lambda: x[:2]); v.add_(leaf(2))
    x=torch.ones(4); v=nograd(lambda: x[:2]); v.add_(1); out=x
    x=leaf(4); nograd(lambda: x.add_(1)); out=x, x._version
    x=leaf(4); nograd(lambda: x[:2].add_(1)); out=x, x._version
    x=leaf(4); y=x*1; v=y[:2]; nograd(lambda: v.add_(1)); out=v, names(v), names(y), slope(v, x)
    x=leaf(4); y=x*1; v=nograd(lambda: y[:2]); y.add_(1); v+1
    x=leaf(4); v=x.detach()[:2]; v.add_(1); out=v._is_view(), v._base is x, x
    x=leaf(4); d=x.detach(); out=d._is_view(), d._base, d.requires_grad, d.data_ptr()==x.data_ptr()
    x=leaf(4); y=x*1; y.detach_(); out=y.requires_grad, y.is_leaf, names(y)
    x=leaf(4); y=x*1; v=y[:2]; v.detach_()
    x=torch.ones(4); v=x[:2]; out=v.detach_()
    x=leaf(4); y=x*1; z=y.sin(); y.detach().add_(1); z.sum().backward()
    x=leaf(4); out=x.view(2,2)._base is x, x[0]._base is x, x.detach()._base, x.data._base
    x=leaf(3); y=x*1; v=y[:2]; w2=v.detach(); w2.add_(5); out=y, v, names(v), y._version
    x=leaf(3); i=inference(lambda: x*2); i.add_(1)
    x=leaf(3); i=inference(lambda: x*2); i*x
    x=torch.ones(3); i=inference(lambda: x[:2]); i.add_(1); out=x
    x=torch.ones(3); i=inference(lambda: x[:2]); i.add_(leaf(2))
    x=torch.ones(3); i=inference(lambda: x[:2]); out=i.is_inference(), i._is_view()
    x=leaf(3); y=x*1; y.copy_(x.detach()); out=y, names(y), grad(y.sum(), x, allow_unused=True)
    """
)
def test_modes(program: str) -> None:
    """Views made under no_grad or inference_mode, and detached tensors."""
    assert outcome(rushlight, program) == outcome(judge, program)


@programs(
    """
    x=leaf(2,3); y=x*1; y.retain_grad(); y[0].mul_(2); (y*w(2,3)).sum().backward(); \
        out=y.grad, x.grad
    x=leaf(2,3); y=x*1; v=y[0]; v.retain_grad(); v.mul_(2); (v*w(3)).sum().backward(); \
        out=v.grad, x.grad
    x=leaf(2,3); y=x*1; h=[]; y.register_hook(lambda g: h.append(g)); y[0].mul_(2); \
        (y*w(2,3)).sum().backward(); out=h
    x=torch.zeros(2,3); x.requires_grad_(); x[0]
    x=torch.zeros(2,3); v=x[0]; v.requires_grad_(); v.mul_(2)
    x=torch.zeros(2,3); v=x[0]; x.requires_grad_(); v.add_(1)
    x=leaf(3); c=torch.complex(x, x*2); c.real.mul_(3); \
        out=c, names(c), grad(torch.view_as_real(c).sum(), x)
    x=leaf(3,2); c=torch.view_as_complex(x*1); c.mul_(1j); \
        out=c, names(c), grad(torch.view_as_real(c).mul(w(3,2)).sum(), x)
    x=leaf(3,2); y=x*1; c=torch.view_as_complex(y); c.mul_(2j); \
        out=y, names(y), grad(y.mul(w(3,2)).sum(), x)
    x=leaf(3); y=x*1; z=y.view(3); y.requires_grad_(False)
    x=leaf(3); x.requires_grad_(False); out=x
    """
)
def test_edges(program: str) -> None:
    """Flags, hooks and complex numbers."""
    assert outcome(rushlight, program) == outcome(judge, program)


@programs(
    """
    x=leaf(3); x.data.add_(1); out=x, x._version
    x=leaf(4); y=x*1; z=y.sin(); y.data.add_(1); z.sum().backward(); out=x.grad
    x=torch.zeros(4); x.set_(torch.ones(2)); out=x, x._version
    x=torch.zeros(4); x.set_(torch.ones(2, dtype=torch.float64))
    x=torch.zeros(4); x.set_(torch.arange(6.), 1, (2,), (2,)); out=x, x.storage_offset()
    x=leaf(4); x.set_(torch.ones(2))
    x=leaf(4); x.data=torch.ones(2); out=x, x.requires_grad, x._version
    x=leaf(4); x.data=torch.ones(2, dtype=torch.float64); out=x
    x=leaf(4); x.data=torch.ones(2, dtype=torch.int64); out=x
    x=leaf(4); x.data=3
    x=leaf(4); y=x*x; x.data=torch.ones(4); y.sum().backward(); out=x.grad
    x=torch.zeros(4); y=x[1:]; y.data=torch.ones(2); out=x, y, y._is_view()
    x=torch.arange(4.); y=x.data; y[0]=9; out=x, x._version, y._version
    x=torch.zeros(2); y=torch.ones(3); torch.utils.swap_tensors(x, y); out=x, y
    x=torch.zeros(4); v=x[1:3]; out=v._base is x, v._is_view(), v.storage_offset(), v.stride(), \
        v.is_contiguous(), v.data_ptr()-x.data_ptr()
    """
)
def test_memory(program: str) -> None:
    """The memory exchanged under a tensor."""
    assert outcome(rushlight, program) == outcome(judge, program)


@programs(
    """
    x=torch.zeros(3).expand(2,3); x[0]=1; out=x
    x=torch.zeros(3).expand(2,3); x.fill_(1); out=x
    x=torch.zeros(3).expand(2,3); x.copy_(torch.ones(2,3))
    x=torch.zeros(3).expand(2,3); x.mul_(2)
    x=torch.zeros(1).expand(3); x.add_(1)
    x=torch.zeros(4).as_strided((3,2),(1,1)); x.copy_(torch.ones(3,2)); out=x
    x=torch.arange(4.); x[1:].add_(x[:-1]); out=x
    x=torch.arange(4.); x[1:].copy_(x[:-1]); out=x
    x=torch.arange(4.); x[1:]=x[:-1]; out=x
    x=torch.arange(4.); x.add_(x); out=x
    x=torch.arange(4.); x.mul_(x.flip(0)); out=x
    x=torch.arange(6.).view(2,3); x[0].add_(x[:,0].expand(1,2)[0,:1]); out=x
    x=torch.arange(4.).view(2,2); x.copy_(x.t()); out=x
    x=torch.arange(4.).view(2,2); x.add_(x.t()); out=x
    x=torch.arange(4.); torch.add(x, 1, out=x); out=x
    x=torch.arange(4.); torch.mul(x[:3], x[:3], out=x[:3]); out=x
    x=torch.zeros(3); torch.add(x, 1, out=torch.zeros(1).expand(3))
    x=torch.zeros(4); v=x[:2]; v.mul_(leaf(2)); out=x, names(x), names(v)
    x=torch.zeros(2,3); x.resize_(3,2); out=x.shape, x._version
    x=torch.zeros(2,3); v=x[0]; v.requires_grad_(); out=v, v.is_leaf, x.requires_grad
    x=torch.zeros(2,3); v=x[0]; v.requires_grad_(); x.mul_(2); out=v.requires_grad, v.is_leaf
    x=torch.zeros(2,3); v=x[0]; x.requires_grad_(); out=v.requires_grad, v.is_leaf, names(v)
    x=torch.zeros(2,3,dtype=torch.complex64); x.real.fill_(2); x.imag[0]=1; out=x, x._version
    x=torch.zeros(4,4); v=x[1:,::2].t()[1]; out=v._base is x, v.storage_offset(), v.stride(), \
        v.is_contiguous()
    x=torch.zeros(4,4); out=x.reshape(2,8)._base is x, x.t().reshape(16)._base, \
        x.flatten()._base is x, x.contiguous() is x, x.t().contiguous()._base
    x=torch.zeros(4); out=x.clone()._base, x.to(torch.float32) is x, x.to(torch.float64)._base, \
        x.float() is x, x[...]._base is x, x[:]._base is x, x.view_as(x)._base is x
    x=torch.zeros(4); y=x.view(torch.int32); y.fill_(1); \
        out=x._version, y._version, y._is_view(), y._base is x, x
    x=torch.zeros(2); a=x.add_(1); out=a is x, x._version
    x=torch.zeros(2); x+=1; x[0]=3; x.zero_(); x.fill_(1); x.copy_(x*2); x.t_(); out=x._version
    x=torch.zeros(3); x[1]=1; x[x==0]=5; x.index_fill_(0, torch.tensor([0]), 9.); \
        x.masked_fill_(x>8, 1.); out=x, x._version
    x=torch.zeros(3); i=torch.tensor([0,1]); x.index_add_(0,i,torch.ones(2)); \
        x.index_copy_(0,i,torch.ones(2)*4); x.scatter_(0,i,7.); out=x, x._version
    x=torch.zeros(3); y=x[None]; out=y._base is x, y.stride(), y.requires_grad
    """
)
def test_overlaps(program: str) -> None:
    """Writes whose operands share memory."""
    assert outcome(rushlight, program) == outcome(judge, program)


@programs(
    """
    x=leaf(2,3); y=(x*1).view(6); z=y.view(2,3); z[0,1]=7; \
        out=y, names(y), names(z), y._base is z._base
    x=leaf(2,3); y=x*1; del x; v=y[0]; del y; v.mul_(2); out=v._base.shape, names(v), names(v._base)
    """
)
def test_geometry(program: str) -> None:
    """Bases, strides, offsets."""
    assert outcome(rushlight, program) == outcome(judge, program)


@programs(
    """
    x=torch.zeros(3,dtype=torch.int64); x.add_(1.5)
    x=torch.zeros(3,dtype=torch.int64); x.div_(2)
    x=torch.zeros(3,dtype=torch.bool); x.add_(1)
    x=torch.zeros(3); x.add_(torch.zeros(2,3))
    x=torch.zeros(3); x.add_(1j)
    x=torch.zeros(3); x.copy_(torch.zeros(2))
    x=torch.zeros(3); x[:2]=torch.zeros(3)
    x=torch.zeros(3); x[5]=1
    """
)
def test_plain(program: str) -> None:
    """Without a graph: values, versions, errors."""
    assert outcome(rushlight, program) == outcome(judge, program)
