"""Views that lead nowhere or must not be written, saved values, and what is refused first.

Programs as in tests/test_view_programs.py, run under both libraries.
"""

from __future__ import annotations

import itertools

import pytest

import rushlight
from tests.test_view_programs import judge, outcome, programs

# A view made without grad of a tensor that requires it: requires grad, and has no node.
ORPHAN = "x=leaf(4)*1; v=nograd(lambda: x[:2]); "


@programs(
    """
    out=v.requires_grad, v.is_leaf, v.grad_fn, v.output_nr, v.retains_grad
    y=v*2; out=y.requires_grad, y.is_leaf, names(y), y.grad_fn.next_functions
    y=v*x[2:]; out=slope(y, x), y.grad_fn.next_functions[0]
    y=v[0]; out=y.is_leaf, names(y), y.grad_fn.next_functions, y._base is x
    y=v.unbind(); out=y[0]._base is x, names(y[0]), y[0].grad_fn.next_functions
    (v*2).sum().backward(); out=v.grad, v
    v.sum().backward(); out=v.grad
    v[0].backward(); out=v.grad
    v.backward(torch.ones(2))
    out=grad((v*2).sum(), v)
    out=grad((v*2).sum(), v, allow_unused=True)
    out=grad((v*2).sum(), v, materialize_grads=True)
    out=grad((v*2).sum(), x, allow_unused=True)
    out=grad(v, v, torch.ones(2), materialize_grads=True)
    (v*2).sum().backward(inputs=[v]); out=v.grad
    h=[]; v.register_hook(h.append); (v*2).sum().backward(); out=h
    h=[]; v.register_hook(h.append); v.requires_grad_(); (v*2).sum().backward(); out=h, v.grad
    h=[]; v.register_post_accumulate_grad_hook(h.append); (v*2).sum().backward(); out=h
    v.retain_grad(); out=v.retains_grad
    v.requires_grad_(); out=v.is_leaf, names(v); (v*2).sum().backward(); out=out, v.grad
    v.requires_grad_(False); out=v.requires_grad
    v.requires_grad=False; out=v.requires_grad
    v.detach_()
    v.numpy()
    c=copy.deepcopy(v); out=c, c.requires_grad, c._is_view()
    z=torch.zeros(2); z.add_(v); out=names(z), z.requires_grad; z.sum().backward()
    z=torch.zeros(2); z[0]=v[1]; out=names(z), z.requires_grad; z.sum().backward()
    z=v.detach(); out=z.requires_grad, z._base is x, z._is_view(), names(z)
    z=v.double(); out=z.requires_grad, z.grad_fn.next_functions
    y=torch.addcmul(v, v, v); x.mul_(2); y.sum().backward()
    y=v.atan(); x.mul_(2); y.sum().backward()
    y=(v*v).sum(); y.backward(); y.backward()
    y=(v/v).sum(); y.backward(); x.mul_(2); y.backward()
    y=torch.addcmul(v, v, v).sum(); y.backward(); y.backward()
    y=torch.mm(v[None], v[:, None]).sum(); y.backward(); y.backward()
    y=v.sin().sum(); y.backward(); y.backward()
    y=v*x[2:].detach(); x.mul_(2); y.sum().backward()
    torch.autograd.graph.get_gradient_edge(v)
    x.mul_(2); v+1
    x.mul_(2); v.requires_grad_(); out=v.is_leaf
    x.mul_(2); out=v.is_leaf, v.requires_grad
    """
)
def test_views_that_lead_nowhere(program: str) -> None:
    """What is computed from a view without a node is recorded, and leads nowhere."""
    assert outcome(rushlight, ORPHAN + program) == outcome(judge, ORPHAN + program)


