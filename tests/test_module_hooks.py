"""Hooks around calls of modules: before, after, on the way back, of one module or of all."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import pytest

import rushlight
from rushlight.nn.modules import calls
from tests.both import assert_same_story, attempt, judge, story


def scaler(lib: Any) -> Any:
    class Scale(lib.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = lib.nn.Parameter(lib.tensor([1.0, 2.0]))

        def forward(self, x: Any, *more: Any, plus: Any = 0, fail: bool = False) -> Any:
            if fail:
                raise ValueError("failed on purpose")
            return x * self.weight + plus

    return Scale()


def notes(seen: list[Any], name: str, result: Any = None) -> Any:
    """A hook that writes down its arguments after the module."""

    def hook(module: Any, *args: Any) -> Any:
        seen.append((name, type(module).__name__, *args))
        return result

    return hook


# -- forward ----------------------------------------------------------------------------------
@story
def test_order_and_prepend(lib: Any) -> Any:
    m, seen = scaler(lib), []
    m.register_forward_pre_hook(notes(seen, "pre 1"))
    m.register_forward_pre_hook(notes(seen, "pre 2"))
    m.register_forward_pre_hook(notes(seen, "pre 0"), prepend=True)
    m.register_forward_hook(notes(seen, "post 1"))
    m.register_forward_hook(notes(seen, "post 2"))
    m.register_forward_hook(notes(seen, "post 0"), prepend=True)
    out = m(lib.ones(2), plus=1)
    return out, seen


@story
def test_pre_hooks_change_arguments(lib: Any) -> Any:
    m = scaler(lib)
    x = lib.ones(2)
    h = m.register_forward_pre_hook(lambda m, args: (args[0] * 3,))
    first = m(x)
    h.remove()
    h = m.register_forward_pre_hook(lambda m, args: args[0] * 5)
    second = m(x)
    h.remove()
    h = m.register_forward_pre_hook(
        lambda m, args, kwargs: ((args[0] * 7,), {"plus": kwargs["plus"] + 1}), with_kwargs=True
    )
    third = m(x, plus=1)
    h.remove()
    wrong = []
    for value in ((1, 2, 3), [1, 2], 3, ()):
        h = m.register_forward_pre_hook(lambda *_, v=value: v, with_kwargs=True)
        wrong.append(attempt(lambda: m(x)))
        h.remove()
    return first, second, third, wrong, m(x)


@story
def test_forward_hooks_change_the_output(lib: Any) -> Any:
    m, seen = scaler(lib), []
    m.register_forward_hook(lambda m, args, out: out + 1)
    m.register_forward_hook(notes(seen, "kw"), with_kwargs=True)
    m.register_forward_hook(lambda m, args, kwargs, out: (out, kwargs), with_kwargs=True)
    return m(lib.ones(2), plus=2), seen


@story
def test_always_call(lib: Any) -> Any:
    m, seen = scaler(lib), []
    x = lib.ones(2)
    m.register_forward_hook(notes(seen, "never"))
    m.register_forward_hook(notes(seen, "always"), always_call=True)
    m.register_forward_hook(notes(seen, "always kw"), always_call=True, with_kwargs=True)
    first = attempt(lambda: m(x, fail=True))
    m.register_forward_hook(lambda *_: 1 / 0, always_call=True)
    second = attempt(lambda: m(x, fail=True))
    third = attempt(lambda: m(x))
    return first, second, third, seen


@story
def test_always_call_after_a_hook_failed(lib: Any) -> Any:
    m, seen = scaler(lib), []
    m.register_forward_hook(notes(seen, "early"), always_call=True)
    m.register_forward_hook(lambda *_: 1 / 0)
    m.register_forward_hook(notes(seen, "late"), always_call=True)
    return attempt(lambda: m(lib.ones(2))), seen


@story
def test_removing(lib: Any) -> Any:
    m, seen = scaler(lib), []
    handles = [
        m.register_forward_hook(notes(seen, "a"), with_kwargs=True, always_call=True),
        m.register_forward_pre_hook(notes(seen, "b"), with_kwargs=True),
    ]
    with m.register_forward_hook(notes(seen, "c")):
        m(lib.ones(2))
    for handle in handles:
        handle.remove()
        handle.remove()
    m(lib.ones(2))
    registers = [
        m._forward_hooks,
        m._forward_pre_hooks,
        m._forward_hooks_with_kwargs,
        m._forward_hooks_always_called,
        m._forward_pre_hooks_with_kwargs,
    ]
    m.register_forward_hook(notes(seen, "d"))
    m(lib.ones(2))
    m._forward_hooks.clear()
    m(lib.ones(2))
    return seen, [len(r) for r in registers]


@story
def test_children_have_their_own_hooks(lib: Any) -> Any:
    seen: list[Any] = []
    m = lib.nn.Sequential(scaler(lib), lib.nn.Sequential(scaler(lib)))
    for name, child in m.named_modules():
        child.register_forward_hook(notes(seen, name))
    return m(lib.ones(2)), [s[:2] for s in seen]


@story
def test_features_by_a_hook(lib: Any) -> Any:
    """What people use forward hooks for most: keep an inner activation."""
    kept: dict[str, Any] = {}
    m = lib.nn.Sequential(scaler(lib), scaler(lib))
    m[0].register_forward_hook(lambda m, args, out: kept.update(inner=out.detach()))
    return m(lib.ones(2)), kept


# -- backward ---------------------------------------------------------------------------------
@story
def test_full_backward_hook(lib: Any) -> Any:
    m, seen = scaler(lib), []
    m.register_full_backward_hook(notes(seen, "full"))
    m.register_full_backward_hook(notes(seen, "first"), prepend=True)
    m.register_full_backward_pre_hook(notes(seen, "pre"))
    x = lib.tensor([3.0, 4.0], requires_grad=True)
    y = m(x)
    y.sum().backward()
    return y, x.grad, m.weight.grad, seen


@story
def test_backward_hooks_change_gradients(lib: Any) -> Any:
    m = scaler(lib)
    m.register_full_backward_pre_hook(lambda m, grads: (grads[0] * 10,))
    m.register_full_backward_hook(lambda m, inputs, outputs: (inputs[0] + 1,))
    x = lib.ones(2, requires_grad=True)
    m(x).sum().backward()
    return x.grad, m.weight.grad


@story
def test_backward_hooks_return_too_many(lib: Any) -> Any:
    ends = []
    for register in ("register_full_backward_hook", "register_full_backward_pre_hook"):
        m = scaler(lib)
        getattr(m, register)(lambda *_: (None, None))
        x = lib.ones(2, requires_grad=True)
        ends.append(attempt(lambda m=m, x=x: m(x).sum().backward()))
    return ends


@story
def test_backward_hook_without_input_gradient(lib: Any) -> Any:
    m, seen = scaler(lib), []
    h = m.register_full_backward_hook(notes(seen, "full"))
    m(lib.ones(2)).sum().backward()
    h.remove()
    m.register_full_backward_hook(lambda *_: (lib.ones(2),))
    return seen, m.weight.grad, attempt(lambda: m(lib.ones(2)).sum().backward())


@story
def test_backward_hook_without_any_gradient(lib: Any) -> Any:
    m, seen = scaler(lib), []
    m.register_full_backward_hook(notes(seen, "full"))
    with lib.no_grad():
        y = m(lib.ones(2))
    return y, seen


@story
def test_several_inputs_and_outputs(lib: Any) -> Any:
    class Swap(lib.nn.Module):
        def forward(self, a: Any, word: str, b: Any, c: Any) -> Any:
            return b * 2, word, a * 3, c

    Pair = namedtuple("Pair", "left right")

    class Named(lib.nn.Module):
        def forward(self, a: Any) -> Any:
            return Pair(a * 2, a * 3)

    seen: list[Any] = []
    m, n = Swap(), Named()
    for module in (m, n):
        module.register_full_backward_hook(notes(seen, "full"))
        module.register_full_backward_pre_hook(notes(seen, "pre"))
    a, b = (lib.ones(2, requires_grad=True) for _ in "ab")
    out = m(a, "word", b, lib.ones(1))
    (out[0].sum() + out[2].sum() * 5).backward()
    half = m(a, "word", b, lib.ones(2, dtype=lib.int64))
    half[0].sum().backward()
    pair = n(a)
    (pair.left * pair.right).sum().backward()
    return a.grad, b.grad, seen, [getattr(t, "requires_grad", t) for t in out], type(pair).__name__


@story
def test_output_of_another_kind(lib: Any) -> Any:
    class Lists(lib.nn.Module):
        def forward(self, x: Any) -> Any:
            return [x * 2]

    m, seen = Lists(), []
    m.register_full_backward_hook(notes(seen, "full"))
    x = lib.ones(2, requires_grad=True)
    m(x)[0].sum().backward()
    return x.grad, seen


@story
def test_called_twice(lib: Any) -> Any:
    m, seen = scaler(lib), []
    m.register_full_backward_hook(notes(seen, "full"))
    x = lib.ones(2, requires_grad=True)
    (m(x) * m(x * 2)).sum().backward()
    return x.grad, m.weight.grad, seen


@story
def test_second_derivative_through_a_hooked_module(lib: Any) -> Any:
    m, seen = scaler(lib), []
    m.register_full_backward_hook(notes(seen, "full"))
    x = lib.tensor([3.0, 4.0], requires_grad=True)
    y = (m(x) ** 2).sum()
    (g,) = lib.autograd.grad(y, x, create_graph=True)
    g.sum().backward()
    return x.grad, m.weight.grad, len(seen)


@story
def test_the_hooked_graph(lib: Any) -> Any:
    m = scaler(lib)
    m.register_full_backward_hook(lambda *_: None)
    y = m(lib.ones(2, requires_grad=True))
    names = []
    node = y.grad_fn
    while node is not None:
        names.append(node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    return names


@story
def test_in_place_on_the_output_of_a_hooked_module(lib: Any) -> Any:
    m = scaler(lib)
    m.register_full_backward_hook(lambda *_: None)
    y = m(lib.ones(2, requires_grad=True))
    return attempt(lambda: y.add_(1))


@story
def test_the_old_backward_hook(lib: Any) -> Any:
    class Double(lib.nn.Module):
        def forward(self, x: Any) -> Any:
            return x * 2

    m, seen = Double(), []
    m.register_backward_hook(notes(seen, "old"))
    x = lib.ones(2, requires_grad=True)
    m(x).sum().backward()
    refused = attempt(lambda: m.register_full_backward_hook(notes(seen, "full")))
    n = Double()
    n.register_full_backward_hook(notes(seen, "full"))
    return seen, refused, attempt(lambda: n.register_backward_hook(notes(seen, "old")))


@story
def test_what_the_old_hook_misses(lib: Any) -> Any:
    class Free(lib.nn.Module):
        def __init__(self, f: Any) -> None:
            super().__init__()
            self.f = f

        def forward(self, *args: Any) -> Any:
            return self.f(*args)

    x = lib.ones(2, requires_grad=True) * 1
    for f, args in (
        (lambda x: x * 2, (x,)),
        (lambda x: [x * 2], (x,)),
        (lambda x, n: x * n, (x, 3)),
        (lambda x: (x * 2, x * 3), (x,)),
        (lambda x: x * 2 + 1, (x,)),
        (lambda x: {"a": 3, "b": x * 2}, (x,)),
        (lambda x: x.detach(), (x,)),
    ):
        m = Free(f)
        m.register_backward_hook(lambda *_: None)
        m(*args)
    return "the warnings are what is compared"


@story
def test_clipping_inside_a_backward_hook(lib: Any) -> Any:
    """Gradient reversal, as domain adaptation writes it."""
    m = lib.nn.Sequential(scaler(lib), scaler(lib))
    m[1].register_full_backward_hook(lambda m, inputs, outputs: (-inputs[0],))
    x = lib.ones(2, requires_grad=True)
    m(x).sum().backward()
    return x.grad, [p.grad for p in m.parameters()]


# -- of all modules ---------------------------------------------------------------------------
@story
def test_global_hooks(lib: Any) -> Any:
    register = lib.nn.modules.module
    seen: list[Any] = []
    m = lib.nn.Sequential(scaler(lib))
    m[0].register_forward_hook(notes(seen, "own"))
    m[0].register_full_backward_hook(notes(seen, "own back"))
    handles = [
        register.register_module_forward_pre_hook(notes(seen, "pre")),
        register.register_module_forward_hook(notes(seen, "post")),
        register.register_module_forward_hook(
            notes(seen, "always"), with_kwargs=True, always_call=True
        ),
        register.register_module_full_backward_pre_hook(notes(seen, "back pre")),
        register.register_module_full_backward_hook(notes(seen, "back")),
    ]
    try:
        x = lib.ones(2, requires_grad=True)
        m(x).sum().backward()
        seen.append("failing")
        failed = attempt(lambda: m[0](x, fail=True))
    finally:
        for handle in handles:
            handle.remove()
    n = len(seen)
    scaler(lib)(x).sum().backward()
    return len(seen) - n, failed, [s[:2] for s in seen], x.grad


def test_the_direct_call_returns_when_hooks_are_gone() -> None:
    m = scaler(rushlight)
    m.register_forward_hook(lambda *_: None).remove()
    assert m._hooked
    m(rushlight.ones(2))
    assert not m._hooked


@pytest.mark.parametrize("register", ["register_forward_hook", "register_full_backward_hook"])
def test_a_copied_module_keeps_its_hooks(register: str) -> None:
    import copy

    def tale(lib: Any) -> Any:
        seen: list[Any] = []
        m = scaler(lib)
        getattr(m, register)(notes(seen, "hook"))
        c = copy.deepcopy(m)
        c(lib.ones(2, requires_grad=True)).sum().backward()
        return seen

    assert_same_story(tale)


def test_hooked_calls_cost_no_more_than_pytorchs() -> None:
    import timeit

    def cost(lib: Any) -> float:
        class Nothing(lib.nn.Module):
            def forward(self, x: Any) -> Any:
                return x

        m = Nothing()
        m.register_forward_hook(lambda *_: None)
        m.register_forward_pre_hook(lambda *_: None)
        return min(timeit.repeat(lambda: m(1), number=5000, repeat=5))

    assert cost(rushlight) < cost(judge) * 1.5


@pytest.mark.parametrize("first", ["backward", "full_backward"])
def test_old_backward_hooks_of_all_modules(first: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are there beside the full ones, and a program uses one kind."""
    monkeypatch.setattr(calls, "_global_is_full", None)
    monkeypatch.setattr(judge.nn.modules.module, "_global_is_full_backward_hook", None)

    def body(lib: Any) -> Any:
        torch_module = lib.nn.modules.module
        told: list[Any] = []

        def hook(module: Any, grad_input: Any, grad_output: Any) -> None:
            told.append((type(module).__name__, len(grad_input), grad_output[0]))

        other = {"backward": "full_backward", "full_backward": "backward"}[first]
        with getattr(torch_module, f"register_module_{first}_hook")(hook):
            x = lib.ones(1, 2, requires_grad=True)
            layers = lib.nn.Sequential(lib.nn.Linear(2, 2, bias=False), lib.nn.Tanh())
            layers[0].weight.data.fill_(0.5)
            layers(x).sum().backward()
            told.append(x.grad)
        register = getattr(torch_module, f"register_module_{other}_hook")
        return told, attempt(lambda: register(hook))

    assert_same_story(body)


@story
def test_errors_about_what_backward_hooks_return(lib: Any) -> Any:
    told = []
    for kind in ("full_backward_hook", "full_backward_pre_hook"):
        for wrong in (lib.zeros(3), lib.zeros(1, 2, dtype=lib.float64)):
            layer = lib.nn.Linear(2, 2)

            def hook(*_: Any) -> Any:
                return (wrong,)  # noqa: B023

            getattr(layer, f"register_{kind}")(hook)
            out = layer(lib.ones(1, 2, requires_grad=True))
            told.append(attempt(out.sum().backward))
    return told
