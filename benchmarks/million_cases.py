"""What benchmarks/million.py calls: every operator that takes a large tensor, one line each.

``U(low, high)`` stands for a million uniform numbers, ``I(n)`` for indices below n, `C` for
complex numbers; other shapes are given. All that is floating or complex is differentiated, unless
it is wrapped in `Fixed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Case", "cases"]

SHAPE = (1000, 1000)
IMAGES = (16, 16, 64, 64)  # 1,048,576
FEWER = (250, 1000)  # where an element takes some 100 ns in both libraries


@dataclass(frozen=True)
class Operand:
    """How to make an array, and whether it is differentiated."""

    make: Callable[[np.random.RandomState], Any]
    grad: bool = True


def U(low: float = 0.5, high: float = 1.5, shape: tuple[int, ...] = SHAPE) -> Operand:
    """Uniform float32."""
    return Operand(lambda rng: rng.uniform(low, high, shape).astype(np.float32))


def N(*shape: int) -> Operand:
    """Normal float32."""
    return Operand(lambda rng: rng.standard_normal(shape or SHAPE).astype(np.float32))


def C(*shape: int) -> Operand:
    """Normal complex64."""

    def make(rng: np.random.RandomState) -> Any:
        parts = rng.standard_normal((2, *(shape or SHAPE)))
        return (parts[0] + 1j * parts[1]).astype(np.complex64)

    return Operand(make)


def I(high: int, shape: tuple[int, ...] = SHAPE) -> Operand:  # noqa: E743
    """Uniform int64 below `high`."""
    return Operand(lambda rng: rng.randint(0, high, shape), grad=False)


def M(*shape: int) -> Operand:
    """A mask, half of it true."""
    return Operand(lambda rng: rng.rand(*(shape or SHAPE)) < 0.5, grad=False)


def Fixed(operand: Operand) -> Operand:
    """The same, never differentiated."""
    return Operand(operand.make, grad=False)


def spd(batch: int, n: int) -> Operand:
    """Symmetric matrices far from singular."""

    def make(rng: np.random.RandomState) -> Any:
        a = rng.standard_normal((batch, n, n)).astype(np.float32)
        return a @ a.swapaxes(-1, -2) / n + np.eye(n, dtype=np.float32)

    return Operand(make)


def regular(batch: int, n: int) -> Operand:
    """Matrices far from singular."""

    def make(rng: np.random.RandomState) -> Any:
        a = rng.standard_normal((batch, n, n)).astype(np.float32)
        return a / np.float32(np.sqrt(n)) + 2 * np.eye(n, dtype=np.float32)

    return Operand(make)


@dataclass(frozen=True)
class Case:
    """A call of an operator under either library."""

    name: str
    fn: Callable[..., Any]
    arguments: tuple[Operand, ...]

    def operands(self, lib: Any) -> list[Any]:
        """The tensors it is called with, the same numbers in every library."""
        rng = np.random.RandomState(0)
        made = []
        for operand in self.arguments:
            x = lib.from_numpy(np.ascontiguousarray(operand.make(rng)))
            made.append(x.requires_grad_() if operand.grad else x)
        return made


def named(path: str, *operands: Operand, label: str = "", **options: Any) -> Case:
    """A call of what stands under `path` in the library."""
    parts = path.split(".")

    def fn(lib: Any, *xs: Any) -> Any:
        for part in parts:
            lib = getattr(lib, part)
        return lib(*xs, **options)

    shown = label or ", ".join(f"{k}={v}" for k, v in options.items())
    short = path.removeprefix("nn.functional.")
    return Case(f"{short}({shown})" if shown else short, fn, operands)


def cases() -> Iterator[Case]:
    """All of them, family by family."""
    for family in (pointwise, activations, special, reductions, ordering, shapes, indexing):
        yield from family()
    for family in (matrices, factorizations, layers, images, losses, spectra, sequences):
        yield from family()


# -- pointwise ---------------------------------------------------------------------------------

ANY = "square neg positive abs sign exp exp2 expm1 sin cos tan atan sinh cosh tanh asinh sinc"
ANY += " deg2rad rad2deg sigmoid frac sgn nan_to_num angle isnan isfinite signbit logical_not"
ANY += " ceil floor trunc round clone"
POSITIVE = "sqrt rsqrt reciprocal log log2 log10 log1p"
UNIT = "asin acos atanh logit erfinv"
BINARY = "add sub mul div maximum minimum fmax fmin atan2 hypot logaddexp logaddexp2 copysign"
BINARY += " remainder fmod xlogy pow float_power nextafter eq lt isclose"


def pointwise() -> Iterator[Case]:
    """Functions of each element."""
    for name in ANY.split():
        yield named(name, U(-2, 2))
    for name in POSITIVE.split():
        yield named(name, U())
    for name in UNIT.split():
        yield named(name, U(0.05, 0.95))
    yield named("acosh", U(1.1, 3))
    for name in BINARY.split():
        yield named(name, U(), U())
    for name in ("floor_divide", "heaviside"):
        yield named(name, Fixed(U()), Fixed(U()))
    yield Case("x * 2", lambda lib, x: x * 2, (N(),))
    yield Case("x ** 3", lambda lib, x: x**3, (N(),))
    yield Case("x ** 2.5", lambda lib, x: x**2.5, (U(),))
    yield Case("2 ** x", lambda lib, x: 2**x, (N(),))
    yield Case("x + row", lambda lib, x, y: x + y, (N(), N(1000)))
    yield Case("x * column", lambda lib, x, y: x * y, (N(), N(1000, 1)))
    yield Case("x.t() + y", lambda lib, x, y: x.t() + y, (N(), N()))
    yield named("lerp", N(), N(), U(0, 1))
    yield named("addcmul", N(), N(), N())
    yield named("addcdiv", N(), N(), U())
    yield named("where", M(), N(), N())
    yield named("clamp", N(), min=-1, max=1)
    yield Case("clamp(tensors)", lambda lib, x, a, b: lib.clamp(x, a, b), (N(), N(), N()))
    yield named("ldexp", N(), I(5))
    yield named("frexp", N())
    yield named("gcd", I(1000), I(1000))
    yield named("bitwise_xor", I(1000), I(1000))
    yield named("mul", C(), C(), label="complex")
    yield named("exp", C(), label="complex")
    yield named("abs", C(), label="complex")
    yield named("complex", N(), N())
    yield named("polar", U(), N())
    yield Case("x.to(float64)", lambda lib, x: x.to(lib.float64), (N(),))
    yield Case("x.to(float16)", lambda lib, x: x.to(lib.float16), (N(),))
    yield Case("x.to(bfloat16)", lambda lib, x: x.to(lib.bfloat16), (N(),))
    yield Case("x.to(int64)", lambda lib, x: x.to(lib.int64), (N(),))
    yield Case("float16 add", lambda lib, x: x + x, (half("float16"),))
    yield Case("bfloat16 mul", lambda lib, x: lib.mul(x.bfloat16(), x.bfloat16()), (Fixed(N()),))
    yield Case("int64 add", lambda lib, x, y: x + y, (I(100), I(100)))


def half(dtype: str) -> Operand:
    """Normal numbers in a dtype of NumPy's."""
    return Operand(lambda rng: rng.standard_normal(SHAPE).astype(dtype))


