"""Rushlight: PyTorch's autograd in pure Python on NumPy. ``import rushlight as torch``."""

from __future__ import annotations

import warnings as _warnings
from importlib import import_module as _import_module
from math import e, inf, nan, pi
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from rushlight import api, autograd, dtypes
from rushlight import layout as _layout
from rushlight.api.arithmetic import *
from rushlight.api.axes import *
from rushlight.api.broadcasting import *
from rushlight.api.create import *
from rushlight.api.data import *
from rushlight.api.elementary import *
from rushlight.api.graph import *
from rushlight.api.later import FAMILY_OF_FUNCTION as _FAMILY_OF_FUNCTION
from rushlight.api.later import find as _find
from rushlight.api.matrix import *
from rushlight.api.python import *
from rushlight.api.reduce import *
from rushlight.api.views import *
from rushlight.autograd.modes import *
from rushlight.device import device
from rushlight.dtypes import (
    can_cast,
    dtype,
    get_default_dtype,
    promote_types,
    set_default_dtype,
)
from rushlight.layout import layout, memory_format
from rushlight.tensor import Size, Tensor
from rushlight.version import __version__ as __version__

newaxis = None

# An overflow or a division by zero is a value, inf or nan, and no news, as in PyTorch. NumPy would
# warn in our lines' names; its warnings about the lines of others stay, and so does np.seterr.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"rushlight\.")

globals().update(dtypes.DTYPES)
globals().update(dtypes.ALIASES)
globals().update(_layout.LAYOUTS)
globals().update(_layout.FORMATS)

# What waits for its first use: whole rooms, and the families of functions in rushlight.api.later.
# The names below are for type checkers; at run time __getattr__ finds them.
if _TYPE_CHECKING:
    from rushlight import (
        _C,
        _vmap_internals,
        backends,
        cuda,
        fft,
        func,
        linalg,
        multiprocessing,
        nn,
        optim,
        overrides,
        profiler,
        random,
        return_types,
        signal,
        special,
        testing,
        utils,
        version,
    )
    from rushlight.amp.autocast_mode import autocast
    from rushlight.amp.state import *
    from rushlight.api.activation import *
    from rushlight.api.adaptive import *
    from rushlight.api.affine import *
    from rushlight.api.bilinear import *
    from rushlight.api.bitwise import *
    from rushlight.api.capsules import to_dlpack
    from rushlight.api.comparison import *
    from rushlight.api.complexes import *
    from rushlight.api.conv import *
    from rushlight.api.copying import *
    from rushlight.api.counting import *
    from rushlight.api.cross import *
    from rushlight.api.ctc import *
    from rushlight.api.differences import *
    from rushlight.api.distance import *
    from rushlight.api.dropout import *
    from rushlight.api.eigenpairs import *
    from rushlight.api.einsum import *
    from rushlight.api.embedding import *
    from rushlight.api.extremes import *
    from rushlight.api.factors import *
    from rushlight.api.foreach import *
    from rushlight.api.gather import *
    from rushlight.api.grid import *
    from rushlight.api.histograms import *
    from rushlight.api.indexed import *
    from rushlight.api.inplace_functions import *
    from rushlight.api.integrals import *
    from rushlight.api.least_squares import *
    from rushlight.api.legacy import set_default_tensor_type
    from rushlight.api.likes import *
    from rushlight.api.linalg import *
    from rushlight.api.losses import *
    from rushlight.api.lowrank import *
    from rushlight.api.mapped import *
    from rushlight.api.masks import *
    from rushlight.api.memory import *
    from rushlight.api.moments import *
    from rushlight.api.native import *
    from rushlight.api.norm import *
    from rushlight.api.norms import *
    from rushlight.api.old_linalg import *
    from rushlight.api.old_norms import *
    from rushlight.api.once import *
    from rushlight.api.order import *
    from rushlight.api.padding import *
    from rushlight.api.pairs import *
    from rushlight.api.peaks import *
    from rushlight.api.pooling import *
    from rushlight.api.positions import *
    from rushlight.api.powers import *
    from rushlight.api.printing import *
    from rushlight.api.quantile import *
    from rushlight.api.quantizing import *
    from rushlight.api.queries import *
    from rushlight.api.random import *
    from rushlight.api.ranges import *
    from rushlight.api.rearranging import *
    from rushlight.api.recurrent import (
        gru,
        gru_cell,
        lstm,
        lstm_cell,
        rnn_relu,
        rnn_relu_cell,
        rnn_tanh,
        rnn_tanh_cell,
    )
    from rushlight.api.reflections import *
    from rushlight.api.reinterpret import *
    from rushlight.api.rounding import *
    from rushlight.api.sampling import *
    from rushlight.api.scan import *
    from rushlight.api.segments import *
    from rushlight.api.sets import *
    from rushlight.api.settings import *
    from rushlight.api.shape import *
    from rushlight.api.shuffling import *
    from rushlight.api.slicing import *
    from rushlight.api.slopes import *
    from rushlight.api.softmax import *
    from rushlight.api.solving import *
    from rushlight.api.special import *
    from rushlight.api.spectrograms import *
    from rushlight.api.split_copies import *
    from rushlight.api.splitting import *
    from rushlight.api.tensor_systems import *
    from rushlight.api.view_copies import *
    from rushlight.api.window_functions import *
    from rushlight.autograd.anomaly_mode import (
        is_anomaly_check_nan_enabled,
        is_anomaly_enabled,
        set_anomaly_enabled,
    )
    from rushlight.func import vmap
    from rushlight.limits import finfo, iinfo
    from rushlight.serialization import load, save
    from rushlight.standin import as_torch

