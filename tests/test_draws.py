"""Calls that nobody wrote: an operator of the sample table with other sizes, values and layouts.

Each number draws a row, one of its calls, a dtype, new sizes for the sizes in it (the same for the
same) or another argument, the values, and how each tensor lies in memory. Both libraries run the
call; results agree in values, dtypes and shapes, first derivatives too, and what fails fails with
the same type of error.

hypothesis draws the numbers, none twice; drawing every part of a call by itself, it had drawn half
of the calls before. ``RUSHLIGHT_DRAWS`` says how many calls, 2,000 by default, and
``RUSHLIGHT_DRAWS_FROM`` the first number: by default 0, so that a day's calls are those of the day
before. A failure names its number: ``RUSHLIGHT_DRAWS=1 RUSHLIGHT_DRAWS_FROM=7`` draws 7 again.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import rushlight
from tests.draws import Drawn, draw, tensor_of
from tests.samples.row import Spec
from tests.sweeping import array, cotangent, flat, outcome, tracked

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")

DRAWS = int(os.environ.get("RUSHLIGHT_DRAWS", "2000"))
START = int(os.environ.get("RUSHLIGHT_DRAWS_FROM", "0"))
PARTS = min(8, DRAWS)
EACH = -(-DRAWS // PARTS)
TOLERANCE = {"float16": 4e-3, "float32": 2e-4, "complex64": 2e-4}


def run(lib: Any, drawn: Drawn, grad: bool) -> tuple[Any, list[Any]]:
    """Call in one library; return results and the tensors to differentiate by."""
    rest = iter(drawn.made)
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

    args = [make(a) for a in drawn.sample.args]
    kwargs = {k: make(v) for k, v in drawn.sample.kwargs.items()}
    lib.manual_seed(1)
    return drawn.row.run(lib, args, kwargs), leaves


def gradients(lib: Any, drawn: Drawn) -> Any:
    result, leaves = run(lib, drawn, True)
    outs = tracked(lib, result)
    if not outs or not leaves:
        return []
    weights = [cotangent(lib, t, i).detach() for i, t in enumerate(outs)]
    found = lib.autograd.grad(outs, leaves, weights, allow_unused=True)
    return [g.to_dense() if g is not None and lib is torch and g.is_sparse else g for g in found]


def agree(ours: Any, theirs: Any, drawn: Drawn) -> None:
    """Both results agree, to the digits of the coarsest dtype on the way."""
    row = drawn.row
    least = max([TOLERANCE[name] for name in TOLERANCE if f"dtype:{name}" in str(drawn)], default=0)
    ours, theirs = flat(ours), flat(theirs)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs):
        if a is None or b is None:
            assert all(t is None or not np.any(array(t)) for t in (a, b))
        elif isinstance(b, torch.Tensor):
            assert (str(a.dtype), tuple(a.shape)) == (str(b.dtype), tuple(b.shape))
            x, y = np.asarray(array(a)), np.asarray(array(b))
            own = row.rtol32 if str(y.dtype) in TOLERANCE else row.rtol
            rtol = max(TOLERANCE.get(str(y.dtype), 1e-8), 10 * own, least)
            scale = np.abs(y[np.isfinite(y)]).max(initial=1.0) if y.dtype.kind in "fc" else 0.0
            for part in ("real", "imag") if y.dtype.kind == "c" else ("real",):
                one, other = getattr(x, part), getattr(y, part)
                np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol * scale)
        elif isinstance(b, (bool, int, str)):
            assert a == b


# PyTorch's kernels stumble over layouts and empty tensors: there is nothing to learn from these.
STUMBLES = ("view size is not compatible", "MKL FFT error", "setStorage: sizes", "step must be")
STUMBLES += (
    "INTERNAL ASSERT FAILED",
    "cannot reshape tensor of 0 elements",
    "Expected X.is_contiguous",
    "select(): index 0",
)
STUMBLES += (
    "could not create a primitive",
    "Expected dim < static_cast",
    "0, 0, 0] , target",
    "non-empty 2D or 4D weight tensor expected",
)
# What PyTorch makes of empty tensors there: another shape, or memory that was never written.
LEFT_EMPTY = ("addmv", "linalg.lstsq", "pixel_unshuffle", "nn.functional.pixel_unshuffle")
LEFT_EMPTY += ("nn.functional.multi_margin_loss", "nn.functional.multilabel_margin_loss")


def judged(drawn: Drawn, mine: Any, error: Any) -> bool:
    """Whether PyTorch's answer says what is right."""
    path, arrays = drawn.row.path, [m.values for m in drawn.made]
    if path.startswith(("conv", "nn.functional.conv")) and any(0 in a.shape[1:] for a in arrays):
        return False  # of windows without elements each of its backends says something else
    if path.endswith("native_group_norm") and any(m.layout == "strided" for m in drawn.made):
        return False  # it reads past weights
    empty = any(not a.size for a in arrays)
    if empty and path == "index_select" and error is not None:
        return False  # which error there is depends on the index's dimensions
    if path == "embedding_bag" and any(m.layout == "strided" for m in drawn.made):
        return False  # what it tells of bags depends on the strides of weights
    if error is None and "The expanded size of the tensor (-" in str(mine):
        return False  # it makes tensors of negative sizes
    if isinstance(mine, RuntimeError) and "unknown mode" in str(mine):
        return False  # it goes on, in memory that was never written
    if "linear_cross_entropy" in path and "label_smoothing must be" in str(mine):
        return False  # it takes any smoothing there, though not in cross_entropy
    if error is None and "wrapping around more than once" in str(mine):
        return False  # what was cropped can't wrap around: it reads memory that was never written
    if path.startswith("conv") and "Output size is too small" in str(error):
        return False  # one of its backends has tensors without elements, another hasn't
    if path == "pow" and drawn.dtype.startswith("complex") and 0 in drawn.sample.args:
        return False  # powers of 0 aren't the same in its vectors and its scalars
    if path.startswith("corrcoef") and any(m.layout == "expanded" for m in drawn.made):
        return False  # of what never varies, rounding
    if error is not None:
        return not any(text in str(error) for text in STUMBLES)
    if path.endswith("cross_entropy") and any(a.shape[1:2] == (0,) for a in arrays):
        return False  # smoothing is divided among no classes
    if empty and path in LEFT_EMPTY:
        return False
    finite = all(np.isfinite(a).all() for a in arrays)
    if not finite and ("gelu" in path or (path == "sgn" and drawn.dtype.startswith("complex"))):
        return False  # what its vectors make of infinity its scalars don't
    if drawn.sample.kwargs.get("antialias") and arrays[0].shape[-1] < 5:
        return False  # its second pass over one column goes wrong
    bools = any(a.dtype == np.bool_ for a in arrays)
    if bools and isinstance(mine, NotImplementedError):  # it has products of bools in some layouts
        return False
    looked = any(text in str(mine) for text in ("out of bounds", "without overflow"))
    blind = isinstance(mine, IndexError) or looked or path == "index_put"
    return not (empty and mine is not None and blind)  # it looks at no argument of nothing


