"""Results of channels-last images lie in channels last: pooling with indices, shuffles, padding."""

from __future__ import annotations

import pytest

from tests.both import assert_alike, expressions

IMAGES = "torch.arange(2 * 8 * 6 * 6.0).view(2, 8, 6, 6).to(memory_format=torch.channels_last)"


@expressions(
    """
    [t.stride() for t in F.max_pool2d(c, 2, return_indices=True)]
    [t.stride() for t in F.adaptive_max_pool2d(c, 3, return_indices=True)]
    F.max_pool2d(c, 3, 2, 1, return_indices=True)[1].sum()
    F.max_unpool2d(*F.max_pool2d(c, 2, return_indices=True), 2).stride()
    F.max_unpool2d(*F.max_pool2d(c, 2, return_indices=True), 2).sum()
    [t.stride() for t in F.max_pool2d(c.contiguous(), 2, return_indices=True)]
    torch.pixel_shuffle(c, 2).stride()
    torch.pixel_unshuffle(c, 2).stride()
    torch.channel_shuffle(c, 4).stride()
    torch.pixel_shuffle(c, 2)[0, 1]
    torch.channel_shuffle(c, 4)[0, :, 0, 0]
    F.pad(c, (1, 2, 1, 2), mode='reflect').stride()
    F.pad(c, (1, 2, 1, 2), mode='replicate').stride()
    F.pad(c, (1, 2, 1, 2), mode='circular').stride()
    F.pad(c, (1, 2, 1, 2)).stride()
    F.pad(c, (1, 2, 1, 2), mode='reflect')[0, 0, :2]
    """
)
def test_as_in_pytorch(expression: str) -> None:
    whole = expression.replace("F.", "torch.nn.functional.").replace("(c", f"({IMAGES}")
    assert_alike(whole)


@pytest.mark.parametrize("layout", ["contiguous_format", "channels_last"])
def test_gradients_do_not_depend_on_the_layout(layout: str) -> None:
    import rushlight as torch

    F = torch.nn.functional
    torch.manual_seed(0)
    x = torch.rand(2, 3, 7, 8, dtype=torch.float64)
    leaf = x.clone(memory_format=getattr(torch, layout)).requires_grad_()
    y, indices = F.max_pool2d(leaf, 3, 2, 1, return_indices=True)
    z = F.max_unpool2d(y, indices, 2, output_size=(7, 8))
    (g,) = torch.autograd.grad((z * x).sum(), leaf)
    plain = x.clone().requires_grad_()
    y, indices = F.max_pool2d(plain, 3, 2, 1, return_indices=True)
    (w,) = torch.autograd.grad((F.max_unpool2d(y, indices, 2, output_size=(7, 8)) * x).sum(), plain)
    assert torch.equal(g, w)
