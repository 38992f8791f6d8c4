"""What recurrent layers share: their steps, and the products over many steps beside the loop.

Sequences lie packed: the rows of the first step, then those of the second, and so on; `sizes` says
how many rows a step has. Sequences of one length have ``sizes = (B,) * T``; of several lengths,
a step has the rows of those that are not over, longest first (PyTorch's PackedSequence). Backward
in time the steps are run from the last, and sequences join in as they begin.

The product of a step is too short to be shared by cores, so that the loop runs on one. What inputs
bring to the gates, and what cotangents of gates bring to those of inputs and weights, are products
over all steps: another thread makes them for a part of the steps, ahead of the loop or behind it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import accumulate, pairwise
from threading import Lock
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from rushlight.kernels.beside import Job, beside
from rushlight.kernels.blocks import BLOCK, Array
from rushlight.kernels.gemm import tall_matmul

__all__ = ["Cotangents", "Part", "Sizes", "Steps", "ahead", "behind", "earlier", "gates_first"]
__all__ += ["in_float32", "parts", "projection", "resized", "spans"]

Sizes = Sequence[int]
Steps: TypeAlias = "list[tuple[int, int]]"  # each step's first row and its number of rows


class Part(NamedTuple):
    """Steps that follow each other, in the order in which they are run, and all their rows."""

    number: int
    rows: slice
    steps: Steps


Work: TypeAlias = "Callable[[Part], object]"

# Multiplications of a product over all steps, from which another thread pays (an LSTM of width 100,
# 20 rows in 35 steps, gains a seventh); and those of a step, up to which its product is better left
# to one thread (width 256, 64 rows, gains a fifth, width 512 nothing).
_WORTH, _SHORT = 3 << 23, 1 << 24
_CUTS = 1 / 16, 1 / 4, 1 / 2, 7 / 8  # of the rows


def spans(sizes: Sizes, reverse: bool) -> Steps:
    """Each step's first row and its number of rows, in the order in which steps are run."""
    found = [(end - n, n) for end, n in zip(accumulate(sizes), sizes)]
    return found[::-1] if reverse else found


def parts(steps: Steps, w: Array) -> list[Part]:
    """Cut steps whose products are with matrices of `w`'s size, where other threads pay.

    The first part is what one thread waits for at first, so it is short, and so is the last, behind
    which all have to be through. A step of a character LSTM (width 128, 32 rows of 32 steps) takes
    8.9 ms with them and 10.6 without.
    """
    done = list(accumulate([n for _, n in steps]))
    rows, cuts = done[-1], [0, len(steps)]
    if rows * w.size >= _WORTH and max(steps[0][1], steps[-1][1]) * w.size <= _SHORT:
        cuts[1:1] = [bisect_right(done, share * rows) for share in _CUTS]
    found: list[Part] = []
    for a, b in pairwise(cuts):
        if a < b:
            part = steps[a:b]
            first, last = min(part[0], part[-1]), max(part[0], part[-1])
            found.append(Part(len(found), slice(first[0], last[0] + last[1]), part))
    return found


@contextmanager
def ahead(parts: list[Part], work: Work) -> Iterator[Iterator[Part]]:
    """Yield what gives the parts one by one, each when `work` has been called with it.

    Other threads begin with that at once, while the caller makes ready what the steps need.
    """

    def ready() -> Iterator[Part]:
        for part, job in zip(parts, jobs):
            job.finish()
            yield part

    if len(parts) == 1:
        work(parts[0])
        yield iter(parts)
        return
    with beside(len(parts) - 1) as begin:
        jobs = [begin(partial(work, part)) for part in parts]
        yield ready()


def behind(parts: list[Part], works: Sequence[Work]) -> Iterator[Part]:
    """Yield the parts one by one, and have `works` called with each one when its turn is over.

    Whichever thread is free calls them; all calls are over at the end.
    """
    if len(parts) == 1:
        yield parts[0]
        for work in works:
            work(parts[0])
        return
    with beside(len(parts) - 1) as begin:
        for part in parts:
            yield part
            for work in works:
                begin(partial(work, part))


def resized(state: Array, n: int, first: Array, ends: Array) -> Array:
    """The state of the `n` sequences of a step, where the step before had others.

    That of sequences that are over goes to `ends`; those that begin bring theirs from `first`.
    """
    before = len(state)
    if n < before:
        ends[n:before] = state[n:]
        return state[:n]
    return np.concatenate((state, first[before:n]))


def earlier(
    y: Any, first: Any, steps: Steps, part: Part, join: Callable[[Any], Any] = np.concatenate
) -> Any:
    """The state that each row of a part started from; `y` has those that all rows ended with."""
    count = len(first)
    if len(steps) == 1:
        return first
    at, end = steps.index(part.steps[0]), steps.index(part.steps[-1])
    at, end = min(at, end), max(at, end)
    reverse = steps[0] > steps[-1]
    if len(y) == len(steps) * count:  # all steps have the same sequences
        shift = count if reverse else -count
        known = y[max(0, part.rows.start + shift) : part.rows.stop + shift]
        pieces = [known] if at else [known, first] if reverse else [first, known]
    else:
        groups, last = [], steps[at - 1] if at else (0, 0)
        for start, n in steps[at : end + 1]:
            common = min(n, last[1])
            groups.append([y[last[0] : last[0] + common], first[common:n]])
            last = start, n
        pieces = [piece for group in (groups[::-1] if reverse else groups) for piece in group]
    return pieces[0] if len(pieces) == 1 else join(pieces)


