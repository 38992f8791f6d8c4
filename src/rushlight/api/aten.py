"""Which functions are operators, and what PyTorch calls them: ``aten::add``.

PyTorch's profiler and its dispatch modes know operators by the names of its library ``aten``. Our
public functions and methods have the same names but for those below. `operators` finds them all,
which opens every family of functions: nothing that runs without a profiler should ask.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import FunctionType
from typing import Any

import rushlight
from rushlight.api.install import Later
from rushlight.api.later import FAMILY_OF_FUNCTION
from rushlight.tensor import Tensor

__all__ = ["Name", "operators"]

# A name, or what finds it for the arguments of a call.
Name = str | Callable[[tuple[Any, ...]], str]


def _item_name(args: tuple[Any, ...]) -> str:
    """The operator behind ``x[index]``, of several the first."""
    index = args[1] if len(args) > 1 else None
    first = index[0] if type(index) is tuple and index else index
    if first is None:
        return "unsqueeze"
    if isinstance(first, slice) or first is Ellipsis:
        return "slice"
    return "select" if isinstance(first, int) and not isinstance(first, bool) else "index"


def _assignment_name(args: tuple[Any, ...]) -> str:
    """The operator behind ``x[index] = value``."""
    return "index_put_" if _item_name(args) == "index" else "copy_"


# What is called otherwise: methods of Python, conversions, and functions that are composed there.
_OTHERWISE: dict[str, Name] = {
    **{f"__{form}{name}__": name for name in ("add", "mul") for form in ("", "r")},
    "__sub__": "sub",
    "__rsub__": "rsub",
    **dict.fromkeys(("__truediv__", "__div__"), "div"),
    **dict.fromkeys(("__rtruediv__", "__rdiv__"), "reciprocal"),
    **dict.fromkeys(("__floordiv__", "__rfloordiv__"), "floor_divide"),
    **dict.fromkeys(("__mod__", "__rmod__"), "remainder"),
    **dict.fromkeys(("__pow__", "__rpow__"), "pow"),
    **dict.fromkeys(("__matmul__", "__rmatmul__"), "matmul"),
    **{f"__i{name}__": f"{name}_" for name in ("add", "sub", "mul", "pow")},
    **dict.fromkeys(("__itruediv__", "__idiv__"), "div_"),
    "__ifloordiv__": "floor_divide_",
    "__imod__": "remainder_",
    "__neg__": "neg",
    "__pos__": "positive",
    "__abs__": "abs",
    "__invert__": "bitwise_not",
    **{f"__r{name}__": f"bitwise_{name}" for name in ("and", "or", "xor")},
    "__rlshift__": "bitwise_left_shift",
    "__rrshift__": "bitwise_right_shift",
    **{f"__{name}__": name for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    "__getitem__": _item_name,
    "__setitem__": _assignment_name,
    "__iter__": "unbind",
    "__reversed__": "flip",
    **{f"__{name}__": "item" for name in ("float", "int", "bool", "index", "complex")},
    "T": "numpy_T",
    "H": "matrix_H",
    "cross_entropy": "cross_entropy_loss",
    "nll_loss": "nll_loss_nd",
    "logsigmoid": "log_sigmoid",
    "fold": "col2im",
    "affine_grid": "affine_grid_generator",
    "grid_sample": "grid_sampler",
    "fractional_max_pool2d_with_indices": "fractional_max_pool2d",
    "fractional_max_pool3d_with_indices": "fractional_max_pool3d",
    "unique": "_unique2",
    **{f"dropout{n}d": "feature_dropout" for n in (1, 2, 3)},
}
_CONVERSIONS = "bfloat16 bool byte cdouble cfloat char double float half int long short type"
# What tells of a tensor, or prepares one, and runs nothing.
_SILENT = """
    __array__ __array_function__ __array_ufunc__ __array_wrap__ __deepcopy__ __delitem__
    __dlpack__ __dlpack_device__ __init_subclass__ __len__ __new__ __nonzero__ __reduce_ex__
    __repr__ __str__ __format__ __dir__ __contains__ __setstate__ __getattr__
    as_subclass backward broadcast_shapes data_ptr dense_dim dim dim_order element_size
    from_dlpack from_numpy frombuffer get_device get_default_device get_printoptions get_rng_state
    initial_seed is_complex is_conj is_contiguous is_floating_point is_inference is_neg is_pinned
    is_same_size is_set_to is_shared is_signed is_storage is_tensor lobpcg manual_seed name
    ndimension nelement new new_tensor numel numpy register_hook
    register_post_accumulate_grad_hook requires_grad_ result_type retain_grad seed
    set_default_device set_default_tensor_type
    set_printoptions set_rng_state share_memory_ size sparse_dim storage storage_offset stride
    tolist typename untyped_storage
    are_deterministic_algorithms_enabled get_deterministic_debug_mode
    get_float32_matmul_precision get_num_interop_threads get_num_threads
    is_deterministic_algorithms_warn_only_enabled set_deterministic_debug_mode
    set_float32_matmul_precision set_flush_denormal set_num_interop_threads set_num_threads
    use_deterministic_algorithms
    softsign tanhshrink normalize interpolate upsample upsample_bilinear upsample_nearest
    gaussian_nll_loss multilabel_soft_margin_loss triplet_margin_with_distance_loss
    local_response_norm lp_pool1d lp_pool2d lp_pool3d max_unpool1d gumbel_softmax softmin
    adaptive_max_pool1d_with_indices adaptive_max_pool2d_with_indices
    adaptive_max_pool3d_with_indices
    tensor as_tensor asarray lu
    eig lstsq matrix_rank solve symeig
    ScalingType SwizzleType apply_ assert_int_or_pair const_data_ptr fractional_max_pool2d
    fractional_max_pool3d grouped_mm is_warn_always_enabled linear_cross_entropy map2_ map_
    multi_head_attention_forward pca_lowrank scaled_grouped_mm scaled_mm set_warn_always
    svd_lowrank to_dlpack to_sparse_coo unravel_index xpu
