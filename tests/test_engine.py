"""Stories about the engine: accumulation, lifetime, depth, mistakes half way, threads."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)

FREED = "Trying to backward through the graph a second time"


def leaf(lib: Any, n: int = 2) -> Any:
    return lib.ones(n, requires_grad=True)


@contextmanager
def no_collector() -> Iterator[None]:
    """Reference counts alone have to free what dies inside."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


# -- accumulation ------------------------------------------------------------------------------


def test_a_second_gradient_is_added_in_place(lib: Any) -> None:
    x = leaf(lib)
    (x * 2).sum().backward()
    first, pointer, version = x.grad, x.grad.data_ptr(), x.grad._version
    (x * 3).sum().backward()
    assert x.grad is first
    assert x.grad.data_ptr() == pointer
    assert x.grad._version == version + 1
    assert first.tolist() == [5.0, 5.0]


def test_a_gradient_given_by_hand_is_added_to(lib: Any) -> None:
    x, mine = leaf(lib), lib.ones(2)
    x.grad = mine
    (x * 2).sum().backward()
    assert x.grad is mine
    assert mine.tolist() == [3.0, 3.0]


@pytest.mark.filterwarnings("ignore:Using backward")
def test_with_create_graph_a_sum_is_made_out_of_place(lib: Any) -> None:
    x = leaf(lib)
    (x * x).sum().backward(create_graph=True)
    first = x.grad
    assert first.grad_fn.name() == "torch::autograd::CopyBackwards"
    (x * x).sum().backward(create_graph=True)
    assert x.grad is not first
    assert x.grad.tolist() == [4.0, 4.0]
    assert lib.autograd.grad(x.grad.sum(), x)[0].tolist() == [4.0, 4.0]


@pytest.mark.filterwarnings("ignore:Using backward")
def test_gradients_of_a_graph_take_plain_ones_in_place(lib: Any) -> None:
    x = leaf(lib)
    (x * x).sum().backward(create_graph=True)
    first = x.grad
    (x * 2).sum().backward()
    assert x.grad is first
    assert first.tolist() == [4.0, 4.0]


@pytest.mark.filterwarnings("ignore:Using backward")
def test_leaves_never_share_a_gradient(lib: Any) -> None:
    for create_graph in (False, True):
        a, b, cotangent = leaf(lib), leaf(lib), lib.ones(2)
        (a + b).backward(cotangent, create_graph=create_graph)
        pointers = {t.data_ptr() for t in (a.grad, b.grad, cotangent)}
        assert len(pointers) == 3


def test_a_gradient_lies_in_memory_as_its_leaf_does(lib: Any) -> None:
    turned = lib.ones(2, 3).t().requires_grad_()
    (turned * 2).sum().backward()
    assert turned.grad.stride() == (1, 3)
    plain = lib.ones(2, 3, requires_grad=True)
    (plain.t() * lib.ones(3, 2)).sum().backward()
    assert plain.grad.stride() == (3, 1)
    expanded = lib.ones(3, 1).expand(3, 4).requires_grad_()
    (expanded * expanded).sum().backward()
    assert expanded.grad.stride() == (4, 1)
    rows = lib.ones(4).expand(2, 4).requires_grad_()
    (rows * rows).sum().backward()
    assert rows.grad.stride() == (4, 1)
    gappy = lib.ones(4, 3).t()[:, ::2].requires_grad_()
    (gappy * gappy).sum().backward()
    assert gappy.grad.stride() == (2, 1)


def test_no_grad_around_backward_changes_nothing(lib: Any) -> None:
    x = leaf(lib)
    y = (x * x).sum()
    with lib.no_grad():
        (g,) = lib.autograd.grad(y, x, create_graph=True)
    assert g.requires_grad


# -- a graph is used once ----------------------------------------------------------------------


def test_only_what_was_saved_is_freed(lib: Any) -> None:
    x = leaf(lib)
    for z in (x.sum(), (x + x).sum(), (x[:1] - 1).sum()):  # nothing saved: may run again
        lib.autograd.grad(z, x)
        lib.autograd.grad(z, x)
    z = (x * x).sum()
    lib.autograd.grad(z, x)
    with pytest.raises(RuntimeError, match=FREED):
        lib.autograd.grad(z, x)


def test_a_shared_part_is_freed_for_both(lib: Any) -> None:
    x = leaf(lib)
    shared = x.exp()
    one, two = (shared * 2).sum(), (shared * 3).sum()
    one.backward()
    with pytest.raises(RuntimeError, match=FREED):
        two.backward()


