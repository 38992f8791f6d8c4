"""`torch._vmap_internals`: vmap's older names, and batches of tangents under them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tests.both import attempt, story


def of(lib: Any) -> Any:
    return import_module(lib.__name__ + "._vmap_internals")


def forward_ad(lib: Any) -> Any:
    return import_module(lib.__name__ + ".autograd.forward_ad")


@story
def test_the_older_names(lib: Any) -> Any:
    x = lib.arange(3.0)
    pair = of(lib)._vmap(lambda t: (None, t * 2, None), allow_none_pass_through=True)(x)
    single = of(lib)._vmap(lambda t: t * 2, allow_none_pass_through=True)(x)
    return of(lib).vmap(lambda t: t * 2)(x), pair, single


@story
def test_a_batch_of_tangents_written_through_views(lib: Any) -> Any:
    fw = forward_ad(lib)
    tangents = lib.arange(8.0).reshape(2, 2, 2)
    seen: list[Any] = []
    for layout in (lambda b: b.view_as(b), lambda b: b.t(), lambda b: b[:]):

        def jvp(t: Any, layout: Any = layout) -> Any:
            with fw.dual_level():
                base = lib.zeros(2, 2)
                view = layout(base)
                view.copy_(fw.make_dual(lib.ones(2, 2), t))
                (value, of_view), (_, of_base) = fw.unpack_dual(view), fw.unpack_dual(base)
                seen.append((view._is_view(), view._base is base, value.shape, of_base.shape))
                total = fw.unpack_dual((base * view).sum()).tangent
                return of_view, of_base, fw.unpack_dual(base[0]).tangent, total

        seen.append(of(lib)._vmap(jvp)(tangents))
    return seen


@story
def test_a_batch_of_tangents_in_other_layouts(lib: Any) -> Any:
    fw = forward_ad(lib)

    def through(primal: Any) -> Any:
        def jvp(t: Any) -> Any:
            with fw.dual_level():
                x = fw.make_dual(primal, t)
                y = x * 1
                y.mul_(x)
                y[0] = x[1]
                return fw.unpack_dual(y.exp()).tangent, fw.unpack_dual(lib.cat([x, x])).tangent

        tangents = lib.arange(2.0 * primal.numel()).reshape(2, *primal.shape)
        return of(lib)._vmap(jvp)(tangents)

    return [through(p) for p in (lib.ones(5)[:3], lib.ones(2, 3).t(), lib.arange(6.0)[::2])]


@story
def test_a_batch_of_primals_makes_no_dual(lib: Any) -> Any:
    fw = forward_ad(lib)

    def jvp(x: Any) -> Any:
        with fw.dual_level():
            return fw.unpack_dual(fw.make_dual(x, lib.ones(3)) * 2).tangent

    return attempt(lambda: lib.func.vmap(jvp)(lib.ones(2, 3)))