_ROOMS = (
    "types",
    "_tensor",
    "_C",
    "_dynamo",
    "_vmap_internals",
    "accelerator",
    "amp",
    "backends",
    "compiler",
    "cpu",
    "distributed",
    "cuda",
    "fft",
    "func",
    "functional",
    "hub",
    "jit",
    "library",
    "linalg",
    "mps",
    "mtia",
    "multiprocessing",
    "nn",
    "optim",
    "overrides",
    "profiler",
    "random",
    "return_types",
    "serialization",
    "signal",
    "sparse",
    "special",
    "testing",
    "utils",
    "version",
    "xpu",
)
_ELSEWHERE = {
    **dict.fromkeys(
        (
            *("BFloat16Storage", "BoolStorage", "ByteStorage", "CharStorage", "FloatStorage"),
            *("ComplexDoubleStorage", "ComplexFloatStorage", "DoubleStorage", "HalfStorage"),
            *("IntStorage", "LongStorage", "ShortStorage", "TypedStorage", "UntypedStorage"),
        ),
        "storage",
    ),
    "OutOfMemoryError": "cuda",
    "as_torch": "standin",
    "DisableTorchFunction": "api.torch_function",
    "DisableTorchFunctionSubclass": "api.torch_function",
    "GradScaler": "amp.grad_scaler",
    "autocast": "amp.autocast_mode",
    "autocast_decrement_nesting": "amp.state",
    "autocast_increment_nesting": "amp.state",
    "clear_autocast_cache": "amp.state",
    "get_autocast_cpu_dtype": "amp.state",
    "get_autocast_dtype": "amp.state",
    "get_autocast_gpu_dtype": "amp.state",
    "is_autocast_cache_enabled": "amp.state",
    "is_autocast_cpu_enabled": "amp.state",
    "is_autocast_enabled": "amp.state",
    "set_autocast_cache_enabled": "amp.state",
    "set_autocast_cpu_dtype": "amp.state",
    "set_autocast_cpu_enabled": "amp.state",
    "set_autocast_dtype": "amp.state",
    "set_autocast_enabled": "amp.state",
    "set_autocast_gpu_dtype": "amp.state",
    "compile": "compiler",
    "finfo": "limits",
    "iinfo": "limits",
    "is_anomaly_check_nan_enabled": "autograd.anomaly_mode",
    "is_anomaly_enabled": "autograd.anomaly_mode",
    "set_anomaly_enabled": "autograd.anomaly_mode",
    "load": "serialization",
    "save": "serialization",
    "vmap": "func",
    "sparse_bsc_tensor": "sparse",
    "sparse_bsr_tensor": "sparse",
    "sparse_compressed_tensor": "sparse",
    "sparse_coo_tensor": "sparse",
    "sparse_csc_tensor": "sparse",
    "sparse_csr_tensor": "sparse",
}


def __getattr__(name: str) -> _Any:
    if name in _FAMILY_OF_FUNCTION:
        value = _find(name)
    elif name in _ROOMS:
        value = _import_module(f"rushlight.{name}")
    elif name in _ELSEWHERE:
        value = getattr(_import_module(f"rushlight.{_ELSEWHERE[name]}"), name)
    elif name == "__all__":  # for import *, which brings the names that wait too
        return [name for name in __dir__() if not name.startswith("_")]
    else:
        raise AttributeError(f"module 'rushlight' has no attribute {name!r}{_why_not(name)}")
    globals()[name] = value
    return value


def _why_not(name: str) -> str:
    """A word on types of elements that PyTorch has for accelerators and quantised tensors."""
    for start in ("float8_", "float4_", "bits", "qint", "quint", "uint", "int"):
        if name.startswith(start) and name[len(start) :][:1].isdigit() | start.endswith("_"):
            return ": NumPy has no such elements (docs/deviations.md, Operators)"
    return ""


def __dir__() -> list[str]:
    return sorted({*globals(), *_FAMILY_OF_FUNCTION, *_ROOMS, *_ELSEWHERE})
