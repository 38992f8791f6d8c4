"""A variational autoencoder of handwritten digits.

    python examples/vae.py

After Kingma and Welling, "Auto-Encoding Variational Bayes", ICLR 2014: an encoder gives the mean
and the variance of a code, a decoder draws a digit from a random code, and both learn to make the
digits likely. At the end the decoder draws some that nobody wrote.
"""

import libraries
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

PIXELS, HIDDEN, CODE = 64, 64, 8


class VAE(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(PIXELS, HIDDEN), nn.ELU())
        self.mean = nn.Linear(HIDDEN, CODE)
        self.log_variance = nn.Linear(HIDDEN, CODE)
        self.decoder = nn.Sequential(
            nn.Linear(CODE, HIDDEN), nn.ELU(), nn.Linear(HIDDEN, PIXELS), nn.Sigmoid()
        )

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The digits (batch, PIXELS) drawn again, and the mean and log-variance of their codes."""
        features = self.encoder(x)
        mean, log_variance = self.mean(features), self.log_variance(features)
        code = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        return self.decoder(code), mean, log_variance


def negative_elbo(
    x: torch.Tensor, drawn: torch.Tensor, mean: torch.Tensor, log_variance: torch.Tensor
) -> torch.Tensor:
    """The nats that a digit costs, at most: what the drawing misses, and what the code tells."""
    missed = F.binary_cross_entropy(drawn, x, reduction="sum")
    told = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
    return (missed + told) / len(x)


def picture(digits: torch.Tensor) -> str:
    """Digits side by side, in characters."""
    levels = (digits.view(-1, 8, 8).transpose(0, 1) * 4.99).long().tolist()
    return "\n".join("  ".join("".join(" .+*#"[i] for i in row) for row in line) for line in levels)


def main(steps: int, every: int, seed: int) -> None:
    torch.manual_seed(seed)
    x = torch.tensor(load_digits().data, dtype=torch.get_default_dtype()) / 16
    model = VAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(1, steps + 1):
        batch = x[torch.randint(len(x), (64,))]
        loss = negative_elbo(batch, *model(batch))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % every == 0:
            print(f"step {step}: loss {loss.item():.6f}")

    with torch.no_grad():
        print(picture(model.decoder(torch.randn(7, CODE))))


if __name__ == "__main__":
    args = libraries.arguments(__doc__, steps=2000, every=200).parse_args()
    main(args.steps, args.every, args.seed)
