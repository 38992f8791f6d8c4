"""One pass over a loader's batches: made in this process, or by worker processes."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import queue
import time
import warnings
import weakref
from collections.abc import Iterator
from multiprocessing.reduction import ForkingPickler
from typing import TYPE_CHECKING, Any, NoReturn

from rushlight.api.create import empty
from rushlight.dtypes import int64
from rushlight.utils.data.fetch import make_fetcher
from rushlight.utils.data.worker import RESUME, Done, Failure, Job, work

if TYPE_CHECKING:
    from rushlight.utils.data.dataloader import DataLoader

__all__ = ["_BaseDataLoaderIter", "_MultiProcessingDataLoaderIter", "_SingleProcessDataLoaderIter"]

_PATIENCE = 5.0  # seconds that workers have to end by themselves


class _BaseDataLoaderIter(Iterator[Any]):
    """What `iter` of a loader returns. Making it draws a seed, for workers or not, as PyTorch."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        if loader.pin_memory:
            warnings.warn(
                "'pin_memory' argument is set as true but no accelerator is found, then device "
                "pinned memory won't be used.",
                stacklevel=4,
            )
        self._loader = loader
        self._order = iter(loader._index_sampler)
        self._seed = int(empty((), dtype=int64).random_(generator=loader.generator).item())
        self._yielded = 0
        self._told = loader._told_length  # before `list` asks for a hint

    def __len__(self) -> int:
        return len(self._loader._index_sampler)

    def _next_data(self) -> Any:
        raise NotImplementedError

    def __next__(self) -> Any:
        data = self._next_data()
        self._yielded += 1
        if self._told is not None and self._yielded > self._told:
            self._warn_of_length(self._told)
        return data

    def _warn_of_length(self, told: int) -> None:
        text = (
            f"Length of IterableDataset {self._loader.dataset} was reported to be {told}(when "
            f"accessing len(dataloader)), but {self._yielded} samples have been fetched. "
        )
        if self._loader.num_workers > 0:
            text += (
                "For multiprocessing data-loading, this could be caused by not properly "
                "configuring the IterableDataset replica at each worker. Please see "
                "https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset for "
                "examples."
            )
        warnings.warn(text, stacklevel=3)

    def __getstate__(self) -> NoReturn:
        raise NotImplementedError("{} cannot be pickled", type(self).__name__)


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    """Batches made in this process, when they are asked for."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        if loader.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self._fetch = make_fetcher(
            loader.dataset,
            loader._stream,
            loader._auto_collation,
            loader.collate_fn,
            loader.drop_last,
        )

    def _next_data(self) -> Any:
        return self._fetch(next(self._order))


class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter):
    """Batches from worker processes, `prefetch_factor` ahead for each.

    Tasks have tickets, which are given to the workers in turn; batches come out in the order of
    tickets, unless the loader's ``in_order`` is false. The workers end with the pass, or, if they
    are persistent, with this object. Nothing of it is left over when it is collected.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        context: Any = loader.multiprocessing_context or multiprocessing
        job = Job(
            loader.dataset,
            loader._stream,
            loader._auto_collation,
            loader.collate_fn,
            loader.drop_last,
            loader.num_workers,
            self._seed,
            loader.worker_init_fn,
        )
        self._results = context.Queue()
        self._tasks: list[Any] = []
        self._processes: list[Any] = []
        # Before the first process starts: a failure to start the next one must not leave it over.
        self._stop = weakref.finalize(
            self, _stop, os.getpid(), self._processes, self._tasks, self._results
        )
        for number in range(loader.num_workers):
            tasks = context.Queue()
            process = context.Process(
                target=work, args=(number, job, tasks, self._results), daemon=True
            )
            process.start()
            self._tasks.append(tasks)
            self._processes.append(process)
        self._begin()

    def _begin(self) -> None:
        self._tickets = itertools.count()
        self._due = 0
        self._ready: dict[int, Any] = {}
        self._owners: dict[int, int] = {}
        self._active = [True] * len(self._processes)
        self._turn = itertools.cycle(range(len(self._processes)))
        for _ in range((self._loader.prefetch_factor or 0) * len(self._processes)):
            self._send()

    def again(self) -> None:
        """Begin another pass with the same workers, whatever was left of the one before."""
        self._order = iter(self._loader._index_sampler)
        self._yielded = 0
        self._told = self._loader._told_length
        for tasks in self._tasks:
            tasks.put((RESUME, None))
        waiting = len(self._tasks)
        while waiting:  # what comes before their answers belongs to the pass before
            ticket, answer = self._receive()
            if ticket == RESUME:
                waiting -= 1
                answer = _unpack(answer)
                if isinstance(answer, Failure):
                    answer.reraise()
        self._begin()

    def _send(self) -> None:
        """Give the next task to the worker whose turn it is, if there is one of each."""
        if not any(self._active):
            return
        try:
            indices = bytes(ForkingPickler.dumps(next(self._order)))
        except StopIteration:
            return
        worker = next(w for w in self._turn if self._active[w])
        ticket = next(self._tickets)
        self._owners[ticket] = worker
        self._tasks[worker].put((ticket, indices))

    def _next_data(self) -> Any:
        while True:
            ticket = self._next_ticket()
            if ticket is None:
                if not self._loader.persistent_workers:
                    self._stop()
                raise StopIteration
            worker = self._owners.pop(ticket)
            answer = _unpack(self._ready.pop(ticket))
            if isinstance(answer, Done):
                self._active[worker] = False
            self._send()
            if isinstance(answer, Failure):
                answer.reraise()
            if not isinstance(answer, Done):
                return answer

    def _next_ticket(self) -> int | None:
        """Wait for the answer that is due and return its ticket, or None at the end."""
        if not self._loader.in_order:
            while self._owners and not self._ready:
                self._take(*self._receive())
            return next(iter(self._ready), None)
        while self._due not in self._owners:
            if not self._owners:
                return None
            self._due += 1
        while self._due not in self._ready:
            self._take(*self._receive())
        return self._due

    def _take(self, ticket: int, answer: Any) -> None:
        self._ready[ticket] = answer

    def _receive(self) -> tuple[Any, Any]:
        """Wait for an answer, looking now and then whether the workers still live."""
        timeout = self._loader.timeout
        deadline = time.monotonic() + timeout if timeout else None
        if not self._stop.alive:
            raise StopIteration
        while True:
            try:
                wait = 0.5 if deadline is None else min(0.5, timeout)
                return self._results.get(timeout=wait)  # type: ignore[no-any-return]
            except queue.Empty:
                dead = [p for p in self._processes if not p.is_alive()]
                if dead:
                    pids = ", ".join(str(p.pid) for p in dead)
                    self._stop()
                    raise RuntimeError(
                        f"DataLoader worker (pid(s) {pids}) exited unexpectedly"
                    ) from None
                if deadline is not None and time.monotonic() > deadline:
                    self._stop()
                    raise RuntimeError(f"DataLoader timed out after {timeout} seconds") from None


def _unpack(sent: bytes) -> Any:
    """Read a worker's answer, or say why it can't be read."""
    try:
        return ForkingPickler.loads(sent)
    except Exception as error:
        return Failure.of(error, "in the main process, reading what a DataLoader worker sent")


def _stop(owner: int, processes: list[Any], tasks: list[Any], results: Any) -> None:
    """Ask the workers to end, and make those that don't.

    A copy of the pass in a forked process may end before that of its `owner`, who still needs them.
    """
    if os.getpid() != owner:
        return
    for q in tasks:
        q.put(None)
    deadline = time.monotonic() + _PATIENCE
    for process in processes:
        process.join(timeout=max(0.0, deadline - time.monotonic()))
        if process.is_alive():
            process.terminate()
            process.join()
    for q in (*tasks, results):
        q.cancel_join_thread()
        q.close()
