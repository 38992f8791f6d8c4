"""Values at the edges: signs of zeros, infinite parts, scalars of tensors in the graph."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
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


NUMBER_CALLS: dict[str, Any] = {
    "add": lambda lib, x, v: x.add(x, alpha=v),
    "addcdiv": lambda lib, x, v: x.addcdiv(x, x, value=v),
    "addcmul": lambda lib, x, v: x.clone().addcmul_(x, x, value=v),
    "clamp": lambda lib, x, v: x.clamp(v, v),
    "div": lambda lib, x, v: x.div(v, rounding_mode="floor"),
    "fill": lambda lib, x, v: x.clone().fill_(v),
    "lerp": lambda lib, x, v: x.lerp(x + 1, v),
    "logit": lambda lib, x, v: (x / 4).logit(v / 2),
    "masked_fill": lambda lib, x, v: x.masked_fill(x > 1, v),
    "nan_to_num": lambda lib, x, v: (x / 0).nan_to_num(posinf=v),
    "norm": lambda lib, x, v: x.norm(v),
    "polygamma": lambda lib, x, v: lib.polygamma(v, x),
    "quantile": lambda lib, x, v: x.quantile(v),
    "renorm": lambda lib, x, v: lib.renorm(x[None], v, 0, v),
    "scatter": lambda lib, x, v: x.scatter(0, lib.tensor([0]), v),
    "setitem": lambda lib, x, v: x.clone().__setitem__(0, v),
    "std": lambda lib, x, v: x.std(correction=v),
    "vector_norm": lambda lib, x, v: lib.linalg.vector_norm(x, v),
    "where": lambda lib, x, v: (lib.where(x > 1, x, v), lib.where(x > 1, v, x)),
    "dropout": lambda lib, x, v: lib.nn.functional.dropout(x, v, False),
}


@pytest.mark.parametrize("call", NUMBER_CALLS)
def test_numbers_of_numpy_and_tensors_are_numbers(call: str) -> None:
    """Wherever PyTorch takes a number, it takes NumPy's, and mostly 0-d tensors too."""

    def body(lib: Any) -> Any:
        numbers = (np.float32(0.5), np.float16(0.5), np.int64(1), np.uint8(1), np.bool_(True))
        told = []
        for v in (*numbers, lib.tensor(0.5), lib.tensor(1)):
            x = lib.tensor([0.5, 1.5, 2.5])
            told.append(attempt(lambda: NUMBER_CALLS[call](lib, x, v)).split("\n")[0])  # noqa: B023
        return told

    alike(body)()


@story
def test_masked_fill_holds_on_to_its_number(lib: Any) -> Any:
    x = lib.arange(4.0)
    values = (1 + 0j, 1 + 2j, 300, -300, 2.5, 1e40, 1e6, float("nan"))
    tensors = [lib.tensor(v, dtype=lib.float64 if type(v) is float else None) for v in values]
    return [
        attempt(lambda t=t, v=v, m=method: getattr(t, m)(x > 1, v))
        for t in (x, x.double(), x.half(), x.char(), x.byte(), x > 2, x.long())
        for v in (*values, *tensors)
        for method in ("masked_fill", "masked_fill_")
    ] + [attempt(lambda: x.__setitem__(x > 1, tensors[1]))]


@story
def test_scaled_steps_in_place(lib: Any) -> Any:
    """What optimizers of one's own do, and what may not be done."""
    seen: list[Any] = []
    p = lib.nn.Parameter(lib.arange(6.0).reshape(2, 3))
    g = lib.full((2, 3), 0.5)
    steps: list[Any] = [
        lambda: p.add_(g, alpha=-0.1),
        lambda: p.sub_(g, alpha=0.3),
        lambda: p.add_(g, alpha=1.0),
        lambda: p.add_(g[0], alpha=0.25),
        lambda: p.add_(g.double(), alpha=0.25),
        lambda: p.add_(p, alpha=0.5),
        lambda: p.T.add_(g.T, alpha=0.5),
        lambda: p.add_(lib.ones(4), alpha=0.5),
        lambda: lib.ones(1).expand(3).add_(g[0], alpha=0.5),
        lambda: lib.ones(3, dtype=lib.int64).add_(g[0], alpha=0.5),
    ]
    for step in steps:
        with lib.no_grad():
            seen += [attempt(step), p.detach().clone(), p._version]
        seen.append(attempt(step))
    return seen
