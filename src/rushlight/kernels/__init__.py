"""Arithmetic on ndarrays: imports NumPy, SciPy when needed, and nothing of ours."""
