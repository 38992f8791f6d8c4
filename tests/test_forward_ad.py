"""Forward mode: dual tensors and their levels, told to both libraries (tests/both.py)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from tests.both import alike
from tests.libraries import LIBRARIES


def forward_ad(lib: Any) -> Any:
    return import_module(lib.__name__ + ".autograd.forward_ad")


def primal(lib: Any, **options: Any) -> Any:
    return lib.tensor([1.0, 2.0], **options)


def direction(lib: Any, **options: Any) -> Any:
    return lib.tensor([1.0, 10.0], **options)


def through(lib: Any, function: Any) -> Any:
    """Primal and tangent of a function's result."""
    fw = forward_ad(lib)
    with fw.dual_level():
        return fw.unpack_dual(function(fw.make_dual(primal(lib), direction(lib))))


OPERATIONS: dict[str, Any] = {
    "arithmetic": lambda lib, d: d * d + 3 / d - d**3,
    "beside a larger constant": lambda lib, d: d * lib.ones(3, 2) + lib.ones(3, 2),
    "cat": lambda lib, d: lib.cat([d, lib.ones(2), d * 2]),
    "product": lambda lib, d: d @ d,
    "index": lambda lib, d: d[1],
    "reduction": lambda lib, d: d.exp().mean(),
    "clone": lambda lib, d: d.clone(),
    "detach": lambda lib, d: d.detach(),
    "comparison": lambda lib, d: d > 1,
    "where": lambda lib, d: lib.where(d > 1, d, d * 5),
    "to integers": lambda lib, d: d.long(),
    "to double": lambda lib, d: d.double(),
    "ones like": lambda lib, d: lib.ones_like(d),
    "sign": lambda lib, d: d.sign(),
    "written": lambda lib, d: d.mul_(3),
    "plain, written with a dual": lambda lib, d: lib.ones(2).mul_(d),
    "linear": lambda lib, d: lib.nn.functional.linear(d, lib.tensor([[1.0, 2.0]])),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations(name: str) -> None:
    alike(lambda lib: through(lib, lambda d: OPERATIONS[name](lib, d)))()


@alike
def test_a_write_to_a_view(lib: Any) -> Any:
    def write(d: Any) -> Any:
        d[0].mul_(3)
        return d

    return through(lib, write)


@alike
def test_no_grad_does_not_stop_tangents(lib: Any) -> Any:
    def square(d: Any) -> Any:
        with lib.no_grad():
            return d * d

    return through(lib, square)


@alike
def test_memory_is_shared(lib: Any) -> Any:
    fw = forward_ad(lib)
    a, t = primal(lib), direction(lib)
    with fw.dual_level() as level:
        d = fw.make_dual(a, t, level=level)
        plain, tangent = fw.unpack_dual(d, level=level)
        same = [x.data_ptr() == a.data_ptr() for x in (d, plain)]
        return level, same, tangent is t, d is a, d._is_view(), d.requires_grad, repr(d)


@alike
def test_tangents_lie_in_memory_as_their_primals_do(lib: Any) -> Any:
    fw = forward_ad(lib)
    with fw.dual_level():
        d = fw.make_dual(lib.ones(2, 3).t(), lib.arange(6.0).reshape(3, 2))
        tangent = fw.unpack_dual(d).tangent
        return tangent.stride(), tangent


@alike
def test_tangents_end_with_their_level(lib: Any) -> Any:
    fw = forward_ad(lib)
    seen = [fw.unpack_dual(primal(lib))]
    with fw.dual_level():
        seen.append(fw.unpack_dual(primal(lib)))
        d = fw.make_dual(primal(lib), direction(lib))
    seen.append(fw.unpack_dual(d))
    with fw.dual_level():
        seen.append(fw.unpack_dual(d))
        seen.append(fw.unpack_dual(d * 2))
        seen.append(fw.unpack_dual(fw.make_dual(d, direction(lib))))
    return seen, d * 2


@alike
def test_reverse_over_forward(lib: Any) -> Any:
    fw = forward_ad(lib)
    a, t = primal(lib, requires_grad=True), direction(lib, requires_grad=True)
    with fw.dual_level():
        tangent = fw.unpack_dual(fw.make_dual(a, t) ** 3).tangent
        return lib.autograd.grad(tangent.sum(), [a, t])


@alike
def test_forward_over_reverse(lib: Any) -> Any:
    fw = forward_ad(lib)
    with fw.dual_level():
        d = fw.make_dual(primal(lib, requires_grad=True), direction(lib))
        (g,) = lib.autograd.grad((d**3).sum(), d, create_graph=True)
        value, tangent = fw.unpack_dual(g)
        return value.detach(), tangent.detach()


@alike
def test_backward_accumulates_no_tangents(lib: Any) -> Any:
    fw = forward_ad(lib)
    a = primal(lib, requires_grad=True)
    with fw.dual_level():
        d = fw.make_dual(a, direction(lib))
        (d * d).sum().backward()
        return fw.unpack_dual(a.grad)


@alike
def test_complex_numbers(lib: Any) -> Any:
    fw = forward_ad(lib)
    with fw.dual_level():
        d = fw.make_dual(lib.tensor([1 + 1j]), lib.tensor([1j]))
        return fw.unpack_dual(d * d), fw.unpack_dual(d.abs())


@alike
def test_a_module(lib: Any) -> Any:
    fw = forward_ad(lib)
    lib.manual_seed(0)
    module = lib.nn.Linear(2, 3)
    with fw.dual_level():
        out = module(fw.make_dual(lib.ones(1, 2), lib.ones(1, 2)))
        return fw.unpack_dual(out).tangent.detach()


# -- mistakes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("lib", LIBRARIES)
def test_levels(lib: Any) -> None:
    fw = forward_ad(lib)
    with pytest.raises(RuntimeError, match="no level exists, make sure to enter_dual_level"):
        fw.make_dual(primal(lib), direction(lib))
    with pytest.raises(RuntimeError, match=r"Dual level must be a positive number"):
        fw.exit_dual_level()
    level = fw.enter_dual_level()
    with pytest.raises(RuntimeError, match="Nested forward mode AD is not supported"):
        fw.enter_dual_level()
    with pytest.raises(RuntimeError, match="exit a forward AD level that was not the last one"):
        fw.exit_dual_level(level=level + 5)
    fw.exit_dual_level(level=level)
    with pytest.raises(ValueError, match="mine"), fw.dual_level():
        raise ValueError("mine")
    with fw.dual_level() as level:
        assert level == 0


MISTAKES: dict[str, Any] = {
    "shape": lambda lib: (primal(lib), lib.ones(3)),
    "integers": lambda lib: (lib.ones(2, dtype=lib.int64), direction(lib)),
    "a tangent of integers": lambda lib: (primal(lib), lib.ones(2, dtype=lib.int64)),
    "double, which is none": lambda lib: (primal(lib), direction(lib).double()),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_make_dual(what: str) -> None:
    def story(lib: Any) -> Any:
        fw = forward_ad(lib)
        with fw.dual_level():
            return fw.make_dual(*MISTAKES[what](lib))

    alike(story)()


@alike
def test_a_dual_of_a_dual(lib: Any) -> Any:
    fw = forward_ad(lib)
    with fw.dual_level():
        return fw.make_dual(fw.make_dual(primal(lib), direction(lib)), direction(lib))


@alike
def test_out(lib: Any) -> Any:
    return through(lib, lambda d: lib.exp(d, out=lib.zeros(2)))


@pytest.mark.parametrize("lib", LIBRARIES)
def test_a_later_level_does_not_see_an_earlier_tangent(lib: Any) -> None:
    """Outputs that a node saved had tangents, which end with their level."""
    ad = forward_ad(lib)
    x = lib.ones(2, requires_grad=True)
    with ad.dual_level():
        y = ad.make_dual(x, lib.ones(2)).exp()
    with ad.dual_level():
        (g,) = lib.autograd.grad(y.sum(), x, create_graph=True)
        assert ad.unpack_dual(g).tangent is None
