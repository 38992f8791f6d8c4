"""Dtypes and their promotion, beside PyTorch's own and in words."""

from __future__ import annotations

import copy
import itertools
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from rushlight import dtypes as dt
from rushlight.dtypes import DTYPES, result_dtype

NAMES = list(DTYPES)
CARRIED = [name for name in NAMES if name != "complex32"]
NUMBERS = (True, 2, 2.5, 2j)


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch", reason="PyTorch is the judge here")


@pytest.fixture(autouse=True)
def default_dtype() -> Iterator[None]:
    yield
    dt.set_default_dtype(dt.float32)
    if "torch" in sys.modules:
        sys.modules["torch"].set_default_dtype(sys.modules["torch"].float32)


def carrier(name: str) -> np.dtype[Any]:
    if name == "bfloat16":
        pytest.importorskip("ml_dtypes", reason="the extra bfloat16")
    return DTYPES[name].numpy


def outcome(f: Callable[[], object]) -> str:
    """What a call gave, or how it failed, in words that both libraries share."""
    try:
        return repr(f())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


# -- The dtypes themselves ------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore:ComplexHalf")
def test_attributes(torch: Any, name: str) -> None:
    ours, theirs = DTYPES[name], getattr(torch, name)
    for attribute in ("itemsize", "is_floating_point", "is_complex", "is_signed", "abbr"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    assert repr(ours) == str(ours) == repr(theirs)
    for method in ("to_real", "to_complex"):
        assert outcome(getattr(ours, method)) == outcome(getattr(theirs, method))
    assert torch.zeros(1, dtype=theirs).type() == f"torch.{ours.scalar_name}Tensor"


@pytest.mark.parametrize("name", [name for name in NAMES if name != "float32"])
def test_the_names_that_errors_use(torch: Any, name: str) -> None:
    parameter = torch.zeros(1, requires_grad=True)
    with pytest.raises(RuntimeError) as error:
        parameter.grad = torch.zeros(1, dtype=getattr(torch, name))
    assert f"dtype '{DTYPES[name].cpp_name}'" in str(error.value)


@pytest.mark.parametrize("name", CARRIED)
def test_the_carrier_leads_back(name: str) -> None:
    d = DTYPES[name]
    assert dt.from_numpy(carrier(name)) is d
    assert d.numpy.itemsize == d.itemsize
    assert d.category == (d.is_floating_point and dt.FLOAT) + (d.is_complex and dt.COMPLEX) + (
        name.startswith(("int", "uint")) and dt.INTEGER
    )


@pytest.mark.parametrize("name", NAMES)
def test_copies_are_the_same_object(name: str) -> None:
    d = DTYPES[name]
    assert copy.copy(d) is copy.deepcopy(d) is d
    assert all(pickle.loads(pickle.dumps(d, protocol)) is d for protocol in range(6))
    assert {d: 1}[d] == 1
    assert len({*DTYPES.values()}) == len(DTYPES)


def test_aliases(torch: Any) -> None:
    assert {name: repr(d) for name, d in dt.ALIASES.items()} == {
        name: repr(getattr(torch, name)) for name in dt.ALIASES
    }


@pytest.mark.parametrize(
    "action",
    [
        lambda d: setattr(d, "itemsize", 3),
        lambda d: setattr(d, "colour", 3),
        lambda d: delattr(d, "itemsize"),
        lambda d: d.colour,
        lambda d: type(d)(),
        lambda d: type(d)("float32"),
        lambda d: type("Sub", (type(d),), {}),
        lambda d: (d == "float32", d != d, d is d),
    ],
)
def test_a_dtype_cannot_be_made_or_changed(torch: Any, action: Callable[[Any], object]) -> None:
    assert outcome(lambda: action(dt.float32)) == outcome(lambda: action(torch.float32))


UNSUPPORTED = ["longdouble", "clongdouble", "U3", "S3", "O", "M8[s]", "V4", ">f4", ">i2", "i4,f4"]


@pytest.mark.parametrize("code", UNSUPPORTED)
def test_numpy_types_that_torch_lacks(torch: Any, code: str) -> None:
    array = np.zeros(2, code)
    assert outcome(lambda: dt.from_numpy(array.dtype)) == outcome(lambda: torch.from_numpy(array))


def test_as_dtype(torch: Any) -> None:
    for python_type in (bool, int, float, complex):
        theirs = torch.zeros(1, dtype=python_type).dtype
        assert repr(dt.as_dtype(python_type)) == repr(theirs)
    for numpy_type in (np.float32, np.dtype(np.float32)):
        assert dt.as_dtype(numpy_type) is dt.float32
    assert dt.as_dtype(dt.int8) is dt.int8
    for wrong in (str, "float32", 5):
        assert outcome(lambda x=wrong: dt.as_dtype(x, "zeros")) == outcome(
            lambda x=wrong: torch.zeros(1, dtype=x)
        )


# -- The default dtype ----------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["int64", "bool", "complex64", float, None, "'float64'", 5])
def test_default_dtype_refuses(torch: Any, value: object) -> None:
    ours, theirs = (
        (DTYPES[value], getattr(torch, value))
        if isinstance(value, str) and value in DTYPES
        else (value, value)
    )
    assert outcome(lambda: dt.set_default_dtype(ours)) == outcome(  # type: ignore[arg-type]
        lambda: torch.set_default_dtype(theirs)
    )
    assert dt.get_default_dtype() is dt.float32


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64"])
def test_what_follows_the_default_dtype(torch: Any, name: str) -> None:
    expected = carrier(name)
    torch.set_default_dtype(getattr(torch, name))
    dt.set_default_dtype(DTYPES[name])
    assert dt.get_default_dtype() is DTYPES[name]
    assert dt.default_float() == expected
    for carried in CARRIED:
        there = torch.ones(1, dtype=getattr(torch, carried))
        assert repr(dt.from_numpy(dt.promotes_to_float(carrier(carried)))) == repr(
            torch.exp(there).dtype
        )
        assert repr(dt.from_numpy(dt.sum_dtype(carrier(carried)))) == repr(there.sum().dtype)
    if name in ("float32", "float64"):
        assert repr(dt.from_numpy(dt.default_complex())) == repr(torch.tensor(1j).dtype)
    elif name == "bfloat16":
        assert outcome(dt.default_complex) == outcome(lambda: torch.tensor(1j))
    else:
        with pytest.raises(NotImplementedError, match="complex32"):
            dt.default_complex()


# -- Promotion ------------------------------------------------------------------------------------


def test_promote_types_and_can_cast_on_all_pairs(torch: Any) -> None:
    for a, b in itertools.product(NAMES, NAMES):
        x, y = getattr(torch, a), getattr(torch, b)
        ours = outcome(lambda a=a, b=b: dt.promote_types(DTYPES[a], DTYPES[b]))
        assert ours == outcome(lambda x=x, y=y: torch.promote_types(x, y))
        assert dt.can_cast(DTYPES[a], DTYPES[b]) is torch.can_cast(x, y)


def test_errors_of_promote_types_and_can_cast(torch: Any) -> None:
    for name in ("promote_types", "can_cast"):
        ours, theirs = getattr(dt, name), getattr(torch, name)
        assert outcome(lambda f=ours: f(float, int)) == outcome(lambda f=theirs: f(float, int))
        assert outcome(lambda f=ours: f(1, int)) == outcome(lambda f=theirs: f(1, int))
        assert outcome(lambda f=ours: f(float, "x")) == outcome(lambda f=theirs: f(float, "x"))


def operand_pairs(torch: Any, names: list[str]) -> Iterator[tuple[Any, Any]]:
    """Every kind of operand there is, ours and theirs."""
    for name in names:
        for shape in ((), (2,), (1, 0)):
            yield (
                np.ones(shape, carrier(name)),
                torch.ones(shape, dtype=getattr(torch, name)),
            )
    yield from ((number, number) for number in NUMBERS)


@pytest.mark.parametrize("default", ["float32", "float64", "float16", "bfloat16"])
def test_result_dtype_on_all_pairs(torch: Any, default: str) -> None:
    carrier(default)
    dt.set_default_dtype(DTYPES[default])
    torch.set_default_dtype(getattr(torch, default))
    everything = list(operand_pairs(torch, CARRIED))
    for (a, x), (b, y) in itertools.product(everything, everything):
        try:
            expected = torch.result_type(x, y)
        except RuntimeError as error:  # uint16, uint32 and uint64 meet few others
            with pytest.raises(RuntimeError, match=f"^{re.escape(str(error))}$"):
                result_dtype((a, b))
            continue
        for _ in range(2):  # the first answer is worked out, the second remembered
            if expected is torch.complex32:
                with pytest.raises(NotImplementedError, match="complex32"):
                    result_dtype((a, b))
            else:
                answer = result_dtype((a, b))
                assert repr(dt.from_numpy(answer)) == repr(expected), (a, b)


def test_result_dtype_of_three(torch: Any) -> None:
    # clamp promotes its three operands together, and takes neither bool nor complex ones.
    names = ["uint8", "int8", "int64", "float16", "bfloat16", "float32", "float64"]
    everything = [pair for pair in operand_pairs(torch, names) if getattr(pair[0], "size", 1) > 0]
    tensors = [pair for pair in everything if isinstance(pair[0], np.ndarray)]
    for (a, x), (b, y), (c, z) in itertools.product(tensors, tensors, tensors):
        assert repr(dt.from_numpy(result_dtype([a, b, c]))) == repr(torch.clamp(x, y, z).dtype)
    for (a, x), low, high in itertools.product(tensors, (1, 2.5), (1, 2.5)):
        expected = torch.clamp(x, low, high).dtype
        assert repr(dt.from_numpy(result_dtype([a, low, high]))) == repr(expected)


def test_numpy_scalars_count_as_python_numbers(torch: Any) -> None:
    for scalar in (
        np.float32(2),
        np.float64(2),
        np.int32(2),
        np.int64(2),
        np.uint8(2),
        np.bool_(1),
    ):
        for name in ("bool", "int8", "int64", "float16", "float32", "float64"):
            for shape in ((), (2,)):
                there = torch.ones(shape, dtype=getattr(torch, name)) * scalar
                here = result_dtype((np.ones(shape, carrier(name)), scalar))
                assert repr(dt.from_numpy(here)) == repr(there.dtype), (name, scalar)


@pytest.mark.parametrize(
    ("operands", "expected"),
    [
        ((np.ones(3, "f4"), np.ones((), "f8")), "f4"),
        ((np.ones((), "f4"), np.ones((), "f8")), "f8"),
        ((np.ones(3, "f4"), np.ones(1, "f8")), "f8"),
        ((np.ones(3, "i4"), np.ones(3, "f4")), "f4"),
        ((np.ones(3, "i8"), np.ones((), "f2")), "f2"),
        ((np.ones(3, "i8"), 2.5), "f4"),
        ((np.ones(3, "u1"), 300), "u1"),
        ((np.ones(3, "u1"), np.ones(3, "i1")), "i2"),
        ((np.ones(3, "?"), True), "?"),
        ((np.ones(3, "?"), 1), "i8"),
        ((np.ones(3, "f8"), 1j), "c16"),
        ((np.ones(3, "f4"), np.ones((), "c16")), "c8"),
        ((np.ones((), "i2"), 1j), "c8"),
        ((1, 2.5), "f4"),
        ((True, np.float64(2)), "f4"),
        ((np.ones(3, "f4"),), "f4"),
        ((2j,), "c8"),
        ((np.ones(3, "i4"), np.ones((), "f8"), 2.5), "f8"),
        ((np.ones(3, "i4"), np.ones((), "i8"), 2.5), "f4"),
        ((np.ones(3, "f2"), np.ones((), "f8"), np.ones(2, "i8"), 2.5), "f2"),
    ],
)
def test_result_dtype_in_words(operands: tuple[Any, ...], expected: str) -> None:
    assert result_dtype(operands) == np.dtype(expected)
    assert result_dtype(operands[::-1]) == np.dtype(expected)


def test_a_new_default_dtype_is_not_answered_from_memory() -> None:
    operands = (np.ones(3, "i8"), 2.5)
    assert result_dtype(operands) == np.float32
    dt.set_default_dtype(dt.float64)
    assert result_dtype(operands) == np.float64


def test_subclasses_of_ndarray_and_of_numbers() -> None:
    class Enumerated(int):
        pass

    matrix = np.ones((2, 2), "f4").view(np.matrix)
    assert result_dtype((matrix, np.ones((), "f8"))) == np.float32
    assert result_dtype((np.ones(2, "u1"), Enumerated(3))) == np.uint8


@pytest.mark.parametrize("wrong", ["text", None, [1.0], np.ones(2, "O"), np.ones(2, ">u4")])
def test_operands_of_other_kinds(wrong: object) -> None:
    for operands in ((np.ones(2), wrong), (wrong, 2), (1, 2, wrong)):
        with pytest.raises((TypeError, ValueError)):
            result_dtype(operands)


# -- bfloat16 -------------------------------------------------------------------------------------


def test_bfloat16_without_its_package() -> None:
    program = """
import sys
sys.modules["ml_dtypes"] = None
from rushlight import dtypes, limits
assert repr(dtypes.bfloat16) == "torch.bfloat16" and dtypes.bfloat16.itemsize == 2
assert dtypes.promote_types(dtypes.bfloat16, dtypes.float16) is dtypes.float32
assert limits.finfo(dtypes.bfloat16).eps == 2**-7
for use in (lambda: dtypes.bfloat16.numpy, lambda: dtypes.set_default_dtype(dtypes.bfloat16)):
    try:
        use()
    except ImportError as error:
        assert "rushlight[bfloat16]" in str(error)
    else:
        raise AssertionError("no ImportError")
assert dtypes.get_default_dtype() is dtypes.float32
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_import_needs_numpy_only() -> None:
    program = """
import sys, numpy
before = set(sys.modules)
import rushlight.dtypes, rushlight.limits
extra = {m.partition(".")[0] for m in set(sys.modules) - before} - {"rushlight"}
assert not extra & {"scipy", "ml_dtypes", "torch", "dataclasses", "inspect"}, extra
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def all_bfloat16s() -> Any:
    return np.arange(2**16, dtype=np.uint16).view(carrier("bfloat16"))


def same_bits_or_nan(ours: Any, theirs: Any) -> bool:
    there = theirs.float().numpy()
    here = ours.astype(np.float32)
    return bool(((here.view("u4") == there.view("u4")) | (np.isnan(here) & np.isnan(there))).all())


POINTWISE = ["add", "subtract", "multiply", "divide", "maximum", "minimum", "hypot"]
POINTWISE += ["exp", "log", "sqrt", "sin", "tanh", "negative", "square", "floor", "reciprocal"]


@pytest.mark.parametrize("name", POINTWISE)
def test_bfloat16_is_honest_pointwise(torch: Any, name: str) -> None:
    numpy_function = getattr(np, name)
    here = [all_bfloat16s()]
    if numpy_function.nin == 2:
        here.append(
            np.random.default_rng(7).permutation(here[0].view(np.uint16)).view(here[0].dtype)
        )
    there = [torch.from_numpy(a.view(np.int16)).view(torch.bfloat16) for a in here]
    with np.errstate(all="ignore"):
        ours = numpy_function(*here)
    assert ours.dtype == carrier("bfloat16")
    assert same_bits_or_nan(ours, getattr(torch, name)(*there))


@pytest.mark.parametrize("name", ["float16", "float32", "float64", "int64", "int32", "uint8"])
def test_bfloat16_is_honest_in_casts(torch: Any, name: str) -> None:
    rng = np.random.default_rng(3)
    values = rng.standard_normal(20_000) * 2.0 ** rng.integers(-60, 60, 20_000)
    with np.errstate(all="ignore"):
        source = values.astype(carrier(name))
        ours = source.astype(carrier("bfloat16"))
    assert same_bits_or_nan(ours, torch.from_numpy(source).to(torch.bfloat16))
