"""Long runs with the collector off: nothing piles up, whatever a step is made of.

Each step runs a few hundred times. What Python's collector tracks is counted, and a leaked graph
would be several objects a step.
"""

from __future__ import annotations

import contextlib
import gc
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

import rushlight as torch
from rushlight import nn
from rushlight.autograd import forward_ad
from rushlight.utils.data import DataLoader, TensorDataset

F = nn.functional


def assert_steady(step: Callable[[], Any], rounds: int = 100) -> None:
    """Run a step many times without the collector; the number of objects stays where it was."""
    for _ in range(rounds // 2):
        step()
    gc.collect()
    gc.disable()
    try:
        before = tracked(0, seconds=0.2)
        for _ in range(rounds):
            step()
        limit = before + max(rounds / 4, 6)
        assert tracked(limit, seconds=10) < limit
    finally:
        gc.enable()


def tracked(limit: float, seconds: float) -> int:
    """Count what the collector tracks, until the count is below the limit or time is up.

    A queue's feeder thread, told to end, holds 50 objects until the machine lets it run.
    """
    deadline = time.monotonic() + seconds
    while (count := len(gc.get_objects())) >= limit and time.monotonic() < deadline:
        time.sleep(0.01)
    return count


def mlp() -> Any:
    return nn.Sequential(
        nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.1), nn.LayerNorm(8), nn.ReLU(), nn.Linear(8, 3)
    )


def cnn() -> Any:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Dropout2d(0.1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    )


MODELS = pytest.mark.parametrize(
    "model, shape", [(mlp, (6, 4)), (cnn, (6, 1, 8, 8))], ids=["mlp", "cnn"]
)
LABELS = torch.tensor([0, 1, 2] * 2)


@MODELS
def test_training(model: Any, shape: tuple[int, ...]) -> None:
    net, x = model(), torch.randn(shape)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 5)

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(net(x), LABELS).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()

    assert_steady(step, 300)


@MODELS
def test_hooks_that_stay_and_hooks_that_go(model: Any, shape: tuple[int, ...]) -> None:
    net, x = model(), torch.randn(shape)
    net[-1].register_full_backward_hook(lambda m, gin, gout: None)
    net[0].register_forward_hook(lambda m, args, out: None)
    net[0].weight.register_post_accumulate_grad_hook(lambda p: None)

    def step() -> None:
        handles = [m.register_forward_hook(lambda m, args, out: None) for m in net]
        handles += [p.register_hook(lambda g: g * 1) for p in net.parameters()]
        out = net(x)
        out.register_hook(lambda g: g * 1)
        out.retain_grad()
        F.cross_entropy(out, LABELS).backward()
        for handle in handles:
            handle.remove()

    assert_steady(step)


@MODELS
def test_graphs_that_are_kept_and_dropped(model: Any, shape: tuple[int, ...]) -> None:
    net, x = model(), torch.randn(shape)

    def step() -> None:
        loss = F.cross_entropy(net(x), LABELS)
        loss.backward(retain_graph=True)
        torch.autograd.grad(loss, list(net.parameters()), retain_graph=True)
        net(x)  # never walked

    assert_steady(step)


@MODELS
def test_gradients_of_gradients(model: Any, shape: tuple[int, ...]) -> None:
    net = model()
    data = torch.randn(shape)

    def step() -> None:
        x = data.clone().requires_grad_()
        wanted = [x, *net.parameters()]
        loss = F.cross_entropy(net(x), LABELS)
        grads = torch.autograd.grad(loss, wanted, create_graph=True)
        sum((g * g).sum() for g in grads).backward()

    assert_steady(step)


def test_tangents_through_a_recorded_graph() -> None:
    """A saved output has a tangent, whose graph leads back to the node that saved it."""
    net, x = mlp(), torch.randn(6, 4)

    def step() -> None:
        with forward_ad.dual_level():
            forward_ad.unpack_dual(net(forward_ad.make_dual(x, x)))

    assert_steady(step)


class Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, a: Any, b: Any) -> Any:
        out = a * b
        ctx.save_for_backward(a, b, out)
        ctx.note = "anything"
        return out

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, b, _ = ctx.saved_tensors
        if ctx.note == "fail":
            raise ValueError
        return g * b, g * a


def test_functions() -> None:
    a = torch.ones(3, requires_grad=True)

    def step() -> None:
        Product.apply(a, a)
        Product.apply(a, a).sum().backward()
        (g,) = torch.autograd.grad(Product.apply(a, a).sum(), a, create_graph=True)
        g.sum().backward()

    assert_steady(step)


def test_mistakes_forward_and_backward() -> None:
    net, x = mlp(), torch.randn(6, 4)

    def hook(_grad: Any) -> None:
        raise ValueError

    def changed() -> None:
        a = x.clone().requires_grad_()
        b = a.exp()
        b.mul_(2)
        b.sum().backward()

    def failing_hook() -> None:
        out = net(x)
        out.register_hook(hook)
        out.sum().backward()

    def failing_function() -> None:
        out = Product.apply(x.clone().requires_grad_(), x)
        out.grad_fn.note = "fail"
        out.exp().sum().backward()

    mistakes = [
        lambda: net(torch.ones(2, 9)),
        lambda: F.cross_entropy(net(x), LABELS[:2]),
        lambda: net(x).backward(),
        changed,
        failing_hook,
        failing_function,
    ]

    def step() -> None:
        for mistake in mistakes:
            with contextlib.suppress(ValueError, RuntimeError):
                mistake()
                raise AssertionError("no mistake")

    assert_steady(step, 40)


def test_views_written_in_place() -> None:
    a = torch.randn(4, 4, requires_grad=True)

    def step() -> None:
        b = a * 1
        b[0] = 1
        b[:, 1].mul_(2)
        b.t().add_(1)
        b.view(16)[3] = a[0, 0]
        b.split(2)[0].exp().sum().backward()

    assert_steady(step)


@pytest.mark.parametrize("workers, rounds", [(0, 40), (2, 8)])
def test_loaders_to_the_end_and_half_way(workers: int, rounds: int) -> None:
    data = TensorDataset(torch.randn(20, 4), torch.arange(20))

    def step() -> None:
        for _ in DataLoader(data, 4, shuffle=True, num_workers=workers):
            pass
        next(iter(DataLoader(data, 4, num_workers=workers)))

    assert_steady(step, rounds)


FRESH_PAGES = """
import resource
import rushlight as torch

def step():
    x = torch.ones(500_000)
    return x * x + x

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

for _ in range(3):
    step()
before = faults()
for _ in range(10):
    step()
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators have other ways")
def test_large_arrays_come_back_to_pages_that_are_mapped() -> None:
    done = subprocess.run([sys.executable, "-c", FRESH_PAGES], capture_output=True, text=True)
    assert int(done.stdout) < 1000  # a step of fresh pages takes 1,500