MODES = {"plain": "(lambda f: f())", "no_grad": "nograd", "inference": "inference"}
KINDS = {"view": "{}[:2]", "several": "{}.split(2)[0]", "two": "{}.select(0, 0)[None]"}
WRITES = {"view": "b.mul_(leaf(*b.shape))", "base": "x.mul_(leaf(*x.shape))"}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("kinds", list(itertools.product(KINDS, repeat=2)), ids="-".join)
@pytest.mark.parametrize("modes", list(itertools.product(MODES, repeat=2)), ids="-".join)
@pytest.mark.parametrize("base", ["w(4, 4)", "leaf(4, 4) * 1"])
def test_a_view_of_a_view(
    base: str, modes: tuple[str, str], kinds: tuple[str, str], write: str
) -> None:
    """Who may be written, by the modes in which two views were made and what made them."""
    a, b = (
        f"{MODES[m]}(lambda: {KINDS[k].format(n)})" for m, k, n in zip(modes, kinds, ("x", "a"))
    )
    program = f"x={base}; a={a}; b={b}; {WRITES[write]}; out=[names(t) for t in (x, a, b)]"
    assert outcome(rushlight, program) == outcome(judge, program)


@programs(
    """
    x=leaf(3); y=x*1; y.mul_(y); out=y
    x=leaf(3); y=x*1; y.mul_(y); y.sum().backward()
    x=leaf(3); y=x*1; y.div_(y); y.sum().backward()
    x=leaf(3); y=x*1; y.add_(y); out=slope(y, x)
    x=leaf(3); y=x*1; y.addcmul_(y, y); y.sum().backward()
    x=leaf(2,3); a=x*1; b=x[:1]*2; z=a*b; a.mul_(1); b.mul_(1); z.sum().backward()
    x=leaf(2,3); a=x*1; b=x[:1]*2; z=a/b; a.mul_(1); b.mul_(1); z.sum().backward()
    x=leaf(2,3); a=x*1; b=x[:1]*2; z=a**b; a.mul_(1); b.mul_(1); z.sum().backward()
    x=leaf(2,3); a=x*1; b=x[:1]*2; z=torch.atan2(a,b); a.mul_(1); b.mul_(1); z.sum().backward()
    x=leaf(2,3); y=x.sum(1); z=y.sin(); nograd(lambda: y.add_(1)); z.sum().backward()
    x=leaf(2,3); y=x.clone().t_(); z=y.sin(); nograd(lambda: y.add_(1)); z.sum().backward()
    x=leaf(3); y=torch.zeros(3).copy_(x); z=y.sin(); nograd(lambda: y.add_(1)); z.sum().backward()
    x=leaf(3); y=x.prod(); y.data.mul_(1); out=slope(y, x)
    x=leaf(3); y=x.prod(); z=y*1; y.add_(1); z.backward()
    x=leaf(2,3); y=x*1; v=y.view(-1); v.tanh_(); v.mul_(2); v.sum().backward()
    x=leaf(2,3); y=x*1; v=y.view(-1); v.tanh_(); nograd(lambda: v.mul_(2)); v.sum().backward()
    x=leaf(2,3); y=x*1; y.view(-1).tanh_(); nograd(lambda: y.mul_(2)); y.sum().backward()
    x=leaf(3); i=torch.tensor([0]); y=x*1; y[i]=2; i.add_(1); y.sum().backward()
    x=leaf(3); i=torch.tensor([0]); y=x*1; y[i]=2; y.sum().backward(); y.sum().backward()
    x=leaf(3); i=torch.tensor([0]); y=x.index_put((i,), w(1)); y.backward(w(3)); y.backward(w(3))
    c=leaf(2)*(1+0j); z=c*c; c.mul_(1); z.sum().backward(torch.tensor(1+0j))
    x=leaf(2,2)*1; v=inference(lambda: x[:]); y=v.logsumexp(0); \
        nograd(lambda: (y.add_(1), x.add_(1))); y.backward(w(2))
    x=leaf(3); y=x*1; g,=grad(y.square(), y, w(3), create_graph=True); y.mul_(1); g.sum().backward()
    x=leaf(3); y=x*1; g,=grad(y**2, y, w(3), create_graph=True); y.mul_(1); g.sum().backward()
    x=leaf(3); y=x*1; g,=grad(y**1, y, w(3), create_graph=True); y.mul_(1); g.sum().backward()
    x=leaf(3); y=x*1; g,=grad(y**3, y, w(3), create_graph=True); y.mul_(1); g.sum().backward()
    x=leaf(3); g,=grad(x.square(), x, w(3), create_graph=True); out=grad(g.sum(), x)
    x=leaf(3); u=w(3); y=torch.hypot(x, u); u.mul_(2); out=slope(y, x)
    x=leaf(3); u=w(3); y=torch.hypot(u, x); u.mul_(2); out=slope(y, x)
    x=leaf(3); u=w(1); y=torch.hypot(u, x*x); u.mul_(2); out=slope(y, x)
    x=leaf(3); u=w(3).double(); y=torch.hypot(u, x); u.mul_(2); out=slope(y, x)
    x=leaf(3); u=x*1; y=torch.hypot(u, x); u.mul_(2); y.sum().backward()
    x=leaf(3); y=torch.hypot(x, x*x); g,=grad(y, x, w(3), create_graph=True); out=slope(g, x)
    x=leaf(3); u=-w(3); y=torch.copysign(x, u); u.mul_(2); out=slope(y, x)
    x=leaf(3); u=-w(3); y=torch.copysign(u, x); u.mul_(2); out=slope(y, x)
    x=leaf(3); u=x*1; y=torch.copysign(u, -w(3)); u.mul_(2); y.sum().backward()
    x=leaf(3); u=x*1; y=u.hypot_(w(3)); out=slope(y, x)
    x=leaf(3); u=w(3); u.hypot_(x); out=slope(u, x)
    x=leaf(3); g,=grad(x**1, x, w(3), create_graph=True); out=g.requires_grad, grad(g.sum(), x)
    """
)
def test_saved_values_that_changed(program: str) -> None:
    """Which of several is found first, and what it is called."""
    assert outcome(rushlight, program) == outcome(judge, program)


