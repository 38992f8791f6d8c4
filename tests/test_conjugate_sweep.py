"""Views with a bit as operands of every operator, and in random programs."""

from __future__ import annotations

import random
import warnings
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.samples import SAMPLES, name, of_today
from tests.samples.row import Call, Row, Spec, realize
from tests.sweeping import flat

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")

# -- operands --------------------------------------------------------------------------------------


def flipped(value: Any) -> Any:
    """The same values, read through a bit."""
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(map(flipped, value))
    if not isinstance(value, rushlight.Tensor) or value.dtype is rushlight.bool:
        return value
    if value.dtype.is_complex:
        return value.conj_physical().conj()
    return (-value)._neg_view()


def mark(value: Any, spec: Any, leaves: list[Any]) -> None:
    """Let what the sweeps differentiate require grad."""
    if isinstance(spec, Spec):
        if spec.differentiable and isinstance(value, rushlight.Tensor):
            leaves.append(value.requires_grad_())
    elif isinstance(spec, (list, tuple)):
        for part, of in zip(value, spec):
            mark(part, of, leaves)


def results(row: Row, sample: Call, dtype: str, chosen: Any) -> Any:
    """What a call returns, and its gradients, where the `chosen` arguments have a bit."""
    rushlight.manual_seed(0)
    args, kwargs, _ = realize(rushlight, sample, dtype)
    args = [flipped(a) if chosen in (i, ...) else a for i, a in enumerate(args)]
    kwargs = {k: flipped(v) if chosen in (k, ...) else v for k, v in kwargs.items()}
    leaves: list[Any] = []
    if row.grad:
        mark(args, sample.args, leaves)
        mark(list(kwargs.values()), list(sample.kwargs.values()), leaves)
    try:
        outs = [t for t in flat(row.run(rushlight, args, kwargs)) if hasattr(t, "grad_fn")]
        tracked = [t for t in outs if t.requires_grad]
        ones = [rushlight.ones_like(t) for t in tracked]
        found = ()
        if tracked and leaves:
            found = rushlight.autograd.grad(tracked, leaves, ones, allow_unused=True)
        return [None if t is None else t.numpy(force=True) for t in (*outs, *found)]
    except Exception as error:
        return f"{type(error).__name__}: {error}"


# A number that is read through a bit is copied first, and then is no longer one element all along.
WITH_BITS = [s for s in SAMPLES if s[0].path != "sort of one element all along"]


@pytest.mark.parametrize("pair", of_today(WITH_BITS), ids=name)
def test_operands_with_bits(pair: tuple[Row, Call]) -> None:
    """All arguments at once, and one by one, for the kernels that only look at some."""
    row, sample = pair
    for dtype in ("float32", "complex128"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            plain = results(row, sample, dtype, None)
            for chosen in (..., *range(len(sample.args)), *sample.kwargs):
                if row.path == "view_as_real":  # refused with a bit, as test_conjugate tells
                    continue
                ours = results(row, sample, dtype, chosen)
                if isinstance(plain, str) or isinstance(ours, str):
                    assert isinstance(ours, str) and isinstance(plain, str), (ours, plain)
                    continue
                assert len(ours) == len(plain)
                for a, b in zip(ours, plain):
                    assert (a is None) == (b is None)
                    if a is not None:
                        assert (a.shape, a.dtype) == (b.shape, b.dtype)
                        np.testing.assert_allclose(a, b, 1e-4, 1e-5)


# -- programs --------------------------------------------------------------------------------------

STEPS = """
    v = v.conj()
    v = v._neg_view()
    v = v.mH if v.ndim == 2 else v.conj()
    v = v.imag if v.is_complex() else v
    v = v.real
    v = v[1:] if v.ndim and v.shape[0] > 1 else v
    v = v.mT if v.ndim == 2 else v
    v = v[None].squeeze(0)
    v = v.reshape(-1)
    v = v.detach()
    v = v.resolve_conj()
    v = v.resolve_neg()
    v = v.clone()
    v = v * v.conj()
    v = v + v.real
    v = v.to(lib.complex128)
    v = v * 0.5 - w.real.sum()
    v = v @ v.mH if v.ndim == 2 else v
    v = lib.view_as_complex(lib.stack([v, v], -1)) if not v.is_complex() else v
    v = x
    v = w
    v = kept
    kept = v
    x = x * 1
    x.add_(0.5)
    v.mul_(0.5)
    v.add_(w.imag.sum())
    v.copy_(v.clone() * 2)
    v.copy_(v.conj())
    v.zero_()
    v.fill_(w[0, 0] if v.is_complex() else w.real[0, 0])
    v.neg_()
    v.conj_physical_()
    v.real.mul_(2)
    v.imag.add_(1) if v.is_complex() else v.mul_(3)
    v[...] = v.conj().clone()
    v[0] = v[-1].clone() if v.ndim else 1
    with lib.no_grad(): v = v.conj()
    with lib.no_grad(): v.mul_(0.5)
""".strip().splitlines()


def play(lib: Any, steps: list[str]) -> list[Any]:
    """Run a program; return what is to be seen of it after each step."""
    w = lib.tensor([[1 + 2j, 3 - 4j], [5j, -1 + 1j]], dtype=lib.complex128, requires_grad=True)
    x = w * 1
    names = {"lib": lib, "w": w, "x": x, "v": x, "kept": x.conj()}
    seen: list[Any] = []
    for step in steps:
        try:
            exec(step, names)
        except Exception as error:
            seen.append((type(error).__name__, str(error).split("\n")[0]))
            continue
        for key in ("v", "kept", "x"):
            t = names[key]
            values = t.detach().resolve_conj().resolve_neg()
            try:
                recorded = t.requires_grad, t.is_leaf
            except RuntimeError as error:
                recorded = str(error).split(".")[0]
            seen.append((t.is_conj(), t.is_neg(), t._version, recorded, values))
    for key in ("v", "kept", "x"):
        t = names[key]
        try:
            cotangent = lib.ones_like(t) * (2 - 1j if t.is_complex() else 2)
            found = lib.autograd.grad(t, w, cotangent, allow_unused=True, retain_graph=True)[0]
            seen.append(found if found is None else found.resolve_conj())
        except RuntimeError as error:
            seen.append(str(error).split(".")[0])
    return seen


@pytest.mark.parametrize("seed", range(300))
def test_programs(seed: int) -> None:
    rng = random.Random(seed)
    steps = [step.strip() for step in rng.choices(STEPS, k=rng.randint(3, 14))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = play(rushlight, steps), play(judge, steps)
    assert len(ours) == len(theirs), steps
    for mine, other in zip(ours, theirs):
        _same(mine, other, steps)


def _same(mine: Any, other: Any, steps: list[str]) -> None:
    if isinstance(mine, tuple) and isinstance(other, tuple):
        assert len(mine) == len(other), (mine, other, steps)
        for a, b in zip(mine, other):
            _same(a, b, steps)
    elif isinstance(mine, rushlight.Tensor) and isinstance(other, judge.Tensor):
        a, b = mine.detach().numpy(), other.detach().numpy()
        assert a.shape == b.shape and a.dtype == b.dtype, steps
        np.testing.assert_allclose(a, b, 1e-9, 1e-12, err_msg=str(steps))
    else:
        assert mine == other, (mine, other, steps)
