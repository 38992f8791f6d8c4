"""Custom Functions under `vmap`: rules of their own, and what transforms ask of a Function."""

from __future__ import annotations

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
