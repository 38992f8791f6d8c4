"""An operator of your own: a forward, a backward, and the check that they belong together.

    python examples/custom_function.py

A root of ``w * exp(w) = x`` (Lambert's W) is found by Newton's method. Differentiating through the
iterations would work and waste memory. The equation itself gives the derivative in one line:
``dw/dx = w / (x * (1 + w))``.
"""

from typing import Any

import rushlight as torch


class LambertW(torch.autograd.Function):
    """The w >= -1 with ``w * exp(w) = x``, for positive `x`."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        w = torch.log1p(x)  # right to a few per cent for all x > 0
        for _ in range(8):
            e = w.exp()
            w = w - (w * e - x) / (e * (w + 1))
        ctx.save_for_backward(x, w)
        return w

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> torch.Tensor:
        x, w = ctx.saved_tensors
        return g * w / (x * (1 + w))  # w is our own output: it can be differentiated again


class Forgetful(LambertW):
    """The same with a mistake, to see what the check says."""

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> torch.Tensor:
        _, w = ctx.saved_tensors
        return g * w / (1 + w)


def main() -> None:
    x = torch.tensor([0.1, 1.0, 3.0, 20.0], dtype=torch.float64, requires_grad=True)
    w = LambertW.apply(x)
    print("w          ", w.tolist())
    print("w * exp(w) ", (w * w.exp()).tolist())
    print(w.grad_fn)

    print("first derivative: ", torch.autograd.gradcheck(LambertW.apply, (x,)))
    print("second derivative:", torch.autograd.gradgradcheck(LambertW.apply, (x,)))
    try:
        torch.autograd.gradcheck(Forgetful.apply, (x,))
    except torch.autograd.GradcheckError as error:
        print("with a mistake:   ", str(error).splitlines()[0])


if __name__ == "__main__":
    main()
