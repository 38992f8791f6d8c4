"""Digits changed so little that we don't mind, and so cleverly that a network misreads them.

    python examples/fast_gradient_sign.py

The fast gradient sign method of Goodfellow, Shlens and Szegedy, "Explaining and harnessing
adversarial examples", 2015: every pixel moves by epsilon to the side that makes the loss grow.
"""

import libraries
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


def attack(model: nn.Module, x: torch.Tensor, y: torch.Tensor, epsilon: float) -> torch.Tensor:
    """The images `x`, each pixel at most `epsilon` away, that the model finds harder."""
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(F.cross_entropy(model(x), y), x)
    return (x + epsilon * gradient.sign()).detach().clamp(0, 1)


def main(steps: int, every: int, seed: int) -> None:
    torch.manual_seed(seed)
    digits = load_digits()
    x = torch.tensor(digits.images, dtype=torch.get_default_dtype()).unsqueeze(1) / 16
    y = torch.from_numpy(digits.target)
    order = torch.randperm(len(x))
    train, test = order[:1500], order[1500:]

    model = nn.Sequential(
        nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(),
        nn.Flatten(), nn.Linear(32 * 4 * 4, 10),
    )  # fmt: skip
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    for step in range(1, steps + 1):
        batch = train[torch.randint(len(train), (64,))]
        loss = F.cross_entropy(model(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % every == 0:
            print(f"step {step}: loss {loss.item():.6f}")

    for epsilon in (0.0, 0.05, 0.1, 0.2, 0.3):
        seen = attack(model, x[test], y[test], epsilon)
        with torch.no_grad():
            right = (model(seen).argmax(dim=1) == y[test]).double().mean().item()
        print(f"epsilon {epsilon:.2f}: {right:.1%} of {len(test)} digits read rightly")


if __name__ == "__main__":
    args = libraries.arguments(__doc__, steps=300, every=20).parse_args()
    main(args.steps, args.every, args.seed)
