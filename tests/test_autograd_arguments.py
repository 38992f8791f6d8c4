"""What `backward`, `autograd.grad` and a tensor's own attributes answer, right and wrong calls.

Each line is an expression that PyTorch has answered too; see tests/both.py.
"""

from __future__ import annotations

from typing import Any

from tests.both import assert_alike, attempt, expressions, story


def scope(lib: Any) -> dict[str, Any]:
    """Leaves x, w, d (double), c (complex); y = x * x and its sum s; p and i are constants."""
    x = lib.tensor([2.0, 3.0], requires_grad=True)
    y = x * x
    return {
        "torch": lib,
        "A": lib.autograd,
        "x": x,
        "w": lib.tensor([5.0, 7.0], requires_grad=True),
        "d": lib.tensor([1.0, 2.0], dtype=lib.float64, requires_grad=True),
        "c": lib.tensor([1 + 2j, 3j], requires_grad=True),
        "y": y,
        "s": y.sum(),
        "p": lib.ones(2),
        "i": lib.ones(2, dtype=lib.int64),
    }


@expressions(
    """
    y.backward()
    p.sum().backward()
    y.backward(p)
    [y.backward(torch.ones(3)), x.grad]
    y.backward(torch.ones(2,1))
    [y.backward(p.double()), x.grad]
    [y.backward(p.half()), x.grad]
    [y.backward(i), x.grad]
    [y.backward(p.to(torch.complex64)), x.grad]
    (c*c).backward(p)
    (c*c).sum().backward()
    [(c*c).backward(p.to(torch.complex64)), c.grad]
    [(c*c).backward(p.to(torch.complex128)), c.grad]
    y.backward(1.0)
    y.backward([1.0,2.0])
    y.backward((p,))
    y.backward([p])
    y.backward([p,p])
    s.backward(None)
    s.backward(torch.tensor(2.0)), x.grad
    s.backward(torch.tensor([2.0])), x.grad
    s.backward(gradient=torch.tensor(2.0)), x.grad
    s.backward(torch.tensor(2.0), True), x.grad, s.backward(), x.grad
    s.backward(retain_graph=False), s.backward()
    s.backward(create_graph=True), x.grad, x.grad.requires_grad
    s.backward(inputs=[]), x.grad
    s.backward(inputs=()), x.grad
    s.backward(inputs=x), x.grad
    s.backward(inputs=[x]), x.grad
    s.backward(inputs=[x,x]), x.grad
    s.backward(inputs=[y]), x.grad, y.grad
    s.backward(inputs=[p]), x.grad
    s.backward(inputs=[w]), w.grad, x.grad
    s.backward(inputs=[s]), s.grad, x.grad
    s.backward(inputs=[x, y, s]), s.grad, x.grad, y.grad
    s.backward(inputs=1)
    s.backward(inputs=[1])
    s.backward(inputs=p)
    A.backward(s), x.grad
    A.backward([s]), x.grad
    A.backward((s,y),(None,p)), x.grad
    A.backward([s,y],[None,p]), x.grad
    A.backward([s,y],[None]), x.grad
    A.backward([s,y],[p]), x.grad
    A.backward([s,y],None), x.grad
    A.backward([s,p],None), x.grad
    A.backward([p],[p]), x.grad
    A.backward([]), x.grad
    A.backward(s, grad_variables=[None])
    A.backward(s, torch.tensor(1.), grad_variables=torch.tensor(1.))
    A.backward(s, grad_variables=torch.tensor(3.)), x.grad
    A.backward([s, s]), x.grad
    A.backward(1.0)
    A.backward([1.0])
    A.backward(None)
    A.backward("s")
    A.backward(y, 2.0)
    A.backward(y, [2.0])
    A.backward(y, ["a"])
    A.backward([y, y], p)
    A.backward([x],[p]), x.grad
    x.backward(p), x.grad
    x.sum().backward(), x.grad
    x.backward(p, create_graph=True), x.grad
    i.sum().backward()
    i.backward()
    """
)
def test_backward(expression: str) -> None:
    assert_alike(expression, scope)


@expressions(
    """
    A.grad(s, x)
    A.grad(s, [x])
    A.grad(s, (x,))
    A.grad(s, [x, x])
    A.grad(s, [])
    A.grad(s, ())
    A.grad([], x)
    A.grad(s, [x, w])
    A.grad(s, [x, w], allow_unused=True)
    A.grad(s, [x, w], allow_unused=False)
    A.grad(s, [x, w], materialize_grads=True)
    A.grad(s, [x, w], materialize_grads=True, allow_unused=True)
    A.grad(s, [x, w], materialize_grads=True, allow_unused=False)
    A.grad(s, [x, p], allow_unused=True)
    A.grad(s, [x, p], materialize_grads=True)
    A.grad(s, p)
    A.grad(p.sum(), x)
    A.grad(p.sum(), x, allow_unused=True)
    A.grad(p, x, p, allow_unused=True)
    A.grad(y, x)
    A.grad(y, x, p)
    A.grad(y, x, [p])
    A.grad(y, x, (p,))
    A.grad(y, x, [p, p])
    A.grad(y, x, [None])
    A.grad([y, s], x, [p, None])
    A.grad([y, s], x, [p])
    A.grad([y, s], x, p)
    A.grad([s, s], x)
    A.grad(y, x, torch.ones(3))
    A.grad(y, x, torch.ones(1))
    A.grad(y, x, torch.ones(()))
    A.grad(y, x, torch.ones(2, dtype=torch.float64))
    A.grad(y, x, torch.ones(2, dtype=torch.complex64))
    A.grad(c*1, c, torch.ones(2, dtype=torch.float32))
    A.grad(c*1, c, torch.ones(2, dtype=torch.complex64))
    A.grad(y, x, 1.0)
    A.grad(y, x, [1.0])
    A.grad(y, x, "p")
    A.grad(y, x, p, create_graph=True)
    A.grad(y, x, p, create_graph=True)[0].requires_grad
    A.grad(y, x, p)[0].requires_grad
    A.grad(y, x, p, only_inputs=False)
    A.grad(y, x, p, only_inputs=True)
    A.grad(x, x)
    A.grad(x, x, p)
    A.grad(s, s)
    A.grad(s, y)
    A.grad(s, [y, x, s])
    A.grad(1.0, x)
    A.grad(s, 1.0)
    A.grad(s, [1.0])
    A.grad(s, None)
    A.grad(None, x)
    A.grad(s, [None])
    A.grad(outputs=s, inputs=x, grad_outputs=None, retain_graph=True)
    A.grad(s, x), A.grad(s, x)
    A.grad(s, x, retain_graph=True), A.grad(s, x)
    A.grad((x*2).sum(), x),
    [(z:=(x*2).sum()), A.grad(z, x), A.grad(z, x)]
    [(z:=x.sum()), A.grad(z, x), A.grad(z, x)]
    [(z:=(x+w).sum()), A.grad(z, x), A.grad(z, x)]
    """
)
def test_grad(expression: str) -> None:
    assert_alike(expression, scope)


