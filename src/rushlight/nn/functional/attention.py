"""Scaled dot-product attention."""

from __future__ import annotations

import math
from typing import Any

from rushlight import dtypes
from rushlight.api.create import zeros
from rushlight.api.dropout import dropout
from rushlight.api.matrix import matmul
from rushlight.api.scalars import is_real
from rushlight.kernels.copies import check_broadcast
from rushlight.ops import attention as ops
from rushlight.ops.fast import F4, F8
from rushlight.ops.outputs import require_tensor, type_name
from rushlight.tensor import Tensor

__all__ = ["scaled_dot_product_attention"]

_NAME = "scaled_dot_product_attention"

# The kernels that a program lets PyTorch choose from; on the CPU it has "flash" and "math".
KERNELS = {"flash": True, "mem_efficient": True, "math": True, "cudnn": True}


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Return ``softmax(scale * query @ key.mT + mask) @ value`` (Vaswani et al., NeurIPS 2017).

    Queries (..., L, E), keys (..., S, E), values (..., S, F) of one floating dtype; the dimensions
    in front broadcast. `attn_mask` broadcasts to (..., L, S): True where a query may look at a key,
    or numbers that are added to the scores. With `is_causal` query i looks at keys 0 to i. A query
    that may look at none gets zeros. `scale` is 1 / sqrt(E) by default. Weights are dropped with
    probability `dropout_p`, in evaluation as well. With `enable_gqa` groups of query heads share
    the heads of key and value (dimension -3).

    RuntimeError where sizes or dtypes don't fit.

    >>> import rushlight as torch
    >>> q, k, v = torch.zeros(1, 2), torch.ones(3, 2), torch.eye(3)
    >>> torch.nn.functional.scaled_dot_product_attention(q, k, v)
    tensor([[0.3333, 0.3333, 0.3333]])
    """
    plain = attn_mask is None and scale is None and enable_gqa is False
    plain = plain and type(dropout_p) is float and dropout_p == 0.0 and type(is_causal) is bool
    if plain and _plain(query, key, value):
        factor = 1 / math.sqrt(query._array.shape[3])
        return ops.attention[ops.FUSED](query, key, value, None, is_causal, factor)[0]  # type: ignore[no-any-return]
    for position, (name, x) in enumerate((("query", query), ("key", key), ("value", value)), 1):
        require_tensor(x, _NAME, name, position)
    if attn_mask is not None:
        require_tensor(attn_mask, _NAME, "attn_mask", 4)
    if scale is not None or dropout_p != 0.0 or is_causal is not False or enable_gqa is not False:
        _check_options(dropout_p, is_causal, scale, enable_gqa)
    _check_operands(query, key, value, attn_mask)
    heads = query, key, value
    if 0 in (*query.shape[:-1], *key.shape[:-1], *value.shape):
        return _nothing(query, key, value)
    if enable_gqa:
        key, value = _shared(query, key, value)
    if not (query.dtype.is_complex and is_causal and attn_mask is not None):
        _check_kernel(query)
    fits = _fits_fused_kernel(query, key, value, *heads[1:], attn_mask, dropout_p)
    if not (KERNELS["flash"] and KERNELS["math"]):
        fits = _chosen_kernel(fits)
    fused = fits and all(x.stride(-1) == 1 for x in (query, key, value))
    if attn_mask is not None:
        if fits:
            _check_mask_dims(attn_mask)
        _check_mask(query, key, attn_mask, fused, is_causal)
    if dropout_p > 1.0:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p:g}")
    if dropout_p < 0.0 and fused:
        raise RuntimeError(f"{_NAME}_flash_attention: Currently do not support dropout > 0")
    _check_sizes(query, key, value)
    factor = 1 / math.sqrt(query.size(-1) or 1) if scale is None else scale
    tracked = attn_mask is not None and (
        attn_mask.requires_grad or attn_mask._interpreter is not None
    )
    if dropout_p > 0 or tracked or query.ndim == value.ndim == 2:
        return _composed(query, key, value, attn_mask, is_causal, factor, float(dropout_p))
    half = query.dtype.itemsize == 2
    node = ops.FUSED if fused else "ToCopyBackward0" if half else "UnsafeViewBackward0"
    result = ops.attention[node](query, key, value, attn_mask, bool(is_causal), factor)
    return result[0]  # type: ignore[no-any-return]


def _plain(query: Any, key: Any, value: Any) -> bool:
    """Whether all looks at the operands would find nothing, which take 30 us of 75."""
    if not type(query) is type(key) is type(value) is Tensor:
        return False
    q, k, v = query._array, key._array, value._array
    return (
        q.dtype is k.dtype is v.dtype
        and (q.dtype is F4 or q.dtype is F8)
        and q.ndim == 4
        and k.shape == v.shape
        and q.shape[:2] == k.shape[:2]
        and q.shape[3] == k.shape[3] > 1
        and q.strides[3] == k.strides[3] == v.strides[3] == q.itemsize
        and q.size > 0 < k.size
        and KERNELS["flash"]
        and KERNELS["math"]
    )


def _chosen_kernel(fits: bool) -> bool:
    """Whether the fused kernel runs, if it `fits`; RuntimeError where the program left none."""
    if not (KERNELS["flash"] or KERNELS["math"]):
        raise RuntimeError(
            f"No viable backend for {_NAME} was found. This is likely due to turning off both the "
            "math kernel and the fused kernels."
        )
    if not (fits or KERNELS["math"]):
        raise RuntimeError("No available kernel.  Aborting execution.")
    return fits and KERNELS["flash"]


def _nothing(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention of no queries, or to no keys: zeros, which depend on all operands by zeros."""
    shape = (*query.shape[:-1], value.size(-1))
    return zeros(shape, dtype=query.dtype) + (query.sum() + key.sum() + value.sum()) * 0  # type: ignore[no-any-return]


