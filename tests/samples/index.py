"""Indices and masks: gather and scatter, whole slices, single elements, and what a mask picks."""

from __future__ import annotations

from typing import Any

from tests.samples.row import Call, I, M, Row, T, Z, call, permuted

ALL = ("float32", "float64", "float16", "int64", "int32", "uint8", "bool", "complex128")


CYCLE = permuted(2, 0, 1)
ACROSS = permuted(2, 0, 1, 0, 1, 2, shape=(2, 3))
LINES = permuted(1, 0, 1, 0, 1, 0, shape=(2, 3))
BELOW = permuted(0, -1, -3)
WRONG_INDEX = [call(T(2, 3), 1, T(2, 3)), call(T(2, 3), 1, I(2, 3, high=3, dtype="int16"))]


def scatters(*more: Any, **options: Any) -> list[Call]:
    """Calls of what takes dim, index and source.

    Where the source is larger than the index PyTorch fails to compute gradients: `Z` asks for none.
    """
    return [
        call(T(2, 3), 1, ACROSS, T(2, 3), *more, **options),
        call(T(4), 0, CYCLE, T(3), *more, **options),
        call(Z(4), 0, permuted(2, 0, 1), Z(5), *more, **options),
        call(T(3, 2), 0, permuted(2, 0, 1, 1, 0, 2, shape=(3, 2)), T(3, 2), *more, **options),
        call(Z(2, 3, 2), -2, permuted(2, 0, 1, 1, shape=(1, 2, 2)), Z(2, 3, 4), *more, **options),
        call(T(), 0, permuted(0, shape=()), T(), *more, **options),
        call(T(), 0, permuted(0), T(1), *more, **options),
        call(T(3), 0, I(0, high=1), T(0), *more, **options),
        call(T(0, 3), 0, I(0, 3, high=1), T(0, 3), *more, **options),
    ]


def repeated(*more: Any, **options: Any) -> list[Call]:
    """The same with indices that repeat."""
    return [
        call(T(2, 3), 1, I(2, 4, high=3), T(2, 4), *more, **options),
        call(T(3), 0, I(9, high=2), T(9), *more, **options),
        call(Z(2, 3), 0, I(5, 3, high=2), Z(6, 4), *more, **options),
    ]


def scatter_errors(*more: Any) -> list[Call]:
    """Wrong calls of what takes dim, index and source."""
    return [
        call("a", 1, ACROSS, T(2, 3), *more),
        call(T(2, 3), 5, ACROSS, T(2, 3), *more),
        call(T(2, 3), 1, "a", T(2, 3), *more),
        call(T(2, 3), 1, ACROSS, T(2, 3, dtype="float32"), *more),
        call(T(2, 3), 1, T(2, 3), T(2, 3), *more),
        call(T(2, 3), 1, permuted(0, 1, 3, shape=(1, 3)), T(1, 3), *more),
        call(T(2, 3), 1, permuted(0, -1, 1, shape=(1, 3)), T(1, 3), *more),
        call(T(2, 3), 0, CYCLE, T(2, 3), *more),
        call(T(2, 3), 0, ACROSS, T(3), *more),
        call(T(2, 3), 1, permuted(0, 0, 0, shape=(3, 1)), T(3, 1), *more),
        call(T(2, 3), 1, ACROSS, T(2, 2), *more),
        call(T(1), 0, I(1, high=1), T(0), *more),
        call(T(1), 0, I(2, high=1), T(), *more),
        call(T(2, 3), 1, ACROSS, T(0), *more),
        call(T(2, 3), 1, ACROSS, T(), *more),
        call(T(2, 3), 0, I(2, 3, 4, high=1), T(3), *more),
    ]


