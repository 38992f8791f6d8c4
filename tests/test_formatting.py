"""The text of tensors: a few in words, and a great many beside PyTorch's own."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from rushlight import dtypes
from rushlight.formatting import format_tensor, get_printoptions, set_printoptions

INF, NAN = math.inf, math.nan


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch", reason="PyTorch is the judge here")


@pytest.fixture(autouse=True)
def fresh_options() -> Iterator[None]:
    yield
    set_printoptions(profile="default")
    dtypes.set_default_dtype(dtypes.float32)
    if "torch" in sys.modules:
        sys.modules["torch"].set_printoptions(profile="default")
        sys.modules["torch"].set_default_dtype(sys.modules["torch"].float32)


def outcome(f: Callable[[], object]) -> object:
    try:
        return f()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


# -- In words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "code", "expected"),
    [
        (1.5, "f4", "tensor(1.5000)"),
        (3, "i8", "tensor(3)"),
        (True, "?", "tensor(True)"),
        ([1, 2], "f4", "tensor([1., 2.])"),
        ([1, 2.5], "f4", "tensor([1.0000, 2.5000])"),
        ([-1.5, 10], "f4", "tensor([-1.5000, 10.0000])"),
        ([0.0, -0.0], "f4", "tensor([0., -0.])"),
        ([0.5, -0.0], "f4", "tensor([0.5000, -0.0000])"),
        ([NAN, 1e5], "f4", "tensor([    nan, 100000.])"),
        ([-INF, 1], "f4", "tensor([-inf, 1.])"),
        ([NAN, 0.5], "f4", "tensor([   nan, 0.5000])"),
        ([1, 1000], "f4", "tensor([   1., 1000.])"),
        ([1, 1001], "f4", "tensor([1.0000e+00, 1.0010e+03])"),
        ([1e8], "f4", "tensor([100000000.])"),
        ([1e9], "f4", "tensor([1.0000e+09])"),
        ([1e-45], "f4", "tensor([1.4013e-45])"),
        ([1e-4], "f4", "tensor([1.0000e-04])"),
        ([1e-4], "f8", "tensor([0.0001], dtype=torch.float64)"),
        ([65504, 6e-8], "f2", "tensor([6.5504e+04, 5.9605e-08], dtype=torch.float16)"),
        ([-1, 100], "i8", "tensor([ -1, 100])"),
        ([7, 200], "u1", "tensor([  7, 200], dtype=torch.uint8)"),
        ([True, False], "?", "tensor([ True, False])"),
        ([1 + 2j], "c8", "tensor([1.+2.j])"),
        ([complex(0, -1.5), 2], "c8", "tensor([0.-1.5000j, 2.+0.0000j])"),
        ([1.5 + 2j, complex(NAN, NAN)], "c8", "tensor([1.5000+2.j,    nan+nanj])"),
        (1e9j, "c16", "tensor(0.+1.0000e+09j, dtype=torch.complex128)"),
        ([], "f4", "tensor([])"),
        ([], "i8", "tensor([], dtype=torch.int64)"),
        ([[], []], "f8", "tensor([], size=(2, 0), dtype=torch.float64)"),
        ([[1, 2], [3, 4]], "i8", "tensor([[1, 2],\n        [3, 4]])"),
    ],
)
def test_small_tensors(values: object, code: str, expected: str) -> None:
    assert format_tensor(np.array(values, code)) == expected


def test_blank_lines_part_matrices() -> None:
    assert format_tensor(np.zeros((2, 2, 1, 2), "i8")) == (
        "tensor([[[[0, 0]],\n\n         [[0, 0]]],\n\n\n        [[[0, 0]],\n\n         [[0, 0]]]])"
    )


def test_large_tensors_show_their_edges() -> None:
    assert format_tensor(np.arange(1001)) == "tensor([   0,    1,    2,  ...,  998,  999, 1000])"
    assert format_tensor(np.arange(1200).reshape(30, 1, 40)) == (
        "tensor([[[   0,    1,    2,  ...,   37,   38,   39]],\n\n"
        "        [[  40,   41,   42,  ...,   77,   78,   79]],\n\n"
        "        [[  80,   81,   82,  ...,  117,  118,  119]],\n\n"
        "        ...,\n\n"
        "        [[1080, 1081, 1082,  ..., 1117, 1118, 1119]],\n\n"
        "        [[1120, 1121, 1122,  ..., 1157, 1158, 1159]],\n\n"
        "        [[1160, 1161, 1162,  ..., 1197, 1198, 1199]]])"
    )


def test_what_stands_behind_the_numbers() -> None:
    a = np.ones(2, "f4")
    assert format_tensor(a, requires_grad=True) == "tensor([1., 1.], requires_grad=True)"
    assert (
        format_tensor(a, requires_grad=True, grad_fn_name="AddBackward0")
        == "tensor([1., 1.], grad_fn=<AddBackward0>)"
    )
    assert (
        format_tensor(
            a.astype("f8"), requires_grad=True, extra_suffixes=["tangent=tensor([1., 1.])"]
        )
        == "tensor([1., 1.], dtype=torch.float64, requires_grad=True,\n"
        "       tangent=tensor([1., 1.]))"
    )
    assert format_tensor(np.arange(16) + 0.5, requires_grad=True) == (
        "tensor([ 0.5000,  1.5000,  2.5000,  3.5000,  4.5000,  5.5000,  6.5000,  7.5000,\n"
        "         8.5000,  9.5000, 10.5000, 11.5000, 12.5000, 13.5000, 14.5000, 15.5000],\n"
        "       dtype=torch.float64, requires_grad=True)"
    )


def test_options_are_kept() -> None:
    default = {
        "precision": 4,
        "threshold": 1000,
        "edgeitems": 3,
        "linewidth": 80,
        "sci_mode": None,
    }
    assert get_printoptions() == default
    set_printoptions(precision=2, sci_mode=True)
    assert get_printoptions() == default | {"precision": 2, "sci_mode": True}
    set_printoptions(edgeitems=1)  # sci_mode does not outlive a call that leaves it out
    assert get_printoptions() == default | {"precision": 2, "edgeitems": 1}
    set_printoptions(profile="full", linewidth=60)
    assert get_printoptions() == default | {"threshold": INF, "linewidth": 60}
    set_printoptions(profile="short")
    assert get_printoptions() == default | {"precision": 2, "edgeitems": 2}
    set_printoptions(profile="FULL")
    assert get_printoptions() == default | {"precision": 2, "edgeitems": 2}


def test_types_without_a_tensor() -> None:
    with pytest.raises(TypeError, match=r"can't convert np\.ndarray of type numpy\.object_"):
        format_tensor(np.array([None]))


# -- Beside PyTorch -------------------------------------------------------------------------------

CODES = ["?", "u1", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "c8", "c16", "bfloat16"]
FLOATING = CODES[6:]
SPECIAL = [0.0, -0.0, 1.0, 1.5, NAN, INF, -INF, 1e-4, 1e8, 123456.0, 0.1, 5e-324, 1e308, 65504]
OPTIONS = {
    "precision": [0, 1, 2, 3, 6, 8, 12],
    "threshold": [0, 1, 5, 20, 100, INF],
    "edgeitems": [0, 1, 2, 3, 5],
    "linewidth": [1, 8, 20, 40, 79, 80, 81, 120],
    "sci_mode": [True, False],
    "profile": ["short", "full", "default"],
}
DRAWS: list[Callable[[np.random.Generator, int], Any]] = [
    lambda rng, n: rng.standard_normal(n),
    lambda rng, n: rng.standard_normal(n) * 10.0 ** rng.integers(-320, 309),
    lambda rng, n: rng.standard_normal(n) * 10.0 ** rng.uniform(-6, 10, n),
    lambda rng, n: rng.integers(-5, 5, n).astype("f8"),
    lambda rng, n: rng.integers(-(10 ** int(rng.integers(1, 18))), 10**12, n).astype("f8"),
    lambda rng, n: rng.uniform(0.1, 100.2, n),
    lambda rng, n: rng.choice(SPECIAL[:6], n),
    lambda rng, n: rng.choice(SPECIAL, n),
    lambda rng, n: rng.uniform(-1000, 1000, n).round(int(rng.integers(0, 6))),
    lambda rng, n: rng.choice([9.99995, 0.99999, 999.99996, 1e-4, 0.99e-4, 99999.5], n),
    lambda rng, n: 10.0 ** rng.integers(-5, 9, n),
]
SHAPES: list[Callable[[np.random.Generator], Any]] = [
    lambda rng: (),
    lambda rng: (rng.integers(1, 40),),
    lambda rng: (rng.integers(900, 1200),),
    lambda rng: rng.integers(0, 4, rng.integers(1, 4)),
    lambda rng: rng.integers(1, 8, rng.integers(1, 5)),
    lambda rng: rng.choice([1, 2, 6, 7, 20, 60], rng.integers(2, 4)),
]


def pick(rng: np.random.Generator, things: list[Any]) -> Any:
    return things[int(rng.integers(len(things)))]


def random_array(rng: np.random.Generator, code: str) -> Any:
    shape = tuple(int(length) for length in pick(rng, SHAPES)(rng))
    n = math.prod(shape)
    with np.errstate(all="ignore"):
        values = pick(rng, DRAWS)(rng, n)
        if code.startswith("c"):
            values = values + 0j
            values.imag = pick(rng, DRAWS)(rng, n)
        elif code not in FLOATING:  # what is out of range has no one cast
            limit = 1 if code == "?" else np.iinfo(code).max / 2
            values = np.clip(np.nan_to_num(values), code[0] == "i" and -limit, limit)
        numpy_dtype = dtypes.bfloat16.numpy if code == "bfloat16" else np.dtype(code)
        array = values.reshape(shape).astype(numpy_dtype)
    return array.T if rng.random() < 0.2 else array


def as_torch(torch: Any, array: Any) -> Any:
    copied = np.array(array)  # a copy, because a transposed or reversed one is not for torch
    if array.dtype.name == "bfloat16":
        return torch.from_numpy(copied.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(copied)


def use_options(torch: Any, options: dict[str, Any], default: str) -> None:
    for library in (torch, None):
        choose = set_printoptions if library is None else library.set_printoptions
        choose(profile="default")
        choose(**options)
    torch.set_default_dtype(getattr(torch, default))
    dtypes.set_default_dtype(dtypes.DTYPES[default])


@pytest.mark.parametrize("code", CODES)
def test_random_tensors(torch: Any, code: str) -> None:
    if code == "bfloat16":
        pytest.importorskip("ml_dtypes", reason="the extra bfloat16")
    for seed in range(60):
        rng = np.random.default_rng([seed, CODES.index(code)])
        array = random_array(rng, code)
        options = {
            name: pick(rng, choices)
            for name, choices in OPTIONS.items()
            if seed % 2 and rng.random() < 0.4
        }
        use_options(torch, options, pick(rng, ["float32", "float32", "float64", "float16"]))
        judge, grad_fn_name = as_torch(torch, array), None
        requires_grad = seed % 3 > 0 and code in FLOATING
        if requires_grad:
            judge.requires_grad_()
            if seed % 3 == 2:
                judge, grad_fn_name = judge.clone(), "CloneBackward0"
        text = format_tensor(array, requires_grad=requires_grad, grad_fn_name=grad_fn_name)
        assert text == repr(judge), (seed, options)


@pytest.mark.parametrize(
    ("code", "value"),
    [(c, v) for c in CODES for v in SPECIAL if c in FLOATING or v in (0, 1)],
)
def test_single_values(torch: Any, code: str, value: float) -> None:
    if code == "bfloat16":
        pytest.importorskip("ml_dtypes", reason="the extra bfloat16")
    numpy_dtype = dtypes.bfloat16.numpy if code == "bfloat16" else np.dtype(code)
    with np.errstate(all="ignore"):
        arrays = [np.array(v).astype(numpy_dtype) for v in (value, [value], [value, 1], [-value])]
    for sci_mode in (None, True, False):
        use_options(torch, {"sci_mode": sci_mode}, "float32")
        for array in arrays:
            assert format_tensor(array) == repr(as_torch(torch, array))


@pytest.mark.parametrize("length", range(1, 14))
def test_suffixes_wrap_in_the_same_column(torch: Any, length: int) -> None:
    for letters in range(1, 60):
        function = type(
            "F" * letters,
            (torch.autograd.Function,),
            {"forward": staticmethod(lambda ctx, x: x.clone())},
        )
        for code in ("f4", "f8"):
            array = np.full((2, length), 0.5, code)
            judge = function.apply(torch.from_numpy(array).requires_grad_())
            ours = format_tensor(array, requires_grad=True, grad_fn_name=f"{'F' * letters}Backward")
            assert ours == repr(judge)


@pytest.mark.parametrize("name", ["T", "Tensorial", "A" * 90])
def test_subclasses_print_their_name(torch: Any, name: str) -> None:
    subclass = type(name, (torch.Tensor,), {})
    for shape in ((3,), (2, 30), (40, 40), (0, 2)):
        array = np.linspace(0, 1, math.prod(shape)).reshape(shape)
        judge = torch.from_numpy(array).as_subclass(subclass)
        assert format_tensor(array, prefix=f"{name}(") == repr(judge)


@pytest.mark.filterwarnings("ignore:`torch.jit.script`")
def test_tangents_print_behind(torch: Any) -> None:
    forward = torch.autograd.forward_ad
    with forward.dual_level():
        for n in range(1, 20):
            primal, tangent = np.full(n, 0.5, "f4"), np.full(n, 2, "f4")
            judge = forward.make_dual(torch.from_numpy(primal), torch.from_numpy(tangent))
            suffix = f"tangent={format_tensor(tangent)}"
            assert format_tensor(primal, extra_suffixes=[suffix]) == repr(judge)


@pytest.mark.parametrize(
    "options",
    [{"precision": -1}, {"precision": "a"}, {"precision": 4.0}, {"edgeitems": 1.5}, {"profile": 3}],
)
def test_options_that_make_no_sense(torch: Any, options: dict[str, Any]) -> None:
    array = np.linspace(0, 1, 2000)

    def ours() -> str:
        set_printoptions(**options)
        return format_tensor(array)

    def theirs() -> str:
        torch.set_printoptions(**options)
        return repr(torch.from_numpy(array))

    assert str(outcome(ours)).partition(":")[0] == str(outcome(theirs)).partition(":")[0]
