"""How long is the pendulum? Physics fitted through an ODE solver that is differentiated as it runs.

    python examples/pendulum.py

A damped pendulum, ``angle'' = -(g / length) sin(angle) - friction * angle'``, is watched with noise
for a few seconds. We guess length and friction, integrate by Runge-Kutta, compare, and let the
gradient come back through every step of the solver.
"""

import argparse

import rushlight as torch

GRAVITY = 9.81
STEP = 0.05


def rate(state: torch.Tensor, length: torch.Tensor, friction: torch.Tensor) -> torch.Tensor:
    angle, speed = state
    return torch.stack((speed, -(GRAVITY / length) * torch.sin(angle) - friction * speed))


def simulate(length: torch.Tensor, friction: torch.Tensor, steps: int) -> torch.Tensor:
    """The angles at `steps` times, by the classical Runge-Kutta method of fourth order."""
    state = torch.tensor([1.0, 0.0], dtype=torch.float64)
    angles = []
    for _ in range(steps):
        k1 = rate(state, length, friction)
        k2 = rate(state + STEP / 2 * k1, length, friction)
        k3 = rate(state + STEP / 2 * k2, length, friction)
        k4 = rate(state + STEP * k3, length, friction)
        state = state + STEP / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        angles.append(state[0])
    return torch.stack(angles)


def main(rounds: int, steps: int) -> None:
    torch.manual_seed(0)
    with torch.no_grad():
        truth = torch.tensor([1.7, 0.3], dtype=torch.float64)
        seen = simulate(*truth, steps)
        seen += 0.01 * torch.randn(steps, dtype=torch.float64)

    # Logarithms, so that both stay positive whatever the optimizer does.
    logs = torch.tensor([1.2, 0.1], dtype=torch.float64).log().requires_grad_()
    optimizer = torch.optim.Adam([logs], lr=0.1)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, rounds)
    for number in range(rounds):
        optimizer.zero_grad()
        loss = ((simulate(*logs.exp(), steps) - seen) ** 2).mean()
        loss.backward()
        optimizer.step()
        scheduler.step()
        if number % 20 == 0:
            print(f"round {number:3d}: mean square error {loss.item():.6f}")

    length, friction = logs.detach().exp().tolist()
    print(f"length {length:.3f} m (true 1.700), friction {friction:.3f} /s (true 0.300)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Fit a pendulum through an ODE solver.")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--steps", type=int, default=60)
    args = parser.parse_args()
    main(args.rounds, args.steps)
