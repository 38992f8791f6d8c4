"""Random tensors with a history, printed in random ways: the text is PyTorch's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.libraries import LIBRARIES

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")

CASES, BLOCKS = 500, 20
DTYPES = [
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64",
    "complex64", "complex128", "float32", "float64", "float32",
]  # fmt: skip
SHAPES = [
    (), (1,), (3,), (7,), (30,), (2, 3), (1, 1), (3, 1, 4), (2, 2, 2, 2), (0,), (2, 0), (0, 3),
    (1001,), (40, 30), (11, 10, 10), (2, 600), (600, 2), (8, 9),
]  # fmt: skip
OPTIONS: dict[str, list[Any]] = {
    "precision": [0, 1, 2, 3, 6, 8],
    "threshold": [0, 5, 20, 2000],
    "edgeitems": [1, 2, 5],
    "linewidth": [20, 40, 79, 120],
    "sci_mode": [True, False],
    "profile": ["short", "full", "default"],
}
# What is made of a tensor; those that fit only some shapes raise in both libraries.
STEPS: list[tuple[str, Callable[[Any, Any], Any]]] = [
    ("x", lambda lib, x: x),
    ("t", lambda lib, x: x.t()),
    ("mT", lambda lib, x: x.mT),
    ("[0]", lambda lib, x: x[0]),
    ("[1:]", lambda lib, x: x[1:]),
    ("[..., ::2]", lambda lib, x: x[..., ::2]),
    ("[None]", lambda lib, x: x[None]),
    ("reshape", lambda lib, x: x.reshape(-1)),
    ("view", lambda lib, x: x.view(1, -1)),
    ("expand", lambda lib, x: x.expand(2, *x.shape)),
    ("diagonal", lambda lib, x: x.diagonal()),
    ("unbind", lambda lib, x: x.unbind(0)[0]),
    ("chunk", lambda lib, x: x.chunk(2)[-1]),
    ("squeeze", lambda lib, x: x.squeeze()),
    ("flip", lambda lib, x: x.flip(0)),
    ("add", lambda lib, x: x + x),
    ("neg", lambda lib, x: -x),
    ("sum", lambda lib, x: x[:2].sum(0)),  # of more the last bit is anybody's
    ("mean", lambda lib, x: x[:1].mean(0, keepdim=True)),
    ("amax", lambda lib, x: x.amax()),
    ("abs", lambda lib, x: x.abs()),
    ("detach", lambda lib, x: x.detach()),
    ("clone", lambda lib, x: x.clone()),
    ("real", lambda lib, x: lib.view_as_real(x)),
    ("in place", lambda lib, x: x.clone().add_(1)),
    ("in place of a view", lambda lib, x: in_place_of_a_view(x)),
    ("no_grad", lambda lib, x: without_graph(lib, x)),
    ("double", lambda lib, x: x.double()),
    ("half", lambda lib, x: x.half()),
    ("bfloat16", lambda lib, x: x.bfloat16()),
    ("parameter", lambda lib, x: lib.nn.Parameter(x.detach())),
    ("max", lambda lib, x: x.max(0)),
    ("split", lambda lib, x: x.split(2)),
    ("list", lambda lib, x: [x, {"a": x[:2]}]),
]
WAYS: list[Callable[[Any], str]] = [
    repr,
    repr,
    repr,
    str,
    "{}".format,
    "{:.2f}".format,
    "{:10.3e}".format,
    "{:>40}".format,
    "{!r}".format,
    "{:d}".format,
    lambda x: f"{x} {x:.3f}",
]


def in_place_of_a_view(x: Any) -> Any:
    made = x.clone()
    made[:1] += 3
    return made


def without_graph(lib: Any, x: Any) -> Any:
    with lib.no_grad():
        return x * 1


@pytest.fixture(autouse=True)
def fresh_options() -> Iterator[None]:
    yield
    for lib in (rushlight, judge):
        lib.set_printoptions(profile="default")
        lib.set_default_dtype(lib.float32)


def pick(rng: np.random.Generator, things: Any) -> Any:
    return things[int(rng.integers(len(things)))]


def values(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Numbers of one of several characters, which the dtype can hold."""
    if dtype == "bool":
        return np.asarray(rng.random(shape) < 0.5)
    if "int" in dtype:
        return np.asarray(rng.integers(0, pick(rng, [2, 11, 100, 127]), shape))
    draws = (
        lambda: rng.standard_normal(shape),
        lambda: rng.standard_normal(shape) * 10.0 ** rng.integers(-7, 5),
        lambda: rng.standard_normal(shape) * 10.0 ** rng.uniform(-5, 4, shape),
        lambda: rng.integers(-5, 6, shape) * 1.0,
        lambda: rng.integers(-30000, 30001, shape) * 1.0,
        lambda: rng.choice([0.0, -0.0, 1.0, 0.5, np.nan, np.inf, -np.inf], shape),
    )
    if "complex" in dtype:  # whose arithmetic has its own ideas of inf and -0
        real, imag = pick(rng, draws[:-1])(), pick(rng, draws[:-1])()
        return np.asarray(real + 1j * np.asarray(imag))
    return np.asarray(pick(rng, draws)())


def text(lib: Any, seed: int) -> str:
    """Print one random tensor in one random way."""
    rng = np.random.default_rng(seed)
    dtype = pick(rng, DTYPES)
    array = values(rng, pick(rng, SHAPES), dtype)
    x = lib.tensor(array, dtype=getattr(lib, dtype))
    if x.is_floating_point() or x.is_complex():
        x.requires_grad_(bool(rng.random() < 0.6))
    lib.set_printoptions(profile="default")
    if rng.random() < 0.5:
        lib.set_printoptions(**{k: pick(rng, v) for k, v in OPTIONS.items() if rng.random() < 0.3})
    lib.set_default_dtype(getattr(lib, pick(rng, ["float32", "float32", "float64"])))
    for _ in range(int(rng.integers(0, 4))):
        name, step = pick(rng, STEPS)
        try:
            made = step(lib, x)
        except (RuntimeError, IndexError, TypeError, ValueError) as error:
            return f"{name}: {type(error).__name__}"
        if not isinstance(made, lib.Tensor):
            return repr(made).replace("rushlight.", "torch.")
        x = made
    try:
        return pick(rng, WAYS)(x)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("block", range(BLOCKS))
@pytest.mark.filterwarnings("ignore")
def test_random_tensors_print_alike(block: int) -> None:
    for seed in range(block * CASES // BLOCKS, (block + 1) * CASES // BLOCKS):
        assert text(rushlight, seed) == text(judge, seed), seed


@pytest.mark.parametrize("lib", LIBRARIES)
def test_most_cases_print_a_tensor(lib: Any) -> None:
    """The table of steps is no table of errors."""
    with np.errstate(all="ignore"):
        printed = [text(lib, seed) for seed in range(100)]
    assert sum("tensor(" in said for said in printed) > 50
    assert any("grad_fn" in said for said in printed)
