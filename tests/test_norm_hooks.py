"""Old weight and spectral norm, fused batch norms, memory formats, skip_init: both libraries."""

from __future__ import annotations

import copy
import importlib
import pickle
from typing import Any

import pytest

import rushlight
from tests.both import assert_same_story, attempt, story


def rounded(t: Any) -> list[float]:
    """A tensor's numbers to four places: norms differ in the last."""
    return [t.shape, *(round(v, 4) for v in t.detach().flatten().tolist())]


def layers(lib: Any) -> dict[str, Any]:
    lib.manual_seed(0)
    nn = lib.nn
    return {
        "linear": (nn.Linear(3, 2), lib.ones(1, 3)),
        "conv": (nn.Conv2d(2, 3, 2), lib.ones(1, 2, 3, 3)),
        "transposed": (nn.ConvTranspose2d(2, 3, 2), lib.ones(1, 2, 3, 3)),
        "embedding": (nn.Embedding(4, 3), lib.tensor([1, 2])),
        "bilinear": (nn.Bilinear(2, 3, 2), None),
    }


# -- weight norm ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [0, 1, -1, None])
@pytest.mark.parametrize("kind", ["linear", "conv", "transposed", "embedding"])
def test_weight_norm(kind: str, dim: int | None) -> None:
    def body(lib: Any) -> Any:
        module, x = layers(lib)[kind]
        before = rounded(module.weight)
        assert lib.nn.utils.weight_norm(module, dim=dim) is module
        told: list[Any] = [list(module._parameters), rounded(module.weight) == before]
        told += [rounded(module.weight_g), type(module.weight_v).__name__, repr(module)]
        module(x).sum().backward()
        told += [rounded(module.weight_g.grad), rounded(module.weight_v.grad)]
        with lib.no_grad():
            module.weight_g.mul_(2)
        told += [rounded(module(x)), attempt(lambda: copy.deepcopy(module))[:60]]
        told += [lib.nn.utils.remove_weight_norm(module) is module, list(module._parameters)]
        told += [rounded(module.weight), type(module.weight).__name__, rounded(module(x))]
        return told, len(module._forward_pre_hooks)

    assert_same_story(body)


@story
def test_weight_norm_of_a_recurrent_layer(lib: Any) -> Any:
    lib.manual_seed(0)
    lstm = lib.nn.LSTM(3, 2)
    for name in ("weight_ih_l0", "weight_hh_l0"):
        lib.nn.utils.weight_norm(lstm, name)
    with lib.no_grad():
        lstm.weight_hh_l0_g.mul_(3)
    out, _ = lstm(lib.ones(4, 1, 3))
    out.sum().backward()
    return list(lstm.state_dict()), rounded(out), rounded(lstm.weight_hh_l0_g.grad)


@story
def test_weight_norm_wrong(lib: Any) -> Any:
    utils, module = lib.nn.utils, layers(lib)["linear"][0]
    told = [attempt(lambda: utils.remove_weight_norm(module))]
    told += [attempt(lambda: utils.weight_norm(module, "weights"))]
    utils.weight_norm(module)
    told += [attempt(lambda: utils.weight_norm(module)), list(module._parameters)]
    return told, attempt(lambda: utils.weight_norm(lib.nn.LazyLinear(2)))


@story
def test_old_and_new_state_dicts(lib: Any) -> Any:
    old, new = lib.nn.utils.weight_norm(lib.nn.Linear(3, 2)), lib.nn.Linear(3, 2)
    lib.nn.utils.parametrizations.weight_norm(new)
    told = new.load_state_dict(old.state_dict())
    return told, lib.allclose(new.weight, old.weight)


