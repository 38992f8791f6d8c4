"""nn.Module: registers, names, walks, modes; judged by PyTorch."""

from __future__ import annotations

from typing import Any

import rushlight
from tests.both import attempt, story
from tests.modules import net


# -- walking ----------------------------------------------------------------------------------
@story
def test_names_of_parameters(lib: Any) -> Any:
    m = net(lib)
    return (
        [n for n, _ in m.named_parameters()],
        [n for n, _ in m.named_parameters(prefix="p")],
        [n for n, _ in m.named_parameters(recurse=False)],
        [n for n, _ in m.named_parameters(remove_duplicate=False)],
        [tuple(p.shape) for p in m.parameters()],
        [tuple(p.shape) for p in m.parameters(recurse=False)],
    )


@story
def test_names_of_buffers(lib: Any) -> Any:
    m = net(lib)
    return (
        [n for n, _ in m.named_buffers()],
        [n for n, _ in m.named_buffers("p", False)],
        [n for n, _ in m.named_buffers(remove_duplicate=False)],
        list(m.buffers()),
    )


@story
def test_names_of_modules(lib: Any) -> Any:
    m = net(lib)
    return (
        [n for n, _ in m.named_modules()],
        [n for n, _ in m.named_modules(prefix="p")],
        [n for n, _ in m.named_modules(remove_duplicate=False)],
        [n for n, _ in m.named_children()],
        [type(c).__name__ for c in m.children()],
        [type(c).__name__ for c in m.modules()],
    )


def test_members_are_the_same_objects() -> None:
    m = net(rushlight)
    assert next(m.parameters()) is m.scale
    assert dict(m.named_modules())["first"] is m.first is m.second
    assert m.get_parameter("again.weight") is m.tied.weight
    assert next(m.modules()) is m


@story
def test_paths(lib: Any) -> Any:
    m = net(lib)
    return [
        attempt(act)
        for act in (
            lambda: m.get_submodule("first"),
            lambda: m.get_submodule("") is m,
            lambda: m.get_submodule("first.nope"),
            lambda: m.get_submodule("first.weight"),
            lambda: m.get_submodule("gone"),
            lambda: m.get_parameter("first.weight"),
            lambda: m.get_parameter("scale"),
            lambda: m.get_parameter("first.mean"),
            lambda: m.get_parameter("first.zip"),
            lambda: m.get_parameter("first"),
            lambda: m.get_buffer("first.mean"),
            lambda: m.get_buffer("count"),
            lambda: m.get_buffer("scale"),
            lambda: m.get_buffer("zip.mean"),
            lambda: m.set_submodule("first.act", lib.nn.ReLU()),
            lambda: m.set_submodule("tied", lib.nn.ReLU(), strict=True),
            lambda: m.set_submodule("new", lib.nn.ReLU(), strict=True),
            lambda: m.set_submodule("new", lib.nn.ReLU()),
            lambda: m.set_submodule("", lib.nn.ReLU()),
            lambda: m.set_submodule("first", 3),
            lambda: m.set_submodule("scale", lib.nn.ReLU()),
            lambda: m.set_submodule("a.b", lib.nn.ReLU()),
            lambda: m,
        )
    ]


# -- registers --------------------------------------------------------------------------------
@story
def test_mistakes_in_registering(lib: Any) -> Any:
    nn = lib.nn
    m = nn.Module()
    m.plain = 3
    leaf = lib.ones(2, requires_grad=True)
    made = nn.Parameter(lib.ones(2))
    return [
        attempt(act)
        for act in (
            lambda: m.register_parameter(3, None),
            lambda: m.register_parameter("a.b", None),
            lambda: m.register_parameter("", None),
            lambda: m.register_parameter("plain", None),
            lambda: m.register_parameter("forward", None),
            lambda: m.register_parameter("p", lib.ones(2)),
            lambda: m.register_parameter("p", leaf),
            lambda: m.register_parameter("p", "text"),
            lambda: m.register_parameter("p", made),
            lambda: m.register_parameter("p", made),
            lambda: m.register_buffer(3, None),
            lambda: m.register_buffer("a.b", None),
            lambda: m.register_buffer("", None),
            lambda: m.register_buffer("plain", None),
            lambda: m.register_buffer("p", lib.ones(1)),
            lambda: m.register_buffer("b", [1]),
            lambda: m.register_buffer("b", lib.ones(1), persistent=False),
            lambda: m.register_buffer("b", lib.ones(1)),
            lambda: m.add_module(3, nn.ReLU()),
            lambda: m.add_module("a.b", nn.ReLU()),
            lambda: m.add_module("", nn.ReLU()),
            lambda: m.add_module("plain", nn.ReLU()),
            lambda: m.add_module("m", nn.ReLU),
            lambda: m.add_module("m", 3),
            lambda: m.add_module("m", len),
            lambda: m.add_module("m", leaf),
            lambda: m.add_module("m", nn.ReLU()),
            lambda: m.register_module("m", nn.Tanh()),
            lambda: m,
            lambda: sorted(m._parameters) + sorted(m._buffers),
            lambda: m._non_persistent_buffers_set,
        )
    ]