"""


@cache
def operators() -> dict[FunctionType, Name]:
    """Return all public functions, and functions behind methods, that are operators, and names."""
    found: dict[FunctionType, Name] = {}
    otherwise = {**_OTHERWISE, **dict.fromkeys(_CONVERSIONS.split(), "to")}
    silent = set(_SILENT.split())

    def take(name: str, value: Any, prefix: str = "") -> None:
        if isinstance(value, property):
            value = value.fget if name in _PROPERTIES else None
        elif isinstance(value, staticmethod):
            value = value.__func__
        if isinstance(value, FunctionType) and prefix + name not in silent:
            known = otherwise.get(name)
            if known is not None or not name.startswith("_") or name in _MIXED:
                found.setdefault(value, known or prefix + name)

    for name in FAMILY_OF_FUNCTION:
        take(name, getattr(rushlight, name))
    for module in ("create", "broadcasting", "axes", "arithmetic", "elementary"):
        for name in import_module(f"rushlight.api.{module}").__all__:
            take(name, getattr(rushlight, name))
    for name, value in tuple(vars(Tensor).items()):
        take(name, value.open() if type(value) is Later else value)
    for room, prefix in (("nn.functional", ""), ("linalg", "linalg_"), ("special", "special_")):
        shown = import_module(f"rushlight.{room}")
        for name in getattr(shown, "__all__", None) or tuple(vars(shown)):
            take(name, getattr(shown, name), prefix)
    return found


_PROPERTIES = {"H", "T", "imag", "mH", "mT", "real"}
# Operators that are called by Python's names in PyTorch too.
_MIXED = {
    f"__{form}{name}__" for name in ("and", "or", "xor", "lshift", "rshift") for form in ("", "i")
}
