"""Derivatives of complex functions: PyTorch's conventions, operator by operator and in stories."""

from __future__ import annotations

import warnings
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.both import attempt, story
from tests.libraries import LIBRARIES
from tests.samples import SAMPLES, name, of_today
from tests.samples.row import Call, Row, realize
from tests.sweeping import array, cotangent, same, tracked

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")

CHOLESKY = "PyTorch lets the imaginary part of a cotangent of the real diagonal through"
# Where PyTorch's own derivative is of another function than it computes, or Rushlight says no.
ELSE = {
    "silu": "PyTorch's formula in place of a composition that it refuses elsewhere",
    "logcumsumexp": "PyTorch's is nan",
    "cholesky": CHOLESKY,
    "linalg.cholesky": CHOLESKY,
    "linalg.cholesky_ex": CHOLESKY,
    "rms_norm": "real only, and says so",
    "nn.functional.rms_norm": "real only, and says so",
}


def chosen() -> list[tuple[Row, Call]]:
    rows = [(r, s) for r, s in SAMPLES if r.grad and r.path not in ELSE and "dtype" not in s.kwargs]
    return of_today(rows)


def derivatives(lib: Any, row: Row, sample: Call) -> tuple[Any, Any]:
    """The first derivatives at complex numbers, and the second ones."""
    args, kwargs, leaves = realize(lib, sample, "complex128", grad=True)
    outs = tracked(lib, row.run(lib, args, kwargs))
    if not outs:
        return None, None
    cotangents = [cotangent(lib, t, i) for i, t in enumerate(outs)]
    second = row.second
    first = lib.autograd.grad(outs, leaves, cotangents, create_graph=second, allow_unused=True)
    firsts = tracked(lib, first)
    if not firsts:
        return first, None
    again = [cotangent(lib, g, 10 + i) for i, g in enumerate(firsts)]
    return first, lib.autograd.grad(firsts, leaves + cotangents, again, allow_unused=True)


@pytest.mark.parametrize("pair", chosen(), ids=name)
def test_derivatives(pair: tuple[Row, Call]) -> None:
    row, sample = pair
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs = derivatives(judge, row, sample)
        except Exception:
            pytest.skip("PyTorch has it for real numbers only")
        ours = derivatives(rushlight, row, sample)
    for mine, other in zip(ours, theirs):
        for a, b in zip(mine or (), other or ()):
            if a is None or b is None:  # not connected, or zero: the same
                assert all(g is None or np.all(abs(array(g)) < 1e-14) for g in (a, b))
            else:
                same(a, b, 1e-7)


def number(lib: Any, **options: Any) -> Any:
    return lib.tensor([1 + 2j, 3 - 4j], requires_grad=True, **options)


def forward_ad(lib: Any) -> Any:
    return import_module(lib.__name__ + ".autograd.forward_ad")


@story
def test_the_conjugate_is_the_gradient(lib: Any) -> Any:
    """Of a real loss L of z = x + iy the gradient is ∂L/∂x + i ∂L/∂y: the direction of ascent."""
    z = number(lib)
    losses = (
        (z * z.conj()).real.sum(),
        (z * z).real.sum(),
        (z * z).imag.sum(),
        z.real.sum() * 2 + z.imag.sum() * 3,
        (z * 2j).real.pow(2).sum(),
    )
    return [lib.autograd.grad(loss, z) for loss in losses]


@story
def test_real_operands_get_real_gradients(lib: Any) -> Any:
    z, r = number(lib), lib.tensor([1.0, 2.0], requires_grad=True)
    found = []
    for f in (
        lambda: z * r,
        lambda: r - z,
        lambda: r / z,
        lambda: z / r,
        lambda: lib.complex(r, r * r),
        lambda: lib.polar(r, r),
        lambda: lib.view_as_complex(lib.stack([r, r * 3], -1)),
        lambda: r * 1j + 2,
        lambda: lib.dot(z, r.to(lib.complex64)),
        lambda: z.real * r,
    ):
        y = f()
        loss = (y * y.conj()).real.sum() if y.is_complex() else y.sum()
        found.append(lib.autograd.grad(loss, [z, r], allow_unused=True))
    return found


@story
def test_what_has_no_real_loss(lib: Any) -> Any:
    z = number(lib)
    ones = lib.ones(2)
    acts = [
        (z * z).sum().backward,
        (z * z).backward,
        partial(lib.autograd.grad, (z * z).sum(), z),
        partial(lib.autograd.grad, z * z, z, ones),
        partial(lib.autograd.grad, z * z, z, ones.to(lib.complex64)),
        partial(lib.autograd.grad, z * z, z, ones.to(lib.complex128)),
        partial(lib.autograd.grad, z.real, z, ones.to(lib.complex64)),
        partial(lib.autograd.grad, z.real, z, ones.double()),
    ]
    return [attempt(act) for act in acts], z.grad


@story
def test_writes_through_parts(lib: Any) -> Any:
    seen = []

    def scaled(x: Any) -> None:
        x.real.mul_(3)

    def set_imag(x: Any) -> None:
        x.imag = x.real

    def as_real(x: Any) -> None:
        lib.view_as_real(x)[:, 1].zero_()

    def element(x: Any) -> None:
        x.imag[0] = 7.0

    for write in (scaled, set_imag, as_real, element):
        z = number(lib)
        x = z * 1
        write(x)
        seen += [x, x.grad_fn.name(), lib.autograd.grad((x * x.conj()).real.sum(), z)]
    pairs = lib.ones(2, 2, requires_grad=True)
    y = pairs * 1
    lib.view_as_complex(y).mul_(2j)
    return seen, y, lib.autograd.grad(y.sum(), pairs)


