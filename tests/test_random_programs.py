"""Random programs under PyTorch and Rushlight: values, gradients, versions and errors agree.

A program is a list of statements over a handful of tensors: views, in-place operations, arithmetic,
reductions, joins, branches on values, loops, `no_grad` blocks, gradients in mid-course. Each is
chosen with an eye on what PyTorch has at that point, so that most make sense, and some on purpose
don't: then both must refuse alike and go on with nothing changed. A failure prints its program,
which runs as it stands.
"""

from __future__ import annotations

import math
import random
import re
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import rushlight

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")

STEPS = 14
SHAPES = [(), (3,), (1,), (2, 3), (3, 1), (2, 2, 3), (4,), (3, 3)]


class Machine:
    """One library's side of a program."""

    def __init__(self, lib: ModuleType) -> None:
        self.names: dict[str, Any] = {"torch": lib, "grad": lib.autograd.grad}
        self.lib = lib
        self.made: dict[str, tuple[Any, int]] = {}  # each variable's tensor and first version

    def run(self, statement: str) -> tuple[str, str] | None:
        """Execute a statement; return an error's type and first line, or None."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                exec(statement, self.names)
            except Exception as error:
                # Of several stale tensors, and of the nodes that made one, either may be named.
                text = re.sub(r"operation: \[.*instead", "operation", str(error))
                return type(error).__name__, text.split("\n")[0]
        return None

    def writes(self, name: str) -> int:
        """How often a variable was written since it was made; before, libraries may differ."""
        t = self.names[name]
        seen, first = self.made.setdefault(name, (t, t._version))
        assert seen is t
        return int(t._version - first)

    def tensors(self) -> dict[str, Any]:
        """The program's variables, in the order of their making."""
        return {k: v for k, v in self.names.items() if isinstance(v, self.lib.Tensor)}


# -- what a program is made of ---------------------------------------------------------------------


def is_orphan(t: Any) -> bool:
    """Whether a view requires grad and leads nowhere (docs/deviations.md), or into an error."""
    base = t._base
    if base is None or not base.requires_grad:
        return False
    try:
        return t.grad_fn is None
    except RuntimeError:  # an output of several whose base was written: not to be used
        return True


def repeats(t: Any) -> bool:
    """Whether a tensor has several elements in one place; writes to those are deviations too."""
    return any(s == 0 and n > 1 for s, n in zip(t.stride(), t.shape))


