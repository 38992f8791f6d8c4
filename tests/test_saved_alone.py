"""Tensors saved by themselves, outputs read from `SavedTensor`, and hooks while tracing."""

from __future__ import annotations

from typing import Any

from tests.both import attempt, story


@story
def test_inputs(lib: Any) -> Any:
    """Leaves and others come back as they are, unless they were written or detached since."""
    save = lib._C._autograd._make_saved_tensor
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y, z = x * 2, lib.ones(2)
    a, b, c = save(x, False), save(y, False), save(tensor=z, is_output=False)
    said = [a.unpack() is x, a.data, a.unpack_hook, b.unpack() is y, b.data, type(a).__name__]
    y.detach_()
    z.add_(1)
    return (
        said,
        attempt(b.unpack),
        attempt(c.unpack),
        c.data,
        isinstance(a, lib._C._autograd.SavedTensor),
    )


@story
def test_outputs(lib: Any) -> Any:
    """Nobody says what made an output; leaves are no outputs."""
    save = lib._C._autograd._make_saved_tensor
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    said = []
    for t in (x, x.detach(), x * 2):
        saved = save(t, True)
        said += [attempt(saved.unpack), saved.data, saved.unpack_hook]
    saved = save(x * 2, True)
    saved.register_hooks(lambda t: t, lambda t: t * 3)
    return said, attempt(saved.unpack), saved.data


@story
def test_hooks(lib: Any) -> Any:
    """Hooks that are set, and those that are registered later."""
    save = lib._C._autograd._make_saved_tensor
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    later = save(x, False)
    later.register_hooks(lambda t: ("packed", t), lambda p: p[1] * 2)
    with lib.autograd.graph.saved_tensors_hooks(lambda t: t * 3, lambda t: t + 1):
        now = save(x, False)
        output = save(x * 2, True)
    said = [later.data, later.unpack(), now.data, now.unpack(), output.data]
    return said, attempt(output.unpack), attempt(lambda: now.register_hooks(abs, abs))


@story
def test_wrong_arguments(lib: Any) -> Any:
    """What isn't a tensor and two flags."""
    save = lib._C._autograd._make_saved_tensor
    x = lib.ones(2)
    return [
        attempt(lambda: save(x)),
        attempt(lambda: save()),
        attempt(lambda: save(3, False)),
        attempt(lambda: save(None, False)),
        attempt(lambda: save(x, "a")),
        attempt(lambda: lib._C._autograd.SavedTensor()),
    ]


@story
def test_outputs_of_nodes(lib: Any) -> Any:
    """What a node saved of its own output has its history by name, and can't be unpacked raw."""
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    raw = y.grad_fn._raw_saved_result
    said = [attempt(raw.unpack), raw.data, y.grad_fn._saved_result]
    raw.register_hooks(lambda t: t, lambda t: t)
    said += [attempt(raw.unpack), raw.data, y.grad_fn._saved_result]
    ordered = lib.sort(x)[0]
    s = lib.linalg.svd(lib.eye(2) * x.sum())[1]
    said.append(attempt(ordered.grad_fn._raw_saved_indices.unpack))
    return said, attempt(s.grad_fn._raw_saved_S.unpack)


@story
def test_tracing(lib: Any) -> Any:
    """A thread that says it traces doesn't use its hooks."""
    state = lib._C._autograd
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    packed: list[Any] = []

    def pack(t: Any) -> Any:
        packed.append(t.tolist())
        return t

    said = []
    with lib.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        x * x
        said += [len(packed), state._saved_tensors_hooks_set_tracing(True)]
        try:
            x * x
            said += [len(packed), state._top_saved_tensors_default_hooks(True) is None]
            said += [state._top_saved_tensors_default_hooks(False) is None]
        finally:
            said += [state._saved_tensors_hooks_set_tracing(False)]
        x * x
        said += [len(packed), attempt(lambda: state._saved_tensors_hooks_set_tracing("a"))]
    return said
