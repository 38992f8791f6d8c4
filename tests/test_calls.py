"""The watch on operators: which there are, that all are seen, that nothing is left behind."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import rushlight
from rushlight import exp
from rushlight.api.aten import operators
from rushlight.api.calls import OPERATORS, Call
from rushlight.api.exchange import WATCHES, layers_of
from tests.test_import import run

HELD = {"activation": rushlight.nn.functional.relu}


@contextmanager
def watched() -> Iterator[list[str]]:
    """The names of the calls inside, those that others make with an indent."""
    seen: list[str] = []
    depth = 0

    def watcher(name: str, call: Call, args: Any, kwargs: Any) -> Any:
        nonlocal depth
        seen.append("  " * depth + name)
        depth += 1
        try:
            return call(*args, **kwargs)
        finally:
            depth -= 1

    OPERATORS.add(watcher)
    try:
        yield seen
    finally:
        OPERATORS.remove(watcher)


def test_operators_are_called_as_in_aten() -> None:
    aten = pytest.importorskip("torch").ops.aten
    names = {name for name in operators().values() if isinstance(name, str)}
    assert len(names) > 400
    assert sorted(name for name in names if not hasattr(aten, name)) == []


def test_all_ways_to_an_operator_are_seen() -> None:
    torch = rushlight
    x = torch.ones(2, 3)
    index = torch.tensor([0, 1])
    with watched() as seen:
        exp(x)
        torch.exp(x)
        x.exp()
        HELD["activation"](x)
        x * 2 + 1 - x / 2
        2 - x
        -x @ x.T
        x[0], x[:, 0], x[None], x[x > 0], x[index]
        x[0] = 1
        x.double().float()
        torch.nn.functional.linear(x, x)
        x += 1
        x.exp_()
        x.sum().item()
        float(x[0, 0])
        torch.zeros(2), torch.rand(2)
    assert " ".join(name for name in seen if not name.startswith(" ")) == (
        "exp exp exp relu mul add div sub rsub neg numpy_T matmul select slice unsqueeze gt index "
        "index copy_ to to linear add_ exp_ sum item select item zeros rand"
    )


def test_a_watcher_may_answer_itself() -> None:
    def watcher(name: str, call: Call, args: Any, kwargs: Any) -> Any:
        return "mine" if name == "exp" else call(*args, **kwargs)

    OPERATORS.add(watcher)
    try:
        assert rushlight.exp(rushlight.ones(1)) == "mine"
        assert rushlight.sin(input=rushlight.zeros(1), out=None).tolist() == [0.0]
    finally:
        OPERATORS.remove(watcher)


def test_several_watch() -> None:
    with watched() as outer:
        rushlight.ones(1).exp()
        with watched() as inner:
            rushlight.ones(1).sin()
        rushlight.ones(1).cos()
    assert outer == ["ones", "exp", "ones", "sin", "ones", "cos"]
    assert inner == ["ones", "sin"]


def test_nothing_is_left_behind() -> None:
    functions = list(operators())
    before = [(f.__code__, f.__kwdefaults__, inspect.signature(f)) for f in functions]
    with watched():
        assert all(layers_of(f)[-1] == WATCHES for f in functions)
    assert [(f.__code__, f.__kwdefaults__, inspect.signature(f)) for f in functions] == before
    assert not any(WATCHES in layers_of(f) for f in functions)


def test_transforms_put_no_layers() -> None:
    """Their tensors are subclasses of Tensor, but none that functions have to ask."""
    run("""
import rushlight as torch
from rushlight.api.exchange import layers_of
x = torch.ones(2, 3)
torch.func.vmap(torch.func.grad(lambda x: x.sin().sum()))(x)
torch.func.jvp(torch.sin, (x,), (x,))
assert layers_of(torch.sin) == [], layers_of(torch.sin)
""")


def test_errors_pass_through() -> None:
    with watched() as seen, pytest.raises(TypeError, match="must be Tensor"):
        rushlight.exp("text")
    assert seen == ["exp"]


def test_other_threads_work_on_meanwhile() -> None:
    x = rushlight.ones(3, requires_grad=True)
    failed: list[BaseException] = []
    over = threading.Event()

    def work() -> None:
        try:
            while not over.is_set():
                out = rushlight.zeros(3)
                assert rushlight.add(x.detach(), 1, out=out).tolist() == [2.0] * 3
                assert (x * 2).sum().item() == 6.0
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(30):
        with watched():
            (x * 3).sum()
    over.set()
    for thread in threads:
        thread.join()
    assert failed == []
