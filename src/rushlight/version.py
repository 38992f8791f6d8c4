"""The package's version, and what PyTorch's module of this name tells about the build."""

from __future__ import annotations

__all__ = ["cuda", "debug", "git_version", "hip", "xpu"]

__version__ = "0.1.0"
debug = False
cuda: str | None = None
hip: str | None = None
xpu: str | None = None
git_version: str | None = None
