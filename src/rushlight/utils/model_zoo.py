"""The older name of `rushlight.hub`'s function for weights, which is refused as it is."""

from __future__ import annotations

from rushlight.refusals import refused

__all__ = ["load_url"]

load_url = refused(
    "torch.utils.model_zoo.load_url",
    "it fetches nothing from the network; load a file with rushlight.load",
)