def gates_first(w: Array, order: Sequence[int], sigmoids: slice) -> Array:
    """The gates' parts of `w`, transposed, in some order; those of `sigmoids` negative.

    A sigmoid is 1 / (1 + exp(-x)). And four products with 128 columns run at 109 GFLOP/s where one
    with 512 runs at 84, one with a matrix that isn't copied at 58.
    """
    gates = w.reshape(len(order), len(w) // len(order), -1)
    out = np.empty((len(order), gates.shape[2], gates.shape[1]), w.dtype)
    for place, gate in enumerate(order):
        out[place] = gates[gate].T
    negative = out[sigmoids]
    np.negative(negative, out=negative)
    return out


def projection(
    x: Array, w: Array, b: Array | None, out: Array, order: Sequence[int], sigmoids: slice
) -> Work:
    """What writes ``x w' + b`` for the rows of a part to `out`, which has `gates_first`."""

    def weights() -> tuple[Array, Array | None]:
        biases = None if b is None else gates_first(b, order, sigmoids)
        return gates_first(w, order, sigmoids), biases

    made = Job(weights)  # by who comes first

    def project(part: Part) -> None:
        to_gates, biases = made.finish()
        target = out[:, part.rows]
        tall_matmul(x[None, part.rows], to_gates, target)
        if biases is not None:
            np.add(target, biases, out=target)

    return project


class Cotangents:
    """Those of inputs, weights and biases, from those of gates (gates, rows, width), in parts.

    `to_x` are the gates' cotangents that go to the inputs, `to_h` those that go to hidden states.
    """

    def __init__(
        self,
        x: Array,
        w_ih: Array,
        to_x: Array,
        to_h: Array,
        before: Callable[[Part], Array],
        needs: Sequence[bool],
    ) -> None:
        self._to_x, self._to_h = to_x, to_h
        self._x, self._w_ih = x, w_ih.reshape(len(to_x), to_x.shape[2], x.shape[1])
        self._before = before
        self._needs = needs  # of x, w_ih, w_hh, b_ih, b_hh
        self._dx = np.empty(x.shape, x.dtype) if needs[0] else None
        self._sums = [_Sum() for _ in range(4)]

    def works(self) -> list[Work]:
        """What is to be called with each part when its gates have their cotangents."""
        needs = *self._needs[:3], self._needs[3] or self._needs[4]
        works: list[Work] = [self._of_x, self._of_w_ih, self._of_w_hh, self._of_biases]
        return [work for work, need in zip(works, needs) if need]

    def _of_x(self, part: Part) -> None:
        rows, lot = part.rows, max(1, BLOCK // max(1, 2 * self._x.shape[1]))
        assert self._dx is not None
        for start in range(rows.start, rows.stop, lot):
            here = slice(start, min(start + lot, rows.stop))
            by_gate = np.empty((len(self._to_x), *self._dx[here].shape), self._dx.dtype)
            tall_matmul(self._to_x[:, here], self._w_ih, by_gate)
            np.add.reduce(by_gate, axis=0, out=self._dx[here])

    def _of_w_ih(self, part: Part) -> None:
        gates = self._to_x[:, part.rows].swapaxes(1, 2)
        self._sums[0].add(part, np.matmul(gates, self._x[part.rows]))

    def _of_w_hh(self, part: Part) -> None:
        gates = self._to_h[:, part.rows].swapaxes(1, 2)
        self._sums[1].add(part, np.matmul(gates, self._before(part)))

    def _of_biases(self, part: Part) -> None:
        self._sums[2].add(part, np.add.reduce(self._to_x[:, part.rows], axis=1))
        if self._to_h is not self._to_x:
            self._sums[3].add(part, np.add.reduce(self._to_h[:, part.rows], axis=1))

    def all(self) -> list[Array | None]:
        """The cotangents of x, w_ih, w_hh, b_ih and b_hh; where needed."""
        w_ih, w_hh, b_ih, b_hh = [sums.total() for sums in self._sums]
        if b_hh is None and b_ih is not None:
            b_hh = b_ih.copy()
        return [self._dx, w_ih, w_hh, b_ih, b_hh]


class _Sum:
    """A sum over parts, in one order whichever threads have them when."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._early: dict[int, Array] = {}
        self._next = 0
        self._sum: Array | None = None

    def add(self, part: Part, array: Array) -> None:
        """Add what a part brings, when those before it have been added."""
        with self._lock:
            self._early[part.number] = array
            while self._next in self._early:
                more = self._early.pop(self._next)
                self._sum = more if self._sum is None else np.add(self._sum, more, out=self._sum)
                self._next += 1

    def total(self) -> Array | None:
        """The sum, where gates follow each other; None if there was nothing to add."""
        return None if self._sum is None else self._sum.reshape(-1, *self._sum.shape[2:])


def in_float32(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Run the kernel of a half type in float32, and round what it returns."""

    def run(x: Array, *rest: Any) -> Any:
        wide = [a.astype(np.float32) if isinstance(a, np.ndarray) else a for a in (x, *rest)]
        return tuple([None if y is None else y.astype(x.dtype) for y in kernel(*wide)])

    return run
