"""Sequences of several lengths: packed one step after another, or padded to one length.

>>> import rushlight as torch
>>> from rushlight.nn.utils.rnn import pack_sequence, pad_packed_sequence
>>> packed = pack_sequence([torch.tensor([1, 2, 3]), torch.tensor([4])])
>>> packed.data, packed.batch_sizes
(tensor([1, 4, 2, 3]), tensor([2, 1, 1]))
>>> pad_packed_sequence(packed, batch_first=True)
(tensor([[1, 2, 3],
        [4, 0, 0]]), tensor([3, 1]))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from rushlight import dtypes
from rushlight.ops.outputs import type_name
from rushlight.ops.shape import cat
from rushlight.tensor import Tensor, wrap

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Packed):
    """The rows of all sequences, step by step, and how many rows each step has.

    Sequences stand in the order of their lengths, longest first; `sorted_indices` has their numbers
    in that order, or None where they came so. Make one by `pack_padded_sequence` or
    `pack_sequence`.
    """

    __slots__ = ()

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        """Take the parts, or a pair of the first two."""
        if batch_sizes is None:
            assert isinstance(data, (list, tuple)) and len(data) == 2, (
                "Expected data to be a list or tuple of length 2"
            )
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def _changed(self, change: Callable[[Tensor], Tensor]) -> PackedSequence:
        data = change(self.data)
        return self if data is self.data else self._replace(data=data)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Return the sequences with `data` as `Tensor.to` makes it; self where it is so already."""
        return self._changed(lambda data: data.to(*args, **kwargs))

    def double(self) -> PackedSequence:
        """Return the sequences in float64."""
        return self.to(dtypes.float64)

    def float(self) -> PackedSequence:
        """Return the sequences in float32."""
        return self.to(dtypes.float32)

    def half(self) -> PackedSequence:
        """Return the sequences in float16."""
        return self.to(dtypes.float16)

    def long(self) -> PackedSequence:
        """Return the sequences in int64."""
        return self.to(dtypes.int64)

    def int(self) -> PackedSequence:
        """Return the sequences in int32."""
        return self.to(dtypes.int32)

    def short(self) -> PackedSequence:
        """Return the sequences in int16."""
        return self.to(dtypes.int16)

    def char(self) -> PackedSequence:
        """Return the sequences in int8."""
        return self.to(dtypes.int8)

    def byte(self) -> PackedSequence:
        """Return the sequences in uint8."""
        return self.to(dtypes.uint8)

    def cpu(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Return self."""
        return self

    @property
    def is_cuda(self) -> bool:
        """False: there is only the CPU."""
        return False

    def is_pinned(self) -> bool:
        """Return False: there is no pinned memory."""
        return False


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """Return the permutation that undoes one, or None for None.

    >>> import rushlight as torch
    >>> torch.nn.utils.rnn.invert_permutation(torch.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    return None if permutation is None else permutation.argsort()


def pack_padded_sequence(
    input: Tensor,
    lengths: Tensor | Sequence[int],
    batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:
    """Pack padded sequences (T, B, ...), or (B, T, ...) with `batch_first`, of these lengths.

    They must stand longest first, unless `enforce_sorted` is False, which sorts them. RuntimeError
    for lengths that aren't so, are not positive, too long, or not as many as sequences.
    """
    given = _lengths(lengths)
    order = None
    if not enforce_sorted:
        given, order = given.sort(descending=True)
        input = input.index_select(0 if batch_first else 1, order)
    x = input.transpose(0, 1) if batch_first else input
    if x.numel() == 0:
        raise RuntimeError("Cannot pack empty tensors.")
    counts = given.tolist()
    if len(counts) != x.size(1):
        raise RuntimeError(
            "Expected `len(lengths)` to be equal to batch_size, but got "
            f"{len(counts)} (batch_size={x.size(1)})"
        )
    if any(n <= 0 for n in counts):
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' "
            "that is <= 0"
        )
    if counts != sorted(counts, reverse=True):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You "
            "can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to "
            "sidestep this requirement if you do not need ONNX exportability."
        )
    if counts[0] > x.size(0):
        raise RuntimeError(
            f"a length of {counts[0]} is longer than the sequences, which have {x.size(0)} steps"
        )
    sizes = [sum(n > t for n in counts) for t in range(counts[0])]
    data = cat(0, *(x[t, :n] for t, n in enumerate(sizes)))
    return PackedSequence(data, wrap(np.array(sizes)), order, None)


def _lengths(lengths: Any) -> Tensor:
    if not isinstance(lengths, Tensor):
        lengths = wrap(np.array(lengths, np.int64))
    if lengths.dim() != 1:
        kind = str(lengths.type()).removeprefix("torch.").removesuffix("Tensor")
        raise RuntimeError(
            "'lengths' argument should be a 1D CPU int64 tensor, but got "
            f"{lengths.dim()}D cpu {kind} tensor"
        )
    whole: Tensor = lengths.to(dtypes.int64)
    return whole


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Return padded sequences (T, B, ...) or (B, T, ...), in their first order, and the lengths.

    T is the longest length, or `total_length`; ValueError for a shorter one.
    """
    sizes = sequence.batch_sizes.tolist()
    steps = len(sizes)
    if total_length is not None and total_length < steps:
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but "
            f"got total_length={total_length} and max sequence length being {steps}"
        )
    data, batch = sequence.data, sizes[0]
    shape = (steps if total_length is None else total_length, batch, *data.shape[1:])
    padded = data.new_full(shape, padding_value)
    rows = np.flatnonzero(np.arange(batch) < np.array(sizes)[:, None])  # (step, sequence) flat
    if len(rows):
        flat = padded.flatten(0, 1).index_copy(0, wrap(rows), data)
        padded = flat.unflatten(0, shape[:2])
    lengths = wrap((np.array(sizes)[:, None] > np.arange(batch)).sum(0))
    back = sequence.unsorted_indices
    if batch_first:
        padded = padded.transpose(0, 1)
    if back is not None:
        padded, lengths = padded.index_select(0 if batch_first else 1, back), lengths[back]
    return padded, lengths


def pad_sequence(
    sequences: Any,
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Stack sequences (L, ...) of several lengths to (T, B, ...), or (B, T, ...).

    >>> import rushlight as torch
    >>> torch.nn.utils.rnn.pad_sequence([torch.ones(2), torch.ones(1)])
    tensor([[1., 1.],
            [1., 0.]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            "pad_sequence: Expected iterable for input sequences, but got arg of type: "
            f"{type(sequences)}"
        )
    parts = list(sequences.unbind(0)) if isinstance(sequences, Tensor) else list(sequences)
    if not parts:
        raise RuntimeError("received an empty list of sequences")
    for i, part in enumerate(parts):
        if not isinstance(part, Tensor):
            raise TypeError(
                f"expected Tensor as element {i} in argument 0, but got {type_name(part)}"
            )
    if padding_side not in ("left", "right"):
        raise RuntimeError(
            f"Expected padding_side to be one of left or right, but got {padding_side}."
        )
    longest, rest = max(part.size(0) for part in parts), parts[0].shape[1:]
    shape = (len(parts), longest, *rest) if batch_first else (longest, len(parts), *rest)
    out: Tensor = parts[0].new_full(shape, padding_value)
    for i, part in enumerate(parts):
        steps = (
            slice(longest - part.size(0), longest)
            if padding_side == "left"
            else slice(part.size(0))
        )
        out[(i, steps) if batch_first else (steps, i)] = part
    return out


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """Return the sequences of a padded batch, each of its own length."""
    x = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[:n] for row, n in zip(x, lengths.tolist(), strict=True)]


def pack_sequence(sequences: list[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences (L, ...), longest first unless `enforce_sorted` is False."""
    lengths = [part.size(0) for part in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Return the sequences of a packed batch, in their first order."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
