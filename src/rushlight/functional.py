"""``torch.functional``: functions that are under `rushlight` itself, where older programs look."""

from __future__ import annotations

from rushlight import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    block_diag,
    broadcast_shapes,
    broadcast_tensors,
    cartesian_prod,
    cdist,
    chain_matmul,
    einsum,
    istft,
    lu,
    meshgrid,
    norm,
    pca_lowrank,
    split,
    stft,
    svd_lowrank,
    tensordot,
    unique,
    unique_consecutive,
    unravel_index,
)

__all__ = ["atleast_1d", "atleast_2d", "atleast_3d", "block_diag", "broadcast_shapes"]
__all__ += ["broadcast_tensors", "cartesian_prod", "cdist", "chain_matmul", "einsum", "istft", "lu"]
__all__ += ["meshgrid", "norm", "pca_lowrank", "split", "stft", "svd_lowrank", "tensordot"]
__all__ += ["unique", "unique_consecutive", "unravel_index"]
