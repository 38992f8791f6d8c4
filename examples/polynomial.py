"""A polynomial found again from noisy values of it.

    python examples/polynomial.py

A linear layer over the powers of x, with a fresh batch for each step: regression in its simplest
form.
"""

import libraries
import torch
import torch.nn.functional as F
from torch import nn

DEGREE = 4


def powers(x: torch.Tensor) -> torch.Tensor:
    """From (n,) numbers to their (n, DEGREE) powers, the first one first."""
    return torch.stack([x**i for i in range(1, DEGREE + 1)], dim=1)


def written(coefficients: torch.Tensor, offset: torch.Tensor) -> str:
    """The polynomial as one writes it, the highest power first."""
    terms = [f"{c:+.2f} x^{i}" for i, c in enumerate(coefficients.tolist(), 1)]
    return " ".join(["y =", *reversed(terms), f"{offset.item():+.2f}"])


def main(steps: int, every: int, seed: int) -> None:
    torch.manual_seed(seed)
    coefficients, offset = 3 * torch.randn(DEGREE), 3 * torch.randn(1)
    model = nn.Linear(DEGREE, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.8)
    for step in range(1, steps + 1):
        x = 2 * torch.rand(64) - 1
        features = powers(x)
        y = features @ coefficients + offset + 0.1 * torch.randn(64)
        loss = F.smooth_l1_loss(model(features).squeeze(1), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % every == 0:
            print(f"step {step}: loss {loss.item():.6f}")

    print("learned:", written(model.weight[0], model.bias))
    print("true:   ", written(coefficients, offset))


if __name__ == "__main__":
    args = libraries.arguments(__doc__, steps=1000, every=100).parse_args()
    main(args.steps, args.every, args.seed)
