"""A Siamese network: are these two pictures the same digit?

    python examples/siamese.py

One network looks at both pictures, and the distance of what it sees tells, after Hadsell, Chopra
and LeCun, "Dimensionality Reduction by Learning an Invariant Mapping", CVPR 2006. It never learns
what the digits are; shown one example of each, it names new ones nevertheless.
"""

import libraries
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

MARGIN = 1.0


class Embedding(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.SiLU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1),
            nn.BatchNorm2d(16),
            nn.SiLU(),
            nn.Flatten(),
            nn.Linear(16 * 4 * 4, 16),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """From (batch, 1, 8, 8) images to (batch, 16) unit vectors."""
        return F.normalize(self.features(images), dim=1)


def contrastive(a: torch.Tensor, b: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
    """Pull pairs of the same digit together, push others apart as far as the margin."""
    distance = F.pairwise_distance(a, b)
    return torch.where(same, distance, F.relu(MARGIN - distance)).square().mean()


def partners(labels: torch.Tensor, first: torch.Tensor) -> torch.Tensor:
    """For each digit another: of the same kind for about a half of them, any for the rest."""
    same = labels[first].unsqueeze(1) == labels
    half = torch.rand(len(first), 1) < 0.45
    return torch.multinomial((same | ~half).to(torch.get_default_dtype()), 1).squeeze(1)


def main(steps: int, every: int, seed: int) -> None:
    torch.manual_seed(seed)
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.get_default_dtype()).unsqueeze(1) / 16
    labels = torch.from_numpy(digits.target)
    x, y = images[:1400], labels[:1400]

    model = Embedding()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    for step in range(1, steps + 1):
        first = torch.randint(len(x), (64,))
        second = partners(y, first)
        loss = contrastive(model(x[first]), model(x[second]), y[first] == y[second])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % every == 0:
            print(f"step {step}: loss {loss.item():.6f}")

    model.eval()
    examples = torch.stack([(y == digit).nonzero()[0, 0] for digit in range(10)])
    with torch.no_grad():
        nearest = torch.cdist(model(images[1400:]), model(x[examples])).argmin(dim=1)
    accuracy = (nearest == labels[1400:]).float().mean().item()
    print(f"accuracy {accuracy:.4f} on new digits, from one example of each")


if __name__ == "__main__":
    args = libraries.arguments(__doc__, steps=500, every=50).parse_args()
    main(args.steps, args.every, args.seed)
