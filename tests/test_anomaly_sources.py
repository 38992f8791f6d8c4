"""Stories about anomaly detection: which node an error comes from, and which led to that one."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

from tests.functions import defined
from tests.libraries import LIBRARIES
from tests.test_anomaly import told

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)


# -- where errors come from --------------------------------------------------------------------


def failing(lib: Any, name: str = "Bad", error: Any = ValueError) -> Any:
    def backward(ctx: Any, g: Any) -> Any:
        raise error("mine")

    return defined(lib, name, forward=lambda ctx, x: x * 1, backward=backward)


def heads(said: list[str]) -> list[str]:
    """What warnings say before the lines of the program."""
    return [text.partition(" Traceback of forward")[0].strip() for text in said]


def fail(*_: Any) -> None:
    raise ValueError("mine")


HOOKS: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "tensor": (lambda x, y: y.register_hook(fail), "MulBackward0"),
    "before the node": (lambda x, y: y.grad_fn.register_prehook(fail), "MulBackward0"),
    "after the node": (lambda x, y: y.grad_fn.register_hook(fail), "MulBackward0"),
    "leaf": (lambda x, y: x.register_hook(fail), "torch::autograd::AccumulateGrad"),
    "after a leaf": (
        lambda x, y: x.register_post_accumulate_grad_hook(fail),
        "torch::autograd::AccumulateGrad",
    ),
}


@pytest.mark.parametrize("where", HOOKS)
def test_an_error_in_a_hook(lib: Any, where: str) -> None:
    hook, name = HOOKS[where]

    def action() -> None:
        with lib.autograd.set_detect_anomaly(True):
            x = lib.ones(2, requires_grad=True)
            y = x * 1  # here
            hook(x, y)
            (y + 1).sum().backward()

    said, error = told(action)
    assert str(error) == "mine"
    assert heads(said) == [f"Error detected in {name}."]
    assert "# here" in said[0]


def test_errors_of_other_kinds(lib: Any) -> None:
    """Of the engine itself, and those that are no Exception."""

    def wrong_shape() -> None:
        function = defined(
            lib, "Wrong", forward=lambda ctx, x: x * 1, backward=lambda ctx, g: lib.ones(3)
        )
        with lib.autograd.set_detect_anomaly(True):
            function.apply(lib.ones(2, requires_grad=True)).sum().backward()

    def interrupt() -> None:
        with lib.autograd.set_detect_anomaly(True):
            y = failing(lib, error=KeyboardInterrupt).apply(lib.ones(2, requires_grad=True))
            with pytest.raises(KeyboardInterrupt):
                y.sum().backward()

    said, error = told(wrong_shape)
    assert str(error).startswith("Function WrongBackward returned an invalid gradient at index 0")
    assert heads(said) == ["Error detected in WrongBackward."]
    assert heads(told(interrupt)[0]) == ["Error detected in BadBackward."]


def test_a_version_error_points_to_the_traceback(lib: Any) -> None:
    def action() -> None:
        with lib.autograd.set_detect_anomaly(True):
            y = lib.ones(2, requires_grad=True) * 1
            z = y * y
            y.add_(1)
            z.sum().backward()

    said, error = told(action)
    assert heads(said) == ["Error detected in MulBackward0."]
    assert str(error).endswith(
        "Hint: the backtrace further above shows the operation that failed to compute its "
        "gradient. The variable in question was changed in there or anywhere later. Good luck!"
    )


def test_an_error_in_a_pass_within_a_pass(lib: Any) -> None:
    def backward(ctx: Any, g: Any) -> Any:
        with lib.enable_grad():
            failing(lib, "Inner").apply(lib.ones(2, requires_grad=True)).sum().backward()
        return g

    def action() -> None:
        outer = defined(lib, "Outer", forward=lambda ctx, x: x * 1, backward=backward)
        with lib.autograd.set_detect_anomaly(True):
            outer.apply(lib.ones(2, requires_grad=True)).sum().backward()

    said, _ = told(action)
    assert heads(said) == [
        "Error detected in InnerBackward.",
        "Previous calculation was induced by OuterBackward.",
        "Error detected in OuterBackward.",
    ]


def test_warnings_that_are_errors(lib: Any, capfd: Any) -> None:
    """The error that they tell of is what is raised."""
    with lib.autograd.set_detect_anomaly(True):
        y = failing(lib).apply(lib.ones(2, requires_grad=True)).sum()
        with warnings.catch_warnings(), pytest.raises(ValueError, match="mine"):
            warnings.simplefilter("error")
            y.backward()
    assert "UserWarning: Error detected in BadBackward." in capfd.readouterr().err


# -- parents -----------------------------------------------------------------------------------


def test_parents_of_second_derivatives(lib: Any) -> None:
    with lib.autograd.set_detect_anomaly(True):
        x = lib.ones(2, requires_grad=True)
        y = (x * x).sin()
        (g,) = lib.autograd.grad(y.sum(), x, create_graph=True)
    sum_of_both = g.grad_fn  # of the two gradients of x * x, added up after that node ran
    assert sorted(y.grad_fn.metadata) == ["traceback_"]
    assert sorted(sum_of_both.metadata) == ["parent_", "traceback_"]
    assert sum_of_both.metadata["parent_"].name() == "MulBackward0"
    lines = sum_of_both.metadata["traceback_"]
    assert isinstance(lines, list)
    assert all(type(line) is str for line in lines)
    assert sorted(y.grad_fn.next_functions[0][0].next_functions[0][0].metadata) == ["traceback_"]


def test_parents_from_before(lib: Any) -> None:
    outer = defined(
        lib,
        "Outer",
        forward=lambda ctx, x: x * 1,
        backward=lambda ctx, g: failing(lib, "Inner").apply(g),
    )
    x = lib.ones(1, requires_grad=True)
    y = outer.apply(x) * x

    def action() -> None:
        with lib.autograd.set_detect_anomaly(True):
            (g,) = lib.autograd.grad(y.sum(), x, create_graph=True)
            g.sum().backward()

    said, _ = told(action)
    assert heads(said)[0] == "Error detected in InnerBackward."
    assert said[1].startswith("Error detected in OuterBackward. No forward pass information avail")


def test_what_is_recorded_within_backward(lib: Any) -> None:
    seen: list[Any] = []

    def backward(ctx: Any, g: Any) -> Any:
        with lib.enable_grad():
            seen.append((lib.ones(1, requires_grad=True) * 2).grad_fn.metadata["parent_"].name())
        return g

    def forward(ctx: Any, x: Any) -> Any:
        seen.append(sorted(ctx.metadata))
        return x * 1

    with lib.autograd.set_detect_anomaly(True):
        function = defined(lib, "Outer", forward=forward, backward=backward)
        function.apply(lib.ones(1, requires_grad=True)).backward()
        seen.append(sorted((lib.ones(1, requires_grad=True) * 2).grad_fn.metadata))
    assert seen == [["traceback_"], "OuterBackward", ["traceback_"]]


def test_what_users_do_to_the_notes(lib: Any) -> None:
    def action(change: Callable[[Any], None]) -> list[str]:
        def act() -> None:
            with lib.autograd.set_detect_anomaly(True):
                y = failing(lib).apply(lib.ones(2, requires_grad=True))
                change(y.grad_fn.metadata)
                y.sum().backward()

        return told(act)[0]

    (said,) = action(lambda notes: notes.update(traceback_=["a\n", "b\n"]))
    assert said.startswith("Error detected in BadBackward. Traceback of forward call that caused ")
    assert "error:\na\nb\n" in said
    (said,) = action(lambda notes: notes.pop("traceback_"))
    assert said.startswith("Error detected in BadBackward. No forward pass information available.")
