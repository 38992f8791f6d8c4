"""The names of PyTorch's ``torch._C._autograd`` that libraries use: hooks of saved tensors."""

from __future__ import annotations

from rushlight.autograd.policies import set_versions as _unsafe_set_version_counter
from rushlight.autograd.saved import SavedTensor
from rushlight.autograd.saved import disable_hooks as _saved_tensors_hooks_disable
from rushlight.autograd.saved import (
    disabled_message as _saved_tensors_hooks_get_disabled_error_message,
)
from rushlight.autograd.saved import enable_hooks as _saved_tensors_hooks_enable
from rushlight.autograd.saved import hooks_are_enabled as _saved_tensors_hooks_is_enabled
from rushlight.autograd.saved import pop_default_hooks as _pop_saved_tensors_default_hooks
from rushlight.autograd.saved import push_default_hooks as _push_saved_tensors_default_hooks
from rushlight.autograd.saved import top_default_hooks as _top_saved_tensors_default_hooks

__all__ = [
    "SavedTensor",
    "_pop_saved_tensors_default_hooks",
    "_push_saved_tensors_default_hooks",
    "_saved_tensors_hooks_disable",
    "_saved_tensors_hooks_enable",
    "_saved_tensors_hooks_get_disabled_error_message",
    "_saved_tensors_hooks_is_enabled",
    "_top_saved_tensors_default_hooks",
    "_unsafe_set_version_counter",
]
