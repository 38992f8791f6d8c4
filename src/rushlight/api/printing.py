"""How tensors print: `repr`, and the options for it."""

from __future__ import annotations

from typing import Any

from rushlight.autograd.forward_ad import tangent
from rushlight.formatting import format_tensor, get_printoptions, set_printoptions
from rushlight.kernels.flipped import resolved
from rushlight.tensor import Tensor

__all__ = ["get_printoptions", "set_printoptions"]


_PARAMETERS = "rushlight.nn.parameter"


def _repr(self: Tensor, *, tensor_contents: Any = None) -> str:
    try:
        fn = self.grad_fn
        name = None if fn is None else fn.name().rpartition("::")[2]
    except RuntimeError:  # a view that must not have been written
        name = "Invalid"
    own = tangent(self)
    kind = type(self)
    plain = kind is Tensor or self._interpreter is not None or kind.__module__ == _PARAMETERS
    text = format_tensor(
        resolved(self._array),
        prefix="tensor(" if plain else f"{kind.__name__}(",
        requires_grad=self.requires_grad,
        grad_fn_name=name,
        extra_suffixes=() if own is None else (f"tangent={own}",),
    )
    return f"Parameter({text})" if "_is_param" in vars(self) else text


ATTRIBUTES = {"__repr__": _repr}