# -- spectral norm -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options", [{}, {"n_power_iterations": 3}, {"dim": 1, "eps": 1e-3}], ids=str
)
@pytest.mark.parametrize("kind", ["linear", "conv", "transposed", "embedding"])
def test_spectral_norm(kind: str, options: dict[str, Any]) -> None:
    def body(lib: Any) -> Any:
        module, x = layers(lib)[kind]
        lib.manual_seed(1)
        assert lib.nn.utils.spectral_norm(module, **options) is module
        told: list[Any] = [list(module.state_dict()), list(module._parameters)]
        told += [module.state_dict()._metadata, type(module.weight).__name__]
        told += [rounded(module.weight), rounded(module.weight_u), rounded(module.weight_v)]
        module(x).sum().backward()
        told += [rounded(module.weight), rounded(module.weight_orig.grad)]
        (module(x) - module(x * 1)).sum().backward()
        module.eval()
        told += [rounded(module(x)), rounded(module.weight_u)]
        told += [lib.nn.utils.remove_spectral_norm(module) is module, list(module.state_dict())]
        told += [rounded(module.weight), module.state_dict()._metadata, module.weight.requires_grad]
        return told, [len(module._state_dict_hooks), len(module._forward_pre_hooks)]

    assert_same_story(body)


@story
def test_spectral_norm_wrong(lib: Any) -> Any:
    utils, module = lib.nn.utils, layers(lib)["linear"][0]
    told = [attempt(lambda: utils.remove_spectral_norm(module))]
    told += [attempt(lambda: utils.spectral_norm(module, "weights"))]
    told += [attempt(lambda: utils.spectral_norm(module, n_power_iterations=0))]
    told += [attempt(lambda: utils.spectral_norm(lib.nn.Linear(2, 2, bias=False), "bias"))]
    told += [attempt(lambda: utils.spectral_norm(lib.nn.LazyLinear(2))), list(module._parameters)]
    utils.spectral_norm(module)
    return told, attempt(lambda: utils.spectral_norm(module)), list(module._parameters)


@story
def test_spectral_norm_of_older_state_dicts(lib: Any) -> Any:
    lib.manual_seed(0)
    one, two = (lib.nn.utils.spectral_norm(lib.nn.Linear(2, 3)) for _ in range(2))
    for _ in range(30):
        one(lib.ones(1, 2))
    state = one.state_dict()
    told: list[Any] = [two.load_state_dict(state), two.load_state_dict(dict(state))]
    older = {k: v.clone() for k, v in state.items() if k != "weight_v"}
    told += [attempt(lambda: two.load_state_dict(older)), two.load_state_dict(older, strict=False)]
    older["weight"] = one.weight.detach()
    told += [two.load_state_dict(older), rounded(two.weight_v)]
    two.eval()
    return told, rounded(two(lib.ones(1, 2))), sorted(older)


def test_state_dicts_load_after_spectral_norm_was_removed() -> None:
    """PyTorch leaves its hook there, which then misses the parts of the weight."""
    module, fresh = rushlight.nn.Linear(3, 2), rushlight.nn.Linear(3, 2)
    rushlight.nn.utils.spectral_norm(module)
    rushlight.nn.utils.remove_spectral_norm(module)
    module.load_state_dict(fresh.state_dict())
    assert module.weight.equal(fresh.weight)


@story
def test_spectral_norm_copied(lib: Any) -> Any:
    lib.manual_seed(0)
    module = lib.nn.utils.spectral_norm(lib.nn.Linear(3, 2))
    told = []
    for made in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        told += [rounded(made(lib.ones(1, 3))), list(made.state_dict())]
    return told, rounded(module.weight_u)


# -- fused ---------------------------------------------------------------------------------------


def trained_norm(lib: Any, n: int, features: int, **options: Any) -> Any:
    norm = getattr(lib.nn, f"BatchNorm{n}d")(features, **options)
    with lib.no_grad():
        for i, t in enumerate((*norm.parameters(), *norm.buffers())):
            if t.is_floating_point():
                t.copy_(lib.arange(1.0, features + 1) / (i + 2))
    return norm.eval()


@pytest.mark.parametrize("options", [{}, {"affine": False}, {"eps": 0.1}], ids=str)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose2d"])
def test_fused_convolutions(kind: str, bias: bool, options: dict[str, Any]) -> None:
    def body(lib: Any) -> Any:
        lib.manual_seed(0)
        n = int(kind[-2])
        conv = getattr(lib.nn, kind)(2, 3, 2, bias=bias).eval()
        conv.weight.requires_grad_(False)
        norm = trained_norm(lib, n, 3, **options)
        x = lib.rand(2, 2, *[4] * n)
        fused = lib.nn.utils.fuse_conv_bn_eval(conv, norm, transpose="Transpose" in kind)
        told = [repr(fused), lib.allclose(fused(x), norm(conv(x)), atol=1e-5), rounded(fused.bias)]
        return told, [(type(p).__name__, p.requires_grad, p.is_leaf) for p in fused.parameters()]

    assert_same_story(body)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("features", [4, 1])
