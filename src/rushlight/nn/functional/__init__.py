"""Functions of neural networks, as `torch.nn.functional` has them."""

from __future__ import annotations

from rushlight.nn.functional.activation import *
from rushlight.nn.functional.adaptive import *
from rushlight.nn.functional.attention import *
from rushlight.nn.functional.conv import *
from rushlight.nn.functional.distance import *
from rushlight.nn.functional.dropout import *
from rushlight.nn.functional.embedding_bag import *
from rushlight.nn.functional.fold import *
from rushlight.nn.functional.fractional import *
from rushlight.nn.functional.grid import *
from rushlight.nn.functional.interpolate import *
from rushlight.nn.functional.linear import *
from rushlight.nn.functional.linear_loss import *
from rushlight.nn.functional.loss import *
from rushlight.nn.functional.loss_classes import *
from rushlight.nn.functional.loss_likelihood import *
from rushlight.nn.functional.loss_margin import *
from rushlight.nn.functional.loss_sequences import *
from rushlight.nn.functional.multi_head import *
from rushlight.nn.functional.normalization import *
from rushlight.nn.functional.padding import *
from rushlight.nn.functional.pooling import *
from rushlight.nn.functional.refused import *
from rushlight.nn.functional.softmax import *
from rushlight.nn.functional.sparse import *
