"""What only `special` has: Bessel functions, orthogonal polynomials, the normal distribution ..."""

from __future__ import annotations

from tests.samples.common import ALL, inf, nan, pairs, unary
from tests.samples.row import Row, T, call

SPECIAL_VALUES = T(8, values=(nan, inf, -inf, 0.0, -0.0, 1e-9, 1.0, -1.0), grad=False)


FAR = T(6, values=(20.0, -20.0, 80.0, -80.0, 800.0, -800.0), grad=False)


def function(
    name: str, low: float, high: float, *, far: object = FAR, x: bool = False, **options: object
) -> Row:
    """A function of one tensor, within its domain, beyond it and at its limits."""
    far = [
        call(SPECIAL_VALUES),
        call(far),
        call(**{"x" if x else "input": T(3, 2, low=low, high=high)}),
    ]
    row = unary(f"special.{name}", low, high, inplace=False, method=False, **options)
    row.calls.extend(far)
    return row


def constant(name: str, low: float, high: float, **options: object) -> Row:
    """A function without derivative."""
    return function(name, low, high, grad=False, **options)


FUNCTIONS = [
    function("entr", 0.1, 2.0),
    function("erfcx", -2.0, 3.0),
    function("ndtr", -3.0, 3.0),
    function("log_ndtr", -9.0, 4.0, rtol32=1e-5),
    function("ndtri", 0.05, 0.95),
    function("i0", -6.0, 6.0),
    function("i0e", -9.0, 9.0),
    function("i1", -6.0, 6.0),
    function("i1e", -9.0, 9.0),
    function("erf", -2.0, 2.0),
    function("erfc", -2.0, 2.0),
    function("erfinv", -0.9, 0.9, rtol=1e-9),
    function("exp2", -2.0, 2.0),
    function("expit", -2.0, 2.0),
    function("expm1", -2.0, 2.0),
    function("log1p", -0.9, 2.0),
    function("sinc", -2.0, 2.0),
    function("digamma", 0.2, 4.0, rtol=1e-8),
    function("psi", 0.2, 4.0, rtol=1e-8),
    function("gammaln", 0.2, 4.0, rtol=1e-8),
]

# PyTorch's J, Y and Ai of float64 are good to 6 digits in places: where they are better it judges.
BESSEL = [
    constant("airy_ai", -1.0, 4.0, x=True, far=T(4, values=(20.0, 80.0, 800.0, 1e9), grad=False)),
    constant("bessel_j0", -2.0, 2.0),
    constant("bessel_j1", -2.0, 2.0),
    constant("bessel_y0", 0.1, 1.5, rtol32=1e-4),
    constant("bessel_y1", 0.1, 1.5, rtol32=1e-4),
    constant("modified_bessel_i0", -6.0, 6.0),
    constant("modified_bessel_i1", -6.0, 6.0),
    constant("modified_bessel_k0", 0.1, 6.0),
    constant("modified_bessel_k1", 0.1, 6.0),
    constant("scaled_modified_bessel_k0", 0.1, 6.0, x=True),
    constant("scaled_modified_bessel_k1", 0.1, 6.0, x=True),
    constant("spherical_bessel_j0", -6.0, 6.0, x=True),
]


def polynomial(name: str) -> Row:
    """A polynomial at tensors and numbers, of degrees of all kinds."""
    degrees = T(6, values=(0.0, 1.0, 2.0, 3.7, -1.0, 11.0), grad=False)
    large = T(4, values=(7.0, 9.0, 40.0, 600.0), grad=False)
    calls = [
        call(T(3, 4, low=-1, high=1), 4),
        call(T(3, 4), 2.0),
        call(T(2, 1), degrees),
        call(T(3, 1, low=-1, high=1), large),
        call(T(5, values=(1.0, -1.0, 0.0, 0.5, -0.25)), T(4, 1, values=(0.0, 5.0, 8.0, -3.0))),
        call(0.75, degrees),
        call(T(), T()),
        call(T(), -1),
        call(T(0, 3), 3),
        call(T(3), True),
        call(x=T(3), n=T(3, low=0, high=9)),
    ]
    return Row(
        f"special.{name}",
        calls,
        dtypes=ALL,
        grad=False,
        method=False,
        out=True,
        rtol=1e-9,
        rtol32=5e-4,
        errors=[
            call(T(3), T(4)),
            call(T(3), "a"),
            call("a", T(3)),
            call(2, 3),
            call(T(3), None),
            call(T(3), 2, out=3),
            call(T(3, dtype="float16"), 2),
            call(T(3), 2j),
        ],
    )


