"""A convolutional network that reads handwritten digits.

    python examples/digits_cnn.py

Two convolutions, pooling, dropout and two linear layers, trained by Adadelta with a learning rate
that falls: the usual first program, on the 1797 digits of 8 x 8 pixels that scikit-learn carries.
"""

from itertools import chain, islice, repeat

import libraries
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.dropout1 = nn.Dropout2d(0.1)
        self.dropout2 = nn.Dropout(0.25)
        self.hidden = nn.Linear(32 * 4 * 4, 64)
        self.out = nn.Linear(64, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """From (batch, 1, 8, 8) images to (batch, 10) log-probabilities."""
        x = F.relu(self.conv1(images))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = self.dropout1(x).flatten(1)
        x = self.dropout2(F.relu(self.hidden(x)))
        return F.log_softmax(self.out(x), dim=1)


def main(steps: int, every: int, seed: int) -> None:
    torch.manual_seed(seed)
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.get_default_dtype()).unsqueeze(1) / 16
    data = TensorDataset(images, torch.from_numpy(digits.target))
    train, test = random_split(data, [1500, 297])
    loader = DataLoader(train, batch_size=64, shuffle=True, drop_last=True)

    model = Network()
    optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=len(loader), gamma=0.9)

    model.train()
    batches = islice(chain.from_iterable(repeat(loader)), steps)  # epoch after epoch
    for step, (x, y) in enumerate(batches, 1):
        loss = F.nll_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        if step % every == 0:
            print(f"step {step}: loss {loss.item():.6f}")

    model.eval()
    x, y = test[:]
    with torch.no_grad():
        accuracy = (model(x).argmax(dim=1) == y).float().mean().item()
    print(f"accuracy {accuracy:.4f} on {len(y)} digits that it never saw")


if __name__ == "__main__":
    args = libraries.arguments(__doc__, steps=300, every=20).parse_args()
    main(args.steps, args.every, args.seed)
