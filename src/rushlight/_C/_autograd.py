"""The names of ``torch._C._autograd`` that libraries use: saved tensors, what nodes expect."""

from __future__ import annotations

from typing import Any

from rushlight.autograd.policies import set_versions as _unsafe_set_version_counter
from rushlight.autograd.saved import disable_hooks as _saved_tensors_hooks_disable
from rushlight.autograd.saved import (
    disabled_message as _saved_tensors_hooks_get_disabled_error_message,
)
from rushlight.autograd.saved import enable_hooks as _saved_tensors_hooks_enable
from rushlight.autograd.saved import hooks_are_enabled as _saved_tensors_hooks_is_enabled
from rushlight.autograd.saved import pop_default_hooks as _pop_saved_tensors_default_hooks
from rushlight.autograd.saved import push_default_hooks as _push_saved_tensors_default_hooks
from rushlight.autograd.saved import set_tracing as _saved_tensors_hooks_set_tracing
from rushlight.autograd.saved import top_default_hooks as _top_saved_tensors_default_hooks
from rushlight.autograd.saved_tensor import SavedTensor
from rushlight.autograd.saved_tensor import make_saved_tensor as _make_saved_tensor
from rushlight.autograd.state import _get_sequence_nr
from rushlight.device import device
from rushlight.dtypes import dtype, from_numpy
from rushlight.profiler import DeviceType, ProfilerActivity
from rushlight.profiler.recorder import is_recording as _profiler_enabled

__all__ = [
    "DeviceType",
    "InputMetadata",
    "ProfilerActivity",
    "SavedTensor",
    "_get_sequence_nr",
    "_make_saved_tensor",
    "_pop_saved_tensors_default_hooks",
    "_profiler_enabled",
    "_push_saved_tensors_default_hooks",
    "_saved_tensors_hooks_disable",
    "_saved_tensors_hooks_enable",
    "_saved_tensors_hooks_get_disabled_error_message",
    "_saved_tensors_hooks_is_enabled",
    "_saved_tensors_hooks_set_tracing",
    "_top_saved_tensors_default_hooks",
    "_unsafe_set_version_counter",
]


class InputMetadata:
    """What is known of a cotangent that a node takes."""

    __module__ = "rushlight._C._autograd"
    is_nested_tensor = is_cpp_nested_tensor = False

    def __init__(self, meta: tuple[Any, Any] | None) -> None:
        self._meta = meta

    def _known(self) -> tuple[Any, Any]:
        if self._meta is None:
            raise RuntimeError(
                "operators do not note the shapes of their outputs: ask the output itself, or take "
                "its node from its grad_fn, which notes them"
            )
        return self._meta

    @property
    def shape(self) -> list[int]:
        """The sizes."""
        return list(self._known()[0])

    @property
    def dtype(self) -> dtype:
        """The data type."""
        return from_numpy(self._known()[1])

    @property
    def device(self) -> device:
        """Where the values live."""
        return device("cpu")


InputMetadata.__name__ = InputMetadata.__qualname__ = "_InputMetadata"
