"""Work that goes on beside the caller's own: a queue of jobs for the other threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Lock
from typing import Any, TypeAlias

from rushlight.kernels.threads import helped

__all__ = ["Begin", "Job", "beside"]

Work: TypeAlias = "Callable[[], Any]"


class Job:
    """Work that one thread does, once."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._claim = Lock()
        self._over = Lock()
        self._over.acquire()
        self._result: Any = None
        self._failure: BaseException | None = None

    def claim(self) -> bool:
        """Take the work on; False if somebody has."""
        return self._claim.acquire(blocking=False)

    def run(self) -> None:
        """Do the work unless somebody has taken it on."""
        if self.claim():
            try:
                self._result = self._work()
            except BaseException as failure:
                self._failure = failure
            self._over.release()

    def finish(self) -> Any:
        """Do the work, or wait for who has taken it on; return or raise what it did."""
        self.run()
        with self._over:
            pass
        if self._failure is not None:
            raise self._failure
        return self._result


Begin: TypeAlias = "Callable[[Work], Job]"


@contextmanager
def beside(most: int) -> Iterator[Begin]:
    """A function that hands work to up to `most` other threads, while the caller goes on.

    >>> import numpy as np
    >>> a = np.ones((2, 2))
    >>> with beside(1) as begin:
    ...     product = begin(lambda: a @ a)
    ...     both = a + 1, product.finish()
    >>> both[1]
    array([[2., 2.],
           [2., 2.]])

    Leaving the ``with`` does what nobody has begun, and waits for the rest. Where there are no
    other threads everything is done when its end is asked for. A product that takes long hardly
    disturbs the caller, since it needs the interpreter's lock at its ends only.
    """
    todo: SimpleQueue[Job | None] = SimpleQueue()
    jobs: list[Job] = []

    def begin(work: Work) -> Job:
        job = Job(work)
        jobs.append(job)
        todo.put(job)
        return job

    def take_jobs() -> None:
        for job in iter(todo.get, None):
            job.run()
        todo.put(None)  # for the next helper

    with helped(take_jobs, most, products=True):
        try:
            yield begin
            for job in jobs:
                job.run()
            for job in jobs:
                job.finish()
        finally:
            for job in jobs:
                job.claim()
            todo.put(None)
