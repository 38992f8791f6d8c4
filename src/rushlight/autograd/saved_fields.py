"""``node._saved_self`` and its kin: attributes of nodes under PyTorch's names for what they save.

All the names there are stand on the class, since a `__getattr__` would slow every other attribute
of a node down; a node has those that its operator keeps, which `rushlight.ops.saved_names` knows.
It is opened when one is read.
"""

from __future__ import annotations

from typing import Any

__all__ = ["SavedFields"]

_TENSORS = """
    A L Q R S U Vh batch1 batch2 condition eigenvalues eigenvectors end exponent grid index
    indices input inverse key log_probs mask mat mat1 mat2 max min other output pos_weight query
    result result0 result1 self sign solution src target targets tensor tensor1 tensor2
    total_weight value vec vec1 vec2 weight
"""
_OTHERS = """
    S_sym_argsize_minus_1 accumulate align_corners alpha approximate batch1_sym_argsize_0
    batch1_sym_argsize_1 batch2_sym_argsize_2 beta blank correction count_include_pad delta
    diagonal dilation dim dim0 dim1 dim2 dimension dims divisor_override downscale_factor eps
    forward group groups ignore_index include_self input_scale interpolation_mode is_causal k
    keepdim kernel_size lambd left margin mat1_sym_sizes mat1_sym_strides mat2_sym_sizes
    mat2_sym_strides max_val maxnorm min_val mode n negative_slope normalized_shape offset
    onesided ord output_size p pad padding padding_idx padding_mode reduce reduction repeats
    scale scale_grad_by_freq scales scales_d scales_h scales_w self_sym_argsize_minus_1
    self_sym_argsize_minus_2 self_sym_numel self_sym_sizes self_sym_strides shifts size
    source_sym_sizes sparse sparse_grad split_size split_sizes start step storage_offset stride
    threshold transpose unitriangular upper upscale_factor weight_sym_argsize_0 zero_infinity
"""


class _SavedField:
    """``node._saved_<name>``, or the raw one: found by `rushlight.ops.saved_names` when read."""

    __slots__ = ("name", "raw")

    def __init__(self, name: str, raw: bool) -> None:
        self.name = name
        self.raw = raw

    def __get__(self, node: Any, kind: Any = None) -> Any:
        if node is None:
            return self
        from rushlight.ops.saved_names import raw_field, read_field  # operators import us

        own = vars(node)
        full = self.full()
        if full in own:
            return own[full]
        return raw_field(node, self.name) if self.raw else read_field(node, self.name)

    def __set__(self, node: Any, value: Any) -> None:
        if self.full() in dir(node):
            raise self.unwritable(node)
        vars(node)[self.full()] = value  # as whatever else is put on the ctx of a Function

    def __delete__(self, node: Any) -> None:
        if vars(node).pop(self.full(), self) is self:
            raise self.unwritable(node)

    def full(self) -> str:
        """The attribute's own name."""
        return ("_raw_saved_" if self.raw else "_saved_") + self.name

    def unwritable(self, node: Any) -> AttributeError:
        """PyTorch's error for who wants to change what was saved."""
        return AttributeError(
            f"attribute {self.full()!r} of {type(node).__name__!r} objects is not writable"
        )


class SavedFields:
    """What makes a node show what it saved."""

    __slots__ = ()

    def read_saved(self) -> None:
        """Read all the tensors that were saved, for the errors of those that were written since."""
        from rushlight.ops.saved_names import reading_order  # operators import us

        for name in reading_order(self):
            getattr(self, "_saved_" + name)

    def __dir__(self) -> list[str]:
        from rushlight.ops.saved_names import fields, raw_names  # operators import us

        kind = type(self)
        plain = [n for n in super().__dir__() if type(getattr(kind, n, None)) is not _SavedField]
        saved = ["_saved_" + n for n in fields(self)] + ["_raw_saved_" + n for n in raw_names(self)]
        return plain + saved


for _name in (_TENSORS + _OTHERS).split():
    setattr(SavedFields, "_saved_" + _name, _SavedField(_name, False))
for _name in _TENSORS.split():
    setattr(SavedFields, "_raw_saved_" + _name, _SavedField(_name, True))