def _composed(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    causal: bool,
    scale: float,
    p: float,
) -> Tensor:
    """Step by step: for weights that are dropped, or a mask that is in the graph; for matrices."""
    dtype = query.dtype
    if dtype.itemsize == 2:  # rounded once, at the end
        query, key, value = (x.to(dtypes.float32) for x in (query, key, value))
    weights = ops.probabilities(query, key, mask, causal, scale)
    result = matmul(dropout(weights, p, True) if p else weights, value)
    return result.to(dtype)  # type: ignore[no-any-return]


def _shared(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """The heads of key and value, each as often as queries share it."""
    heads = query.size(-3)
    if any(heads % x.size(-3) for x in (key, value)):
        raise RuntimeError("Number of heads in key and value must divide the number of heads in ")
    return tuple(  # type: ignore[return-value]
        x if x.size(-3) == heads else x.repeat_interleave(heads // x.size(-3), -3)
        for x in (key, value)
    )


def _fits_fused_kernel(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    own_key: Tensor,
    own_value: Tensor,
    mask: Tensor | None,
    p: float,
) -> bool:
    """Whether PyTorch would run its fused kernel, which shows in names and in errors, if the last
    strides are 1."""
    if not query.ndim == key.ndim == value.ndim == 4 or p > 0:
        return False
    if not query.shape[:2] == key.shape[:2] == value.shape[:2]:
        return False
    if own_key.size(1) != own_value.size(1) or query.size(3) != value.size(3):
        return False
    if not query.dtype.is_floating_point:
        return False
    return mask is None or (not mask.requires_grad and mask.ndim in (0, 1, 2, 4))


def _check_options(dropout_p: Any, is_causal: Any, scale: Any, enable_gqa: Any) -> None:
    for name, given, kind, fits in (
        ("dropout_p", dropout_p, "float", is_real(dropout_p)),
        ("is_causal", is_causal, "bool", isinstance(is_causal, bool)),
        ("scale", scale, "float", scale is None or is_real(scale)),
        ("enable_gqa", enable_gqa, "bool", isinstance(enable_gqa, bool)),
    ):
        if not fits:
            raise TypeError(f"{_NAME}(): argument '{name}' must be {kind}, not {type_name(given)}")


def _check_operands(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> None:
    """Raise PyTorch's error for dtypes and numbers of dimensions that it looks at first."""
    if query.ndim < 2 or key.ndim < 2 or value.ndim < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got "
            f"query.dim: {query.ndim} key.dim: {key.ndim} and value.dim: {value.ndim} instead."
        )
    if not query.dtype is key.dtype is value.dtype:
        names = [x.dtype.cpp_name for x in (query, key, value)]
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype: "
            f"{names[0]} key.dtype: {names[1]} and value.dtype: {names[2]} instead."
        )
    if mask is not None and mask.dtype not in (dtypes.bool, dtypes.float32, query.dtype):
        raise RuntimeError(
            "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
            f"attn_mask.dtype: {mask.dtype.cpp_name} and  query.dtype: {query.dtype.cpp_name} "
            "instead."
        )


def _check_kernel(query: Tensor) -> None:
    """Refuse what is no floating-point number, in the words of the step that would fail."""
    if query.dtype.is_floating_point:
        return
    if query.dtype.is_complex:
        raise NotImplementedError(
            f"\"softmax_lastdim_kernel_impl\" not implemented for '{query.dtype.scalar_name}'"
        )
    if query.ndim == 2:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: float != {query.dtype.cpp_name}"
        )
    raise RuntimeError(f"expected scalar type Float but found {query.dtype.scalar_name}")


