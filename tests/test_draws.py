"""Calls that nobody wrote: an operator of the sample table with other sizes, values and layouts.

Hypothesis draws a row, one of its calls, a dtype, new sizes for the sizes in it (the same for the
same), the values and how each tensor lies in memory. Both libraries run the call; results agree in
values, dtypes and shapes, first derivatives too, and what fails fails with the same type of error.

``RUSHLIGHT_DRAWS`` says how many calls; 2,000 by default.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.samples import ROWS
from tests.samples.row import Call, Row, Spec
from tests.sweeping import array, cotangent, flat, outcome, tracked

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")
hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

DRAWS = int(os.environ.get("RUSHLIGHT_DRAWS", "2000"))
SIZES = (0, 1, 2, 3, 4, 5, 7)
LAYOUTS = ("C", "transposed", "strided", "expanded", "offset", "reversed")
TOLERANCE = {"float16": 4e-3, "float32": 2e-4, "complex64": 2e-4}

# Whose results depend on more than the rounding of the last digits: on signs that are a choice, on
# which of several singular values vanishes, or (in PyTorch) on memory that was never written.
UNSTABLE = """
    linalg.eig linalg.eigh linalg.eigvals linalg.svd linalg.qr linalg.lstsq linalg.pinv pinverse
    linalg.cond linalg.inv linalg.inv_ex inverse linalg.solve linalg.solve_ex linalg.tensorinv
    linalg.tensorsolve linalg.matrix_rank linalg.matrix_exp matrix_exp linalg.lu_solve lu_solve
    linalg.ldl_factor linalg.ldl_solve linalg.householder_product orgqr ormqr geqrf lu_unpack lu
    linalg.lu linalg.lu_factor linalg.lu_factor_ex linalg.cholesky linalg.cholesky_ex cholesky
    cholesky_solve cholesky_inverse linalg.solve_triangular triangular_solve linalg.slogdet slogdet
    linalg.det det logdet linalg.eigvalsh linalg.svdvals linalg.matrix_norm linalg.norm norm
    nuclear_norm linalg.matrix_power matrix_power svd qr symeig