ACTIVATIONS = "relu relu6 leaky_relu elu selu celu hardtanh hardsigmoid hardswish hardshrink gelu"
ACTIVATIONS += " softshrink tanhshrink softsign softplus logsigmoid silu mish glu normalize"


def activations() -> Iterator[Case]:
    """Activations, softmax and dropout."""
    for name in ACTIVATIONS.split():
        yield named("nn.functional." + name, N())
    yield named("nn.functional.gelu", N(), approximate="tanh")
    yield named("nn.functional.threshold", N(), threshold=0.1, value=2.0)
    yield named("nn.functional.prelu", N(), N(1000))
    for dim in (0, 1):
        for name in ("softmax", "log_softmax"):
            yield named("nn.functional." + name, N(), dim=dim)
    yield named("nn.functional.dropout", N(), p=0.5)
    yield named("nn.functional.rrelu", N())
    yield named("bernoulli", Fixed(U(0, 1)))
    yield Case("randn", lambda lib: lib.randn(1000, 1000), ())
    yield Case("rand", lambda lib: lib.rand(1000, 1000), ())
    yield Case("randint", lambda lib: lib.randint(10, (1000, 1000)), ())
    yield Case("randperm", lambda lib: lib.randperm(1_000_000), ())


# -- special functions -------------------------------------------------------------------------

SPECIAL = "erf erfc erfcx ndtr log_ndtr i0 i0e i1 i1e gammaln digamma entr spherical_bessel_j0"
BESSEL = "airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 modified_bessel_i0 modified_bessel_i1"
BESSEL += " modified_bessel_k0 modified_bessel_k1 scaled_modified_bessel_k0"
BESSEL += " scaled_modified_bessel_k1"
POLYNOMIALS = "chebyshev_polynomial_t chebyshev_polynomial_u hermite_polynomial_h"
POLYNOMIALS += " hermite_polynomial_he laguerre_polynomial_l legendre_polynomial_p"


