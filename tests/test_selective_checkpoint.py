"""Selective checkpoints, dispatch modes and ``torch.ops``, told to both libraries."""

from __future__ import annotations

import functools
import importlib
import tracemalloc
from typing import Any

import pytest

import rushlight
from rushlight.api.exchange import WATCHES, layers_of
from tests.both import assert_same_story, attempt, story


def room(lib: Any) -> Any:
    return importlib.import_module(f"{lib.__name__}.utils.checkpoint")


def dispatch_mode(lib: Any) -> Any:
    return importlib.import_module(f"{lib.__name__}.utils._python_dispatch").TorchDispatchMode


def leaf(lib: Any, *shape: int) -> Any:
    return lib.linspace(0.1, 0.9, lib.zeros(shape).numel()).reshape(shape).requires_grad_()


def selected(lib: Any, fn: Any, *args: Any, keep: Any, **options: Any) -> Any:
    """Checkpoint a call, keeping the results that `keep` says."""
    contexts = functools.partial(room(lib).create_selective_checkpoint_contexts, keep, **options)
    return room(lib).checkpoint(fn, *args, use_reentrant=False, context_fn=contexts)


def counter(lib: Any) -> Any:
    """A mode that counts the operators that are really run."""

    class Count(dispatch_mode(lib)):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.ran: dict[str, int] = {}

        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            self.ran[str(func)] = self.ran.get(str(func), 0) + 1
            return func(*args, **(kwargs or {}))

    return Count()


def two_products(x: Any, w: Any) -> Any:
    return ((x @ w).sin() @ w).exp().sum()


# -- names -------------------------------------------------------------------------------------


@story
def test_operators_have_names(lib: Any) -> Any:
    aten = lib.ops.aten
    mm = aten.mm
    return [
        (mm, str(mm), mm.default, str(mm.default), mm.default.name(), aten.add.Tensor.name()),
        (mm.default is aten.mm.default, mm.default == aten.mm.default, mm.default in [mm.default]),
        (mm.default.overloadpacket is mm, mm.default.namespace, mm.__name__, aten.name),
        (type(mm).__name__, type(mm.default).__name__, mm.default.__name__, mm._qualified_op_name),
        mm.default._overloadname,
        attempt(lambda: aten.no_such_operator),
        attempt(lambda: mm.no_such_overload),
        aten,
    ]


@story
def test_operators_can_be_called_by_them(lib: Any) -> Any:
    aten, x = lib.ops.aten, leaf(lib, 2, 3)
    return [
        aten.mm.default(x, x.T),
        aten.add(x, x),
        aten.mul.Tensor(x, x),
        aten.sin.default(x),
        aten.sum.dim_IntList(x, [0]),
        aten._softmax.default(x, 1, False),
        aten.slice.Tensor(x, 1, 0, 2),
        aten.relu_.default(x.detach()),
        aten.t.default(x),
    ]