"""
# What has sweeps of its own (and `as_strided_scatter` reads memory, which is laid out otherwise).
ROOMS = ("nn.", "special.", "conv", "native_", "bilinear", "pixel_", "embedding", "ctc_loss")
ROOMS += ("histogram", "as_strided_scatter")
DRAWN = [
    row
    for row in ROWS
    if row.fn is None and row.calls and row.path not in UNSTABLE and not row.path.startswith(ROOMS)
]


def specs(value: Any) -> list[Spec]:
    """The tensors in an argument."""
    if isinstance(value, Spec):
        return [value]
    if isinstance(value, (list, tuple)):
        return [s for v in value for s in specs(v)]
    return []


def laid_out(values: Any, layout: str) -> Any:
    """An array of these values that lies in memory as `layout` says."""
    if not values.ndim or layout == "C":
        return values
    if layout == "transposed":
        return np.ascontiguousarray(values.T).T
    if layout == "strided":
        return np.repeat(values, 2, axis=-1)[..., ::2]
    if layout == "offset":
        wide = np.concatenate([values[:1], values]) if len(values) else values
        return wide[1:] if len(values) else wide
    if layout == "expanded" and values.shape[0]:
        return np.broadcast_to(values[:1], values.shape)
    return values


def tensor_of(lib: Any, values: Any, layout: str) -> Any:
    if layout == "reversed" and values.ndim:  # torch has no negative strides: a flipped copy
        return lib.from_numpy(np.ascontiguousarray(values[::-1])).flip(0)
    placed = laid_out(values, layout)
    made = lib.from_numpy(np.array(placed) if layout in ("C", "expanded") else placed)
    return (
        made[:1].expand(*made.shape)
        if layout == "expanded" and len(made.shape) and len(made)
        else made
    )


@st.composite
def calls(draw: Any) -> Any:
    """A row, a call of it, a dtype, and for each tensor its values and its layout."""
    row: Row = draw(st.sampled_from(DRAWN))
    sample: Call = draw(st.sampled_from(row.calls))
    dtype = draw(st.sampled_from(row.dtypes))
    tensors = [s for a in (*sample.args, *sample.kwargs.values()) for s in specs(a)]
    old = sorted({n for s in tensors for n in s.shape if n > 1 and s.values is None})
    new = {n: draw(st.sampled_from(SIZES)) for n in old} if draw(st.booleans()) else {}
    rng = np.random.RandomState(draw(st.integers(0, 2**31 - 1)))
    made = []
    for s in tensors:
        shape = s.shape if s.values is not None else tuple(new.get(n, n) for n in s.shape)
        layout = draw(st.sampled_from(LAYOUTS))
        plain = Spec(shape, s.kind, s.low, s.high, s.grad, s.dtype, s.values)
        try:
            values = plain.array(dtype, int(rng.randint(2**31 - 1)))
        except (OverflowError, ValueError):  # nan, or -1, and a dtype that hasn't them
            hypothesis.reject()
        if s.kind == "float" and values.dtype.kind == "f" and draw(st.booleans()):
            values = (np.round(values * 2) / 2).astype(values.dtype)  # ties, zeros
            values = np.clip(values, s.low, s.high).astype(values.dtype)
        made.append((np.asarray(values), layout, plain.differentiable))
    return row, sample, dtype, made


def run(lib: Any, row: Row, sample: Call, made: list[Any], grad: bool) -> tuple[Any, list[Any]]:
    """Call in one library; return results and the tensors to differentiate by."""
    rest = iter(made)
    leaves: list[Any] = []

    def make(value: Any) -> Any:
        if isinstance(value, Spec):
            values, layout, differentiable = next(rest)
            tensor = tensor_of(lib, values, layout)
            if grad and differentiable and values.dtype.kind in "fc":
                tensor = tensor.detach().requires_grad_()
                leaves.append(tensor)
            return tensor
        if isinstance(value, (list, tuple)):
            return type(value)([make(v) for v in value])
        if isinstance(value, str) and value.startswith("dtype:"):
            return getattr(lib, value[6:])
        return value

    args = [make(a) for a in sample.args]
    kwargs = {k: make(v) for k, v in sample.kwargs.items()}
    return row.run(lib, args, kwargs), leaves


def gradients(lib: Any, row: Row, sample: Call, made: list[Any]) -> Any:
    result, leaves = run(lib, row, sample, made, True)
    outs = tracked(lib, result)
    if not outs or not leaves:
        return []
    weights = [cotangent(lib, t, i).detach() for i, t in enumerate(outs)]
    return lib.autograd.grad(outs, leaves, weights, allow_unused=True)


def agree(ours: Any, theirs: Any) -> None:
    ours, theirs = flat(ours), flat(theirs)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs):
        if a is None or b is None:
            assert all(t is None or not np.any(array(t)) for t in (a, b))
        elif isinstance(b, torch.Tensor):
            assert (str(a.dtype), tuple(a.shape)) == (str(b.dtype), tuple(b.shape))
            x, y = np.asarray(array(a)), np.asarray(array(b))
            rtol = TOLERANCE.get(str(y.dtype), 1e-8)
            scale = np.abs(y[np.isfinite(y)]).max(initial=1.0) if y.dtype.kind in "fc" else 0.0
            np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol * scale)
        elif isinstance(b, (bool, int, str)):
            assert a == b


# PyTorch's kernels stumble over layouts and empty tensors: there is nothing to learn from these.
STUMBLES = ("view size is not compatible", "MKL FFT error", "setStorage: sizes")


def judged(row: Row, made: list[Any], mine: Any, error: Any) -> bool:
    """Whether PyTorch's answer says what is right."""
    if error is not None:
        return not any(text in str(error) for text in STUMBLES)
    empty = any(not values.size for values, _, _ in made)
    if empty and row.path == "addmv":  # the first argument's shape, whatever the product's is
        return False
    bools = any(values.dtype == np.bool_ for values, _, _ in made)
    if bools and isinstance(mine, NotImplementedError):  # it has products of bools in some layouts
        return False
    blind = isinstance(mine, IndexError) or row.path == "index_put"
    return not (empty and mine is not None and blind)  # it looks at no index into nothing


@hypothesis.settings(
    max_examples=DRAWS,
    deadline=None,
    database=None,
    derandomize="RUSHLIGHT_DRAWS" not in os.environ,
    suppress_health_check=list(hypothesis.HealthCheck),
)
@hypothesis.given(calls())
def test_drawn_calls(drawn: Any) -> None:
    row, sample, dtype, made = drawn
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, error = outcome(lambda: run(torch, row, sample, made, False)[0])
        ours, mine = outcome(lambda: run(rushlight, row, sample, made, False)[0])
        if not judged(row, made, mine, error):
            return
        if error is not None:
            assert type(mine).__name__ == type(error).__name__, (
                row.path,
                sample,
                made,
                mine,
                error,
            )
            return
        if mine is not None:
            raise mine
        agree(ours, theirs)
        if not row.grad or dtype in ("float16", "bfloat16"):
            return
        theirs, error = outcome(lambda: gradients(torch, row, sample, made))
        ours, mine = outcome(lambda: gradients(rushlight, row, sample, made))
        if error is None:
            if mine is not None:
                raise mine
            agree(ours, theirs)
