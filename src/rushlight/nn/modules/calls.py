"""Calling a module: hooks before, after and on the way back.

A module without hooks calls ``forward`` directly (`Module.__call__`). The flag that says so,
``_hooked``, goes up with the first hook, and down again when a call finds all of them gone.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from rushlight.autograd.hooks import RemovableHandle, add_hook
from rushlight.nn.modules.backward_hook import BackwardHook
from rushlight.tensor import Tensor

__all__ = [
    "Calls",
    "register_module_backward_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
]

Hook = Callable[..., Any]
Hooks = OrderedDict[int, Any]
Flags = OrderedDict[int, bool]  # weakly referred to by handles, which a dict does not allow

# The registers of a module. Those that end otherwise than in "hooks" are flags of hooks by id.
CALL_REGISTERS = (
    "_backward_pre_hooks",
    "_backward_hooks",
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
)

# Hooks of all modules; they run before a module's own.
_global_backward_pre_hooks: Hooks = OrderedDict()
_global_backward_hooks: Hooks = OrderedDict()
_global_forward_pre_hooks: Hooks = OrderedDict()
_global_forward_hooks: Hooks = OrderedDict()
_global_flags: OrderedDict[int, tuple[bool, bool]] = OrderedDict()
# Whether the backward hooks among them are full ones; what it was once, it stays.
_global_is_full: bool | None = None
# One register that a call looks at: it holds every global hook.
GLOBAL_HOOKS: Hooks = OrderedDict()

_ONE_KIND = (
    "Cannot use both regular backward hooks and full backward hooks {}. Please use only "
    "one of them."
)


class Calls:
    """The part of Module that runs hooks around ``forward``."""

    forward: Callable[..., Any]
    _hooked: bool = True  # for the first call of what was unpickled or never initialised
    _backward_pre_hooks: Hooks
    _backward_hooks: Hooks
    _is_full_backward_hook: bool | None
    _forward_hooks: Hooks
    _forward_hooks_with_kwargs: Flags
    _forward_hooks_always_called: Flags
    _forward_pre_hooks: Hooks
    _forward_pre_hooks_with_kwargs: Flags

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before forward; it may return other arguments.

        With `with_kwargs` it is called ``hook(module, args, kwargs)`` and may return both. With
        `prepend` it runs before the hooks that are there.

        >>> import rushlight as torch
        >>> double = torch.nn.Identity()
        >>> handle = double.register_forward_pre_hook(lambda module, args: args[0] * 2)
        >>> double(torch.tensor(3))
        tensor(6)
        """
        flags = [self._forward_pre_hooks_with_kwargs] if with_kwargs else []
        return self._add_hook(self._forward_pre_hooks, hook, prepend, flags)

    def register_forward_hook(
        self,
        hook: Hook,
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after forward; it may return another output.

        With `with_kwargs` it is called ``hook(module, args, kwargs, output)``; with `always_call`
        also when something raised an exception.
        """
        flags = [self._forward_hooks_with_kwargs] if with_kwargs else []
        flags += [self._forward_hooks_always_called] if always_call else []
        return self._add_hook(self._forward_hooks, hook, prepend, flags)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` before the module's backward; it may return another.

        `grad_output` is a tuple with a gradient, or None, for each output.
        """
        return self._add_hook(self._backward_pre_hooks, hook, prepend, [])

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` once the inputs' gradients are there.

        It may return other gradients of the inputs, as a tuple of the same length.
        """
        if self._is_full_backward_hook is False:
            raise RuntimeError(_ONE_KIND.format("on a single Module"))
        self._is_full_backward_hook = True
        return self._add_hook(self._backward_hooks, hook, prepend, [])

    def register_backward_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` of the last operator in forward.

        The old form, which PyTorch advises against: `register_full_backward_hook` sees the
        module's own inputs.
        """
        if self._is_full_backward_hook is True:
            raise RuntimeError(_ONE_KIND.format("on a single Module"))
        self._is_full_backward_hook = False
        return self._add_hook(self._backward_hooks, hook, False, [])

    def _add_hook(
        self, hooks: Hooks, hook: Hook, prepend: bool, flags: list[Flags]
    ) -> RemovableHandle:
        handle = add_hook(hooks, hook, *flags)
        for register in flags:
            register[handle.id] = True
        if prepend:
            hooks.move_to_end(handle.id, last=False)
        self.__dict__["_hooked"] = True
        return handle

    # -- the call ------------------------------------------------------------------------------
    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        hooks, pre_hooks = self._backward_hooks, self._backward_pre_hooks
        if not (self._forward_pre_hooks or self._forward_hooks or pre_hooks or hooks):
            self.__dict__["_hooked"] = False
        called: set[int] = set()
        result = None
        try:
            args, kwargs = self._before(args, kwargs)
            back = None
            pre = [*_global_backward_pre_hooks.values(), *pre_hooks.values()]
            full, old = self._backward_hooks_by_kind()
            if pre or full:
                back = BackwardHook(self, full, pre)
                args = back.setup_input_hook(args)
            result = self.forward(*args, **kwargs)
            for key, hook in [*_global_forward_hooks.items(), *self._forward_hooks.items()]:
                called.add(key)
                changed = self._after(key, hook, args, kwargs, result)
                if changed is not None:
                    result = changed
            if back is not None:
                result = back.setup_output_hook(result)
            if old:
                self._hook_last_node(old, args, result)
        except Exception:
            self._always(called, args, kwargs, result)
            raise
        return result

    def _backward_hooks_by_kind(self) -> tuple[list[Hook], list[Hook]]:
        """Full backward hooks and those of the old kind, of all modules and of this one."""
        full: list[Hook] = []
        old: list[Hook] = []
        (old if _global_is_full is False else full).extend(_global_backward_hooks.values())
        (old if self._is_full_backward_hook is False else full).extend(
            self._backward_hooks.values()
        )
        return full, old

    def _before(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        with_kwargs = self._forward_pre_hooks_with_kwargs
        for key, hook in [*_global_forward_pre_hooks.items(), *self._forward_pre_hooks.items()]:
            if key not in with_kwargs:
                changed = hook(self, args)
                if changed is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
                continue
            changed = hook(self, args, kwargs)
            if changed is None:
                continue
            if not (isinstance(changed, tuple) and len(changed) == 2):
                raise RuntimeError(
                    "forward pre-hook must return None or a tuple of (new_args, new_kwargs), but "
                    f"got {changed}."
                )
            args, kwargs = changed
        return args, kwargs

    def _after(
        self, key: int, hook: Hook, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> Any:
        if key in self._forward_hooks_with_kwargs or _global_flags.get(key, (False,))[0]:
            return hook(self, args, kwargs, result)
        return hook(self, args, result)

    def _always(
        self, called: set[int], args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> None:
        """Run the hooks with ``always_call`` that have not run; the exception goes on its way."""
        for which, hooks in (("global ", _global_forward_hooks), ("", self._forward_hooks)):
            for key, hook in list(hooks.items()):
                wanted = key in self._forward_hooks_always_called or (
                    key in _global_flags and _global_flags[key][1]
                )
                if not wanted or key in called:
                    continue
                try:
                    changed = self._after(key, hook, args, kwargs, result)
                except Exception as error:
                    warnings.warn(
                        f"{which}module forward hook with ``always_call=True`` raised an exception "
                        f"that was silenced as another error was raised in forward: {error}",
                        stacklevel=3,
                    )
                else:
                    result = result if changed is None else changed

    def _hook_last_node(self, hooks: list[Hook], args: tuple[Any, ...], result: Any) -> None:
        """Put the old kind of backward hook on the node of the (first) output."""
        first = result
        while not isinstance(first, Tensor):
            if isinstance(first, dict):
                first = next(v for v in first.values() if isinstance(v, Tensor))
            else:
                first = first[0]
        node = first.grad_fn
        if node is None:
            return
        for hook in hooks:
            node.register_hook(_Bound(hook, self))
        problem = _blind_spot(args, result, node)
        if problem:
            warnings.warn(
                f"Using {problem} Please use register_full_backward_hook to get the documented "
                "behavior.",
                FutureWarning,
                stacklevel=4,
            )


def _blind_spot(args: tuple[Any, ...], result: Any, node: Any) -> str:
    """What the old kind of hook will not see, as PyTorch words it; "" where it sees everything."""
    missing = "is deprecated and will be removed in future versions. This hook will be missing some"
    outputs = result if isinstance(result, tuple) else (result,)
    if not all(isinstance(r, Tensor) for r in outputs):
        return (
            "non-full backward hooks on a Module that does not return a single Tensor or a tuple "
            f"of Tensors {missing} of the grad_output."
        )
    if not all(isinstance(a, Tensor) for a in args):
        return (
            "non-full backward hooks on a Module that does not take as input a single Tensor or a "
            f"tuple of Tensors {missing} of the grad_input."
        )
    if len({id(r.grad_fn) for r in outputs if r.grad_fn is not None}) > 1:
        return (
            "a non-full backward hook when outputs are generated by different autograd Nodes "
            f"{missing} grad_output."
        )
    before = {id(a.grad_fn) for a in args if a.grad_fn is not None}
    if before != {id(fn) for fn, _ in node.next_functions}:
        return (
            "a non-full backward hook when the forward contains multiple autograd Nodes "
            f"{missing} grad_input."
        )
    return ""


class _Bound:
    """A backward hook that gets its module as first argument."""

    def __init__(self, hook: Hook, module: Any) -> None:
        self.hook, self.module = hook, module
        self.__name__ = getattr(hook, "__name__", "<unknown>")  # which errors show

    def __call__(self, grad_input: Any, grad_output: Any) -> Any:
        return self.hook(self.module, grad_input, grad_output)


# -- hooks of all modules ------------------------------------------------------------------------
def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, args)`` before the forward of every module; for debugging."""
    return _add_global(_global_forward_pre_hooks, hook)


def register_module_forward_hook(
    hook: Hook, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call ``hook(module, args, output)`` after the forward of every module; for debugging."""
    handle = _add_global(_global_forward_hooks, hook, _global_flags)
    _global_flags[handle.id] = (with_kwargs, always_call)
    return handle


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, grad_output)`` before the backward of every module; for debugging."""
    return _add_global(_global_backward_pre_hooks, hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, grad_input, grad_output)`` after every module's backward."""
    _settle_global_kind(True)
    return _add_global(_global_backward_hooks, hook)


def register_module_backward_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, grad_input, grad_output)`` of the last operator in every forward.

    The old form, as `Module.register_backward_hook`; RuntimeError where full hooks were used.
    """
    _settle_global_kind(False)
    return _add_global(_global_backward_hooks, hook)


def _settle_global_kind(full: bool) -> None:
    global _global_is_full
    if _global_is_full not in (None, full):
        raise RuntimeError(_ONE_KIND.format("as a global Module hook"))
    _global_is_full = full


def _add_global(hooks: Hooks, hook: Hook, *extras: Any) -> RemovableHandle:
    handle = add_hook(hooks, hook, GLOBAL_HOOKS, *extras)
    GLOBAL_HOOKS[handle.id] = hook
    return handle
