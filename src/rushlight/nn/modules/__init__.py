"""The layers: classes that hold parameters and options."""

from __future__ import annotations

import sys as _sys

from rushlight.nn.modules.activation import *
from rushlight.nn.modules.adaptive import *
from rushlight.nn.modules.batchnorm import *
from rushlight.nn.modules.container import *
from rushlight.nn.modules.conv import *
from rushlight.nn.modules.cross_map import *
from rushlight.nn.modules.distance import *
from rushlight.nn.modules.dropout import *
from rushlight.nn.modules.fold import *
from rushlight.nn.modules.fractional import *
from rushlight.nn.modules.lazy_layers import *
from rushlight.nn.modules.linear import *
from rushlight.nn.modules.linear_loss import *
from rushlight.nn.modules.loss import *
from rushlight.nn.modules.loss_margin import *
from rushlight.nn.modules.module import *
from rushlight.nn.modules.multi_head import *
from rushlight.nn.modules.normalization import *
from rushlight.nn.modules.padding import *
from rushlight.nn.modules.parameters import *
from rushlight.nn.modules.pooling import *
from rushlight.nn.modules.rnn import *
from rushlight.nn.modules.rnn_cells import *
from rushlight.nn.modules.softmax import *
from rushlight.nn.modules.sparse import *
from rushlight.nn.modules.transformer import *
from rushlight.nn.modules.transformer_layers import *
from rushlight.nn.modules.upsampling import *

# Where programs find them that name PyTorch's files.
for _file, _names in {
    "activation": "MultiheadAttention Softmax Softmin LogSoftmax Softmax2d",
    "batchnorm": "LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d",
    "container": "ParameterList ParameterDict",
    "conv": "LazyConv1d LazyConv2d LazyConv3d",
    "linear": "LazyLinear",
    "loss": "CosineEmbeddingLoss HingeEmbeddingLoss MarginRankingLoss TripletMarginLoss",
    "normalization": "CrossMapLRN2d",
    "pooling": "FractionalMaxPool2d FractionalMaxPool3d",
    "rnn": "RNNCell LSTMCell GRUCell RNNCellBase",
    "transformer": "TransformerEncoderLayer TransformerDecoderLayer",
}.items():
    for _name in _names.split():
        setattr(_sys.modules[f"{__name__}.{_file}"], _name, globals()[_name])
