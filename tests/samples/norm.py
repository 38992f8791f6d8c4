"""Normalisation."""

from __future__ import annotations

from typing import Any

from tests.samples.row import Row, T, Z, call

HALF = ("float32", "float64", "float16", "bfloat16")
MIXED = {"dtype": "float32"}


def estimates(lib: Any, input: Any, mean: Any, var: Any, *args: Any, **kwargs: Any) -> Any:
    """Batch norm in training, and the estimates that it moved."""
    mean, var = mean.clone(), var.clone()
    out = lib.nn.functional.batch_norm(input, mean, var, *args, training=True, **kwargs)
    return out, mean, var


def instance_estimates(lib: Any, input: Any, mean: Any, var: Any, **kwargs: Any) -> Any:
    mean, var = mean.clone(), var.clone()
    return lib.nn.functional.instance_norm(input, mean, var, **kwargs), mean, var


VAR = {"low": 0.5, "high": 2.0}

REST = (0.1, 1e-5, False)  # momentum, eps, and whether another library may be asked

ROWS = [
    Row(
        "nn.functional.layer_norm",
        [
            call(T(4, 5), (5,)),
            call(T(4, 5), (5,), T(5), T(5)),
            call(T(2, 3, 4), (3, 4), T(3, 4), T(3, 4)),
            call(T(2, 3, 4), (4,), T(4)),
            call(T(5), (5,), T(5), T(5)),
            call(T(0, 5), (5,), T(5), T(5)),
            call(T(3, 1), (1,), T(1)),
        ],
        dtypes=("float32", "float64", "float16", "int64", "complex64"),
        errors=[
            call(T(2, 3), (4,)),
            call(T(2, 3), ()),
            call(T(2, 3), 3),
            call(T(2, 3), (3,), T(4)),
            call(T(2, 3), (3,), T(3), T(4)),
            call(T(3), (2, 3)),
            call(T(), (3,)),
            call(T(2, 3), (3,), T(3, dtype="float32")),
            call(T(2, 3), (3,), T(3), T(3, dtype="float32")),
            call(T(2, 3, dtype="float32"), (3,), T(3)),
            call(2, (3,)),
            call(T(2, 3), (3.0,)),
            call(T(2, 3), (3, "a")),
        ],
    ),
    Row(
        "nn.functional.layer_norm",
        [call(T(4, 5, dtype="float16"), (5,), T(5, **MIXED), T(5, **MIXED))],
        dtypes=("float32",),
    ),
    # A bias without a weight, which PyTorch cannot differentiate twice (group norm: not once).
    Row(
        "nn.functional.layer_norm",
        [call(T(2, 3, 4), (4,), None, T(4), eps=0.1)],
        second=False,
    ),
    Row("nn.functional.group_norm", [call(T(2, 4, 3), 1, None, T(4), 0.1)], grad=False),
    Row(
        "nn.functional.batch_norm",
        [
            call(T(2, 3, 2, 2, 2), None, None, None, T(3), True),
            call(T(2, 3, 150), Z(3), Z(3, **VAR), None, T(3)),
        ],
        second=False,
    ),
    Row(
        "nn.functional.rms_norm",
        [call(T(2, 4, 3), (3,)), call(T(2, 4, 3), (4, 3), T(4, 3), 1e-3)],
        dtypes=("complex64", "complex128"),
        grad=False,
    ),
    Row(
        "nn.functional.rms_norm",
        [
            call(T(4, 5), (5,)),
            call(T(4, 5), (5,), T(5)),
            call(T(2, 3, 4), (3, 4), T(3, 4), 0.1),
            call(T(5), (5,)),
            call(T(0, 5), (5,), T(5)),
        ],
        dtypes=("float32", "float64", "float16", "int64"),
        errors=[
            call(T(2, 3), (4,)),
            call(T(2, 3), ()),
            call(T(2, 3), (3,), T(4)),
            call(T(2, 3), 3),
            call(2, (3,)),
            call(T(5), (3, 4, 5)),
            call(T(5), (5, -2)),
            call(T(5), (4, 5), T(4, 5)),
            call(T(5), (4, 5), T(5)),
        ],
    ),
    Row(
        "nn.functional.group_norm",
        [
            call(T(2, 4), 2),
            call(T(2, 4, 3), 2, T(4), T(4)),
            call(T(2, 6, 3, 2), 3, T(6)),
            call(T(2, 4, 3), 4, T(4), T(4)),
            call(T(0, 4, 3), 2, T(4), T(4)),
        ],
        dtypes=("float32", "float64", "float16", "int64", "complex64"),
        errors=[
            call(T(2, 3), 2),
            call(T(4), 2),
            call(T(2, 4, 3), 2, T(3)),
            call(T(2, 4, 3), 2, T(4), T(3)),
            call(T(1, 2), 2),
            call(T(2, 4, 3), 0),
            call(T(2, 4, 3), -1),
            call(T(2, 4, 3), 2.0),
            call(T(2, 4, 3), 2, T(4, dtype="float32"), T(4)),
        ],
    ),
    Row(
        "nn.functional.batch_norm",
        [
            call(T(5, 3), None, None, training=True),
            call(T(5, 3), None, None, T(3), T(3), True),
            call(T(2, 3, 4), None, None, T(3), T(3), True),
            call(T(2, 3, 4, 2), None, None, T(3), None, True, eps=0.1),
            call(T(2, 3, 150), None, None, T(3), T(3), True),
            call(T(1, 3, 4), None, None, T(3), T(3), True),
            call(T(5, 3), Z(3), Z(3, **VAR)),
            call(T(5, 3), Z(3), Z(3, **VAR), T(3), T(3)),
            call(T(2, 3, 4, 2), Z(3), Z(3, **VAR), T(3), T(3), False, 0.1, 0.1),
        ],
        dtypes=("float32", "float64", "float16", "int64", "complex64"),
        errors=[
            call(T(1, 3), None, None, training=True),
            call(T(1, 3, 1), None, None, training=True),
            call(T(5, 3), None, None, training=True, eps=0.0),
            call(T(5, 3), Z(3), Z(3, **VAR), eps=-1.0),
            call(T(2, 3), None, None),
            call(T(2, 3), T(3), None),
            call(T(2, 3), Z(3), Z(4), training=True),
            call(T(2, 3), Z(3), Z(3), T(4), T(3)),
            call(T(2, 3), Z(3), Z(3), T(3), T(4)),
            call(T(2, 3), Z(3, dtype="float32"), Z(3, dtype="float32")),
            call(T(2, 3, dtype="float32"), Z(3), Z(3)),
            call(T(2, 3), Z(3), Z(3), T(3, dtype="float32"), T(3)),
            call(2, None, None),
        ],
    ),
    Row(
        "batch_norm",
        [
            call(T(4, 3, 2), T(3), T(3), None, None, True, *REST),
            call(T(4, 3), None, None, None, None, True, *REST),
            call(T(4, 3), None, None, Z(3), Z(3, **VAR), False, *REST),
            call(T(4, 3), T(3), T(3), Z(3), Z(3, **VAR), False, *REST),
            call(T(2, 3, 2, 2), T(3), None, None, None, True, *REST),
            call(T(1, 3, 4), T(3), T(3), None, None, True, *REST),
        ],
        method=False,
        errors=[
            call(T(3), None, None, None, None, True, *REST),
            call(T(2, 3), None, None, None, None, False, *REST),
            call(T(2, 3), T(4), None, None, None, True, *REST),
            call("a", None, None, None, None, True, *REST),
        ],
    ),
    Row(
        "layer_norm",
        [
            call(T(4, 3), (3,), T(3)),
            call(T(4, 3), (4, 3), T(4, 3), T(4, 3)),
            call(T(2, 4, 3), [4, 3]),
            call(T(3), (3,)),
            call(T(0, 3), (3,), T(3), T(3)),
            call(T(4, 3), (3,), None, None, 0.1),
        ],
        method=False,
        errors=[
            call(T(4, 3), (4,)),
            call(T(4, 3), (3,), T(4)),
            call("a", (3,)),
            call(T(4, 3, dtype="int64"), (3,)),
        ],
    ),
    Row(
        "group_norm",
        [
            call(T(2, 4, 3), 2, T(4)),
            call(T(2, 4), 2),
            call(T(2, 4, 3), 1, T(4), T(4)),
            call(T(2, 4, 3, 2), 4),
            call(T(0, 4, 3), 2, T(4), T(4)),
            call(T(2, 4, 3), 2, T(4), T(4), 0.1),
        ],
        method=False,
        errors=[
            call(T(2, 4, 3), 3),
            call(T(2, 4, 3), 2, T(3)),
            call(T(4), 2),
            call("a", 2),
            call(T(2, 4), "a"),
        ],
    ),
    Row(
        "rms_norm",
        [
            call(T(2, 4, 3), (3,), T(3)),
            call(T(4, 3), (3,)),
            call(T(4, 3), [4, 3], T(4, 3)),
            call(T(3), (3,), None, 0.1),
            call(T(0, 3), (3,)),
            call(T(2, 1, 3), (1, 3)),
        ],
        method=False,
        errors=[call(T(4, 3), (4,)), call(T(4, 3), (3,), T(4)), call("a", (3,))],
    ),
    Row(
        "instance_norm",
        [
            call(T(2, 4, 3), T(4), None, None, None, True, *REST),
            call(T(2, 4, 3), None, None, None, None, True, *REST),
            call(T(2, 4, 3, 2), T(4), T(4), None, None, True, *REST),
            call(T(2, 4, 3), None, None, Z(4), Z(4, **VAR), False, *REST),
            call(T(2, 4, 3), T(4), T(4), Z(4), Z(4, **VAR), False, *REST),
            call(T(1, 4, 2), T(4), T(4), None, None, True, *REST),
        ],
        method=False,
        errors=[
            call(T(2, 4, 3), None, None, None, None, False, *REST),
            call(T(2, 4, 3), T(3), None, None, None, True, *REST),
            call("a", None, None, None, None, True, *REST),
        ],
    ),
    Row(
        "batch_norm+estimates",
        [
            call(T(5, 3), Z(3), Z(3, **VAR)),
            call(T(2, 3, 4), Z(3), Z(3, **VAR), T(3), T(3), momentum=0.7),
            call(T(2, 3, 150), Z(3), Z(3, **VAR), momentum=1.0),
            call(T(0, 3), Z(3), Z(3, **VAR), T(3), T(3)),
        ],
        fn=estimates,
        dtypes=("float32", "float64", "float16"),
    ),
    Row(
        "nn.functional.instance_norm",
        [
            call(T(2, 3, 4)),
            call(T(2, 3, 4), weight=T(3), bias=T(3)),
            call(T(2, 3, 2, 2), None, None, T(3), T(3), True, 0.1, 0.1),
            call(T(2, 3, 2, 2, 2), Z(3), Z(3, **VAR), T(3), T(3), False),
            call(T(1, 3, 4)),
            call(T(0, 3, 4)),
        ],
        dtypes=("float32", "float64", "float16"),
        errors=[
            call(T(2, 3)),
            call(T(2, 3, 1)),
            call(T(2, 3, 4), None, None, use_input_stats=False),
            call(T(2, 3, 4), None, Z(3)),
            call(T(2, 3, 4), Z(4), Z(4)),
            call(T(2, 3, 4), None, None, T(4)),
            call(T(3)),
        ],
    ),
    Row(
        "instance_norm+estimates",
        [call(T(2, 3, 4), Z(3), Z(3, **VAR), momentum=0.3)],
        fn=instance_estimates,
    ),
    Row(
        "nn.functional.local_response_norm",
        [
            call(T(2, 5, 3), 2),
            call(T(2, 5, 3), 3, alpha=0.5, beta=0.6, k=2.0),
            call(T(2, 5, 3, 2), 4, 1.0),
            call(T(1, 3, 2, 2, 2), 9, 1.0),
            call(T(2, 5, 3), 1),
            call(T(2, 0, 3), 2),
        ],
        errors=[call(T(2, 3), 2), call(T(3), 2), call(T(2, 3, 4), 0), call(T(2, 3, 4, 4), 0)],
    ),
    # An infinity, or a root of something negative, stays in its windows.
    Row(
        "nn.functional.local_response_norm",
        [
            call(T(1, 5, 1, values=(1.0, 0.5, 1.0, 2.0, -1.0)), 3, -1.0, 0.6, 2.0),
            call(T(1, 5, 1, values=(float("inf"), 0.5, 1.0, 2.0, -1.0)), 2),
        ],
        second=False,
        forward=False,
        finite=False,
    ),
]