@expressions(
    """
    A.grad(y, x, torch.eye(2), is_grads_batched=True)
    A.grad(s, x, torch.ones(4), is_grads_batched=True)
    A.grad([y, s], [x], (torch.eye(2), torch.ones(2)), is_grads_batched=True)
    A.grad([y, s], [x, w], (torch.eye(2), torch.ones(2)), is_grads_batched=True, allow_unused=True)
    A.grad([y, s], [x, w], (torch.eye(2), p), is_grads_batched=True, materialize_grads=True)
    A.grad(y, x, torch.ones(2), is_grads_batched=True)
    A.grad(y, x, torch.ones(3,4), is_grads_batched=True)
    A.grad(y, x, None, is_grads_batched=True)
    A.grad([y, s], [x], (torch.eye(2), torch.ones(3)), is_grads_batched=True)
    A.grad(y, x, torch.eye(2), is_grads_batched=True, create_graph=True)[0].requires_grad
    A.grad(y, x, torch.eye(2)[:0], is_grads_batched=True)
    """
)
def test_batched_grad(expression: str) -> None:
    assert_alike(expression, scope)


@expressions(
    """
    x.grad
    setattr(x,'grad',p)
    setattr(x,'grad',torch.ones(3))
    setattr(x,'grad',p.double())
    setattr(x,'grad',1.0)
    setattr(x,'grad',x)
    setattr(x,'grad',None)
    setattr(p,'grad',torch.ones(2)), p.grad
    setattr(x,'grad',torch.ones(2)), s.backward(), x.grad
    delattr(x,'grad'), x.grad
    delattr(x,'requires_grad'), x.requires_grad
    delattr(x,'_backward_hooks')
    delattr(y,'_grad_fn')
    setattr(y,'_grad_fn',1)
    setattr(y,'_grad_fn',None), y.grad_fn, y.requires_grad
    x._grad_fn, y._grad_fn
    x._cdata == x._cdata, x._cdata == y._cdata, x._has_symbolic_sizes_strides
    setattr(x,'_cdata',1)
    x._is_view(), x.view(1, 2)._is_view(), x._rev_view_func_unsafe(x)
    x.view(1, 2)._rev_view_func_unsafe(x)
    torch._C._is_alias_of(x, x.view(1, 2)), torch._C._is_alias_of(x, y), torch._C._is_alias_of(x, 1)
    y.grad
    y.retain_grad(), s.backward(), y.grad
    y.retains_grad, y.retain_grad(), y.retains_grad
    x.retain_grad(), x.retains_grad
    p.retain_grad()
    p.retains_grad
    y.retain_grad(), y.retain_grad(), s.backward(), y.grad
    x.is_leaf, y.is_leaf, p.is_leaf, y.detach().is_leaf
    setattr(y,'requires_grad',False)
    setattr(y,'requires_grad',True)
    setattr(i,'requires_grad',True)
    setattr(i,'requires_grad',False)
    i.requires_grad_()
    setattr(p,'requires_grad',True), p.requires_grad
    setattr(p,'requires_grad',1), p.requires_grad
    p.requires_grad_(1)
    p.requires_grad_("a")
    x.requires_grad_(False).requires_grad
    x.output_nr, y.output_nr
    x.name, y.name
    x.grad_fn, y.grad_fn, s.grad_fn
    x.data, x.data.requires_grad
    setattr(x,'data',p*9), x
    setattr(x,'data',torch.ones(3)), x
    setattr(y,'data',torch.ones(3)), y
    setattr(x,'data',torch.ones(2,dtype=torch.int64)), x
    setattr(x,'data',1)
    """
)
def test_attributes(expression: str) -> None:
    assert_alike(expression, scope)


@story
def test_what_leads_nowhere_does_not_run(lib: Any) -> Any:
    x = lib.ones(3, requires_grad=True)
    with lib.no_grad():
        part = x[:2]
    y = (part * 2).exp()
    y.detach().mul_(2)  # which a backward pass would complain about
    other = x * 2
    ran: list[str] = []
    y.grad_fn.register_hook(lambda *_: ran.append("y"))
    out = lib.autograd.grad((y.sum(), other.sum()), [x], allow_unused=True, retain_graph=True)
    y.sum().backward(inputs=[other])
    return out, ran, attempt(lambda: lib.autograd.grad(y.sum(), [other], allow_unused=True))
