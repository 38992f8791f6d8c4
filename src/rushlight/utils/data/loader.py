"""DataLoader: batches of a dataset, in this process or from worker processes."""

from __future__ import annotations

import itertools
import multiprocessing
import queue
import time
from collections.abc import Callable, Iterator
from typing import Any

from rushlight.api.create import empty
from rushlight.dtypes import int64
from rushlight.utils.data.collate import default_collate, default_convert
from rushlight.utils.data.dataset import IterableDataset
from rushlight.utils.data.sampler import BatchSampler, RandomSampler, SequentialSampler
from rushlight.utils.data.worker import Done, Failure, work

__all__ = ["DataLoader"]


class DataLoader:
    """Iterate over a dataset in batches.

    `shuffle` visits it in random order; `sampler` or `batch_sampler` say the order themselves;
    `collate_fn` makes a batch of a list of samples; `num_workers` processes prepare
    `prefetch_factor` batches each ahead of time. An exception in a worker is raised here with its
    traceback; a worker that dies, or takes longer than `timeout` seconds, raises RuntimeError.

    >>> import rushlight as torch
    >>> data = torch.utils.data.TensorDataset(torch.arange(5))
    >>> [batch[0].tolist() for batch in torch.utils.data.DataLoader(data, batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        self._iterable = isinstance(dataset, IterableDataset)
        _check(num_workers, timeout, prefetch_factor, persistent_workers)
        if self._iterable:
            if shuffle:
                raise ValueError(
                    "DataLoader with IterableDataset: expected unspecified shuffle option, but got "
                    f"shuffle={shuffle}"
                )
            if sampler is not None:
                raise ValueError(
                    "DataLoader with IterableDataset: expected unspecified sampler option, but got "
                    f"sampler={sampler}"
                )
            if batch_sampler is not None:
                raise ValueError(
                    "DataLoader with IterableDataset: expected unspecified batch_sampler option, "
                    f"but got batch_sampler={batch_sampler}"
                )
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, "
                    "and drop_last"
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching and is mutually exclusive with "
                "drop_last"
            )
        if sampler is None:
            sampler = self._default_sampler(dataset, shuffle, generator)
        if batch_size is not None and batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.generator = generator
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.persistent_workers = persistent_workers
        self.pin_memory = pin_memory
        self.multiprocessing_context = multiprocessing_context
        batched = batch_sampler is not None
        self.collate_fn = collate_fn or (default_collate if batched else default_convert)
        self._workers: _Workers | None = None

    def _default_sampler(self, dataset: Any, shuffle: Any, generator: Any) -> Any:
        if self._iterable:
            return itertools.repeat(None)
        if shuffle:
            return RandomSampler(dataset, generator=generator)
        return SequentialSampler(dataset)

    def __len__(self) -> int:
        if self._iterable:
            n = len(self.dataset)
            if self.batch_size is None:
                return n
            return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        # PyTorch draws the workers' seed at every start, with workers or without.
        seed = int(empty((), dtype=int64).random_(generator=self.generator).item())
        order = iter(self.sampler if self.batch_sampler is None else self.batch_sampler)
        if self.num_workers == 0:
            fetch = self._fetcher(self.dataset)
            return self._alone(order, fetch)
        if self._workers is None or not self.persistent_workers:
            self._workers = _Workers(self, seed)
        return self._workers.run(order)

    def _alone(self, order: Iterator[Any], fetch: Callable[[Any], Any]) -> Iterator[Any]:
        for indices in order:
            try:
                batch = fetch(indices)
            except StopIteration:
                return
            yield batch

    def _fetcher(self, dataset: Any) -> Callable[[Any], Any]:
        """Return what makes a batch of one entry of the order; raises StopIteration at the end."""
        collate, batched = self.collate_fn, self.batch_sampler is not None
        if not self._iterable:
            return _MapFetcher(dataset, collate, batched)
        return _StreamFetcher(dataset, collate, batched, self.drop_last)


def _check(workers: int, timeout: float, prefetch: int | None, persistent: bool) -> None:
    if workers < 0:
        raise ValueError(
            "num_workers option should be non-negative; use num_workers=0 to disable "
            "multiprocessing."
        )
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if workers == 0 and prefetch is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 "
            "to enable multiprocessing, otherwise set prefetch_factor to None."
        )
    if prefetch is not None and prefetch < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent and workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")


class _MapFetcher:
    """Look samples up by index."""

    def __init__(self, dataset: Any, collate: Callable[[Any], Any], batched: bool) -> None:
        self.dataset, self.collate, self.batched = dataset, collate, batched

    def __call__(self, indices: Any) -> Any:
        if not self.batched:
            return self.collate(self.dataset[indices])
        many = getattr(self.dataset, "__getitems__", None)
        if many is not None:
            return self.collate(many(indices))
        return self.collate([self.dataset[i] for i in indices])


class _StreamFetcher:
    """Take samples from the stream, as many as there are indices."""

    def __init__(
        self, dataset: Any, collate: Callable[[Any], Any], batched: bool, drop_last: bool
    ) -> None:
        self.stream = iter(dataset)
        self.collate, self.batched, self.drop_last = collate, batched, drop_last

    def __call__(self, indices: Any) -> Any:
        if not self.batched:
            return self.collate(next(self.stream))
        samples = list(itertools.islice(self.stream, len(indices)))
        if not samples or (self.drop_last and len(samples) < len(indices)):
            raise StopIteration
        return self.collate(samples)


class _Workers:
    """The processes of a loader, and the tickets that keep their batches in order."""

    def __init__(self, loader: DataLoader, seed: int) -> None:
        context = loader.multiprocessing_context
        if context is None or isinstance(context, str):
            context = multiprocessing.get_context(context)
        self.loader = loader
        self.results = context.Queue()
        self.tasks = []
        self.processes = []
        start = loader._fetcher if loader._iterable else None
        fetch: Any = None if loader._iterable else loader._fetcher(loader.dataset)
        for i in range(loader.num_workers):
            tasks = context.Queue()
            process = context.Process(
                target=work,
                args=(
                    i,
                    loader.num_workers,
                    loader.dataset,
                    fetch,
                    start,
                    tasks,
                    self.results,
                    seed + i,
                    loader.worker_init_fn,
                ),
                daemon=True,
            )
            process.start()
            self.tasks.append(tasks)
            self.processes.append(process)

    def run(self, order: Iterator[Any]) -> Iterator[Any]:
        """Yield one pass over `order`, `prefetch_factor` batches ahead for each worker."""
        loader = self.loader
        n = loader.num_workers
        sent = itertools.count()
        waiting: dict[int, Any] = {}
        owners: dict[int, int] = {}
        finished: set[int] = set()
        upcoming = 0
        turn = itertools.cycle(range(n))

        def send() -> None:
            if len(finished) == n:
                return
            worker = next(w for w in turn if w not in finished)
            for indices in order:
                ticket = next(sent)
                owners[ticket] = worker
                self.tasks[worker].put((ticket, indices))
                return

        try:
            for _ in range(n * (loader.prefetch_factor or 0)):
                send()
            while owners:
                while upcoming not in waiting:
                    ticket, result = self._receive()
                    waiting[ticket] = result
                result = waiting.pop(upcoming)
                worker = owners.pop(upcoming)
                upcoming += 1
                if isinstance(result, Failure):
                    result.reraise()
                if isinstance(result, Done):
                    finished.add(worker)
                    send()
                    continue
                send()
                yield result
        finally:
            if not loader.persistent_workers or owners:
                self.stop()

    def _receive(self) -> tuple[int, Any]:
        """Wait for a result, looking now and then whether the workers still live."""
        timeout = self.loader.timeout
        deadline = time.monotonic() + timeout if timeout else None
        while True:
            try:
                return self.results.get(timeout=0.5 if deadline is None else min(0.5, timeout))  # type: ignore[no-any-return]
            except queue.Empty:
                dead = [p for p in self.processes if not p.is_alive()]
                if dead:
                    pids = ", ".join(str(p.pid) for p in dead)
                    raise RuntimeError(
                        f"DataLoader worker (pid(s) {pids}) exited unexpectedly"
                    ) from None
                if deadline is not None and time.monotonic() > deadline:
                    raise RuntimeError(f"DataLoader timed out after {timeout} seconds") from None

    def stop(self) -> None:
        """Ask the workers to end, and make those that don't."""
        for tasks in self.tasks:
            tasks.put(None)
        for process in self.processes:
            process.join(timeout=0.5)
            if process.is_alive():
                process.terminate()
                process.join()
        for q in (*self.tasks, self.results):
            q.cancel_join_thread()
            q.close()
        self.loader._workers = None

    def __del__(self) -> None:
        if self.loader._workers is self:
            self.stop()
