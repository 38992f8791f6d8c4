"""Handwritten digits read by a small network: a plain PyTorch program, with another import.

    python examples/digits.py

Change the first import to `import torch` (or give ``--library torch``) and the losses are the same:
initial weights, shuffles and dropout masks come from the same random streams.
"""

import argparse
import importlib
from typing import Any

from sklearn.datasets import load_digits

import rushlight as torch


def network(torch: Any) -> Any:
    nn = torch.nn
    return nn.Sequential(
        nn.Linear(64, 64),
        nn.ReLU(),
        nn.Dropout(0.1),
        nn.Linear(64, 32),
        nn.ReLU(),
        nn.Linear(32, 10),
    )


def main(torch: Any, epochs: int) -> None:
    torch.manual_seed(0)
    digits = load_digits()
    x = torch.from_numpy(digits.data).float() / 16
    y = torch.from_numpy(digits.target)
    order = torch.randperm(len(x))
    train, test = order[:1440], order[1440:]

    data = torch.utils.data
    loader = data.DataLoader(data.TensorDataset(x[train], y[train]), batch_size=64, shuffle=True)
    model = network(torch)
    loss_fn = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

    for epoch in range(1, epochs + 1):
        model.train()
        total = 0.0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
        print(f"epoch {epoch}: loss {total / len(train):.5f}")

    model.eval()
    with torch.no_grad():
        accuracy = (model(x[test]).argmax(1) == y[test]).float().mean().item()
    print(f"accuracy {accuracy:.4f} on {len(test)} digits that it never saw")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train a network to read digits.")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--library", help="another library to run it with: torch")
    args = parser.parse_args()
    if args.library:
        torch = importlib.import_module(args.library)
    main(torch, args.epochs)