@programs(
    """
    out=v.grad
    v.grad=torch.ones(2); out=v.grad
    out=v.to(torch.int32), v.bool(), v.long()
    out=v.to(torch.float64)
    out=v.is_leaf
    out=v.detach(), v.requires_grad, v.shape
    """
)
def test_what_a_spoiled_view_can_do(program: str) -> None:
    start = "x=leaf(4)*1; v=nograd(lambda: x[:2]); x.mul_(2); "
    assert outcome(rushlight, start + program) == outcome(judge, start + program)


@programs(
    """
    x=leaf(2,3); x[[0]]=torch.ones(7)
    x=leaf(2,3); x[[5]]=torch.ones(3)
    x=leaf(2,3); x[..., [False, True]]=1
    x=leaf(2,3); x[0, [0, 1], [0, 1, 2]]=1
    x=leaf(2,3); y=x*1; y[[5]]=torch.ones(7)
    x=leaf(2,3); y=x*1; y[[5]]=torch.ones(3)
    x=leaf(2,3); y=x*1; y[[0]]=torch.ones(7, dtype=torch.float64)
    x=leaf(2,3); y=x*1; y[[0]]=torch.ones(3, dtype=torch.float64)
    x=leaf(2,3); y=x*1; y[[0,1]]=y
    x=leaf(2,3); y=x*1; y[[0,1]]=y[0]
    x=leaf(2,3); y=x*1; y[y>0]=y[0]
    x=leaf(2,3); y=x*1; y[y>0]=y[0,0]; out=y, names(y)
    x=leaf(2,3); y=x*1; y[y>0]=y.sum().double(); out=y, names(y)
    x=leaf(2,3); y=x*1; y[None, torch.tensor([True, False])]=torch.tensor(1.); out=y, names(y)
    x=w(2,3); x[[True, False]]=torch.tensor([1]); out=x
    x=w(2,3); x.index_put_((x>3,), torch.tensor(1)); out=x
    x=w(2,3); x.index_put((x>3,), torch.tensor(1)); out=x
    x=w(); x.index_put_((torch.tensor(True),), torch.tensor(3.)); out=x
    x=w(2,3); x.index_put_((torch.tensor([7]),), torch.ones(5))
    x=w(2,3); x.index_put_((torch.tensor([1]),), torch.ones(3, dtype=torch.int64))
    x=w(2,3); x.index_put_((torch.tensor([1]),), x[0])
    x=w(2,3); x.index_put_((torch.tensor([1, 1]),), torch.ones(3), True); out=x, x._version
    x=torch.zeros(0); x[torch.tensor([0])]=w(2,3)
    x=w(2,3); x[None, [True, True, False]]=1
    x=w(2,3); x[None, [True, True, False]]=x
    x=torch.zeros(0,2); x[[], [1, 0, 1]]=x
    x=w(3,3); x[[0, 1], [0, 1, 2]]=x
    x=w(3).expand(2,3); x[:, ...]=x[:]; out=x, x._version
    x=leaf(2); y=nograd(lambda: (x*1)[:1]); z=y.max(); y._base.mul_(2); z.backward()
    x=w(2,3); x[0, None, [True, False]]
    i=torch.tensor([0, 1]); i[i]=5
    i=torch.tensor([0, 1]); i[i[:1]]=5
    i=torch.tensor([True, False]); i[i]=False; out=i
    x=w(3,3); x.scatter_(0, torch.zeros(3, 3, dtype=torch.int64), x)
    x=w(3,3); x.scatter_add_(0, torch.zeros(3, 3, dtype=torch.int64), x)
    x=w(3,3); x.scatter_reduce_(0, torch.zeros(3, 3, dtype=torch.int64), x, "sum")
    x=w(3).expand(2,3); x.fill_(torch.tensor(2.))
    x=w(3).expand(2,3); x[:, 1:]=2
    x=w(3).expand(2,3); x[...]=torch.tensor(2.)
    x=w(3).expand(2,3); x.fill_(2); out=x
    x=w(3).expand(2,3); x.index_fill_(0, torch.tensor([0]), 9); out=x
    x=w(3); x.fill_(x[1]); out=x
    x=leaf(3)*1; x[1:].fill_(x[0]); out=x
    x=torch.zeros(2,3,dtype=torch.bool); x.expand(1)
    x=torch.zeros(2,3,dtype=torch.complex64); x.expand(1)
    x=torch.tensor([1, 2]); x.clamp_(0.5)
    x=leaf(3); x.scatter_(0, torch.zeros(3, dtype=torch.int64), x)
    x=leaf(3)[:]; x.scatter_add_(0, torch.zeros(3, dtype=torch.int64), x)
    x=leaf(3); x.scatter_reduce_(0, torch.zeros(3, dtype=torch.int64), x, "sum")
    x=w(3); x.scatter_add_(1, torch.zeros(3, dtype=torch.int64), x)
    x=w(3); x.scatter_add_(0, torch.zeros(4, dtype=torch.int64), x)
    x=w(3); x.scatter_(0, torch.zeros(1, 3, dtype=torch.int64), x)
    x=w(3); x.scatter_(0, torch.zeros(3, dtype=torch.int64), src=x)
    x=w(3); x.index_add_(0, torch.tensor([0, 1, 1]), x)
    x=w(3); x.index_add_(0, torch.tensor([0, 1, 1]), x[:2])
    x=w(3); x.index_add_(0, torch.tensor([0, 1]), x[1:])
    x=leaf(3); x.index_add_(0, torch.tensor([0, 1, 1]), x)
    x=leaf(3)*1; x.index_add_(0, torch.tensor([0, 1, 1]), x)
    x=w(3); x.index_copy_(0, torch.tensor([2, 1, 0]), x)
    x=leaf(3)*1; x.index_copy_(0, torch.tensor([2, 1, 0]), x)
    x=leaf(3); x.index_copy_(0, torch.tensor([2, 1, 0]), x)
    i=torch.tensor([1, 0]); i.index_add_(0, i, torch.tensor([5, 6]))
    i=torch.tensor([1, 0]); i.index_copy_(0, i, torch.tensor([5, 6]))
    x=w(3).expand(2,3); x.index_add_(0, torch.tensor([0]), w(1,3))
    x=w(3).expand(2,3); x.scatter_(0, torch.zeros(1, 3, dtype=torch.int64), 2.)
    x=torch.tensor([True]); x.clamp_(0)
    x=torch.zeros(2,dtype=torch.bool); x[0]="a"
    x=torch.zeros(2,2,dtype=torch.bool); x.neg_()
    """
)
def test_what_is_refused_first(program: str) -> None:
    """Of several mistakes in an assignment: the history's, the memory's, shapes, dtypes, bounds."""
    assert outcome(rushlight, program) == outcome(judge, program)