POLYNOMIALS = [
    polynomial(name)
    for name in (
        "chebyshev_polynomial_t",
        "chebyshev_polynomial_u",
        "chebyshev_polynomial_v",
        "chebyshev_polynomial_w",
        "hermite_polynomial_h",
        "hermite_polynomial_he",
        "laguerre_polynomial_l",
        "legendre_polynomial_p",
        "shifted_chebyshev_polynomial_t",
        "shifted_chebyshev_polynomial_u",
        "shifted_chebyshev_polynomial_v",
        "shifted_chebyshev_polynomial_w",
    )
]


def incomplete(path: str, **options: object) -> Row:
    """An incomplete gamma function: no derivative by its first argument."""
    a = {"low": 0.3, "high": 4.0, "grad": False}
    x = {"low": 0.2, "high": 5.0}
    odd = T(6, values=(0.0, 1.0, inf, -1.0, nan, 0.5), grad=False)
    calls = [
        call(T(3, 4, **a), T(3, 4, **x)),
        call(T(3, 1, **a), T(4, **x)),
        call(T(**a), T(2, 3, **x)),
        call(T(2, **a), T(**x)),
        call(T(0, 3, **a), T(3, **x)),
        call(odd, T(5, 1, values=(0.0, 2.0, inf, -1.0, nan), grad=False)),
        call(T(3, low=20, high=200, grad=False), T(3, low=20, high=200)),
        call(T(3, **a, dtype="int64"), T(3, **x, grad=False)),  # its lgamma would be float32
    ]
    errors = [
        call(T(3), T(4)),
        call(T(3), 2.0),
        call(2.0, T(3)),
        call(T(3), "a"),
        call(T(3, dtype="int64"), T(3, dtype="int64")),
        call(T(3, dtype="complex64"), T(3)),
    ]
    return Row(path, calls, dtypes=ALL, out=True, errors=errors, rtol=1e-9, **options)


GAMMAS = [
    incomplete("igamma", inplace=True),
    incomplete("igammac", inplace=True),
    incomplete("special.gammainc", method=False),
    incomplete("special.gammaincc", method=False),
    *[
        Row(
            path,
            [
                call(T(3, 4, low=1.2, high=6.0), 2),
                call(T(3, low=2.2, high=9.0), 5),
                call(T(low=0.1), 1),
                call(T(0, 3), 2),
                call(T(2, 1, 3, low=1.2, high=6.0), p=3),
                call(T(5, values=(0.25, 0.5, nan, inf, 3.0), grad=False), 2),
            ],
            dtypes=ALL,
            out=True,
            rtol=1e-8,
            errors=[
                call(T(3), 0),
                call(T(3), -1),
                call(T(3), 2.5),
                call(T(3), True),
                call("a", 2),
                call(T(3, dtype="bool"), 2),
                call(T(3, dtype="complex64"), 2),
            ],
            **options,
        )
        for path, options in (
            ("mvlgamma", {"inplace": True}),
            ("special.multigammaln", {"method": False}),
        )
    ],
    unary("i0", -6.0, 6.0),
    Row(
        "special.zeta",
        [
            call(T(3, 4, low=1.3, high=6, grad=False), T(3, 4, low=0.2, high=5)),
            call(T(3, 1, low=1.3, high=6, grad=False), T(4, low=0.2, high=5)),
            call(2.5, T(3, low=0.2, high=5)),
            call(T(3, low=1.3, high=6, grad=False), 2),
            call(3, T(low=0.2, high=5)),
            call(T(0, 3, grad=False), T(3)),
            call(
                T(5, values=(1.0, 0.5, 2.0, 3.0, nan), grad=False),
                T(4, 1, values=(0.0, -1.0, -1.5, 2.0), grad=False),
            ),
        ],
        dtypes=ALL,
        out=True,
        method=False,
        errors=[call(T(3), T(4)), call(T(3), "a"), call(2, 3), call(T(3, dtype="float16"), 2)],
    ),
]

LOGARITHMS = [
    Row(
        f"special.{name}",
        pairs(
            0.1,
            2.0,
            call(T(3, low=0.1), 2.5),
            call(2, T(3, low=0.1)),
            call(T(3), 0),
            call(T(5, values=(0.0, 0.0, 1.0, nan, 0.0)), T(5, values=(0.0, nan, 0.5, 0.0, -3.0))),
            call(T(3, 1, values=(0.0, 1.0, -2.0)), T(3, values=(-1.0, inf, -inf), grad=False)),
        ),
        dtypes=ALL,
        out=True,
        method=False,
        errors=[call(T(3), T(4)), call(T(3), "a"), call("a", T(3)), call(2, 3)],
    )
    for name in ("xlogy", "xlog1py")
]

ROWS = [*FUNCTIONS, *BESSEL, *POLYNOMIALS, *GAMMAS, *LOGARITHMS]
