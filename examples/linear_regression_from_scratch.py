"""A line through points, with tensors only: no layers, no optimizer, every step in sight.

    python examples/linear_regression_from_scratch.py

The answer that descent creeps up to is held against the one that algebra gives.
"""

import argparse

import rushlight as torch


def main(steps: int) -> None:
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 100)
    y = 3.0 * x - 0.5 + 0.1 * torch.randn(100)

    slope = torch.zeros((), requires_grad=True)
    offset = torch.zeros((), requires_grad=True)

    for step in range(steps):
        loss = ((slope * x + offset - y) ** 2).mean()
        loss.backward()  # now slope.grad is d loss / d slope
        with torch.no_grad():  # the update itself is not to be differentiated
            slope -= 0.3 * slope.grad
            offset -= 0.3 * offset.grad
        slope.grad = offset.grad = None  # gradients add up unless they are dropped
        if step % 20 == 0:
            print(f"step {step:3d}: loss {loss.item():.5f}")

    print(f"descent: y = {slope.item():.4f} x {offset.item():+.4f}")
    centred = x - x.mean()
    exact = (centred * y).sum() / (centred * centred).sum()
    print(f"algebra: y = {exact.item():.4f} x {(y.mean() - exact * x.mean()).item():+.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Fit a line by gradient descent.")
    parser.add_argument("--steps", type=int, default=100)
    main(parser.parse_args().steps)
