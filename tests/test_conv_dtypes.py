"""Convolutions of operands whose dtypes differ: which error PyTorch has for which of them."""

from __future__ import annotations

from typing import Any

from tests.both import assert_alike, expressions


def names(lib: Any) -> dict[str, Any]:
    return {
        "torch": lib,
        "F": lib.nn.functional,
        "nn": lib.nn,
        "x": lib.ones(2, 4, 6, 6),
        "w": lib.ones(3, 4, 2, 2),
        "t": lib.ones(4, 3, 2, 2),
        "b": lib.ones(3),
    }


@expressions(
    """
    F.conv2d(x, w.double())
    F.conv2d(x.double(), w)
    F.conv2d(x.double(), w, b)
    F.conv2d(x, w, b.double())
    F.conv2d(x, w.half())
    F.conv2d(x, w.long())
    F.conv2d(x.half(), w)
    F.conv2d(x.long(), w)
    F.conv2d(x, w.to(torch.complex64))
    F.conv2d(x[:1], w.double())
    F.conv2d(x[0], w.double())
    F.conv2d(x[:1], torch.ones(4, 2, 2, 2).double(), groups=2)
    F.conv2d(x[:1], torch.ones(3, 4, 4, 4).double())
    F.conv2d(x[:1], torch.ones(3, 4, 3, 3).double())
    F.conv2d(x[:1], w.double(), dilation=2)
    F.conv2d(torch.ones(1, 4, 90, 90), w.double())
    F.conv2d(torch.ones(16, 4, 6, 6), torch.ones(3, 4, 1, 1).double())
    F.conv2d(x, torch.ones(3, 4, 1, 1).double(), stride=2)
    F.conv2d(x, w.double(), b)
    F.conv2d(x, w, torch.ones(2).double())
    F.conv2d(x, torch.ones(3, 5, 2, 2), b.double())
    F.conv1d(x[0], torch.ones(3, 6, 2).double())
    F.conv1d(x[:, :, 0], torch.ones(3, 4, 2).double())
    F.conv1d(x[:, :, 0].double(), torch.ones(3, 4, 2), b)
    F.conv3d(torch.ones(2, 4, 6, 6, 6), torch.ones(3, 4, 2, 2, 2).double())
    F.conv3d(torch.ones(1, 4, 6, 6, 6), torch.ones(3, 4, 2, 2, 2).double())
    F.conv_transpose2d(x, t.double())
    F.conv_transpose2d(x[:1], t.double())
    F.conv_transpose2d(x.double(), t)
    F.conv_transpose2d(x, t.double(), b)
    F.conv_transpose2d(x, t, b.double())
    F.conv_transpose1d(x[:, :, 0], t[..., 0].double())
    nn.Conv2d(4, 3, 2)(x.double())
    nn.Conv2d(4, 3, 2)(x.byte())
    nn.Conv2d(4, 3, 2).double()(x)
    nn.Conv2d(4, 3, 2, bias=False)(x.double())
    nn.Conv2d(4, 3, 2, bias=False).double()(x)
    nn.Conv1d(4, 3, 2)(x[:, :, 0].double())
    nn.ConvTranspose2d(4, 3, 2)(x.double())
    F.hardtanh(x.bfloat16()).dtype
    F.relu6(torch.tensor([-1.0, 3.0, 7.0], dtype=torch.bfloat16))
    F.hardtanh(torch.tensor([-1.0, 0.3, 7.0], dtype=torch.bfloat16), -0.5, 0.7)
    """
)
def test_dtypes_that_differ(expression: str) -> None:
    assert_alike(expression, names)
