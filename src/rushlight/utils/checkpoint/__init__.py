"""Checkpointing: keep a region's inputs only, and compute its inside again in the backward pass.

>>> import rushlight as torch
>>> from rushlight.utils.checkpoint import checkpoint
>>> x = torch.tensor([1.0, 2.0], requires_grad=True)
>>> y = checkpoint(lambda x: (x * x).exp(), x, use_reentrant=False)
>>> y.sum().backward()
>>> x.grad
tensor([  5.4366, 218.3926])
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from rushlight.autograd.modes import is_grad_enabled
from rushlight.utils.checkpoint.devices import (
    DefaultDeviceType,
    get_device_states,
    set_device_states,
)
from rushlight.utils.checkpoint.reentrant import (
    CheckpointFunction,
    check_backward_validity,
    detach_variable,
)
from rushlight.utils.checkpoint.region import (
    CheckpointError,
    GraphExecGroup,
    Region,
    facts_of,
    nothing_of,
)
from rushlight.utils.checkpoint.selective import (
    SAC_IGNORED_OPS,
    CheckpointPolicy,
    SelectiveCheckpointContext,
    create_selective_checkpoint_contexts,
)
from rushlight.utils.checkpoint.surroundings import Surroundings

__all__ = [
    "SAC_IGNORED_OPS",
    "CheckpointError",
    "CheckpointFunction",
    "CheckpointPolicy",
    "DefaultDeviceType",
    "GraphExecGroup",
    "SelectiveCheckpointContext",
    "check_backward_validity",
    "checkpoint",
    "checkpoint_sequential",
    "create_selective_checkpoint_contexts",
    "detach_variable",
    "get_device_states",
    "noop_context_fn",
    "set_checkpoint_debug_enabled",
    "set_checkpoint_early_stop",
    "set_device_states",
]

Contexts = tuple[AbstractContextManager[Any], AbstractContextManager[Any]]

_CHECKS = {"default": facts_of, "none": nothing_of}


class _Settings:
    """What context managers set for every `checkpoint`, whatever it is told. None: nothing."""

    debug: bool | None = None
    early_stop: bool | None = None


@contextlib.contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Generator[None, None, None]:
    """Context manager: say of checkpoints inside whether they debug; None leaves it to each."""
    before = _Settings.debug
    _Settings.debug = enabled
    try:
        yield
    finally:
        _Settings.debug = before


@contextlib.contextmanager
def set_checkpoint_early_stop(enable: bool) -> Generator[None, None, None]:
    """Context manager: say of checkpoints inside whether recomputation stops at the last value."""
    before = _Settings.early_stop
    _Settings.early_stop = enable
    try:
        yield
    finally:
        _Settings.early_stop = before


def noop_context_fn() -> Contexts:
    """Return two context managers that do nothing."""
    return contextlib.nullcontext(), contextlib.nullcontext()


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], Contexts] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """Return ``function(*args, **kwargs)``, keeping only `args` of it for the backward pass.

    What else that pass needs is computed again there: a forward more, for memory that a deep
    network doesn't hold. Random numbers are the same in both, unless ``preserve_rng_state=False``.

    With ``use_reentrant=False`` the graph is recorded and all ways to walk it work. `context_fn`
    returns two context managers: one for the forward, one for each recomputation.
    `determinism_check` compares shapes and dtypes of what comes back, unless it is ``"none"``;
    `debug` lists the operators of both runs in its error. Recomputation ends with the last
    tensor that is needed, or with `early_stop` False at the end of the function.

    With ``use_reentrant=True`` (PyTorch's default, with a warning) nothing is recorded but one
    node; only ``backward()`` on all leaves can walk it, some tensor among `args` has to require
    grad, and keyword arguments are refused with ValueError.

    Raises CheckpointError, in the backward pass, where the second run isn't like the first.
    """
    if use_reentrant is None:
        warnings.warn(
            "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. "
            "Starting in PyTorch 2.9, calling checkpoint without use_reentrant will raise an "
            "exception. use_reentrant=False is recommended, but if you need to preserve the "
            "current default behavior, you can pass use_reentrant=True. Refer to docs for more "
            "details on the differences between the two variants.",
            stacklevel=2,
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if not use_reentrant:
        return _recorded(
            function, args, kwargs, preserve, context_fn, determinism_check, debug, early_stop
        )
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if context_fn is not noop_context_fn or debug is not False:
        raise ValueError(
            "Passing `context_fn` or `debug` is only supported when use_reentrant=False."
        )
    return CheckpointFunction.apply(function, preserve, *args)


def _recorded(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    preserve: bool,
    context_fn: Callable[[], Contexts],
    determinism_check: str,
    debug: bool,
    early_stop: bool,
) -> Any:
    explain = None
    if debug if _Settings.debug is None else _Settings.debug:
        if context_fn is not noop_context_fn:
            raise ValueError("debug=True is incompatible with non-default context_fn")
        from rushlight.utils.checkpoint.debug import Logs

        logs = Logs()
        context_fn, explain = logs.contexts, logs.explain
    if determinism_check not in _CHECKS:
        raise ValueError(
            f"determinism_check should be one of {list(_CHECKS)}, but got {determinism_check}"
        )
    forward_context, recompute_context = context_fn()
    surroundings = Surroundings(preserve)

    def recompute(*args: Any) -> None:
        with surroundings.again(), recompute_context:
            function(*args, **kwargs)

    if not is_grad_enabled():
        return function(*args, **kwargs)
    stops = early_stop if _Settings.early_stop is None else _Settings.early_stop
    region = Region(recompute, args, stops, _CHECKS[determinism_check], explain)
    with region.saving(), forward_context:
        result = function(*args, **kwargs)
        region.is_over = True
    if not region.is_over:
        raise RuntimeError(
            "torch.utils.checkpoint: the forward context provided by context_fn suppressed an "
            "exception raised during the checkpointed forward. This is not supported because "
            "checkpoint cannot return a value for a failed forward."
        )
    return result


def checkpoint_sequential(
    functions: Any,
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    **kwargs: Any,
) -> Any:
    """Run an ``nn.Sequential`` or a list of functions on `input`, checkpointed in `segments`.

    All segments but the last are checkpoints. Keyword arguments other than `preserve_rng_state`
    raise ValueError; see `checkpoint` for `use_reentrant`.

    >>> import rushlight as torch
    >>> from rushlight.utils.checkpoint import checkpoint_sequential
    >>> x = torch.ones(1, requires_grad=True)
    >>> checkpoint_sequential([torch.sin] * 4, 2, x, use_reentrant=False).item()
    0.6275718212127686
    """
    if use_reentrant is None:
        warnings.warn(
            "torch.utils.checkpoint.checkpoint_sequential: the use_reentrant parameter should be "
            "passed explicitly. In version 2.9 we will raise an exception if use_reentrant is not "
            "passed. use_reentrant=False is recommended, but if you need to preserve the current "
            "default behavior, you can pass use_reentrant=True. Refer to docs for more details on "
            "the differences between the two variants.",
            stacklevel=2,
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    from rushlight.nn import Sequential

    steps = list(functions.children()) if isinstance(functions, Sequential) else functions
    length = len(steps) // segments
    last = length * (segments - 1)
    for start in range(0, last, length):
        segment = _Segment(steps[start : start + length])
        input = checkpoint(segment, input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return _Segment(steps[last:])(input)


class _Segment:
    """Some functions, one after another."""

    def __init__(self, steps: Sequence[Callable[[Any], Any]]) -> None:
        self.steps = steps

    def __call__(self, x: Any) -> Any:
        for step in self.steps:
            x = step(x)
        return x
