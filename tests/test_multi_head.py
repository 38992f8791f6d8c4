"""MultiheadAttention: parameters, random stream, results, weights, gradients and errors."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest

import rushlight

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")

LAYERS: dict[str, dict[str, Any]] = {
    "plain": {"embed_dim": 8, "num_heads": 2},
    "batch_first": {"embed_dim": 8, "num_heads": 2, "batch_first": True, "dropout": 0.4},
    "more keys": {"embed_dim": 8, "num_heads": 4, "bias": False, "add_bias_kv": True}
    | {"add_zero_attn": True},
    "apart": {"embed_dim": 8, "num_heads": 2, "kdim": 6, "vdim": 5, "add_bias_kv": True},
    "apart with zeros": {"embed_dim": 9, "num_heads": 3, "kdim": 4, "vdim": 4}
    | {"add_zero_attn": True},
}
MASKS = ("", "boolean", "numbers")
BATCH, LENGTH = 2, 3


def tensor(lib: Any, array: Any) -> Any:
    return lib.from_numpy(np.asarray(array))


def mask(lib: Any, rng: Any, kind: str, *size: int) -> Any:
    barred = rng.rand(*size) > 0.6
    barred[..., 0] = False
    return tensor(lib, barred if kind == "boolean" else np.where(barred, -1.0, 0.0))


def attended(
    lib: Any,
    options: dict[str, Any],
    inputs: str,
    batched: bool,
    padding: str,
    mask_kind: str,
    **call: Any,
) -> dict[str, Any]:
    """Everything that can be told of one call of a new layer."""
    rng = np.random.RandomState(0)
    lib.manual_seed(0)
    layer = lib.nn.MultiheadAttention(**options, dtype=lib.float64)
    width = options["embed_dim"]
    kdim, vdim = options.get("kdim", width), options.get("vdim", width)
    keys = LENGTH if inputs == "self" else 5

    def operand(length: int, columns: int) -> Any:
        size = [BATCH, length] if options.get("batch_first") else [length, BATCH]
        size = size if batched else [length]
        return tensor(lib, rng.randn(*size, columns)).requires_grad_()

    q = operand(LENGTH, width)
    k = q if inputs == "self" else operand(keys, kdim)
    v = k if inputs in ("self", "memory") else operand(keys, vdim)
    if padding:
        call["key_padding_mask"] = mask(lib, rng, padding, *[BATCH][: int(batched)], keys)
    if mask_kind:
        heads = options["num_heads"] * (BATCH if batched else 1)
        each = [heads] if mask_kind == "numbers" else []
        call["attn_mask"] = mask(lib, rng, mask_kind, *each, LENGTH, keys)
    results = [t for t in layer(q, k, v, **call) if t is not None]
    total = sum((t * tensor(lib, rng.randn(*t.shape))).sum() for t in results)
    grads = lib.autograd.grad(total, [q, *layer.parameters()])
    return {
        "repr": repr(layer),
        "parameters": [n for n, _ in layer.named_parameters()],
        "state": list(layer.state_dict()),
        "names": [t.grad_fn.name() for t in results],
        "strides": [t.stride() for t in results],
        "values": [t.detach().numpy() for t in (*results, *grads)],
    }


@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("inputs", ["self", "memory", "three"])
@pytest.mark.parametrize("kind", LAYERS)
def test_results_weights_and_gradients(kind: str, inputs: str, batched: bool) -> None:
    options = LAYERS[kind]
    if inputs == "self" and "kdim" in options:
        pytest.skip("which are not of the queries' width")
    if inputs == "memory" and options.get("vdim") != options.get("kdim"):
        pytest.skip("whose keys and values are not of one width")
    choices = itertools.product(MASKS, MASKS, ("averaged", "all", "none"))
    for padding, mask_kind, weights in choices:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ours, theirs = (
                attended(
                    lib,
                    options,
                    inputs,
                    batched,
                    padding,
                    mask_kind,
                    need_weights=weights != "none",
                    average_attn_weights=weights == "averaged",
                )
                for lib in (rushlight, judge)
            )
        for a, b in zip(ours.pop("values"), theirs.pop("values"), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)
        assert ours == theirs


def test_causal_hints() -> None:
    found = []
    for lib in (rushlight, judge):
        lib.manual_seed(0)
        layer = lib.nn.MultiheadAttention(8, 2)
        x = tensor(lib, np.random.RandomState(0).randn(4, 1, 8).astype("float32"))
        barred = lib.ones(4, 4, dtype=lib.bool).triu(1)
        for need in (True, False):
            y = layer(x, x, x, attn_mask=barred, is_causal=True, need_weights=need)[0]
            found.append(y.detach().numpy())
    for y in found[1:]:
        np.testing.assert_allclose(found[0], y, rtol=1e-5, atol=1e-6)


def test_evaluation_drops_nothing() -> None:
    layer = rushlight.nn.MultiheadAttention(8, 2, dropout=0.9).eval()
    x = rushlight.ones(3, 8)
    with rushlight.no_grad():
        assert rushlight.equal(layer(x, x, x)[0], layer(x, x, x)[0])


def forward(lib: Any, **changes: Any) -> Any:
    """A call of the function, with some arguments changed."""
    x = lib.ones(3, 2, 4)
    arguments = {
        "query": x,
        "key": x,
        "value": x,
        "embed_dim_to_check": 4,
        "num_heads": 2,
        "in_proj_weight": lib.ones(12, 4),
        "in_proj_bias": None,
        "bias_k": None,
        "bias_v": None,
        "add_zero_attn": False,
        "dropout_p": 0.0,
        "out_proj_weight": lib.ones(4, 4),
        "out_proj_bias": None,
    }
    apart = ("q_proj_weight", "k_proj_weight", "v_proj_weight")
    if changes.get("use_separate_proj_weight"):
        arguments |= {name: lib.ones(4, 4) for name in apart}
    return lib.nn.functional.multi_head_attention_forward(**{**arguments, **changes})


WRONG: list[Any] = [
    lambda lib: {"query": lib.ones(3, 2, 1, 4)},
    lambda lib: {"query": lib.ones(3, 4)},
    lambda lib: {"key": lib.ones(3, 4)},
    lambda lib: {"key": lib.ones(5, 2, 4)},
    lambda lib: {"embed_dim_to_check": 5},
    lambda lib: {"num_heads": 3},
    lambda lib: {"in_proj_weight": None},
    lambda lib: {"in_proj_weight": lib.ones(12, 5)},
    lambda lib: {"is_causal": True},
    lambda lib: {"key_padding_mask": lib.ones(3, dtype=lib.bool)},
    lambda lib: {"key_padding_mask": lib.ones(2, 3, dtype=lib.int64)},
    lambda lib: {"key_padding_mask": lib.ones(3, 3)},
    lambda lib: {"key_padding_mask": lib.ones(2, 4)},
    lambda lib: {"attn_mask": lib.ones(3, dtype=lib.bool)},
    lambda lib: {"attn_mask": lib.ones(3, 3, dtype=lib.int32)},
    lambda lib: {"attn_mask": lib.ones(3, 4)},
    lambda lib: {"attn_mask": lib.ones(3, 3, 3)},
    lambda lib: {"bias_k": lib.ones(1, 1, 4)},
    lambda lib: {"bias_v": lib.ones(1, 1, 4)},
    lambda lib: (
        {"bias_k": lib.ones(1, 1, 4), "bias_v": lib.ones(1, 1, 4)} | {"static_k": lib.ones(4, 3, 2)}
    ),
    lambda lib: (
        {"bias_k": lib.ones(1, 1, 4), "bias_v": lib.ones(1, 1, 4)} | {"static_v": lib.ones(4, 3, 2)}
    ),
    lambda lib: {"static_k": lib.ones(3, 3, 2)},
    lambda lib: {"static_k": lib.ones(4, 3, 3)},
    lambda lib: {"static_v": lib.ones(3, 3, 2)},
    lambda lib: {"static_v": lib.ones(4, 3, 3)},
    lambda lib: {"use_separate_proj_weight": True, "q_proj_weight": None},
    lambda lib: {"use_separate_proj_weight": True, "k_proj_weight": None},
    lambda lib: {"use_separate_proj_weight": True, "v_proj_weight": None},
    lambda lib: {"use_separate_proj_weight": True, "q_proj_weight": lib.ones(4, 5)},
    lambda lib: {"use_separate_proj_weight": True, "k_proj_weight": lib.ones(5, 4)},
    lambda lib: {"use_separate_proj_weight": True, "v_proj_weight": lib.ones(4, 3)},
    lambda lib: {"use_separate_proj_weight": True, "key": lib.ones(4, 2, 4)},
    lambda lib: {"use_separate_proj_weight": True, "in_proj_bias": lib.ones(9)},
    lambda lib: (
        {name: lib.ones(3, 4) for name in ("query", "key", "value")}
        | {"attn_mask": lib.ones(3, 3, 3)}
    ),
    lambda lib: (
        {name: lib.ones(3, 4) for name in ("query", "key", "value")}
        | {"key_padding_mask": lib.ones(1, 3)}
    ),
]


@pytest.mark.parametrize("wrong", range(len(WRONG)))
def test_errors(wrong: int) -> None:
    raised = []
    for lib in (rushlight, judge):
        with pytest.raises(Exception) as error:
            forward(lib, **WRONG[wrong](lib))
        raised.append((error.type, str(error.value).split("\n")[0]))
    assert raised[0] == raised[1]


@pytest.mark.parametrize("static", ["static_k", "static_v"])
def test_keys_and_values_given_by_head(static: str) -> None:
    ours, theirs = (
        forward(lib, **{static: lib.arange(40.0).view(4, 5, 2)[:, :3]})
        for lib in (rushlight, judge)
    )
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5)


@pytest.mark.parametrize(
    "options", [(0, 1), (4, 0), (4, 3), (4, 2, 0.0, True, False, False, None, None, False, "tpu")]
)
def test_errors_of_the_layer(options: tuple[Any, ...]) -> None:
    raised = []
    for lib in (rushlight, judge):
        with pytest.raises(Exception) as error:
            lib.nn.MultiheadAttention(*options)
        raised.append((error.type, str(error.value).split("\n")[0]))
    assert raised[0] == raised[1]


def test_state_goes_between_libraries() -> None:
    layers = [
        lib.nn.MultiheadAttention(8, 2, kdim=3, add_bias_kv=True) for lib in (rushlight, judge)
    ]
    state = {name: t.numpy() for name, t in layers[1].state_dict().items()}
    layers[0].load_state_dict({name: tensor(rushlight, a) for name, a in state.items()})
    for name, t in layers[0].state_dict().items():
        np.testing.assert_array_equal(t.numpy(), state[name])


def test_masks_merge_as_pytorchs_do() -> None:
    found = []
    for lib in (rushlight, judge):
        layer = lib.nn.MultiheadAttention(4, 2)
        x = lib.ones(2, 3, 4)
        for mask_size in (None, (3, 3), (4, 3, 3)):
            for padded in (False, True):
                merged, kind = layer.merge_masks(
                    None if mask_size is None else lib.ones(mask_size),
                    lib.arange(6.0).view(2, 3) if padded else None,
                    x,
                )
                found.append((kind, None if merged is None else merged.tolist()))
    assert found[: len(found) // 2] == found[len(found) // 2 :]
