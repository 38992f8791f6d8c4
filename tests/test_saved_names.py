"""``_saved_*`` and ``_raw_saved_*`` of nodes: PyTorch's names, and PyTorch's values."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import rushlight
from rushlight.ops.saved_table import TABLE
from tests.both import story
from tests.samples import SAMPLES
from tests.samples.row import Row, realize
from tests.sweeping import tracked

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")

# What PyTorch saves and we don't, by the node's name without Backward: the values themselves
# (docs/deviations.md), and arguments that no formula needs.
MISSING = {
    "Abs0": "self",  # of l1_loss, which is one node
    "AdaptiveAvgPool2D0 AdaptiveAvgPool3D0 AdaptiveMaxPool2D0 AdaptiveMaxPool3D0": "self",
    "Amax0 Amin0 Aminmax0": "keepdim",
    "AvgPool2D0 AvgPool3D0": "ceil_mode self",
    "Complex0": "imag real",
    "Convolution0": "bias_sym_sizes_opt output_padding transposed",
    "ConvTbc0": "bias",
    "CtcLoss0": "input_lengths result1 target_lengths",
    "Cummax0 Cummin0 Gather0 MaskedSelect0 Take0 Erfinv0": "self",
    "Div0 Mul0": "other self",  # last steps of compositions that are one node
    "Div1": "other",  # of cross entropy, which is one node
    "Div2": "other rounding_mode self",
    "FftC2C0 FftC2R0 FftR2C0": "normalization self",
    "LinalgSvd0": "full_matrices",
    "LinalgDet0 LinalgSlogdet0 LinalgSolveEx0": "LU pivots",
    "EmbeddingBag0": "indices mode offsets padding_idx per_sample_weights result1 result2 result3 "
    "scale_grad_by_freq sparse weight",
    "FractionalMaxPool2D0 FractionalMaxPool3D0": "kernel_size self",
    "IndexAdd0 IndexCopy0": "source source_dim",
    "IndexPut0": "raw_indices",
    "IndexReduce0": "source",
    "Ldexp0": "result",
    "LogSigmoid0": "buffer",
    "MaxPool2DWithIndices0 MaxPool3DWithIndices0": "ceil_mode result1 self",
    "Mean0": "self_sym_numel self_sym_sizes",
    "Mean1": "dim keepdim",
    "MultilabelMarginLoss0": "is_target",
    "NativeBatchNorm0": "result1 result2 running_mean running_var training",
    "NativeGroupNorm0": "C HxW N result1 result2",
    "NativeLayerNorm0": "bias result1 result2",
    "NllLoss0 NllLoss2D0": "self total_weight",
    "Permute0": "dims",  # of x.T
    "Prod0 Prod1": "result",
    "Put0": "source",
    "ReflectionPad1D0 ReflectionPad2D0 ReflectionPad3D0": "self",
    "ReplicationPad1D0 ReplicationPad2D0 ReplicationPad3D0": "self",
    "Renorm0": "dim",
    "RreluWithNoise0 RreluWithNoise1": "lower noise training upper",
    "ScaledDotProductFlashAttentionForCpu0": "attn_mask dropout_p logsumexp",
    "SpecialLogNdtr0": "result",
    "Squeeze1 Squeeze2 Squeeze4": "dim self_sym_sizes",
    "Sum0 UnsafeView0 View0": "self_sym_sizes",  # of compositions
    "Transpose0": "dim0 dim1",  # of x.mT
    "Unsqueeze0": "dim",
}
# Values that say the same thing in another way, or are of another step: PyTorch's default is None
# where we have the number it stands for, it lets start and end of a slice go beyond the size, and
# keeps a sequence of one number as it is; some operators reshape or cast what they save.
OTHER = {
    "AbsBackward0": "self",  # of eigenvectors
    "AddmmBackward0": "mat1_sym_strides mat2_sym_strides",  # of tensors without elements
    "AsStridedBackward0": "storage_offset",
    "AvgPool2DBackward0": "stride",
    "AvgPool3DBackward0": "stride",
    "ConvolutionBackward0": "padding stride",
    "DistBackward0": "other",
    "IndexBackward0": "indices",  # a mask beside other indices counts as its coordinates
    "IndexPutBackward0": "indices",
    "LinalgEigBackward0": "eigenvectors",  # each in a direction of its own
    "LinalgEighBackward0": "eigenvectors",
    "LinalgSvdBackward0": "U Vh",
    "MaxPool2DWithIndicesBackward0": "kernel_size stride",
    "MaxPool3DWithIndicesBackward0": "kernel_size stride",
    "MmBackward0": "mat2 mat2_sym_strides self self_sym_strides",  # matrix_power
    "MseLossBackward0": "target",
    "NansumBackward0": "self",
    "NativeBatchNormBackward0": "input",
    "NllLoss2DBackward0": "target total_weight",
    "NllLossBackward0": "total_weight",
    "PermuteBackward0": "dims",
    "ProdBackward1": "self",
    "ScaledDotProductFlashAttentionForCpuBackward0": "key scale value",  # of shared heads
    "ScatterReduceBackward0": "src",
    "SliceBackward0": "start end",
    "SliceScatterBackward0": "start end",
    "SoftMarginLossBackward0": "target",
    "SplitBackward0": "split_size",
    "SqueezeBackward1": "self_sym_sizes",
    "StdBackward0": "correction",
    "StdMeanBackward0": "correction",
    "VarBackward0": "correction",
    "VarMeanBackward0": "correction",
}
DIMENSIONS = ("dim", "dims", "dim0", "dim1", "dim2", "dimension")

ROWS: dict[int, tuple[Row, list[Any]]] = {}
for row, sample in SAMPLES:
    if row.grad:
        ROWS.setdefault(id(row), (row, []))[1].append(sample)


NAMED = {n for n in TABLE.replace(":", " ").split() if n[0].isupper()}


def is_named(node: Any) -> bool:
    """Whether our table has a line for the node; those of operators to come may be without."""
    return node.name().replace("Backward0", "").replace("Backward", ".") in NAMED


def missing(name: str) -> set[str]:
    key = name.replace("Backward", "")
    found = {n for keys, names in MISSING.items() if key in keys.split() for n in names.split()}
    return {f"_saved_{n}" for n in found} | {f"_raw_saved_{n.removeprefix('raw_')}" for n in found}


def outputs(lib: Any, row: Row, sample: Any) -> list[Any]:
    args, kwargs, _ = realize(lib, sample, grad=True)
    return [t for t in tracked(lib, row.run(lib, args, kwargs)) if t.grad_fn is not None]


def saved_names(node: Any) -> set[str]:
    return {n for n in dir(node) if n.startswith(("_saved_", "_raw_saved_"))}


def signed(value: Any) -> Any:
    return value - 2**64 if type(value) is int and value >= 2**63 else value


def same_dimensions(ours: Any, theirs: Any) -> bool:
    """Counted from the front or the back, in any order; None for all, which may be one or none."""
    if ours is None or theirs is None or theirs == ():
        return ours is None or len(set(ours)) == len(ours)
    if isinstance(theirs, tuple):
        front = {i for i in map(signed, theirs) if i >= 0}
        return len(ours) == len(theirs) and front <= set(ours)
    a, b = signed(ours), signed(theirs)
    return a == b or (a < 0) != (b < 0)


def alike(ours: Any, theirs: Any, name: str) -> bool:
    if name in DIMENSIONS:
        return same_dimensions(ours, theirs)
    if isinstance(theirs, torch.Tensor):
        same = str(ours.dtype).split(".")[1] == str(theirs.dtype).split(".")[1]
        x, y = ours.detach().numpy(), theirs.detach().resolve_conj().numpy()
        return same and x.shape == y.shape and np.allclose(x, y, rtol=1e-6, equal_nan=True)
    if isinstance(theirs, (tuple, list)):
        same = isinstance(ours, tuple) and len(ours) == len(theirs)
        return same and all(alike(a, b, name) for a, b in zip(ours, theirs))
    if isinstance(theirs, float):
        return bool(np.isclose(ours, theirs, rtol=1e-6, equal_nan=True))
    return bool(ours == theirs)


@pytest.mark.parametrize("pair", list(ROWS.values()), ids=lambda p: p[0].path)
def test_names_and_values(pair: tuple[Row, list[Any]]) -> None:
    row, samples = pair
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for sample in samples:
            for t, u in zip(outputs(torch, row, sample), outputs(rushlight, row, sample)):
                theirs, ours = t.grad_fn, u.grad_fn
                if theirs.name() != ours.name() or not is_named(ours):
                    continue
                names, own = saved_names(theirs), saved_names(ours)
                assert own <= names, (ours.name(), own - names)
                assert names - own <= missing(ours.name()), (ours.name(), names - own, str(sample))
                known = OTHER.get(ours.name(), "").split()
                for full in sorted(own):
                    name = full.removeprefix("_raw").removeprefix("_saved_")
                    if name in known:
                        continue
                    mine, other = getattr(ours, full), getattr(theirs, full)
                    if name == "reduction" and other > 2:  # no reduction's number, told as none's
                        other = 0
                    if full.startswith("_raw"):
                        assert type(mine).__name__ == type(other).__name__
                    else:
                        assert alike(mine, other, name), (ours.name(), full, mine, other)


# -- stories ---------------------------------------------------------------------------------------


def leaf(lib: Any) -> Any:
    return lib.tensor([2.0, 3.0], requires_grad=True)


@story
def test_an_input_is_the_tensor_itself(lib: Any) -> Any:
    x = leaf(lib)
    y = x * 2
    a, b = (x * y).grad_fn, y.sin().grad_fn
    return a._saved_self is x, a._saved_other is y, b._saved_self is y, b._saved_self.grad_fn


@story
def test_an_output_is_another_tensor_of_the_same_history(lib: Any) -> Any:
    y = leaf(lib).exp()
    saved = y.grad_fn._saved_result
    same = saved.data_ptr() == y.data_ptr()
    return saved is y, saved.grad_fn is y.grad_fn, saved.requires_grad, same, saved


@story
def test_what_was_not_needed_is_none(lib: Any) -> Any:
    x, c = leaf(lib), lib.ones(2)
    a, b, d = (x * c).grad_fn, (c * x).grad_fn, (x * 2).grad_fn
    e, f = (x * 2.5).grad_fn, (x / 4).grad_fn
    return (
        (a._saved_self, a._saved_other is c),
        (b._saved_self is c, b._saved_other),
        (d._saved_self, d._saved_other, e._saved_other, f._saved_other),
        type(a._raw_saved_self).__name__,
    )


@story
def test_other_attributes_are_missing(lib: Any) -> Any:
    from tests.both import attempt

    node = (leaf(lib) * 2).grad_fn
    return (
        hasattr(node, "_saved_result"),
        hasattr(node, "_saved_nothing"),
        attempt(lambda: node._saved_result),
        attempt(lambda: node._raw_saved_dim),
    )


@story
def test_numbers_outlive_the_graph_and_tensors_do_not(lib: Any) -> Any:
    from tests.both import attempt

    x = leaf(lib)
    y = x.sum(0, True).pow(3)
    power, total = y.grad_fn, y.grad_fn.next_functions[0][0]
    y.sum().backward()
    return (
        power._saved_exponent,
        total._saved_dim,
        total._saved_keepdim,
        total._saved_self_sym_sizes,
        attempt(lambda: power._saved_self),
        type(power._raw_saved_self).__name__,
        attempt(lambda: power._raw_saved_self.register_hooks(id, id)),
    )


@story
def test_versions_are_looked_at(lib: Any) -> Any:
    from tests.both import attempt

    x = leaf(lib)
    y = x * 1
    z, e = y.sin(), x.exp()
    y.add_(1)
    e.add_(1)
    return (
        attempt(lambda: z.grad_fn._saved_self),
        attempt(lambda: e.grad_fn.next_functions[0][0]._saved_result),
        z.grad_fn._raw_saved_self.data,
    )


@story
def test_indices_are_a_tuple(lib: Any) -> Any:
    x = lib.ones(2, 3, requires_grad=True)
    i = lib.tensor([0, 1])
    a, b, c = x[i].grad_fn, x[:, i].grad_fn, x[x > 2].grad_fn
    return (
        a._saved_indices[0] is i or a._saved_indices,
        b._saved_indices[0],
        b._saved_indices[1],
        c._saved_indices,
        [type(s).__name__ for s in b._raw_saved_indices],
        a._saved_self_sym_sizes,
    )


@story
def test_steps_of_basic_indices(lib: Any) -> Any:
    x = lib.ones(4, 5, requires_grad=True)
    nodes = [t.grad_fn for t in (x[1], x[-1], x[:, 2], x[..., 3], x[0, 1], x[1:3], x[:, ::2])]
    return [[(n, getattr(node, n)) for n in dir(node) if n.startswith("_saved_")] for node in nodes]


@story
def test_linear_saves_the_transposed_weight(lib: Any) -> Any:
    x, w, b = lib.ones(2, 3), lib.ones(4, 3, requires_grad=True), lib.ones(4)
    node = lib.nn.functional.linear(x.requires_grad_(), w, b).grad_fn
    return (
        node._saved_mat1 is x,
        node._saved_mat2.shape,
        node._saved_mat2_sym_sizes,
        node._saved_mat2_sym_strides,
        node._saved_mat1_sym_sizes,
        node._saved_alpha,
        node._saved_beta,
    )
