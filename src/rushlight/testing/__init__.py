"""What tests use: `assert_close`, and `make_tensor` for random inputs."""

from __future__ import annotations

from rushlight.testing._comparison import assert_allclose, assert_close
from rushlight.testing._creation import make_tensor

__all__ = ["assert_allclose", "assert_close", "make_tensor"]