def differentiated(drawn: Drawn) -> bool:
    """Whether PyTorch's gradient says what is right."""
    row = drawn.row
    if not row.grad or drawn.dtype in ("float16", "bfloat16"):
        return False
    if row.path == "block_diag" and any(not m.values.size for m in drawn.made):
        return False  # it forgets the row that an empty vector takes
    if "pca_lowrank" in row.path:
        return False  # centring makes a singular value 0
    if row.path.startswith("segment_reduce"):
        return False  # it divides a cotangent among equals where it is positive
    if "stft" in row.path and any(m.layout == "expanded" for m in drawn.made):
        return False  # it shares gradients out among what lies in one place
    if "max_pool" in row.path and any(1 in m.values.shape[-3:] for m in drawn.made):
        return False  # of windows that see padding alone it picks an element beyond the end
    apart = any(m.layout in ("strided", "expanded") for m in drawn.made)
    if "batch_norm" in row.path and apart:
        return False  # it reads past running estimates
    if row.path == "nn.functional.interpolate":
        x, options = drawn.made[0].values, drawn.sample.kwargs
        mode = options.get("mode", "nearest")
        scaled = x.ndim == 5 or mode == "bicubic" or (x.ndim == 3 and mode == "nearest")
        if "scale_factor" in options and scaled:
            return False  # the gradient takes other scales than the result took
        if x.dtype == np.uint8 and x.shape[-1] == 1:
            return False  # of more than four channels of bytes it resizes no column
    if row.path == "cumprod" and drawn.dtype.startswith("complex") and drawn.sample.kwargs:
        return False  # it differentiates the product of complex numbers where only parts go on
    if row.path == "ldexp" and any(m.values.dtype.kind in "iu" for m in drawn.made):
        return False  # it takes powers of 2 in the exponent's dtype
    # Formulas that aren't meant for complex numbers, or for what is no Hermitian matrix.
    real = ("silu", "cholesky", "linalg.cholesky", "linalg.cholesky_ex")
    return not (drawn.dtype.startswith("complex") and row.path.rpartition("functional.")[2] in real)


def check(drawn: Drawn) -> None:
    """Run the call in both libraries; AssertionError, or ours, where they differ."""
    theirs, error = outcome(lambda: run(torch, drawn, False)[0])
    ours, mine = outcome(lambda: run(rushlight, drawn, False)[0])
    if not judged(drawn, mine, error):
        return
    if error is not None:
        assert type(mine).__name__ == type(error).__name__, f"{mine!r}, not {error!r}"
        return
    if mine is not None:
        raise mine
    agree(ours, theirs, drawn)
    if not differentiated(drawn):
        return
    theirs, error = outcome(lambda: gradients(torch, drawn))
    ours, mine = outcome(lambda: gradients(rushlight, drawn))
    if error is None:
        if mine is not None:
            raise mine
        agree(ours, theirs, drawn)


@pytest.mark.parametrize("part", range(PARTS))
def test_drawn_calls(part: int) -> None:
    found: list[str] = []
    first = START + part * EACH

    @settings(max_examples=EACH, phases=[Phase.generate], database=None, derandomize=True)
    @given(st.integers(first, first + EACH - 1))
    def judge(seed: int) -> None:
        drawn = draw(seed)
        error = drawn and outcome(check, drawn)[1]
        if error is not None:  # all that differ are told, not the first
            found.append(f"{drawn}\n{type(error).__name__}: {error}")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        judge()
    assert not found, f"{len(found)} differ\n" + "\n\n".join(found)
