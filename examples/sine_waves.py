"""Waves continued by an LSTM that L-BFGS trains.

    python examples/sine_waves.py

Noisy waves with phases of their own: two LSTM cells learn to tell each value from those before it,
on all waves at once, by a quasi-Newton method with line searches. Then they feed on their own
predictions, and go on where the data end.
"""

import libraries
import torch
from torch import nn


class Forecaster(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.LSTMCell(1, width)
        self.second = nn.LSTMCell(width, width)
        self.out = nn.Linear(width, 1)

    def forward(self, waves: torch.Tensor, future: int = 0) -> torch.Tensor:
        """From (batch, time) values to (batch, time + future): the value after each."""
        first = second = None
        predicted = []
        for value in waves.split(1, dim=1):
            first = self.first(value, first)
            second = self.second(first[0], second)
            predicted.append(self.out(second[0]))
        for _ in range(future):  # from here on it believes itself
            first = self.first(predicted[-1], first)
            second = self.second(first[0], second)
            predicted.append(self.out(second[0]))
        return torch.cat(predicted, dim=1)


def main(steps: int, every: int, seed: int, width: int, waves: int, length: int) -> None:
    torch.manual_seed(seed)
    time = torch.arange(length + 41) / 5.0 + 6.28 * torch.rand(waves, 1)
    clean = torch.sin(time)
    noisy = clean[:, : length + 1] + 0.02 * torch.randn(waves, length + 1)
    x, y = noisy[:, :-1], noisy[:, 1:]

    model = Forecaster(width)
    loss_fn = nn.MSELoss()
    optimizer = torch.optim.LBFGS(
        model.parameters(), lr=1, max_iter=2, line_search_fn="strong_wolfe"
    )

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        return loss

    for step in range(1, steps + 1):
        loss = optimizer.step(closure)
        if step % every == 0:
            print(f"step {step}: loss {loss.item():.6f}")

    with torch.no_grad():
        ahead = model(x, future=40)[:, -40:]
    error = (ahead - clean[:, -40:]).abs().mean(dim=0)
    print(f"mean error 10 steps ahead {error[9].item():.3f}, 40 steps ahead {error[39].item():.3f}")


if __name__ == "__main__":
    parser = libraries.arguments(__doc__, steps=50, every=5)
    parser.add_argument("--width", type=int, default=16, help="of the cells' states")
    parser.add_argument("--waves", type=int, default=32, help="how many to learn from")
    parser.add_argument("--length", type=int, default=60, help="values of each")
    args = parser.parse_args()
    main(args.steps, args.every, args.seed, args.width, args.waves, args.length)
