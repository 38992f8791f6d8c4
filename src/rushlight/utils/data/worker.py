"""Worker processes of the loader: what they run, and how their failures come back."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Failure", "WorkerInfo", "get_worker_info", "work"]


@dataclass(frozen=True)
class WorkerInfo:
    """Which worker this process is: its number of how many, its seed, its copy of the dataset."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Return this worker's `WorkerInfo`, or None in the main process."""
    return _info


@dataclass(frozen=True)
class Failure:
    """An exception that happened in a worker, with its traceback as text."""

    kind: type[BaseException]
    text: str
    where: str

    @classmethod
    def of(cls, error: BaseException, where: str) -> Failure:
        """Pack the exception that is being handled."""
        return cls(type(error), "".join(traceback.format_exception(error)), where)

    def reraise(self) -> None:
        """Raise the same kind of exception here, with the worker's traceback in its message."""
        message = f"Caught {self.kind.__name__} {self.where}.\nOriginal {self.text}"
        if self.kind is KeyError:
            message = repr(message)
        try:
            error = self.kind(message)
        except TypeError:  # a constructor that wants more than a message
            raise RuntimeError(message) from None
        raise error


class Done:
    """A worker's iterable dataset came to its end."""


def work(
    number: int,
    workers: int,
    dataset: Any,
    fetch: Callable[[Any], Any],
    start: Callable[[Any], Any] | None,
    tasks: Any,
    results: Any,
    seed: int,
    init_fn: Callable[[int], None] | None,
) -> None:
    """Serve tasks ``(ticket, indices)`` until None comes."""
    global _info
    import random

    from rushlight.random import manual_seed

    where = f"in DataLoader worker process {number}"
    failure: Failure | None = None
    _info = WorkerInfo(number, workers, seed, dataset)
    try:
        random.seed(seed)
        manual_seed(seed)
        if init_fn is not None:
            init_fn(number)
        if start is not None:
            fetch = start(dataset)
    except Exception as error:
        failure = Failure.of(error, where)
    try:
        while (task := tasks.get()) is not None:
            ticket, indices = task
            if failure is not None:
                results.put((ticket, failure))
                continue
            try:
                results.put((ticket, fetch(indices)))
            except StopIteration:
                results.put((ticket, Done()))
            except Exception as error:
                results.put((ticket, Failure.of(error, where)))
    except KeyboardInterrupt:
        return  # the main process was interrupted too, and says so
