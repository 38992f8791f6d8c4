"""Lazy layers, and the uninitialised tensors they start with: stories under both libraries."""

from __future__ import annotations

import copy
import io
import pickle
import re
from functools import partial
from typing import Any

import pytest

import rushlight
from tests.both import assert_same_story, attempt, story

INPUTS = {1: (2, 4, 5), 2: (2, 4, 5, 5), 3: (2, 4, 5, 5, 5)}
NORM_OPTIONS: list[dict[str, Any]] = [
    {},
    {"affine": True},
    {"track_running_stats": True, "affine": False},
    {"affine": False, "track_running_stats": False},
    {"affine": True, "track_running_stats": True, "bias": False, "momentum": None},
]


def tell(act: Any) -> str:
    """As `attempt`; PyTorch's text about use names the function, by its address."""
    return re.sub(r" in <.*?>\. This", ". This", attempt(act)).replace("rushlight.", "torch.")


def kinds(lib: Any) -> list[Any]:
    return [lib.nn.UninitializedParameter, lib.nn.UninitializedBuffer]


# -- uninitialised tensors -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "use",
    [
        "x",
        "x.shape",
        "x.size()",
        "(x.dtype, x.device, x.requires_grad, x.is_leaf, x.grad, x.grad_fn, x.ndim, x._version)",
        "(x.is_floating_point(), x.is_complex(), x.nbytes, x.itemsize, x.layout)",
        "x + 1",
        "1 - x",
        "torch.sin(x)",
        "x[0]",
        "len(x)",
        "f'{x}'",
        "str(x)",
        "x == 1",
        "bool(x)",
        "x.clone()",
        "x.detach()",
        "x.numpy()",
        "x.requires_grad_(False)",
        "x.register_hook(print)",
        "x.share_memory_()",
        "x.type()",
        "x.bfloat16()",
        "torch.empty_like(x)",
        "[x.float() is x, x.cpu() is x, x.to(torch.float32) is x]",
        "[y.dtype for y in (x.half(), x.double(), x.to(torch.float64))]",
        "[y.dtype for y in (x.char(), x.short(), x.int(), x.long())]",
        "x.cuda()",
        "type(x.double()).__name__",
        "copy.copy(x)",
        "pickle.loads(pickle.dumps(x))",
        "(torch.nn.parameter.is_lazy(x), torch.nn.parameter.is_lazy(torch.ones(2)))",
        "(isinstance(x, torch.nn.Parameter), isinstance(x, torch.nn.Buffer), torch.is_tensor(x))",
        "x.cls_to_become",
    ],
)
@pytest.mark.parametrize("which", [0, 1], ids=["parameter", "buffer"])
def test_what_can_be_asked_of_one_without_a_size(use: str, which: int) -> None:
    def body(lib: Any) -> Any:
        names = {"torch": lib, "x": kinds(lib)[which](), "copy": copy, "pickle": pickle}
        return tell(lambda: eval(use, names))

    assert_same_story(body)


@pytest.mark.parametrize("use", ["x @ ones", "torch.cat([ones, x])", "torch.stack([x, x])"])
def test_operators_that_look_at_the_size_first_tell_of_it(use: str) -> None:
    """Where PyTorch's error is the other one, a ValueError."""
    names = {"torch": rushlight, "ones": rushlight.ones(2)}
    with pytest.raises((RuntimeError, ValueError), match="Call `forward`"):
        eval(use, {**names, "x": rushlight.nn.UninitializedParameter()})


@story
def test_materialize(lib: Any) -> Any:
    told = []
    for kind in kinds(lib):
        for options in ({}, {"dtype": lib.float64}, {"requires_grad": False, "device": "cpu"}):
            for given in ({}, {"dtype": lib.float16}, {"device": "cpu"}):
                x = kind(**options)
                x.materialize((2, 3), **given)
                told.append((type(x).__name__, x.shape, x.dtype, x.requires_grad, x.is_leaf))
    told.append(attempt(lambda: lib.nn.UninitializedParameter(dtype=lib.int64)))
    x = lib.nn.UninitializedParameter()
    x.materialize(2)
    lib.nn.init.ones_(x)
    (x * 3).sum().backward()
    return told, x, x.grad


