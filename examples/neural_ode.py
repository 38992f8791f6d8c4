"""An oscillator learned as a differential equation, with gradients by the adjoint method.

    python examples/neural_ode.py

A network f is fitted so that the solution of ``y' = f(y)`` runs through the curves seen. The solver
keeps no graph: the gradient comes from a second equation, integrated backwards in time, after Chen
et al., "Neural ordinary differential equations", NeurIPS 2018.
"""

from typing import Any

import libraries
import torch
from torch import nn

TICK = 0.1


def runge_kutta(rate, state: tuple, dt: float) -> tuple:
    """One step of the classical method of fourth order, for a state of several tensors."""

    def ahead(slopes: tuple, by: float) -> tuple:
        return tuple(s + by * k for s, k in zip(state, slopes))

    k1 = rate(*state)
    k2 = rate(*ahead(k1, dt / 2))
    k3 = rate(*ahead(k2, dt / 2))
    k4 = rate(*ahead(k3, dt))
    return ahead(tuple(a + 2 * b + 2 * c + d for a, b, c, d in zip(k1, k2, k3, k4)), dt / 6)


def solve(rate, start: torch.Tensor, ticks: int) -> torch.Tensor:
    """The (ticks + 1, ...) states from `start` on."""
    states = [start]
    for _ in range(ticks):
        states += runge_kutta(lambda y: (rate(y),), states[-1:], TICK)
    return torch.stack(states)


class Adjoint(torch.autograd.Function):
    """`solve`, whose backward pass needs the states at the ticks and nothing in between."""

    @staticmethod
    def forward(ctx: Any, rate, ticks: int, start: torch.Tensor, *weights: torch.Tensor):
        states = solve(rate, start, ticks)
        ctx.rate = rate
        ctx.save_for_backward(states, *weights)
        return states

    @staticmethod
    def backward(ctx: Any, gradients: torch.Tensor):
        states, *weights = ctx.saved_tensors

        def backwards(y: torch.Tensor, a: torch.Tensor, *_: torch.Tensor) -> tuple:
            """The rates of the state, of the gradient by it, and of the gradients by weights."""
            with torch.enable_grad():
                y = y.detach().requires_grad_()
                slope = ctx.rate(y)
            pulled = torch.autograd.grad(slope, (y, *weights), -a)
            return slope.detach(), *pulled

        a, totals = gradients[-1], [torch.zeros_like(w) for w in weights]
        for state, gradient in zip(states[1:].flip(0), gradients[:-1].flip(0)):
            _, a, *totals = runge_kutta(backwards, (state, a, *totals), -TICK)
            a = a + gradient
        return None, None, a, *totals


def van_der_pol(y: torch.Tensor) -> torch.Tensor:
    """The oscillator to be learned: pushed when small, braked when large."""
    place, speed = y.unbind(-1)
    return torch.stack((speed, (1 - place**2) * speed - place), dim=-1)


def main(steps: int, every: int, seed: int, ticks: int) -> None:
    torch.manual_seed(seed)
    rate = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 2))
    optimizer = torch.optim.Adam(rate.parameters(), lr=1e-2)
    for step in range(1, steps + 1):
        start = 4 * torch.rand(64, 2) - 2
        with torch.no_grad():
            truth = solve(van_der_pol, start, ticks)
        loss = (Adjoint.apply(rate, ticks, start, *rate.parameters()) - truth).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % every == 0:
            print(f"step {step}: loss {loss.item():.6f}")

    through = (solve(rate, start, ticks) - truth).square().mean()
    ours = Adjoint.apply(rate, ticks, start, *rate.parameters())
    adjoint = torch.autograd.grad((ours - truth).square().mean(), rate[0].weight)[0]
    exact = torch.autograd.grad(through, rate[0].weight)[0]
    close = torch.allclose(adjoint, exact, rtol=0, atol=1e-3 * exact.abs().max().item())
    print("the adjoint", "gives" if close else "misses", "the gradient through the solver to 0.1 %")


if __name__ == "__main__":
    parser = libraries.arguments(__doc__, steps=500, every=50)
    parser.add_argument("--ticks", type=int, default=10, help=f"of {TICK} s in a curve")
    args = parser.parse_args()
    main(args.steps, args.every, args.seed, args.ticks)
