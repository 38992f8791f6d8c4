"""Rushlight beside PyTorch: ``python -m benchmarks``. See benchmarks/__main__.py."""