def special() -> Iterator[Case]:
    """torch.special."""
    for name in SPECIAL.split():
        yield named("special." + name, U(0.1, 4))
    for name in BESSEL.split():
        yield named("special." + name, U(0.1, 4, FEWER))
    yield named("special.erfc", U(-3, 3), label="both signs")
    yield named("special.i0e", U(-20, 20, FEWER), label="wide")
    yield named("special.i1e", U(-20, 20, FEWER), label="wide")
    yield named("special.i1", U(-20, 20, FEWER), label="wide")
    yield named("special.i0", U(-20, 20, FEWER), label="wide")
    yield named("special.digamma", U(-3, 3, FEWER), label="both signs")
    yield named("special.gammaln", U(-3, 3, FEWER), label="both signs")
    yield named("special.ndtri", U(0.01, 0.99, FEWER))
    yield Case(
        "special.polygamma(1)", lambda lib, x: lib.special.polygamma(1, x), (U(0.5, 1.5, FEWER),)
    )
    yield Case(
        "special.polygamma(2)", lambda lib, x: lib.special.polygamma(2, x), (U(0.5, 1.5, FEWER),)
    )
    yield named("special.multigammaln", U(2, 3, FEWER), p=3)
    yield named("special.gammainc", Fixed(U(0.5, 3, FEWER)), U(0.5, 3, FEWER))
    yield named("special.gammaincc", Fixed(U(0.5, 3, FEWER)), U(0.5, 3, FEWER))
    yield named("special.zeta", Fixed(U(1.5, 4, FEWER)), U(0.5, 3, FEWER))
    yield named("special.xlog1py", U(0.5, 1.5, FEWER), U(0.5, 1.5, FEWER))
    for name in POLYNOMIALS.split():
        yield Case(
            f"special.{name}(7)",
            lambda lib, x, name=name: getattr(lib.special, name)(x, 7),
            (Fixed(U(-1, 1)),),
        )


# -- reductions, scans, order ------------------------------------------------------------------

REDUCTIONS = "sum mean nansum nanmean var std logsumexp amax amin count_nonzero"
WHOLE = "prod max min argmax median nanmedian any aminmax std var_mean"


def reductions() -> Iterator[Case]:
    """Many elements to one."""
    for dim in (None, 0, 1):
        for name in REDUCTIONS.split():
            dims = (0, 1) if dim is None else dim
            yield named(name, N(), dim=dims)
    for dim in (0, 1):
        for name in ["prod", "max", "min", "argmax", "argmin", "median", "nanmedian", "any", "all"]:
            yield named(name, U(), dim=dim)
        for name in ["cumsum", "cumprod", "logcumsumexp", "cummax", "cummin"]:
            yield named(name, U(0.9, 1.1), dim=dim)
        yield named("aminmax", N(), dim=dim)
        yield named("linalg.vector_norm", N(), dim=dim)
    for name in [
        "prod",
        "max",
        "min",
        "argmax",
        "median",
        "nanmedian",
        "any",
        "aminmax",
        "std",
        "var_mean",
    ]:
        yield named(name, U())
    yield Case("cumsum of a vector", lambda lib, x: lib.cumsum(x, 0), (N(1_000_000),))
    yield Case("sum over the middle", lambda lib, x: x.sum(1), (N(100, 100, 100),))
    yield Case("sum over the ends", lambda lib, x: x.sum((0, 2)), (N(100, 100, 100),))
    yield Case("x.t().sum(0)", lambda lib, x: x.t().sum(0), (N(),))
    yield Case("sum of int64", lambda lib, x: x.sum(), (I(100),))
    yield Case("sum of bool", lambda lib, x: x.sum(1), (M(),))
    yield Case("norm of all", lambda lib, x: lib.linalg.vector_norm(x), (N(),))
    yield Case("norm, order 3", lambda lib, x: lib.linalg.vector_norm(x, 3, 1), (N(),))
    yield Case("norm, order 1", lambda lib, x: lib.linalg.vector_norm(x, 1, 1), (N(),))
    yield Case("norm, order inf", lambda lib, x: lib.linalg.vector_norm(x, float("inf"), 1), (N(),))
    yield Case("dist", lambda lib, x, y: lib.dist(x, y), (N(), N()))
    yield Case("renorm", lambda lib, x: lib.renorm(x, 2, 0, 1.0), (N(),))
    yield named("diff", N(), dim=1)
    yield Case("trapezoid", lambda lib, x: lib.trapezoid(x, dim=1), (N(),))
    yield Case("gradient", lambda lib, x: lib.gradient(x), (N(),))


