"""The functions of lists of tensors: values, gradients, in-place forms and errors; stories."""

from __future__ import annotations

import re
from typing import Any

import pytest

import rushlight
from rushlight.api import foreach
from tests.both import assert_same_story, attempt, judge, story
from tests.libraries import LIBRARIES

UNARY = [f"_foreach_{name}" for name in foreach.UNARY.split()]
# What is called with lists `x` and `y` of two tensors, by function.
CALLS = {
    "add": ["1", "1.5", "[1, 2.5]", "y", "torch.tensor(2.0)", "y, alpha=2"],
    "sub": ["1", "[1, 2.5]", "y", "y, alpha=3"],
    "mul": ["2", "[1, 2.5]", "y", "torch.tensor(2.0)", "True"],
    "div": ["2", "[1, 2.5]", "y", "torch.tensor(2.0)"],
    "clamp_max": ["0.5", "[0.5, 0.7]", "y"],
    "clamp_min": ["0.5", "[0.5, 0.7]", "y"],
    "maximum": ["0.5", "[0.5, 0.7]", "y"],
    "minimum": ["0.5", "[0.5, 0.7]", "y"],
    "pow": ["2", "0.5", "[2, 3.0]", "y"],
    "lerp": ["y, 0.25", "y, [0.1, 0.7]", "y, weight=0.6", "y, x", "y, weights=y"],
    "addcmul": [
        "y, x",
        "y, x, 2",
        "y, x, [2, 3]",
        "y, x, torch.tensor([2.0, 3.0])",
        "y, x, value=3",
    ],
    "addcdiv": [
        "y, x",
        "y, x, 2",
        "y, x, [2, 3]",
        "y, x, torch.tensor([2.0, 3.0])",
        "y, x, value=3",
    ],
    "norm": ["", "1", "ord=float('inf')", "3", "2, torch.float64"],
    "powsum": ["", "1", "3"],
    "max": [""],
    "clone": [""],
}
BOTH = [(f"_foreach_{name}", call) for name, calls in CALLS.items() for call in calls]
BOTH += [(name, "") for name in UNARY]
BACKWARD = [pair for pair in BOTH if pair[0] not in ("_foreach_addcdiv", "_foreach_powsum")]
BACKWARD = [pair for pair in BACKWARD if "torch.tensor([" not in pair[1]]


def lists(lib: Any, grad: bool = False) -> tuple[Any, Any]:
    x = [lib.tensor([0.3, 0.6, 0.9]), lib.tensor([[0.2], [0.4]])]
    y = [lib.tensor([0.5, 0.1, 0.8]), lib.tensor([[0.7], [0.9]])]
    return ([t.requires_grad_(grad) for t in x], [t.requires_grad_(grad) for t in y])


def called(lib: Any, name: str, arguments: str, x: Any, y: Any) -> Any:
    return eval(f"torch.{name}(x, {arguments})", {"torch": lib, "x": x, "y": y})


def tried(lib: Any, name: str, *args: Any) -> str:
    """What a call returns, or the first line of its error."""
    text = attempt(lambda: getattr(lib, f"_foreach_{name}")(*args))
    return text.split("\n")[0] if "Error" in text else text


@pytest.mark.parametrize(("name", "arguments"), BOTH)
def test_values_and_in_place_forms(name: str, arguments: str) -> None:
    def tell(lib: Any) -> list[Any]:
        out = called(lib, name, arguments, *lists(lib))
        told = [type(out), [t.round(decimals=4) for t in out]]
        if hasattr(judge, name + "_"):
            x, y = lists(lib)
            back = called(lib, name + "_", arguments, x, y)
            told += [back is x, [t.round(decimals=4) for t in x], [t._version for t in x]]
        return told

    assert_same_story(tell)