@story
def test_in_a_module_of_ones_own(lib: Any) -> Any:
    module = lib.nn.Module()
    module.p, module.b = kinds(lib)[0](), kinds(lib)[1](persistent=False)
    told = [module._parameters, module._buffers, module._non_persistent_buffers_set]
    return told, tell(module.state_dict), tell(lambda: copy.deepcopy(module.p))


# -- layers --------------------------------------------------------------------------------------


@story
def test_linear(lib: Any) -> Any:
    lib.manual_seed(0)
    layer = lib.nn.LazyLinear(3, dtype=lib.float64)
    optimizer = lib.optim.SGD(layer.parameters(), lr=0.1)
    before = repr(layer), layer.state_dict(), list(layer.named_parameters()), layer.zero_grad()
    x = lib.ones(1, 2, dtype=lib.float64)
    out = layer(x)
    out.sum().backward()
    optimizer.step()
    return before, out, repr(layer), type(layer).__name__, layer.state_dict(), layer(x)


@story
def test_the_first_call_fails(lib: Any) -> Any:
    layer = lib.nn.LazyLinear(3)
    told = [attempt(layer), attempt(lambda: layer(lib.ones(1, 2), lib.ones(3)))]
    layer = lib.nn.LazyLinear(3, bias=False)
    told += [layer.reset_parameters(), layer.has_uninitialized_params(), layer.bias]
    layer(input=lib.ones(1, 2))
    return told, layer, attempt(lambda: layer.has_uninitialized_params())


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("kind", ["Conv", "ConvTranspose"])
def test_convolutions(kind: str, n: int) -> None:
    def body(lib: Any) -> Any:
        lazy = getattr(lib.nn, f"Lazy{kind}{n}d")
        x = lib.arange(float(lib.ones(INPUTS[n]).numel())).reshape(INPUTS[n]).sin()
        told: list[Any] = []
        for options in ({}, {"groups": 2, "stride": 2, "bias": False}, {"padding": 1}):
            lib.manual_seed(1)
            layer = lazy(6, 3, **options)
            told += [repr(layer), layer.state_dict()]
            for given in (x, x[0]):
                lib.manual_seed(1)
                told.append([round(v, 4) for v in layer(given).flatten().tolist()[:9]])
            told += [repr(layer), type(layer).__name__]
        layer = lazy(6, 3)
        told += [layer.load_state_dict(lazy.cls_to_become(4, 6, 3).state_dict()), repr(layer)]
        told += [layer(x).shape, repr(layer)]
        told += [attempt(lambda: lazy(4, 3, groups=3)(x)), attempt(lambda: lazy(6, 3)(lib.ones(2)))]
        return told, attempt(lambda: lazy(3, 3, padding_mode="reflect"))

    assert_same_story(body)


@pytest.mark.parametrize("options", NORM_OPTIONS, ids=str)
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("kind", ["BatchNorm", "InstanceNorm"])
def test_norms(kind: str, n: int, options: dict[str, Any]) -> None:
    def body(lib: Any) -> Any:
        lazy = getattr(lib.nn, f"Lazy{kind}{n}d")
        x = lib.arange(float(lib.ones(INPUTS[n]).numel())).reshape(INPUTS[n]).cos()
        layer = lazy(**options)
        told = [repr(layer), layer.state_dict()]
        told += [[round(v, 3) for v in layer(x).flatten().tolist()[:9]], repr(layer)]
        told += [{k: v.double().sum().round(decimals=3) for k, v in layer.state_dict().items()}]
        layer = lazy(**options)
        ordinary = lazy.cls_to_become(4, **{"affine": True, "track_running_stats": True, **options})
        told += [
            layer.load_state_dict(ordinary.state_dict()),
            repr(layer),
            attempt(lambda: layer(x).shape),
        ]
        return told, repr(layer), attempt(lambda: lazy()(lib.ones(3)))

    assert_same_story(body)


@story
def test_a_stack_of_them(lib: Any) -> Any:
    lib.manual_seed(0)
    nn = lib.nn
    net = nn.Sequential(
        nn.LazyConv2d(3, 3), nn.ReLU(), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(2)
    )
    before = repr(net), list(net.state_dict())
    shape = net(lib.ones(2, 4, 5, 5)).shape
    return before, shape, repr(net), list(net.state_dict()), net[4].weight.sum()


# -- a mixin for classes of one's own ------------------------------------------------------------


