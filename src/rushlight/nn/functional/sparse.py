"""embedding and one_hot."""

from __future__ import annotations

from rushlight.api.embedding import check_index, renormalize
from rushlight.ops import embedding as ops
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["embedding", "one_hot"]


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Return rows of `weight` (V, D): shape ``input.shape + (D,)``, for int64 or int32 indices.

    The row `padding_idx` gets no gradient; with `max_norm`, rows looked up are first rescaled in
    place to at most that norm. IndexError for an index out of range.

    >>> import rushlight as torch
    >>> torch.nn.functional.embedding(torch.tensor([1, 0]), torch.tensor([[1.0], [2.0]]))
    tensor([[2.],
            [1.]])
    """
    require_tensor(weight, "embedding", "weight", 1)
    require_tensor(input, "embedding", "indices", 2)
    if sparse:
        raise NotImplementedError("embedding: Rushlight has no sparse gradients")
    rows = weight.size(0)
    if padding_idx is None:
        padding = -1
    else:
        if padding_idx > 0 and padding_idx >= rows:
            raise AssertionError("Padding_idx must be within num_embeddings")
        if padding_idx < -rows:
            raise AssertionError("Padding_idx must be within num_embeddings")
        padding = padding_idx if padding_idx >= 0 else rows + padding_idx
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    check_index("embedding", input)
    if max_norm is not None:
        renormalize(weight, input, max_norm, norm_type)
    return ops.embedding(weight, input, padding, scale_grad_by_freq)  # type: ignore[no-any-return]


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Return int64 zeros with a one at each class: shape ``tensor.shape + (num_classes,)``.

    >>> import rushlight as torch
    >>> torch.nn.functional.one_hot(torch.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    require_tensor(tensor, "one_hot", "self", 1)
    if str(tensor.dtype) != "torch.int64":
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    return ops.one_hot(tensor, num_classes)  # type: ignore[no-any-return]