@programs(
    """
    b=w(2,2); v=b[:1]; v.t_(); b.requires_grad_(); out=v.is_leaf, names(v), slope(v, b)
    b=w(2,2); v=b[:1]; v.t_(); b.mul_(leaf(1)); out=v.is_leaf, names(v)
    b=leaf(2,2)*1; v=nograd(lambda: b[:1]); b.mul_(2); v.grad=w(1,2); out=v._grad
    x=torch.zeros(2,0); out=copy.deepcopy(x[1:]).shape, copy.deepcopy(x.select(0, -1)).shape
    x=w(3,2); out=copy.deepcopy(x[3:]).shape, copy.deepcopy(x[2:, 1:]), copy.deepcopy(x[:, 2:])
    x=w(2,3,4).permute(1,2,0)*2; out=copy.deepcopy(x), copy.deepcopy(x[1:, :, 1])
    x=w(2,3,4).permute(1,2,0)*2; out=pickle.loads(pickle.dumps((x, x[1:, :, 1])))
    x=w(2,3,4).permute(1,2,0)*2; a, b=pickle.loads(pickle.dumps((x, x[1:]))); a.add_(1); out=a, \
        a.stride()
    x=w(2,3,4).permute(1,2,0)*2; out=torch.empty(0).set_(x.untyped_storage()).shape
    x=torch.zeros(4); x.resize_(4); out=x._version; x.resize_(2); out=out, x._version
    x=leaf(4)*1; x.resize_(2)
    x=leaf(4)*1; v=x[:2]; inference(lambda: v.detach_()); out=v.requires_grad, names(v)
    x=leaf(2,2)*1; x.retain_grad(); x.t_(); (x*w(2,2)).sum().backward(); \
        out=x.grad
    x=leaf(); y=x*1; y.transpose_(0, -1); out=names(y), slope(y, x)
    x=w(3,3); x.t().cumsum(0); out=x.t().cumsum(0).stride(), x.t().cumprod(1).stride()
    i=inference(lambda: w(4)); out=i._is_view(), i[:2]._is_view(), i[:2].is_inference(), i[0]._base
    i=inference(lambda: w(4)[:2]); out=i._is_view(), i._base, i.is_inference()
    i=inference(lambda: leaf(4)); out=i.requires_grad, i.view(2,2).requires_grad, i.is_leaf
    i=inference(lambda: w(4)); out=i.data.is_inference(), i.detach().is_inference()
    x=leaf(4)*1; x.data=w(4); v=x[1:]; x.data=torch.ones(4); v.mul_(2); out=x, v, slope(v, x)
    x=leaf(3); y=torch.ones(3, requires_grad=True); out=grad(x, y, w(3), allow_unused=True), x.grad
    x=leaf(3); y=leaf(3); x.backward(w(3), inputs=[y]); out=x.grad, y.grad
    x=leaf(2,2); y=x.split(2)[0]; out=grad(y, y, w(2,2)), slope(y, x)
    x=leaf(2,2); y=x.split(2)[0]; y.retain_grad(); y.backward(w(2,2)); out=y.grad, x.grad
    x=leaf(2,2); y=x.split(2)[0]; y.register_hook(lambda g: g*2); out=slope(y, x)
    x=torch.zeros(4); y=inference(lambda: x.view(torch.int32)); out=y.is_inference(), y._is_view()
    x=leaf(3); h=[]; x.register_hook(h.append); grad(x, leaf(3), w(3), allow_unused=True); out=h
    x=leaf(3); y=x*1; y.retain_grad(); grad(y, leaf(3), w(3), allow_unused=True); out=y.grad
    x=leaf(); y=x*2; y.retain_grad(); y.transpose_(0, -1); y.retain_grad(); y.backward(); out=y.grad
    x=leaf(2,3); y=x*2; y.retain_grad(); y.t_(); y.backward(w(3,2), inputs=[y]); out=y.grad
    x=leaf(2,3); y=x*2; y.retain_grad(); y.mul_(3); y.retain_grad(); y.sum().backward(); out=y.grad
    x=leaf(3)*1; v=x[1:1]; v.fill_(2); g,=grad((v*v).sum(), x, create_graph=True); \
        out=g, g.requires_grad
    x=leaf(3)*1; v=x[1:]; v.fill_(2); g,=grad((v*v).sum(), x, create_graph=True); \
        out=g.tolist(), g.requires_grad
    """
)
def test_memory_and_marks(program: str) -> None:
    """Sizes, layouts, inference tensors, retained gradients and roots that lead nowhere."""
    assert outcome(rushlight, program) == outcome(judge, program)


