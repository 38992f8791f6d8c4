"""Several processes that run one function, and fail together."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from typing import Any

__all__ = [
    "ProcessContext",
    "ProcessException",
    "ProcessExitedException",
    "ProcessRaisedException",
    "SpawnContext",
    "spawn",
    "start_processes",
]

_PATIENCE = 30.0  # seconds that processes have between being asked to end and being killed


class ProcessException(Exception):
    """A process of a group failed: `error_index` is its number, `error_pid` its process id."""

    __slots__ = ["error_index", "error_pid"]

    def __init__(self, msg: str, error_index: int, pid: int) -> None:
        super().__init__(msg)
        self.msg = msg
        self.error_index = error_index
        self.error_pid = pid

    def __reduce__(self) -> Any:
        return type(self), (self.msg, self.error_index, self.error_pid)


class ProcessRaisedException(ProcessException):
    """A process failed by an exception, whose traceback is in the message."""

    def __init__(self, msg: str, error_index: int, error_pid: int) -> None:
        super().__init__(msg, error_index, error_pid)


class ProcessExitedException(ProcessException):
    """A process failed without an exception: it exited, or a signal ended it."""

    __slots__ = ["exit_code"]

    def __init__(
        self,
        msg: str,
        error_index: int,
        error_pid: int,
        exit_code: int,
        signal_name: str | None = None,
    ) -> None:
        super().__init__(msg, error_index, error_pid)
        self.exit_code = exit_code
        self.signal_name = signal_name

    def __reduce__(self) -> Any:
        args = self.msg, self.error_index, self.error_pid, self.exit_code, self.signal_name
        return type(self), args


def _run(fn: Callable[..., Any], i: int, args: tuple[Any, ...], error_file: str) -> None:
    """What each process does; an exception goes as text through a file."""
    _end_with_parent()
    try:
        fn(i, *args)
    except KeyboardInterrupt:
        pass  # the parent was interrupted too, and says so
    except Exception:
        with open(error_file, "wb") as file:
            pickle.dump(traceback.format_exc(), file)
        sys.exit(1)


def _end_with_parent() -> None:
    """On Linux: be interrupted when the parent is gone, so that no process is left over."""
    if sys.platform == "linux":
        import ctypes

        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGINT)


class ProcessContext:
    """Processes that were started together; `join` waits for them and raises their failures."""

    def __init__(self, processes: list[Any], error_files: list[str]) -> None:
        self.error_files = error_files
        self.processes = processes
        self.sentinels = {process.sentinel: i for i, process in enumerate(processes)}

    def pids(self) -> list[int]:
        """Return the ids of the processes."""
        return [int(process.pid) for process in self.processes]

    def join(self, timeout: float | None = None, grace_period: float | None = None) -> bool:
        """Wait until a process ends or `timeout` seconds are over; return whether all have ended.

        If one has failed the others are ended too: those that don't end by themselves within
        `grace_period` seconds are asked to, then killed. Raises `ProcessRaisedException` or
        `ProcessExitedException` then.
        """
        if not self.sentinels:
            return True
        failed = None
        for sentinel in multiprocessing.connection.wait(list(self.sentinels), timeout):
            i = self.sentinels.pop(sentinel)
            self.processes[i].join()
            if self.processes[i].exitcode != 0:
                failed = i
                break
        if failed is None:
            return not self.sentinels
        self._end_all(grace_period)
        raise self._failure(failed)

    def _end_all(self, grace_period: float | None) -> None:
        if grace_period is not None:
            self._wait(grace_period)
        for process in self.processes:
            if process.is_alive():
                process.terminate()
        self._wait(_PATIENCE)
        for process in self.processes:
            if process.is_alive():
                process.kill()
            process.join()

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for process in self.processes:
            process.join(max(0.0, deadline - time.monotonic()))

    def _failure(self, i: int) -> ProcessException:
        process = self.processes[i]
        if os.path.getsize(self.error_files[i]):
            with open(self.error_files[i], "rb") as file:
                text = pickle.load(file)
            msg = f"\n\n-- Process {i} terminated with the following error:\n{text}"
            return ProcessRaisedException(msg, i, process.pid)
        code = process.exitcode
        if code >= 0:
            msg = f"process {i} terminated with exit code {code}"
            return ProcessExitedException(msg, i, process.pid, code)
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"<Unknown signal {-code}>"
        msg = f"process {i} terminated with signal {name}"
        return ProcessExitedException(msg, i, process.pid, code, name)

    def __del__(self) -> None:
        for path in self.__dict__.get("error_files", ()):
            if os.path.exists(path):
                os.unlink(path)


class SpawnContext(ProcessContext):
    """The processes that `spawn` started."""


def start_processes(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """Start `nprocs` processes that call ``fn(i, *args)``, with their number `i`.

    With `join` wait for all, and raise when one fails, after ending the others: a
    `ProcessRaisedException` with its traceback, or a `ProcessExitedException`. Else return their
    `ProcessContext`. `start_method` is ``"spawn"``, ``"fork"`` or ``"forkserver"``.
    """
    context: Any = multiprocessing.get_context(start_method)
    group = ProcessContext([], [])
    for i in range(nprocs):
        descriptor, path = tempfile.mkstemp(prefix="rushlight-error-", suffix=".pickle")
        os.close(descriptor)
        group.error_files.append(path)
        process = context.Process(target=_run, args=(fn, i, args, path), daemon=daemon)
        process.start()
        group.processes.append(process)
        group.sentinels[process.sentinel] = i
    if not join:
        return group
    while not group.join():
        pass
    return None


def spawn(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """Start processes by spawning: as `start_processes`, which takes other methods.

    `fn` and `args` are pickled, so `fn` must be found by its name in a module.
    """
    if start_method != "spawn":
        warnings.warn(
            f"This method only supports start_method=spawn (got: {start_method}).\nTo use a "
            "different start_method use:\n\t\t torch.multiprocessing.start_processes(...)",
            FutureWarning,
            stacklevel=2,
        )
    return start_processes(fn, args, nprocs, join, daemon, start_method="spawn")
