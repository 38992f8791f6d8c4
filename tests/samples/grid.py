"""grid_sample and affine_grid."""

from __future__ import annotations

from itertools import product

from tests.samples.row import FLOATS, Row, T, call

HALVES = (*FLOATS, "float16")
X, GRID = T(2, 3, 4, 5), T(2, 6, 7, 2, low=-1.3, high=1.3)
V, SPOTS = T(2, 3, 4, 5, 6), T(2, 3, 4, 5, 3, low=-1.3, high=1.3)
MODES = ("bilinear", "nearest", "bicubic")
PADDINGS = ("zeros", "border", "reflection")
NAN, INF = float("nan"), float("inf")
FAR = T(1, 2, 2, 2, values=(3.7, -9.2, 40.1, -1e3, 1e10, 2.2, 0.3, -1e12), grad=False)

# Modes and paddings as numbers.
N0 = (0, 0, True)
NUMBERS = [N0, (0, 1, False), (1, 0, True), (1, 2, True), (2, 1, False)]
NO_GRID = T(0, 6, 7, 2)

ROWS = [
    Row(
        "nn.functional.grid_sample",
        [
            *(call(X, GRID, m, p, a) for m, p, a in product(MODES, PADDINGS, (False, True))),
            *(call(V, SPOTS, m, p, a) for m, p, a in product(MODES[:2], PADDINGS, (False, True))),
        ],
        dtypes=("float32", "float64"),
        finite=False,  # floor and rint jump
        rtol32=1e-4,
    ),
    Row(
        "nn.functional.grid_sample",
        [
            *(call(X, GRID, m, p, False) for m, p in product(MODES[:2], PADDINGS)),
            call(V, SPOTS, align_corners=True),
        ],
        dtypes=("float16", "int64", "complex64", "bool"),
        grad=False,
        rtol=2e-2,
    ),
    Row(
        "nn.functional.grid_sample",
        [
            call(X, GRID),
            call(T(0, 3, 4, 5), T(0, 6, 7, 2), align_corners=False),
            call(T(2, 0, 4, 5), T(2, 6, 7, 2), align_corners=False),
            call(X, T(2, 0, 7, 2), align_corners=False),
            call(V, T(2, 0, 1, 7, 3), align_corners=False),
            call(T(1, 1, 1, 1), T(1, 3, 3, 2), "bilinear", "reflection", True),
            call(T(1, 1, 1, 1), T(1, 3, 3, 2), "bicubic", "reflection", True),
            call(T(1, 1, 1, 3), T(1, 3, 3, 2), "bicubic", "border", True),
            call(T(1, 1, 2, 2), T(1, 1, 2, 2, values=(NAN, 0, INF, -INF), grad=False)),
        ],
        finite=False,
        second=False,
        errors=[
            call(X, GRID, "linear"),
            call(X, GRID, "bilinear", "zero"),
            call(V, SPOTS, "bicubic"),
            call(T(3, 4, 5), GRID),
            call(T(2), GRID),
            call(T(), GRID),
            call(X, T()),
            call(T(2, 1, 3, 4, 5, 6), T(2, 6, 7, 2)),
            call(T(2, 1, 3, 4, 5, 6), T(2, 6, 7, 4)),
            call(X, SPOTS),
            call(X, T(2, 6, 7, 4, 2)),
            call(V, T(2, 6, 7, 3)),
            call(T(3, 3, 4, 5), GRID),
            call(X, T(2, 6, 7, 3)),
            call(X, T(2, 6, 7, 2, dtype="float32")),
            call(T(2, 3, 0, 5), GRID),
            call(T(2, 3, 4, 0, 5), SPOTS),
            call(None, GRID),
            call(X, None),
            call(X, GRID, align_corners=1),
        ],
    ),
    Row(
        "nn.functional.grid_sample",
        [call(T(1, 1, 4, 5), FAR, m, p, False) for m, p in product(MODES, PADDINGS)],
        dtypes=("float64",),  # the places of float32 are further apart than the elements
        finite=False,
    ),
    Row(
        "grid_sampler",
        [call(X, GRID, *options) for options in NUMBERS]
        + [
            call(V, SPOTS, 1, 2, True),
            call(V, SPOTS, 0, 1, False),
            call(T(0, 3, 4, 5), NO_GRID, *N0),
        ],
        finite=False,
        errors=[
            call(X, GRID, 0.5, 0, True),
            call(X, GRID, 0, 0, 1),
            call(X, GRID, 0, "a", True),
            call(None, GRID, 0, 0, True),
            call(X, None, 0, 0, True),
        ],
    ),
    Row(
        "grid_sampler_2d",
        [call(X, GRID, *options) for options in NUMBERS] + [call(T(0, 3, 4, 5), NO_GRID, *N0)],
        finite=False,
        errors=[
            call(V, SPOTS, 0, 0, True),
            call(X, GRID, None, 0, True),
            call(1, GRID, 0, 0, True),
        ],
    ),
    Row(
        "grid_sampler_3d",
        [call(V, SPOTS, *options) for options in NUMBERS if options[0] < 2]
        + [call(V, SPOTS, 1, 0, False), call(V, SPOTS, 0, 2, False)],
        finite=False,
        errors=[call(X, GRID, *N0), call(V, SPOTS, None, 0, True), call(1, SPOTS, *N0)],
    ),
    Row(
        "nn.functional.affine_grid",
        [
            call(T(2, 2, 3), (2, 3, 4, 5), False),
            call(T(2, 2, 3), [2, 3, 4, 5], True),
            call(T(2, 3, 4), (2, 1, 3, 4, 5), False),
            call(T(2, 3, 4), (2, 1, 3, 4, 5), True),
            call(T(2, 2, 3), (2, 1, 1, 5), True),
            call(T(2, 2, 3), (2, 1, 1, 1), False),
            call(T(2, 2, 3), (2, 1, 4, 5)),
        ],
        dtypes=HALVES,
        errors=[
            call(T(2, 2, 3), (3, 3, 4, 5), False),
            call(T(2, 2, 3, dtype="int64"), (2, 3, 4, 5)),
            call(T(2, 3, 3), (2, 3, 4, 5)),
            call(T(2, 3), (2, 3, 4, 5)),
            call(T(2, 3, 3), (2, 3, 4, 5, 6)),
            call(T(2, 3, 3), (2, 3, 4)),
            call(T(2, 2, 3), (2, 3, 0, 5)),
            call(T(2, 2, 3), (2, 3, -1, 5)),
            call(T(2, 2, 3), (2, 0, 4, 5)),
            call(T(2, 2, 3), (2, 3, 4.0, 5)),
        ],
    ),
    Row(
        "affine_grid_generator",
        [
            call(T(2, 2, 3), (2, 3, 4, 5), False),
            call(T(2, 3, 4), (2, 1, 3, 4, 5), True),
            call(T(2, 2, 3), (2, 3, 0, 5), False),
            call(T(2, 2, 3), [2, 1, 1, 1], True),
            call(T(2, 2, 3), (2, 1, 4, 5), True),
            call(T(2, 3, 4), (2, 1, 1, 4, 5), False),
        ],
        dtypes=(*HALVES, "int64", "complex64"),
        errors=[
            call(T(2, 2, 3), (2, 3, 4), True),
            call(T(2, 2, 3), (0, 3, 4, 5), True),
            call(T(2, 2, 3), (2, 3, 4, -5), True),
            call(T(2, 3, 3), (2, 3, 4, 5), True),
            call(None, (2, 3, 4, 5), True),
            call(T(2, 2, 3), (2, 3, 4.0, 5), True),
            call(T(2, 2, 3), 3, True),
        ],
    ),
]