@programs(
    """
    y=x.view(4,2); c=torch.view_as_complex(y); c.mul_(2j); out=names(x), names(c), slope(x, l)
    c=torch.view_as_complex(x[4:6]); c.mul_(2j); out=names(x), names(c), slope(x, l)
    c=torch.view_as_complex(x[4:].view(2,2)); c.mul_(2j); out=names(c), slope(x, l)
    c=torch.view_as_complex(x[2:6].view(2,2)); c.mul_(2j); out=slope(torch.view_as_real(c), l)
    x=x[:7]*1; c=torch.view_as_complex(x[2:6].view(2,2)); c.mul_(2j); out=slope(x, l)
    x=x[:7]*1; c=torch.view_as_complex(x[2:6].view(2,2)); c[1]=0; out=names(c), slope(x, l)
    x=x[:7]*1; c=torch.view_as_complex(x[2:6].view(2,2)); x.mul_(2); out=names(c), c
    x=x.view(2,2,2).transpose(0,1)*1; c=torch.view_as_complex(x[1]); c.mul_(2j); out=slope(x, l)
    x=x.view(4,2).t().clone(); c=torch.view_as_complex(x[:,1:3]); c.mul_(2j); out=slope(x, l)
    c=torch.view_as_complex(x.view(4,2)); r=c.real; r.mul_(2); out=slope(r, l), slope(x, l)
    c=torch.view_as_complex(x.view(4,2)); c.mul_(2j); c.mul_(1j); \
        g,=grad((x*x).sum(), l, create_graph=True); out=grad(g.sum(), l)
    """
)
def test_complex_views_of_real_numbers(program: str) -> None:
    """A base of real numbers that is written through pairs of them, wherever they lie in it."""
    made = "l=leaf(8); x=l*1; " + program
    assert outcome(rushlight, made) == outcome(judge, made)


