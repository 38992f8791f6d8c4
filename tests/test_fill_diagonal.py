"""`fill_diagonal_`: which elements it writes, and what gradients are left."""

from __future__ import annotations

from typing import Any

from tests.both import assert_alike, expressions, story


@expressions(
    """
    torch.zeros(3, 3).fill_diagonal_(5)
    torch.zeros(2, 3).fill_diagonal_(5)
    torch.zeros(3, 2).fill_diagonal_(5)
    torch.zeros(7, 3).fill_diagonal_(5)
    torch.zeros(7, 3).fill_diagonal_(5, wrap=True)
    torch.zeros(11, 3).fill_diagonal_(5, True)
    torch.zeros(4, 3).fill_diagonal_(5, wrap=True)
    torch.zeros(2, 2, 2).fill_diagonal_(1)
    torch.zeros(2, 3, 2).fill_diagonal_(1)
    torch.zeros(3).fill_diagonal_(1)
    torch.zeros(()).fill_diagonal_(1)
    torch.zeros(3, 2).mT.fill_diagonal_(5)
    torch.zeros(4, 6)[1:, ::2].fill_diagonal_(5)
    torch.zeros(3, 3, dtype=torch.int64).fill_diagonal_(5)
    torch.zeros(3, 3, dtype=torch.bool).fill_diagonal_(True)
    torch.zeros(0, 3).fill_diagonal_(5)
    x.fill_diagonal_(5)
    """
)
def test_what_is_written(expression: str) -> None:
    assert_alike(expression)


@story
def test_no_gradient_passes_where_it_wrote(lib: Any) -> Any:
    x = lib.ones(3, 3, requires_grad=True)
    y = (x * 2).fill_diagonal_(7)
    (y * y).sum().backward()
    return y.detach(), x.grad