def scale(lib: Any, initialize: Any = None) -> Any:
    members: dict[str, Any] = {"forward": lambda self, x, k: (self.w.shape, k)}
    if initialize is not None:
        members["initialize_parameters"] = initialize
    made = type("Scale", (lib.nn.modules.lazy.LazyModuleMixin, lib.nn.Module), members)()
    made.w = lib.nn.UninitializedParameter()
    return made


@story
def test_modules_of_ones_own(lib: Any) -> Any:
    told = [attempt(lambda: scale(lib)(lib.ones(2), 3))]
    told += [attempt(lambda: scale(lib, lambda self, x, k: None)(lib.ones(2), 3))]
    mine = scale(lib, lambda self, x, k: self.w.materialize((k,)))
    told += [attempt(mine._replicate_for_data_parallel), hasattr(mine, "_load_hook")]
    told += [mine(lib.ones(2), k=5), mine(lib.ones(1), k=6), type(mine).__name__]
    return told, hasattr(mine, "_load_hook"), len(mine._forward_pre_hooks)


# -- state dicts ---------------------------------------------------------------------------------


@story
def test_loading(lib: Any) -> Any:
    lazy, linear = lib.nn.LazyLinear, lib.nn.Linear
    told: list[Any] = [attempt(lambda: linear(2, 3).load_state_dict(lazy(3).state_dict()))]
    told += [lazy(3).load_state_dict(lazy(3).state_dict())]
    for assign in (False, True):
        layer = lazy(3)
        told += [layer.load_state_dict(linear(2, 3).state_dict(), assign=assign), repr(layer)]
        told += [layer.weight.shape, type(layer.weight).__name__, layer.has_uninitialized_params()]
        told += [attempt(partial(layer, lib.ones(1, 3))), repr(layer)]
        told += [layer(lib.ones(1, 2)).shape, repr(layer)]
    layer = lazy(3)
    told += [attempt(lambda: layer.load_state_dict({"weight": lib.ones(3, 2)}))]
    told += [layer.weight.shape, layer.bias, attempt(lambda: layer(lib.ones(1, 2)))]
    norm = lib.nn.LazyBatchNorm1d()
    norm.load_state_dict({"bias": lib.ones(4)}, strict=False)
    return told, attempt(lambda: norm(lib.ones(2, 4)))


@story
def test_loading_into_one_without_a_hook(lib: Any) -> Any:
    module = lib.nn.Module()
    module.p = lib.nn.UninitializedParameter()
    return attempt(lambda: module.load_state_dict({"p": lib.ones(2)}))


@story
def test_copies(lib: Any) -> Any:
    told = []
    for made in (
        copy.deepcopy(lib.nn.LazyLinear(3)),
        pickle.loads(pickle.dumps(lib.nn.LazyLinear(3))),
    ):
        told += [repr(made), made(lib.ones(1, 2)).shape, repr(made), hasattr(made, "_load_hook")]
    file = io.BytesIO()
    lib.save(lib.nn.LazyLinear(3).state_dict(), file)
    file.seek(0)
    refused = attempt(lambda: lib.load(file))
    return told, "UninitializedParameter was not an allowed global" in refused


# -- conversions ---------------------------------------------------------------------------------


@story
def test_conversions(lib: Any) -> Any:
    told: list[Any] = []
    for convert in (
        lambda m: m.double(),
        lambda m: m.half(),
        lambda m: m.to(lib.float64),
        lambda m: m.to("cpu", memory_format=lib.channels_last),
        lambda m: m.cpu(),
        lambda m: m.bfloat16(),
        lambda m: m.type(lib.float64),
        lambda m: m.to_empty(device="cpu"),
        lambda m: m.share_memory(),
        lambda m: m.requires_grad_(False),
        lambda m: m.cuda(),
    ):
        layer = lib.nn.LazyBatchNorm1d()
        told += [tell(partial(convert, layer))]
        told += [(layer.weight.dtype, layer.weight, layer.running_mean)]
    layer = lib.nn.LazyBatchNorm1d().double()
    told += [layer(lib.ones(2, 3, dtype=lib.float64)).dtype, layer.state_dict()]
    return told


@story
def test_functional_call(lib: Any) -> Any:
    values = {"weight": lib.ones(3, 2), "bias": lib.ones(3)}
    return lib.func.functional_call(lib.nn.LazyLinear(3), values, (lib.ones(1, 2),))
