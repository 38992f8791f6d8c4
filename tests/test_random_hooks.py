"""Random graphs with hooks everywhere, walked in every way: both libraries tell the same story.

A program makes some tensors, registers hooks of all kinds, writes in place, and runs a few backward
passes; what the hooks saw, in order, and what is left in ``.grad`` afterwards is its story. A
failing seed is told alone by ``tell(lib, seed)``.
"""

from __future__ import annotations

import random
import warnings
from typing import Any

import pytest

import rushlight

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")

PROGRAMS = 300


def plain(g: Any) -> Any:
    return None if g is None else [round(v, 3) for v in g.tolist()]


class Story:
    """One program under one library, and what it noted."""

    def __init__(self, lib: Any, seed: int) -> None:
        self.lib = lib
        self.random = random.Random(seed)
        self.log: list[Any] = []
        leaves = [lib.full((2,), float(i + 1)) for i in range(3)]
        self.tensors = [t.requires_grad_(self.random.random() < 0.85) for t in leaves]
        self.nothing, self.pair, self.sparse = self.functions()

    def functions(self) -> tuple[Any, Any, Any]:
        """Custom functions: no gradient at all, zeros for what is missing, None for it."""
        log = self.log

        class Nothing(self.lib.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                return x * 1

            @staticmethod
            def backward(ctx: Any, g: Any) -> None:
                return None

        class Pair(self.lib.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any, y: Any) -> Any:
                return x * 2, y * 3

            @staticmethod
            def backward(ctx: Any, g: Any, h: Any) -> Any:
                log.append(("pair", plain(g), plain(h)))
                return g * 2, h * 3

        class Sparse(Pair):
            @staticmethod
            def forward(ctx: Any, x: Any, y: Any) -> Any:
                ctx.set_materialize_grads(False)
                return x * 2, y * 3

            @staticmethod
            def backward(ctx: Any, g: Any, h: Any) -> Any:
                log.append(("sparse", plain(g), plain(h)))
                return None if g is None else g * 2, None if h is None else h * 3

        return Nothing.apply, Pair.apply, Sparse.apply

    def attempt(self, act: Any, name: str, *args: Any) -> None:
        try:
            act(*args)
        except Exception as error:
            text = str(error).split("\n")[0].replace("rushlight", "torch")
            self.log.append((name, type(error).__name__, text))

    # -- steps of the program ------------------------------------------------------------------

    def step(self, name: str, i: int, t: Any, u: Any) -> None:
        lib, log, add = self.lib, self.log, self.tensors.append
        if name == "mul":
            add(t * u * 0.5)
        elif name == "add":
            add(t + u)
        elif name == "twice":
            add(t + t)
        elif name == "tanh":
            add(t.tanh())
        elif name == "nothing":
            add(self.nothing(t))
        elif name == "pair":
            self.tensors.extend(self.pair(t, u))
        elif name == "sparse":
            self.tensors.extend(self.sparse(t, u))
        elif name == "split":
            a, b = (t * 1).split(1)
            add(lib.cat([b, a]))
            add(lib.cat([a, a]))
        elif name == "view":
            add(t.view(2))
        elif name == "detach":
            add(t.detach())
        elif name == "write":
            t.mul_(2)
        elif name == "write a part":
            t[:1].mul_(u[:1])
        elif name == "hook":
            t.register_hook(lambda g: log.append((name, i, plain(g))))
        elif name == "scale":
            t.register_hook(
                lambda g: log.append((name, i, plain(g))) or (g if g is None else g * 2)
            )
        elif t._is_view() and name in ("retain", "pre", "post"):
            return  # PyTorch loses some of these, or crashes, where a view's history is rewritten
        elif name == "retain":
            t.retain_grad()
        elif name == "pre":
            t.grad_fn.register_prehook(lambda gs: log.append((name, i, [plain(g) for g in gs])))
        elif name == "post":
            t.grad_fn.register_hook(
                lambda ins, outs: log.append(
                    (name, i, *[[plain(g) for g in s] for s in (ins, outs)])
                )
            )
        elif name == "after":
            t.register_post_accumulate_grad_hook(lambda x: log.append((name, i, plain(x.grad))))
        elif name in ("all", "any"):
            lib.autograd.graph.register_multi_grad_hook(
                (t, u),
                lambda found: log.append(
                    (name, i, [plain(g) for g in found] if name == "all" else plain(found))
                ),
                mode=name,
            )

    def walk(self, name: str, seed: float) -> None:
        """A backward pass of some kind from one of the last tensors."""
        lib, pick = self.lib, self.random.choice
        root = pick(self.tensors[-4:])
        inputs = [pick(self.tensors) for _ in range(self.random.randint(1, 3))]
        keep, unused = self.random.random() < 0.6, self.random.random() < 0.8
        edge, grad = lib.autograd.graph.get_gradient_edge, lib.autograd.grad
        cotangent = lib.ones(2) * seed
        if name == "backward":
            root.backward(cotangent, retain_graph=keep)
        elif name == "inputs":
            root.backward(cotangent, retain_graph=keep, inputs=inputs)
        elif name == "create graph":
            root.backward(cotangent, create_graph=True)
        elif name == "two":
            roots = [root, self.tensors[-1]]
            lib.autograd.backward(roots, [cotangent, cotangent * 2], retain_graph=keep)
        else:
            create = name == "grad of grad"
            if name == "edges":
                root, inputs = edge(root), [edge(t) for t in inputs]
            kept = keep or create
            found = grad(root, inputs, cotangent, kept, create, allow_unused=unused)
            self.log.append([(plain(g), g is not None and g.requires_grad) for g in found])

    def tell(self) -> list[Any]:
        pick = self.random.choice
        for i in range(self.random.randint(3, 14)):
            name = pick(STEPS)
            self.attempt(self.step, name, name, i, pick(self.tensors), pick(self.tensors))
        for seed in range(self.random.randint(1, 3)):
            name = pick(WALKS)
            self.log.append(("walk", name))
            self.attempt(self.walk, name, name, seed + 1.0)
            kept = [t if t.is_leaf or t.retains_grad else None for t in self.tensors]
            self.log.append([None if t is None else plain(t.grad) for t in kept])
        return self.log


STEPS = ["mul", "add", "twice", "tanh", "nothing", "pair", "sparse", "split", "view", "detach"]
STEPS += ["write", "write a part", "hook", "scale", "retain", "pre", "post", "after", "all", "any"]
WALKS = ["backward", "backward", "inputs", "grad", "grad of grad", "create graph", "edges", "two"]


def tell(lib: Any, seed: int) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Story(lib, seed).tell()


@pytest.mark.parametrize("start", range(0, PROGRAMS, 100))
def test_stories_agree(start: int) -> None:
    for seed in range(start, start + 100):
        assert tell(rushlight, seed) == tell(judge, seed), seed
