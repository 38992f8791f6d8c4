"""Parameters of a program's own subclasses of Tensor."""

from __future__ import annotations

from typing import Any

from tests.both import attempt, story


def own(lib: Any, values: Any = None) -> Any:
    class Own(lib.Tensor):  # type: ignore[misc,name-defined]
        pass

    return (lib.arange(3.0) if values is None else values).as_subclass(Own)


@story
def test_a_parameter_keeps_its_class(lib: Any) -> Any:
    Parameter = lib.nn.Parameter
    x = own(lib)
    p = Parameter(x)
    integers = own(lib, lib.arange(3))
    return [
        (type(p).__name__, type(p) is type(x), p.requires_grad, p.is_leaf, p._is_param),
        p.data_ptr() == x.data_ptr(),
        [isinstance(t, Parameter) for t in (p, x, p * 1, p.detach(), p.data, p.clone(), p.view(3))],
        issubclass(type(p), Parameter),
        (type(Parameter(p)) is type(x), isinstance(Parameter(p), Parameter)),
        (repr(p), repr(Parameter(x, False))),
        attempt(lambda: Parameter(integers)),
        Parameter(integers, False),
    ]


@story
def test_a_module_and_an_optimizer_take_it(lib: Any) -> Any:
    layer = lib.nn.Linear(3, 1, bias=False)
    layer.weight = lib.nn.Parameter(own(lib, lib.ones(1, 3)))
    layer(lib.ones(2, 3)).sum().backward()
    optimizer = lib.optim.SGD(layer.parameters(), 0.1)
    optimizer.step()
    names = [(name, type(p).__name__) for name, p in layer.named_parameters()]
    return names, type(layer.state_dict()["weight"]).__name__, layer.weight, layer.weight.grad


@story
def test_a_mark_of_ones_own_makes_a_parameter(lib: Any) -> Any:
    x = own(lib)
    x._is_param = True
    module = lib.nn.Module()
    module.x = x
    return isinstance(x, lib.nn.Parameter), len(list(module.parameters()))


@story
def test_a_class_that_detaches_to_another(lib: Any) -> Any:
    class Strange(lib.Tensor):  # type: ignore[misc,name-defined]
        def detach(self) -> Any:
            return lib.ones(3)

    return attempt(lambda: lib.nn.Parameter(lib.ones(3).as_subclass(Strange)))
