"""Views with a bit: conjugates and negatives that share memory with what they are views of."""

from __future__ import annotations

import copy
import io
import pickle
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.both import alike, assert_alike, attempt, expressions, story
from tests.libraries import LIBRARIES


def numbers(lib: Any, **options: Any) -> Any:
    return lib.tensor([[1 + 2j, 3 - 4j], [5j, -1 + 1j]], **options)


def kinds(lib: Any) -> dict[str, Any]:
    """One tensor of each kind, all of one memory."""
    x = numbers(lib)
    return {
        "x": x,
        "conj": x.conj(),
        "neg": x.real._neg_view(),
        "imag": x.conj().imag,
        "both": x.conj()._neg_view(),
        "deep": x.mH[1:].imag,
    }


def read(t: Any) -> Any:
    """The bits and the values of a tensor."""
    bits = ("C" if t.is_conj() else "-") + ("N" if t.is_neg() else "-")
    values = t.detach().resolve_conj().resolve_neg()
    # Zeros lose their signs here, over which NumPy's and PyTorch's kernels don't always agree.
    return bits, (
        values + 0 if values.dtype.is_floating_point or t.is_complex() else values
    ).tolist()


def seen(t: Any) -> Any:
    """Everything about a tensor that may depend on its bits."""
    steps = [s for s, n in zip(t.stride(), t.shape) if n > 1]
    return *read(t), t._is_view(), steps, str(t.dtype), t.requires_grad


def names(t: Any) -> list[str]:
    """The names of the nodes from a tensor's to a leaf."""
    found, fn = [], t.grad_fn
    while fn is not None:
        found.append(fn.name().rpartition("::")[2])
        fn = next((n for n, _ in fn.next_functions if n is not None), None)
    return found


def forward_ad(lib: Any) -> Any:
    return import_module(lib.__name__ + ".autograd.forward_ad")


# -- what they are ---------------------------------------------------------------------------------


@pytest.mark.parametrize("torch", LIBRARIES)
def test_a_conjugate_is_a_view(torch: Any) -> None:
    x = torch.tensor([1 + 2j, 3 - 4j])
    y = x.conj()
    assert y.is_conj() and torch.is_conj(y) and not y.is_neg()
    assert y._is_view() and y._base is x and y.data_ptr() == x.data_ptr()
    y[0] = 5 + 1j
    assert x[0].item() == 5 - 1j
    y.mul_(2j)
    assert x.tolist() == [-2 - 10j, -8 - 6j] and x._version == y._version == 2
    y.imag.fill_(7)
    assert x.imag.tolist() == [-7, -7] and y.imag.is_neg() and not y.real.is_neg()
    assert not y.conj().is_conj() and y.conj()._base is x
    assert torch.equal(y.conj(), x) and not torch.equal(y, x)


@pytest.mark.parametrize("torch", LIBRARIES)
def test_real_tensors_are_their_own_conjugates(torch: Any) -> None:
    x = torch.tensor([1.0, 2.0])
    assert x.conj() is x and x.resolve_conj() is x and x.resolve_neg() is x
    assert torch.conj_physical(x) is x and torch._conj_physical(x) is not x
    n = x._neg_view()
    assert n.is_neg() and n.conj() is n and not n._neg_view().is_neg()
    n.add_(1)
    assert x.tolist() == [0.0, 1.0] and n.tolist() == [-0.0, -1.0]
    with pytest.raises(RuntimeError):
        torch._conj(x)


@story
def test_all_kinds_look_alike(lib: Any) -> Any:
    return [
        (
            *seen(t),
            str(t),
            t.tolist(),
            t[0, -1].item(),
            complex(t[0, -1]),
            f"{t[0, -1]}",
            t.storage_offset(),
            t.is_contiguous(),
            t.contiguous() is t,
            t.type(),
            [e.tolist() for e in t],
        )
        for t in kinds(lib).values()
    ]