ROWS = [
    Row(
        "gather",
        [
            call(T(2, 3), 1, ACROSS),
            call(T(2, 3), 0, LINES),
            call(T(3, 4), 0, I(5, 2, high=3)),
            call(T(3, 4), -1, I(2, 7, high=4, dtype="int32")),
            call(T(2, 3, 4), 1, I(2, 1, 3, high=3)),
            call(T(3), 0, I(5, high=3)),
            call(T(3), 0, I(high=3)),
            call(T(), 0, permuted(0, shape=())),
            call(T(), 0, permuted(0, 0)),
            call(T(2, 3), 1, I(2, 0, high=1)),
            call(T(2, 3), 0, I(0, high=1)),
            call(T(2, 3), 1, ACROSS, sparse_grad=False),
        ],
        dtypes=ALL,
        out=True,
        errors=[
            *WRONG_INDEX,
            call("a", 0, CYCLE),
            call(T(3), 0, "a"),
            call(T(3), "a", CYCLE),
            call(T(3), 0),
            call(T(3), 5, CYCLE),
            call(T(2, 3), 1, CYCLE),
            call(T(2, 3), 1, permuted(0, 3, shape=(1, 2))),
            call(T(2, 3), 1, permuted(0, -1, shape=(1, 2))),
            call(T(2, 3), 1, I(3, 1, high=1)),
            call(T(3), 0, CYCLE, sparse_grad=1),
            call(T(3), 0, CYCLE, out=T(3, dtype="float32")),
        ],
    ),
    Row(
        "scatter",
        [
            *scatters(),
            call(T(2, 3), 1, ACROSS, 2.5),
            call(T(2, 3), 0, LINES, 3),
            call(T(2, 3), 0, LINES, True),
            call(T(2, 3), 0, LINES, value=1),
            call(T(2, 3), 0, index=LINES, src=T(2, 3)),
            call(T(), 0, permuted(0, shape=()), 4),
            call(T(3), 0, I(0, high=1), 4),
        ],
        dtypes=ALL,
        inplace=True,
        out=True,
        errors=[
            *scatter_errors(),
            call(T(2, 3), "a", ACROSS, T(2, 3)),
            call(T(2, 3), 1, ACROSS, "a"),
            call(T(2, 3), 1, ACROSS, 1j),
            call(T(2, 3, dtype="uint8"), 1, ACROSS, 300),
            call(T(2, 3, dtype="int64"), 1, ACROSS, 2**70),
            call(T(2, 3), 1, ACROSS, 2, reduce="sum"),
            call(T(2, 3), 1, ACROSS, T(2, 3), reduce="sum"),
        ],
    ),
    Row(
        "scatter",
        [
            call(T(2, 3), 1, I(2, 3, high=3), T(2, 3), reduce="add"),
            call(T(2, 3), 1, I(2, 3, high=3), T(2, 3), reduce="multiply"),
            call(T(2, 3), 1, I(2, 3, high=3), 2, reduce="add"),
            call(T(2, 3), 1, I(2, 3, high=3), 2.5, reduce="multiply"),
        ],
        grad=False,  # PyTorch has none for it
    ),
    Row(
        "scatter_add",
        [*scatters(), *repeated()],
        dtypes=ALL,
        inplace=True,
        out=True,
        errors=[*scatter_errors(), call(T(2, 3), 1, ACROSS, 5)],
    ),
    *[
        Row(
            "scatter_reduce",
            [*scatters(how, include_self=own), *repeated(how, include_self=own)],
            dtypes=ALL,
            inplace=True,
            out=True,
            errors=scatter_errors(how) if own else [],
        )
        for how in ("sum", "prod", "mean", "amax", "amin")
        for own in (True, False)
    ],
    Row(
        "scatter_reduce",
        [
            call(T(3, values=(0.0, 2.0, 1.0)), 0, permuted(0, 0, 1, 1), T(4, values=zeros), how)
            for how in ("prod", "amax", "amin")
            for zeros in ((0.0, 3.0, 2.0, 2.0), (0.0, 0.0, 0.0, 2.0), (3.0, 3.0, 1.0, 4.0))
        ],
        second=False,  # PyTorch's of a product with zeros is nan
        errors=[
            call(T(2, 3), 1, ACROSS, T(2, 3), "add"),
            call(T(2, 3), 1, ACROSS, T(2, 3), 3),
            call(T(2, 3), 1, ACROSS, T(2, 3), "sum", include_self=2),
            call(T(3, dtype="complex64"), 0, CYCLE, T(3, dtype="complex64"), "amin"),
            call(T(3, dtype="bool"), 0, CYCLE, T(3, dtype="bool"), "mean"),
        ],
    ),
    Row(
        "scatter_reduce",
        [call(Z(2, 3), 1, ACROSS, Z(2, 3), how) for how in ("max", "min")],
        grad=False,
    ),
    Row(
        "take_along_dim",
        [
            call(T(2, 3), ACROSS, 1),
            call(T(2, 3), I(4, high=6)),
            call(T(2, 1, 3), I(1, 4, 2, high=3), 2),
            call(T(2, 3), permuted(-1, 4, 3, shape=(1, 3)), -1),
            call(T(0, 3), I(0, 2, high=3), 1),
            call(T(4, 1), I(1, 3, high=4), dim=0),
        ],
        dtypes=ALL,
        out=True,
        node=False,
        errors=[
            call(T(2, 3), CYCLE, 1),
            call(T(2, 3), T(2, 3), 1),
            call(T(2, 3), I(2, 3, high=3, dtype="int32"), 1),
            call(T(2, 3), ACROSS, 5),
            call(T(2, 3), I(3, 3, high=2), 1),
            call(T(2, 3), "a", 1),
        ],
    ),
    Row(
        "index_select",
        [
            call(T(3, 4), 0, I(5, high=3)),
            call(T(3, 4), 1, I(5, high=4, dtype="int32")),
            call(T(2, 3, 4), -2, I(2, high=3)),
            call(T(3), 0, I(high=3)),
            call(T(3, 4), 0, I(0, high=1)),
            call(T(), 0, permuted(0)),
            call(T(0, 3), 1, I(2, high=3)),
        ],
        dtypes=ALL,
        out=True,
        errors=[
            call("a", 0, CYCLE),
            call(T(3), 0, "a"),
            call(T(3), "a", CYCLE),
            call(T(3), 5, CYCLE),
            call(T(3), 0, T(3)),
            call(T(3), 0, ACROSS),
            call(T(2, 3), 0, CYCLE),
            call(T(2, 3), 0, BELOW),
            call(T(3, 2), 1, CYCLE),
            call(T(), 0, permuted(0, 0)),
            call(T(0, 3), 0, permuted(0)),
        ],
    ),
    Row(
        "index_add",
        [
            call(T(3, 4), 0, I(5, high=3), T(5, 4)),
            call(T(3, 4), 1, I(6, high=4), T(3, 6), alpha=2),
            call(T(2, 3, 4), 1, I(5, high=3, dtype="int32"), T(2, 5, 4)),
            call(T(3), 0, I(4, high=3), T(4), alpha=-1),
            call(T(3, 4), 0, I(0, high=1), T(0, 4)),
            call(T(), 0, permuted(0), T()),
            call(T(), 0, permuted(0, shape=()), T()),
        ],
        dtypes=ALL,
        inplace=True,
        out=True,
        errors=[
            call("a", 0, CYCLE, T(3)),
            call(T(3), 0, CYCLE, 5),
            call(T(3), 0, "a", T(3)),
            call(T(3), 5, CYCLE, T(3)),
            call(T(3), 0, T(3), T(3)),
            call(T(3), 0, ACROSS, T(3)),
            call(T(3), 0, CYCLE, T(3, dtype="float32")),
            call(T(3), 0, CYCLE, T(4)),
            call(T(3, 4), 0, CYCLE, T(3, 3)),
            call(T(3, 4), 1, CYCLE, T(3)),
            call(T(2, 4), 0, CYCLE, T(3, 4)),
            call(T(2), 0, BELOW, T(3)),
            call(T(3), 0, CYCLE, T(3), alpha="a"),
            call(T(3), 0, CYCLE, T(3), alpha=1j),
        ],
    ),
    Row(
        "index_copy",
        [
            call(T(3, 4), 0, permuted(2, 0), T(2, 4)),
            call(T(3, 4), 1, CYCLE, T(3, 3)),
            call(T(2, 3, 4), -2, permuted(1), T(2, 1, 4)),
            call(T(3), 0, permuted(1, shape=()), T()),
            call(T(3, 4), 0, I(0, high=1), T(0, 4)),
            call(T(), 0, permuted(0), T(1)),
            call(T(), 0, permuted(0, shape=()), T()),
        ],
        dtypes=ALL,
        inplace=True,
        out=True,
        errors=[
            call("a", 0, CYCLE, T(3)),
            call(T(3), 0, CYCLE, 5),
            call(T(3), 5, CYCLE, T(3)),
            call(T(3), 0, T(3), T(3)),
            call(T(3), 0, I(3, high=3, dtype="int32"), T(3)),
            call(T(3), 0, ACROSS, T(3)),
            call(T(3), 0, CYCLE, T(3, dtype="float32")),
            call(T(3), 0, CYCLE, T(2)),
            call(T(3, 4), 0, CYCLE, T(3, 3)),
            call(T(3, 4), 0, CYCLE, T(3)),
            call(T(2, 4), 0, CYCLE, T(3, 4)),
        ],
    ),
    Row(
        "index_fill",
        [
            call(T(3, 4), 0, permuted(2, 0), 1.5),
            call(T(3, 4), 1, BELOW, 2),
            call(T(3, 4), 1, CYCLE, T()),
            call(T(3, 4), 0, I(5, high=2), T()),
            call(T(2, 3, 4), -2, I(4, high=3), True),
            call(T(3), 0, I(0, high=1), 1),
            call(T(3), 0, permuted(1, shape=()), 1),
            call(T(), 0, permuted(0, shape=()), 3),
        ],
        dtypes=ALL,
        inplace=True,
        errors=[
            call(T(3), 0, CYCLE, "a"),
            call(T(3), 0, CYCLE, T(3)),
            call(T(3), 0, CYCLE, 1j),
            call(T(3, dtype="uint8"), 0, CYCLE, 300),
            call(T(3), 0, T(3), 1),
            call(T(3), 0, I(3, high=3, dtype="int32"), 1),
            call(T(3), 0, ACROSS, 1),
            call(T(2), 0, CYCLE, 1),
            call(T(3), 5, CYCLE, 1),
            call(T(), 0, CYCLE, 1),
        ],
    ),
    Row(
        "take",
        [
            call(T(2, 3), I(4, high=6)),
            call(T(2, 3), permuted(-1, 5, -6, 0, shape=(2, 2))),
            call(T(2, 3), I(high=6)),
            call(T(), permuted(0, 0)),
            call(T(0), I(0, high=1)),
            call(T(2, 1, 3), I(2, 1, 2, high=6)),
        ],
        dtypes=ALL,
        out=True,
        errors=[
            call("a", CYCLE),
            call(T(3), "a"),
            call(T(3), T(3)),
            call(T(3), I(3, high=3, dtype="int32")),
            call(T(2), CYCLE),
            call(T(2), BELOW),
            call(T(0), CYCLE),
            call(T(3), CYCLE, out=T(3, dtype="float32")),
        ],
    ),
    Row(
        "Tensor.put",
        [
            call(T(2, 3), permuted(5, -6, 1), T(3)),
            call(T(2, 3), I(2, 4, high=6), T(8), True),
            call(T(2, 3), permuted(1, 3, shape=(1, 2)), T(2), accumulate=False),
            call(T(2, 3), I(0, high=1), T(0)),
            call(T(), permuted(0), T(1)),
            call(T(2, 1, 3), permuted(0, -1), T(2, 1), True),
        ],
        dtypes=ALL,
        inplace=True,
        errors=[
            call(T(3), CYCLE, 5),
            call(T(3), CYCLE, T(3), 2),
            call(T(3), T(3), T(3)),
            call(T(3), CYCLE, T(3, dtype="float32")),
            call(T(3), CYCLE, T(2)),
            call(T(2), CYCLE, T(3)),
            call(T(0), CYCLE, T(3)),
        ],
    ),
    Row(
        "index_put",
        [
            call(T(3, 4), (CYCLE,), T(4)),
            call(T(3, 4), [permuted(0, 2)], T(2, 4)),
            call(T(3, 4), (I(5, high=3),), T(5, 4), True),
            call(T(3, 4), (I(5, high=3), I(5, high=4)), T(), accumulate=True),
            call(T(3, 4), (permuted(0, -1), permuted(1, 2)), T(2)),
            call(T(3, 4), (permuted(0, -1, shape=(2, 1)), CYCLE), T(2, 3)),
            call(T(3, 4), (M(3, 4),), T()),
            call(T(3, 4), (M(3),), T(4)),
            call(T(3, 4), (permuted(0, shape=()),), T(4)),
            call(T(3, 4), (I(0, high=1),), T(4)),
        ],
        dtypes=ALL,
        inplace=True,
        errors=[
            call(T(3), CYCLE, T()),
            call(T(3), (5,), T()),
            call(T(3), (None,), T()),
            call(T(3), (CYCLE,), 5),
            call(T(3), (CYCLE,), T(2)),
            call(T(3), (CYCLE,), T(3, dtype="float32")),
            call(T(2), (CYCLE,), T()),
            call(T(3), (T(3),), T()),
            call(T(3), (CYCLE, CYCLE), T()),
            call(T(3, 4), (M(4),), T()),
            call(T(3, 4), (permuted(0, 1), CYCLE), T()),
            call(T(3), (), T()),
        ],
    ),
]
