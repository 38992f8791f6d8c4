"""``out=``: memory that it shares with operands, its dtype, its size, and what requires grad."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import rushlight
from tests.both import assert_same_story, attempt, story

Call = Callable[[Any, Any, Any], Any]

# Functions of three elements that write three. In the first table the output may be an operand, but
# must not share a part of its memory; in the second it must share nothing. PyTorch doesn't look at
# those in the third, and loses operands that it writes to; here the result is right.
UNARY = (
    "exp neg abs sigmoid tanh erf square sign floor frac logical_not reciprocal rsqrt log1p "
    "digamma lgamma trunc round nan_to_num angle sgn"
)
BINARY = (
    "add sub mul div pow maximum minimum fmod remainder atan2 hypot eq lt logical_and floor_divide "
    "copysign xlogy nextafter heaviside ldexp"
)


def _unary(name: str) -> Call:
    return lambda lib, x, out: getattr(lib, name)(x, out=out)


def _binary(name: str) -> Call:
    return lambda lib, x, out: getattr(lib, name)(x, lib.ones(3), out=out)


def _pair(lib: Any, out: Any) -> Any:
    return out, lib.empty(3, dtype=lib.int64)


PARTLY: dict[str, Call] = {
    **{name: _unary(name) for name in UNARY.split()},
    **{name: _binary(name) for name in BINARY.split()},
    "add_second": lambda lib, x, out: lib.add(lib.ones(3), x, out=out),
    "addcmul": lambda lib, x, out: lib.addcmul(x, lib.ones(3), lib.ones(3), out=out),
    "addcdiv": lambda lib, x, out: lib.addcdiv(lib.ones(3), x, lib.ones(3), out=out),
    "lerp": lambda lib, x, out: lib.lerp(x, lib.ones(3), 0.5, out=out),
    "where": lambda lib, x, out: lib.where(x > 0, x, lib.ones(3), out=out),
    "clamp": lambda lib, x, out: lib.clamp(x, 0, 1, out=out),
    "clamp by tensors": lambda lib, x, out: lib.clamp(x, lib.zeros(3), lib.ones(3), out=out),
    "norm": lambda lib, x, out: lib.norm(x.reshape(3, 1), 2, 1, out=out),
    "vector_norm": lambda lib, x, out: lib.linalg.vector_norm(x.reshape(3, 1), dim=1, out=out),
    "max": lambda lib, x, out: lib.max(x.reshape(3, 1), 1, out=_pair(lib, out)),
    "median": lambda lib, x, out: lib.median(x.reshape(3, 1), 1, out=_pair(lib, out)),
    "nanmedian": lambda lib, x, out: lib.nanmedian(x.reshape(3, 1), 1, out=_pair(lib, out)),
    "mode": lambda lib, x, out: lib.mode(x.reshape(3, 1), 1, out=_pair(lib, out)),
    "sort": lambda lib, x, out: lib.sort(x, out=_pair(lib, out)),
    "topk": lambda lib, x, out: lib.topk(x, 3, out=_pair(lib, out)),
    "aminmax": lambda lib, x, out: lib.aminmax(x.reshape(3, 1), dim=1, out=(out, lib.empty(3))),
    "msort": lambda lib, x, out: lib.msort(x, out=out),
    "cumsum": lambda lib, x, out: lib.cumsum(x, 0, out=out),
    "cumprod": lambda lib, x, out: lib.cumprod(x, 0, out=out),
    "logcumsumexp": lambda lib, x, out: lib.logcumsumexp(x, 0, out=out),
    "addmv": lambda lib, x, out: lib.addmv(x, lib.eye(3), lib.ones(3), out=out),
    "addmm": lambda lib, x, out: lib.addmm(
        x.reshape(3, 1), lib.eye(3), lib.ones(3, 1), out=out.reshape(3, 1)
    ),
    "outer": lambda lib, x, out: lib.outer(x, lib.ones(1), out=out.reshape(3, 1)),
    "addr": lambda lib, x, out: lib.addr(lib.ones(3, 1), x, lib.ones(1), out=out.reshape(3, 1)),
    "kron": lambda lib, x, out: lib.kron(x, lib.ones(1), out=out),
    "polygamma": lambda lib, x, out: lib.polygamma(1, x, out=out),
    "logit": lambda lib, x, out: lib.logit(x, 0.1, out=out),
    "renorm": lambda lib, x, out: lib.renorm(x.reshape(3, 1), 2, 0, 1, out=out.reshape(3, 1)),
    "scatter": lambda lib, x, out: lib.scatter(x, 0, lib.tensor([0]), lib.ones(1), out=out),
    "scatter_add": lambda lib, x, out: lib.scatter_add(x, 0, lib.tensor([0]), lib.ones(1), out=out),
    "index_add": lambda lib, x, out: lib.index_add(x, 0, lib.tensor([0]), lib.ones(1), out=out),
    "index_copy": lambda lib, x, out: lib.index_copy(x, 0, lib.tensor([0]), lib.ones(1), out=out),
}
APART: dict[str, Call] = {
    "cat": lambda lib, x, out: lib.cat([x[:1], x[1:]], out=out),
    "hstack": lambda lib, x, out: lib.hstack([x], out=out),
    "stack": lambda lib, x, out: lib.stack([x], out=out.reshape(1, 3)),
    "gather": lambda lib, x, out: lib.gather(x, 0, lib.tensor([0, 1, 2]), out=out),
    "index_select": lambda lib, x, out: lib.index_select(x, 0, lib.tensor([0, 1, 2]), out=out),
    "take": lambda lib, x, out: lib.take(x, lib.tensor([0, 1, 2]), out=out),
    "masked_select": lambda lib, x, out: lib.masked_select(x, lib.ones(3) > 0, out=out),
    "nonzero": lambda lib, x, out: lib.nonzero(x.long(), out=out.long()),
    "cross": lambda lib, x, out: lib.linalg.cross(x, lib.ones(3), out=out),
    "kthvalue": lambda lib, x, out: lib.kthvalue(x.reshape(3, 1), 1, 1, out=_pair(lib, out)),
    "scatter's source": lambda lib, x, out: lib.scatter(
        lib.ones(3), 0, lib.tensor([0, 1, 2]), x, out=out
    ),
    "index_add's source": lambda lib, x, out: lib.index_add(
        lib.ones(3), 0, lib.tensor([0, 1, 2]), x, out=out
    ),
}
UNSEEN: dict[str, Call] = {
    "sum": lambda lib, x, out: lib.sum(x.reshape(3, 1), 1, out=out),
    "prod": lambda lib, x, out: lib.prod(x.reshape(3, 1), 1, out=out),
    "amax": lambda lib, x, out: lib.amax(x.reshape(3, 1), 1, out=out),
    "mv": lambda lib, x, out: lib.mv(lib.eye(3), x, out=out),
    "matmul": lambda lib, x, out: lib.matmul(lib.eye(3), x, out=out),
    "cummax": lambda lib, x, out: lib.cummax(x, 0, out=_pair(lib, out))[0],
}


@pytest.mark.parametrize("name", [*PARTLY, *APART])
def test_shared_memory(name: str) -> None:
    """The output as an operand, across one, and across itself."""
    call = {**PARTLY, **APART}[name]

    def told(lib: Any) -> Any:
        said = []
        for first, second in ((0, 0), (0, 1), (1, 0)):
            memory = lib.arange(4.0) * 0.25
            x, out = memory[first : first + 3], memory[second : second + 3]
            said.append((attempt(lambda x=x, out=out: call(lib, x, out)), memory))
        memory = lib.arange(6.0)
        said.append(attempt(lambda: call(lib, memory[::2], memory[1::2])))
        said.append(attempt(lambda: call(lib, lib.ones(3), lib.zeros(1).expand(3))))
        return said

    assert_same_story(told)


@pytest.mark.parametrize("name", UNSEEN)
def test_operands_survive(name: str) -> None:
    """Where PyTorch's result depends on what it has overwritten, ours is that of the operands."""
    for start in (0, 1):
        memory = rushlight.arange(4.0)
        wanted = UNSEEN[name](rushlight, memory[:3].clone(), rushlight.empty(3))
        got = UNSEEN[name](rushlight, memory[:3], memory[start : start + 3])
        assert rushlight.equal(got, wanted)


