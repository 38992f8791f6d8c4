"""nn.init: the same numbers as PyTorch from the same seed, and the same complaints."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rushlight
from tests.both import assert_same_story, attempt, judge, story

FILLS = [
    "uniform_(t)",
    "uniform_(t, -2, 3)",
    "uniform_(t, a=1.0, b=1.5, generator=g)",
    "normal_(t)",
    "normal_(t, 3, 0.1)",
    "normal_(t, mean=-1.0, std=2.0, generator=g)",
    "trunc_normal_(t)",
    "trunc_normal_(t, std=0.02)",
    "trunc_normal_(t, 0.5, 2.0, -1, 1, generator=g)",
    "trunc_normal_(t, 0, 1, 2, 3)",
    "trunc_normal_(t, 5, 1, 0, 1)",
    "trunc_normal_(t, a=-0.1, b=0.1, generator=g)",
    "constant_(t, 3.5)",
    "constant_(t, True)",
    "ones_(t)",
    "zeros_(t)",
    "eye_(t)",
    "dirac_(t)",
    "dirac_(t, 2)",
    "dirac_(t, groups=4)",
    "xavier_uniform_(t)",
    "xavier_uniform_(t, gain=3, generator=g)",
    "xavier_normal_(t)",
    "xavier_normal_(t, 0.5)",
    "kaiming_uniform_(t)",
    "kaiming_uniform_(t, 0.3, 'fan_out')",
    "kaiming_uniform_(t, nonlinearity='relu', mode='FAN_IN')",
    "kaiming_uniform_(t, mode='fan_avg')",
    "kaiming_uniform_(t, nonlinearity='gelu')",
    "kaiming_normal_(t)",
    "kaiming_normal_(t, 5 ** 0.5, 'fan_out', 'leaky_relu', g)",
    "kaiming_normal_(t, nonlinearity='tanh')",
    "orthogonal_(t)",
    "orthogonal_(t, gain=2 ** 0.5, generator=g)",
    "sparse_(t, 0.3)",
    "sparse_(t, 1.0)",
    "sparse_(t, sparsity=0.01, std=3, generator=g)",
]
SHAPES = [
    (),
    (4,),
    (6, 4),
    (4, 6),
    (5, 5),
    (4, 2, 3),
    (8, 4, 3, 2),
    (2, 2, 1, 2, 3),
    (0, 3),
    (3, 0),
]


def filled(lib: Any, call: str, shape: tuple[int, ...], dtype: str) -> Any:
    """The values after a call, or the error."""
    t = lib.full(shape, 7.0, dtype=getattr(lib, dtype), requires_grad=True)
    scope = {"t": t, "g": lib.Generator().manual_seed(5), **vars(lib.nn.init)}
    text = attempt(lambda: eval(call, scope) is t)
    return text, t


@pytest.mark.parametrize("call", FILLS)
@pytest.mark.parametrize("shape", SHAPES)
def test_fill(call: str, shape: tuple[int, ...]) -> None:
    ends = []
    for lib in (rushlight, judge):
        lib.manual_seed(11)
        with _recorded() as caught:
            text, t = filled(lib, call, shape, "float32")
        after = lib.rand(1).item()  # the stream is as far
        ends.append((text, after, t, [str(w.message) for w in caught]))
    (text, after, t, warned), (text2, after2, t2, warned2) = ends
    assert (text, warned) == (text2, warned2)
    assert after == after2
    assert t.requires_grad
    assert t.is_leaf
    assert (t._version > 0) == (t2._version > 0)
    np.testing.assert_allclose(t.detach().numpy(), t2.detach().numpy(), rtol=2e-5, atol=2e-6)


def _recorded() -> Any:
    import warnings

    return warnings.catch_warnings(record=True, action="always")


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16"])
@pytest.mark.parametrize("call", [c for c in FILLS if "orthogonal" not in c])
def test_other_dtypes(call: str, dtype: str) -> None:
    ends = []
    for lib in (rushlight, judge):
        lib.manual_seed(2)
        with _recorded():
            text, t = filled(lib, call, (20, 4), dtype)
        ends.append((text, t.detach().double().numpy()))
    assert ends[0][0] == ends[1][0]
    tolerance = {"float64": 1e-12, "float16": 2e-3, "bfloat16": 1e-2}[dtype]
    np.testing.assert_allclose(ends[0][1], ends[1][1], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("shape", [(64, 64), (64, 20), (20, 64), (16, 3, 3, 3)])
def test_orthogonal_is_orthogonal(shape: tuple[int, ...]) -> None:
    t = rushlight.empty(shape)
    rushlight.nn.init.orthogonal_(t, gain=2)
    rows = t.numpy().reshape(shape[0], -1)
    gram = rows @ rows.T if rows.shape[0] <= rows.shape[1] else rows.T @ rows
    np.testing.assert_allclose(gram, 4 * np.eye(len(gram)), atol=2e-5)


def test_truncation_holds_and_is_normal() -> None:
    t = rushlight.empty(200_000)
    rushlight.nn.init.trunc_normal_(t, mean=1.0, std=2.0, a=-1.0, b=4.0)
    values = t.numpy()
    assert values.min() >= -1.0
    assert values.max() <= 4.0
    from scipy.stats import kstest, truncnorm

    assert kstest(values, truncnorm(-1.0, 1.5, loc=1.0, scale=2.0).cdf).pvalue > 1e-4


@story
def test_gains(lib: Any) -> Any:
    gain = lib.nn.init.calculate_gain
    names = [
        *("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d"),
        *("conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu", "gelu", "", None),
    ]
    return [attempt(lambda n=n: gain(n)) for n in names] + [
        attempt(lambda p=p: gain("leaky_relu", p)) for p in (0.2, 0, 1, True, "a", [1], None)
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("constant", "dirac", "eye", "kaiming_normal", "kaiming_uniform", "normal"),
        *("orthogonal", "sparse", "uniform", "xavier_normal", "xavier_uniform"),
    ],
)
def test_deprecated_names(name: str) -> None:
    arguments = {"constant": (2.0,), "sparse": (0.5,)}.get(name, ())
    shape = (2, 2, 3) if name == "dirac" else (3, 3)

    def tale(lib: Any) -> Any:
        t = lib.zeros(shape)
        return getattr(lib.nn.init, name)(t, *arguments) is t

    assert_same_story(tale)


# -- the layers' own initialisation -------------------------------------------------------------
LAYERS = [
    "Linear(5, 3)",
    "Linear(5, 3, bias=False)",
    "Linear(5, 3, dtype=lib.float64)",
    "Bilinear(2, 3, 4)",
    "Embedding(7, 3)",
    "Embedding(7, 3, padding_idx=2)",
    "Conv1d(4, 6, 3)",
    "Conv2d(4, 6, 3)",
    "Conv2d(4, 6, (1, 2), groups=2, bias=False)",
    "ConvTranspose2d(4, 6, 3)",
    "LayerNorm(4)",
    "BatchNorm2d(4)",
    "PReLU(3)",
    "Sequential(lib.nn.Linear(20, 30), lib.nn.ReLU(), lib.nn.Linear(30, 2))",
]


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_start_alike(layer: str) -> None:
    states = []
    for lib in (rushlight, judge):
        if not hasattr(lib.nn, layer.partition("(")[0]):
            pytest.skip("not there yet")
        lib.manual_seed(42)
        m = eval(f"lib.nn.{layer}", {"lib": lib})
        states.append({k: v.detach().numpy() for k, v in m.state_dict().items()})
    assert list(states[0]) == list(states[1])
    for key, value in states[0].items():
        assert value.dtype == states[1][key].dtype
        np.testing.assert_allclose(value, states[1][key], rtol=1e-6, atol=1e-7)
