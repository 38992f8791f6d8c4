"""Conversion of all tensors of a module: dtypes; devices, of which there is one."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from rushlight import dtypes
from rushlight.api.convert import cast, parse_to
from rushlight.api.legacy import dtype_of_type
from rushlight.api.likes import empty_like
from rushlight.api.memory import share
from rushlight.autograd.modes import no_grad
from rushlight.nn.parameter import is_lazy
from rushlight.tensor import Tensor

if TYPE_CHECKING:
    from rushlight.nn.modules.module import Module

__all__ = ["Conversion"]

S = TypeVar("S", bound="Conversion")


class Conversion:
    """The part of Module that replaces its tensors by others of the same meaning."""

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]

    def _apply(self: S, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> S:
        """Replace every tensor by ``fn`` of it; parameters and their grads stay the same objects.

        That is what lets an optimizer that was made before a conversion go on.
        """
        if recurse:
            for module in self._modules.values():
                if module is not None:
                    module._apply(fn)
        for param in self._parameters.values():
            if param is None:
                continue
            grad = param._grad
            with no_grad():
                param.data = fn(param)
                if grad is not None:
                    grad.data = fn(grad)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def apply(self: S, fn: Callable[[Module], None]) -> S:
        """Call ``fn`` on every module below and then on this one; return self."""
        for module in self.children():  # type: ignore[attr-defined]
            module.apply(fn)
        fn(self)  # type: ignore[arg-type]
        return self

    def to(self: S, *args: Any, **kwargs: Any) -> S:
        """Convert floating-point parameters and buffers in place; return self.

        Called as ``to(dtype)``, ``to(device, dtype)`` or ``to(tensor)``, with `memory_format` by
        name. Integers stay as they are. TypeError for a dtype that has no fractions.

        >>> import rushlight as torch
        >>> torch.nn.Linear(2, 1).to(torch.float64).weight.dtype
        torch.float64
        """
        dtype, _, memory_format = parse_to(args, kwargs)
        if dtype is not None:
            if not (dtype.is_floating_point or dtype.is_complex):
                raise TypeError(
                    "nn.Module.to only accepts floating point or complex dtypes, but got desired "
                    f"dtype={dtype}"
                )
            if dtype.is_complex:
                warnings.warn(
                    "Complex modules are a new feature under active development whose design may "
                    "change, and some modules might not work as expected when using complex "
                    "tensors as parameters or buffers. Please file an issue at "
                    "https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml if a "
                    "complex module does not work as expected.",
                    stacklevel=2,
                )

        def convert(t: Tensor) -> Tensor:
            own = t.is_floating_point() or t.is_complex()
            form = memory_format if memory_format and t.dim() in (4, 5) else None
            if is_lazy(t):
                return t.to(dtype) if own and dtype is not None else t
            return cast(t, dtype if own else None, False, form)

        return self._apply(convert)

    def type(self: S, dst_type: Any) -> S:
        """Convert all parameters and buffers, integers too; return self."""
        wanted = dst_type if isinstance(dst_type, dtypes.dtype) else dtype_of_type(dst_type)
        return self._apply(lambda t: cast(t, wanted))

    def float(self: S) -> S:
        """Convert floating-point tensors to float32; return self."""
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self: S) -> S:
        """Convert floating-point tensors to float64; return self."""
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self: S) -> S:
        """Convert floating-point tensors to float16; return self."""
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    def bfloat16(self: S) -> S:
        """Convert floating-point tensors to bfloat16; return self."""
        return self._apply(lambda t: t.bfloat16() if t.is_floating_point() else t)

    def cpu(self: S) -> S:
        """Return self: everything is on the CPU."""
        return self._apply(lambda t: t.cpu())

    def to_empty(self: S, *, device: Any, recurse: bool = True) -> S:
        """Replace every tensor by an uninitialised one of its size; return self."""
        return self._apply(lambda t: empty_like(t, device=device), recurse=recurse)

    def cuda(self: S, device: Any = None) -> S:
        """Raise the AssertionError of a PyTorch without CUDA."""
        return self._apply(lambda t: t.cuda(device))

    def xpu(self, device: Any = None) -> NoReturn:
        """Raise the AssertionError of a PyTorch without XPU."""
        raise AssertionError("Torch not compiled with XPU enabled")

    def mtia(self, device: Any = None) -> NoReturn:
        """Raise the AssertionError of a PyTorch without MTIA."""
        raise AssertionError(
            "Torch not compiled with MTIA enabled. Ensure you have `import "
            "mtia.host_runtime.torch_mtia.dynamic_library` in your python src file and include "
            "`//mtia/host_runtime/torch_mtia:torch_mtia` as your target dependency!"
        )

    def ipu(self, device: Any = None) -> NoReturn:
        """Raise the RuntimeError of a PyTorch without IPUs."""
        raise RuntimeError("PyTorch is not linked with support for ipu devices")

    def share_memory(self: S) -> S:
        """Move all parameters, their gradients and buffers to memory shared by processes."""
        tensors: list[Tensor] = []
        self._apply(lambda t: tensors.append(t) or t)  # type: ignore[func-returns-value]
        for t in filter(is_lazy, tensors):
            t.share_memory_()  # which says why it can't be
        share(tensors)
        return self
