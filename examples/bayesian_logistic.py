"""Tumours told apart by logistic regression that knows how sure it is (Hamiltonian Monte Carlo).

    python examples/bayesian_logistic.py

The weights are not fitted but drawn from their posterior: a ball rolls over the negative
log-posterior, pushed by its gradient, and where it comes to is the next sample (Neal, "MCMC using
Hamiltonian dynamics", 2011). The data are the 569 tumours that scikit-learn carries. A step is one
sample; its loss is the negative log-posterior by the tumour.
"""

import libraries
import torch
import torch.nn.functional as F
from sklearn.datasets import load_breast_cancer

LEAPS, STRIDE = 20, 0.05


def leapfrog(slope, place: torch.Tensor, momentum: torch.Tensor):
    """Roll for a while; return where the ball is and how it moves, with energy nearly kept."""
    momentum = momentum - STRIDE / 2 * slope(place)
    for leap in range(LEAPS):
        place = place + STRIDE * momentum
        momentum = momentum - (STRIDE if leap < LEAPS - 1 else STRIDE / 2) * slope(place)
    return place, momentum


def main(steps: int, every: int, seed: int) -> None:
    torch.manual_seed(seed)
    data = load_breast_cancer()
    x = torch.tensor(data.data, dtype=torch.get_default_dtype())
    x = torch.cat(((x - x.mean(0)) / x.std(0), torch.ones(len(x), 1)), dim=1)
    y = torch.tensor(data.target, dtype=torch.get_default_dtype())
    order = torch.randperm(len(x))
    train, test = order[:400], order[400:]

    def potential(weights: torch.Tensor) -> torch.Tensor:
        """The negative logarithm of the posterior; the prior of a weight is normal."""
        misfit = F.binary_cross_entropy_with_logits(x[train] @ weights, y[train], reduction="sum")
        return misfit + weights.square().sum() / 2

    def slope(weights: torch.Tensor) -> torch.Tensor:
        weights = weights.detach().requires_grad_()
        return torch.autograd.grad(potential(weights), weights)[0]

    weights, samples, moved = torch.zeros(x.shape[1]), [], 0
    for step in range(1, steps + 1):
        momentum = torch.randn(len(weights))
        place, final = leapfrog(slope, weights, momentum)
        before = potential(weights) + momentum.square().sum() / 2
        after = potential(place) + final.square().sum() / 2
        if torch.rand(()) < torch.exp(before - after):
            weights, moved = place, moved + 1
        samples.append(weights)
        if step % every == 0:
            print(f"step {step}: loss {potential(weights).item() / len(train):.6f}")

    posterior = torch.stack(samples[steps // 5 :])  # the first ones remember the start
    chances = torch.sigmoid(x[test] @ posterior.T).mean(dim=1)
    right = (chances > 0.5) == (y[test] == 1)
    sure = (chances - 0.5).abs() > 0.45
    print(f"{moved / steps:.0%} of the moves accepted")
    print(f"{right.double().mean().item():.1%} right of {len(test)} tumours that it never saw")
    print(f"{right[sure].double().mean().item():.1%} of the {int(sure.sum())} it is sure of")


if __name__ == "__main__":
    args = libraries.arguments(__doc__, steps=500, every=50).parse_args()
    main(args.steps, args.every, args.seed)