def ordering() -> Iterator[Case]:
    """Sorting, selecting, counting."""
    for dim in (0, 1):
        yield named("sort", N(), dim=dim)
        yield named("argsort", N(), dim=dim)
        yield named("topk", N(), k=10, dim=dim)
        yield named("kthvalue", N(), k=500, dim=dim)
    yield named("sort", N(1_000_000), label="vector")
    yield Case("sort of ties", lambda lib, x: lib.sort(x.floor(), 1), (U(0, 50),))
    yield Case("topk of ties", lambda lib, x: lib.topk(x.floor(), 10, 1), (U(0, 50),))
    yield Case("sort of int64", lambda lib, x: lib.sort(x, 1), (I(1000),))
    yield Case("sort of int64, vector", lambda lib, x: lib.sort(x), (I(10**6, (1_000_000,)),))
    yield Case("topk of a vector", lambda lib, x: lib.topk(x, 100), (N(1_000_000),))
    yield Case("topk, k=500", lambda lib, x: lib.topk(x, 500, 1), (N(),))
    yield Case("mode", lambda lib, x: lib.mode(x, 1), (I(50),))
    yield Case("quantile", lambda lib, x: lib.quantile(x, 0.3, 1), (N(),))
    yield Case("nanquantile", lambda lib, x: lib.nanquantile(x, 0.3, 1), (N(),))
    yield Case("msort", lambda lib, x: lib.msort(x), (N(),))
    yield Case("unique", lambda lib, x: lib.unique(x), (I(1000),))
    yield Case(
        "unique, inverse and counts",
        lambda lib, x: lib.unique(x, return_inverse=True, return_counts=True),
        (I(1000),),
    )
    yield Case("unique_consecutive", lambda lib, x: lib.unique_consecutive(x), (I(3, (10**6,)),))
    yield Case("bincount", lambda lib, x: lib.bincount(x), (I(1000, (10**6,)),))
    yield Case("histc", lambda lib, x: lib.histc(x, 100), (Fixed(N()),))
    yield Case("histogram", lambda lib, x: lib.histogram(x, 100), (Fixed(N(1_000_000)),))
    yield Case(
        "searchsorted", lambda lib, a, x: lib.searchsorted(lib.sort(a)[0], x), (N(1000), Fixed(N()))
    )
    yield Case("isin", lambda lib, x, y: lib.isin(x, y), (I(1000), I(1000, (100,))))
    yield Case("nonzero", lambda lib, x: lib.nonzero(x), (M(),))


# -- shape and index ---------------------------------------------------------------------------


def shapes() -> Iterator[Case]:
    """Copies and rearrangements."""
    yield Case("x.t().contiguous()", lambda lib, x: x.t().contiguous(), (N(),))
    yield Case(
        "permute, copied", lambda lib, x: x.permute(2, 0, 1).contiguous(), (N(100, 100, 100),)
    )
    yield Case("x[1:, :-1]", lambda lib, x: x[1:, :-1] * 1, (N(),))
    yield Case("x[::2]", lambda lib, x: x[::2] * 1, (N(),))
    for name in ("cat", "stack"):
        yield Case(f"{name}(0)", lambda lib, x, y, f=name: getattr(lib, f)([x, y]), (N(), N()))
        yield Case(f"{name}(1)", lambda lib, x, y, f=name: getattr(lib, f)([x, y], 1), (N(), N()))
    yield Case("split", lambda lib, x: [p * 1 for p in x.split(100, 1)], (N(),))
    yield Case("flip", lambda lib, x: lib.flip(x, (0, 1)), (N(),))
    yield Case("roll", lambda lib, x: lib.roll(x, (3, 7), (0, 1)), (N(),))
    yield Case("rot90", lambda lib, x: lib.rot90(x), (N(),))
    yield Case("tile", lambda lib, x: lib.tile(x, (2, 2)), (N(500, 500),))
    yield Case("repeat_interleave", lambda lib, x: lib.repeat_interleave(x, 2, 1), (N(1000, 500),))
    yield Case(
        "repeat_interleave by tensor",
        lambda lib, x, n: lib.repeat_interleave(x, n, 0),
        (N(1000, 500), I(5, (1000,))),
    )
    yield Case("tril", lambda lib, x: lib.tril(x), (N(),))
    yield Case("diag_embed", lambda lib, x: lib.diag_embed(x), (N(100, 100),))
    yield Case("expand, copied", lambda lib, x: x.expand(1000, 1000).contiguous(), (N(1000),))
    yield Case("x.unfold", lambda lib, x: x.unfold(1, 4, 4) * 1, (N(),))
    yield Case("x.unfold, overlapping", lambda lib, x: x.unfold(1, 4, 2) * 1, (N(1000, 500),))
    yield Case("block_diag", lambda lib, x, y: lib.block_diag(x, y), (N(500, 500), N(500, 500)))
    yield Case("cartesian_prod", lambda lib, x, y: lib.cartesian_prod(x, y), (N(1000), N(1000)))
    yield Case("combinations", lambda lib, x: lib.combinations(x), (N(500),))
    yield Case(
        "meshgrid", lambda lib, x, y: lib.meshgrid(x, y, indexing="ij")[0] * 1, (N(1000), N(1000))
    )
    yield Case("pad", lambda lib, x: lib.nn.functional.pad(x, (2, 2, 2, 2)), (N(*IMAGES),))
    for mode in ("reflect", "replicate", "circular"):
        yield Case(
            f"pad({mode})",
            lambda lib, x, mode=mode: lib.nn.functional.pad(x, (2, 2, 2, 2), mode=mode),
            (N(*IMAGES),),
        )
    yield Case("select_scatter", lambda lib, x, y: lib.select_scatter(x, y, 0, 3), (N(), N(1000)))
    yield Case(
        "slice_scatter", lambda lib, x, y: lib.slice_scatter(x, y, 0, 0, 500), (N(), N(500, 1000))
    )


