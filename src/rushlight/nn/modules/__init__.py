"""The layers: classes that hold parameters and options."""

from __future__ import annotations

from rushlight.nn.modules import (
    activation,
    batchnorm,
    container,
    conv,
    dropout,
    linear,
    loss,
    module,
    normalization,
    parameters,
    pooling,
    sparse,
)
from rushlight.nn.modules.activation import *
from rushlight.nn.modules.batchnorm import *
from rushlight.nn.modules.container import *
from rushlight.nn.modules.conv import *
from rushlight.nn.modules.dropout import *
from rushlight.nn.modules.linear import *
from rushlight.nn.modules.loss import *
from rushlight.nn.modules.module import *
from rushlight.nn.modules.normalization import *
from rushlight.nn.modules.parameters import *
from rushlight.nn.modules.pooling import *
from rushlight.nn.modules.sparse import *

__all__ = [
    *activation.__all__,
    *batchnorm.__all__,
    *container.__all__,
    *conv.__all__,
    *dropout.__all__,
    *linear.__all__,
    *loss.__all__,
    *module.__all__,
    *normalization.__all__,
    *parameters.__all__,
    *pooling.__all__,
    *sparse.__all__,
]
