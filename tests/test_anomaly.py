"""Stories about anomaly detection, told to both libraries."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import rushlight
from rushlight.autograd.node import Node
from tests.functions import defined
from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)

SLOW = "Anomaly Detection has been enabled"


def told(action: Callable[[], Any]) -> tuple[list[str], BaseException | None]:
    """The warnings and the error of an action."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's, which import rushlight silences
        try:
            action()
        except (RuntimeError, ValueError) as error:
            return [str(w.message) for w in caught], error
    return [str(w.message) for w in caught], None


def test_nan_in_backward(lib: Any) -> None:
    def action() -> None:
        x = lib.zeros(2, requires_grad=True)
        with lib.autograd.detect_anomaly():
            y = (x * 0).sqrt()  # the culprit
            (y * x).sum().backward()

    said, error = told(action)
    assert str(error) == "Function 'SqrtBackward0' returned nan values in its 0th output."
    assert len(said) == 2
    assert said[0].startswith(SLOW)
    assert said[1].startswith(
        "Error detected in SqrtBackward0. Traceback of forward call that caused the error:\n"
    )
    assert "y = (x * 0).sqrt()  # the culprit" in said[1]
    assert "rushlight/ops" not in said[1]


def test_nan_is_looked_for_on_request(lib: Any) -> None:
    x = lib.zeros(2, requires_grad=True)

    def action() -> None:
        with lib.autograd.detect_anomaly(check_nan=False):
            ((x * 0).sqrt() * x).sum().backward()

    said, error = told(action)
    assert error is None
    assert len(said) == 1
    assert x.grad.isnan().all()