def test_fused_linear(features: int, bias: bool) -> None:
    def body(lib: Any) -> Any:
        lib.manual_seed(0)
        linear = lib.nn.Linear(3, 4, bias=bias).eval()
        norm = trained_norm(lib, 1, features)
        fused = lib.nn.utils.fuse_linear_bn_eval(linear, norm)
        return repr(fused), [(rounded(p), p.requires_grad, p.dtype) for p in fused.parameters()]

    assert_same_story(body)


@story
def test_fused_in_other_dtypes(lib: Any) -> Any:
    fusion = importlib.import_module(f"{lib.__name__}.nn.utils.fusion")
    w, b = lib.ones(2, 3, 1, dtype=lib.float16), lib.ones(2, dtype=lib.float64)
    of_norm = (lib.ones(2), lib.ones(2), 1e-5, lib.ones(2), lib.ones(2))
    made = [fusion.fuse_conv_bn_weights(w, bias, *of_norm) for bias in (b, None)]
    return [[(rounded(p), p.dtype, p.requires_grad) for p in pair] for pair in made]


@story
def test_not_fused(lib: Any) -> Any:
    utils, nn = lib.nn.utils, lib.nn
    linear, conv, norm = nn.Linear(3, 4).eval(), nn.Conv1d(2, 3, 2).eval(), nn.BatchNorm1d(3)
    told = [attempt(lambda: utils.fuse_conv_bn_eval(conv, norm))]
    norm.eval()
    told += [attempt(lambda: utils.fuse_linear_bn_eval(linear, norm))]
    bare = nn.BatchNorm1d(3, track_running_stats=False).eval()
    told += [attempt(lambda: utils.fuse_conv_bn_eval(conv, bare))]
    return told, attempt(lambda: utils.fuse_linear_bn_eval(nn.Linear(3, 3).eval(), bare))


# -- others --------------------------------------------------------------------------------------


@story
def test_memory_formats(lib: Any) -> Any:
    told = []
    for n, form in ((2, lib.channels_last), (3, lib.channels_last_3d)):
        nn = lib.nn
        kinds = [getattr(nn, f"{kind}{d}d") for kind in ("Conv", "ConvTranspose") for d in (2, 3)]
        net = nn.Sequential(nn.Sequential(*[kind(2, 3, 2) for kind in kinds]), nn.Linear(2, 2))
        weights = list(net.parameters())
        convert = getattr(lib.nn.utils, f"convert_conv{n}d_weight_memory_format")
        assert convert(net, form) is net
        told += [p.stride() for p in net.parameters()]
        assert all(a is b for a, b in zip(weights, net.parameters()))
    return told


@story
def test_skip_init(lib: Any) -> Any:
    class Mine(lib.nn.Module):
        def __init__(self) -> None:
            super().__init__()

    skip = lib.nn.utils.skip_init
    lib.manual_seed(0)
    made = skip(lib.nn.Linear, 5, out_features=1, dtype=lib.float64)
    told = [repr(made), made.weight.dtype, made.weight.requires_grad, lib.rand(1)]
    told += [attempt(lambda: skip(Mine)).split("(")[0], attempt(lambda: skip(int))]
    return told, skip(lib.nn.Conv2d, 1, 2, 3, device="cpu").weight.shape


@story
def test_functional_call_under_its_old_name(lib: Any) -> Any:
    stateless = importlib.import_module(f"{lib.__name__}.nn.utils.stateless")
    module = lib.nn.Linear(2, 1)
    values = {"weight": lib.ones(1, 2), "bias": lib.ones(1)}
    told = [stateless.functional_call(module, values, lib.ones(1, 2))]
    told += [attempt(lambda: stateless.functional_call(module, {"w": 1}, (lib.ones(1, 2),)))]
    return told, attempt(
        lambda: stateless.functional_call(module, {"bias": lib.ones(1)}, lib.ones(2), strict=True)
    )
