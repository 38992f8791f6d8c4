"""Which functions `autocast` casts for on the CPU, and to what: PyTorch's lists.

`LOWER` compute in half precision: products of matrices, where halves are fast and the error is
that of the inputs. `FLOAT32` compute in float32: what has no kernel for halves, or would lose too
much. `WIDEST` take operands of several dtypes, which meet in the widest. All others compute in
what they are given. Casts are for half and single precision: doubles, integers and complex numbers
pass. A call with ``out=`` says itself what it wants, so nothing is cast for it.

A function that is made of some of these (`matrix_power`, `cov`) is told here what they make of it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

import rushlight
from rushlight import dtypes
from rushlight.amp.state import current, lowered
from rushlight.api.convert import cast as convert
from rushlight.api.exchange import Layer
from rushlight.dtypes import dtype as DType
from rushlight.tensor import Tensor

__all__ = ["FLOAT32", "LOWER", "WIDEST", "layers"]

LOWER = """
addbmm addmm affine_grid_generator baddbmm bmm conv1d conv2d conv3d conv_tbc conv_transpose1d
conv_transpose2d conv_transpose3d corrcoef cov matmul mm prelu
nn.functional.affine_grid nn.functional.conv_tbc
Tensor.__matmul__ Tensor.__rmatmul__ linalg.multi_dot linalg.vecdot nn.functional.conv1d
nn.functional.conv2d nn.functional.conv3d nn.functional.conv_transpose1d
nn.functional.conv_transpose2d nn.functional.conv_transpose3d nn.functional.linear
nn.functional.prelu nn.functional.scaled_dot_product_attention
"""
FLOAT32 = """
binary_cross_entropy_with_logits cdist cholesky cholesky_inverse cholesky_solve
cosine_embedding_loss ctc_loss fake_quantize_per_tensor_affine geqrf
grid_sampler grid_sampler_2d grid_sampler_3d
hinge_embedding_loss inverse kl_div lu_solve margin_ranking_loss
nanquantile orgqr ormqr pinverse poisson_nll_loss polar prod qr quantile stft svd trace
triangular_solve triplet_margin_loss view_as_complex
linalg.cholesky linalg.cond linalg.eig linalg.eigh linalg.eigvals linalg.eigvalsh
linalg.householder_product linalg.inv linalg.lstsq linalg.matrix_rank linalg.qr linalg.solve
linalg.svd linalg.svdvals linalg.tensorinv linalg.tensorsolve
fft.fft fft.fft2 fft.fftn fft.hfft fft.ifft fft.ifft2 fft.ifftn fft.ihfft fft.irfft fft.irfft2
fft.irfftn fft.rfft fft.rfft2 fft.rfftn
nn.functional.adaptive_avg_pool3d nn.functional.adaptive_max_pool3d nn.functional.avg_pool3d
nn.functional.binary_cross_entropy nn.functional.binary_cross_entropy_with_logits
nn.functional.cosine_embedding_loss nn.functional.cross_entropy nn.functional.ctc_loss
nn.functional.fractional_max_pool2d nn.functional.fractional_max_pool2d_with_indices
nn.functional.fractional_max_pool3d nn.functional.fractional_max_pool3d_with_indices
nn.functional.grid_sample nn.functional.hinge_embedding_loss nn.functional.huber_loss
nn.functional.kl_div nn.functional.lp_pool3d
nn.functional.margin_ranking_loss nn.functional.max_unpool1d
nn.functional.max_unpool2d nn.functional.max_unpool3d
nn.functional.multi_margin_loss nn.functional.multilabel_margin_loss nn.functional.nll_loss
nn.functional.poisson_nll_loss nn.functional.smooth_l1_loss nn.functional.soft_margin_loss
nn.functional.triplet_margin_loss max_pool3d
"""
WIDEST = "cat concat concatenate index_copy stack"

Function = Callable[..., Any]


@cache
def layers() -> dict[FunctionType, Layer]:
    """Return what stands before each function while autocast is on somewhere."""
    made: dict[FunctionType, Layer] = {}
    for names, layer in ((LOWER, _lower), (FLOAT32, _single), (WIDEST, _widest)):
        for name in names.split():
            made.update(dict.fromkeys(_functions(name), layer))
    for name, decide in _SPECIAL.items():
        made.update(dict.fromkeys(_functions(name), _decided(decide)))
    return made


def _functions(name: str) -> list[FunctionType]:
    """Find what has this name in rushlight, and the method that is called so."""
    *rooms, last = name.split(".")
    holder: Any = rushlight
    for room in rooms:
        holder = getattr(holder, room, None)
    found = [getattr(holder, last, None)]
    if not rooms:
        found.append(getattr(Tensor, last, None))
    return [f for f in found if isinstance(f, FunctionType)]


# -- casting ---------------------------------------------------------------------------------------


def _eligible(x: Any) -> bool:
    return isinstance(x, Tensor) and x.dtype in (dtypes.float32, dtypes.float16, dtypes.bfloat16)


def _each(value: Any, cast: Callable[[Tensor], Tensor]) -> Any:
    """Cast a tensor, or those in a list of tensors."""
    if isinstance(value, Tensor):
        return cast(value) if _eligible(value) else value
    if type(value) in (list, tuple) and any(isinstance(v, Tensor) for v in value):
        return [_each(v, cast) for v in value]
    return value


def _call(
    function: Function, cast: Callable[[Tensor], Tensor], args: Any, kwargs: dict[str, Any]
) -> Any:
    """Call a function with its tensors cast, and nothing cast inside."""
    given = [_each(a, cast) for a in args]
    named = {name: _each(value, cast) for name, value in kwargs.items()}
    current.on = False
    try:
        return function(*given, **named)
    finally:
        current.on = True


def _single_cast(t: Tensor) -> Tensor:
    return convert(t, dtypes.float32)


def _lower(call: Function, args: Any, kwargs: dict[str, Any]) -> Any:
    if current.on and kwargs.get("out") is None:
        return _call(call, lowered, args, kwargs)
    return call(*args, **kwargs)


def _single(call: Function, args: Any, kwargs: dict[str, Any]) -> Any:
    if current.on and kwargs.get("out") is None:
        return _call(call, _single_cast, args, kwargs)
    return call(*args, **kwargs)


def _widest(call: Function, args: Any, kwargs: dict[str, Any]) -> Any:
    if current.on and kwargs.get("out") is None:
        dtype = _widest_of([*args, *kwargs.values()])
        return _call(call, lambda t: convert(t, dtype), args, kwargs)
    return call(*args, **kwargs)


def _widest_of(values: list[Any]) -> DType:
    """float32 if one of the tensors has it, else the lower precision; RuntimeError for another."""
    widest = current.dtypes["cpu"]
    for value in values:
        for t in value if type(value) in (list, tuple) else (value,):
            if not _eligible(t) or t.dtype is widest:
                continue
            if dtypes.float32 not in (t.dtype, widest):
                raise RuntimeError("Unexpected floating ScalarType in at::autocast::prioritize")
            widest = dtypes.float32
    return widest


def _decided(decide: Function) -> Layer:
    return lambda call, args, kwargs: decide(call, *args, **kwargs)


# -- functions whose arguments decide --------------------------------------------------------------


def _matrix_power(function: Function, input: Any, n: Any, **kwargs: Any) -> Any:
    """Inverses are made in float32, products in lower precision."""
    if not current.on or kwargs.get("out") is not None or not isinstance(n, int):
        return function(input, n, **kwargs)
    if n < 0:
        input, n = _call(function, _single_cast, (input, -1), {}), -n
        if n == 1:
            return input
    return function(input, n) if n < 2 else _call(function, lowered, (input, n), {})


def _without(name: str, place: int, function: Function, *args: Any, **kwargs: Any) -> Any:
    """With this option another function does the work, which nothing is cast for."""
    option = args[place] if len(args) > place else kwargs.get(name)
    if current.on and (option is None or option is False):
        return _call(function, _single_cast, args, kwargs)
    return function(*args, **kwargs)


def _tensordot(function: Function, a: Any, b: Any, *args: Any, **kwargs: Any) -> Any:
    """A matrix product, unless nothing is left but a number."""
    if current.on and kwargs.get("out") is None:
        dims = args[0] if args else kwargs.get("dims", 2)
        summed = dims if isinstance(dims, int) else len(dims[0])
        if 2 * summed < a.dim() + b.dim():
            return _call(function, lowered, (a, b, *args), kwargs)
    return function(a, b, *args, **kwargs)


def _plainly(function: Function, *args: Any, **kwargs: Any) -> Any:
    """Written with others of the list here (einsum, conv2d), which are not to notice."""
    return _call(function, lambda t: t, args, kwargs) if current.on else function(*args, **kwargs)


def _inner(function: Function, input: Any, other: Any, **kwargs: Any) -> Any:
    """A matrix product, but for vectors and numbers."""
    matrices = input.dim() > 0 < other.dim() and input.dim() + other.dim() > 2
    if current.on and matrices and kwargs.get("out") is None:
        return _call(function, lowered, (input, other), kwargs)
    return function(input, other, **kwargs)


def _chain_matmul(function: Function, *matrices: Any, **kwargs: Any) -> Any:
    if current.on and len(matrices) > 1 and kwargs.get("out") is None:
        return _call(function, lowered, matrices, kwargs)
    return function(*matrices, **kwargs)


def _contracted(function: Function, inputs: Any, output: Any, operands: Any) -> Any:
    """The several operands of einsum, taken in pairs from the left.

    A pair is a matrix product, in lower precision, where it sums over a dimension that both have;
    otherwise it is a plain product.
    """
    if not current.on:
        return function(inputs, output, operands)
    sizes = [dict(zip(labels, x.shape)) for labels, x in zip(inputs, operands)]
    later = [set(output).union(*inputs[i + 1 :]) for i in range(len(inputs))]
    product, made, dtype = False, sizes[0], operands[0].dtype
    for size, x, needed in zip(sizes[1:], operands[1:], later[1:]):
        if any(made[k] != 1 != n for k, n in size.items() if k in made and k not in needed):
            product, dtype = True, current.dtypes["cpu"]
        else:
            dtype = dtypes.promote_types(dtype, x.dtype)
        made = {k: max(n, made.get(k, 1)) for k, n in {**made, **size}.items() if k in needed}
    if not product or not all(map(_eligible, operands)):
        return function(inputs, output, operands)
    return function(inputs, output, [lowered(x) for x in operands]).to(dtype)


def _pad(function: Function, input: Any, pad: Any, *args: Any, **kwargs: Any) -> Any:
    """Reflections and replications have a kernel of their own, of which only 3-D reflects not."""
    mode = args[0] if args else kwargs.get("mode", "constant")
    if current.on and (mode == "replicate" or (mode == "reflect" and len(pad) < 6)):
        return _call(function, _single_cast, (input, pad, *args), kwargs)
    return function(input, pad, *args, **kwargs)


def _interpolate(function: Function, input: Any, *args: Any, **kwargs: Any) -> Any:
    """Areas of three dimensions are averaged, which is done in float32."""
    if current.on and input.dim() == 5 and "area" in (*args[2:], *kwargs.values()):
        return _call(function, _single_cast, (input, *args), kwargs)
    return function(input, *args, **kwargs)


def _local_response_norm(function: Function, input: Any, *args: Any, **kwargs: Any) -> Any:
    """Channels of planes are averaged over three dimensions, which is done in float32."""
    if current.on and input.dim() >= 4:
        return _call(function, _single_cast, (input, *args), kwargs)
    return function(input, *args, **kwargs)


_SPECIAL: dict[str, Function] = {
    "api.einsum.contracted": _contracted,
    "bilinear": _plainly,
    "chain_matmul": _chain_matmul,
    "convolution": _plainly,
    "inner": _inner,
    "linalg.matrix_power": _matrix_power,
    "matrix_power": _matrix_power,
    "nn.functional.bilinear": _plainly,
    "nn.functional.interpolate": _interpolate,
    "nn.functional.l1_loss": functools.partial(_without, "weight", 5),
    "nn.functional.local_response_norm": _local_response_norm,
    "nn.functional.max_pool3d": functools.partial(_without, "return_indices", 6),
    "nn.functional.mse_loss": functools.partial(_without, "weight", 5),
    "nn.functional.pad": _pad,
    "tensordot": _tensordot,
}
