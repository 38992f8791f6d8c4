"""Shapes that broadcast, and PyTorch's errors for those that don't."""

from __future__ import annotations

__all__ = ["check_broadcast", "check_broadcast_into"]


def check_broadcast(*shapes: tuple[int, ...]) -> None:
    """Raise torch's RuntimeError for the first two of `shapes` that don't broadcast."""
    so_far: tuple[int, ...] = ()
    for shape in shapes:
        n = max(len(so_far), len(shape))
        a = (1,) * (n - len(so_far)) + so_far
        b = (1,) * (n - len(shape)) + shape
        for i in range(n - 1, -1, -1):
            if a[i] != b[i] and a[i] != 1 and b[i] != 1:
                raise RuntimeError(
                    f"The size of tensor a ({a[i]}) must match the size of tensor b ({b[i]}) at "
                    f"non-singleton dimension {i}"
                )
        so_far = tuple(p if q == 1 else q for p, q in zip(a, b))


def check_broadcast_into(target: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """Raise torch's RuntimeError where `shape` can't be written, or added, to `target`."""
    check_broadcast(target, shape)
    lead = len(shape) - len(target)
    whole = tuple(m if n == 1 else n for n, m in zip((1,) * lead + target, (1,) * -lead + shape))
    if whole != target:
        raise RuntimeError(
            f"output with shape {list(target)} doesn't match the broadcast shape {list(whole)}"
        )
