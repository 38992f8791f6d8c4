"""Spreads one kernel's work over the cores.

NumPy copies, ufuncs and matrix products drop the GIL, so plain Python threads run them side by
side. Handing a job to a waiting thread costs about 10 µs, so a kernel asks for it only when it
has several times that to share.

While kernel threads run, OpenBLAS is told to keep each product on the thread that called it: its
own threads would fight ours for the cores. Where it can't be told (NumPy built on another BLAS),
kernels that multiply matrices stay on one thread and leave the cores to the library.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from _thread import _count as count_threads  # those that Python started and that still run
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple, TypeVar

Item = TypeVar("Item")


class _Blas(NamedTuple):
    """OpenBLAS's own switch, global to the process; it takes effect within a microsecond."""

    library: Any
    get_num_threads: Callable[[], int]
    set_num_threads: Callable[[int], object]


@cache
def openblas() -> _Blas | None:
    """The OpenBLAS that NumPy multiplies with, or None."""
    try:
        _multiarray_umath: Any = import_module("numpy._core._multiarray_umath")
    except ImportError:
        return None
    try:
        # Symbols are looked up in the module's own dependencies as well.
        library = ctypes.CDLL(_multiarray_umath.__file__)
    except OSError:
        return None
    for name in ("scipy_openblas_{}64_", "openblas_{}64_", "openblas_{}"):
        try:
            return _Blas(
                library,
                getattr(library, name.format("get_num_threads")),
                getattr(library, name.format("set_num_threads")),
            )
        except AttributeError:
            continue
    return None


def _hush() -> None:
    """Let OpenBLAS's own threads sleep soon after a product.

    They spin for 2**28 cycles, 0.1 s, and take a core from our threads all the while: of two cores
    one is left, so that an exp of 1M elements on two threads takes 0.61 ms after a product, on one
    0.53, and here 0.38. With 2**18 cycles they are still awake when products follow each other.
    """
    blas = openblas()
    if blas is None or _PATIENCE in os.environ or count_threads():  # who might be multiplying
        return
    try:
        steps = [getattr(blas.library, name) for name in _RESTART]
    except AttributeError:
        return
    os.environ[_PATIENCE] = "18"
    for step in steps:
        step()
    del os.environ[_PATIENCE]


_PATIENCE = "OPENBLAS_THREAD_TIMEOUT"
_RESTART = "openblas_read_env", "blas_thread_shutdown_", "blas_thread_init"


class _Helper:
    """A thread that sleeps until it is given a job."""

    def __init__(self) -> None:
        self._job: Callable[[], object] | None = None
        self._failure: BaseException | None = None
        self._start = threading.Lock()
        self._done = threading.Lock()
        self._start.acquire()
        self._done.acquire()
        threading.Thread(target=self._run, name="rushlight-kernels", daemon=True).start()

    def begin(self, job: Callable[[], object]) -> None:
        self._job = job
        self._start.release()

    def wait(self) -> BaseException | None:
        """Block until the job is over; return what it raised."""
        self._done.acquire()
        failure, self._failure = self._failure, None
        return failure

    def _run(self) -> None:
        while True:
            self._start.acquire()
            job, self._job = self._job, None
            assert job is not None
            try:
                job()
            except BaseException as failure:
                self._failure = failure
            # The job holds the caller's arrays: let go of it before sleeping.
            del job
            self._done.release()


def _cores() -> int:
    if sys.platform == "emscripten":
        return 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_threads = _cores()
_helpers: list[_Helper] = []
_helpers_free = threading.Lock()


def get_num_threads() -> int:
    """How many threads a kernel may use, the calling one included."""
    return _threads


def set_num_threads(count: int) -> None:
    """Let kernels, and OpenBLAS under them, use `count` threads."""
    global _threads
    if count < 1:
        raise ValueError(f"expected a positive number of threads, got {count}")
    blas = openblas()
    if blas is not None:
        blas.set_num_threads(count)
    _threads = count


def for_each(
    work: Callable[[Item], object], items: Iterable[Item], *, products: bool = False
) -> None:
    """Call `work` on every item, on several threads at once where that is possible.

    The items are taken in order by whichever thread is free, so `work` must not depend on what
    another item's call did. The first exception is raised again here, after all threads are
    through. A call from inside `work`, or beside another thread's call, runs on its own thread.
    Say `products` when `work` multiplies matrices.
    """
    todo = deque(items)

    def drain() -> None:
        while todo:
            try:
                item = todo.popleft()
            except IndexError:  # another thread took the last one
                return
            work(item)

    with helped(drain, len(todo) - 1, products=products):
        try:
            drain()
        except BaseException:
            todo.clear()
            raise


@contextmanager
def helped(job: Callable[[], object], most: int, *, products: bool = False) -> Iterator[None]:
    """Let up to `most` helpers call `job` while the caller does what is inside the ``with``.

    Leaving waits for them, and raises what they raised unless the caller fails itself. There may be
    none: one thread is all there is, or the others help somebody else.
    """
    helpers = min(_threads - 1, most)
    blas = openblas() if products else None
    if helpers < 1 or (products and blas is None) or not _helpers_free.acquire(blocking=False):
        yield
        return
    blas_threads = blas.get_num_threads() if blas is not None else 1
    try:
        if blas is not None and blas_threads > 1:
            blas.set_num_threads(1)
        busy = _begin(job, helpers)
        try:
            yield
        finally:
            failures = _wait(busy)
        for error in failures:
            if error is not None:
                raise error
    finally:
        if blas is not None and blas_threads > 1:
            blas.set_num_threads(blas_threads)
        _helpers_free.release()


def _begin(job: Callable[[], object], helpers: int) -> list[_Helper]:
    if not _helpers:
        _hush()
    while len(_helpers) < helpers:
        _helpers.append(_Helper())
    busy = _helpers[:helpers]
    for helper in busy:
        # np.errstate lives in the context, and must hold on the helpers too.
        context = copy_context()
        helper.begin(lambda context=context: context.run(job))  # type: ignore[misc]
    return busy


def _wait(busy: list[_Helper]) -> list[BaseException | None]:
    try:
        return [helper.wait() for helper in busy]
    except BaseException:
        # Interrupted while waiting: these helpers still owe an answer nobody will collect.
        _helpers.clear()
        raise


def _forget_helpers() -> None:
    """A forked child has the list of helpers, but not their threads."""
    global _helpers_free
    _helpers.clear()
    _helpers_free = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_helpers)
