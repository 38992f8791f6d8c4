"""Contractions: einsum and tensordot."""

from __future__ import annotations

from tests.samples.matrix import ALL, WIDE
from tests.samples.row import Call, Row, T, call


def equations(*pairs: tuple[str, tuple[tuple[int, ...], ...]]) -> list[Call]:
    return [call(equation, *[T(*s) for s in shapes]) for equation, shapes in pairs]


ROWS = [
    Row(
        "einsum",
        equations(
            ("ij->", ((3, 4),)),
            ("ij->i", ((3, 4),)),
            ("ij->ji", ((3, 4),)),
            ("ii->i", ((3, 3),)),
            ("ii", ((3, 3),)),
            ("ba", ((3, 4),)),
            ("...i->...", ((2, 3, 4),)),
            ("iij->ij", ((3, 3, 2),)),
            ("i,i->", ((3,), (3,))),
            ("i,j->ij", ((3,), (4,))),
            ("i,j->ji", ((3,), (4,))),
            ("ij,jk->ik", ((3, 4), (4, 5))),
            ("ij,jk->ki", ((3, 4), (4, 5))),
            ("ij , kj", ((3, 4), (5, 4))),
            ("bij,bjk->bik", ((2, 3, 4), (2, 4, 5))),
            ("bij,bjk->ikb", ((2, 3, 4), (2, 4, 5))),
            ("bhqd,bhkd->bhqk", ((2, 3, 4, 5), (2, 3, 6, 5))),
            ("...ij,...jk->...ik", ((2, 1, 3, 4), (5, 4, 5))),
            ("...ij,jk", ((2, 3, 4), (4, 5))),
            ("ij,ij->ij", ((3, 4), (3, 4))),
            ("ij,ij->i", ((3, 4), (3, 4))),
            ("ij,jk,kl->il", ((2, 3), (3, 4), (4, 5))),
            ("i,j,k->kij", ((2,), (3,), (4,))),
            ("bn,anm,bm->ba", ((2, 5), (3, 5, 4), (2, 4))),
            ("ij,k->jki", ((2, 3), (4,))),
            ("iij,j->i", ((3, 3, 2), (2,))),
            ("ij,jk->", ((3, 4), (4, 5))),
            ("ij,kl->", ((3, 4), (4, 5))),
            ("ij,j->", ((3, 4), (4,))),
            ("ij,jk->ik", ((3, 1), (4, 5))),
            ("i,i->i", ((1,), (3,))),
            ("i,i,i->", ((1,), (1,), (3,))),
            (",i->i", ((), (3,))),
            ("ij,jk", ((2, 0), (0, 3))),
            ("ijk,ijl->kl", ((0, 2, 3), (0, 2, 4))),
        ),
        dtypes=("float32", "float64", "complex128", "float16"),
        method=False,
        errors=[
            *equations(
                ("ij,jk", ((2, 3), (4, 5))),
                ("ij,jk", ((2, 3),)),
                ("ij", ((2, 3), (3,))),
                ("i", ((2, 3),)),
                ("...ij", ((2,),)),
                ("ij->ii", ((2, 3),)),
                ("ij->k", ((2, 3),)),
                ("ii", ((2, 3),)),
                ("i1", ((2, 3),)),
                ("i..j", ((2, 3),)),
                ("...i...", ((2, 3),)),
                ("ij->i->j", ((2, 3),)),
                ("ij->i.", ((2, 3),)),
                ("...,...", ((2, 3), (4, 3))),
            ),
            call("i,i->", T(2), T(2, **WIDE)),
            call("ij"),
            call("ij,j", T(2, 3), 3),
            call(3, T(2)),
            call(T(2, 3), [0, 52]),
        ],
    ),
    Row(
        "einsum of lists",
        [
            call(T(2, 3), [0, 1], T(3, 4), [1, 2]),
            call(T(2, 3), [26, 0], [0, 26]),
            call(T(2, 2, 3), [..., 0, 1], T(3, 4), [1, 2], [..., 2, 0]),
            call("ij,jk->ik", [T(2, 3), T(3, 2)]),
        ],
        fn=lambda lib, *args: lib.einsum(*args),
    ),
    Row(
        "tensordot",
        [
            call(T(2, 3, 4), T(3, 4, 5)),
            call(T(2, 3, 4), T(4, 5), dims=1),
            call(T(2, 3, 4), T(5, 4, 3), dims=([1, -1], [2, 1])),
            call(T(2), T(3), 0),
            call(T(2, 1), T(3, 4), ([1], [0])),
            call(T(3, 4), T(3, 4)),
            call(T(0, 3), T(2, 3), ([1], [1])),
            call(T(0), T(0), 1),
        ],
        method=False,
        out=True,
        dtypes=ALL,
        errors=[
            call(T(2, 3, 4), T(2, 4, 5), ([1], [1])),
            call(T(2, 3, 4), T(2, 4, 5), ([1, 1], [1])),
            call(T(3, 4), T(3, 4), -2),
            call(T(3, 4), T(3, 4), 3),
            call(T(3, 4), T(3, 4), 1.5),
            call(T(3, 4), T(3, 4), (1, 0)),
            call(T(3, 4), T(3, 4), ([0, 0], [0, 0])),
            call(T(3, 4), T(3, 4), ([2], [0])),
            call(T(3, 4), T(4, 3, **WIDE), 1),
        ],
    ),
]
