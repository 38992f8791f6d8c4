"""Hooks of one saved tensor, by the name of what holds it."""

from __future__ import annotations

from typing import Any

from tests.both import story
from tests.test_saved_names import leaf


@story
def test_register_hooks_packs_at_once_and_unpacks_when_needed(lib: Any) -> Any:
    x = leaf(lib)
    log: list[Any] = []

    def pack(t: Any) -> Any:
        log.append(("pack", t is x, t.requires_grad, lib.is_grad_enabled()))
        return "packed", t.clone()

    def unpack(pair: Any) -> Any:
        log.append(("unpack", pair[0]))
        return pair[1] * 2

    y = x * x.detach()
    raw = y.grad_fn._raw_saved_other
    raw.register_hooks(pack, unpack)
    log.append(raw.data[1])
    log.append(raw.unpack_hook is unpack)
    log.append(y.grad_fn._saved_other)
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    return log, x.grad


@story
def test_hooks_of_an_output_keep_its_history(lib: Any) -> Any:
    x = leaf(lib)
    y = x.exp()
    seen: list[Any] = []
    y.grad_fn._raw_saved_result.register_hooks(
        lambda t: seen.append((t.requires_grad, t.grad_fn)) or t.tolist(), lib.tensor
    )
    saved = y.grad_fn._saved_result
    (g,) = lib.autograd.grad(y.sum(), x, create_graph=True)
    (h,) = lib.autograd.grad(g.sum(), x)
    return seen, saved.grad_fn is y.grad_fn, g, h


@story
def test_hooks_take_the_version_out_of_the_account(lib: Any) -> Any:
    x = leaf(lib)
    w = x * 1
    y = w.sin()
    y.grad_fn._raw_saved_self.register_hooks(lambda t: t.clone(), lambda t: t)
    w.zero_()
    y.sum().backward()
    return x.grad


@story
def test_hooks_of_a_number_and_of_index_tensors(lib: Any) -> Any:
    x = leaf(lib)
    y = x * 2
    y.grad_fn._raw_saved_other.register_hooks(lambda t: t, lambda t: t * 10)
    y.sum().backward()
    z = x[lib.tensor([0])]
    z.grad_fn._raw_saved_indices[0].register_hooks(lambda t: t, lambda t: t + 1)
    indices = z.grad_fn._saved_indices
    return x.grad, indices


@story
def test_errors_of_register_hooks(lib: Any) -> Any:
    from tests.both import attempt

    x = leaf(lib)
    same = lambda t: t
    twice = x.sin().grad_fn._raw_saved_self
    twice.register_hooks(same, same)
    with lib.autograd.graph.saved_tensors_hooks(same, same):
        packed = x.sin().grad_fn._raw_saved_self
    none = (x * x.detach()).grad_fn._raw_saved_self
    first = lambda act: attempt(act).split("\n")[0]
    return (
        first(lambda: twice.register_hooks(same, same)),
        first(lambda: packed.register_hooks(same, same)),
        first(lambda: none.register_hooks(same, same)),
        none.data,
        first(lambda: x.cos().grad_fn._raw_saved_self.register_hooks(1, same)),
        first(lambda: x.cos().grad_fn._raw_saved_self.register_hooks(lambda t: t.mul_(2), same)),
        first(lambda: type(twice)()),
        type(twice).__module__,
    )


@story
def test_hooks_of_a_functions_tensors(lib: Any) -> Any:
    from tests.both import attempt

    class Double(lib.autograd.Function):  # type: ignore[name-defined, misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            out = x * 2
            ctx.save_for_backward(x, out, None)
            return out

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.saved_tensors[0] * ctx.saved_tensors[1]

    x = leaf(lib)
    y = Double.apply(x)
    node = y.grad_fn
    raw = node._raw_saved_tensors
    raw[0].register_hooks(lambda t: t, lambda t: t * 5)
    raw[1].register_hooks(lambda t: t, lambda t: t * 7)
    none = attempt(lambda: raw[2].register_hooks(id, id))
    saved = node.saved_tensors
    y.sum().backward()
    freed = attempt(lambda: node._raw_saved_tensors)
    return len(raw), none, saved[0], saved[1].grad_fn is node, saved[2], x.grad, freed


@story
def test_what_was_saved_cannot_be_changed(lib: Any) -> Any:
    from tests.both import attempt

    node = leaf(lib).sin().grad_fn

    class Keeps(lib.autograd.Function):  # type: ignore[name-defined, misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx._saved_self = 3  # is the context's own
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx._saved_self

    x = leaf(lib)
    y = Keeps.apply(x)
    y.sum().backward()
    kept = y.grad_fn._saved_self
    del y.grad_fn._saved_self
    return (
        attempt(lambda: setattr(node, "_saved_self", 1)),
        attempt(lambda: setattr(node, "_raw_saved_self", 1)),
        attempt(lambda: delattr(node, "_saved_self")),
        (kept, x.grad, hasattr(y.grad_fn, "_saved_self")),
    )


@story
def test_data_of_what_was_freed_is_none(lib: Any) -> Any:
    y = leaf(lib).sin()
    raw = y.grad_fn._raw_saved_self
    y.sum().backward()
    return raw.data