class Author:
    """Writes statements that suit the tensors there are."""

    def __init__(self, seed: int, machine: Machine) -> None:
        self.rng = random.Random(seed)
        self.machine = machine
        self.count = 0

    def new(self) -> str:
        self.count += 1
        return f"t{self.count}"

    def pick(self, *, like: str | None = None) -> str:
        """A variable, the younger the likelier; with `like`, if possible one of its shape."""
        names = [n for n, t in self.machine.tensors().items() if not is_orphan(t)]
        if like is not None:
            shape = self.machine.names[like].shape
            same = [n for n in names if self.machine.names[n].shape == shape]
            names = same if self.rng.random() < 0.9 else names
        k = int(len(names) * math.sqrt(self.rng.random()))
        return names[k]

    def number(self) -> str:
        return self.rng.choice(["2", "-1", "0.5", "1.5", "-0.25", "3"])

    def begin(self) -> list[str]:
        """Leaves and a plain tensor to start from."""
        lines = []
        for tracked in (True, self.rng.random() < 0.5, False):
            shape = self.rng.choice(SHAPES)
            n = math.prod(shape)
            values = [round(self.rng.uniform(-2, 2), 3) for _ in range(n)]
            text = f"{self.new()} = torch.tensor({values}, dtype=torch.float64).reshape({shape})"
            lines.append(text + (".requires_grad_()" if tracked else ""))
        return lines

    def step(self) -> str:
        kinds: list[tuple[Callable[[], str], int]] = [
            (self.view, 5),
            (self.several, 1),
            (self.write, 6),
            (self.arithmetic, 4),
            (self.reduce, 2),
            (self.join, 1),
            (self.branch, 1),
            (self.loop, 1),
            (self.quiet, 1),
            (self.flag, 1),
            (self.slope, 1),
        ]
        makers, weights = zip(*kinds)
        return str(self.rng.choices(makers, weights)[0]())

    def dim(self, ndim: int) -> int:
        """A dimension, which once in a while there is not."""
        return self.rng.randint(-ndim, ndim - 1) if ndim and self.rng.random() < 0.96 else ndim + 1

    def view_of(self, name: str) -> str:
        x = self.machine.names[name]
        n, d = x.ndim, self.dim(x.ndim)
        size = x.shape[d] if -n <= d < n else 2
        i = self.rng.randint(-size, max(size - 1, 0)) if self.rng.random() < 0.95 else size
        k = self.rng.randint(0, size)
        order = self.rng.sample(range(n), n)
        forms = [
            f"[{i}]" if n else "[0]",
            f"[{k}:]",
            f"[..., {k}:]",
            "[None]",
            f".select({d}, {i})",
            f".narrow({d}, {size - k}, {k})",
            f".transpose({d}, {self.dim(n)})",
            f".permute({order})",
            ".reshape(-1)",
            ".view(-1)",
            f".unsqueeze({d})",
            ".squeeze()",
            f".expand(2, *{[-1] * n})",
            ".expand_as(t1)",
            ".T",
            ".t()",
            ".diagonal()",
            f".unfold({d}, {min(2, size)}, 2)",
            ".detach()",
            f".view_as({name})",
            f".as_strided(({min(size, 2)},), (1,))",
            f".flatten({self.dim(n)})",
            f".movedim({d}, 0)",
        ]
        return name + self.rng.choice(forms)

    def view(self) -> str:
        return f"{self.new()} = {self.view_of(self.pick())}"

    def several(self) -> str:
        name = self.pick()
        d = self.dim(self.machine.names[name].ndim)
        form = self.rng.choice([f"split(2, {d})", f"chunk(2, {d})", f"unbind({d})", "hsplit(1)"])
        return f"{self.new()} = {name}.{form}[{self.rng.choice([0, -1])}]"

    def written(self) -> str:
        """What to write to: a variable or a view of one."""
        name = self.pick()
        if repeats(self.machine.names[name]):
            name = "t1"
        view = self.view_of(name) if self.rng.random() < 0.4 else name
        return name if "expand" in view else view  # see docs/deviations.md

    def entangled(self, target: str, other: str) -> bool:
        """Whether PyTorch would read elements that it has just written, or save them."""
        a, b = (self.machine.names[re.split(r"[.\[]", n)[0]] for n in (target, other))
        shared = a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()
        return shared and (a is b or not b.is_contiguous())

    def write(self) -> str:
        name, number = self.written(), self.number()
        other = self.pick(like=name if name in self.machine.names else None)
        if self.entangled(name, other):
            other = self.number()
        forms = [
            f"{name}.mul_({number})",
            f"{name}.add_({number})",
            f"{name}.mul_({other})",
            f"{name}.add_({other})",
            f"{name}.sub_({other}, alpha={number})",
            f"{name}.copy_({other})",
            f"{name}.sin_()",
            f"{name}.tanh_()",
            f"{name}.neg_()",
            f"{name}.zero_()",
            f"{name}.fill_({number})",
            f"{name}.clamp_(-1, 1)",
            f"{name}.masked_fill_({name} > 0, {number})",
            f"{name}[0] = {other}",
            f"{name}[..., -1] = {number}",
            f"{name}[{name} > 0] = {number}",
            f"{name}[...] = {other}",
            f"{name}.square_()",
            f"{name}.squeeze_()",
            f"{name}.unsqueeze_(0)",
            f"{name}.t_()",
            f"{name}.data.mul_({number})",
            f"{name}.detach().add_({number})",
        ]
        return self.rng.choice(forms)

    def arithmetic(self) -> str:
        a = self.pick()
        b = self.pick(like=a)
        forms = [
            f"{a} * {b}",
            f"{a} + {b}",
            f"{a} - {self.number()}",
            f"{self.number()} * {a}",
            f"{a} / ({b} * {b} + 1)",
            f"{a}.sin()",
            f"{a}.tanh()",
            f"{a}.sigmoid()",
            f"({a} * {a} + 1).sqrt()",
            f"{a}.clone()",
            f"{a}.clamp(-1, 1)",
            f"{a}.abs()",
            f"torch.maximum({a}, {b})",
            f"torch.where({a} > 0, {a}, {b})",
            f"{a}.contiguous()",
            f"{a}.exp()",
        ]
        return f"{self.new()} = {self.rng.choice(forms)}"

    def reduce(self) -> str:
        a = self.pick()
        d = self.dim(self.machine.names[a].ndim)
        keep = self.rng.choice(["", ", keepdim=True"])
        form = self.rng.choice([f"sum({d}{keep})", "sum()", f"sum(({d},){keep})", "matmul"])
        if form == "matmul":
            x = self.machine.names[a]
            b = f"{a}.mT" if x.ndim > 1 else a
            return f"{self.new()} = {a} @ {b}"
        return f"{self.new()} = {a}.{form}"

    def join(self) -> str:
        a = self.pick()
        b = self.pick(like=a)
        d = self.dim(self.machine.names[a].ndim)
        form = self.rng.choice([f"cat([{a}, {b}], {d})", f"stack([{a}, {b}])"])
        return f"{self.new()} = torch.{form}"

    def branch(self) -> str:
        a, new = self.pick(), self.new()
        yes, no = self.view_of(a), self.view_of(self.pick())
        return f"{new} = {yes} * 2 if {a}.sum() > 0 else {no}.sin()"

    def loop(self) -> str:
        name = self.pick()
        a, b = self.number(), self.number()
        return f"for i in range(3): {name}.mul_({a}).add_({b}) if i % 2 else {name}.tanh_()"

    def quiet(self) -> str:
        line = self.rng.choice([self.write, self.write, self.arithmetic])()
        # Another shape under no_grad leaves a node whose cotangents have the old one.
        line = re.sub(r"(un)?squeeze_\(.*|\.t_\(\)", ".neg_()", line).replace("..", ".")
        return f"with torch.no_grad(): {line}"

    def flag(self) -> str:
        name = self.pick()
        flag = self.rng.choice(["True", "True", "False"])
        return self.rng.choice(
            [f"{name}.requires_grad_({flag})", f"{name}.retain_grad()", f"{name}.grad = None"]
        )

    def slope(self) -> str:
        y, x = self.pick(), self.pick()
        keep = self.rng.choice(["True", "True", "False"])
        again = self.rng.choice(["True", "False", "False"])
        options = f"retain_graph={keep}, create_graph={again}, allow_unused=True"
        found = f"grad(({y} * {self.number()}).sum(), [{x}], {options})"
        return f"{self.new()} = next(g.clone() for g in {found} if g is not None)"