def reduced(reduce: str) -> Case:
    """scatter_reduce with one of its reductions."""
    return Case(
        f"scatter_reduce({reduce})",
        lambda lib, x, i, y: lib.scatter_reduce(x, 1, i, y, reduce),
        (N(), I(1000), U()),
    )


def indexing() -> Iterator[Case]:
    """Gather, scatter, masks."""
    rows = I(1000, (1000,))
    for dim in (0, 1):
        yield Case(f"gather({dim})", lambda lib, x, i, d=dim: lib.gather(x, d, i), (N(), I(1000)))
        yield Case(
            f"scatter({dim})",
            lambda lib, x, i, y, d=dim: lib.scatter(x, d, i, y),
            (N(), I(1000), N()),
        )
        yield Case(
            f"scatter_add({dim})",
            lambda lib, x, i, y, d=dim: lib.scatter_add(x, d, i, y),
            (N(), I(1000), N()),
        )
        yield Case(
            f"index_select({dim})", lambda lib, x, i, d=dim: lib.index_select(x, d, i), (N(), rows)
        )
        yield Case(
            f"index_add({dim})",
            lambda lib, x, i, y, d=dim: lib.index_add(x, d, i, y),
            (N(), rows, N()),
        )
        yield Case(
            f"index_copy({dim})",
            lambda lib, x, i, y, d=dim: lib.index_copy(x, d, i, y),
            (N(), rows, N()),
        )
        yield Case(
            f"index_fill({dim})", lambda lib, x, i, d=dim: lib.index_fill(x, d, i, 1.0), (N(), rows)
        )
    for reduce in ("sum", "mean", "prod", "amax", "amin"):
        yield reduced(reduce)
    yield Case(
        "index_reduce(mean)",
        lambda lib, x, i, y: lib.index_reduce(x, 0, i, y, "mean"),
        (N(), rows, U()),
    )
    yield Case("take_along_dim", lambda lib, x, i: lib.take_along_dim(x, i, 1), (N(), I(1000)))
    yield Case("take", lambda lib, x, i: lib.take(x, i), (N(), I(10**6)))
    yield Case("x[i]", lambda lib, x, i: x[i], (N(), rows))
    yield Case("x[:, i]", lambda lib, x, i: x[:, i], (N(), rows))
    yield Case("x[i, j]", lambda lib, x, i, j: x[i, j], (N(), I(1000), I(1000)))
    yield Case("x[mask]", lambda lib, x, m: x[m], (N(), M()))
    yield Case(
        "index_put(accumulate)",
        lambda lib, x, i, j, y: lib.index_put(x, (i, j), y, True),
        (N(), I(1000), I(1000), N()),
    )
    yield Case("masked_fill", lambda lib, x, m: x.masked_fill(m, 0.0), (N(), M()))
    yield Case("masked_select", lambda lib, x, m: lib.masked_select(x, m), (N(), M()))
    yield Case("masked_scatter", lambda lib, x, m, y: x.masked_scatter(m, y), (N(), M(), N()))
    yield Case("put", lambda lib, x, i, y: x.put(i, y, True), (N(), I(10**6, (10**5,)), N(10**5)))
    yield Case(
        "embedding",
        lambda lib, i, w: lib.nn.functional.embedding(i, w),
        (I(10_000, (16_000,)), N(10_000, 64)),
    )
    for mode in ("sum", "mean", "max"):
        yield Case(
            f"embedding_bag({mode})",
            lambda lib, i, w, mode=mode: lib.nn.functional.embedding_bag(i, w, mode=mode),
            (I(10_000, (320, 50)), N(10_000, 64)),
        )
    yield Case("one_hot", lambda lib, i: lib.nn.functional.one_hot(i, 100), (I(100, (10_000,)),))


# -- linear algebra ----------------------------------------------------------------------------


