"""In-place methods that PyTorch has as functions too: ``torch.exp_(x)`` is ``x.exp_()``.

They are looked up on Tensor one by one, since each may open another family.
"""

from __future__ import annotations

from typing import Any

from rushlight.tensor import Tensor

_NAMES = """
    abs acos acosh addmv arccos arccosh arcsin arcsinh arctan arctanh as_strided asin asinh atan
    atanh ceil clamp clamp_max clamp_min clip conj_physical cos cosh deg2rad erf erfc exp exp2 expm1
    fix floor frac gcd i0 index_put lcm ldexp log log10 log1p log2 logit nan_to_num neg negative
    rad2deg reciprocal round rsqrt sigmoid sin sinc sinh sqrt square tan tanh trunc xlogy
"""

__all__ = [f"{name}_" for name in _NAMES.split()]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(Tensor, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
