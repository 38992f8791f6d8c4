"""Small, medium and large work, each group with a target: whole steps as programs take them."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.apart import Child
from benchmarks.models import Call, Maker, batch, char_lstm, cnn, gpt, mlp, residual
from benchmarks.operators import chain
from benchmarks.pairs import Result, compare, timer

__all__ = ["GROUPS", "Group"]


def pinn(lib: Any) -> Call:
    """A step of a network whose second derivative is in its loss: ``u'' = -sin x``, 64 points."""
    lib.manual_seed(0)
    nn = lib.nn
    model = nn.Sequential(
        nn.Linear(1, 20), nn.Tanh(), nn.Linear(20, 20), nn.Tanh(), nn.Linear(20, 1)
    )
    x = lib.linspace(0, 3, 64)[:, None].requires_grad_()
    optimizer = lib.optim.Adam(model.parameters(), lr=1e-3)

    def call() -> object:
        optimizer.zero_grad()
        (slope,) = lib.autograd.grad(model(x).sum(), x, create_graph=True)
        (bend,) = lib.autograd.grad(slope.sum(), x, create_graph=True)
        loss = (bend + lib.sin(x)).square().mean()
        loss.backward()
        optimizer.step()
        return loss

    return call


def hessian(lib: Any) -> Call:
    """The Hessian of Rosenbrock's function of 30 numbers."""
    x = lib.linspace(-1, 1, 30)

    def rosenbrock(x: Any) -> Any:
        return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()

    return lambda: lib.autograd.functional.hessian(rosenbrock, x)


def loader(lib: Any) -> Call:
    """A shuffled pass over 4,096 rows of 16 numbers, 64 at a time."""
    lib.manual_seed(0)
    data = lib.utils.data
    rows = data.DataLoader(
        data.TensorDataset(*batch(lib, 4096, 16, classes=10)), batch_size=64, shuffle=True
    )

    def call() -> object:
        for x, target in rows:
            last = x, target
        return last

    return call


def embedding(lib: Any) -> Call:
    """An embedding of 10,000 rows looked up by 32 x 50 indices, and summed."""
    lib.manual_seed(0)
    table = lib.nn.Embedding(10_000, 64)
    index = lib.tensor(np.random.RandomState(0).randint(0, 10_000, (32, 50)))

    def call() -> object:
        table.weight.grad = None
        table(index).sum().backward()
        return None

    return call


def logistic(lib: Any) -> Call:
    """Logistic regression of 1,000 rows of 20 numbers by a step of LBFGS (20 evaluations)."""
    x, target = batch(lib, 1000, 20, classes=2)
    loss_fn = lib.nn.BCEWithLogitsLoss()

    def call() -> object:
        lib.manual_seed(0)
        model = lib.nn.Linear(20, 1)
        optimizer = lib.optim.LBFGS(model.parameters(), max_iter=20, line_search_fn="strong_wolfe")

        def closure() -> Any:
            optimizer.zero_grad()
            loss = loss_fn(model(x)[:, 0], target.float())
            loss.backward()
            return loss

        return optimizer.step(closure)

    return call


def messages(lib: Any) -> Call:
    """A layer of a graph network: gather 20,000 rows of 32 from 2,000, and add them elsewhere."""
    rng = np.random.RandomState(0)
    nodes = lib.tensor(rng.randn(2000, 32).astype("float32"), requires_grad=True)
    source, goal = (lib.tensor(rng.randint(0, 2000, 20_000)) for _ in range(2))

    def call() -> object:
        nodes.grad = None
        arrived = lib.zeros(2000, 32).index_add(0, goal, lib.tanh(nodes[source]))
        arrived.square().sum().backward()
        return None

    return call


def gelus(lib: Any) -> Call:
    """Four GELUs of 2,000,000 numbers, forward and back."""
    x = batch(lib, 2_000_000, classes=2)[0].requires_grad_()

    def call() -> object:
        x.grad = None
        y = x
        for _ in range(4):
            y = lib.nn.functional.gelu(y)
        y.sum().backward()
        return None

    return call


def softmax_cross_entropy(lib: Any) -> Call:
    """Cross entropy of 2048 x 1000 logits, forward and back."""
    x, target = batch(lib, 2048, 1000, classes=1000)
    logits = x.requires_grad_()

    def call() -> object:
        logits.grad = None
        lib.nn.functional.cross_entropy(logits, target).backward()
        return None

    return call


def products(lib: Any) -> Call:
    """A chain of four matrix products of 512 x 512, forward and back."""
    x = (batch(lib, 512, 512, classes=2)[0] / 20).requires_grad_()

    def call() -> object:
        x.grad = None
        (x @ x @ x @ x @ x).sum().backward()
        return None

    return call


@dataclass(frozen=True)
class Group:
    """Workloads, and the ratios that they should reach: the geometric mean, and the worst."""

    name: str
    mean: float
    worst: float
    work: tuple[tuple[str, Maker, int], ...]  # each with the operations that a call stands for

    def run(
        self, ours: Any, theirs: Any, budget: float, children: Sequence[Child] = ()
    ) -> Iterator[Result]:
        """Yield a line for each workload, and one for the mean.

        The libraries run in this process, or in their children where these are given."""
        ratios = []
        for name, make, count in self.work:
            timers = [child.timer(name) for child in children]
            timers = timers or [timer(make(lib)) for lib in (ours, theirs)]
            result = compare(name, *timers, per_call=count, budget=budget, target=self.worst)
            ratios.append(result.ratio)
            yield result
        mean = statistics.geometric_mean(ratios)
        yield Result(f"{self.name}: geometric mean", 1.0, mean, self.mean)


TINY, SMALL = (2, 32, 32, 1), (64, 64, 64, 10)
GROUPS = (
    Group(
        "small",
        3.0,
        2.0,
        (
            ("chain of operators, each", chain, 60),
            ("MLP 2-32-32-1 at 32, SGD", mlp(TINY, 32), 1),
            ("MLP 2-32-32-1 at 32, Adam", mlp(TINY, 32, "Adam"), 1),
            ("MLP 64-64-64-10 at 32, SGD", mlp(SMALL, 32), 1),
            ("MLP 64-64-64-10 at 32, Adam", mlp(SMALL, 32, "Adam"), 1),
            ("PINN, second derivatives", pinn, 1),
            ("Hessian of 30 numbers", hessian, 1),
            ("DataLoader over 4,096 rows", loader, 1),
        ),
    ),
    Group(
        "medium",
        1.3,
        0.9,
        (
            ("MLP 784-256-256-10 at 128", mlp((784, 256, 256, 10), 128), 1),
            ("CNN 64x1x28x28", cnn, 1),
            ("residual block 16x32x16x16", residual, 1),
            ("char LSTM 128, 32 steps", char_lstm, 1),
            ("GPT 2x64, T = 64, 16 rows", gpt(2, 64, 64, 16), 1),
            ("embedding of 10,000, 32x50 indices", embedding, 1),
            ("LBFGS logistic regression", logistic, 1),
            ("gather + index_add of 20,000 rows", messages, 1),
        ),
    ),
    Group(
        "large",
        1.0,
        0.8,
        (
            ("MLP 1024-1024-1024-10 at 1,024", mlp((1024, 1024, 1024, 10), 1024), 1),
            ("GPT 4x256, T = 128, 8 rows", gpt(4, 256, 128, 8), 1),
            ("GELU four times, 2M elements", gelus, 1),
            ("softmax cross entropy 2048x1000", softmax_cross_entropy, 1),
            ("512x512 products, four", products, 1),
        ),
    ),
)
