"""What a module becomes: other dtypes, text, copies, pickles; and what its parameters are."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import rushlight
from tests.both import assert_same_story, attempt, judge, story
from tests.modules import net


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
    with pytest.raises(NotImplementedError, match="no compiler"):
        m.compile()
    m.compile(backend="eager")
    m.compile(disable=True)


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
