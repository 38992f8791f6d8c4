"""Padding: cropping is its derivative, and the derivative of that is padding again."""

from __future__ import annotations

from rushlight.kernels import padding as kernels
from rushlight.ops.declare import general, linear
from rushlight.ops.operator import Operator

__all__ = ["constant_pad", "edge_pad"]

constant_pad: Operator = general(
    "constant_pad_nd",
    kernels.constant_pad,
    x=lambda g, pads: constant_pad(g, tuple([-p for p in pads]), 0),
    jvp=lambda x_t, pads: constant_pad(x_t, pads, 0),
)


def _edge_pad(node: str) -> Operator:
    return linear(
        "edge_pad",
        kernels.edge_pad,
        x=lambda g, x_shape, pads, mode: edge_pad_backward(g, x_shape, pads, mode),
        node=node,
    )


# By mode and number of dimensions, after PyTorch's graph, where circular padding writes slices.
edge_pad: dict[tuple[str, int], Operator] = {
    (mode, n): _edge_pad(f"{name}Pad{n}DBackward0" if name else "CopySlices")
    for n in (1, 2, 3)
    for mode, name in (("reflect", "Reflection"), ("replicate", "Replication"), ("circular", ""))
}
edge_pad_backward: Operator = linear(
    "edge_pad_backward",
    kernels.edge_pad_backward,
    g=lambda h, pads, mode: edge_pad["reflect", 2](h, pads, mode),
)
