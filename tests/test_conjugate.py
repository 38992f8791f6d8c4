"""Views with a bit: conjugates and negatives that share memory with what they are views of."""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any

import numpy as np
import pytest

from tests.both import alike, attempt, expressions, story
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
