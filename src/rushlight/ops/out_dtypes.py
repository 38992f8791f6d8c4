"""Which dtypes an ``out=`` tensor may have, in PyTorch's words: they differ by function.

Most functions cast their result to whatever dtype can hold its kind. Those named in `EXACT` ask for
the dtype of the result itself, those in `OWN_WORDS` cast too, but say otherwise what they can't.
"""

from __future__ import annotations

from rushlight import dtypes

__all__ = ["check_out_dtype"]

USUAL = "result type {wanted} can't be cast to the desired output type {got}"

# ``{wanted}`` and ``{got}`` are "Double", ``{want}`` and ``{have}`` "double".
EXACT = {
    "Expected out tensor to have dtype {want}, but got {have} instead": """
        softmax log_softmax scatter scatter_add scatter_reduce index_add index_copy renorm msort
        linalg_cross tril triu slice_scatter diag frobenius_norm index_reduce
    """,
    "Found dtype {got} but expected {wanted}": """
        hardshrink bitwise_not neg lerp_tensors abs sign sgn conj_physical ceil floor trunc frac
        round clamp_number
    """,
    "index_select(): self and result must have the same scalar type": "index_select",
    "Expected out type to be {wanted} but got {got}": "where",
    "expected scalar_type {wanted} but found {got}": "logcumsumexp",
    "linalg.{function} expected out tensor dtype {wanted} but got: {got}": (
        "norm matrix_norm nuclear_norm"
    ),
    "Expected object of scalar type {wanted} but got scalar type {got} for argument 'out'": (
        "complex polar"
    ),
    "nan_to_num: dtype of out: {got} should be same as input: {wanted}": "nan_to_num",
    "the output given to float_power has dtype {got} but the operation's result requires dtype "
    "{wanted}": "float_power",
    "heaviside is not yet implemented for tensors with different dtypes.": "heaviside",
}
OWN_WORDS = {
    "{function}: Expected result to be safely castable from {wanted} dtype, but got result with "
    "dtype {got}": """
        linalg_pinv linalg_matrix_rank linalg_cond cholesky_solve cholesky_inverse cholesky
        linalg_tensorsolve linalg_tensorinv matrix_power
    """,
    "torch.cat(): input types can't be cast to the desired output type {got}": "cat stack",
    "diag: result type {wanted} can't be cast to the desired out= type {got}": "diag",
    "ldexp can't be cast to the desired output type {got}": "ldexp",
    "mean.dtype_out(): input types can't be cast to the desired output type {got}": "mean_all",
}
# What some functions are called in their texts.
SPELLED = {
    "linalg_pinv": "linalg.pinv",
    "linalg_matrix_rank": "torch.linalg.matrix_rank",
    "linalg_cond": "linalg.cond",
    "linalg_tensorsolve": "tensorsolve",
    "linalg_tensorinv": "tensorinv",
    "linalg_norm": "norm",
    "linalg_matrix_norm": "matrix_norm",
    "nuclear_norm": "matrix_norm",
}
_EXACT = {name: text for text, names in EXACT.items() for name in names.split()}
_EXACT["linalg_norm"] = _EXACT["linalg_matrix_norm"] = _EXACT["norm"]
_OWN_WORDS = {name: text for text, names in OWN_WORDS.items() for name in names.split()}


def check_out_dtype(function: str, wanted: dtypes.dtype, got: dtypes.dtype) -> None:
    """Raise PyTorch's error unless a result of one dtype may go to an output of the other."""
    if wanted is got:
        return
    castable = dtypes.can_cast(wanted, got)
    text = None if castable else _OWN_WORDS.get(function)
    text = text or _EXACT.get(function)
    if text is None:
        if castable:
            return
        text = USUAL
    message = text.format(
        function=SPELLED.get(function, function),
        wanted=wanted.scalar_name,
        got=got.scalar_name,
        want=wanted.cpp_name,
        have=got.cpp_name,
    )
    raise (TypeError if message.startswith("torch.cat()") else RuntimeError)(message)
