"""Special-function kernels beside PyTorch, at ordinary points, poles, nan and the infinities."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from rushlight.kernels import bessel, elementary, special

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")
T = torch.special

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

POINTS = [np.nan, -np.inf, -1e30, -100, -38, -10, -3, -2.5, -2, -1, -0.5, -1e-10, -0.0, 0, 1e-10]
POINTS += [0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 10, 38, 100, 171.5, 1e10, 1e30, np.inf]

# name: (PyTorch, ours, float32 ulps of max(|value|, 1))
UNARY = {
    "erf": (T.erf, special.erf, 3),
    "erfc": (T.erfc, special.erfc, 4),
    "erfinv": (T.erfinv, special.erfinv, 4),
    "lgamma": (T.gammaln, special.lgamma, 4),
    "digamma": (T.digamma, special.digamma, 12),
    "polygamma0": (lambda x: T.polygamma(0, x), lambda x: special.polygamma(0, x), 12),
    "polygamma1": (lambda x: T.polygamma(1, x), lambda x: special.polygamma(1, x), 6),
    "polygamma2": (lambda x: T.polygamma(2, x), lambda x: special.polygamma(2, x), 8),
    "polygamma3": (lambda x: T.polygamma(3, x), lambda x: special.polygamma(3, x), 8),
    "logit": (T.logit, special.logit, 4),
    "logit_eps": (lambda x: T.logit(x, 0.1), lambda x: special.logit(x, 0.1), 4),
    "sinc": (torch.sinc, elementary.sinc, 4),
}


def assert_same(ours: np.ndarray, theirs: np.ndarray, ulps: float) -> None:
    assert type(ours) is np.ndarray
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    finite = np.isfinite(theirs)
    np.testing.assert_array_equal(ours[~finite], theirs[~finite])
    room = ulps * np.finfo(theirs.dtype).eps * np.maximum(np.abs(theirs), 1)
    assert np.all(np.abs(ours - theirs)[finite] <= room[finite])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", UNARY)
def test_at_edges(name: str, dtype: type) -> None:
    theirs, ours, ulps = UNARY[name]
    x = np.array(POINTS, dtype)
    if name == "polygamma1":  # at a pole it is the rounding of sin(πx) that sets the value
        x = x[~((x < 0) & (x == np.floor(x)))]
    # Tiled, for PyTorch's vectors and its scalar tail differ at poles: judge whole vectors.
    want = theirs(torch.from_numpy(np.tile(x, 16))).numpy()[: len(x)]
    assert_same(ours(x), want, ulps if dtype is np.float32 else 64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (0,), (4, 4), (30, 40), (200, 300)])
@pytest.mark.parametrize("name", UNARY)
def test_ordinary_points(name: str, shape: tuple[int, ...], dtype: type) -> None:
    theirs, ours, ulps = UNARY[name]
    rng = np.random.default_rng(7)
    low, high = {"erfinv": (-1, 1), "logit": (0, 1)}.get(
        name.split("_")[0], (0.1, 6) if "gamma" in name else (-5, 5)
    )
    x = np.asarray(rng.uniform(low, high, shape), dtype)
    want = theirs(torch.from_numpy(x.copy()).reshape(shape)).numpy()
    assert_same(ours(x), want, ulps if dtype is np.float32 else 64)
    if x.ndim == 2 and x.size:
        assert_same(ours(x.T), want.T, ulps if dtype is np.float32 else 64)


def test_erf_in_single_precision_is_good_to_two_ulp() -> None:
    x = np.linspace(-6, 6, 400_001, dtype=np.float32)
    exact = T.erf(torch.from_numpy(x.astype(np.float64))).numpy()
    ulp = np.spacing(np.abs(exact.astype(np.float32)))
    assert np.max(np.abs(special.erf(x) - exact) / ulp) < 2.5


@pytest.mark.parametrize("eps", [None, 0.2])
def test_logit_backward(eps: float | None) -> None:
    x = np.array([-0.1, 0, 0.1, 0.2, 0.5, 0.8, 0.9, 1, 1.1, np.nan], np.float64)
    leaf = torch.from_numpy(x).requires_grad_()
    (want,) = torch.autograd.grad(T.logit(leaf, eps), leaf, torch.full((10,), 3.0).double())
    np.testing.assert_allclose(special.logit_backward(np.full_like(x, 3.0), x, eps), want)


def test_xlogy() -> None:
    x, y = (a.ravel() for a in np.meshgrid(POINTS, POINTS))
    x, y = x.astype(np.float32), y.astype(np.float32)
    want = T.xlogy(torch.from_numpy(x), torch.from_numpy(y)).numpy()
    np.testing.assert_allclose(special.xlogy(x, y), want, rtol=1e-6)


def test_zeta_and_refusals() -> None:
    s = np.repeat([1.5, 2.0, 3.0, 7.0], 6)
    q = np.tile([0.1, 1.0, 2.5, 30.0, -1.0, np.inf], 4)
    want = T.zeta(torch.from_numpy(s), torch.from_numpy(q)).numpy()
    np.testing.assert_allclose(special.zeta(s, q), want, rtol=1e-12)
    with pytest.raises(RuntimeError) as theirs:
        T.polygamma(-1, torch.ones(2))
    with pytest.raises(RuntimeError) as ours:
        special.polygamma(-1, np.ones(2))
    assert str(ours.value) == str(theirs.value)


def test_halves() -> None:
    x = np.linspace(0.1, 0.9, 50).astype(np.float16)
    for name, (theirs, ours, _) in UNARY.items():
        y = ours(x)
        assert y.dtype == np.float16, name
        want = theirs(torch.from_numpy(x)).numpy()
        np.testing.assert_allclose(y, want, rtol=2e-3, atol=1e-3, err_msg=name)


def test_scipy_is_imported_on_first_use_only() -> None:
    program = (
        "import sys, numpy as np\n"
        "from rushlight.kernels import special, gelu, softmax, norm, losses, optim\n"
        "assert not any(m.startswith('scipy') for m in sys.modules)\n"
        "special.lgamma(np.ones(3))\n"
        "assert 'scipy.special' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


MANY = {  # SciPy's function, ours, ends of the range, float32 ulps
    "erfc": ("erfc", special.erfc, -5, 9, 9),
    "erfinv": ("erfinv", special.erfinv, -1, 1, 4),
    "i0": ("i0", bessel.i0, -80, 80, 8),
    "i0e": ("i0e", bessel.i0e, -80, 80, 6),
    "i1": ("i1", bessel.i1, -80, 80, 8),
    "i1e": ("i1e", bessel.i1e, -80, 80, 6),
}


@pytest.mark.parametrize("name", MANY)
def test_many_float32_keep_their_relative_accuracy(name: str) -> None:
    scipys, ours, low, high, ulps = MANY[name]
    x = np.linspace(low, high, 200_001, dtype=np.float32)
    exact = getattr(pytest.importorskip("scipy.special"), scipys)(x.astype(np.float64))
    ulp = np.spacing(np.abs(exact.astype(np.float32)))
    off = np.where(np.isfinite(exact), np.abs(ours(x) - exact) / ulp, 0)
    assert np.max(off) <= ulps
    edges = np.array([np.nan, -np.inf, np.inf, -2, -1, -0.0, 0, 1, 1e-30, 30, 1e30], np.float32)
    few, many = ours(edges), ours(np.tile(edges, 100))[:11]
    np.testing.assert_allclose(many, few, rtol=1e-6)
    sure = np.abs(few) > 0  # no NaN, and no zero, of which SciPy loses the sign
    np.testing.assert_array_equal(np.signbit(many)[sure], np.signbit(few)[sure])


TWO = ["fmod", "remainder", "floor_divide", "hypot", "logaddexp", "logaddexp2"]


@pytest.mark.parametrize("name", TWO)
def test_many_pairs_of_float32_are_as_few(name: str) -> None:
    """Blocks of ordinary numbers go another way than those with infinities in them."""
    ours, plain = getattr(elementary, name), getattr(np, name)
    rng = np.random.RandomState(0)
    a, b = (rng.uniform(-9, 9, 40_000).astype(np.float32) for _ in range(2))
    a[::3], b[::3] = np.round(a[::3]), np.round(b[::3]) + 0.5
    rtol = 1e-6 if name.startswith(("log", "hypot")) else 0
    np.testing.assert_allclose(ours(a, b), plain(a, b), rtol=rtol, atol=rtol)
    edges = np.array([np.nan, np.inf, -np.inf, 0, -0.0, 1, -2, 1e-45, 3e38], np.float32)
    a, b = (np.tile(x.reshape(-1), 20) for x in np.meshgrid(edges, edges))
    np.testing.assert_array_equal(ours(a, b), plain(a, b))
    np.testing.assert_array_equal(np.signbit(ours(a, b)), np.signbit(plain(a, b)))
