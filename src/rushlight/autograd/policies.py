"""Settings of a thread that few programs need: how gradients lie in memory, and how views are told.

Each is a class that sets at once as a function, and sets back at the exit as a context manager.
"""

from __future__ import annotations

from typing import Any

from rushlight.autograd.modes import _Decorator, check_enabled, mode
from rushlight.autograd.watching import unwatch, watch
from rushlight.tensor import Tensor

__all__ = [
    "enforce_grad_layout_policy",
    "is_grad_layout_enforced",
    "is_view_replay_enabled",
    "switch_grad_layout",
    "switch_view_replay",
]


# -- how gradients lie in memory -----------------------------------------------------------------


def is_grad_layout_enforced() -> bool:
    """Return whether each gradient gets the strides of its leaf."""
    return mode.layout


def switch_grad_layout(enabled: bool) -> None:
    """Set it without a way back."""
    check_enabled("set_grad_layout_enforcement_enabled", enabled)
    mode.layout = enabled


class enforce_grad_layout_policy(_Decorator):
    """With False, a leaf's first gradient may keep the strides that the backward pass gave it.

    That spares a copy. By default it gets the strides of the leaf, where these are dense.

    >>> import rushlight as torch
    >>> x = torch.ones(2, 3).t().requires_grad_()
    >>> with torch.autograd.enforce_grad_layout_policy(False):
    ...     (x.contiguous() * 2).sum().backward()
    """

    __module__ = "rushlight.autograd.grad_mode"

    def __init__(self, enable: bool = True) -> None:
        self.prev = mode.layout
        switch_grad_layout(enable)
        self.mode = enable

    def __call__(self, fn: Any) -> Any:
        mode.layout = self.prev  # as a decorator it acts inside the function only
        return super().__call__(fn)

    def clone(self) -> enforce_grad_layout_policy:
        return enforce_grad_layout_policy(self.mode)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: Any) -> None:
        mode.layout = self.prev


# -- how views are told --------------------------------------------------------------------------


def is_view_replay_enabled() -> bool:
    """Return what `_force_original_view_tracking` asked for in this thread: False by default."""
    return mode.replay


def switch_view_replay(enabled: bool) -> None:
    """Set it without a way back."""
    check_enabled("set_view_replay_enabled", enabled)
    if enabled != mode.replay:
        (watch if enabled else unwatch)(_mark_view)
    mode.replay = enabled


def _mark_view(node: Any) -> None:
    """Note on a view's node that it is to be replayed (rushlight.ops.history does that)."""
    if mode.replay:
        node.__dict__["replays"] = True


class _force_original_view_tracking(_Decorator):
    """Let views that are made from now on be made anew one by one where their base is written.

    By default the new history of such a view is a single ``AsStridedBackward0``. The gradients are
    the same.
    """

    __module__ = "rushlight.autograd.grad_mode"

    def __init__(self, mode: bool) -> None:
        self.prev = is_view_replay_enabled()
        self.mode = mode
        switch_view_replay(mode)

    def __call__(self, fn: Any) -> Any:
        switch_view_replay(self.prev)
        return super().__call__(fn)

    def clone(self) -> _force_original_view_tracking:
        return _force_original_view_tracking(self.mode)

    def __enter__(self) -> None:
        switch_view_replay(self.mode)

    def __exit__(self, *_: Any) -> None:
        switch_view_replay(self.prev)


# -- versions ------------------------------------------------------------------------------------


def set_versions(tensors: tuple[Tensor, ...], versions: tuple[int, ...]) -> None:
    """Let tensors say that they were written so many times."""
    for t, version in zip(tensors, versions):
        t._counter[0] = version


class _unsafe_preserve_version_counter(_Decorator):
    """Context manager: writes inside to some tensors are not counted, so that no graph notices.

    For those who put the very same values back before a graph needs them.
    """

    __module__ = "rushlight.autograd.grad_mode"

    def __init__(self, tensors: Tensor | tuple[Tensor, ...]) -> None:
        self.tensors = (tensors,) if isinstance(tensors, Tensor) else tensors
        if not isinstance(self.tensors, tuple):
            raise AssertionError("Expected tensors to be a tuple")
        self.prev_versions = tuple([t._version for t in self.tensors])

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: Any) -> None:
        set_versions(self.tensors, self.prev_versions)
