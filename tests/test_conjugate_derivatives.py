"""Views with a bit in graphs: nodes, gradients, recorded writes, forward mode, transforms."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

import rushlight
from tests.both import alike, attempt, expressions, story
from tests.test_conjugate import names, numbers, read


def forward_ad(lib: Any) -> Any:
    return import_module(lib.__name__ + ".autograd.forward_ad")


def leaf(lib: Any) -> Any:
    return lib.tensor([1 + 2j, 3 - 4j], requires_grad=True)


def given(lib: Any) -> Any:
    return lib.tensor([1 + 1j, 2j])


@story
def test_names_of_nodes(lib: Any) -> Any:
    x = leaf(lib)
    tensors = (
        x.conj(),
        x.conj().conj(),
        x._neg_view(),
        x.imag,
        x.conj().imag,
        x.conj().real,
        x._neg_view().imag,
        x.view(2, 1).mH,
        x.view(2, 1).H,
        x.view(2, 1).adjoint(),
        x.conj().resolve_conj(),
        x.imag._neg_view().resolve_neg(),
        x.conj().clone(),
        x.conj()[1:],
        x.conj_physical(),
        lib._conj_physical(x),
        x.conj().to(lib.complex128),
    )
    return [names(t) for t in tensors], [str(t) for t in tensors]


@story
def test_gradients_have_bits(lib: Any) -> Any:
    """A conjugate's gradient is a conjugate until somebody computes with it."""
    found: list[Any] = []

    def note(f: Any, g: Any = None) -> None:
        x = leaf(lib)
        x.register_hook(lambda g: found.append(read(g)))
        y = f(x)
        y.register_hook(lambda g: found.append(read(g)))
        y.backward(given(lib) if g is None else g)
        found.append(read(x.grad))

    note(lambda x: x.conj())
    note(lambda x: x * 1)
    note(lambda x: (x * 1).conj())
    note(lambda x: x.conj() + x)
    note(lambda x: x.conj().conj())
    note(lambda x: x.conj() * 2)
    note(lambda x: x._neg_view())
    note(lambda x: x.conj()._neg_view())
    note(lambda x: x.conj().view(2, 1).view(2))
    note(lambda x: x.conj()[:], given(lib).conj())
    note(lambda x: x.conj(), given(lib).conj())
    note(lambda x: x * 1j, given(lib).conj())
    x = leaf(lib)
    for _ in range(2):
        x.conj().backward(given(lib))
        found.append(read(x.grad))
    x.grad = None
    (x * 1).backward(given(lib).conj())
    found.append(read(x.grad))
    for create in (False, True):
        (g,) = lib.autograd.grad(x.conj(), x, given(lib), create_graph=create)
        found.append((read(g), g.requires_grad))
    x.grad = lib.ones_like(x).conj()
    x.conj().backward(given(lib))
    return found, read(x.grad)


@story
def test_real_tensors_through_negatives(lib: Any) -> Any:
    x = lib.tensor([1.0, -2.0, 3.0], requires_grad=True)
    found = []
    for f in (
        lambda x: x._neg_view(),
        lambda x: x._neg_view() + x,
        lambda x: x._neg_view() * x,
        lambda x: x._neg_view()[1:].exp(),
        lambda x: (x._neg_view() ** 2).sum(),
        lambda x: lib.relu(x._neg_view()),
        lambda x: x._neg_view().softmax(0),
        lambda x: x._neg_view().view(3, 1) @ x.view(1, 3),
        lambda x: lib.nn.functional.linear(x._neg_view(), lib.ones(2, 3)),
        lambda x: lib.nn.functional.mse_loss(x._neg_view(), x),
    ):
        y = f(x)
        (g,) = lib.autograd.grad(y.sum(), x, create_graph=True)
        found += [y, g.detach()]
        if g.requires_grad:
            found.append(lib.autograd.grad(g.sum(), x)[0])
    return [str(t.detach() + 0) for t in found]