VIEWS = """
    t.conj()
    t._neg_view()
    t.resolve_conj()
    t.resolve_neg()
    t.detach()
    t.data
    t.mT
    t.mH
    t.H
    t.T
    t.t()
    t.adjoint()
    t.view(-1) if t.is_contiguous() else t
    t.reshape(-1)
    t.mT.reshape(-1)
    t.flatten()
    t.ravel()
    t.permute(1, 0)
    t[0]
    t[...]
    t[None]
    t[:1, ::2]
    t[-1, -1]
    t.select(0, -1)
    t.narrow(0, 0, 1)
    t.unsqueeze(1)
    t[None].squeeze()
    t.expand(2, *t.shape)
    t.diagonal()
    t.as_strided((1, 2), (1, 1))
    t.unfold(0, 1, 1)
    t.movedim(0, 1)
    t.unflatten(1, (1, -1))
    t.broadcast_to((2, 2, *t.shape))[0, 0]
    lib.atleast_3d(t)
    t.real
    lib.broadcast_tensors(t, t)[0]
    t.unbind(0)[0]
    t.split(1, 1)[-1]
    t.chunk(2)[0]
    t.positive()
    t.to(t.dtype)
    t.squeeze(0).unsqueeze(0)
"""
OTHERS = """
    t.clone()
    t.contiguous()
    t.mT.contiguous()
    t.conj_physical()
    lib._conj_physical(t)
    -t
    t + t
    t * 2
    2 - t
    t / t.mT
    t @ t.mT
    t.sum()
    t.sum(0, keepdim=True)
    t.mean()
    t.prod()
    t.cumsum(0)
    t.abs()
    t.exp().abs() > 1
    t.square()
    t[[0]]
    t[lib.ones(t.shape[0], dtype=lib.bool)]
    t.flip(0)
    t.roll(1)
    t.tril()
    t.repeat(2, 1)
    t.diag() if t.shape[0] == t.shape[1] else t.sum()
    t.trace() if t.shape[0] == t.shape[1] else t.sum()
    lib.cat([t, t.mT.mT])
    lib.stack([t, t])
    lib.where(lib.tensor(True), t, t * 0)
    t.index_select(0, lib.tensor([0]))
    t.gather(1, lib.tensor([[1]]))
    t.masked_select(lib.tensor(True))
    t.masked_fill(lib.tensor(True), 3)
    t.to(lib.complex128)
    t.double()
    t.cfloat()
    t.to(t.dtype, copy=True)
    lib.empty_like(t).fill_(2)
    lib.zeros_like(t)
    lib.full_like(t, 3)
    t.new_zeros(2)
    lib.tensor(t)
    lib.as_tensor(t)
    lib.as_tensor(t, dtype=lib.complex128)
    lib.asarray(t)
    lib.asarray(t, copy=True)
    lib.einsum("ij,kj->ik", t, t)
    lib.outer(t[0], t[0])
    lib.dot(t[0], t[0].resolve_conj())
    lib.vdot(t[0], t[0].resolve_conj())
    lib.kron(t, t)
    lib.linalg.vector_norm(t)
    lib.nonzero(t)
    t.isfinite()
    t.eq(t.clone())
    lib.complex(t.real, t.real)
    lib.nn.Parameter(t)
    copy.copy(t)
    copy.deepcopy(t)
    pickle.loads(pickle.dumps(t))
    lib.empty(0, dtype=t.dtype).set_(t)
    lib.empty(0, dtype=t.dtype).set_(t.untyped_storage(), 0, (2,))
    t.is_set_to(t)
    t.is_set_to(t.view_as(t))
    t.untyped_storage().tolist()[:8]
    lib.allclose(t, t.clone())
    lib.equal(t, t.clone())
"""
REFUSED = """
    t.numpy()
    t.numpy(force=True)
    np.asarray(t)
    np.array(t, dtype=complex)
    np.from_dlpack(t)
    lib.view_as_real(t)
    t.view(lib.float32)
    t.view(t.dtype)
    t.view(lib.int32)
    t.imag
    t._conj()
    lib.is_conj(1)
    lib.resolve_neg([])
    lib._neg_view(1)
    t.detach_()
"""


