"""`torch.profiler`: profiles of some steps of a loop, by a schedule."""

from __future__ import annotations

import enum
import json
import os
import socket
import time
import warnings
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from rushlight.profiler.events import EventList
from rushlight.profiler.legacy import profile as OneProfile
from rushlight.profiler.recorder import pause, record_function

__all__ = [
    "ProfilerAction",
    "ProfilerActivity",
    "profile",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]


class ProfilerActivity(enum.Enum):
    """What may be profiled; here that is the CPU."""

    CPU = 0
    XPU = 1
    CUDA = 2
    MTIA = 3
    HPU = 4
    PrivateUse1 = 5


class ProfilerAction(enum.Enum):
    """What a profiler does in a step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


_RECORDING = (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)


def supported_activities() -> set[ProfilerActivity]:
    """Return what can be profiled: the CPU."""
    return {ProfilerActivity.CPU}


def schedule(
    *,
    wait: int,
    warmup: int,
    active: int,
    repeat: int = 0,
    skip_first: int = 0,
    skip_first_wait: int = 0,
) -> Callable[[int], ProfilerAction]:
    """Return what says of each step's number what the profiler does in it.

    After `skip_first` steps come cycles, `repeat` of them or without end: `wait` steps of nothing,
    `warmup` steps, `active` steps that are recorded. `skip_first_wait` leaves out the first wait.

    >>> from rushlight.profiler import schedule
    >>> plan = schedule(wait=1, warmup=1, active=2)
    >>> [plan(step).name for step in range(5)]
    ['NONE', 'WARMUP', 'RECORD', 'RECORD_AND_SAVE', 'NONE']
    """
    if wait < 0 or warmup < 0 or active <= 0 or repeat < 0 or skip_first < 0:
        raise AssertionError(
            f"Invalid profiler schedule arguments. Got wait={wait} (need >= 0), warmup={warmup} "
            f"(need >= 0), active={active} (need > 0), repeat={repeat} (need >= 0), "
            f"skip_first={skip_first} (need >= 0)."
        )
    if warmup == 0:
        warnings.warn(
            "Profiler won't be using warmup, this can skew profiler results", stacklevel=2
        )
    cycle = wait + warmup + active

    def action(step: int) -> ProfilerAction:
        if step < 0:
            raise AssertionError(f"Step must be non-negative. Got {step}.")
        if step < skip_first:
            return ProfilerAction.NONE
        step += wait * bool(skip_first_wait) - skip_first
        if repeat > 0 and step >= repeat * cycle:
            return ProfilerAction.NONE
        place = step % cycle
        if place < wait:
            return ProfilerAction.NONE
        if place < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD_AND_SAVE if place == cycle - 1 else ProfilerAction.RECORD

    return action


def _always(step: int) -> ProfilerAction:
    return ProfilerAction.RECORD


def tensorboard_trace_handler(
    dir_name: str,
    worker_name: str | None = None,
    use_gzip: bool = False,
    use_python_export: bool = False,
) -> Callable[[profile], None]:
    """Return an ``on_trace_ready`` that writes each trace to a file of its own in a directory."""

    def handler(prof: profile) -> None:
        try:
            os.makedirs(dir_name, exist_ok=True)
        except OSError as error:
            raise RuntimeError("Can't create directory: " + dir_name) from error
        worker = worker_name or f"{socket.gethostname()}_{os.getpid()}"
        name = f"{worker}.{time.time_ns()}.pt.trace.json" + (".gz" if use_gzip else "")
        prof.export_chrome_trace(os.path.join(dir_name, name))

    return handler


class profile:
    """Context manager: profile the steps of a loop that a `schedule` names, or the whole block.

    Call `step` at the end of each; `on_trace_ready`, if given, is called with the profiler after
    each cycle. The other options are those of `autograd.profiler.profile`. With `acc_events`, the
    events of all cycles are kept, else those of the last.

    Raises AssertionError where nothing that can be profiled is among `activities`.

    >>> import rushlight as torch
    >>> from rushlight.profiler import profile, schedule
    >>> with profile(schedule=schedule(wait=1, warmup=1, active=1)) as prof:
    ...     for _ in range(3):
    ...         y = torch.ones(3).exp()
    ...         prof.step()
    >>> [event.name for event in prof.events()]
    ['ProfilerStep*', 'aten::ones', 'aten::exp']
    """

    _warned: ClassVar[bool] = False  # that events of earlier cycles are gone: once a process

    def __init__(
        self,
        *,
        activities: Iterable[Any] | None = None,
        schedule: Callable[[int], ProfilerAction] | None = None,
        on_trace_ready: Callable[[profile], Any] | None = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_flops: bool = False,
        with_modules: bool = False,
        experimental_config: Any = None,
        execution_trace_observer: Any = None,
        acc_events: bool = False,
        use_cuda: bool | None = None,
        custom_trace_id_callback: Callable[[], str] | None = None,
    ) -> None:
        asked = supported_activities() if activities is None else set(activities)
        self.activities = {a for a in asked if isinstance(a, ProfilerActivity)}
        if use_cuda is not None:
            warnings.warn(
                "`use_cuda` is deprecated, use `activities` argument instead",
                FutureWarning,
                stacklevel=2,
            )
        if not self.activities:
            raise AssertionError("No valid profiler activities found")
        for name, value in (
            ("experimental_config", experimental_config),
            ("execution_trace_observer", execution_trace_observer),
        ):
            if value is not None:
                raise NotImplementedError(f"rushlight.profiler has no {name}")
        self.options: dict[str, Any] = {
            "record_shapes": record_shapes,
            "profile_memory": profile_memory,
            "with_stack": with_stack,
            "with_flops": with_flops,
            "with_modules": with_modules,
            "custom_trace_id_callback": custom_trace_id_callback,
        }
        self.acc_events = acc_events
        self.schedule = schedule or _always
        self.record_steps = schedule is not None
        self.on_trace_ready = on_trace_ready
        self.step_num = 0
        self.current_action = self.schedule(0)
        self.profiler: OneProfile | None = None
        self._earlier = EventList()  # of cycles before this one, if they are to be kept
        self._metadata: dict[str, Any] = {}
        self._range: record_function | None = None

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # -- steps -----------------------------------------------------------------------------------
    def start(self) -> None:
        """Begin with the first step."""
        self._transit(ProfilerAction.NONE, self.current_action)
        self._begin_step()

    def step(self) -> None:
        """Say that the next step begins."""
        self._end_step()
        before, action = self.current_action, self.schedule(self.step_num + 1)
        self.step_num += 1
        self.current_action = action
        self._transit(before, action)
        self._begin_step()

    def stop(self) -> None:
        """End, and report what was recorded."""
        self._end_step()
        if self.current_action in _RECORDING:
            self._finish()
            self._report()

    def _begin_step(self) -> None:
        if self.record_steps:
            self._range = record_function(f"ProfilerStep#{self.step_num}")
            self._range.__enter__()

    def _end_step(self) -> None:
        if self._range is not None:
            self._range.__exit__(None, None, None)
            self._range = None

    def _transit(self, before: ProfilerAction, now: ProfilerAction) -> None:
        """Go from one step's action to the next one's."""
        if before is ProfilerAction.RECORD and now not in _RECORDING:
            self._warn_of(before, now)
            self._finish()
        elif before is ProfilerAction.WARMUP and now is ProfilerAction.NONE:
            self._warn_of(before, now)
        elif before is ProfilerAction.RECORD_AND_SAVE:
            self._finish()
            self._report()
        records = before is ProfilerAction.RECORD
        if now is ProfilerAction.WARMUP and before is not now:
            self._prepare()
        elif now in _RECORDING and not records:
            if before is not ProfilerAction.WARMUP or self.profiler is None:
                self._prepare()
            assert self.profiler is not None
            self.profiler.__enter__()

    @staticmethod
    def _warn_of(before: ProfilerAction, now: ProfilerAction) -> None:
        warnings.warn(f"Incorrect schedule: {before.name} followed by {now.name}", stacklevel=4)

    def _prepare(self) -> None:
        """Make the profile of the cycle that begins."""
        if ProfilerActivity.CPU not in self.activities:
            warnings.warn(
                "CUDA is not available, disabling CUDA profiling", UserWarning, stacklevel=5
            )
            raise AssertionError("No activities specified for the profiler")
        if self.profiler is not None:
            if self.acc_events:
                self._earlier.extend(self.profiler.function_events)
            elif not profile._warned:
                profile._warned = True
                warnings.warn(
                    "Warning: Profiler clears events at the end of each cycle. Only events from "
                    "the current cycle will be reported. To keep events across cycles, set "
                    "acc_events=True.",
                    stacklevel=5,
                )
        self.profiler = OneProfile(**self.options)

    def _finish(self) -> None:
        assert self.profiler is not None
        self.profiler.__exit__()
        for event in self.profiler.function_events:
            if event.name.startswith("ProfilerStep#"):
                event.name = "ProfilerStep*"  # its number is in the trace, and one row in tables

    def _report(self) -> None:
        if self.on_trace_ready is not None:
            self.on_trace_ready(self)

    # -- what came of it -------------------------------------------------------------------------
    def _ready(self, what: str) -> OneProfile:
        if self.profiler is None:
            raise AssertionError(f"Profiler must be initialized before {what}")
        return self.profiler

    def events(self) -> EventList:
        """Return the events of the cycle, or of all cycles so far with `acc_events`."""
        found = self._ready("accessing events").function_events
        if not self._earlier:
            return found
        return EventList(
            [*self._earlier, *found],
            profile_memory=self.options["profile_memory"],
            with_flops=self.options["with_flops"],
        )

    def key_averages(
        self,
        group_by_input_shape: bool = False,
        group_by_stack_n: int = 0,
        group_by_overload_name: bool = False,
    ) -> EventList:
        """Sum up the events of one name: see `EventList.key_averages`."""
        self._ready("getting key averages")
        return self.events().key_averages(
            group_by_input_shape, group_by_stack_n, group_by_overload_name
        )

    def export_chrome_trace(self, path: str, use_python_export: bool = False) -> None:
        """Write a trace that Perfetto and ``chrome://tracing`` open; compressed if ``*.gz``."""
        self._ready("exporting chrome trace").export_chrome_trace(path, self._metadata)

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Write the stacks of events for a flame graph; AssertionError without `with_stack`."""
        self._ready("exporting stacks").export_stacks(path, metric)

    def export_memory_timeline(self, path: str, device: str | None = None) -> None:
        """Refuse to write a timeline of memory: NotImplementedError."""
        raise NotImplementedError(
            "rushlight.profiler writes no timeline of memory: see profile_memory and tracemalloc"
        )

    def add_metadata(self, key: str, value: str) -> None:
        """Put a text under a name of your own into the trace."""
        self._metadata[key] = value

    def add_metadata_json(self, key: str, value: str) -> None:
        """Put a value, given as JSON, under a name of your own into the trace."""
        self._metadata[key] = json.loads(value)

    preset_metadata_json = add_metadata_json

    def get_trace_id(self) -> str | None:
        """Return the name of the cycle's trace."""
        return None if self.profiler is None else self.profiler.trace_id

    def toggle_collection_dynamic(
        self, enable: bool, activities: Iterable[ProfilerActivity]
    ) -> None:
        """Stop noting what this thread does, or go on."""
        if ProfilerActivity.CPU in activities:
            pause(not enable)
