"""Transformers beside PyTorch: initial weights, results, gradients, masks, dropout, mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rushlight
from tests.both import assert_same_story, attempt
from tests.both import judge as torch

pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor")

OPTIONS: list[dict[str, Any]] = [
    {},
    {"batch_first": True},
    {"norm_first": True},
    {"bias": False, "activation": "gelu"},
    {"batch_first": True, "norm_first": True, "layer_norm_eps": 1e-2, "dropout": 0.0},
]
MASKS = ["none", "causal", "boolean", "padding", "both"]


def masks(lib: Any, kind: str, n: int, batch: int) -> tuple[Any, Any]:
    """A mask of scores and one of keys."""
    later = lib.ones(n, n, dtype=lib.bool).triu(1)
    padding = lib.zeros(batch, n, dtype=lib.bool)
    padding[0, -1] = True
    mask = {
        "causal": lib.nn.Transformer.generate_square_subsequent_mask(n),
        "boolean": later,
        "both": later,
    }.get(kind)
    return mask, padding if kind in ("padding", "both") else None


def compare(tell: Any, rtol: float = 2e-4) -> None:
    for mine, other in zip(tell(rushlight), tell(torch), strict=True):
        np.testing.assert_allclose(mine, other, rtol=rtol, atol=rtol / 5)


def outcome(layer: Any, inputs: list[Any], y: Any) -> list[Any]:
    (y * y.detach().cos()).sum().backward()
    grads = [t.grad for t in (*inputs, *layer.parameters())]
    return [t.detach().numpy() for t in (y, *grads, *layer.parameters())]


def draw(lib: Any, seed: int, *shape: int) -> Any:
    values = np.random.RandomState(seed).randn(*shape).astype(np.float32)
    return lib.tensor(values, requires_grad=True)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("options", OPTIONS)
def test_encoders(options: dict[str, Any], kind: str, training: bool) -> None:
    def tell(lib: Any) -> list[Any]:
        lib.manual_seed(0)
        layer = lib.nn.TransformerEncoderLayer(8, 2, 16, **options)
        norm = lib.nn.LayerNorm(8)
        model = lib.nn.TransformerEncoder(layer, 2, norm, enable_nested_tensor=False)
        model.train(training)
        x = draw(lib, 1, *((3, 5, 8) if options.get("batch_first") else (5, 3, 8)))
        mask, padding = masks(lib, kind, 5, 3)
        if padding is not None and mask is not None and mask.dtype != padding.dtype:
            mask = mask == 0
        lib.manual_seed(1)
        return outcome(model, [x], model(x, mask, padding))

    compare(tell)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("options", OPTIONS)
def test_decoders(options: dict[str, Any], kind: str, training: bool) -> None:
    def tell(lib: Any) -> list[Any]:
        lib.manual_seed(0)
        layer = lib.nn.TransformerDecoderLayer(8, 2, 16, **options)
        model = lib.nn.TransformerDecoder(layer, 2).train(training)
        first = options.get("batch_first")
        x = draw(lib, 1, *((3, 5, 8) if first else (5, 3, 8)))
        memory = draw(lib, 2, *((3, 4, 8) if first else (4, 3, 8)))
        mask, padding = masks(lib, kind, 5, 3)
        _, memory_padding = masks(lib, kind, 4, 3)
        lib.manual_seed(1)
        y = model(
            x,
            memory,
            tgt_mask=mask,
            tgt_key_padding_mask=padding,
            memory_key_padding_mask=memory_padding,
        )
        return outcome(model, [x, memory], y)

    compare(tell)


@pytest.mark.parametrize("batched", [False, True])
def test_whole_transformers(batched: bool) -> None:
    def tell(lib: Any) -> list[Any]:
        lib.manual_seed(0)
        model = lib.nn.Transformer(8, 2, 1, 2, 16, norm_first=True)
        batch = (3,) if batched else ()
        x, y = draw(lib, 1, 4, *batch, 8), draw(lib, 2, 5, *batch, 8)
        mask = model.generate_square_subsequent_mask(5)
        return outcome(model, [x, y], model(x, y, tgt_mask=mask))

    compare(tell)


def test_telling_that_a_mask_is_causal_changes_nothing() -> None:
    rushlight.manual_seed(0)
    layer = rushlight.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    model = rushlight.nn.TransformerEncoder(layer, 2)
    x, mask = rushlight.randn(3, 5, 8), masks(rushlight, "causal", 5, 3)[0]
    expected = model(x, mask)
    for told in (None, False, True):
        rushlight.testing.assert_close(model(x, mask, is_causal=told), expected)
    assert model(x, mask)[:, 0].allclose(model(x[:, :1])[:, 0], atol=1e-6)


@pytest.mark.parametrize(
    "expression",
    [
        "nn.TransformerEncoderLayer(4, 2, activation='x')",
        "nn.TransformerEncoderLayer(4, 3)",
        "model(torch.ones(3, 2, 4), torch.ones(3, 1, 4))",
        "model(torch.ones(3, 2, 5), torch.ones(3, 2, 5))",
        "model(torch.ones(3, 2, 4), torch.ones(5, 2, 4)).shape",
        "model.encoder(torch.ones(3, 2, 4), mask=torch.ones(3, 3, dtype=torch.int64))",
        "model.encoder(x, src_key_padding_mask=torch.zeros(3, 2, dtype=torch.bool))",
        "nn.Transformer.generate_square_subsequent_mask(3, dtype=torch.float64)",
        "(model, list(model.state_dict()))",
        "nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8, bias=False), 1)",
        "nn.Transformer(4, 2, 1, 1, 8, custom_encoder=nn.Identity(), custom_decoder=nn.Identity())",
    ],
)
def test_names_and_mistakes(expression: str) -> None:
    def tell(lib: Any) -> str:
        import warnings

        names = {"torch": lib, "nn": lib.nn, "x": lib.ones(3, 2, 4)}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names["model"] = lib.nn.Transformer(4, 2, 1, 1, 8)
        return attempt(lambda: eval(expression, names)).replace("rushlight.", "torch.")

    assert_same_story(tell)