@story
def test_mistakes_in_assigning(lib: Any) -> Any:
    m = net(lib)

    def assign(name: str, value: Any) -> Any:
        return lambda: setattr(m, name, value)

    def delete(name: str) -> Any:
        return lambda: delattr(m, name)

    return [
        attempt(act)
        for act in (
            assign("scale", lib.ones(1)),
            assign("scale", 3.0),
            assign("scale", lib.nn.ReLU()),
            assign("scale", lib.nn.Buffer(lib.ones(1))),
            assign("first", 3),
            assign("first", lib.ones(2)),
            assign("first", None),
            lambda: m.first,
            assign("count", 3),
            assign("count", "text"),
            assign("count", lib.ones(2)),
            assign("count", None),
            lambda: m.count,
            assign("scale", None),
            lambda: m.scale,
            assign("void", lib.nn.Parameter(lib.ones(1))),
            lambda: sorted(m._parameters),
            delete("void"),
            lambda: m.void,
            delete("second"),
            delete("second"),
            delete("count"),
            lambda: m.nope,
            lambda: hasattr(m, "nope"),
            lambda: getattr(m, "nope", 3),
            lambda: m.tied.nope,
        )
    ]


@story
def test_a_name_lives_in_one_register(lib: Any) -> Any:
    nn = lib.nn
    m = nn.Module()
    seen = []

    def look() -> None:
        seen.append(
            [sorted(m._parameters), sorted(m._buffers), sorted(m._modules), "x" in m.__dict__]
        )

    m.x = 3
    m.x = nn.Parameter(lib.ones(1))
    look()
    m.x = nn.Parameter(lib.zeros(1))
    look()
    del m.x
    m.x = nn.ReLU()
    look()
    m.x = nn.Parameter(lib.ones(1))
    look()
    del m.x
    m.register_buffer("x", lib.ones(1), persistent=False)
    look()
    m.x = nn.ReLU()
    look()
    m.x = None
    look()
    del m.x
    m.x = nn.Buffer(lib.ones(1), persistent=False)
    look()
    m.x = lib.zeros(2)
    look()
    seen.append(sorted(m.state_dict()))
    m.x = nn.Buffer(lib.ones(1))
    seen.append(sorted(m.state_dict()))
    return seen


@story
def test_before_init(lib: Any) -> Any:
    class Hasty(lib.nn.Module):
        def __init__(self, value: Any) -> None:
            self.x = value

    values = (
        lib.nn.Parameter(lib.ones(1)),
        lib.nn.ReLU(),
        lib.nn.Buffer(lib.ones(1)),
        3,
        lib.ones(2),
    )
    return [attempt(lambda v=v: Hasty(v).x) for v in values]


@story
def test_init_arguments(lib: Any) -> Any:
    class Mixin:
        def __init__(self, word: str = "none") -> None:
            self.word = word

    class Calls(lib.nn.Module, Mixin):
        call_super_init = True

    class Plain(lib.nn.Module):
        pass

    return [
        attempt(act)
        for act in (
            lambda: Plain(1),
            lambda: Plain(1, 2),
            lambda: Plain(word=1),
            lambda: Plain(),
            lambda: Calls("yes").word,
            lambda: Calls(word="yes").word,
            lambda: Plain()(1),
            lambda: Plain().forward(),
        )
    ]


def test_dir_knows_the_registers() -> None:
    names = dir(net(rushlight))
    assert {"scale", "count", "first", "named_parameters"} <= set(names)
    assert "0" not in dir(rushlight.nn.Sequential(rushlight.nn.ReLU()))


# -- modes ------------------------------------------------------------------------------------
@story
def test_train_and_eval(lib: Any) -> Any:
    m = net(lib)
    first = [c.training for c in m.modules()]
    same = m.eval() is m
    m.first.train()
    return (
        first,
        same,
        [c.training for c in m.modules()],
        m.train() is m,
        attempt(lambda: m.train(1)),
        attempt(lambda: m.train(None)),
        [c.training for c in m.modules()],
    )


@story
def test_apply_goes_from_below(lib: Any) -> Any:
    seen: list[str] = []
    m = net(lib)
    same = m.apply(lambda c: seen.append(type(c).__name__)) is m
    return same, seen


@story
def test_requires_grad_and_zero_grad(lib: Any) -> Any:
    m = net(lib)
    frozen = m.requires_grad_(False) is m, [p.requires_grad for p in m.parameters()]
    m.requires_grad_()
    x = m.tied(m.first(lib.ones(3))).sum()
    x.backward()
    grads = [p.grad for p in m.parameters()]
    held = m.tied.weight.grad
    m.zero_grad(set_to_none=False)
    zeroed = [p.grad for p in m.parameters()], held is m.tied.weight.grad
    m.zero_grad()
    return frozen, grads, zeroed, [p.grad for p in m.parameters()]
