"""The names of ``torch._C`` that describe autograd's state, under both libraries."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)


def test_grad_modes(lib: Any) -> None:
    assert lib._C.is_grad_enabled()
    lib._C._set_grad_enabled(False)
    try:
        assert not lib.is_grad_enabled()
        with pytest.raises(TypeError, match=r"set_grad_enabled\(\): argument 'enabled' \(position"):
            lib._C._set_grad_enabled(3)
    finally:
        lib._C._set_grad_enabled(True)
    with lib.inference_mode():
        assert lib._C.is_inference_mode_enabled()


def test_names_that_are_not_there(lib: Any) -> None:
    with pytest.raises(AttributeError, match=r"has no attribute '_no_such_name'"):
        lib._C._no_such_name  # noqa: B018
    assert importlib.import_module(f"{lib.__name__}._C") is lib._C


def test_node_classes(lib: Any) -> None:
    x = lib.ones(2, requires_grad=True)
    node = (x * 2).grad_fn.next_functions[0][0]
    assert type(node) is lib._C._functions.AccumulateGrad


def test_tensors_inside_of_vmap(lib: Any) -> None:
    names = lib._C._functorch
    seen = []

    def look(x: Any, y: Any) -> Any:
        for t in (x, x * 2, y):
            seen.append((names.is_batchedtensor(t), names.is_functorch_wrapped_tensor(t)))
            seen.append((names.maybe_get_level(t), names.maybe_get_bdim(t)))
        assert names.get_unwrapped(x).tolist() == [[1, 1], [1, 1], [1, 1]]
        return x

    lib.func.vmap(look, in_dims=(0, None))(lib.ones(3, 2), lib.ones(2))
    mapped, plain = [(True, True), (1, 0)], [(False, False), (-1, -1)]
    assert seen == mapped + mapped + plain
    with pytest.raises(RuntimeError, match="No wrappers present!"):
        names.get_unwrapped(lib.ones(2))


def test_subclasses_are_asked_again(lib: Any) -> None:
    class Named(lib.Tensor):
        @classmethod
        def __torch_function__(
            cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            return "asked"

    t = lib.ones(2).as_subclass(Named)
    with lib._C.DisableTorchFunction():
        assert type(lib.sin(t)) is not str
        with lib._C._EnableTorchFunction():
            assert lib.sin(t) == "asked"
        assert type(lib.sin(t)) is not str
    assert lib.sin(t) == "asked"