@story
def test_broadcast_operands(lib: Any) -> Any:
    """An operand that is broadcast lies in a part of the output."""
    x, y = lib.ones(2, 2), lib.ones(4)
    return (
        attempt(lambda: lib.add(x, x[0], out=x)),
        attempt(lambda: lib.mul(y, y[0], out=y)),
        attempt(lambda: lib.add(x, 1, out=x.t())),
        attempt(lambda: lib.add(x, x, out=x)),
    )


DTYPES: dict[str, Call] = {
    **{name: _unary(name) for name in (*UNARY.split(), "conj_physical")},
    **{name: PARTLY[name] for name in (*BINARY.split()[:-2], "addcmul", "lerp", "clamp", "where")},
    "clamp by tensors": PARTLY["clamp by tensors"],
    "clamp_min": lambda lib, x, out: lib.clamp_min(x, 1, out=out),
    "softmax": lambda lib, x, out: lib.softmax(x, 0, out=out),
    "tril": lambda lib, x, out: lib.tril(x[None], out=out),
    "complex": lambda lib, x, out: lib.complex(x, x, out=out),
    "polar": lambda lib, x, out: lib.polar(x, x, out=out),
    "float_power": lambda lib, x, out: lib.float_power(x, 2, out=out),
    "cat": lambda lib, x, out: lib.cat([x, x], out=out),
    "stack": lambda lib, x, out: lib.stack([x, x], out=out),
    "index_select": APART["index_select"],
    "cross": APART["cross"],
    "msort": PARTLY["msort"],
    "scatter": PARTLY["scatter"],
    "index_add": PARTLY["index_add"],
    "logcumsumexp": PARTLY["logcumsumexp"],
}


