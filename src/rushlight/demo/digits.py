"""scikit-learn's 1,797 handwritten digits, 8x8 pixels each, and two networks that read them.

The digits are the test part of E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten
Digits", UCI Machine Learning Repository (1998), as `sklearn.datasets.load_digits` ships them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import rushlight as torch
from rushlight import nn
from rushlight.demo.errors import extra
from rushlight.utils.data import TensorDataset

__all__ = ["MODELS", "load"]

TEST = 360  # images, a fifth: the rest is for training


def load() -> tuple[TensorDataset, TensorDataset]:
    """Return the training and the test set: images (1, 8, 8) in [0, 1], labels 0 to 9.

    The split is fixed, whatever the seed of a run, so that accuracies can be compared.
    """
    images, labels = extra("sklearn.datasets").load_digits(return_X_y=True)
    order = np.random.RandomState(0).permutation(len(images))
    x = torch.tensor(images[order].reshape(-1, 1, 8, 8) / 16, dtype=torch.float32)
    y = torch.tensor(labels[order], dtype=torch.int64)
    return TensorDataset(x[TEST:], y[TEST:]), TensorDataset(x[:TEST], y[:TEST])


def mlp() -> nn.Module:
    """Two hidden layers of 128: 26,122 parameters."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(64, 128),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(128, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def cnn() -> nn.Module:
    """Two convolutions, one pooling and two linear layers: 151,306 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(1024, 128),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(128, 10),
    )


MODELS: dict[str, Callable[[], nn.Module]] = {"mlp": mlp, "cnn": cnn}
