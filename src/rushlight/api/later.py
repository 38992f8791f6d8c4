"""The families that open late: a program pays for a file of this room when it first uses it.

``import rushlight`` brings what every program needs: tensors, arithmetic, views, reductions,
``backward``. The other families are here by name only. A function of one is found by the
``__getattr__`` of `rushlight`, which imports its file; a method is a `Later`, which puts the real
one in its own place. After the first use nothing is left of either, so nothing that runs often is
slower. The figures, and why Tensor has no ``__getattr__``, are in docs/design/0006-import.md.

The files say themselves what they give (``__all__``, ``METHODS``, ``INPLACE``, ``ATTRIBUTES``);
this is their index, and tests/test_import.py compares the two.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from rushlight.api.install import Later
from rushlight.tensor import Tensor

__all__ = ["FAMILY_OF_FUNCTION", "FAMILY_OF_METHOD", "find", "install_later"]

# Functions that are methods too.
_BOTH = {
    "activation": "hardshrink prelu relu relu_",
    "affine": "addbmm addmm addmv addr baddbmm",
    "bitwise": (
        "bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor "
        "gcd lcm"
    ),
    "comparison": (
        "allclose eq equal ge greater greater_equal gt heaviside isclose isfinite isinf isnan "
        "isneginf isposinf isreal le less less_equal logical_and logical_not logical_or "
        "logical_xor lt ne nextafter not_equal"
    ),
    "complexes": (
        "_conj _conj_physical _neg_view abs absolute angle conj conj_physical copysign "
        "resolve_conj resolve_neg sgn sign signbit"
    ),
    "copying": "clone fill_ zero_",
    "counting": "all any count_nonzero",
    "cross": "cross",
    "differences": "diff",
    "extremes": "clamp clamp_max clamp_min clip fmax fmin maximum minimum nan_to_num where",
    "gather": "gather scatter scatter_add scatter_reduce take_along_dim",
    "indexed": "index_add index_copy index_fill index_put index_reduce index_select put take",
    "factors": "lu lu_solve",
    "least_squares": "cholesky_inverse cholesky_solve pinverse",
    "integrals": "corrcoef cov",
    "linalg": "matrix_exp matrix_power",
    "masks": "argwhere masked_fill masked_scatter masked_select nonzero",
    "memory": "resize_as_",
    "moments": "std var",
    "norms": "dist norm renorm",
    "old_linalg": "cholesky eig lstsq qr solve svd symeig triangular_solve",
    "order": "argsort kthvalue median mode msort nanmedian sort topk",
    "peaks": "amax amin aminmax argmax argmin max min",
    "positions": "nonzero_static",
    "powers": "float_power frexp ldexp logaddexp logaddexp2 pow",
    "quantile": "nanquantile quantile",
    "queries": (
        "get_device is_complex is_conj is_floating_point is_inference is_neg is_same_size is_signed"
    ),
    "rearranging": (
        "diag diag_embed diagflat flip fliplr flipud repeat_interleave roll rot90 tile tril triu"
    ),
    "reflections": "geqrf orgqr ormqr",
    "reinterpret": "imag real",
    "rounding": "ceil fix floor frac round trunc",
    "sampling": "bernoulli multinomial",
    "scan": "cummax cummin cumprod cumsum logcumsumexp prod",
    "segments": "hash_tensor",
    "sets": "bincount histc unique unique_consecutive",
    "slicing": (
        "as_strided as_strided_scatter diagonal diagonal_scatter narrow select select_scatter "
        "slice_scatter"
    ),
    "softmax": "log_softmax softmax",
    "solving": "det inverse logdet slogdet",
    "special": "digamma erf erfc erfinv i0 igamma igammac lgamma logit mvlgamma polygamma xlogy",
    "spectrograms": "istft stft",
    "split_copies": "unsafe_chunk unsafe_split unsafe_split_with_sizes",
    "splitting": "chunk dsplit hsplit split split_with_sizes tensor_split unbind vsplit",
    "histograms": "histogram",
    "view_copies": "narrow_copy",
}
# Functions that are no methods, or other ones.
_FUNCTIONS = {
    "activation": "celu celu_ rrelu rrelu_ selu selu_ threshold threshold_",
    "adaptive": "adaptive_avg_pool1d adaptive_max_pool1d",
    "bilinear": "bilinear",
    "complexes": "complex polar",
    "capsules": "to_dlpack",
    "conv": "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d",
    "copying": "fill",
    "ctc": "ctc_loss",
    "distance": "cosine_similarity pairwise_distance",
    "dropout": (
        "alpha_dropout alpha_dropout_ dropout dropout_ feature_alpha_dropout "
        "feature_alpha_dropout_ feature_dropout feature_dropout_ native_dropout"
    ),
    "einsum": "einsum tensordot",
    "foreach": (
        "_foreach_abs _foreach_abs_ _foreach_acos _foreach_acos_ _foreach_add _foreach_add_ "
        "_foreach_addcdiv _foreach_addcdiv_ _foreach_addcmul _foreach_addcmul_ _foreach_asin "
        "_foreach_asin_ _foreach_atan _foreach_atan_ _foreach_ceil _foreach_ceil_ "
        "_foreach_clamp_max _foreach_clamp_max_ _foreach_clamp_min _foreach_clamp_min_ "
        "_foreach_clone _foreach_copy_ _foreach_cos _foreach_cos_ _foreach_cosh "
        "_foreach_cosh_ _foreach_div _foreach_div_ _foreach_erf _foreach_erf_ _foreach_erfc "
        "_foreach_erfc_ _foreach_exp _foreach_exp_ _foreach_expm1 _foreach_expm1_ "
        "_foreach_floor _foreach_floor_ _foreach_frac _foreach_frac_ _foreach_lerp "
        "_foreach_lerp_ _foreach_lgamma _foreach_lgamma_ _foreach_log _foreach_log10 "
        "_foreach_log10_ _foreach_log1p _foreach_log1p_ _foreach_log2 _foreach_log2_ "
        "_foreach_log_ _foreach_max _foreach_maximum _foreach_maximum_ _foreach_minimum "
        "_foreach_minimum_ _foreach_mm _foreach_mul _foreach_mul_ _foreach_neg _foreach_neg_ "
        "_foreach_norm _foreach_pow _foreach_pow_ _foreach_powsum _foreach_reciprocal "
        "_foreach_reciprocal_ _foreach_round _foreach_round_ _foreach_rsqrt _foreach_rsqrt_ "
        "_foreach_sigmoid _foreach_sigmoid_ _foreach_sign _foreach_sign_ _foreach_sin "
        "_foreach_sin_ _foreach_sinh _foreach_sinh_ _foreach_sqrt _foreach_sqrt_ _foreach_sub "
        "_foreach_sub_ _foreach_tan _foreach_tan_ _foreach_tanh _foreach_tanh_ _foreach_trunc "
        "_foreach_trunc_ _foreach_zero_"
    ),
    "embedding": "embedding embedding_bag embedding_renorm_",
    "eigenpairs": "lobpcg",
    "factors": "lu_unpack",
    "mapped": "from_file",
    "grid": "affine_grid_generator grid_sampler grid_sampler_2d grid_sampler_3d",
    "inplace_functions": (
        "abs_ acos_ acosh_ addmv_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ arctanh_ as_strided_ "
        "asin_ asinh_ atan_ atanh_ ceil_ clamp_ clamp_max_ clamp_min_ clip_ conj_physical_ cos_ "
        "cosh_ deg2rad_ erf_ erfc_ exp2_ exp_ expm1_ fix_ floor_ frac_ gcd_ i0_ index_put_ lcm_ "
        "ldexp_ log10_ log1p_ log2_ log_ logit_ nan_to_num_ neg_ negative_ rad2deg_ reciprocal_ "
        "round_ rsqrt_ sigmoid_ sin_ sinc_ sinh_ sqrt_ square_ tan_ tanh_ trunc_ xlogy_"
    ),
    "legacy": (
        "BFloat16Tensor BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor "
        "IntTensor LongTensor ShortTensor set_default_tensor_type"
    ),
    "recurrent": ("gru gru_cell lstm lstm_cell rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell"),
    "histograms": "histogramdd",
    "likes": "empty_like full_like ones_like zeros_like",
    "integrals": "cumulative_trapezoid trapezoid trapz",
    "linalg": "chain_matmul",
    "losses": (
        "binary_cross_entropy_with_logits cosine_embedding_loss hinge_embedding_loss kl_div "
        "margin_ranking_loss poisson_nll_loss triplet_margin_loss"
    ),
    "lowrank": "pca_lowrank svd_lowrank",
    "memory": "is_storage",
    "old_norms": "frobenius_norm norm_except_dim nuclear_norm",
    "moments": "std_mean var_mean",
    "native": (
        "conv_tbc convolution native_batch_norm native_channel_shuffle native_group_norm "
        "native_layer_norm"
    ),
    "norm": "batch_norm group_norm instance_norm layer_norm rms_norm",
    "old_linalg": "matrix_rank",
    "once": "is_warn_always_enabled set_warn_always",
    "padding": "constant_pad_nd",
    "pairs": "cdist pdist",
    "pooling": "avg_pool1d max_pool1d max_pool1d_with_indices max_pool2d max_pool3d",
    "positions": "unravel_index",
    "printing": "get_printoptions set_printoptions",
    "queries": "get_default_device is_tensor numel result_type set_default_device typename",
    "random": (
        "Generator default_generator get_rng_state initial_seed manual_seed rand rand_like "
        "randint randint_like randn randn_like randperm seed set_rng_state"
    ),
    "ranges": "arange linspace logspace range tril_indices triu_indices",
    "reinterpret": "view_as_complex view_as_real",
    "sampling": "binomial normal poisson",
    "quantizing": "fake_quantize_per_channel_affine fake_quantize_per_tensor_affine",
    "segments": "segment_reduce",
    "sets": "bucketize isin searchsorted",
    "settings": (
        "are_deterministic_algorithms_enabled get_deterministic_debug_mode "
        "get_float32_matmul_precision get_num_interop_threads get_num_threads "
        "is_deterministic_algorithms_warn_only_enabled set_deterministic_debug_mode "
        "set_float32_matmul_precision set_flush_denormal set_num_interop_threads set_num_threads "
        "use_deterministic_algorithms"
    ),
    "shape": (
        "block_diag cartesian_prod cat column_stack combinations concat concatenate dstack hstack "
        "row_stack stack vstack"
    ),
    "slopes": "gradient",
    "split_copies": "split_copy split_with_sizes_copy unbind_copy",
    "shuffling": "channel_shuffle pixel_shuffle pixel_unshuffle",
    "tensor_systems": "vander",
    "view_copies": (
        "alias_copy as_strided_copy detach_copy diagonal_copy expand_copy permute_copy select_copy "
        "slice_copy slice_inverse squeeze_copy t_copy transpose_copy unfold_copy unsqueeze_copy "
        "view_as_complex_copy view_as_real_copy view_copy"
    ),
    "window_functions": (
        "bartlett_window blackman_window hamming_window hann_window kaiser_window"
    ),
}
# What only a Tensor has: methods, in-place forms, properties.
_METHODS = {
    "affine": "addbmm_ addmm_ addmv_ addr_ baddbmm_",
    "applying": "_rev_view_func_unsafe _view_func _view_func_unsafe apply_ map2_ map_",
    "assigning": "__delitem__ __setitem__ fill_diagonal_",
    "bitwise": (
        "bitwise_and_ bitwise_left_shift_ bitwise_not_ bitwise_or_ bitwise_right_shift_ "
        "bitwise_xor_ gcd_ lcm_"
    ),
    "comparison": (
        "eq_ ge_ greater_ greater_equal_ gt_ heaviside_ le_ less_ less_equal_ logical_and_ "
        "logical_not_ logical_or_ logical_xor_ lt_ ne_ nextafter_ not_equal_"
    ),
    "complexes": "__abs__ abs_ absolute_ conj_physical_ copysign_ sgn_ sign_",
    "convert": (
        "bfloat16 bool byte cdouble cfloat chalf char cpu cuda double float half int long short "
        "to type type_as"
    ),
    "copying": "contiguous copy_ is_contiguous",
    "differences": "sum_to_size",
    "drawing": "bernoulli_ cauchy_ exponential_ geometric_ log_normal_ normal_ random_ uniform_",
    "extremes": "clamp_ clamp_max_ clamp_min_ clip_ nan_to_num_",
    "gather": "scatter_ scatter_add_ scatter_reduce_",
    "hooks": (
        "_backward_hooks _grad_fn _post_accumulate_grad_hooks grad_dtype register_hook "
        "register_post_accumulate_grad_hook retain_grad retains_grad"
    ),
    "indexed": "index_add_ index_copy_ index_fill_ index_put_ index_reduce_ put_",
    "inplace_views": "as_strided_ squeeze_ swapaxes_ swapdims_ t_ transpose_ unsqueeze_",
    "capsules": "__dlpack__ __dlpack_device__",
    "legacy": "__new__ _make_subclass as_subclass new",
    "likes": "new_empty new_empty_strided new_full new_ones new_tensor new_zeros",
    "masks": "masked_fill_ masked_scatter_",
    "memory": (
        "is_pinned is_set_to is_shared pin_memory resize resize_ resize_as share_memory_ storage "
        "untyped_storage"
    ),
    "more_operators": (
        "__and__ __iand__ __ilshift__ __invert__ __ior__ __ipow__ __irshift__ __ixor__ __lshift__ "
        "__or__ __pow__ __rand__ __rlshift__ __ror__ __rpow__ __rrshift__ __rshift__ __rxor__ "
        "__xor__"
    ),
    "norms": "renorm_",
    "numpy_protocol": "__array_function__ __array_namespace__ __array_ufunc__ __array_wrap__",
    "pickling": "__deepcopy__ __reduce_ex__",
    "other_memory": "data set_",
    "powers": "float_power_ ldexp_ pow_",
    "printing": "__repr__",
    "other_kinds": (
        "_is_zerotensor ccol_indices coalesce col_indices const_data_ptr crow_indices indices "
        "is_coalesced is_distributed row_indices to_sparse to_sparse_bsc to_sparse_bsr "
        "to_sparse_coo to_sparse_csc to_sparse_csr values xpu"
    ),
    "queries": (
        "_cdata _has_symbolic_sizes_strides _is_view dense_dim dim_order is_cpu is_cuda is_ipu "
        "is_maia is_meta is_mkldnn is_mps is_mtia is_nested is_quantized is_sparse is_sparse_csr "
        "is_vulkan is_xla is_xpu layout name sparse_dim to_dense volatile"
    ),
    "rearranging": "repeat tril_ triu_",
    "rounding": "ceil_ fix_ floor_ frac_ round_ trunc_",
    "scan": "cumprod_ cumsum_",
    "slicing": "unfold",
    "special": (
        "digamma_ erf_ erfc_ erfinv_ i0_ igamma_ igammac_ lgamma_ logit_ mvlgamma_ polygamma_ "
        "xlogy_"
    ),
    "splitting": "__iter__",
    "torch_function": "__torch_function__",
}


def _index(*tables: dict[str, str]) -> dict[str, str]:
    """Turn ``family: names`` around: ``name: family``."""
    return {
        name: family
        for table in tables
        for family, names in table.items()
        for name in names.split()
    }


FAMILY_OF_FUNCTION = _index(_BOTH, _FUNCTIONS)
FAMILY_OF_METHOD = _index(_BOTH, _METHODS)


def find(name: str) -> Any:
    """Return the public function that a late family has under this name."""
    return getattr(import_module(f"rushlight.api.{FAMILY_OF_FUNCTION[name]}"), name)


def install_later() -> None:
    """Hang a `Later` on `Tensor` for every method of the late families."""
    for name, family in FAMILY_OF_METHOD.items():
        setattr(Tensor, name, Later(family, name))
