"""Checkpoints: what may go wrong, and sequences."""

from __future__ import annotations

from typing import Any

from tests.both import story
from tests.test_checkpoint import BOTH, leaf, room, said

# -- what may go wrong -------------------------------------------------------------------------


@story
def test_recomputations_that_differ(lib: Any) -> Any:
    def tell(kind: str, early_stop: bool, check: str) -> Any:
        x, runs = leaf(lib), []

        def changing(x: Any) -> Any:
            runs.append(1)
            first = len(runs) == 1
            if kind == "fewer":
                return x.sin().exp().cos() if first else x.sin().exp()
            if kind == "more":
                return x.sin().exp() if first else x.sin().exp().cos().sin()
            if kind == "shape":
                return x.sin().exp().sum() if first else x[:1].sin().exp().sum()
            if kind == "dtype":
                return x.sin().exp().sum() if first else x.double().sin().exp().sum()
            if not first:
                raise ValueError("in recomputation")
            return x.sin().exp()

        y = room(lib).checkpoint(
            changing, x, use_reentrant=False, determinism_check=check, early_stop=early_stop
        )
        y.sum().backward()
        return x.grad

    return [
        said(lambda k=kind, s=stop, c=check: tell(k, s, c))
        for kind in ("fewer", "more", "shape", "dtype", "raises")
        for stop, check in ((True, "default"), (False, "default"), (True, "none"))
    ]


@story
def test_debugging_lists_the_operators_of_both_runs(lib: Any) -> Any:
    def tell(debug: bool, set_to: bool | None) -> Any:
        runs: list[int] = []

        def changing(x: Any) -> Any:
            runs.append(1)
            return x.sin().exp().cos() if len(runs) == 1 else lib.mul(x.sin(), 2.0).cos()

        with room(lib).set_checkpoint_debug_enabled(set_to):
            y = room(lib).checkpoint(changing, leaf(lib), use_reentrant=False, debug=debug)
        try:
            y.sum().backward()
        except RuntimeError as error:
            text = str(error)
            parts = text.split("Operations executed during")
            return (
                type(error).__name__,
                type(error.__cause__).__name__,
                text.split("\n")[:2] if len(parts) == 3 else text.split("\n")[1:3],
                "You are seeing this error because you passed `debug=True`" in text,
                [[name in part for name in ("sin", "exp", "mul", "cos")] for part in parts[1:]],
                f"{__file__}:" in text,
            )

    told = [tell(debug, to) for debug in BOTH for to in (None, True, False)]
    y = room(lib).checkpoint(lib.sin, leaf(lib), use_reentrant=False, debug=True)
    y.sum().backward()
    return told


@story
def test_a_value_is_handed_out_once(lib: Any) -> Any:
    class Twice(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            (x,) = ctx.saved_tensors
            return g * 2 * x

    x = leaf(lib)
    y = room(lib).checkpoint(lambda x: Twice.apply(x.sin()).exp(), x, use_reentrant=False)
    return said(lambda: y.sum().backward())


# -- sequences ---------------------------------------------------------------------------------


@story
def test_sequences(lib: Any) -> Any:
    def tell(segments: int, reentrant: bool | None, **options: Any) -> Any:
        lib.manual_seed(1)
        steps = [lib.nn.Linear(3, 3) if i % 2 == 0 else lib.nn.Tanh() for i in range(6)]
        x = leaf(lib)
        y = room(lib).checkpoint_sequential(
            lib.nn.Sequential(*steps), segments, x, use_reentrant=reentrant, **options
        )
        y.sum().backward()
        return y, x.grad, steps[0].weight.grad

    told = [said(lambda s=s, r=r: tell(s, r)) for s in (1, 2, 3, 4, 6, 8, 0) for r in BOTH]
    told.append(said(lambda: tell(2, None)))
    told.append(said(lambda: tell(2, False, foo=1)))
    told.append(said(lambda: tell(2, False, preserve_rng_state=False)))
    return told
