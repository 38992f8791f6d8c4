"""func.rearrange and the small helpers beside it: stories under both libraries."""

from __future__ import annotations

from typing import Any

import pytest

from tests.both import assert_same_story, attempt
from tests.libraries import LIBRARIES

PATTERNS = """
a b c -> c b a
a b c -> (a b) c
a (b1 b2) c -> a b1 (b2 c) | b1=3
a b (c1 c2) -> c1 a b c2 | c1=2
... c -> c ...
a ... -> ... a
a b c -> a b c 1
a b c -> a () b c
a b c-> c b a
A b c -> c b A
(a b) ... c -> a b c ... | a=2
... -> (...)
a ... -> (... a)
... a b c -> a b c ...
"""
MISTAKES = """
a (b1 b2) c -> a b1 b2 c
a b c -> (...) a
(a ...) -> a
a b c -> a b
a b -> b a
a a c -> a c a
a b c -> a b c d
a b (c d) -> a b c d | c=3
a b (c d) -> a b c d
a b c
a b c -> a -> b
a b ((c)) -> a b c
a b (c -> a b c
a b 4 -> a b
a b c -> a b c 2
a b c -> a b _
a 1c b -> a b
... ... -> ...
a b c -> a b c | z=3
a b c -> ... a
a b .. -> a
a b c -> a_ b c
 ->
(...) a -> a
... a b c -> a b c
"""


def call(lib: Any, line: str) -> Any:
    pattern, _, sizes = line.partition(" | ")
    return eval(f"r(x, {pattern!r}, {sizes})", {"r": lib.func.rearrange, "x": cube(lib)})


def cube(lib: Any) -> Any:
    return lib.arange(24.0).view(2, 3, 4)


@pytest.mark.parametrize("line", PATTERNS.strip().splitlines())
def test_patterns(line: str) -> None:
    def tell(lib: Any) -> Any:
        out = call(lib, line)
        return out.shape, out

    assert_same_story(tell)


@pytest.mark.parametrize("line", MISTAKES.strip("\n").splitlines())
def test_mistakes(line: str) -> None:
    assert_same_story(lambda lib: attempt(lambda: call(lib, line)))


@pytest.mark.parametrize("lib", LIBRARIES)
def test_lists_and_gradients(lib: Any) -> None:
    x = cube(lib)
    assert lib.func.rearrange([x, x], "n a b c -> a n b c").shape == (2, 2, 3, 4)
    assert lib.func.rearrange((x, x), "n a b c -> (n a) b c").shape == (4, 3, 4)
    y = lib.ones(2, 3, requires_grad=True)
    (lib.func.rearrange(y, "a b -> (b a)") * lib.arange(6.0)).sum().backward()
    assert y.grad.tolist() == [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]
    assert lib.func.rearrange(lib.ones(2, 3), "a b -> b a")._is_view()
    assert lib.func.rearrange(lib.ones(2, 1, 3), "a 1 b -> a b").shape == (2, 3)


@pytest.mark.parametrize("lib", LIBRARIES)
def test_batch_norms_without_statistics(lib: Any) -> None:
    nn = lib.nn
    module = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 3), nn.Sequential(nn.BatchNorm2d(2)))
    assert lib.func.replace_all_batch_norm_modules_(module) is module
    for norm in (module[0], module[2][0]):
        assert norm.running_mean is norm.running_var is norm.num_batches_tracked is None
        assert norm.track_running_stats is False
    assert list(module.state_dict())[:3] == ["0.weight", "0.bias", "1.weight"]
    assert module[0](lib.rand(4, 3)).shape == (4, 3)
    norm = nn.InstanceNorm1d(3, track_running_stats=True)
    assert lib.func.replace_all_batch_norm_modules_(norm).running_mean.tolist() == [0.0] * 3


@pytest.mark.parametrize("lib", LIBRARIES)
def test_a_look_inside_of_transforms(lib: Any) -> None:
    seen: list[Any] = []

    def peek(x: Any) -> Any:
        seen.append(lib.func.debug_unwrap(x))
        return x.sum()

    x = lib.ones(2)
    assert lib.func.debug_unwrap(x) is x
    lib.func.grad(peek)(x)
    lib.func.vmap(peek)(lib.ones(2, 3))
    lib.func.vmap(lib.func.grad(peek))(lib.ones(2, 3))
    assert [type(t) for t in seen] == [lib.Tensor] * 3
    assert [tuple(t.shape) for t in seen] == [(2,), (2, 3), (2, 3)]
