"""nn.Module: registers, names, walks, modes, conversion, repr; judged by PyTorch."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import rushlight
from tests.both import assert_same_story, attempt, judge, story


def net(lib: Any) -> Any:
    """A module with everything: nested, shared and absent members."""
    nn = lib.nn

    class Inner(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(lib.arange(3.0))
            self.register_parameter("nothing", None)
            self.register_buffer("mean", lib.zeros(2))
            self.register_buffer("scratch", lib.ones(1), persistent=False)

        def forward(self, x: Any) -> Any:
            return x * self.weight

        def extra_repr(self) -> str:
            return "size=3"

    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = Inner()
            self.second = self.first
            self.tied = nn.Linear(3, 3)
            self.tied.weight = nn.Parameter(lib.ones(3, 3))
            self.again = nn.Linear(3, 3, bias=False)
            self.again.weight = self.tied.weight
            self.void = None
            self.register_module("gone", None)
            self.scale = nn.Parameter(lib.tensor(2.0))
            self.count = nn.Buffer(lib.tensor(0))

    return Outer()


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


# -- conversion ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "convert",
    [
        lambda lib, m: m.to(lib.float64),
        lambda lib, m: m.to(dtype=lib.float16),
        lambda lib, m: m.to("cpu"),
        lambda lib, m: m.to("cpu", lib.float64),
        lambda lib, m: m.to(lib.device("cpu"), lib.float64, non_blocking=True),
        lambda lib, m: m.to(lib.zeros(1, dtype=lib.float64)),
        lambda lib, m: m.to(lib.complex64),
        lambda lib, m: m.to(lib.int64),
        lambda lib, m: m.to([1]),
        lambda lib, m: m.to(lib.float64, lib.float64),
        lambda lib, m: m.to(nope=1),
        lambda lib, m: m.to(memory_format=lib.channels_last),
        lambda lib, m: m.double(),
        lambda lib, m: m.half(),
        lambda lib, m: m.bfloat16(),
        lambda lib, m: m.double().float(),
        lambda lib, m: m.type(lib.float64),
        lambda lib, m: m.type("torch.DoubleTensor"),
        lambda lib, m: m.type("nope"),
        lambda lib, m: m.cpu(),
        lambda lib, m: m.cuda(),
        lambda lib, m: m.xpu(),
    ],
)
def test_conversion(convert: Any) -> None:
    def tale(lib: Any) -> Any:
        m = net(lib)
        m.tied(m.first(lib.ones(3))).sum().backward()
        before = list(m.parameters())
        grads = [p.grad for p in before]
        same = attempt(lambda: convert(lib, m) is m)
        after = list(m.parameters())
        dtypes = [(p.dtype, p.grad is None or p.grad.dtype) for p in after]
        return (
            same,
            dtypes,
            [(p.requires_grad, p.is_leaf) for p in after],
            [a is b for a, b in zip(before, after)],
            [a.grad is b for a, b in zip(before, grads)],
            [b.dtype for b in m.buffers()],
            m.scale,
        )

    assert_same_story(tale)


@story
def test_to_empty(lib: Any) -> Any:
    m = net(lib)
    same = m.to_empty(device="cpu") is m
    return same, [(tuple(p.shape), p.dtype, p.requires_grad) for p in m.parameters()]


@story
def test_an_optimizer_survives_conversion(lib: Any) -> Any:
    m = lib.nn.Linear(2, 1)
    lib.nn.init.ones_(m.weight)
    optimizer = lib.optim.SGD(m.parameters(), lr=0.5)
    m.double()
    m(lib.ones(1, 2, dtype=lib.float64)).sum().backward()
    optimizer.step()
    return m.weight


def test_what_is_refused() -> None:
    m = net(rushlight)
    with pytest.raises(NotImplementedError, match="shared-memory"):
        m.share_memory()
    with pytest.raises(NotImplementedError, match="no compiler"):
        m.compile()


# -- text and copies -------------------------------------------------------------------------
@story
def test_repr(lib: Any) -> Any:
    nn = lib.nn
    empty = nn.Module()
    lines = nn.Module()
    lines.extra_repr = lambda: "one\ntwo"
    both = nn.Sequential(lines, nn.Sequential(), empty)
    both.extra_repr = lambda: "extra"
    return [str(m) for m in (empty, lines, both, net(lib), nn.Sequential(net(lib), both))]


@story
def test_str_of_pieces(lib: Any) -> Any:
    m = net(lib)
    return m._get_name(), m.extra_repr(), m.first.extra_repr(), m.void, lib.nn.Module.dump_patches


def test_deepcopy() -> None:
    m = net(rushlight)
    m.training = False
    c = copy.deepcopy(m)
    assert [n for n, _ in c.named_parameters()] == [n for n, _ in m.named_parameters()]
    for (n, a), b in zip(m.named_parameters(), c.parameters()):
        assert a is not b, n
        assert a.tolist() == b.tolist()
    assert c.tied.weight is c.again.weight
    assert c.first is c.second
    assert not c.training
    with rushlight.no_grad():
        c.scale.fill_(9.0)
    assert m.scale.item() == 2.0


def test_shallow_copy_shares_the_registers() -> None:
    m = rushlight.nn.Linear(2, 2)
    c = copy.copy(m)
    assert c.weight is m.weight


@pytest.mark.parametrize("protocol", [2, 5])
def test_pickle(protocol: int) -> None:
    nn = rushlight.nn
    m = nn.Sequential(nn.Linear(2, 3), nn.ModuleDict({"a": nn.ReLU()}), nn.ParameterList())
    m[2].append(rushlight.ones(2))
    m.eval()
    back = pickle.loads(pickle.dumps(m, protocol))
    assert repr(back) == repr(m)
    assert not back.training
    assert [p.tolist() for p in back.parameters()] == [p.tolist() for p in m.parameters()]
    assert all(isinstance(p, nn.Parameter) and p.requires_grad for p in back.parameters())
    back.register_forward_hook(lambda *_: None)


# -- parameters and buffers -------------------------------------------------------------------
@story
def test_parameter(lib: Any) -> Any:
    P, B = lib.nn.Parameter, lib.nn.Buffer
    x = lib.zeros(2)
    p = P(x)
    x.add_(1)
    y = p * 2
    return [
        attempt(act)
        for act in (
            lambda: (p, p.requires_grad, p.is_leaf, p.grad_fn),
            lambda: P(x, requires_grad=False),
            lambda: P(),
            lambda: B(),
            lambda: P([1.0]),
            lambda: P(3),
            lambda: B("a"),
            lambda: P(lib.tensor([1, 2])),
            lambda: P(lib.tensor([1, 2]), requires_grad=False),
            lambda: P(lib.tensor([1 + 1j])),
            lambda: (P(y).is_leaf, P(y).requires_grad),
            lambda: (type(p.data).__name__, type(p.detach()).__name__, type(p[0]).__name__),
            lambda: (B(x), B(x).persistent, B(x, persistent=False).persistent),
            lambda: (
                isinstance(x, P),
                isinstance(p, P),
                isinstance(x, B),
                isinstance(p, lib.Tensor),
            ),
            lambda: copy.deepcopy(p),
            lambda: p + 1,
            lambda: p.type(),
        )
    ]


def test_call_without_hooks_is_forward() -> None:
    """The call itself costs less than half of PyTorch's, whatever machine this runs on."""
    import timeit

    def cost(lib: Any) -> float:
        class Nothing(lib.nn.Module):
            def forward(self, x: Any) -> Any:
                return x

        m = Nothing()
        return min(timeit.repeat(lambda: m(1), number=20_000, repeat=5))

    assert cost(rushlight) < cost(judge)
