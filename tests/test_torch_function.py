"""Subclasses of Tensor, ``__torch_function__`` and its modes: stories under both libraries."""

from __future__ import annotations

import copy
import importlib
import inspect
import subprocess
import sys
import threading
import warnings
from typing import Any

import pytest

import rushlight
from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)


def overrides_of(lib: Any) -> Any:
    return importlib.import_module(f"{lib.__name__}.overrides")


def names(values: Any) -> list[str]:
    return [type(v).__name__ for v in values]


# -- subclasses ------------------------------------------------------------------------------------


def test_results_are_instances_of_the_subclass(lib: Any) -> None:
    class Metres(lib.Tensor):
        pass

    x = lib.ones(2, 2).as_subclass(Metres)
    one = lib.ones(2, 2)
    results = [
        *(x + 1, 1 + x, one + x, x @ one, -x, abs(x), x**2, 2 / x, x // 2, x > 0, ~(x > 0)),
        *(x[0], x.T, x.data, x.detach(), x.clone(), x.sum(), x.double(), x.new_ones(2)),
        *(lib.exp(x), lib.cat([one, x]), lib.ones_like(x), lib.nn.functional.relu(x)),
        *(x.max(0).values, x.unbind()[1], lib.nn.functional.linear(one, x), x.view(4), x.add_(1)),
        *(lib.einsum("ij->i", x), next(iter(x))),
    ]
    assert names(results) == ["Metres"] * len(results)
    assert type(x.max(0)).__name__ == "max" and type(x.tolist()) is list
    assert type(x.shape) is lib.Size
    assert type(lib.zeros(2)) is lib.Tensor and type(one.add_(x)).__name__ == "Metres"
    assert type(one) is lib.Tensor
    assert repr(x[0]) == "Metres([2., 2.])"


def test_the_most_derived_class_wins(lib: Any) -> None:
    class One(lib.Tensor):
        pass

    class Two(One):
        pass

    class Other(lib.Tensor):
        pass

    one, two, other = (lib.ones(2).as_subclass(cls) for cls in (One, Two, Other))
    assert names([one + two, two + one, lib.stack([one, two])]) == ["Two"] * 3
    assert names([lib.nn.Parameter(lib.ones(2)) + one]) == ["One"]
    with pytest.raises(TypeError, match="unsupported operand type"):
        one + other
    with pytest.raises(TypeError, match="handlers returned NotImplemented"):
        lib.add(one, other)


def test_gradients_flow_through_a_subclass(lib: Any) -> None:
    class Metres(lib.Tensor):
        pass

    x = lib.ones(2, requires_grad=True)
    y = x.as_subclass(Metres)
    assert not y.is_leaf and y.grad_fn.name() == "AliasBackward0"
    (y * 2).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0] and type(x.grad) is lib.Tensor
    z = Metres([1.0, 2.0]).requires_grad_()
    (z * z).sum().backward()
    assert z.grad.tolist() == [2.0, 4.0] and type(z).__name__ == "Metres"
    (g,) = lib.autograd.grad((z * 3).sum(), z)
    assert g.tolist() == [3.0, 3.0] and type(g).__name__ == "Metres"
    assert str(z) == "Metres([1., 2.], requires_grad=True)"


def test_a_subclass_may_ask_for_plain_results(lib: Any) -> None:
    class Plain(lib.Tensor):
        __torch_function__ = lib._C._disabled_torch_function_impl

    class Weight(lib.nn.Parameter):
        pass

    assert names([lib.ones(2).as_subclass(Plain) + 1, Weight(lib.ones(2)) * 2]) == ["Tensor"] * 2
    assert type(copy.deepcopy(Weight(lib.ones(2)))) is Weight