@programs(
    """
    v=b[None]; u=b[None]; u.mul_(y); v.add_(1)
    v=b[None]; u=b[None]; u.mul_(y); v.copy_(u)
    v=b[None]; u=b[None]; u.mul_(y); v.zero_()
    v=b[None]; u=b[None]; u.mul_(y); v.masked_fill_(v>9, 2)
    v=b[None]; u=b[None]; u.mul_(y); v[...]=2
    v=b[None]; u=b[None]; u.mul_(y); v[0]=2; out=names(v), slope(v, y)
    v=b[None]; u=b[None]; u.mul_(y); v[v>9]=2
    v=b[None]; u=b[None]; u.mul_(y); v.t_()
    v=b[None]; u=b[None]; u.mul_(y); v.squeeze_()
    v=b[None]; u=b[None]; u.mul_(y); out=v.is_leaf, names(v); v.add_(1); out=out, slope(v, y)
    v=b[None]; u=b[None]; u.mul_(y); z=v.sin(); v.add_(1); out=slope(v, y)
    v=b[None]; u=b[None]; u.mul_(y); nograd(lambda: v.add_(1)); out=names(v), slope(v, y)
    v=b[None]; u=b[None]; u.mul_(y); nograd(lambda: v.sin()); v.add_(1)
    v=b[None]; v.mul_(y); v.mul_(2); v.add_(y); out=names(v), slope(v, y)
    v=b[None]; v.mul_(y); b.mul_(2); v.mul_(2)
    v=b[None]; b.mul_(y); v.mul_(2)
    v=b[None]; b.mul_(y); b.detach_(); v.mul_(2); out=v.requires_grad, names(v)
    v=b[None]; v.mul_(y); b.detach_(); out=v.requires_grad
    v=b[None]; v[...]*=y
    v=b[None]; v[0]*=y; v[...]*=y; out=names(v), slope(v, y)
    v=b[None]; v[0:]*=y; out=names(v), slope(v, y)
    v=b[None]; v*=y; v*=y; out=names(v), slope(v, y)
    v=b.detach(); u=b[None]; u.mul_(y); v.add_(1); out=b, names(u)
    """
)
def test_views_that_have_not_heard_of_a_graph(program: str) -> None:
    """A plain tensor got a history; a view of it is taken for a leaf until it is used."""
    made = "b=w(2,2); y=leaf(1); " + program
    assert outcome(rushlight, made) == outcome(judge, made)
