"""Distinct values, counts, places in sorted sequences, hashes: all without derivative.

PyTorch records `unique` and weighted `bincount` all the same, and refuses in the backward pass.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels import sets as kernels
from rushlight.ops.declare import constant, general, missing, underivable
from rushlight.ops.operator import Operator

__all__ = [
    "bincount",
    "exclusive_or",
    "histc",
    "isin",
    "searchsorted",
    "unique",
    "unique_consecutive",
    "unique_dim",
    "weighted_bincount",
]


def _asked(found: kernels.Unique) -> tuple[Any, ...]:
    """Without the inverse or the counts that nobody asked for."""
    return tuple([part for part in found if part is not None])


def _unique(x: Any, return_inverse: bool, return_counts: bool) -> Any:
    return _asked(kernels.unique(x, None, return_inverse, return_counts))


def _unique_dim(x: Any, dim: int, return_inverse: bool, return_counts: bool) -> Any:
    return _asked(kernels.unique(x, dim, return_inverse, return_counts))


def _unique_consecutive(x: Any, dim: int | None, return_inverse: bool, return_counts: bool) -> Any:
    return _asked(kernels.unique_consecutive(x, dim, return_inverse, return_counts))


def _distinct(name: str, torch_name: str, kernel: Any, node: str) -> Operator:
    return general(
        name,
        kernel,
        x=missing(torch_name),
        node=node,
        outputs=("values", "inverse", "counts"),
        constant=("inverse", "counts"),
    )


unique = _distinct("unique", "_unique2", _unique, "Unique2Backward0")
unique_dim = _distinct("unique", "unique_dim", _unique_dim, "UniqueDimBackward0")
unique_consecutive = _distinct(
    "unique_consecutive", "unique_consecutive", _unique_consecutive, "UniqueConsecutiveBackward0"
)


bincount = constant("bincount", lambda x, minlength: kernels.bincount(x, None, minlength))
weighted_bincount = general(
    "bincount",
    lambda x, weights, minlength: kernels.bincount(x, weights, minlength),
    weights=underivable("bincount"),
    node="NotImplemented",
)
histc = constant("histc", kernels.histc)
searchsorted = constant("searchsorted", kernels.searchsorted)


def _isin(elements: Any, test_elements: Any, invert: bool) -> Any:
    return np.asarray(np.isin(elements, test_elements, invert=invert))


isin = constant("isin", _isin)
exclusive_or = constant("hash_tensor", kernels.exclusive_or)