@pytest.mark.parametrize(("name", "arguments"), BACKWARD)
def test_gradients(name: str, arguments: str) -> None:
    def tell(lib: Any) -> list[Any]:
        x, y = lists(lib, grad=True)
        out = called(lib, name, arguments, x, y)
        grads = lib.autograd.grad([t.sum() for t in out], [*x, *y], allow_unused=True)
        return [None if g is None else g.round(decimals=3) + 0.0 for g in grads]

    assert_same_story(tell)


@pytest.mark.parametrize("lib", LIBRARIES)
def test_in_place_forms_are_recorded(lib: Any) -> None:
    x = lists(lib, grad=True)[0]
    y = [t * 1 for t in x]
    lib._foreach_mul_(y, 3)
    lib._foreach_add_(y, lib._foreach_exp(x))
    sum(t.sum() for t in y).backward()
    for t in x:
        assert lib.allclose(t.grad, 3 + t.exp())


@story
def test_dtypes(lib: Any) -> Any:
    """Each tensor keeps its own dtype, as a number or another tensor lets it."""
    x = [lib.ones(2), lib.ones(2).double(), lib.ones(2, dtype=lib.int64)]
    calls = [("add", 1), ("add", 1.5), ("div", 2), ("add", [1, 2.5, 3]), ("add", x[::-1])]
    calls += [("pow", 2), ("pow", 0.5), ("maximum", 1.5), ("clamp_min", 1.5), ("mul", 1j)]
    told = []
    for name, value in calls:
        told.append(tried(lib, name, x, value))
        if not re.match("maximum|clamp", name):  # whose in-place forms say "long int" there
            ours = [t.clone() for t in x]
            told.append(tried(lib, name + "_", ours, value))
    told += [attempt(lambda: lib._foreach_addcmul(x, x, x)), attempt(lambda: lib._foreach_max(x))]
    return [*told, lib._foreach_pow(2.0, x), lib._foreach_mm([lib.ones(2, 2)], [lib.ones(2, 3)])]


@story
def test_errors(lib: Any) -> Any:
    """Lists that don't fit together, what is no list, and what is none of tensors."""
    x, y = lists(lib)
    bad = {
        "add": [[1.0], y[:1], "a", [], lib.ones(2), x + y, x[::-1]],
        "sub": [lib.tensor(1.0), "a"],
        "mul": [lib.ones(2)],
        "lerp": [(x[:1], 0.5), (y, y[:1]), (y, [0.5]), (y, "a")],
        "addcmul": [(y, x[:1]), (y, x, [1.0]), (y, x, lib.ones(3)), (y, x, lib.ones(2, 2))],
        "pow": [[2], "a"],
        "maximum": [x[:1], lib.tensor(1.0)],
        "norm": ["fro"],
    }
    told = []
    for name, cases in bad.items():
        for case in cases:
            args = case if isinstance(case, tuple) else (case,)
            told.append(tried(lib, name, x, *args))
    for name, args in {"abs": (), "add": (1,), "norm": (), "zero_": (), "copy_": ([],)}.items():
        for self in ([], 3, [1], x[0]):
            told.append(tried(lib, name, self, *args))
    told.append(attempt(lambda: lib._foreach_max([lib.ones(0)])))
    return told


@story
def test_nothing_changes_where_a_leaf_is_refused(lib: Any) -> Any:
    """All tensors are looked at before the first is written to."""
    x, leaf = lib.ones(2), lib.ones(2, requires_grad=True)
    told = [
        attempt(lambda f=f: f([x, leaf]))
        for f in (
            lambda ts: lib._foreach_add_(ts, 1),
            lib._foreach_zero_,
            lib._foreach_exp_,
            lambda ts: lib._foreach_copy_(ts, [lib.zeros(2)] * 2),
        )
    ]
    with lib.no_grad():
        lib._foreach_add_([x, leaf], 1)
    return [*told, x, leaf, x._version]


def test_every_function_of_pytorch_is_there() -> None:
    theirs = {name for name in dir(judge) if name.startswith("_foreach_")}
    assert theirs == set(foreach.__all__)
    assert all(getattr(rushlight, name) is not None for name in theirs)