# -- what has to agree -----------------------------------------------------------------------------


def state(t: Any) -> dict[str, Any]:
    """All that a program can see of a tensor, but its values."""
    strides = [s for s, n in zip(t.stride(), t.shape) if n > 1]
    placed = strides if t._base is not None and t.numel() else None
    seen = {
        "shape": tuple(t.shape),
        "dtype": str(t.dtype),
        "requires_grad": t.requires_grad,
        "view": t._base is not None,
        "strides": placed,
    }
    try:
        seen["node"] = None if t.grad_fn is None else t.grad_fn.name()
        seen["leaf"] = t.is_leaf
    except RuntimeError as error:  # a view that must not have been written
        seen["node"] = str(error)
    return seen


def values(t: Any) -> Any:
    return np.array(t.data.tolist(), np.float64)


def compare(ours: Machine, theirs: Machine) -> None:
    mine, others = ours.tensors(), theirs.tensors()
    assert mine.keys() == others.keys()
    for name in others:
        assert ours.writes(name) == theirs.writes(name), f"writes of {name}"
        a, b = mine[name], others[name]
        ours_seen, theirs_seen = state(a), state(b)
        assert ours_seen == theirs_seen, f"{name}: {ours_seen}, in PyTorch {theirs_seen}"
        close(a, b, name)
        if theirs_seen.get("leaf"):
            assert (a.grad is None) == (b.grad is None), f"{name}.grad"
            if b.grad is not None:
                close(a.grad, b.grad, f"{name}.grad")


def close(a: Any, b: Any, name: str) -> None:
    np.testing.assert_allclose(values(a), values(b), 1e-9, 1e-9, err_msg=name)


class Bug(Exception):
    """PyTorch asks to be told of a bug of its own."""


def play(seed: int) -> None:
    """Write a program, run it on both sides, and compare after every statement."""
    theirs, ours = Machine(judge), Machine(rushlight)
    author = Author(seed, theirs)
    program: list[str] = []

    def perform(statement: str) -> None:
        program.append(statement)
        expected = theirs.run(statement)
        if expected is not None:
            program[-1] += f"  # {expected[0]}"
            if "INTERNAL ASSERT" in expected[1] or "into the graph interior" in expected[1]:
                raise Bug
        found = ours.run(statement)
        assert found == expected, f"{found}, in PyTorch {expected}"
        compare(ours, theirs)

    try:
        for statement in author.begin():
            perform(statement)
        for _ in range(STEPS):
            perform(author.step())
        for name in [n for n, t in theirs.tensors().items() if not is_orphan(t)]:
            weights = f"torch.arange({name}.numel()).reshape({name}.shape) + 1"
            perform(f"({name} * ({weights})).sum().backward(retain_graph=True)")
    except Bug:
        return
    except AssertionError as error:
        text = "\n".join(program)
        raise AssertionError(f"{error}\nin program {seed}:\n{text}") from None


@pytest.mark.parametrize("seed", range(60))
def test_random_program(seed: int) -> None:
    play(seed)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(40))
def test_many_random_programs(block: int) -> None:
    for seed in range(1000 + 100 * block, 1100 + 100 * block):
        play(seed)
