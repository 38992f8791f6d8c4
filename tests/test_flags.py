"""Flags of `backward` and `grad` that are no bools, and those of `Variable`."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from tests.both import attempt, story

VALUES: dict[str, Any] = {
    "text": lambda lib: "a",
    "one": lambda lib: 1,
    "zero": lambda lib: 0,
    "a fraction": lambda lib: 2.5,
    "a list": lambda lib: [],
    "a tensor": lambda lib: lib.tensor(True),
    "none": lambda lib: None,
}
CALLS: dict[str, Any] = {
    "Tensor.backward(retain_graph=)": lambda lib, x, s, v: s.backward(retain_graph=v),
    "Tensor.backward(create_graph=)": lambda lib, x, s, v: s.backward(create_graph=v),
    "backward(retain_graph=)": lambda lib, x, s, v: lib.autograd.backward(s, retain_graph=v),
    "backward(create_graph=)": lambda lib, x, s, v: lib.autograd.backward([s], create_graph=v),
    "grad(retain_graph=)": lambda lib, x, s, v: lib.autograd.grad(s, x, retain_graph=v),
    "grad(create_graph=)": lambda lib, x, s, v: lib.autograd.grad(s, x, create_graph=v),
    "grad(allow_unused=)": lambda lib, x, s, v: lib.autograd.grad(
        s, lib.ones(2, requires_grad=True), allow_unused=v
    ),
    "grad(materialize_grads=)": lambda lib, x, s, v: lib.autograd.grad(
        s, lib.ones(2, requires_grad=True), materialize_grads=v
    ),
    "grad(only_inputs=)": lambda lib, x, s, v: lib.autograd.grad(s, x, only_inputs=v),
}


@pytest.mark.parametrize("call", CALLS)
def test_flags(call: str) -> None:
    """What counts as a whole number is a flag; nothing is accumulated where it isn't."""

    @story
    def told(lib: Any) -> Any:
        said = []
        for value in VALUES.values():
            x = lib.ones(2, requires_grad=True)
            s = (x * x).sum()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                said += [attempt(lambda x=x, s=s, v=value: CALLS[call](lib, x, s, v(lib))), x.grad]
                said += [attempt(lambda s=s: s.backward(retain_graph=None))]
            x.grad = None
        return said

    told()


@story
def test_variables(lib: Any) -> Any:
    """A name is kept, and not writable; flags are checked."""
    variable = lib.autograd.Variable
    x = lib.ones(2)
    named = variable(x, requires_grad=True, name="weights")

    def rename() -> None:
        named.name = "other"

    return [
        named, named.name, variable(x).name, x.name, attempt(rename),
        attempt(lambda: variable(x, name=3)),
        attempt(lambda: variable(x, name=None).name),
        attempt(lambda: variable(x, requires_grad="a")),
        attempt(lambda: variable(x, requires_grad=1)),
        attempt(lambda: variable(x, True, "a")),
        attempt(lambda: variable(x, False, False, "n")),
        attempt(lambda: variable(x, _grad_fn=(named * 2).grad_fn)),
    ]  # fmt: skip