def test_a_path_that_is_not_taken_is_not_freed(lib: Any) -> None:
    x, w = leaf(lib), leaf(lib)
    z = (x.exp() + w.exp()).sum()
    lib.autograd.grad(z, x)
    lib.autograd.grad(z, w)


def test_values_changed_since_they_were_saved(lib: Any) -> None:
    x = leaf(lib)
    y = x * 1
    z = y * y
    y.add_(1)
    with pytest.raises(RuntimeError, match="which is output 0 of Add, is at version 1"):
        z.sum().backward()
    constant = lib.ones(2)
    z = x * constant
    constant.add_(1)
    with pytest.raises(RuntimeError, match=r"\[torch.FloatTensor \[2\]\] is at version 1; expect"):
        z.sum().backward()
    z = x + constant  # saves nothing
    constant.add_(1)
    z.sum().backward()


@pytest.mark.parametrize("write", [lambda t: t.mul_(3), lambda t: t.__iadd__(t * 2)])
def test_views_written_where_nothing_records(lib: Any, write: Any) -> None:
    base, x = lib.ones(2, 2), leaf(lib)
    saved = x * base[0]
    write(base[1])  # another part of the same buffer: PyTorch counts the buffer
    assert base.tolist() == [[1.0, 1.0], [3.0, 3.0]]
    assert base._version == 1
    with pytest.raises(RuntimeError, match="is at version 1; expected version 0"):
        saved.sum().backward()
    made = leaf(lib) * 1
    view = made[:1]
    with lib.no_grad():
        write(view)
    assert made._version == view._version == 1
    assert view.grad_fn.name() == "AsStridedBackward0"  # its base was written since
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        lib.ones(1).expand(3).mul_(2)
    with lib.no_grad():
        part = leaf(lib)[:1]
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode and is being mod"):
        part.mul_(2)


# -- depth and width ---------------------------------------------------------------------------

DEEP = 50_000


@pytest.mark.parametrize("operation", ["multiply", "exponentiate", "view", "in place"])
def test_deep_chains(lib: Any, operation: str) -> None:
    """Neither a pass nor the death of a chain recurses, with or without a pass before."""
    step = {
        "multiply": lambda t: t * 1.0,
        "exponentiate": lambda t: t.tanh(),
        "view": lambda t: t[:],
        "in place": lambda t: t.mul_(1.0),
    }[operation]
    for walks in (True, False):
        x = leaf(lib, 1)
        y = x * 1
        for _ in range(DEEP):
            y = step(y)
        if walks:
            y.sum().backward()
            assert x.grad.shape == (1,)
        del y


@pytest.mark.slow
def test_a_million_nodes(lib: Any) -> None:
    x = leaf(lib, 1)
    for walks in (True, False):
        y = x
        for _ in range(1_000_000):
            y = y * 1.0
        if walks:
            y.backward()
            assert x.grad.item() == 1.0
        del y