@story
def test_parts_that_are_not_there(lib: Any) -> Any:
    real = lib.ones(2)

    def set_imag() -> None:
        real.imag = real

    acts = [
        lambda: real.imag,
        set_imag,
        lambda: real.real is real,
        lambda: lib.view_as_real(real),
        lambda: lib.view_as_complex(lib.ones(3)),
        lambda: lib.view_as_complex(lib.ones(2, 2).t()),
        lambda: lib.view_as_complex(lib.ones(3, 3)[:, 1:]),
        lambda: lib.view_as_complex(lib.ones(2, 2, dtype=lib.int32)),
        lambda: lib.complex(real, real.double()),
        lambda: lib.complex(real.int(), real.int()),
        lambda: lib.polar(real, real.double()),
    ]
    return [attempt(act) for act in acts]


@pytest.mark.parametrize("lib", LIBRARIES)
def test_gradcheck_of_complex_functions(lib: Any) -> None:
    z = lib.tensor([1 + 2j, 3 - 1j], dtype=lib.complex128, requires_grad=True)
    r = lib.tensor([0.5, 2.0], dtype=lib.float64, requires_grad=True)
    for f in (
        lambda z, r: z * r,
        lambda z, r: (z / r).abs(),
        lambda z, r: (z.exp(), z.angle() * r),
        lambda z, r: lib.complex(r, r * r) * z.conj(),
        lambda z, r: lib.view_as_real(z) * r,
        lambda z, r: z.real * z.imag * r,
        lambda z, r: z.sgn() * r,
        lambda z, r: lib.polar(r, r * 2) / z,
    ):
        for fast in (False, True):
            options = {"fast_mode": fast, "check_batched_grad": True}
            assert lib.autograd.gradcheck(f, (z, r), check_forward_ad=True, **options)
            assert lib.autograd.gradgradcheck(f, (z, r), **options)


@story
def test_optimizers_take_complex_parameters_as_pairs(lib: Any) -> Any:
    found = []
    for make in (
        lambda ps: lib.optim.SGD(ps, lr=0.1, momentum=0.9, nesterov=True),
        lambda ps: lib.optim.Adam(ps, lr=0.1),
        lambda ps: lib.optim.Adam(ps, lr=0.1, amsgrad=True),
        lambda ps: lib.optim.AdamW(ps, lr=0.1),
    ):
        z = lib.nn.Parameter(lib.tensor([1 + 2j, 3 - 4j], dtype=lib.complex128))
        optimizer = make([z])
        for _ in range(4):
            optimizer.zero_grad()
            ((z - 1j) * (z - 1j).conj()).real.sum().backward()
            optimizer.step()
        found.append(z.detach())
    return found


@story
def test_forward_mode(lib: Any) -> Any:
    fw = forward_ad(lib)
    with fw.dual_level():
        d = fw.make_dual(lib.tensor([1 + 2j, 3 - 4j]), lib.tensor([1j, 1 + 0j]))
        found = []
        for f in (
            lambda z: z * z,
            lambda z: z.conj() * z,
            lambda z: z.real,
            lambda z: z.imag * z,
            lambda z: lib.view_as_real(z),
            lambda z: z.exp().sum(),
        ):
            found.append(fw.unpack_dual(f(d)).tangent.resolve_conj())
        copy = d * 1
        copy.real.mul_(2)
        return found, copy


@story
def test_negative_views(lib: Any) -> Any:
    """The values and derivatives; that ours is no view is said in the deviations."""
    r, z = lib.tensor([1.0, 2.0], requires_grad=True), number(lib)
    seen = []
    for x in (r, z):
        y = lib._neg_view(x)
        loss = (y * y.conj()).real.sum() if y.is_complex() else (y * y).sum()
        seen += [y.resolve_neg().detach(), y.grad_fn.name(), lib.autograd.grad(loss, x)]
    return seen, r._neg_view()


SUMS = {
    "addmm": ((2, 4), (2, 3), (3, 4)),
    "addmv": ((2,), (2, 3), (3,)),
    "addr": ((2, 3), (2,), (3,)),
    "baddbmm": ((2, 2, 4), (2, 2, 3), (2, 3, 4)),
    "addbmm": ((2, 4), (2, 2, 3), (2, 3, 4)),
}


@story
def test_complex_factors_of_products(lib: Any) -> Any:
    """The cotangents of ``beta * c + alpha * a b`` are scaled by the conjugates."""
    return [scaled_sum(lib, name, shapes) for name, shapes in SUMS.items()]


def scaled_sum(lib: Any, name: str, shapes: Any) -> Any:
    rng = np.random.RandomState(0)

    def made(shape: Any) -> Any:
        values = rng.uniform(-1, 1, shape) + 1j * rng.uniform(-1, 1, shape)
        return lib.tensor(values, requires_grad=True)

    inputs = [made(shape) for shape in shapes]
    out = getattr(lib, name)(*inputs, beta=1j, alpha=0.5 - 2j)
    g = made(tuple(out.shape))
    first = lib.autograd.grad(out, inputs, g, create_graph=True)
    second = lib.autograd.grad(first[1:], inputs[1:], [t.detach() for t in first[1:]])
    return [t.detach().resolve_conj().numpy().round(12).tolist() for t in (*first, *second)]