WRITTEN = """
    a.conj().mul_(2j)
    a.conj()[1:].mul_(2j)
    a.conj().imag.mul_(3)
    a.conj().real.mul_(3)
    a._neg_view().mul_(a.detach() * 1j)
    a.conj()._neg_view().add_(given).mul_(2)
    a.conj().copy_(given)
    a.conj().imag.copy_(given.real)
    a.conj()[0] = given[1]
    a.conj().exp_()
    a.imag._neg_view()[:1].exp_()
    a.conj().zero_()
    a.conj().fill_(given[0])
    a.conj().conj().mul_(2j)
    a.view(2, 1).mH.mul_(given)
    a.conj()[[1, 0]] = given
    a.real = given.imag
    a.mul_(a.detach().conj())
    a.conj().masked_fill_(lib.tensor([True, False]), 2j)
"""


@expressions(WRITTEN)
def test_writes_that_are_recorded(expression: str) -> None:
    """Of the tensor, of a view made before, and of another made after."""

    @alike
    def told(lib: Any) -> Any:
        x = leaf(lib)
        w = lib.tensor([1 + 1j, 2j], requires_grad=True)
        found: list[Any] = []
        for use in (lambda a, c, i: a, lambda a, c, i: c, lambda a, c, i: i, lambda a, c, i: a * c):
            a = x * 1
            c, i = a.conj(), a.conj()[1:].imag
            exec(expression, {"a": a, "given": w, "lib": lib})
            y = use(a, c, i)
            found += [read(y), names(a), names(c)[:1], names(i)[:1], a._version]
            g = lib.ones_like(y) * (1 if not y.is_complex() else 2 - 1j)
            found += _gradients(lib, y, (x, w), g)
            y = use(a, c, i)  # the same on Tensors
            found += _gradients(lib, y, (x, w), g, True)
        return found

    told()


def _gradients(lib: Any, y: Any, inputs: Any, g: Any, create: bool = False) -> Any:
    found = lib.autograd.grad(
        y, inputs, g, allow_unused=True, create_graph=create, retain_graph=True
    )
    return [None if r is None else read(r.resolve_conj()) for r in found]


@story
def test_views_when_the_base_is_written(lib: Any) -> Any:
    a = leaf(lib) * 1
    views = {
        "c": a.conj(),
        "h": a.view(2, 1).mH,
        "i": a.conj()[1:].imag,
        "n": a._neg_view(),
        "s": a.conj()[1:],
        "r": a.conj().real,
    }
    a.mul_(2j)
    return [(k, read(v), names(v)[0]) for k, v in views.items()]


@story
def test_where_writes_are_refused(lib: Any) -> Any:
    x = leaf(lib)
    with lib.no_grad():
        c = x.conj()
    flags = c.requires_grad, c.is_leaf, c._is_view()
    y = x * 1
    d = y.conj()
    z = d * d
    d.add_(1)
    parts = (x * 1).conj().unbind()

    def write_leaf() -> None:
        x.conj().mul_(2)

    with lib.no_grad():
        e = x.detach().conj()
        e.mul_(2j)
    return (
        attempt(write_leaf),
        attempt(lambda: c.mul_(2)),
        attempt(lambda: parts[0].mul_(2)),
        attempt(lambda: z.sum().backward(lib.tensor(1 + 0j))),
        attempt(lambda: d.detach_()),
        x._version,
        read(x),
        flags,
    )


@story
def test_saved_conjugates(lib: Any) -> Any:
    c = (leaf(lib) * 1).conj()
    fn = (c * c).grad_fn
    saved = fn._saved_self
    return read(saved), saved._is_view(), saved.grad_fn.name()


@story
def test_leaves_with_bits(lib: Any) -> Any:
    found = []
    p = lib.nn.Parameter(numbers(lib).conj())
    (p * p.conj()).real.sum().backward()
    optimizer = lib.optim.SGD([p], 0.1, momentum=0.5)
    for _ in range(3):
        optimizer.step()
    found += [read(p), read(p.grad)]
    n = lib.tensor([1.0, 2.0])._neg_view().detach().requires_grad_()
    (n * n).sum().backward()
    lib.optim.Adam([n], 0.1).step()
    found += [read(n), read(n.grad)]
    (n.detach()._neg_view() * 2).sum()
    d = leaf(lib).conj().detach().requires_grad_()
    y = d * 1
    y.imag.mul_(2)
    y.backward(given(lib))
    return str(found), read(d.grad), str(d)


