"""Exact gradients and Hessians for scipy.optimize, of a function written in NumPy.

    python examples/scipy_minimize.py --atoms 8

Atoms that attract each other from afar and repel each other nearby (Lennard-Jones) look for the
arrangement of least energy. The energy is NumPy code that knows nothing of derivatives. With
gradients SciPy needs few evaluations; with the Hessian we see that what it found is a minimum.
"""

import argparse

import numpy as np
from scipy.optimize import minimize

import rushlight as torch


def energy(positions):
    """The sum over pairs of ``r**-12 - 2 * r**-6``; `positions` is flat, 3 numbers an atom."""
    p = np.reshape(positions, (-1, 3))
    i, j = np.triu_indices(len(p), k=1)
    squared = np.sum((p[i] - p[j]) ** 2, axis=1)
    return np.sum(squared**-6 - 2 * squared**-3)


def energy_and_gradient(positions):
    """What ``minimize(..., jac=True)`` asks for."""
    x = torch.tensor(positions, requires_grad=True)
    value = energy(x)
    value.backward()
    return value.item(), x.grad.numpy()


def hessian(positions):
    return torch.autograd.functional.hessian(energy, torch.tensor(positions)).numpy()


def main(atoms: int) -> None:
    grid = np.array(list(np.ndindex(2, 2, (atoms + 3) // 4)), dtype=float)[:atoms]
    start = (grid + np.random.default_rng(0).uniform(-0.1, 0.1, grid.shape)).ravel()

    blind = minimize(energy, start, method="BFGS")
    exact = minimize(energy_and_gradient, start, jac=True, method="BFGS", options={"gtol": 1e-8})
    print(f"without gradients: energy {blind.fun:.6f} after {blind.nfev} evaluations")
    print(f"exact gradients:   energy {exact.fun:.6f} after {exact.nfev} evaluations")

    stiffness = np.linalg.eigvalsh(hessian(exact.x))
    soft = int(np.sum(stiffness < 1e-4 * stiffness[-1]))
    print(f"of {len(stiffness)} directions {soft} cost nothing: 3 shifts and 3 rotations")
    print(f"the softest vibration has stiffness {stiffness[soft]:.4f}: a minimum")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Find an arrangement of atoms.")
    parser.add_argument("--atoms", type=int, default=8)
    main(parser.parse_args().atoms)