def matrices() -> Iterator[Case]:
    """Products."""
    yield Case("matmul 512", lambda lib, a, b: a @ b, (N(512, 512), N(512, 512)))
    yield Case("bmm 64x128", lambda lib, a, b: lib.bmm(a, b), (N(64, 128, 128), N(64, 128, 128)))
    yield Case("bmm 4000x16", lambda lib, a, b: lib.bmm(a, b), (N(4000, 16, 16), N(4000, 16, 16)))
    yield named("mv", N(), N(1000))
    yield named("dot", N(1_000_000), N(1_000_000))
    yield named("outer", N(1000), N(1000))
    yield Case("addmm", lambda lib, c, a, b: lib.addmm(c, a, b), (N(512), N(512, 512), N(512, 512)))
    yield Case(
        "linear",
        lambda lib, x, w, b: lib.nn.functional.linear(x, w, b),
        (N(512, 512), N(512, 512), N(512)),
    )
    yield Case(
        "einsum ij,kj->ik",
        lambda lib, a, b: lib.einsum("ij,kj->ik", a, b),
        (N(512, 512), N(512, 512)),
    )
    yield Case(
        "einsum bij,bij->b",
        lambda lib, a, b: lib.einsum("bij,bij->b", a, b),
        (N(100, 100, 100), N(100, 100, 100)),
    )
    yield Case(
        "einsum bhid,bhjd->bhij",
        lambda lib, a, b: lib.einsum("bhid,bhjd->bhij", a, b),
        (N(8, 8, 128, 64), N(8, 8, 128, 64)),
    )
    yield Case(
        "tensordot", lambda lib, a, b: lib.tensordot(a, b, 2), (N(64, 32, 512), N(32, 512, 64))
    )
    yield Case("kron", lambda lib, a, b: lib.kron(a, b), (N(32, 32), N(32, 32)))
    yield Case("cdist", lambda lib, a, b: lib.cdist(a, b), (N(1000, 64), N(1000, 64)))
    yield Case("cdist, p=1", lambda lib, a, b: lib.cdist(a, b, 1.0), (N(300, 64), N(300, 64)))
    yield Case("pdist", lambda lib, a: lib.pdist(a), (N(500, 16),))
    yield Case("cov", lambda lib, a: lib.cov(a), (N(300, 1000),))
    yield Case("corrcoef", lambda lib, a: lib.corrcoef(a), (N(300, 1000),))
    yield Case("cross", lambda lib, a, b: lib.linalg.cross(a, b), (N(300_000, 3), N(300_000, 3)))
    yield Case("vecdot", lambda lib, a, b: lib.linalg.vecdot(a, b), (N(), N()))
    yield Case(
        "bilinear",
        lambda lib, a, b, w: lib.nn.functional.bilinear(a, b, w),
        (N(128, 64), N(128, 64), N(64, 64, 64)),
    )
    yield Case("cosine_similarity", lambda lib, a, b: lib.cosine_similarity(a, b), (N(), N()))
    yield Case("pairwise_distance", lambda lib, a, b: lib.pairwise_distance(a, b), (N(), N()))
    yield Case("matrix_power", lambda lib, a: lib.matrix_power(a, 5), (regular(1, 256),))
    yield Case("matrix_exp", lambda lib, a: lib.matrix_exp(a), (regular(100, 16),))
    yield Case("trace", lambda lib, a: lib.trace(a), (N(),))


def factorizations() -> Iterator[Case]:
    """Solvers and decompositions, of many small matrices and of one large one."""
    for batch, n in ((1000, 16), (1, 256)):
        tag = f"{batch}x{n}"
        for name in ["inv", "det", "slogdet"]:
            yield named(f"linalg.{name}", regular(batch, n), label=tag)
        for name in ["cholesky", "eigh", "eigvalsh", "svdvals", "matrix_norm"]:
            yield named(f"linalg.{name}", spd(batch, n), label=tag)
        yield named("linalg.qr", regular(batch, n), label=tag)
        yield named("linalg.svd", regular(batch, n), label=tag)
        yield named("linalg.lu_factor", regular(batch, n), label=tag)
        yield named("linalg.solve", regular(batch, n), N(batch, n, 4), label=tag)
        yield named("linalg.pinv", regular(batch, n), label=tag)
        yield named("linalg.lstsq", regular(batch, n), N(batch, n, 4), label=tag)
        yield Case(
            f"linalg.solve_triangular({tag})",
            lambda lib, a, b: lib.linalg.solve_triangular(a, b, upper=True),
            (regular(batch, n), N(batch, n, 4)),
        )
        yield Case(
            f"cholesky_solve({tag})",
            lambda lib, b, a: lib.cholesky_solve(b, a),
            (N(batch, n, 4), spd(batch, n)),
        )
    yield named("linalg.eig", Fixed(regular(100, 16)), label="100x16")


# -- layers ------------------------------------------------------------------------------------


