"""Saving and loading modules: what is in a state dict, and every complaint about one."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest

import rushlight
from tests.both import assert_same_story, attempt, story


def net(lib: Any) -> Any:
    """A small module with a buffer of each kind."""
    nn = lib.nn

    class Net(nn.Module):
        _version = 3

        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Linear(2, 2), nn.Identity(), nn.Linear(2, 1, bias=False))
            self.scale = nn.Parameter(lib.tensor(2.0))
            self.register_buffer("mean", lib.zeros(2))
            self.register_buffer("scratch", lib.ones(1), persistent=False)
            self.register_buffer("nothing", None)

    lib.manual_seed(0)
    return Net()


class Extra:
    """Mixin: a module that saves a word beside its tensors."""

    word = "none"

    def get_extra_state(self) -> Any:
        return {"word": self.word}

    def set_extra_state(self, state: Any) -> None:
        self.word = state["word"]


# -- saving -----------------------------------------------------------------------------------
@story
def test_keys_values_and_metadata(lib: Any) -> Any:
    s = net(lib).state_dict()
    return s, s._metadata, type(s).__name__, type(s._metadata).__name__


@story
def test_prefix_and_destination(lib: Any) -> Any:
    m = net(lib)
    mine: dict[str, Any] = {}
    ordered: Any = OrderedDict()
    ordered._metadata = OrderedDict()
    return (
        list(m.state_dict(prefix="p.")),
        m.state_dict(prefix="p.")._metadata,
        m.state_dict(destination=mine) is mine,
        sorted(mine),
        m.state_dict(destination=ordered, prefix="x.") is ordered,
        ordered._metadata,
        list(m.state_dict(None, "q.", True)),
    )


@story
def test_detached_unless_asked_otherwise(lib: Any) -> Any:
    m = net(lib)
    s, kept = m.state_dict(), m.state_dict(keep_vars=True)
    shares = s["scale"].data_ptr() == m.scale.data_ptr()
    return (
        shares,
        s["scale"].requires_grad,
        kept["scale"] is m.scale,
        kept["mean"] is m.mean,
        [type(v).__name__ for v in s.values()],
    )


# -- loading ----------------------------------------------------------------------------------
def without(*names: str) -> Any:
    return lambda lib, s: [s.pop(name) for name in names]


def changed(**values: Any) -> Any:
    def change(lib: Any, s: Any) -> None:
        for name, value in values.items():
            s[name.replace("__", ".")] = value(lib) if callable(value) else value

    return change


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("assign", [True, False])
@pytest.mark.parametrize(
    "change",
    [
        without(),
        without("scale"),
        without("scale", "mean", "body.0.weight"),
        changed(other=lambda lib: lib.ones(1)),
        changed(body__7__weight=lambda lib: lib.ones(1), body__0__more=lambda lib: lib.ones(1)),
        changed(other__weight=lambda lib: lib.ones(1)),
        changed(scratch=lambda lib: lib.ones(1)),
        changed(nothing=lambda lib: lib.ones(1)),
        changed(body__0__weight=lambda lib: lib.ones(3, 2)),
        changed(body__0__weight=lambda lib: lib.ones(()), mean=lambda lib: lib.ones(1)),
        changed(scale=lambda lib: lib.tensor([5.0])),
        changed(scale=lambda lib: lib.tensor([[5.0]])),
        changed(mean=3.5, scale=None, body__0__bias=[1.0, 2.0]),
        changed(mean=lambda lib: lib.tensor([1, 2]), scale=lambda lib: lib.tensor(3)),
        changed(mean=lambda lib: lib.ones(2, dtype=lib.float64)),
        changed(scale=lambda lib: lib.nn.Parameter(lib.tensor(7.0), requires_grad=False)),
        changed(scale=lambda lib: lib.tensor(7.0, requires_grad=True) * 2),
        changed(_extra_state=3, body__0___extra_state=3),
        lambda lib, s: (s.pop("mean"), s.update(zip=lib.ones(1), scale=lib.ones(2))),
    ],
)
def test_load(change: Any, strict: bool, assign: bool) -> None:
    def tale(lib: Any) -> Any:
        m = net(lib)
        lib.manual_seed(1)
        other = lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.Linear(2, 1, bias=False))
        s = m.state_dict()
        s.update((f"body.{n}".replace("1.", "2."), p) for n, p in other.state_dict().items())
        change(lib, s)
        scale = m.scale
        first = attempt(lambda: m.load_state_dict(s, strict=strict, assign=assign))
        return (
            first,
            list(m.state_dict().items()),
            [(p.requires_grad, p.is_leaf, type(p).__name__) for p in m.parameters()],
            m.scale is scale,
            m.scale is s.get("scale"),
            m.mean is s.get("mean"),
        )

    assert_same_story(tale)


@story
def test_what_load_returns(lib: Any) -> Any:
    m = net(lib)
    same = m.load_state_dict(m.state_dict())
    lax = m.load_state_dict({"zip": 1}, strict=False)
    return (
        (repr(same), str(same), tuple(same), same.missing_keys),
        (repr(lax), str(lax), tuple(lax), lax.unexpected_keys),
    )


@story
def test_no_state_dict_at_all(lib: Any) -> Any:
    m = net(lib)
    return [
        attempt(lambda v=v: m.load_state_dict(v))
        for v in (3, None, [("scale", 1)], m, m.parameters(), {})
    ]


@story
def test_loading_keeps_a_graph_from_forming(lib: Any) -> Any:
    a, b = net(lib), net(lib)
    a.load_state_dict(b.state_dict(keep_vars=True))
    return a.scale.grad_fn, a.scale.is_leaf, a.scale._version


@story
def test_copied_values_are_no_longer_shared(lib: Any) -> Any:
    a, b = net(lib), net(lib)
    a.load_state_dict(b.state_dict())
    b.scale.data.fill_(9.0)
    c = net(lib)
    c.load_state_dict(b.state_dict(), assign=True)
    b.scale.data.fill_(11.0)
    return a.scale, c.scale


@story
def test_metadata_reaches_the_module(lib: Any) -> Any:
    seen = []

    class Old(lib.nn.Linear):
        _version = 2

        def _load_from_state_dict(self, state: Any, prefix: str, local: Any, *rest: Any) -> None:
            seen.append((prefix, dict(local), list(state)))
            super()._load_from_state_dict(state, prefix, local, *rest)

    m = lib.nn.Sequential(Old(1, 1), Old(1, 1))
    s = m.state_dict()
    m.load_state_dict(s)
    m.load_state_dict(dict(s))
    m.load_state_dict(s, assign=True)
    return seen


@story
def test_extra_state(lib: Any) -> Any:
    class Saver(Extra, lib.nn.Linear):
        pass

    a, b = Saver(1, 1), Saver(1, 1)
    a.word = "saved"
    s = lib.nn.Sequential(a).state_dict()
    keys = list(s)
    lib.nn.Sequential(b).load_state_dict(s)
    del s["0._extra_state"]
    return (
        keys,
        b.word,
        attempt(lambda: lib.nn.Sequential(b).load_state_dict(s)),
        attempt(lambda: lib.nn.Linear(1, 1).load_state_dict(a.state_dict())),
        attempt(lambda: lib.nn.Linear(1, 1).get_extra_state()),
        attempt(lambda: lib.nn.Linear(1, 1).set_extra_state(3)),
    )


@story
def test_tied_weights_are_saved_under_both_names(lib: Any) -> Any:
    a, b = lib.nn.Linear(2, 2), lib.nn.Linear(2, 2)
    b.weight = a.weight
    m = lib.nn.Sequential(a, b)
    s = m.state_dict()
    return list(s), s["0.weight"].data_ptr() == s["1.weight"].data_ptr(), m.load_state_dict(s)


# -- hooks ------------------------------------------------------------------------------------
@story
def test_hooks_of_saving(lib: Any) -> Any:
    m = net(lib)
    seen: list[Any] = []

    def before(module: Any, prefix: str, keep_vars: bool) -> None:
        seen.append(("before", type(module).__name__, prefix, keep_vars))

    def after(module: Any, state: Any, prefix: str, metadata: Any) -> None:
        seen.append(("after", type(module).__name__, prefix, metadata, len(state)))
        state[prefix + "stamp"] = lib.tensor(1)

    h = m.register_state_dict_pre_hook(before)
    m.body[0].register_state_dict_pre_hook(before)
    m.body.register_state_dict_post_hook(after)
    m.register_state_dict_post_hook(after)
    keys = list(m.state_dict(prefix="p."))
    h.remove()
    m.state_dict()
    m.register_state_dict_post_hook(lambda *_: 3)
    return keys, seen, attempt(m.state_dict)


@story
def test_the_older_hook_may_return_another_dict(lib: Any) -> Any:
    m = net(lib)
    m._register_state_dict_hook(lambda module, state, prefix, metadata: {"only": 1})

    def public(*_: Any) -> None:
        return None

    m.register_state_dict_post_hook(public)
    return m.state_dict(), attempt(lambda: m._register_state_dict_hook(public))


@story
def test_hooks_of_loading(lib: Any) -> Any:
    m = net(lib)
    seen: list[Any] = []

    def rename(module: Any, state: Any, prefix: str, *rest: Any) -> None:
        seen.append((type(module).__name__, prefix, sorted(state), rest))
        if "old" in state:
            state[prefix + "scale"] = state.pop("old")

    def forgive(module: Any, keys: Any) -> None:
        seen.append(("forgive", keys))
        keys.missing_keys.clear()

    m.register_load_state_dict_pre_hook(rename)
    m.body[0].register_load_state_dict_pre_hook(rename)
    m._register_load_state_dict_pre_hook(lambda state, prefix, *rest: seen.append(prefix))
    s = m.state_dict()
    s["old"] = s.pop("scale") * 3
    first = m.load_state_dict(s)
    del s["mean"]
    second = attempt(lambda: m.load_state_dict(s))
    h = m.register_load_state_dict_post_hook(forgive)
    third = attempt(lambda: m.load_state_dict(s))
    h.remove()
    m.register_load_state_dict_post_hook(lambda module, keys: keys)
    fourth = attempt(lambda: m.load_state_dict(s))
    return first, m.scale, second, third, fourth, seen


def test_a_state_dict_loaded_once_by_assignment_is_left_as_it_was() -> None:
    """PyTorch notes the assignment in the dict's own metadata."""
    m = rushlight.nn.Linear(1, 1)
    s = m.state_dict()
    m.load_state_dict(s, assign=True)
    assert s._metadata[""] == {"version": 1}
