"""Custom Functions under `vmap`: rules of their own, and what transforms ask of a Function."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.both import alike, attempt, story
from tests.functions import defined, doubled, made, times_two
from tests.test_function_jvp import forward_mode
from tests.test_function_transforms import cubing, one, row, written

# -- a vmap of one's own ---------------------------------------------------------------------------


@pytest.mark.parametrize("randomness", ["error", "different", "same"])
def test_what_vmap_is_told(randomness: str) -> None:
    def tell(lib: Any) -> Any:
        seen: list[Any] = []
        out = lib.func.vmap(written(lib, seen).apply, randomness=randomness)(row(lib))
        return out, seen

    alike(tell)()


PLACES: dict[str, Callable[[Any, Any], Any]] = {
    "itself": lambda lib, x: x,
    "negative": lambda lib, x: -x,
    "sine of a clone": lambda lib, x: x.clone().sin(),
    "detached": lambda lib, x: x.detach(),
    "in place": lambda lib, x: x.mul_(2),
    "of two": lambda lib, x: x * x,
    "sum": lambda lib, x: x.sum(),
    "double": lambda lib, x: x.double(),
}


@pytest.mark.parametrize("in_dim", [0, 1, 2, -1, -3])
@pytest.mark.parametrize("of", PLACES)
def test_examples_lie_where_in_dims_says(of: str, in_dim: int) -> None:
    """A rule of one's own is given the caller's tensor, and which of its dimensions is mapped."""

    def tell(lib: Any) -> Any:
        seen: list[Any] = []
        function = written(lib, seen)
        x = lib.arange(24.0).reshape(2, 3, 4)

        def f(x: Any) -> Any:
            return function.apply(PLACES[of](lib, x))

        def total(x: Any) -> Any:
            return lib.func.vmap(f, in_dims=in_dim)(x).sum()

        out = lib.func.vmap(f, in_dims=in_dim, out_dims=-1)(x.clone())
        if of not in ("in place", "detached"):
            out = out, lib.func.grad(total)(x)
        return out, seen

    alike(tell)()


@story
def test_several_inputs_mapped_along_different_dimensions(lib: Any) -> Any:
    seen: list[Any] = []

    def vmap(info: Any, in_dims: Any, x: Any, y: Any) -> Any:
        seen.append((in_dims, x.shape, x.stride(), y.shape))
        x = x if in_dims[0] is None else x.movedim(in_dims[0], 0)
        y = y if in_dims[1] is None else y.movedim(in_dims[1], 0)
        return function.apply(x, y), 0

    function = defined(
        lib,
        forward=lambda x, y: x * y,
        setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs),
        backward=lambda ctx, g: (g * ctx.saved_tensors[1], g * ctx.saved_tensors[0]),
        vmap=vmap,
    )
    x, y = lib.arange(6.0).reshape(2, 3), lib.arange(6.0).reshape(3, 2)
    outs = [
        lib.func.vmap(function.apply, in_dims=dims)(x, y) for dims in [(1, 0), (0, 1), (-1, -2)]
    ]
    outs.append(lib.func.vmap(lib.func.grad(lambda a, b: function.apply(a, b).sum()), (1, 0))(x, y))
    nested = lib.func.vmap(lib.func.vmap(function.apply, (0, None)), (None, 1))
    return outs, nested(x[0], y), seen


@story
def test_repetitions_that_differ_between_examples(lib: Any) -> Any:
    """One by one, as their sizes might differ, too."""
    repeats, x = lib.tensor([[1, 2, 3], [3, 2, 1]]), lib.arange(6.0).reshape(2, 3)
    repeat, vmap = lib.repeat_interleave, lib.func.vmap
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return (
            vmap(lambda r: repeat(r, output_size=6))(repeats),
            vmap(repeat)(x, repeats),
            vmap(lambda x, r: repeat(x, r, dim=1), in_dims=(None, 0))(x, repeats),
            vmap(lib.func.grad(lambda x, r: (repeat(x, r) ** 2).sum()))(x, repeats),
        )


@story
def test_examples_can_be_neither_pickled_nor_copied(lib: Any) -> Any:
    x = lib.arange(6.0).reshape(2, 3)
    return (
        attempt(lambda: lib.func.vmap(copy.deepcopy)(x)),
        attempt(lambda: lib.func.vmap(lambda x: pickle.dumps(x))(x)),
    )


@story
def test_views_of_examples_know_no_base(lib: Any) -> Any:
    seen: list[Any] = []

    def look(x: Any) -> Any:
        view = x[1:]
        seen.append((view._base is None, view._is_view(), x._base is None))
        return view

    return lib.func.vmap(look)(lib.arange(6.0).reshape(2, 3)), seen


@story
def test_repr_of_a_batched_tensor(lib: Any) -> Any:
    shown: list[str] = []

    def show(x: Any) -> Any:
        shown.append(repr(x))
        shown.append(repr(x.cos()))
        return x

    lib.func.vmap(show, in_dims=1)(lib.arange(12.0).reshape(2, 3, 2))
    return shown


@story
def test_forward_in_numpy(lib: Any) -> Any:
    """Which no transform can see into."""

    def vmap(info: Any, in_dims: Any, x: Any) -> Any:
        return function.apply(x), in_dims[0]

    function = defined(
        lib,
        forward=lambda x: lib.from_numpy(np.square(x.detach().numpy())),
        setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs),
        backward=lambda ctx, g: g * 2 * ctx.saved_tensors[0],
        vmap=vmap,
    )
    f = function.apply
    return (
        lib.func.vmap(f)(row(lib)),
        lib.func.vmap(lib.func.grad(f))(row(lib)),
        lib.func.grad(lambda x: lib.func.vmap(f)(x).sum())(row(lib)),
    )


RESULTS: dict[str, Callable[[Any], Any]] = {
    "no pair": lambda x: x,
    "a list": lambda x: [x, 0],
    "three": lambda x: (x, 0, 1),
    "too many dimensions": lambda x: (x, (0, 1)),
    "the same for all": lambda x: (x.sum(), None),
    "another dimension": lambda x: (x.unsqueeze(0) * 1, 1),
    "None for a mapped output": lambda x: (x * 1, None),
}


@pytest.mark.parametrize("what", RESULTS)
def test_what_vmap_returns(what: str) -> None:
    def tell(lib: Any) -> Any:
        function = cubing(lib, vmap=lambda info, in_dims, x: RESULTS[what](x))
        return attempt(lambda: lib.func.vmap(function.apply)(row(lib))).replace(
            "rushlight.", "torch."
        )

    alike(tell)()


@story
def test_inputs_written_in_place(lib: Any) -> Any:
    def vmap(info: Any, in_dims: Any, x: Any) -> Any:
        return function.apply(x), in_dims[0]

    function = defined(
        lib,
        forward=lambda x: x.mul_(2),
        setup_context=lambda ctx, inputs, output: ctx.mark_dirty(output),
        backward=lambda ctx, g: g * 2,
        vmap=vmap,
    )

    def double(x: Any) -> Any:
        y = x * 1
        function.apply(y)
        return y + 0

    return (
        lib.func.vmap(double)(row(lib)),
        lib.func.grad(lambda x: lib.func.vmap(double)(x).sum())(row(lib)),
        lib.func.grad(double)(one(lib)),
    )


@story
def test_inputs_returned(lib: Any) -> Any:
    found = []
    for forward in (lambda x: x, lambda x: x.view_as(x)):
        f = defined(
            lib,
            forward=forward,
            setup_context=lambda ctx, inputs, output: None,
            backward=lambda ctx, g: g * 3,
            generate_vmap_rule=True,
        ).apply
        found += [
            lib.func.vmap(f)(row(lib)),
            lib.func.vmap(lib.func.grad(f))(row(lib)),
            lib.func.grad(lambda x, f=f: lib.func.vmap(f)(x).sum())(row(lib)),
        ]
    return found


# -- what a Function must say ----------------------------------------------------------------------


@alike
def test_neither_rule(lib: Any) -> Any:
    return lib.func.vmap(cubing(lib).apply)(row(lib))


@alike
def test_both_rules(lib: Any) -> Any:
    function = cubing(lib, generate_vmap_rule=True, vmap=lambda info, in_dims, x: (x, 0))
    return lib.func.vmap(function.apply)(row(lib))


@pytest.mark.parametrize("transform", ["vmap", "jvp"])
def test_no_setup_context(transform: str) -> None:
    def tell(lib: Any) -> Any:
        apply = made(lib, times_two, doubled).apply
        if transform == "vmap":
            return lib.func.vmap(apply)(row(lib))
        forward_mode(lib)
        return lib.func.jvp(apply, (row(lib),), (row(lib),))

    alike(tell)()


@alike
def test_no_jvp(lib: Any) -> Any:
    forward_mode(lib)
    function = defined(
        lib,
        forward=lambda x: x * 2,
        setup_context=lambda ctx, inputs, output: None,
        backward=lambda ctx, g: g * 2,
        generate_vmap_rule=True,
    )
    return lib.func.jvp(function.apply, (row(lib),), (row(lib),))