@expressions(VIEWS + OTHERS + REFUSED)
def test_results(expression: str) -> None:
    """Views keep the bits, and all else computes."""

    @alike
    def told(lib: Any) -> Any:
        results = []
        for t in kinds(lib).values():
            if "_conj()" in expression and not t.is_complex():
                continue  # an internal assertion of PyTorch's
            here = {"lib": lib, "t": t, "copy": copy, "pickle": pickle, "np": np}
            try:
                found = eval(expression, here)
            except Exception as error:
                results.append((type(error).__name__, str(error).split("\n")[0]))
                continue
            is_tensor = isinstance(found, lib.Tensor)
            # Which of the steps inside einsum is a view is nobody's business.
            results.append(read(found) if is_tensor and "einsum" in expression else found)
            if is_tensor and "einsum" not in expression:
                results[-1] = seen(found)
        return results

    told()


# -- writes ----------------------------------------------------------------------------------------

WRITES = """
    t.mul_(2)
    t.add_(t.clone())
    t.copy_(t.clone() * 2)
    t.fill_(3)
    t.zero_()
    t.neg_()
    t.abs_() if not t.is_complex() else t.sgn_()
    t.conj_physical_()
    t.copy_(lib.tensor(2.0))
    t[0] = 5
    t[:, 1:] = t[:, :1].clone()
    t[lib.ones(t.shape[0], dtype=lib.bool)] = 7
    t[[0]] = 2
    t[0, 0] = t[0, 1]
    t.real.mul_(3)
    t.real = t.real + 1
    t.masked_fill_(lib.tensor(True), 3)
    t.index_fill_(0, lib.tensor([0]), 4)
    t.squeeze_().unsqueeze_(0)
    t.t_()
    t.mul_(t)
    t.clamp_(0, 1) if not t.is_complex() else t.exp_()
    lib.add(t.clone(), 1, out=t)
    lib.neg(t, out=t)
    lib.conj_physical(t, out=t)
    t.resize_(1)
    t.expand(2, *t.shape)[0].mul_(2)
    t.set_(t.clone())
    t.data.mul_(2)
    t.copy_(t)
    t.diagonal().fill_(9)
    t.mT[0].add_(1)
    t[[0]] = t[:1]
"""


@expressions(WRITES)
def test_writes_go_through(expression: str) -> None:
    @alike
    def told(lib: Any) -> Any:
        results = []
        for name in kinds(lib):
            family = kinds(lib)
            family = {"x": family["x"], **_of(family["x"])}
            t = family[name]
            try:
                exec(expression, {"lib": lib, "t": t})
            except Exception as error:
                results.append((type(error).__name__, str(error).split("\n")[0]))
            results.append((read(t), read(family["x"]), t._version, family["x"]._version))
        return results

    told()


def _of(x: Any) -> dict[str, Any]:
    return {
        "conj": x.conj(),
        "neg": x.real._neg_view(),
        "imag": x.conj().imag,
        "both": x.conj()._neg_view(),
        "deep": x.mH[1:].imag,
    }


@story
def test_a_tensor_and_its_own_conjugate(lib: Any) -> Any:
    found = []
    for act in (
        lambda x: x.copy_(x.conj()),
        lambda x: x.add_(x.conj()),
        lambda x: x.mul_(x.conj()),
        lambda x: x.conj().copy_(x),
        lambda x: x.conj().mul_(x),
        lambda x: x.real.add_(x.conj().imag),
        lambda x: x.real.copy_(x.real._neg_view()),
        lambda x: x.__setitem__(slice(None), x.conj()),
        lambda x: x[0].copy_(x[1].conj()),
        lambda x: x[:1].add_(x.conj()[:1]),
    ):
        x = numbers(lib)
        act(x)
        found.append((read(x), x._version))
    return found


@story
def test_data_set_and_swap(lib: Any) -> Any:
    x, y = numbers(lib), numbers(lib)
    y.data = x.conj()
    z = numbers(lib).conj()
    z.data = x
    c = numbers(lib).conj()
    c.set_(x)
    a, b = numbers(lib).conj(), numbers(lib) * 2
    lib.utils.swap_tensors(a, b)
    return [read(t) for t in (x, y, z, c, a, b)], x._version