def _check_mask_dims(mask: Tensor) -> None:
    if not mask.ndim:
        raise IndexError("Dimension specified as -2 but tensor has no dimensions")
    mask.size(-2)


def _check_mask(query: Tensor, key: Tensor, mask: Tensor, fused: bool, causal: bool) -> None:
    if causal and not fused:
        raise RuntimeError(
            "_scaled_dot_product_attention: Explicit attn_mask should not be set when "
            "is_causal=True"
        )
    lead = check_batch(query, key)
    scores = (*lead, query.size(-2), key.size(-2))
    check_broadcast(scores, tuple(mask.shape))
    if mask.ndim > len(scores) or any(
        m != 1 and m != n for m, n in zip(reversed(mask.shape), reversed(scores))
    ):
        wide = [max(m, n) for m, n in zip((1,) * (mask.ndim - len(scores)) + scores, mask.shape)]
        raise RuntimeError(
            f"output with shape {list(scores)} doesn't match the broadcast shape {wide}"
        )


def check_batch(a: Tensor, b: Tensor) -> tuple[int, ...]:
    """The dimensions in front of the last two, broadcast; RuntimeError where they don't fit."""
    lead = tuple(a.shape[:-2]), tuple(b.shape[:-2])
    check_broadcast(*lead)
    n = max(len(x) for x in lead)
    first, second = ((1,) * (n - len(x)) + x for x in lead)
    return tuple(q if p == 1 else p for p, q in zip(first, second))


def _check_sizes(query: Tensor, key: Tensor, value: Tensor) -> None:
    """Raise the error of the product of matrices that wouldn't fit."""
    lead = check_batch(query, key)
    rows = query.size(-2), key.size(-2)
    for (m, inner), (k, n), front in (
        ((rows[0], query.size(-1)), (key.size(-1), rows[1]), lead),
        (rows, tuple(value.shape[-2:]), lead),
    ):
        if inner == k:
            continue
        if query.ndim == 2 == value.ndim:
            raise RuntimeError(
                f"mat1 and mat2 shapes cannot be multiplied ({m}x{inner} and {k}x{n})"
            )
        raise RuntimeError(
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[{math.prod(front)}, {inner}] but got: [{math.prod(front)}, {k}]."
        )
    check_broadcast(lead, tuple(value.shape[:-2]))