@story
def test_bases_with_bits(lib: Any) -> Any:
    """The base itself may be read through a bit: its views are described beside its memory."""
    found = []
    for write in (
        lambda b: b.conj().mul_(2j),
        lambda b: b[1:].mul_(2j),
        lambda b: b.conj()[:1].exp_(),
    ):
        w = leaf(lib)
        b = lib.tensor([1 + 2j, 3 - 1j]).conj().detach()
        b.mul_(w)
        write(b)
        (g,) = lib.autograd.grad(b, w, given(lib))
        found.append((read(b), read(g.resolve_conj())))
    return found


@pytest.mark.parametrize("create", [False, True])
def test_parts_of_bases_with_bits(create: bool) -> None:
    """PyTorch raises of `view_as_real`; here they are like those of bases without bits."""
    for write in (
        lambda b: b.imag.mul_(3),
        lambda b: b.real._neg_view().mul_(3),
        lambda b: b.imag._neg_view()[1:].exp_(),
    ):
        found = []
        for base in (
            rushlight.tensor([1 + 2j, 3 - 1j]),
            rushlight.tensor([1 - 2j, 3 + 1j]).conj().detach(),
            rushlight.tensor([-1 - 2j, -3 + 1j])._neg_view().detach(),
        ):
            w = leaf(rushlight)
            v = base.imag
            base.mul_(w)
            write(base)
            options = {"retain_graph": True, "create_graph": create}
            (g,) = rushlight.autograd.grad(base, w, given(rushlight), **options)
            (h,) = rushlight.autograd.grad(v, w, rushlight.ones(2), **options)
            found.append([read(t.resolve_conj().detach())[1] for t in (base, v, g, h)])
        assert found[0] == found[1] == found[2]


@story
def test_forward_mode(lib: Any) -> Any:
    fw = forward_ad(lib)
    x, t = numbers(lib)[0], given(lib)
    found = []
    with fw.dual_level():
        for f in (
            lambda d: d.conj(),
            lambda d: d.conj().imag,
            lambda d: d._neg_view(),
            lambda d: d.conj() * d,
            lambda d: d.conj().resolve_conj(),
            lambda d: d.conj().mul_(2j),
            lambda d: d.conj().imag.mul_(2),
        ):
            for primal, tangent in ((x, t), (x.conj(), t), (x, t.conj()), (x.conj(), t.conj())):
                d = fw.make_dual(primal.clone() if not primal.is_conj() else primal, tangent)
                y = f(d)
                found += [*map(read, fw.unpack_dual(y)), *map(read, fw.unpack_dual(d))]
        base = numbers(lib)[0].clone()
        c = base.conj()
        c.mul_(fw.make_dual(numbers(lib)[1], t.conj()))
        found += [*map(read, fw.unpack_dual(c)), *map(read, fw.unpack_dual(base))]
    return found


@story
def test_transforms(lib: Any) -> Any:
    x, t = numbers(lib), given(lib)
    bits = []

    def conj(row: Any) -> Any:
        c = row.conj()
        bits.append(c.is_conj())
        return c

    def written(row: Any) -> Any:
        y = row * 1
        y.conj().mul_(2j)
        return y

    func = lib.func
    real = lambda z: (z.conj() * z).real.sum()
    return (
        read(func.vmap(conj)(x)),
        bits,
        read(func.vmap(lambda r: r * 2)(x.conj())),
        read(func.vmap(lambda r: r.conj() * r)(x)),
        read(func.vmap(written)(x)),
        read(func.grad(real)(x)),
        read(func.vmap(func.grad(real))(x)),
        read(func.vjp(lib.conj, x[0])[1](t)[0]),
        [read(r) for r in func.jvp(lib.conj, (x[0],), (t,))],
        [read(r) for r in func.jvp(written, (x[0],), (t,))],
        read(func.vjp(written, x[0])[1](t)[0].resolve_conj()),
    )
