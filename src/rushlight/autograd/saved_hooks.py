"""Context managers around saved tensors: what `rushlight.autograd.graph` offers of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from typing import Any

from rushlight.autograd.saved import (
    disable_hooks,
    disabled_message,
    enable_hooks,
    pop_default_hooks,
    push_default_hooks,
)
from rushlight.tensor import Tensor

__all__ = ["disable_saved_tensors_hooks", "save_on_cpu", "saved_tensors_hooks"]


class saved_tensors_hooks:
    """Context manager: tensors that operators save for backward pass through a pair of hooks.

    ``pack_hook(tensor)`` is called for each tensor that is saved, and may return anything;
    ``unpack_hook`` is given that, and returns a tensor of the same values, each time the saved
    tensor is needed. Hooks act in their own thread; of nested pairs the innermost is used.
    `pack_hook` must not change its tensor in place: RuntimeError. Something else than a tensor
    from `unpack_hook` raises TypeError.

    >>> import rushlight as torch
    >>> x = torch.tensor([2.0, 3.0], requires_grad=True)
    >>> with torch.autograd.graph.saved_tensors_hooks(lambda t: t.numpy(force=True), torch.tensor):
    ...     y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([4., 6.])
    """

    __module__ = "rushlight.autograd.graph"

    def __init__(
        self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]
    ) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        push_default_hooks(self.pack_hook, self.unpack_hook)

    def __exit__(self, *_: object) -> None:
        pop_default_hooks()


class save_on_cpu(saved_tensors_hooks):
    """Context manager: saved tensors are kept on the CPU, which is where all of ours are.

    With `pin_memory` they are copied, as PyTorch copies to pinned memory; `device_type` names the
    accelerator that would be copied from.
    """

    __module__ = "rushlight.autograd.graph"

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        def pack_to_cpu(tensor: Tensor) -> Any:
            return tensor.device, tensor.clone() if pin_memory else tensor.cpu()

        def unpack_from_cpu(packed: Any) -> Tensor:
            device, tensor = packed
            return tensor.to(device, non_blocking=pin_memory)  # type: ignore[no-any-return]

        super().__init__(pack_to_cpu, unpack_from_cpu)


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Generator[None, None, None]:
    """Context manager: who sets default hooks of saved tensors inside gets a RuntimeError.

    So does this manager itself, where some are set already. The error says `error_message`.
    """
    before = disabled_message()
    try:
        disable_hooks(error_message)
        yield
    finally:
        if before is None:
            enable_hooks()
        else:
            disable_hooks(before)
