"""Parametrizations that are ready: directions and lengths, spectral norm 1, orthogonal matrices."""

from __future__ import annotations

from typing import Any

from rushlight.api.create import eye
from rushlight.api.likes import zeros_like
from rushlight.api.random import randn
from rushlight.api.reflections import geqrf, householder_product
from rushlight.api.shape import cat
from rushlight.api.solving import solve
from rushlight.autograd.modes import no_grad
from rushlight.limits import finfo
from rushlight.nn import functional as F
from rushlight.nn.modules.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from rushlight.nn.modules.module import Module
from rushlight.nn.utils.parametrize import register_parametrization
from rushlight.tensor import Tensor

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

TRANSPOSED = (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)


# -- weight norm ---------------------------------------------------------------------------------


def norm_except(v: Tensor, dim: int) -> Any:
    """The Euclidean norms over all dimensions but one, or of all (-1) as a 0-d tensor."""
    if dim == -1:
        return v.norm()
    return v.norm(2, [d for d in range(v.dim()) if d != dim % v.dim()], True)


class _WeightNorm(Module):
    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Any:
        """Return vectors of the directions of `weight_v` and the lengths `weight_g`."""
        return weight_v * (weight_g / norm_except(weight_v, self.dim))

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Return lengths and vectors that make `weight`."""
        return norm_except(weight, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Learn a weight's lengths, ``original0``, apart from its directions, ``original1``.

    Lengths are those over all dimensions but `dim`; None has one length for all (Salimans and
    Kingma, NeurIPS 2016, equation 2). State dicts with ``weight_g`` and ``weight_v`` load as well.

    >>> import rushlight as torch
    >>> layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(4, 2))
    >>> layer.parametrizations.weight.original0.shape
    torch.Size([2, 1])
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename(module: Any, state: dict[str, Any], prefix: str, *_: Any) -> None:
        old = [f"{prefix}{name}_{part}" for part in "gv"]
        if all(key in state for key in old):
            for i, key in enumerate(old):
                state[f"{prefix}parametrizations.{name}.original{i}"] = state.pop(key)

    module.register_load_state_dict_pre_hook(rename)
    return module


# -- spectral norm -------------------------------------------------------------------------------


class _SpectralNorm(Module):
    """Divides by an estimate of the largest singular value, from power iterations."""

    _u: Tensor
    _v: Tensor

    def __init__(
        self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        super().__init__()
        n = weight.dim()
        if dim >= n or dim < -n:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{n}, {n - 1}] but got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.dim = dim % n
        self.eps = eps
        if n > 1:
            self.n_power_iterations = n_power_iterations
            matrix = self._matrix(weight)
            for buffer, size in zip(("_u", "_v"), matrix.shape):
                start = matrix.new_empty(size).normal_(0, 1)
                self.register_buffer(buffer, F.normalize(start, dim=0, eps=eps))
            self._iterate(matrix, 15)

    def _matrix(self, weight: Tensor) -> Any:
        """The weight as a matrix, whose rows are what `dim` counts."""
        if self.dim != 0:
            weight = weight.movedim(self.dim, 0)
        return weight.flatten(1)

    def _iterate(self, matrix: Tensor, times: int) -> None:
        with no_grad():
            for _ in range(times):
                self._u.copy_(F.normalize(matrix.mv(self._v), dim=0, eps=self.eps))
                self._v.copy_(F.normalize(matrix.mH.mv(self._u), dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Any:
        """Return the weight over its spectral norm; in training after more iterations."""
        if weight.dim() == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # that a later pass doesn't write into this graph
        return weight / u.vdot(matrix.mv(v))

    def right_inverse(self, value: Tensor) -> Tensor:
        """Return the value: what is assigned is normalised."""
        return value


def spectral_norm(
    module: Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Module:
    """Divide a weight, as a matrix with `dim` first, by its largest singular value.

    Estimated by power iteration, which each forward pass in training takes further (Miyato et al.,
    ICLR 2018, algorithm 1). `dim` is 1 for transposed convolutions and else 0 by default.

    >>> import rushlight as torch
    >>> layer = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(3, 4))
    >>> round(torch.linalg.matrix_norm(layer.weight, 2).item(), 2)
    1.0
    """
    if dim is None:
        dim = 1 if isinstance(module, TRANSPOSED) else 0
    parametrization = _SpectralNorm(getattr(module, name), n_power_iterations, dim, eps)
    return register_parametrization(module, name, parametrization)


# -- orthogonal matrices -------------------------------------------------------------------------


def _is_orthogonal(q: Tensor) -> bool:
    n, k = q.shape[-2:]
    unit = eye(k, dtype=q.dtype, device=q.device)
    return bool((q.mH @ q).allclose(unit, atol=10.0 * n * finfo(q.dtype).eps))


def _orthogonalised(a: Tensor) -> Any:
    """The Q of a QR decomposition with a positive diagonal of R."""
    x, tau = geqrf(a)
    return householder_product(x, tau) * x.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


class _Orthogonal(Module):
    """Maps a lower triangle to a matrix with orthonormal columns, or rows where it is wide."""

    base: Tensor | None

    def __init__(self, weight: Tensor, orthogonal_map: str, *, use_trivialization: bool) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map == "householder":
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Tensor) -> Any:
        """Return the orthogonal matrix of `x`."""
        wide = x.size(-2) < x.size(-1)
        x = x.mT if wide else x
        q = self._by_reflections(x) if self.orthogonal_map == "householder" else self._by_skew(x)
        if getattr(self, "base", None) is not None:
            q = self.base @ q
        return q.mT if wide else q

    def _by_reflections(self, x: Any) -> Any:
        """A product of Householder reflections, times the signs of the diagonal."""
        a = x.tril(diagonal=-1)
        tau = 2.0 / (1.0 + (a * a).sum(dim=-2))
        return householder_product(a, tau) * x.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)

    def _by_skew(self, x: Any) -> Any:
        """The matrix exponential, or Cayley's map, of a skew-symmetric matrix."""
        n, k = x.shape[-2:]
        x = x.tril()
        if n != k:
            x = cat([x, x.new_zeros(n, n - k).expand(*x.shape[:-2], -1, -1)], dim=-1)
        a = x - x.mH
        if self.orthogonal_map == "matrix_exp":
            q = a.matrix_exp()
        else:
            unit = eye(n, dtype=a.dtype, device=a.device)
            q = solve(unit.add(a, alpha=-0.5), unit.add(a, alpha=0.5))
        return q if n == k else q[..., :k]

    def right_inverse(self, q: Tensor) -> Any:
        """Return what makes `q`, or the orthogonal matrix nearest to a QR decomposition of it."""
        with no_grad():
            if q.shape != self.shape:
                raise ValueError(
                    f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor "
                    f"of shape {q.shape}."
                )
            given = q
            wide = q.size(-2) < q.size(-1)
            q = q.mT if wide else q
            n, k = q.shape[-2:]
            if "base" not in self._buffers:
                return self._triangle(q, wide)
            if n == k:
                self.base = q.clone() if _is_orthogonal(q) else _orthogonalised(q)
            else:
                more = randn(*q.shape[:-2], n, n - k, dtype=q.dtype, device=q.device)
                self.base = _orthogonalised(cat([q, more], dim=-1))
            start = zeros_like(given)
            start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
            return start

    def _triangle(self, q: Tensor, wide: bool) -> Any:
        if self.orthogonal_map != "householder":
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley "
                "parametrizations when use_trivialization=False."
            )
        a, tau = geqrf(q)
        diagonal = a.diagonal(dim1=-2, dim2=-1)
        diagonal.copy_(diagonal.sign() * (1 - 2 * (tau == 0).to(a.dtype)))
        return a.mT if wide else a


