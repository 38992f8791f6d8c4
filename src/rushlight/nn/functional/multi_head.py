"""Attention of several heads, with the projections into and out of it."""

from __future__ import annotations

import math
import warnings

from rushlight import dtypes
from rushlight.api.affine import baddbmm
from rushlight.api.create import zeros
from rushlight.api.matrix import bmm
from rushlight.api.shape import cat
from rushlight.nn.functional.attention import scaled_dot_product_attention
from rushlight.nn.functional.dropout import dropout
from rushlight.nn.functional.linear import linear
from rushlight.nn.functional.padding import pad
from rushlight.nn.functional.softmax import softmax
from rushlight.tensor import Tensor

__all__ = ["multi_head_attention_forward"]

Trio = tuple[Tensor, Tensor, Tensor]


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Return what `nn.MultiheadAttention` makes of (L, N, E), (S, N, E), (S, N, E), and weights.

    Without N the operands have two dimensions. Queries, keys and values are projected by the three
    parts of `in_proj_weight` (3 E, E), or by a weight each; `bias_k` and `bias_v` (1, 1, E), and
    zeros with `add_zero_attn`, are one more key and value each. `static_k` and `static_v`
    (N heads, S, E / heads) stand for projected keys and values. The masks `key_padding_mask` (N, S)
    and `attn_mask` (L, S) or (N heads, L, S) are True where nothing is looked at, or are added to
    the scores. Weights are (N, L, S), averaged over the heads or (N, heads, L, S), and None without
    `need_weights`.

    AssertionError or RuntimeError where sizes don't fit.

    >>> import rushlight as torch
    >>> x, w, o = torch.ones(3, 4), torch.ones(12, 4), torch.eye(4)
    >>> _, weights = torch.nn.functional.multi_head_attention_forward(
    ...     x, x, x, 4, 2, w, None, None, None, False, 0.0, o, None)
    >>> weights
    tensor([[0.3333, 0.3333, 0.3333],
            [0.3333, 0.3333, 0.3333],
            [0.3333, 0.3333, 0.3333]])
    """
    batched = _check_dimensions(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = _one_batch(query, key, value)
        if key_padding_mask is not None:
            key_padding_mask = key_padding_mask.unsqueeze(0)
    length, batch, width = query.shape
    other = None if attn_mask is None else attn_mask.dtype
    padding = additive_mask(key_padding_mask, "key_padding_mask", query, other)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module "
            "method `generate_square_subsequent_mask` to create this mask."
        )
    if is_causal and padding is None and not need_weights:
        attn_mask = None
    else:
        attn_mask = additive_mask(attn_mask, "attn_mask", query)
        is_causal = is_causal and padding is None
    head = _head_width(width, embed_dim_to_check, num_heads)
    if use_separate_proj_weight:
        if key.shape[:2] != value.shape[:2]:
            raise AssertionError(
                f"key's sequence and batch dims {key.shape[:2]} do not match value's "
                f"{value.shape[:2]}"
            )
        weights = (q_proj_weight, k_proj_weight, v_proj_weight)
        q, k, v = _projected_apart((query, key, value), weights, in_proj_bias)
    else:
        if key.shape != value.shape:
            raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
        if in_proj_weight is None:
            raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
        q, k, v = _projected(query, key, value, in_proj_weight, in_proj_bias)
    if attn_mask is not None:
        attn_mask = _one_for_heads(attn_mask, length, key.size(0), batch * num_heads)
    more = 0
    if bias_k is not None and bias_v is not None:
        if static_k is not None:
            raise AssertionError("bias cannot be added to static key.")
        if static_v is not None:
            raise AssertionError("bias cannot be added to static value.")
        k = cat([k, bias_k.repeat(1, batch, 1)])
        v = cat([v, bias_v.repeat(1, batch, 1)])
        more += 1
    elif bias_k is not None:
        raise AssertionError("bias_k is set but bias_v is None")
    elif bias_v is not None:
        raise AssertionError("bias_v is set but bias_k is None")
    stacks = batch * num_heads
    q = q.view(length, stacks, head).transpose(0, 1)
    k = _by_head(k, static_k, "static_k", stacks, head)
    v = _by_head(v, static_v, "static_v", stacks, head)
    if add_zero_attn:
        nothing = zeros((stacks, 1, head), dtype=k.dtype)
        k, v = cat([k, nothing], 1), cat([v, nothing], 1)
        more += 1
    if more:
        attn_mask = None if attn_mask is None else pad(attn_mask, (0, more))
        padding = None if padding is None else pad(padding, (0, more))
    keys = k.size(1)
    if padding is not None:
        attn_mask = _merged(attn_mask, padding, batch, num_heads, keys)
    dropped = dropout_p if training else 0.0
    shown: Tensor | None = None
    if need_weights:
        y, shown = _with_weights(q, k, v, attn_mask, is_causal, dropped)
        y = y.transpose(0, 1).reshape(length * batch, width)
        shown = shown.view(batch, num_heads, length, keys)
        if average_attn_weights:
            shown = shown.mean(1)
        shown = shown if batched else shown.squeeze(0)
    else:
        if attn_mask is not None and attn_mask.size(0) == 1 and attn_mask.dim() == 3:
            attn_mask = attn_mask.unsqueeze(0)
        elif attn_mask is not None:
            attn_mask = attn_mask.view(batch, num_heads, -1, keys)
        q, k, v = (
            x.view(batch, num_heads, n, head) for x, n in ((q, length), (k, keys), (v, keys))
        )
        y = scaled_dot_product_attention(q, k, v, attn_mask, dropped, is_causal)
        y = y.permute(2, 0, 1, 3).reshape(length * batch, width)
    y = linear(y, out_proj_weight, out_proj_bias)
    y = y.view(length, batch, y.size(1))
    return y if batched else y.squeeze(1), shown


# -- the steps -------------------------------------------------------------------------------------


def additive_mask(
    mask: Tensor | None, name: str, query: Tensor, other: dtypes.dtype | None = None
) -> Tensor | None:
    """A mask as numbers to add to scores: minus infinity where it is True.

    AssertionError for a mask of integers; a warning where its dtype is not that of the `other`.
    """
    if mask is None:
        return None
    if mask.dtype is not dtypes.bool and not mask.dtype.is_floating_point:
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if other is not None and mask.dtype is not other:
        warnings.warn(
            f"Support for mismatched {name} and attn_mask is deprecated. Use same type for both "
            "instead.",
            stacklevel=3,
        )
    if mask.dtype.is_floating_point:
        return mask
    return zeros(tuple(mask.shape), dtype=query.dtype).masked_fill(mask, -math.inf)  # type: ignore[no-any-return]


def _one_batch(query: Tensor, key: Tensor, value: Tensor) -> Trio:
    """With a batch dimension of one; what was one tensor stays one."""
    q = query.unsqueeze(1)
    k = q if key is query else key.unsqueeze(1)
    return q, k, k if value is key else value.unsqueeze(1)


def _head_width(width: int, expected: int, heads: int) -> int:
    if width != expected:
        raise AssertionError(f"was expecting embedding dimension of {expected}, but got {width}")
    head = width // heads
    if head * heads != width:
        raise AssertionError(f"embed_dim {width} not divisible by num_heads {heads}")
    return head


def _projected(
    query: Tensor, key: Tensor, value: Tensor, weight: Tensor, bias: Tensor | None
) -> Trio:
    """The projections by one weight: in one product what is projected from one tensor."""
    width = query.size(-1)
    if key is not value:
        parts = zip(
            (query, key, value), weight.chunk(3), (None,) * 3 if bias is None else bias.chunk(3)
        )
        return tuple(linear(x, w, b) for x, w, b in parts)  # type: ignore[return-value]
    if query is key:
        return _parts(linear(query, weight, bias), 3, width)  # type: ignore[return-value]
    own, shared = weight.split([width, 2 * width])
    biases = (None, None) if bias is None else bias.split([width, 2 * width])
    q = linear(query, own, biases[0])
    return q, *_parts(linear(key, shared, biases[1]), 2, width)  # type: ignore[return-value]


def _parts(projected: Tensor, count: int, width: int) -> tuple[Tensor, ...]:
    """Cut (..., count * width) into `count` contiguous tensors (..., width)."""
    parts = projected.unflatten(-1, (count, width)).unsqueeze(0).transpose(0, -2).squeeze(-2)
    together = parts.contiguous()
    return tuple(together[i] for i in range(count))


def _projected_apart(inputs: Trio, weights: tuple[Tensor | None, ...], bias: Tensor | None) -> Trio:
    """The projections by a weight each."""
    for letter, w in zip("qkv", weights):
        if w is None:
            raise AssertionError(
                f"use_separate_proj_weight is True but {letter}_proj_weight is None"
            )
    biases = (None, None, None) if bias is None else bias.chunk(3)
    width = inputs[0].size(-1)
    names = ("query", "key", "value")
    for name, x, w in zip(names, inputs, weights):
        if w is not None and w.shape != (width, x.size(-1)):
            raise AssertionError(
                f"expecting {name} weights shape of {(width, x.size(-1))}, but got {w.shape}"
            )
    for name, b in zip(names, biases):
        if b is not None and b.shape != (width,):
            raise AssertionError(f"expecting {name} bias shape of {(width,)}, but got {b.shape}")
    return tuple(linear(x, w, b) for x, w, b in zip(inputs, weights, biases))  # type: ignore[return-value]


def _by_head(x: Tensor, static: Tensor | None, name: str, stacks: int, head: int) -> Tensor:
    """(S, N, E) as (N heads, S, E / heads), or what stands for it."""
    if static is None:
        return x.view(x.size(0), stacks, head).transpose(0, 1)  # type: ignore[no-any-return]
    for dim, wanted in ((0, stacks), (2, head)):
        if static.size(dim) != wanted:
            raise AssertionError(
                f"expecting {name}.size({dim}) of {wanted}, but got {static.size(dim)}"
            )
    return static


def _one_for_heads(mask: Tensor, length: int, keys: int, stacks: int) -> Tensor:
    """A mask of three dimensions, the first of which is one where it is the same for all heads."""
    if mask.dim() not in (2, 3):
        raise RuntimeError(f"attn_mask's dimension {mask.dim()} is not supported")
    wanted = (length, keys) if mask.dim() == 2 else (stacks, length, keys)
    if mask.shape != wanted:
        raise RuntimeError(
            f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {wanted}."
        )
    return mask.unsqueeze(0) if mask.dim() == 2 else mask


def _merged(mask: Tensor | None, padding: Tensor, batch: int, heads: int, keys: int) -> Tensor:
    """The sum of both masks, for every head."""
    for dim, wanted in enumerate((batch, keys)):
        if padding.size(dim) != wanted:
            raise AssertionError(
                f"Expected key_padded_mask.shape[{dim}] to be {wanted}, but got {padding.size(dim)}"
            )
    each = padding.view(batch, 1, 1, keys).expand(-1, heads, -1, -1)
    each = each.reshape(batch * heads, 1, keys)
    return each if mask is None else mask + each  # type: ignore[no-any-return]


def _with_weights(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, causal: bool, p: float
) -> tuple[Tensor, Tensor]:
    """Attention step by step, and its weights."""
    scaled = q * math.sqrt(1.0 / float(q.size(2)))
    if causal and mask is None:
        raise AssertionError("FIXME: is_causal not implemented for need_weights")
    scores = bmm(scaled, k.mT) if mask is None else baddbmm(mask, scaled, k.mT)
    weights = softmax(scores, dim=-1)
    if p > 0.0:
        weights = dropout(weights, p)
    return bmm(weights, v), weights


def _check_dimensions(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    padding: Tensor | None,
    mask: Tensor | None,
    heads: int,
) -> bool:
    """Whether there is a batch dimension; AssertionError where the operands don't agree."""
    n = query.dim()
    if n not in (2, 3):
        raise AssertionError(
            f"query should be unbatched 2D or batched 3D tensor but received {n}-D query tensor"
        )
    kind = f"For {'batched (3-D)' if n == 3 else 'unbatched (2-D)'} `query`, expected"
    if key.dim() != n or value.dim() != n:
        raise AssertionError(
            f"{kind} `key` and `value` to be {n}-D but found {key.dim()}-D and {value.dim()}-D "
            "tensors respectively"
        )
    if padding is not None and padding.dim() != n - 1:
        raise AssertionError(
            f"{kind} `key_padding_mask` to be `None` or {n - 1}-D but found {padding.dim()}-D "
            "tensor instead"
        )
    if mask is None:
        return n == 3
    if mask.dim() not in (2, 3):
        raise AssertionError(
            f"{kind} `attn_mask` to be `None`, 2-D or 3-D but found {mask.dim()}-D tensor instead"
        )
    expected = (heads, query.size(0), key.size(0))
    if n == 2 and mask.dim() == 3 and mask.shape != expected:
        raise AssertionError(f"Expected `attn_mask` shape to be {expected} but got {mask.shape}")
    return n == 3
