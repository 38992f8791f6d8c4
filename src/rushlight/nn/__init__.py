"""Neural networks, as `torch.nn` lays them out."""

from __future__ import annotations

from rushlight.nn import functional as functional
from rushlight.nn import init as init
from rushlight.nn import modules as modules
from rushlight.nn import parallel as parallel
from rushlight.nn import parameter as parameter
from rushlight.nn import utils as utils
from rushlight.nn.factory import factory_kwargs as factory_kwargs
from rushlight.nn.modules import *
from rushlight.nn.parallel import DataParallel as DataParallel
from rushlight.nn.parameter import UninitializedBuffer as UninitializedBuffer
from rushlight.nn.parameter import UninitializedParameter as UninitializedParameter
from rushlight.parameter import Buffer as Buffer
from rushlight.parameter import Parameter as Parameter