def layers() -> Iterator[Case]:
    """Normalisation, attention, dropout of channels."""
    yield Case(
        "layer_norm",
        lambda lib, x, w, b: lib.nn.functional.layer_norm(x, (1000,), w, b),
        (N(), N(1000), N(1000)),
    )
    yield Case(
        "rms_norm", lambda lib, x, w: lib.nn.functional.rms_norm(x, (1000,), w), (N(), N(1000))
    )
    yield Case(
        "group_norm",
        lambda lib, x, w, b: lib.nn.functional.group_norm(x, 4, w, b),
        (N(*IMAGES), N(16), N(16)),
    )
    yield Case(
        "batch_norm",
        lambda lib, x, w, b: lib.nn.functional.batch_norm(x, None, None, w, b, True),
        (N(*IMAGES), N(16), N(16)),
    )
    yield Case("instance_norm", lambda lib, x: lib.nn.functional.instance_norm(x), (N(*IMAGES),))
    yield Case(
        "local_response_norm",
        lambda lib, x: lib.nn.functional.local_response_norm(x, 5),
        (N(*IMAGES),),
    )
    attention = (N(8, 8, 256, 64), N(8, 8, 256, 64), N(8, 8, 256, 64))
    for causal in (False, True):
        yield named("nn.functional.scaled_dot_product_attention", *attention, is_causal=causal)
    yield Case("channel_shuffle", lambda lib, x: lib.channel_shuffle(x, 4), (N(*IMAGES),))
    yield Case("pixel_shuffle", lambda lib, x: lib.pixel_shuffle(x, 2), (N(*IMAGES),))
    yield Case("pixel_unshuffle", lambda lib, x: lib.pixel_unshuffle(x, 2), (N(*IMAGES),))


def images() -> Iterator[Case]:
    """Convolution, pooling, resizing."""
    F = "nn.functional."
    yield named(F + "conv1d", N(16, 16, 4096), N(16, 16, 3), padding=1)
    yield named(F + "conv2d", N(*IMAGES), N(16, 16, 3, 3), padding=1)
    yield named(F + "conv2d", N(*IMAGES), N(32, 16, 1, 1), label="1x1")
    yield named(F + "conv2d", N(*IMAGES), N(16, 16, 5, 5), stride=2)
    yield named(F + "conv2d", N(*IMAGES), N(16, 1, 3, 3), padding=1, groups=16)
    yield named(F + "conv2d", N(*IMAGES), N(16, 16, 3, 3), padding=2, dilation=2)
    yield named(F + "conv3d", N(4, 8, 32, 32, 32), N(8, 8, 3, 3, 3), padding=1)
    yield named(F + "conv_transpose1d", N(16, 16, 4096), N(16, 16, 3))
    yield named(F + "conv_transpose2d", N(*IMAGES), N(16, 16, 3, 3), stride=2)
    yield named(F + "conv_transpose3d", N(4, 8, 16, 16, 16), N(8, 8, 3, 3, 3), stride=2)
    for kind in ("max", "avg"):
        yield named(f"{F}{kind}_pool1d", N(16, 16, 4096), kernel_size=2)
        yield named(f"{F}{kind}_pool2d", N(*IMAGES), kernel_size=2)
        yield named(f"{F}{kind}_pool2d", N(*IMAGES), kernel_size=3, stride=1, padding=1)
        yield named(f"{F}{kind}_pool3d", N(4, 8, 32, 32, 32), kernel_size=2)
        yield named(f"{F}adaptive_{kind}_pool2d", N(*IMAGES), output_size=7)
    yield named(F + "lp_pool2d", N(*IMAGES), norm_type=2, kernel_size=2)
    yield Case("max_pool2d, indices, unpool", unpooled, (N(*IMAGES),))
    yield Case(
        "fractional_max_pool2d",
        lambda lib, x, s: lib.nn.functional.fractional_max_pool2d(x, 2, 30, _random_samples=s),
        (N(*IMAGES), Fixed(U(0, 1, (16, 16, 2)))),
    )
    yield named(F + "unfold", N(*IMAGES), kernel_size=3)
    yield named(F + "fold", N(16, 144, 3844), output_size=(64, 64), kernel_size=3)
    for mode in ("nearest", "bilinear", "bicubic", "area"):
        yield named(F + "interpolate", N(16, 16, 32, 32), scale_factor=2, mode=mode)
    yield named(F + "interpolate", N(*IMAGES), size=(48, 48), mode="bilinear")
    yield named(F + "interpolate", N(*IMAGES), size=(32, 32), mode="bilinear", antialias=True)
    yield named(F + "interpolate", N(16, 16, 2048), scale_factor=2, mode="linear")
    yield named(F + "interpolate", N(4, 8, 16, 16, 16), scale_factor=2, mode="trilinear")
    for mode in ("nearest", "bilinear", "bicubic"):
        yield named(
            F + "grid_sample",
            N(4, 16, 64, 64),
            U(-1, 1, (4, 64, 64, 2)),
            mode=mode,
            align_corners=False,
        )
    for mode in ("nearest", "bilinear"):
        yield named(
            F + "grid_sample",
            N(2, 8, 32, 32, 32),
            U(-1, 1, (2, 32, 32, 32, 3)),
            label=f"3-D, {mode}",
            mode=mode,
            align_corners=False,
        )
    yield named(F + "affine_grid", N(16, 2, 3), size=(16, 16, 128, 128), align_corners=False)