EXPRESSIONS = {
    "mm": lambda lib, x: lib.mm(x, x),
    "matmul": lambda lib, x: x @ x,
    "numbers": lambda lib, x: (1 - x * 2 + 1) / 2,
    "powers": lambda lib, x: x**2 + 2**x + x**x,
    "functions": lambda lib, x: x.sin().exp().tanh().sigmoid().relu(),
    "softmax": lambda lib, x: x.softmax(-1).log_softmax(0) * x,
    "reductions": lambda lib, x: x.sum() + x.sum(0) + x.mean() + x.mean(0) + x.max() + x.var(),
    "where": lambda lib, x: lib.where(x > 0.3, x, lib.maximum(x, x)),
    "views": lambda lib, x: x.view(-1)[1:].unsqueeze(0).permute(1, 0),
    "joined": lambda lib, x: lib.cat([lib.stack([x, x]), lib.stack([x, x])]),
    "in place": lambda lib, x: (x * 1).exp_().add_(1).sub_(x),
    "gelu": lambda lib, x: lib.nn.functional.gelu(x),
    "closed over": lambda lib, x: x * (lib.ones(3) * 2),
    "detached": lambda lib, x: x.detach() * x,
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_policies_are_asked_about(name: str) -> None:
    def body(lib: Any) -> Any:
        asked: list[Any] = []

        def policy(context: Any, op: Any, *args: Any, **kwargs: Any) -> Any:
            outs = context.op_output
            outs = outs if isinstance(outs, (tuple, list)) else [outs]
            asked.append((str(op), [tuple(out.shape) for out in outs], context.is_recompute))
            return room(lib).CheckpointPolicy.PREFER_RECOMPUTE

        x = leaf(lib, 3, 3)
        selected(lib, lambda x: EXPRESSIONS[name](lib, x), x, keep=policy).sum().backward()
        return asked, x.grad

    assert_same_story(body)


@story
def test_linear_layers_are_products(lib: Any) -> Any:
    asked: list[str] = []

    def policy(context: Any, op: Any, *args: Any, **kwargs: Any) -> bool:
        asked.append(str(op))
        return False

    for bias in (True, False):
        layer = lib.nn.Linear(3, 2, bias=bias)
        selected(lib, layer, leaf(lib, 4, 3), keep=policy).sum().backward()
    return [name for name in asked if "mm" in name]


# -- what is kept ------------------------------------------------------------------------------


@story
def test_what_is_kept_is_not_run_again(lib: Any) -> Any:
    aten, policies = lib.ops.aten, room(lib).CheckpointPolicy
    keeps: list[Any] = [[], [aten.mm.default], [aten.mm.default, aten.sin.default]]
    keeps += [lambda context, op, *args, answer=p, **kwargs: answer for p in policies]
    keeps.append(lambda context, op, *args, **kwargs: True)
    names = ("aten.mm.default", "aten.sin.default")
    told = []
    for keep in keeps:
        x, w = leaf(lib, 3, 3), leaf(lib, 3, 3)
        with counter(lib) as count:
            y = selected(lib, two_products, x, w, keep=keep)
            forward = [count.ran.get(name, 0) for name in names]
            count.ran.clear()
            y.backward()
            # PyTorch's backward runs operators too, but no sine.
            again = count.ran.get("aten.sin.default", 0)
        told.append((forward, again, x.grad, w.grad))
    return told


def test_kept_products_are_not_run_again() -> None:
    """In Rushlight a backward pass runs no operators, so that all that run are recomputed."""
    for keep, expected in (([], 2), ([rushlight.ops.aten.mm.default], None)):
        x, w = leaf(rushlight, 3, 3), leaf(rushlight, 3, 3)
        with counter(rushlight) as count:
            y = selected(rushlight, two_products, x, w, keep=keep)
            count.ran.clear()
            y.backward()
        assert count.ran.get("aten.mm.default") == expected


@story
def test_lists_and_functions_are_looked_at(lib: Any) -> Any:
    make = room(lib).create_selective_checkpoint_contexts
    return [
        attempt(lambda: make([lib.ops.aten.mm])),
        attempt(lambda: make([3])),
        attempt(lambda: make(3)),
        [p.name for p in room(lib).CheckpointPolicy],
        lib.ops.aten.detach.default in room(lib).SAC_IGNORED_OPS,
    ]


@story
def test_such_a_region_is_walked_once(lib: Any) -> Any:
    told = []
    for keep in ([lib.ops.aten.mm.default], []):
        x, w = leaf(lib, 3, 3), leaf(lib, 3, 3)
        y = selected(lib, two_products, x, w, keep=keep)
        y.backward(retain_graph=True)
        told.append(attempt(y.backward))
    return told


@story
def test_what_is_kept_must_not_be_written(lib: Any) -> Any:
    def writes(x: Any) -> Any:
        y = x.sin()
        z = y.cos()
        with lib.no_grad():
            y.mul_(2)
        return z.exp()

    y = selected(lib, writes, leaf(lib, 3), keep=[lib.ops.aten.sin.default])
    return attempt(y.sum().backward)


@story
def test_random_numbers_modules_and_several_results(lib: Any) -> Any:
    lib.manual_seed(0)
    x = leaf(lib, 20)
    y = selected(
        lib,
        lambda x: lib.nn.functional.dropout(x.sin(), 0.5).exp(),
        x,
        keep=[lib.ops.aten.sin.default],
    )
    y.sum().backward()
    told = [y, x.grad, lib.rand(2)]
    nn = lib.nn
    model = nn.Sequential(
        nn.Linear(4, 8), nn.ReLU(), nn.LayerNorm(8), nn.Linear(8, 2), nn.Softmax(-1)
    )
    x = leaf(lib, 3, 4)
    kept = [lib.ops.aten.addmm.default, lib.ops.aten.native_layer_norm.default]
    (selected(lib, model, x, keep=kept) ** 2).sum().backward()
    told += [x.grad, *[p.grad for p in model.parameters()]]

    def several(x: Any) -> Any:
        largest, _ = x.max(1)
        a, b, c = x.sin().unbind(0)
        return largest * a + b.exp() * c

    def writing(x: Any) -> Any:
        y = x * 2
        y[0] = 1
        z = y.t()[1:]
        z.mul_(2)
        return (z.sin() * y.view(-1)[:3]).exp()

    for fn, keep in (
        (several, lambda context, op, *args, **kwargs: True),
        (writing, [lib.ops.aten.sin.default]),
    ):
        x = leaf(lib, 3, 3)
        selected(lib, fn, x, keep=keep).sum().backward()
        told.append(x.grad)
    return told


def test_memory_is_between_none_kept_and_all() -> None:
    """Of 16 steps of 400 kB, a quarter's results are kept."""

    def deep(x: Any) -> Any:
        for i in range(16):
            x = (x * 0.5).tanh() if i % 4 else (x * 0.5).sin()
        return x

    def held(keep: Any) -> int:
        x = rushlight.ones(100_000, requires_grad=True)
        tracemalloc.start()
        y = selected(rushlight, deep, x, keep=keep)
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        y.sum().backward()
        return held // x.nbytes

    aten = rushlight.ops.aten
    held([])
    assert held([]) == 1  # the result
    assert held([aten.sin.default]) == 5
    assert held([aten.tanh.default]) == 12  # the result is one of them


# -- dispatch modes ----------------------------------------------------------------------------


@story
def test_modes_stand_below_autograd(lib: Any) -> Any:
    class Double(dispatch_mode(lib)):  # type: ignore[misc]
        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            out = func(*args, **(kwargs or {}))
            return out * 2 if func is lib.ops.aten.sin.default else out

    x = leaf(lib, 3)
    with Double(), counter(lib) as count:
        y = x.sin().exp()
        z = x.cos().sum()
    y.sum().backward()
    names = [name for name in count.ran if "detach" not in name]
    return y, z, x.grad, names, type(y) is lib.Tensor, y.is_leaf


@story
def test_errors_leave_a_mode(lib: Any) -> Any:
    def fail() -> None:
        with counter(lib):
            lib.ones(3) + lib.ones(2)

    told = attempt(fail)
    with counter(lib) as count:
        pass
    lib.ones(3).sin()
    return told, count.ran


def test_nothing_is_left_of_a_mode() -> None:
    code = rushlight.sin.__code__
    with counter(rushlight):
        assert WATCHES in layers_of(rushlight.sin)
        y = rushlight.ones(2).sin()
    assert rushlight.sin.__code__ is code
    assert WATCHES not in layers_of(rushlight.sin)
    assert type(y) is rushlight.Tensor


def test_transforms_run_through_a_mode() -> None:
    torch = rushlight
    x = torch.linspace(0.1, 0.9, 6).reshape(2, 3)
    expected = torch.func.vmap(torch.func.grad(lambda x: (x.sin() * x).sum()))(x)
    with counter(torch):
        found = torch.func.vmap(torch.func.grad(lambda x: (x.sin() * x).sum()))(x)
    assert torch.equal(found, expected)
    assert type(found) is torch.Tensor
