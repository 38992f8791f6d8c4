"""What is inside of a transform's tensors, for a look at them in a debugger."""

from __future__ import annotations

from rushlight.func.levels import Lifted
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["debug_unwrap"]


def debug_unwrap(tensor: Tensor, *, recurse: bool = True) -> Tensor:
    """Return the tensor that a transform's tensor is made of: the innermost one with `recurse`.

    What comes out isn't known to the transform, so calculating with it gives wrong gradients.

    >>> import rushlight as torch
    >>> def peek(x):
    ...     print(torch.func.debug_unwrap(x))
    ...     return x
    >>> x = torch.func.vmap(peek)(torch.zeros(2))
    tensor([0., 0.])
    """
    require_tensor(tensor, "debug_unwrap", "tensor", 1)
    while isinstance(tensor, Lifted):
        tensor = tensor._value
        if not recurse:
            break
    return tensor
