"""What few programs call: norms under old names, positions, decompositions of low rank."""

from __future__ import annotations

from typing import Any

from tests.samples.common import ALL
from tests.samples.row import I, Row, T, call

INTEGERS = ("uint8", "int8", "int16", "int32", "int64")


def _low_rank(lib: Any, name: str, A: Any, **options: Any) -> Any:
    """The singular values, and what the vectors make of them: no vector's sign is in it."""
    lib.manual_seed(3)
    U, S, V = getattr(lib, name)(A, **options)
    return S, lib.matmul(U * S.unsqueeze(-2), V.mH)


def _svd(lib: Any, A: Any, **options: Any) -> Any:
    return _low_rank(lib, "svd_lowrank", A, **options)


def _pca(lib: Any, A: Any, **options: Any) -> Any:
    return _low_rank(lib, "pca_lowrank", A, **options)


ROWS = [
    Row(
        "frobenius_norm",
        [
            call(T(2, 3), 1),
            call(T(2, 3), [0, 1]),
            call(T(2, 3), (0, -1), True),
            call(T(2, 3, 4), dim=[2, 0], keepdim=True),
            call(T(2, 3), []),
            call(T(2, 0), [1]),
        ],
        node=False,
        out=True,
        method=False,
        errors=[
            call(T(2, 3)),
            call(T(2, 3), 2),
            call(T(2, 3), "a"),
            call(T(2, 3, 4), [0, 1, 2]),
            call(I(2, 3, high=4), [0, 1]),
        ],
    ),
    Row(
        "nuclear_norm",
        [
            call(T(2, 3)),
            call(T(3, 3), True),
            call(T(4, 2), (0, 1)),
            call(T(2, 3, 4), (0, 2), True),
            call(T(2, 3, 4)),
            call(T(0, 3)),
        ],
        method=False,
        errors=[call(T(3)), call(T(2, 3), (0, 0)), call(T(2, 3), 1), call(I(2, 3, high=4))],
        rtol=1e-9,
    ),
    Row(
        "norm_except_dim",
        [
            call(T(2, 3)),
            call(T(2, 3), 2, 1),
            call(T(2, 3, 4), 2, 1),
            call(T(2, 3, 4), 1, 2),
            call(T(2, 3, 4), 3, 0),
            call(T(2, 3, 4), 2, -1),
            call(T(3)),
        ],
        node=False,
        method=False,
        errors=[call(T(2, 3), 2, 2), call("a"), call(I(2, 3, high=4))],
    ),
    Row(
        "nonzero_static",
        [
            call(T(4, values=(0.0, 5.0, 0.0, 7.0)), size=3),
            call(T(2, 3), size=2),
            call(T(2, 3), size=9, fill_value=7),
            call(T(), size=2),
            call(T(0, 3), size=1),
            call(T(2, 3), size=0),
        ],
        dtypes=ALL,
        grad=False,
        errors=[call(T(3)), call(T(3), size=-1), call(T(3), size=1.5), call("a", size=1)],
    ),
    Row(
        "unravel_index",
        [
            call(I(2, high=6), (2, 3)),
            call(I(high=6), (2, 3)),
            call(I(2, 3, high=30), (2, 3)),
            call(I(4, high=6), 6),
            call(I(0, high=6), (3, 2)),
            call(I(3, low=-5, high=0), [2, 3]),
            call(I(2, high=5, dtype="uint8"), (5, 1)),
            call(I(1, high=1), ()),
        ],
        grad=False,
        method=False,
        errors=[
            call(T(2), (2, 3)),
            call(I(2, high=6), (2, -3)),
            call(I(2, high=6), (2, 3.0)),
            call(I(2, high=6), -6),
            call(I(2, high=6), None),
            call([5], 6),
        ],
    ),
    Row(
        "svd_lowrank",
        [
            call(T(6, 4), q=4),
            call(T(4, 6), q=4, niter=0),
            call(T(2, 5, 7), q=5),
            call(T(6, 4), q=4, M=T(1, 4)),
            call(T(6, 4), q=4, niter=1),
            call(T(4, 4), q=None, niter=None),
        ],
        fn=_svd,
        node=False,
        second=False,
        forward=False,
        rtol=1e-9,
        rtol32=1e-4,
        errors=[call(I(3, 3, high=9)), call([1.0])],
    ),
    Row(
        "pca_lowrank",
        [
            call(T(6, 4)),
            call(T(9, 3), q=3, niter=1),
            call(T(6, 4), q=4, center=False),
            call(T(2, 6, 4), q=4),
            call(T(6, 4), q=4, niter=0),
            call(T(3, 9), q=2),  # the third vanishes, and has no gradient
        ],
        fn=_pca,
        node=False,
        second=False,
        forward=False,
        rtol=1e-9,
        rtol32=1e-4,
        errors=[
            call(T(4, 3), q=5),
            call(T(4, 3), q=-1),
            call(T(4, 3), niter=-1),
            call(I(3, 3, high=9)),
        ],
    ),
]