def unpooled(lib: Any, x: Any) -> Any:
    """Max pooling and back."""
    y, where = lib.nn.functional.max_pool2d(x, 2, return_indices=True)
    return lib.nn.functional.max_unpool2d(y, where, 2)


# -- losses ------------------------------------------------------------------------------------


def losses() -> Iterator[Case]:
    """Losses."""
    F = "nn.functional."
    for name in ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"]:
        yield named(F + name, N(), Fixed(N()))
    yield named(F + "kl_div", N(), Fixed(U(0, 1)))
    yield named(F + "binary_cross_entropy", U(0.1, 0.9), Fixed(U(0, 1)))
    yield named(F + "binary_cross_entropy_with_logits", N(), Fixed(U(0, 1)))
    yield named(F + "poisson_nll_loss", N(), Fixed(U()))
    yield named(F + "gaussian_nll_loss", N(), Fixed(N()), U())
    yield named(F + "soft_margin_loss", N(), Fixed(N()))
    yield named(F + "hinge_embedding_loss", N(), Fixed(N()))
    yield named(F + "margin_ranking_loss", N(), N(), Fixed(N()))
    yield named(F + "cosine_embedding_loss", N(), N(), Fixed(N(1000)))
    yield named(F + "triplet_margin_loss", N(), N(), N())
    yield named(F + "cross_entropy", N(2048, 1000), I(1000, (2048,)))
    yield named(F + "cross_entropy", N(), I(1000, (1000,)), label_smoothing=0.1)
    yield named(F + "cross_entropy", N(), Fixed(U()), label="probabilities")
    yield named(F + "cross_entropy", N(16, 16, 64, 64), I(16, (16, 64, 64)), label="images")
    yield named(F + "nll_loss", N(), I(1000, (1000,)))
    yield named(F + "multi_margin_loss", N(), I(1000, (1000,)))
    yield named(F + "multilabel_margin_loss", N(1000, 50), I(50, (1000, 50)))
    yield named(F + "multilabel_soft_margin_loss", N(), Fixed(M2()))
    yield Case("ctc_loss", ctc, (N(100, 16, 40), I(39, (16, 20))))
    yield Case("ctc_loss, long", ctc, (N(400, 16, 40), I(39, (16, 100))))


def M2() -> Operand:
    """Zeros and ones in float32."""
    return Operand(lambda rng: (rng.rand(*SHAPE) < 0.5).astype(np.float32), grad=False)


def ctc(lib: Any, x: Any, target: Any) -> Any:
    """Of whole sequences."""
    F = lib.nn.functional
    steps, batch, _ = x.shape
    lengths = [lib.full((batch,), n) for n in (steps, target.shape[1])]
    return F.ctc_loss(F.log_softmax(x, 2), target + 1, *lengths)


# -- fft ---------------------------------------------------------------------------------------


def spectra() -> Iterator[Case]:
    """Fourier transforms."""
    yield named("fft.fft", C(1000, 1024))
    yield named("fft.fft", C(1000, 1024), dim=0)
    yield named("fft.rfft", N(1000, 1024))
    yield named("fft.irfft", C(1000, 513))
    yield named("fft.hfft", C(1000, 513))
    yield named("fft.fft2", C(16, 256, 256))
    yield named("fft.rfft2", N(16, 256, 256))
    yield named("fft.irfft2", C(16, 256, 129))
    yield named("fft.fftn", C(100, 100, 100))
    yield named("fft.fftshift", N())
    yield Case(
        "stft",
        lambda lib, x, w: lib.stft(x, 512, window=w, return_complex=True),
        (N(16, 32_768), Fixed(U(0.5, 1.5, (512,)))),
    )
    yield Case(
        "istft",
        lambda lib, x, w: lib.istft(x, 512, window=w),
        (C(16, 257, 257), Fixed(U(0.5, 1.5, (512,)))),
    )


# -- recurrent nets ----------------------------------------------------------------------------


def recurrent(kind: str, layers: int = 1) -> Case:
    """A recurrent layer over 32 steps of 64 sequences."""

    def fn(lib: Any, x: Any) -> Any:
        module = made.get(lib)
        if module is None:
            lib.manual_seed(0)
            module = made[lib] = getattr(lib.nn, kind)(128, 128, layers)
        return module(x)[0]

    made: dict[Any, Any] = {}
    return Case(f"{kind} 32x64x128", fn, (N(32, 64, 128),))


def sequences() -> Iterator[Case]:
    """Recurrent layers."""
    for kind in ("LSTM", "GRU", "RNN"):
        yield recurrent(kind)