@pytest.mark.parametrize("name", DTYPES)
def test_dtypes(name: str) -> None:
    """Outputs of another dtype."""

    def told(lib: Any) -> Any:
        x = lib.tensor([0.5, 0.25, 1.0])
        kinds = (lib.float64, lib.int32, lib.complex64, lib.float32)
        return [attempt(lambda d=d: DTYPES[name](lib, x, lib.empty(0, dtype=d))) for d in kinds]

    assert_same_story(told)


@story
def test_resizing(lib: Any) -> Any:
    """An output keeps its memory where that is large enough, and warns if it had elements."""
    said = []
    for act in (
        lambda out: lib.add(lib.ones(3), 1, out=out),
        lambda out: lib.cat([lib.ones(2), lib.zeros(1)], out=out),
        lambda out: lib.ones(3, out=out),
        lambda out: lib.arange(3, out=out),
        lambda out: lib.linspace(0, 1, 3, out=out),
        lambda out: lib.full((3,), 2.0, out=out),
    ):
        memory = lib.arange(8.0)
        out = memory[2:4]
        act(out)
        said += [out, memory, out._base is memory, memory._version]
        for out in (lib.empty(0), lib.ones(7), lib.ones(2, 5).t()):
            start = out.data_ptr()
            act(out)
            said += [out, out.stride(), start in (out.data_ptr(), 0)]
    return said


@story
def test_requires_grad(lib: Any) -> Any:
    """Neither operands nor outputs may require grad; factories say what their output requires."""
    x, plain = lib.ones(3, requires_grad=True), lib.ones(3)
    said = [
        attempt(lambda: lib.exp(x, out=lib.empty(3))),
        attempt(lambda: lib.exp(plain, out=x)),
        attempt(lambda: lib.cat([plain, x], out=lib.empty(6))),
        attempt(lambda: lib.outer(plain, x, out=lib.empty(3, 3))),
        attempt(lambda: lib.zeros(3, out=x)),
        x,
    ]
    for act in (
        lambda out: lib.add(plain, 1, out=out),
        lambda out: lib.zeros(3, out=out),
        lambda out: lib.arange(3, out=out),
        lambda out: lib.full((3,), 2.0, out=out, requires_grad=True),
    ):
        with lib.no_grad():
            out = lib.ones(3, requires_grad=True)
            act(out)
        said += [out, out.requires_grad, out._version, out.is_leaf]
    return said


@story
def test_expanded_outputs_of_factories(lib: Any) -> Any:
    """Different elements can't be written to one place; equal ones can."""
    one = lib.zeros(1)
    return [
        attempt(lambda: lib.ones(3, out=one.expand(3))),
        attempt(lambda: lib.full((3,), 2.0, out=one.expand(3))),
        attempt(lambda: lib.arange(3, out=one.expand(3))),
        attempt(lambda: lib.linspace(0, 1, 3, out=one.expand(3))),
        attempt(lambda: lib.rand(3, out=one.expand(3))),
        attempt(lambda: lib.bernoulli(lib.ones(3), out=one.expand(3))),
        one,
    ]
