"""One expression under both libraries: a result, or an error, in a form that can be compared.

Tests that only ask for PyTorch's answer are tables of expressions in which ``torch`` is the library:

    @pytest.mark.parametrize("expression", ["torch.zeros(2, -3)"])
    def test_sizes(expression: str) -> None:
        assert_alike(expression)

Results are compared by their `repr`, to which strides, types and identity are added by asking for
them in the expression; errors by type and by the first line of their text, which is the message
(listings of overloads and C++ frames follow).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import rushlight

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")

Names = Callable[[Any], dict[str, Any]]


def _text(result: Any) -> str:
    """A `repr` without addresses and without the package's name."""
    text = re.sub(r"0x[0-9a-f]+", "0x", repr(result))
    return text.replace("rushlight.", "torch.")


def outcome(lib: Any, expression: str, names: Names | None = None) -> tuple[str, str]:
    """Evaluate an expression with ``torch`` standing for `lib`; return ("value" or error, text)."""
    scope = {"torch": lib, "np": np, "nan": np.nan, "inf": np.inf}
    if names is not None:
        scope.update(names(lib))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return "value", _text(eval(expression, scope))
        except Exception as error:
            return type(error).__name__, str(error).split("\n")[0].strip()


def assert_alike(expression: str, names: Names | None = None) -> None:
    """Both libraries have the same result, or raise the same error."""
    assert outcome(rushlight, expression, names) == outcome(judge, expression, names)


def expressions(text: str) -> Any:
    """Parametrise a test over the lines of a text; what follows a double # is a comment."""
    lines = [line.split("  ##")[0].strip() for line in text.strip().splitlines()]
    return pytest.mark.parametrize("expression", [line for line in lines if line])
