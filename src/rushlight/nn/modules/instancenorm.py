"""Instance norms, which stand beside batch norm here, where PyTorch has them."""

from __future__ import annotations

from rushlight.nn.modules.batchnorm import InstanceNorm1d as InstanceNorm1d
from rushlight.nn.modules.batchnorm import InstanceNorm2d as InstanceNorm2d
from rushlight.nn.modules.batchnorm import InstanceNorm3d as InstanceNorm3d
from rushlight.nn.modules.batchnorm import _InstanceNorm as _InstanceNorm
from rushlight.nn.modules.lazy_layers import LazyInstanceNorm1d as LazyInstanceNorm1d
from rushlight.nn.modules.lazy_layers import LazyInstanceNorm2d as LazyInstanceNorm2d
from rushlight.nn.modules.lazy_layers import LazyInstanceNorm3d as LazyInstanceNorm3d
