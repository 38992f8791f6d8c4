"""Selective checkpoints: a policy says of each operator whether its result is kept.

Two dispatch modes share one store. In the forward, each operator runs, the policy is asked, and
what it wants kept is kept, by operator and number of its call. In the recomputation the operators
come in the same order; what was kept is returned in their place.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from rushlight._ops import OpOverload, OpOverloadPacket, aten
from rushlight.tensor import Tensor
from rushlight.utils._python_dispatch import TorchDispatchMode

__all__ = [
    "SAC_IGNORED_OPS",
    "CheckpointPolicy",
    "SelectiveCheckpointContext",
    "create_selective_checkpoint_contexts",
]


class CheckpointPolicy(enum.Enum):
    """What a policy may answer: keep the operator's result, or compute it again.

    ``MUST`` and ``PREFER`` are the same here, since no compiler weighs them. What is to be
    offloaded is computed again, as in PyTorch without its compiler.
    """

    MUST_SAVE = 0
    PREFER_SAVE = 1
    MUST_RECOMPUTE = 2
    PREFER_RECOMPUTE = 3
    MUST_CPU_OFFLOAD = 4
    PREFER_CPU_OFFLOAD = 5


_KEEPING = {CheckpointPolicy.MUST_SAVE, CheckpointPolicy.PREFER_SAVE}
# Operators that a policy is not asked about.
SAC_IGNORED_OPS = {aten.detach.default}


class SelectiveCheckpointContext:
    """What a policy is given besides the operator: its result. `is_recompute` is always False."""

    def __init__(self, *, is_recompute: bool, op_output: Any = None) -> None:
        self.is_recompute = is_recompute
        self.op_output = op_output


class _Kept:
    """A result, and its version, by which a change in place shows."""

    def __init__(self, value: Any) -> None:
        self.value = value.detach() if isinstance(value, Tensor) else value
        self.version = value._counter[-1] if isinstance(value, Tensor) else None

    def get(self, may_be_changed: bool) -> Any:
        """The result again."""
        checked = self.version is not None and not may_be_changed
        if checked and self.value._counter[-1] != self.version:
            raise RuntimeError(
                "Tensor cached during selective activation checkpoint has been mutated"
            )
        return self.value


_RECOMPUTE = object()
_CONSUMED = object()
_MISMATCH = (
    "This can happen if the operations in the checkpointed region are nondeterministic or depend "
    "on global state that changed between forward and backward."
)

Store = dict[OpOverload, dict[int, Any]]


class _Keeping(TorchDispatchMode):
    """Runs operators, asks the policy, and keeps what it says."""

    def __init__(self, policy: Callable[..., Any], store: Store) -> None:
        self.policy = policy
        self.store = store
        self.calls: defaultdict[OpOverload, int] = defaultdict(int)

    def __torch_dispatch__(
        self, func: OpOverload, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if func in SAC_IGNORED_OPS:
            return result
        number = self.calls[func]
        self.calls[func] += 1
        context = SelectiveCheckpointContext(is_recompute=False, op_output=result)
        answer = self.policy(context, func, *args, **kwargs)
        keeps = answer if isinstance(answer, bool) else answer in _KEEPING
        self.store[func][number] = _each(_Kept, result) if keeps else _RECOMPUTE
        return result


class _Returning(TorchDispatchMode):
    """Returns what was kept, and runs the other operators again."""

    def __init__(self, store: Store, may_be_changed: bool) -> None:
        self.store = store
        self.may_be_changed = may_be_changed
        self.calls: defaultdict[OpOverload, int] = defaultdict(int)

    def __enter__(self) -> TorchDispatchMode:
        self.calls.clear()
        return super().__enter__()

    def __torch_dispatch__(
        self, func: OpOverload, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if func in SAC_IGNORED_OPS:
            return func(*args, **(kwargs or {}))
        number = self.calls[func]
        self.calls[func] += 1
        if func not in self.store:
            raise RuntimeError(
                f"{func} encountered during backward but not found in storage. {_MISMATCH}"
            )
        found = self.store[func]
        if number not in found:
            raise RuntimeError(
                f"{func} invocation index {number} encountered during backward but not found in "
                f"storage. {_MISMATCH}"
            )
        kept = found[number]
        if kept is _CONSUMED:
            raise RuntimeError(
                "Trying to backward an extra time. You are only allowed to backward once on any "
                "region computed under selective activation checkpoint."
            )
        if kept is _RECOMPUTE:
            return func(*args, **(kwargs or {}))
        found[number] = _CONSUMED
        return _each(lambda k: k.get(self.may_be_changed), kept)


def _each(act: Callable[[Any], Any], value: Any) -> Any:
    """Act on a result, or on each of several."""
    if isinstance(value, (tuple, list)):
        return tuple([act(v) for v in value])
    return act(value)


def create_selective_checkpoint_contexts(
    policy_fn_or_list: Any, allow_cache_entry_mutation: bool = False
) -> tuple[TorchDispatchMode, TorchDispatchMode]:
    """Return the two contexts of a checkpoint that keeps the results of some operators.

    `policy_fn_or_list` is a function ``policy(context, op, *args, **kwargs)`` that returns a
    `CheckpointPolicy`, or a list of operators whose results are kept. Such a region can be walked
    once. A kept tensor that is written in place raises RuntimeError in the backward pass, unless
    `allow_cache_entry_mutation`.

    >>> import functools
    >>> import rushlight as torch
    >>> from rushlight.utils.checkpoint import checkpoint, create_selective_checkpoint_contexts
    >>> contexts = functools.partial(
    ...     create_selective_checkpoint_contexts, [torch.ops.aten.mm.default]
    ... )
    >>> x = torch.eye(2, requires_grad=True)
    >>> y = checkpoint(lambda x: (x @ x).exp(), x, use_reentrant=False, context_fn=contexts)
    >>> y.sum().backward()
    """
    if isinstance(policy_fn_or_list, list):
        for op in policy_fn_or_list:
            if not isinstance(op, OpOverload):
                advice = (
                    "Please update the OpOverloadPacket to a specific OpOverload.For example, if "
                    "you have `torch.ops.aten.mm`, change it to `torch.ops.aten.mm.default`."
                    if isinstance(op, OpOverloadPacket)
                    else ""
                )
                raise ValueError(
                    f"Expected op in `op_list` to be an OpOverload but got: {op} of type "
                    f"{type(op)}. {advice}"
                )
        policy: Callable[..., Any] = lambda context, op, *args, **kwargs: op in policy_fn_or_list
    elif callable(policy_fn_or_list):
        policy = policy_fn_or_list
    else:
        raise TypeError("policy_fn_or_list must be either a function or a list of ops.")
    store: Store = defaultdict(dict)
    return _Keeping(policy, store), _Returning(store, allow_cache_entry_mutation)