def test_an_error_in_backward(lib: Any) -> None:
    class Bad(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            raise ValueError("mine")

    def action() -> None:
        with lib.autograd.set_detect_anomaly(True):
            y = Bad.apply(lib.ones(2, requires_grad=True))  # here
            y.sum().backward()

    said, error = told(action)
    assert isinstance(error, ValueError)
    assert len(said) == 1
    assert said[0].startswith("Error detected in BadBackward. Traceback of forward call")
    assert "# here" in said[0]


def test_a_node_from_before(lib: Any) -> None:
    y = ((lib.zeros(2, requires_grad=True) * 0).sqrt() * 0).sum()

    def action() -> None:
        with lib.autograd.set_detect_anomaly(True):
            y.backward()

    said, error = told(action)
    assert str(error) == "Function 'SqrtBackward0' returned nan values in its 0th output."
    assert said == [said[0]]
    assert said[0].startswith(
        "Error detected in SqrtBackward0. No forward pass information available. Enable detect "
        "anomaly during forward pass for more information."
    )


def test_an_error_in_a_second_derivative(lib: Any) -> None:
    class Outer(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return Inner.apply(g)  # inner

    class Inner(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            raise ValueError("mine")

    def action() -> None:
        x = lib.ones(1, requires_grad=True)
        with lib.autograd.set_detect_anomaly(True):
            y = Outer.apply(x) * x  # outer
            (g,) = lib.autograd.grad(y.sum(), x, create_graph=True)
            g.sum().backward()

    said, error = told(action)
    assert str(error) == "mine"
    assert len(said) == 2
    assert said[0].startswith("Error detected in InnerBackward. ")
    assert "# inner" in said[0]
    assert said[1].startswith("\n\nPrevious calculation was induced by OuterBackward. Traceback of")
    assert "# outer" in said[1]


def test_switching(lib: Any) -> None:
    assert not lib.is_anomaly_enabled()
    assert lib.is_anomaly_check_nan_enabled()
    with lib.autograd.set_detect_anomaly(True, check_nan=False):
        assert lib.is_anomaly_enabled()
        assert not lib.is_anomaly_check_nan_enabled()
        with lib.autograd.set_detect_anomaly(False):
            assert not lib.is_anomaly_enabled()
            y = lib.ones(2, requires_grad=True) * 2
            assert "traceback_" not in y.grad_fn.metadata
        assert lib.is_anomaly_enabled()
        z = lib.ones(2, requires_grad=True) * 2
        assert "traceback_" in z.grad_fn.metadata
    assert not lib.is_anomaly_enabled()
    lib.autograd.set_detect_anomaly(True)
    lib.autograd.set_detect_anomaly(False)
    assert not lib.is_anomaly_enabled()
    (z * y).sum().backward()  # nodes of both kinds go on as ever
    if lib is rushlight:  # and nothing is left on the eager path
        assert "seq" not in Node.__dict__


# -- NaN ---------------------------------------------------------------------------------------


def test_which_output_has_the_nan(lib: Any) -> None:
    def action(second: bool) -> BaseException | None:
        def act() -> None:
            a, b = lib.ones(2, requires_grad=True), lib.ones(2, requires_grad=second)
            function = defined(
                lib,
                "Two",
                forward=lambda ctx, a, b: a * b,
                backward=lambda ctx, g: (g, g * float("nan")),
            )
            with lib.autograd.set_detect_anomaly(True):
                function.apply(a, b).sum().backward()

        return told(act)[1]

    for second in (True, False):  # needed or not
        assert (
            str(action(second)) == "Function 'TwoBackward' returned nan values in its 1th output."
        )


def test_under_vmap(lib: Any) -> None:
    def action() -> None:
        with lib.autograd.set_detect_anomaly(True):
            lib.func.vmap(lib.func.grad(lambda x: (x * 0).sqrt()))(lib.ones(2))

    said, error = told(action)
    assert str(error).endswith("returned nan values in its 0th output.")
    assert len(said) == 1


def test_what_is_no_nan_of_a_node(lib: Any) -> None:
    """Infinities, and NaN that come from users or from hooks, where no node passes them on."""
    x = lib.ones(2, requires_grad=True)
    with lib.autograd.set_detect_anomaly(True):
        infinite = defined(
            lib, forward=lambda ctx, x: x * 1, backward=lambda ctx, g: g * float("inf")
        )
        infinite.apply(x).sum().backward()
        assert x.grad.isinf().all()
        x.grad = None
        x.register_hook(lambda g: g * float("nan"))
        (x * 1).sum().backward()
    assert x.grad.isnan().all()


# -- switches ----------------------------------------------------------------------------------


def test_arguments_of_the_switch(lib: Any) -> None:
    lib.set_anomaly_enabled(enabled=True, check_nan=False)
    assert (lib.is_anomaly_enabled(), lib.is_anomaly_check_nan_enabled()) == (True, False)
    lib.set_anomaly_enabled(False)
    assert (lib.is_anomaly_enabled(), lib.is_anomaly_check_nan_enabled()) == (False, True)
    with pytest.raises(TypeError, match=r"argument 'enabled' \(position 1\) must be bool, not int"):
        lib.autograd.set_detect_anomaly(3)
    with pytest.raises(TypeError, match=r"argument 'check_nan' \(position 2\) must be bool, not "):
        lib.set_anomaly_enabled(True, 3)
    assert not lib.is_anomaly_enabled()


def test_all_threads_see_it(lib: Any) -> None:
    seen: list[Any] = []

    def record() -> None:
        seen.append(lib.is_anomaly_enabled())
        seen.append(sorted((lib.ones(1, requires_grad=True) * 2).grad_fn.metadata))

    with lib.autograd.set_detect_anomaly(True):
        thread = threading.Thread(target=record)
        thread.start()
        thread.join()
    assert seen == [True, ["traceback_"]]


def test_the_warning_comes_with_each_manager(lib: Any) -> None:
    def action() -> None:
        for _ in range(2):
            with lib.autograd.detect_anomaly():
                pass

    said = told(action)[0]
    assert len(said) == 2
    assert all(text.startswith(SLOW) for text in said)
