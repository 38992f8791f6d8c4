"""Corners of modules beside PyTorch: old state dicts, devices, accelerators, names in errors."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from typing import Any

import pytest

from tests.both import assert_same_story, attempt, story

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "Linear": (1, 1),
    "Bilinear": (1, 1, 1),
    **{f"Conv{n}d": (1, 1, 1) for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": (1, 1, 1) for n in (1, 2, 3)},
    "BatchNorm1d": (1,),
    "InstanceNorm1d": (1, 1e-5, 0.1, True),
    "GroupNorm": (1, 1),
    "LayerNorm": (1,),
    "RMSNorm": (1,),
    "Embedding": (1, 1),
    "EmbeddingBag": (1, 1),
    "PReLU": (),
    "LSTM": (1, 1),
    "GRUCell": (1, 1),
    "MultiheadAttention": (1, 1),
    "TransformerEncoderLayer": (1, 1),
    "LazyLinear": (1,),
    "LazyConv1d": (1, 1),
    "LazyBatchNorm1d": (),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_layers_are_made_where_their_device_says(name: str) -> None:
    """An accelerator that isn't there is an error, and so is a device that doesn't exist."""

    def body(lib: Any) -> Any:
        make = getattr(lib.nn, name)
        told = []
        for device in ("cuda", "foo", "cpu"):
            made = attempt(lambda: make(*ARGUMENTS[name], device=device))  # noqa: B023
            told.append(made.partition("(")[0])
        return told

    assert_same_story(body)


@pytest.mark.parametrize("tracks", [True, False])
@pytest.mark.parametrize(
    "metadata", [None, {}, {"": {"version": 1}}, {"": {"version": 2}}], ids=str
)
@pytest.mark.parametrize("kind", ["BatchNorm1d", "InstanceNorm1d"])
def test_norms_load_older_state_dicts(kind: str, metadata: Any, tracks: bool) -> None:
    """Those of version 1, or written by hand, have no count of batches; the count stays."""

    def body(lib: Any) -> Any:
        told: list[Any] = []
        for names in (("weight", "bias", "running_mean", "running_var"), ("weight", "bias")):
            layer = getattr(lib.nn, kind)(2, affine=True, track_running_stats=tracks)
            if tracks:
                layer.num_batches_tracked.fill_(7)
            state: Any = OrderedDict((name, lib.ones(2)) for name in names)
            if metadata is not None:
                state._metadata = metadata
            told += [attempt(lambda: layer.load_state_dict(state)), list(state)]  # noqa: B023
            told.append(attempt(lambda: layer.load_state_dict(state, strict=False)))  # noqa: B023
            told.append(layer.num_batches_tracked)
        return told

    assert_same_story(body)


@story
def test_accelerators_that_are_not_there(lib: Any) -> Any:
    layer = lib.nn.Linear(1, 1)
    return [attempt(getattr(layer, name)) for name in ("cuda", "xpu", "mtia", "ipu")]


@story
def test_errors_name_the_old_kind_of_backward_hook(lib: Any) -> Any:
    told = []
    for wrong in (3, (1, 2)):
        layer = lib.nn.Linear(2, 2)

        def mine(*_: Any) -> Any:
            return wrong  # noqa: B023

        layer.register_backward_hook(mine)
        out = layer(lib.ones(1, 2, requires_grad=True))
        told.append(attempt(out.sum().backward))
    return told


@pytest.mark.parametrize("kind", ["parameter", "buffer", "module"])
def test_hooks_on_registering(kind: str) -> None:
    def body(lib: Any) -> Any:
        nn = lib.nn
        others = {
            "parameter": nn.Parameter(lib.zeros(1)),
            "buffer": lib.zeros(1),
            "module": nn.Identity(),
        }
        told: list[Any] = []
        register = getattr(nn.modules.module, f"register_module_{kind}_registration_hook")

        def watch(module: Any, name: str, value: Any) -> Any:
            told.append((type(module).__name__, name, type(value).__name__))
            return others[kind] if name in ("new", "again") else None

        with register(watch):
            module = nn.BatchNorm1d(2)
            module.sub = nn.Sequential(nn.ReLU())
            module.new = others[kind] * 1 if kind == "buffer" else type(others[kind])()
            module.running_mean = lib.ones(2)
            module.register_parameter("none", None)
            module.register_buffer("again", lib.ones(1))
            module.add_module("last", None)
            module.weight = None
        after = nn.Linear(1, 1)
        module.sub = nn.ReLU()
        return told, list(module.state_dict()), repr(module), type(after).__name__

    assert_same_story(body)


@story
def test_modules_that_were_never_initialised(lib: Any) -> Any:
    class Bare(lib.nn.Module):
        def __init__(self) -> None:
            pass

    return [
        attempt(lambda: Bare()(1)),
        attempt(lambda: list(Bare().parameters())),
        attempt(lambda: list(Bare().buffers())),
        attempt(lambda: Bare().to("cpu")),
        attempt(lambda: delattr(Bare(), "weight")),
    ]


@story
def test_state_of_older_modules(lib: Any) -> Any:
    """What older pickles lack is there after `__setstate__`, which subclasses call."""

    class Layer(lib.nn.Linear):
        def __setstate__(self, state: Any) -> None:
            super().__setstate__(state)
            self.marked = True

    layer = Layer(2, 1)
    old = ("_forward_hooks", "_backward_hooks")
    state = {k: v for k, v in layer.__dict__.items() if "hook" not in k or k in old}
    layer = Layer.__new__(Layer)
    layer.__setstate__(state)
    seen: list[Any] = []
    layer.register_forward_hook(lambda *_: seen.append("called"))
    copied = pickle.loads(pickle.dumps(lib.nn.Linear(2, 1)))
    return layer(lib.ones(2)), copied(lib.ones(2)), layer.marked, seen, list(layer.state_dict())


@story
def test_errors_about_arguments_name_module(lib: Any) -> Any:
    layer = lib.nn.Linear(2, 1)
    return [
        attempt(lambda: layer.load_state_dict({}, foo=1)),
        attempt(lambda: layer.to_empty()),
        attempt(lambda: layer.apply()),
        attempt(lambda: layer.train(1, 2)),
        attempt(lambda: layer.register_forward_hook()),
        attempt(lambda: layer.named_parameters(foo=1)),
    ]
