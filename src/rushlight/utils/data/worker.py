"""Worker processes of the loader: what they run, and how their failures come back."""

from __future__ import annotations

import os
import queue
import random
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np

from rushlight.kernels.threads import set_num_threads
from rushlight.random import manual_seed
from rushlight.utils.data.fetch import make_fetcher

__all__ = ["RESUME", "Done", "Failure", "Job", "WorkerInfo", "get_worker_info", "work"]

RESUME = "resume"  # the task, and its answer, that starts another pass in the same worker
_LOOK = 5.0  # seconds between looks whether the main process still lives


@dataclass(frozen=True)
class WorkerInfo:
    """Which worker this process is: its number of how many, its seed, its copy of the dataset."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Return this worker's `WorkerInfo`, or None in the main process.

    An IterableDataset asks for it to share its stream out among the workers.
    """
    return _info


class _Verbatim(str):
    """A message that KeyError, which shows the `repr` of its argument, shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


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
            raise KeyError(_Verbatim(message))
        try:
            error = self.kind(message)
        except Exception:  # a constructor that wants more than a message
            raise RuntimeError(message) from None
        raise error


@dataclass(frozen=True)
class Done:
    """The answer of a worker whose stream came to its end."""


@dataclass(frozen=True)
class Job:
    """What a worker is started with; all of it can be pickled if the user's parts can."""

    dataset: Any
    stream: bool
    batched: bool
    collate: Callable[[Any], Any]
    drop_last: bool
    workers: int
    seed: int
    init: Callable[[int], Any] | None


def work(number: int, job: Job, tasks: Any, results: Any) -> None:
    """Serve tasks ``(ticket, indices)`` until None comes or the main process is gone.

    Indices and answers come and go as pickles, so that what can't be pickled raises where it is.
    """
    try:
        _work(number, job, tasks, results)
    except KeyboardInterrupt:
        pass  # the main process was interrupted too, and says so
    finally:
        results.cancel_join_thread()  # nobody may be reading any more


def _work(number: int, job: Job, tasks: Any, results: Any) -> None:
    global _info
    where = f"in DataLoader worker process {number}"
    parent = os.getppid()
    set_num_threads(1)
    seed = job.seed + number
    random.seed(seed)
    manual_seed(seed)
    words = [number, job.seed & 0xFFFF_FFFF, job.seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(words).generate_state(4))  # PyTorch's choice
    _info = WorkerInfo(number, job.workers, seed, job.dataset)
    failure: Failure | None = None
    fetch: Any = None

    def start() -> None:
        nonlocal fetch
        fetch = make_fetcher(job.dataset, job.stream, job.batched, job.collate, job.drop_last)

    try:
        if job.init is not None:
            job.init(number)
        start()
    except Exception as error:
        failure = Failure.of(error, where)
    while True:
        try:
            task = tasks.get(timeout=_LOOK)
        except queue.Empty:
            if os.getppid() != parent:
                return
            continue
        if task is None:
            return
        ticket, indices = task
        answer: Any
        try:
            if ticket == RESUME:
                answer = None
                start()
            elif failure is not None:
                answer, failure = failure, None
            else:
                answer = fetch(ForkingPickler.loads(indices))
        except Exception as error:
            ended = job.stream and isinstance(error, StopIteration)
            answer = Done() if ended else Failure.of(error, where)
        try:  # the queue's own thread would print what can't be pickled, and send nothing
            sent = bytes(ForkingPickler.dumps(answer))
        except Exception as error:
            sent = bytes(ForkingPickler.dumps(Failure.of(error, where)))
        results.put((ticket, sent))
