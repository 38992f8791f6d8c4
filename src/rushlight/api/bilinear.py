"""Products of two vectors through a stack of matrices."""

from __future__ import annotations

from rushlight.api.einsum import contracted
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["bilinear"]


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return ``input1 @ weight[o] @ input2`` for every output `o`, plus `bias`.

    `input1` is ``(*, in1)``, `input2` ``(*, in2)``, `weight` (out, in1, in2), `bias` (out).

    >>> import rushlight as torch
    >>> import rushlight.nn.functional as F
    >>> F.bilinear(torch.ones(5, 2), torch.ones(5, 3), torch.ones(4, 2, 3)).shape
    torch.Size([5, 4])
    """
    tensors = (("input1", input1), ("input2", input2), ("weight", weight))
    for position, (name, x) in enumerate(tensors, 1):
        require_tensor(x, "bilinear", name, position)
    _check_bilinear(input1, input2, weight, bias)
    lead = tuple(range(input1.ndim - 1))
    o, i, j = (len(lead) + k for k in range(3))
    result = contracted(((*lead, i), (o, i, j), (*lead, j)), (*lead, o), [input1, weight, input2])
    return result if bias is None else result + bias


def _check_bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    if input1.ndim != input2.ndim:
        raise RuntimeError(
            f"bilinear(): input dimensions do not match: got {input1.ndim} and {input2.ndim}"
        )
    for i, (m, n) in enumerate(zip(input1.shape[:-1], input2.shape[:-1])):
        if m != n:
            raise RuntimeError(
                f"bilinear(): input batch dimensions do not match at dim {i}: got {m} and {n}"
            )
    for k, x in enumerate((input1, input2), 1):
        if x.shape[-1] != weight.shape[k]:
            raise RuntimeError(
                f"bilinear(): input{k} size does not match weight size: got {x.shape[-1]} but "
                f"expected {weight.shape[k]}"
            )
    if bias is not None and bias.shape[0] != weight.shape[0]:
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.shape[0]} but expected "
            f"{weight.shape[0]}"
        )
