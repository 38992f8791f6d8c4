"""Trade time for memory: a deep network, plain and checkpointed, and where the time goes.

    python examples/memory_for_time.py

Each layer keeps its activations until the backward pass needs them. A checkpoint keeps the input of
a whole segment only, and computes the segment again. With n layers in about sqrt(n) segments the
peak falls to about 2 sqrt(n) activations, for one more forward pass. A policy may keep what is dear
to compute, here the products of matrices, and let the rest go.
"""

from __future__ import annotations

import functools
import tracemalloc

import rushlight as torch
from rushlight import nn
from rushlight.profiler import profile, record_function
from rushlight.utils.checkpoint import (
    checkpoint,
    checkpoint_sequential,
    create_selective_checkpoint_contexts,
)

LAYERS, WIDTH, BATCH = 36, 64, 512
MEGABYTE = 1e6


def plain(model: nn.Sequential, x: torch.Tensor) -> torch.Tensor:
    """Keep everything."""
    return model(x)


def checkpointed(model: nn.Sequential, x: torch.Tensor) -> torch.Tensor:
    """Keep the inputs of six segments."""
    return checkpoint_sequential(model, 6, x, use_reentrant=False)


def selective(model: nn.Sequential, x: torch.Tensor) -> torch.Tensor:
    """Keep the inputs of six segments, and the products of matrices."""
    products = [torch.ops.aten.addmm.default]
    contexts = functools.partial(create_selective_checkpoint_contexts, products)
    length = len(model) // 6
    for start in range(0, len(model), length):
        segment = model[start : start + length]
        x = checkpoint(segment, x, use_reentrant=False, context_fn=contexts)
    return x


def main() -> None:
    """Measure the three, and print a profile of the second."""
    torch.manual_seed(0)
    layers = [[nn.Linear(WIDTH, WIDTH), nn.Tanh(), nn.LayerNorm(WIDTH)] for _ in range(LAYERS)]
    model = nn.Sequential(*[part for layer in layers for part in layer])
    x = torch.randn(BATCH, WIDTH, requires_grad=True)
    for forward in (plain, checkpointed, selective):
        forward(model, x).sum().backward()  # opens and allocates what later runs find
        model.zero_grad()
        tracemalloc.start()
        forward(model, x).pow(2).sum().backward()
        peak = tracemalloc.get_traced_memory()[1] / MEGABYTE
        tracemalloc.stop()
        gradient = model[0].weight.grad.norm().item()
        print(f"{forward.__name__:>12}: peak {peak:5.1f} MB, norm of a gradient {gradient:.5f}")
    with profile() as prof:
        with record_function("forward"):
            y = checkpointed(model, x).pow(2).sum()
        with record_function("backward, with a forward inside"):
            y.backward()
    print(prof.key_averages().table(sort_by="cpu_time_total"))


if __name__ == "__main__":
    main()
