"""The heat equation solved by a network that is told the equation, and no solution.

    python examples/heat_equation.py

A rod of length 1, cold at both ends and hot in the middle, cools: ``u_t = K u_xx``. The network
u(x, t) is trained until its own derivatives obey that, after Raissi, Perdikaris and Karniadakis,
"Physics-informed neural networks", Journal of Computational Physics 378, 2019.
"""

import libraries
import torch
from torch import nn

K = 0.1  # of the rod: how well it conducts


class Rod(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1)
        )

    def forward(self, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """The (n, 1) temperatures at the (n, 1) places and times."""
        return self.layers(torch.cat((x, t), dim=1))


def slope(u: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """The derivative of each u by its own x, which can be differentiated again."""
    return torch.autograd.grad(u.sum(), x, create_graph=True)[0]


def residual(u: nn.Module, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """How far the network is from the equation inside of the rod."""
    x.requires_grad_()
    t.requires_grad_()
    heat = u(x, t)
    return slope(heat, t) - K * slope(slope(heat, x), x)


def solution(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """What Fourier knew: the first mode dies away by itself."""
    return torch.exp(-K * torch.pi**2 * t) * torch.sin(torch.pi * x)


def main(steps: int, every: int, seed: int, points: int) -> None:
    torch.manual_seed(seed)
    u = Rod()
    optimizer = torch.optim.Adam(u.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    nothing = torch.zeros(points, 1)
    for step in range(1, steps + 1):
        x, t = torch.rand(points, 1), torch.rand(points, 1)
        equation = residual(u, x, t).square().mean()
        beginning = (u(x, nothing) - torch.sin(torch.pi * x)).square().mean()
        ends = (u(nothing, t).square() + u(nothing + 1, t).square()).mean()
        loss = equation + beginning + ends
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        if step % every == 0:
            print(f"step {step}: loss {loss.item():.6f}")

    side = torch.linspace(0, 1, 21)
    x, t = torch.meshgrid(side, side, indexing="ij")
    x, t = x.reshape(-1, 1), t.reshape(-1, 1)
    with torch.no_grad():
        error = (u(x, t) - solution(x, t)).abs().max().item()
    print(f"nowhere more than {error:.4f} off the solution, which is 1 at the hottest")


if __name__ == "__main__":
    parser = libraries.arguments(__doc__, steps=2000, every=200)
    parser.add_argument("--points", type=int, default=256, help="drawn for each step")
    args = parser.parse_args()
    main(args.steps, args.every, args.seed, args.points)