def test_a_deep_chain_of_functions(lib: Any) -> None:
    class Same(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    for walks in (True, False):
        x = y = leaf(lib, 1)
        for _ in range(20_000):
            y = Same.apply(y)
        if walks:
            y.backward()
            assert x.grad.item() == 1.0
        del y


def test_wide_graphs(lib: Any) -> None:
    leaves = [leaf(lib, 1) for _ in range(2000)]
    lib.cat(leaves).sum().backward()
    assert all(x.grad.item() == 1.0 for x in leaves)
    x = leaf(lib, 1)
    total = x * 0
    for _ in range(2000):
        total = total + x
    total.backward()
    assert x.grad.item() == 2000.0


def test_many_paths_are_walked_once(lib: Any) -> None:
    """2**60 paths: sums are taken before a node runs."""
    x = leaf(lib, 1)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0**60


def test_nodes_run_in_reverse_order_of_their_making(lib: Any) -> None:
    x = leaf(lib)
    order: list[str] = []
    parts = []
    for name in "abcd":
        part = x * 2
        part.grad_fn.register_hook(lambda i, o, name=name: order.append(name))
        parts.append(part)
    a, b, c, d = parts
    (d + (a + c) + b).sum().backward()
    assert order == ["d", "c", "b", "a"]


# -- mistakes half way -------------------------------------------------------------------------


def test_an_exception_leaves_the_rest_of_the_graph_usable(lib: Any) -> None:
    x = leaf(lib)
    y = x.exp()
    z = y.exp()

    def stop(g: Any) -> None:
        raise ValueError("stop")

    handle = y.register_hook(stop)
    with pytest.raises(ValueError, match="stop"):
        z.sum().backward()
    assert x.grad is None
    assert lib.is_grad_enabled()
    handle.remove()
    with pytest.raises(RuntimeError, match=FREED):  # z had run
        z.sum().backward()
    y.sum().backward()  # y had not
    assert x.grad.tolist() == y.tolist()


def test_an_exception_in_a_function(lib: Any) -> None:
    class Bad(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            raise KeyError("bad")

    x = leaf(lib)
    z = Bad.apply(x).sum()
    with pytest.raises(KeyError, match="bad"):
        z.backward()
    assert lib.is_grad_enabled()
    with lib.no_grad(), pytest.raises(KeyError):
        lib.autograd.grad(z, x, create_graph=True)
    assert lib.is_grad_enabled()
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_checks_come_before_anything_runs(lib: Any) -> None:
    x, w = leaf(lib), leaf(lib)
    z = (x * x).sum()
    with pytest.raises(RuntimeError, match="does not require grad"):
        lib.autograd.backward([z, lib.ones(())])
    with pytest.raises(RuntimeError, match="can't retain_grad on Tensor that has requires_grad=F"):
        z.backward(inputs=[x, lib.ones(2)])
    with pytest.raises(RuntimeError, match="does not require grad"):
        lib.autograd.grad(z, [x, lib.ones(2)])
    z.backward(inputs=[x, w])
    assert x.grad.tolist() == [2.0, 2.0]
    assert w.grad is None


# -- a pass inside a pass ----------------------------------------------------------------------


def test_backward_inside_backward(lib: Any) -> None:
    class Checkpoint(lib.autograd.Function):
        """Compute again what forward threw away."""

        @staticmethod
        def forward(ctx: Any, x: Any, depth: int) -> Any:
            ctx.save_for_backward(x)
            ctx.depth = depth
            return body(x.detach(), depth)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (saved,) = ctx.saved_tensors
            x = saved.detach().requires_grad_()
            with lib.enable_grad():
                body(x, ctx.depth).backward(g)
            return x.grad, None

    def body(x: Any, depth: int) -> Any:
        return (Checkpoint.apply(x, depth - 1) if depth else x).sin()

    x = lib.tensor([0.5, 1.0], requires_grad=True)
    body(x, 4).sum().backward()
    y = lib.tensor([0.5, 1.0], requires_grad=True)
    y.sin().sin().sin().sin().sin().sum().backward()
    assert lib.allclose(x.grad, y.grad)


# -- threads -----------------------------------------------------------------------------------


def run_in_threads(count: int, body: Any) -> None:
    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            body()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_graphs_in_several_threads(lib: Any) -> None:
    results: list[list[float]] = []

    def body() -> None:
        x = leaf(lib)
        for _ in range(50):
            ((x * 2).exp() * 0 + x * 3).sum().backward()
        results.append(x.grad.tolist())

    run_in_threads(4, body)
    assert results == [[150.0, 150.0]] * 4


def test_one_graph_walked_by_several_threads(lib: Any) -> None:
    x = leaf(lib)
    z = (x * x).sum()
    found: list[list[float]] = []
    run_in_threads(4, lambda: found.append(lib.autograd.grad(z, x, retain_graph=True)[0].tolist()))
    assert found == [[2.0, 2.0]] * 4


def test_the_grad_mode_is_the_threads_own(lib: Any) -> None:
    seen: list[bool] = []
    with lib.no_grad():
        run_in_threads(1, lambda: seen.append(lib.is_grad_enabled()))
        with lib.inference_mode():
            run_in_threads(1, lambda: seen.append(lib.is_inference_mode_enabled()))
    assert seen == [True, False]

    def switch_off() -> None:
        lib.set_grad_enabled(False)

    run_in_threads(1, switch_off)
    assert lib.is_grad_enabled()


def test_no_cotangent_for_any_of_several_outputs(lib: Any) -> None:
    """A Function that returns None sends nothing to a node with several outputs, in pieces."""

    class Stop(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *xs: Any) -> Any:
            return sum(xs) * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return None, None

    x = lib.arange(6.0).reshape(2, 3).requires_grad_()
    for several in (
        lambda t: t.sort()[0].split(1),
        lambda t: t.unbind(),
        lambda t: lib.std_mean(t, 1),
        lambda t: lib.aminmax(t, dim=1),
    ):
        (Stop.apply(*several(x * 1)) + 0).sum().backward()
        assert x.grad is None or not x.grad.any()
