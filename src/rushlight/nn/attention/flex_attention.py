"""``torch.nn.attention.flex_attention``: attention compiled from a program's own scores.

There is no compiler, so every name is refused when it is called.

>>> from rushlight.nn.attention.flex_attention import flex_attention
>>> flex_attention()
Traceback (most recent call last):
...
NotImplementedError: torch.nn.attention.flex_attention.flex_attention is not in Rushlight: ...
"""

from __future__ import annotations

from rushlight.refusals import refused

__all__ = ["AuxOutput", "AuxRequest", "BlockMask", "FlexKernelOptions", "and_masks"]
__all__ += ["create_block_mask", "create_mask", "flex_attention", "noop_mask", "or_masks"]

_ROOM = "torch.nn.attention.flex_attention"
_WHY = "it needs a compiler; scaled_dot_product_attention takes masks of any kind"

AuxOutput = refused(f"{_ROOM}.AuxOutput", _WHY)
AuxRequest = refused(f"{_ROOM}.AuxRequest", _WHY)
BlockMask = refused(f"{_ROOM}.BlockMask", _WHY)
FlexKernelOptions = refused(f"{_ROOM}.FlexKernelOptions", _WHY)
and_masks = refused(f"{_ROOM}.and_masks", _WHY)
create_block_mask = refused(f"{_ROOM}.create_block_mask", _WHY)
create_mask = refused(f"{_ROOM}.create_mask", _WHY)
flex_attention = refused(f"{_ROOM}.flex_attention", _WHY)
noop_mask = refused(f"{_ROOM}.noop_mask", _WHY)
or_masks = refused(f"{_ROOM}.or_masks", _WHY)
