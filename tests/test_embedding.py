"""Tables looked up by index: the stories that single calls don't tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rushlight
from tests.both import assert_alike, expressions
from tests.libraries import LIBRARIES

both = pytest.mark.parametrize("torch", LIBRARIES)


@expressions(
    """
    torch.nn.Embedding(5, 3, padding_idx=-1)
    torch.nn.Embedding(5, 3, padding_idx=7)
    torch.nn.Embedding(5, 3, padding_idx=2).weight[2]
    torch.nn.Embedding(5, 3, _weight=torch.ones(2, 2))
    torch.nn.Embedding.from_pretrained(torch.ones(3))
    torch.nn.Embedding.from_pretrained(torch.ones(3, 2)).weight
    torch.nn.Embedding.from_pretrained(torch.ones(3, 2), freeze=False).weight
    torch.nn.Embedding(4, 2)(torch.tensor([0, 3]))
    torch.nn.EmbeddingBag(5, 3)
    torch.nn.EmbeddingBag(5, 3, padding_idx=-1)
    torch.nn.EmbeddingBag(5, 3, 1.0, 1.0, True, "sum", include_last_offset=True)
    torch.nn.EmbeddingBag(5, 3, padding_idx=7)
    torch.nn.EmbeddingBag(5, 3, _weight=torch.ones(2, 2))
    torch.nn.EmbeddingBag.from_pretrained(torch.ones(3))
    torch.nn.EmbeddingBag.from_pretrained(torch.ones(3, 2)).weight
    torch.nn.EmbeddingBag(4, 2, mode="max")(torch.tensor([0, 3, 1]), torch.tensor([0, 0, 2]))
    torch.nn.EmbeddingBag(4, 2)(torch.tensor([[0, 4]]))
    torch.nn.EmbeddingBag(4, 2, padding_idx=1)(torch.tensor([[0, 4]]))
    torch.nn.EmbeddingBag(4, 2, mode="max")(torch.tensor([[0, -1]]))
    torch.nn.EmbeddingBag(4, 2, max_norm=0.5)(torch.tensor([[0, 3], [1, 1]]))
    """
)
def test_expressions(expression: str) -> None:
    assert_alike(expression)


@both
@pytest.mark.parametrize("norm_type", [1.0, 2.0, float("inf")])
def test_rows_are_shrunk_to_the_largest_norm_in_place(torch: Any, norm_type: float) -> None:
    table = torch.tensor([[3.0, 4.0], [0.1, 0.2], [6.0, 8.0]])
    rows = torch.nn.functional.embedding(
        torch.tensor([0, 1, 0]), table, max_norm=1.0, norm_type=norm_type
    )
    norms = np.linalg.norm(table.numpy(), ord=norm_type, axis=1)
    np.testing.assert_allclose(norms[0], 1.0, rtol=1e-5)
    np.testing.assert_allclose(table[1:].numpy(), [[0.1, 0.2], [6.0, 8.0]])
    np.testing.assert_allclose(rows[0].numpy(), table[0].numpy())


@both
def test_gradients_by_frequency(torch: Any) -> None:
    table = torch.zeros(4, 1, requires_grad=True)
    index = torch.tensor([1, 1, 1, 2, 2, 0])
    torch.nn.functional.embedding(index, table, scale_grad_by_freq=True).sum().backward()
    assert table.grad.flatten().tolist() == [1, 1, 1, 0]


def test_gradients_of_bags_by_frequency() -> None:
    """As documented; PyTorch divides by another row's frequency."""
    torch = rushlight
    table = torch.zeros(4, 1, requires_grad=True)
    index, starts = torch.tensor([1, 1, 1, 2, 2, 0]), torch.tensor([0, 4])
    bags = torch.nn.functional.embedding_bag(
        index, table, starts, mode="sum", scale_grad_by_freq=True
    )
    bags.sum().backward()
    assert table.grad.flatten().tolist() == [1, 1, 1, 0]


def test_second_derivative_of_weighted_bags() -> None:
    """The gradients' gradients, which PyTorch doesn't have, against the definition."""
    torch = rushlight
    found = []
    for bag in (True, False):
        torch.manual_seed(0)
        table = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
        factors = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
        index = torch.tensor([[1, 3, 1], [0, 2, 2]])
        if bag:
            y = torch.nn.functional.embedding_bag(
                index, table, mode="sum", per_sample_weights=factors
            )
        else:
            y = (table[index] * factors.unsqueeze(-1)).sum(1)
        first = torch.autograd.grad((y**3).sum(), (table, factors), create_graph=True)
        second = torch.autograd.grad(sum((g**2).sum() for g in first), (table, factors))
        found.append([g.detach().numpy() for g in (*first, *second)])
    for ours, definition in zip(*found):
        np.testing.assert_allclose(ours, definition)


@both
def test_an_index_that_is_written_is_found(torch: Any) -> None:
    table = torch.zeros(4, 1, requires_grad=True)
    index = torch.tensor([[1, 1]])
    y = torch.nn.functional.embedding_bag(index, table, mode="sum")
    index.fill_(3)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


@both
def test_padding_that_is_no_row(torch: Any) -> None:
    table = torch.zeros(4, 1, requires_grad=True)
    torch.embedding(table, torch.tensor([1, 3, 3]), 7).sum().backward()
    assert table.grad.flatten().tolist() == [0, 1, 0, 2]


@pytest.mark.parametrize("layer", ["Embedding", "EmbeddingBag"])
def test_sparse_gradients_are_refused(layer: str) -> None:
    with pytest.raises(NotImplementedError, match="sparse"):
        getattr(rushlight.nn, layer)(3, 2, sparse=True)