@story
def test_copies_are_apart(lib: Any) -> Any:
    x = numbers(lib)
    pair = copy.deepcopy([x, x.conj(), x.conj().imag])
    pair[0].mul_(2)
    stream = io.BytesIO()
    pickle.dump([x.conj(), x.imag._neg_view()], stream)
    stream.seek(0)
    return [read(t) for t in (*pair, *pickle.load(stream))]


@story
def test_integers_and_booleans(lib: Any) -> Any:
    i = lib.tensor([1, 2, -3])
    n = i._neg_view()
    b = lib.tensor([True])._neg_view()
    u = lib.tensor([1, 2], dtype=lib.uint8)._neg_view()
    h = lib.tensor([1.5, 2.0]).half()._neg_view()
    bf = lib.tensor([1.5, 2.0]).bfloat16()._neg_view()
    return (
        read(n),
        (n + i).tolist(),
        b.is_neg(),
        attempt(lambda: b.tolist()),
        read(u),
        read(h),
        bf.sum(),
        n.argmax(),
        n.sort().values,
    )


# -- derivatives -----------------------------------------------------------------------------------


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


@story
def test_inference_mode(lib: Any) -> Any:
    with lib.inference_mode():
        x = numbers(lib)
        c = x.conj()
        c.mul_(2)
        found = [read(c), read(x), c.is_inference()]
    return found, read(c.imag)


@story
def test_functions_and_hooks_see_bits(lib: Any) -> Any:
    found: list[Any] = []

    class Twice(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            found.append(read(x))
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            found.extend([read(g), read(x)])
            return (g * 2).conj()

    x = leaf(lib)
    y = Twice.apply(x.conj())
    y.conj().backward(given(lib))
    found.append(read(x.grad.resolve_conj()))
    with lib.autograd.graph.saved_tensors_hooks(
        lambda t: found.append(read(t)) or t.resolve_conj(), lambda t: t
    ):
        z = x.conj() * x
    (g,) = lib.autograd.grad(z, x, given(lib))
    return found, read(g)


@pytest.mark.parametrize("torch", LIBRARIES)
def test_gradcheck(torch: Any) -> None:
    z = torch.tensor([1 + 2j, 3 - 1j], dtype=torch.complex128, requires_grad=True)
    r = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)

    def written(z: Any, r: Any) -> Any:
        y = z * 1
        y.conj().imag.mul_(r)
        y.conj()[1:].mul_(2j)
        return y.exp()

    for f in (
        lambda z, r: z.conj() * r,
        lambda z, r: z.conj().imag * r._neg_view(),
        lambda z, r: z.view(2, 1).mH @ z.view(2, 1),
        lambda z, r: z.conj().resolve_conj().imag,
        written,
    ):
        assert torch.autograd.gradcheck(f, (z, r), check_forward_ad=True)
        assert torch.autograd.gradgradcheck(f, (z, r))


@expressions("""
    torch.tensor([1j]).conj().share_memory_().is_conj()
    torch.tensor(1 + 2j).conj()
    torch.tensor(1 + 2j).conj().imag.item()
    torch.zeros(0, dtype=torch.complex64).conj().imag
    torch.tensor([1 + 2j], dtype=torch.complex128).conj()
    torch.tensor([1 + 2j]).conj().pow(2)
    torch.tensor([1 + 2j]).conj() == torch.tensor([1 - 2j])
    torch.tensor([torch.tensor(1j).conj(), 2])
    torch.tensor([torch.tensor([1j]).conj()[0]])
    torch.linalg.eigvalsh(torch.tensor([[1, 2j], [-2j, 1]]).mH)
    torch.linalg.solve(torch.tensor([[1, 2j], [3, 1]]).mH, torch.tensor([1j, 2]).conj())
    torch.fft.fft(torch.tensor([1j, 2, 3, 4j]).conj())
    torch.view_as_complex(torch.tensor([[1.0, 2.0]])._neg_view())
    torch.view_as_complex(torch.tensor([[1.0, 2.0]])._neg_view()).is_neg()
    torch.view_as_real(torch.tensor([1 + 2j])._neg_view()).is_neg()
    torch.utils.data.default_collate([torch.tensor([1j]).conj(), torch.tensor([2j])])
""")
def test_corners(expression: str) -> None:
    assert_alike(expression)
