"""One expression under both libraries: a result, or an error, in a form that can be compared.

Tests that only ask for PyTorch's answer are tables of expressions, ``torch`` being the library:

    @pytest.mark.parametrize("expression", ["torch.zeros(2, -3)"])
    def test_sizes(expression: str) -> None:
        assert_alike(expression)

Results are compared by their `repr`, to which strides, types and identity are added by asking for
them in the expression; errors by type and by the first line of their text, which is the message
(listings of overloads and C++ frames follow).
"""

from __future__ import annotations

import array
import copy
import decimal
import fractions
import pickle
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import rushlight

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")


class Floaty:
    """Has a __float__ and is no number."""

    def __float__(self) -> float:
        return 1.5


class Indexed:
    """Has an __index__ and is no number."""

    def __index__(self) -> int:
        return 3


class Pair:
    """A sequence by protocol."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, i: int) -> int:
        if i > 1:
            raise IndexError
        return i


class Mapping(dict):
    """A dictionary is no sequence, though it has a length and items."""


def scope(lib: Any) -> dict[str, Any]:
    """The names that expressions may use; random numbers start from the same seed."""
    lib.manual_seed(3)
    x = lib.ones(2, 3, requires_grad=True)
    fixed = np.arange(3.0)
    fixed.flags.writeable = False
    modules = (array, copy, decimal, fractions, pickle)
    return {
        **{module.__name__: module for module in modules},
        "torch": lib,
        "np": np,
        "nan": np.nan,
        "inf": np.inf,
        "x": x,
        "y": x * 2,
        "xi": lib.ones(2, dtype=lib.int64),
        "r": lib.ones(3, requires_grad=True),
        "d": lib.device("cpu"),
        "g": lib.Generator(),
        "a": np.arange(3.0),
        "f": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "h": 1 + 2**-11 + 2**-30,  # which float16 it becomes tells of rounding twice
        "ro": fixed,
        "F": Floaty,
        "I": Indexed,
        "Seq": Pair,
        "D": Mapping,
    }


def _text(result: Any) -> str:
    """A `repr` without addresses and without the package's name."""
    text = re.sub(r"0x[0-9a-f]+", "0x", repr(result))
    return text.replace("rushlight.", "torch.")


def outcome(
    lib: Any, expression: str, names_for: Callable[[Any], dict[str, Any]] = scope
) -> tuple[str, str]:
    """Evaluate an expression under `lib`; return "value" or the error's type, and a text."""
    names = names_for(lib)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return "value", _text(eval(expression, names))
        except Exception as error:
            return type(error).__name__, str(error).split("\n")[0].strip()


_FIGURE = re.compile(r"(-?\d+\.\d{4,}(?:e[-+]?\d+)?)")


def _near(ours: str, theirs: str) -> bool:
    """Whether two figures are one, but for the order in which somebody added.

    They may differ by one in the last decimal where at least four are printed, and as many; where
    all are, by 1e-9 of their size.
    """
    (a, _, power), (b, _, other) = (figure.partition("e") for figure in (ours, theirs))
    decimals = [len(digits.split(".")[1]) for digits in (a, b)]
    unit = 10.0 ** (int(other or "0") - decimals[1])
    gap = abs(float(ours) - float(theirs))
    if min(decimals) >= 9:
        return gap <= 1e-9 * abs(float(theirs))
    return power == other and decimals[0] == decimals[1] and gap <= 1.01 * unit


def assert_same_text(ours: str, theirs: str) -> None:
    """Two texts are the same, but for the last digit of the figures in them.

    Which digit that is depends on the processor: BLAS and PyTorch add in the order that suits it.
    """
    mine, other = _FIGURE.split(ours), _FIGURE.split(theirs)
    same = len(mine) == len(other) and mine[::2] == other[::2]
    if not same or not all(map(_near, mine[1::2], other[1::2])):
        assert ours == theirs


def alike(story: Callable[[Any], Any]) -> Callable[[], None]:
    """Make a test of a story: what it returns, or raises, is the same under both libraries."""

    def told(lib: Any) -> tuple[str, str]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return "value", _text(story(lib))
            except Exception as error:
                return type(error).__name__, str(error).split("\n")[0].strip()

    def test() -> None:
        (kind, ours), (wanted, theirs) = told(rushlight), told(judge)
        assert_same_text(f"{kind}: {ours}", f"{wanted}: {theirs}")

    test.__name__ = test.__qualname__ = story.__name__
    test.__doc__ = story.__doc__
    return test


def assert_alike(expression: str, names_for: Callable[[Any], dict[str, Any]] = scope) -> None:
    """Both libraries have the same result, or raise the same error."""
    texts = (": ".join(outcome(lib, expression, names_for)) for lib in (rushlight, judge))
    assert_same_text(*texts)


def attempt(act: Callable[[], Any]) -> str:
    """What an action returns or raises, as text."""
    try:
        return f"{act()!r}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def told(lib: Any, story: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Tell a story under `lib`; return what it returned or raised, and the warnings on the way."""
    lib.manual_seed(3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.filterwarnings(
            "ignore", category=RuntimeWarning, module=r"rushlight\."
        )  # as shipped
        warnings.filterwarnings("ignore", ".*torch.jit.script")  # PyTorch of itself
        try:
            end = "value", _text(story(lib))
        except Exception as error:
            end = type(error).__name__, str(error).replace("rushlight.", "torch.")
    return (*end, [(w.category.__name__, _plain(w.message)) for w in caught])


def _plain(message: Any) -> str:
    """A warning's text without the place in PyTorch's sources that it ends with."""
    text = re.sub("0x[0-9a-f]+", "0x", str(message)).replace("rushlight.", "torch.")
    return re.sub(r" ?\(Triggered internally at .*", "", text)


def assert_same_story(body: Callable[[Any], Any]) -> None:
    """Both libraries return the same from ``body(lib)``, by `repr`, and warn the same.

    A story ends well: what should go wrong in it goes through `attempt`, so that no story tells
    of its own mistake.
    """
    ours, theirs = told(rushlight, body), told(judge, body)
    assert theirs[0] == "value", theirs
    assert ours[0] == "value", ours
    assert_same_text(ours[1], theirs[1])
    assert ours[2] == theirs[2]


def story(body: Callable[[Any], Any]) -> Callable[[], None]:
    """Make a test of `assert_same_story`."""

    def test() -> None:
        assert_same_story(body)

    test.__name__ = test.__qualname__ = body.__name__
    test.__doc__ = body.__doc__
    test.__module__ = body.__module__
    return test


def expressions(text: str) -> Any:
    """Parametrise a test over the lines of a text."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return pytest.mark.parametrize("expression", [line for line in lines if line])