def orthogonal(
    module: Module,
    name: str = "weight",
    orthogonal_map: str | None = None,
    *,
    use_trivialization: bool = True,
) -> Module:
    """Keep a weight orthogonal: orthonormal columns, or rows where it is wide.

    `orthogonal_map` is ``"matrix_exp"`` (default for square and complex ones), ``"cayley"`` or
    ``"householder"``. With `use_trivialization` it is multiplied by a fixed orthogonal matrix, to
    which assignments go (Lezcano-Casado, NeurIPS 2019). ValueError for fewer than two dimensions.

    >>> import rushlight as torch
    >>> weight = torch.nn.utils.parametrizations.orthogonal(torch.nn.Linear(2, 3)).weight
    >>> bool((weight.mT @ weight).allclose(torch.eye(2), atol=1e-6))
    True
    """
    weight = getattr(module, name)
    if weight.dim() < 2:
        raise ValueError(
            f"Expected a matrix or batch of matrices. Got a tensor of {weight.dim()} dimensions."
        )
    if orthogonal_map is None:
        square = weight.size(-2) == weight.size(-1)
        orthogonal_map = "matrix_exp" if square or weight.is_complex() else "householder"
    if orthogonal_map not in ("matrix_exp", "cayley", "householder"):
        raise ValueError(
            'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: '
            f"{orthogonal_map}"
        )
    parametrization = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return register_parametrization(module, name, parametrization, unsafe=True)
