"""`torch.testing.make_tensor` and the old `assert_allclose`, told to both libraries."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.both import assert_alike, assert_same_story, attempt, expressions, scope, story

DTYPES = (
    *("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16"),
    *("float32", "float64", "complex64", "complex128"),
)
INF, NAN = float("inf"), float("nan")
INTERVALS = (
    *({}, {"low": -3, "high": 3}, {"low": 2}, {"high": -1}, {"high": 4}, {"low": 1, "high": 1}),
    *({"low": 0.5, "high": 2.5}, {"low": 3, "high": 2}, {"low": -INF}, {"high": INF}),
    *({"low": -INF, "high": INF}, {"low": -1e30, "high": 1e30}, {"low": 1e39, "high": 1e40}),
    *({"low": NAN}, {"low": -500, "high": -400}, {"low": 400, "high": 500}, {"low": "a"}),
)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.filterwarnings("ignore")
def test_intervals(dtype: str) -> None:
    def body(lib: Any) -> list[str]:
        kind = getattr(lib, dtype)
        made = []
        for interval in INTERVALS:
            lib.manual_seed(5)
            make = partial(lib.testing.make_tensor, 2, 3, dtype=kind, device="cpu", **interval)
            made.append(attempt(make))
        return made

    assert_same_story(body)


@pytest.mark.parametrize("dtype", ["float32", "int64", "complex64", "bool", "bfloat16"])
@pytest.mark.parametrize("noncontiguous", [False, True])
def test_layouts(dtype: str, noncontiguous: bool) -> None:
    def body(lib: Any) -> list[Any]:
        made = []
        for shape in ((), (0,), (1,), (3,), (2, 0), (5, 4), (2, 3, 4)):
            t = lib.testing.make_tensor(
                shape, dtype=getattr(lib, dtype), device="cpu", noncontiguous=noncontiguous
            )
            made.append((t, t.stride(), t.is_contiguous(), t.storage_offset(), t._base is None))
        return made

    assert_same_story(body)


@story
def test_zeros_are_left_out(lib: Any) -> list[Any]:
    make = lib.testing.make_tensor
    made = []
    for dtype in (lib.int64, lib.uint8, lib.bool):
        t = make(200, dtype=dtype, device="cpu", exclude_zero=True)
        made.append((t.sum().item(), (t == 0).any().item()))
    # An interval of nothing but zeros shows what stands in their place.
    for dtype in (lib.float32, lib.complex64, lib.float16):
        made.append(make(2, dtype=dtype, device="cpu", low=0, high=0, exclude_zero=True).tolist())
    return made


@expressions(
    """
    torch.testing.make_tensor([2, 3], dtype=torch.float32, device="cpu").shape
    torch.testing.make_tensor(torch.Size([2]), dtype=torch.float32, device="cpu").shape
    torch.testing.make_tensor([], dtype=torch.float32, device="cpu").shape
    torch.testing.make_tensor(dtype=torch.float32, device="cpu").shape
    torch.testing.make_tensor(3, 4, dtype=torch.float32, device=torch.device("cpu")).shape
    torch.testing.make_tensor([2], [3], dtype=torch.float32, device="cpu").shape
    torch.testing.make_tensor("a", dtype=torch.float32, device="cpu").shape
    torch.testing.make_tensor(-1, dtype=torch.float32, device="cpu").shape
    torch.testing.make_tensor(2.5, dtype=torch.float32, device="cpu").shape
    torch.testing.make_tensor(2, dtype="f", device="cpu").shape
    torch.testing.make_tensor(2, dtype=torch.float32, device="cuda")
    torch.testing.make_tensor(2, dtype=torch.float32)
    torch.testing.make_tensor(2, 2, 2, 2, dtype=torch.float32, device="cpu", memory_format=torch.channels_last).stride()
    torch.testing.make_tensor(2, 2, dtype=torch.float32, device="cpu", memory_format=torch.channels_last)
    torch.testing.make_tensor(2, 2, dtype=torch.float32, device="cpu", noncontiguous=True, memory_format=torch.contiguous_format)
    torch.testing.make_tensor(2, dtype=torch.int64, device="cpu", requires_grad=True)
    torch.testing.make_tensor(2, dtype=torch.complex64, device="cpu", requires_grad=True)
    torch.testing.make_tensor(2, 2, dtype=torch.float32, device="cpu", requires_grad=True, noncontiguous=True).is_leaf
    """  # noqa: E501
)
def test_arguments(expression: str) -> None:
    assert_alike(expression, scope)


@story
def test_assert_allclose(lib: Any) -> list[str]:
    check = lib.testing.assert_allclose
    ones, zeros, nan = lib.ones(2), lib.zeros(2), lib.tensor(float("nan"))
    kinds = (lib.float16, lib.bfloat16, lib.float32, lib.float64, lib.complex64, lib.int64)
    return [
        *[attempt(partial(check, ones.to(kind), zeros.to(kind))) for kind in kinds],
        attempt(lambda: check(ones, ones.double())),
        attempt(lambda: check(ones, [1.0, 2.0])),
        attempt(lambda: check(1, 1.00001)),
        attempt(lambda: check(1.0, 2, msg="told")),
        attempt(lambda: check(nan, nan)),
        attempt(lambda: check(nan, nan, equal_nan=False)),
        attempt(lambda: check(ones, zeros, rtol=1)),
        attempt(lambda: check(ones, zeros, rtol=0, atol=2)),
        attempt(lambda: check(ones.reshape(2, 1), zeros)),
        attempt(lambda: check(ones, zeros, 1, 2, False, "m")),
    ]
