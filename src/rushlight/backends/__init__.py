"""Switches of libraries that PyTorch may be built with, and questions whether they are there.

None is: NumPy computes everything. Switches keep what they are told, so that programs which set
them run, and change nothing.
"""

from __future__ import annotations

from rushlight.backends import cuda, cudnn, mkl, mkldnn, mps, openmp

__all__ = ["cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp"]
