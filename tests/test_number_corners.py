"""Values at the edges: signs of zeros, infinite parts, scalars of tensors in the graph."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from tests.both import alike, attempt, story

ZEROS = [0.0, -0.0, 4.0, -4.0, 4.0, -4.0, 0.0, -0.0, 7.0, -7.0]
BY = [2.0, 2.0, 2.0, 2.0, -2.0, -2.0, -3.0, -3.0, -2.0, 2.0]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_a_remainder_of_zero_has_the_sign_of_the_dividend(dtype: str) -> None:
    def signs(lib: Any) -> Any:
        a = lib.tensor(ZEROS, dtype=getattr(lib, dtype))
        b = lib.tensor(BY, dtype=getattr(lib, dtype))
        outs = [a.remainder(b), a.remainder(-2), a % 2.0, lib.remainder(4, b), a.fmod(b)]
        outs += [a[1].remainder(b[0]), a.clone().remainder_(b), a[:, None] % b]
        return [(out.tolist(), lib.signbit(out).tolist()) for out in outs]

    alike(signs)()


@story
def test_sign_of_complex_numbers_with_infinite_parts(lib: Any) -> Any:
    inf, nan = float("inf"), float("nan")
    z = [(inf, 1), (1, inf), (inf, inf), (-inf, 0), (0, -inf), (nan, 1), (nan, inf), (3, 4), (0, 0)]
    sgn = lib.tensor([complex(*parts) for parts in z], dtype=lib.complex128).sgn()
    return lib.view_as_real(sgn)


@story
def test_a_number_made_of_a_tensor_in_the_graph(lib: Any) -> Any:
    """PyTorch warns of that, for float and complex."""
    y = lib.ones((), requires_grad=True)
    said = []
    lib.set_warn_always(True)
    try:
        for convert in (float, complex, int, bool, lambda y: y.item(), lambda y: f"{y:.1f}"):
            for t in (y, y * 1, y.detach()):
                with warnings.catch_warnings(record=True) as seen:
                    warnings.simplefilter("always")
                    value = convert(t)
                said.append(
                    (
                        value,
                        [
                            (str(w.message).partition(" (Trig")[0], w.category.__name__)
                            for w in seen
                        ],
                    )
                )
        with lib.no_grad(), warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            float(y)
        assert not seen
    finally:
        lib.set_warn_always(False)
    return said


NOT_WRITABLE = [
    *("shape", "dtype", "device", "is_leaf", "grad_fn", "_version", "_base", "ndim", "layout", "T"),
    *("H", "mT", "is_sparse", "is_cuda", "itemsize", "nbytes", "output_nr", "name", "retains_grad"),
    *("is_meta", "is_quantized"),
]


@pytest.mark.parametrize("name", NOT_WRITABLE)
def test_attributes_that_nobody_can_set(name: str) -> None:
    def errors(lib: Any) -> Any:
        x = lib.ones(2, 2)
        return (
            attempt(lambda: setattr(x, name, 3)),
            attempt(lambda: delattr(x, name)),
            attempt(lambda: setattr(x[0], name, getattr(x, name))),
        )

    alike(errors)()


@story
def test_dim_order_that_is_ambiguous(lib: Any) -> Any:
    rows, last = lib.contiguous_format, lib.channels_last
    shapes = [(2, 3), (1, 1), (2, 1, 3), (2, 3, 4, 1), (2, 3, 4, 5)]
    tensors = [lib.ones(shape) for shape in shapes]
    tensors += [tensors[-1].to(memory_format=last), lib.ones(3).expand(2, 3)]
    checks: list[Any] = [False, True, [], [rows], [rows, last], [last], "rows", 3, [3]]
    return [
        attempt(lambda x=x, check=check: x.dim_order(ambiguity_check=check))
        for x in tensors
        for check in checks
    ]


COMPARED = ("eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor")


@pytest.mark.parametrize("name", [*COMPARED, "histc", "floor", "maximum"])
def test_out_in_the_graph(name: str) -> None:
    """Functions that are no part of any graph write to what is; others refuse it."""

    def written(lib: Any) -> Any:
        x = lib.arange(3.0)
        args = {"histc": (3,), "floor": ()}.get(name, (x,))
        leaf, made = lib.zeros(3).requires_grad_(), lib.zeros(3).requires_grad_() * 1

        def run(x: Any, out: Any) -> Any:
            got = getattr(lib, name)(x, *args, out=out)
            return got is out, out, out.requires_grad, out._version

        return [
            attempt(lambda x=x, out=out: run(x, out))
            for x in (x, x.clone().requires_grad_())
            for out in (leaf, made, lib.zeros(3))
        ]

    alike(written)()