def test_a_subclass_sees_calls(lib: Any) -> None:
    seen: list[Any] = []

    class Logged(lib.Tensor):
        @classmethod
        def __torch_function__(
            cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            seen.append((func.__name__, names(args), kwargs))
            return super().__torch_function__(func, types, args, kwargs or {})

    x = lib.ones(2, 2).as_subclass(Logged)
    y = x + 1
    lib.add(x, lib.ones(2, 2), alpha=2)
    x.exp().sum(dim=0)
    lib.nn.functional.relu(x)
    y @ x
    assert [name for name, _, _ in seen] == ["add", "add", "exp", "sum", "relu", "matmul"]
    assert seen[0][1:] == (["Logged", "int"], None)
    assert seen[1][1:] == (["Logged", "Tensor"], {"alpha": 2})
    seen.clear()
    with lib._C.DisableTorchFunctionSubclass():
        assert type(x + 1) is lib.Tensor
    assert seen == []


def test_a_function_is_what_the_program_holds(lib: Any) -> None:
    """Tables of functions are how overrides are written."""
    handled = {lib.mean: "mean", lib.nn.functional.relu: "relu"}

    class Answers(lib.Tensor):
        @classmethod
        def __torch_function__(
            cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            return handled.get(func, NotImplemented)

    x = lib.ones(2).as_subclass(Answers)
    assert (lib.mean(x), lib.nn.functional.relu(x)) == ("mean", "relu")
    with pytest.raises(TypeError, match=r"Multiple dispatch failed for 'torch\.exp'"):
        lib.exp(x)


# -- functions of one's own ------------------------------------------------------------------------


def test_functions_take_part(lib: Any) -> None:
    o = overrides_of(lib)

    class Answers:
        @classmethod
        def __torch_function__(
            cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            return func.__name__, [t.__name__ for t in types], len(args), kwargs

    class Refuses:
        @classmethod
        def __torch_function__(
            cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            return NotImplemented

    def double(x: Any, *, k: int = 1) -> Any:
        if o.has_torch_function((x,)):
            return o.handle_torch_function(double, (x,), x, k=k)
        return x

    @o.wrap_torch_function(lambda x: (x,))
    def triple(x: Any) -> Any:
        return x

    assert double(Answers(), k=2) == ("double", ["Answers"], 1, {"k": 2})
    assert double(3) == triple(3) == 3 and triple(Answers()) == ("triple", ["Answers"], 1, {})
    with pytest.raises(TypeError, match=r"no implementation found for '.*double' on types that"):
        double(Refuses())
    assert o.is_tensor_like(Answers()) and o.is_tensor_like(lib.ones(1)) and not o.is_tensor_like(1)
    plain = (1, lib.ones(1), lib.nn.Parameter(lib.ones(1)))
    assert not o.has_torch_function(plain) and o.has_torch_function((*plain, Answers()))
    assert o.has_torch_function_unary(Answers()) and o.has_torch_function_variadic(1, Answers())


# -- modes -----------------------------------------------------------------------------------------


def test_modes_see_all_calls_of_their_thread(lib: Any) -> None:
    o = overrides_of(lib)
    seen: list[Any] = []

    class Log(o.TorchFunctionMode):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            seen.append((self.name, func.__name__))
            return func(*args, **(kwargs or {}))

    with Log("a") as mode:
        x = lib.ones(2)
        y = x + 1
        lib.nn.functional.relu(y).sum()
        with Log("b"):
            x * 2
        with lib._C.DisableTorchFunctionSubclass():
            x.exp()
        with lib._C.DisableTorchFunction():
            x.exp()
        thread = threading.Thread(target=lambda: x.exp())
        thread.start()
        thread.join()
    x.exp()
    assert isinstance(mode, Log)
    expected = ["ones", "add", "relu", "sum", "b mul", "mul", "exp"]
    assert seen == [("b", "mul") if n == "b mul" else ("a", n) for n in expected]


def test_the_state_under_its_old_names(lib: Any) -> None:
    o, c = overrides_of(lib), lib._C
    assert c._is_torch_function_enabled() and c._len_torch_function_stack() == 0
    with o.BaseTorchFunctionMode(), c.DisableTorchFunctionSubclass():
        assert not c._is_torch_function_enabled() and c._len_torch_function_stack() == 1
    assert not c._has_torch_function((lib.ones(1),)) and not c.is_autocast_enabled("cpu")


def test_a_mode_without_an_answer(lib: Any) -> None:
    o = overrides_of(lib)

    class Silent(o.TorchFunctionMode):
        pass

    with pytest.raises(NotImplementedError), Silent():
        lib.ones(1)
    with o.BaseTorchFunctionMode():
        assert lib.ones(1).tolist() == [1.0]


def test_names_of_functions(lib: Any) -> None:
    o = overrides_of(lib)
    assert o.resolve_name(lib.add) == "torch.add"
    assert o.resolve_name(lib.nn.functional.relu6) == "torch.nn.functional.relu6"
    assert o.resolve_name(print) is None
    assert o.resolve_name(lib.linalg.svd) == "torch.linalg.svd"
    assert o.resolve_name(lib.special.erf) == "torch.special.erf"
    assert o.resolve_name(lib.Tensor.backward) == "torch.Tensor.backward"
    assert o.resolve_name(lib.Tensor.T.__get__) == "torch.Tensor.T.__get__"
    assert o.is_tensor_method_or_property(lib.Tensor.T.__get__)
    assert o.is_tensor_method_or_property(lib.Tensor.add_)
    assert not o.is_tensor_method_or_property(lib.zeros)
    known = o.get_overridable_functions()
    assert lib.Tensor.add_ in known[lib.Tensor if lib.Tensor in known else "Tensor"] or any(
        lib.Tensor.add_ in functions for functions in known.values()
    )


# -- only ours -------------------------------------------------------------------------------------


def test_functions_keep_their_signatures(lib: Any) -> None:
    if lib is not rushlight:
        pytest.skip("PyTorch's are written in C++")

    class Some(lib.Tensor):
        pass

    assert "dim" in inspect.signature(lib.sum).parameters or lib.sum.__doc__
    assert list(inspect.signature(lib.exp).parameters) == ["input", "out"]
    assert next(iter(inspect.signature(lib.Tensor.exp_).parameters)) == "input"


def test_nothing_changes_without_a_subclass(lib: Any) -> None:
    if lib is not rushlight:
        pytest.skip("looks at codes")
    program = """
import sys
import rushlight as torch
codes = torch.exp.__code__, torch.Tensor.__add__.__code__
class Weight(torch.nn.Parameter):
    pass
Weight(torch.ones(1)).exp()
assert (torch.exp.__code__, torch.Tensor.__add__.__code__) == codes
assert "rushlight.overrides" not in sys.modules
class Other(torch.Tensor):
    pass
assert torch.exp.__code__ is not codes[0]
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert not done.returncode, done.stderr


def test_a_plain_method_is_asked_as_one(lib: Any) -> None:
    """An instance's ``__torch_function__`` that is no classmethod gets the instance; it is old."""

    class Old:
        name = "old"

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None):
            return self.name, func.__name__, len(args)

    class Makes_types_ask(lib.Tensor):
        pass

    old = Old()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        lib.set_warn_always(True)
        try:
            assert lib.add(old, 1) == ("old", "add", 2)
        finally:
            lib.set_warn_always(False)
    assert [str(w.message)[:58] for w in caught] == [
        "Defining your `__torch_function__` as a plain method is de"
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert lib.ones(1) + old == ("old", "add", 2)
        assert lib.cat([old, old])[:2] == ("old", "cat")
        assert lib.nn.functional.relu(old)[:2] == ("old", "relu")


def test_inner_methods_are_told_to_nobody(lib: Any) -> None:
    seen: list[str] = []

    class Telling(lib.Tensor):
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None):
            seen.append(func.__name__)
            return super().__torch_function__(func, types, args, kwargs or {})

    x = lib.ones(2).as_subclass(Telling)
    y = (x * 2).view(1, 2)
    assert y.is_leaf
    assert [name for name in seen if name != "__get__"] == ["mul", "view"]


def test_stand_ins_and_functions_that_none_can_override(lib: Any) -> None:
    o = overrides_of(lib)
    stand_ins, ignored = o.get_testing_overrides(), o.get_ignored_functions()
    for function in (lib.add, lib.exp, lib.Tensor.mul, lib.nn.functional.relu, lib.linalg.svd):
        assert function in stand_ins
        assert function not in ignored
    assert stand_ins[lib.exp](3) == -1
    assert stand_ins[lib.add](1, other=2) == -1
    assert stand_ins[lib.Tensor.T.__get__](1) == -1
    with pytest.raises(TypeError):
        stand_ins[lib.exp](1, 2, 3, 4, 5)
    for function in (lib.tensor, lib.as_tensor, lib.manual_seed, lib.is_grad_enabled):
        assert function in ignored
        assert function not in stand_ins


def test_hooks_in_a_dictionary(lib: Any) -> None:
    register = lib.autograd.function._HookMixin._register_hook
    hooks, handle = register(None, len)
    again, other = register(hooks, abs)
    assert again is hooks
    assert list(hooks.values()) == [len, abs]
    handle.remove()
    assert list(hooks) == [other.id]
