"""`Variable`, from the time when a tensor that records was another thing than a tensor.

It still makes leaves, and ``isinstance(x, Variable)`` holds for every tensor. What code looks for
here today is the engine, for callbacks at the end of a backward pass.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from rushlight.autograd import state
from rushlight.autograd.arguments import as_flag
from rushlight.autograd.backward import backward, grad
from rushlight.autograd.threads import accumulates_everywhere
from rushlight.tensor import LEAF, Tensor, new

__all__ = ["Variable"]


class _EngineBase:
    """The engine as an object: ``Variable._execution_engine``."""

    __module__ = "rushlight._C"

    def queue_callback(self, callback: Callable[[], Any], /) -> None:
        """Call `callback` when the backward pass that is running is over.

        Raises RuntimeError outside of a pass. A callback of a pass that fails is not called.

        >>> import rushlight as torch
        >>> queue = torch.autograd.Variable._execution_engine.queue_callback
        >>> x = torch.ones(2, requires_grad=True)
        >>> handle = x.register_hook(lambda g: queue(lambda: print("over:", x.grad)))
        >>> (x * 2).sum().backward()
        over: tensor([2., 2.])
        """
        state.queue_callback(callback)

    def run_backward(
        self,
        tensors: Sequence[Tensor],
        grad_tensors: Sequence[Tensor | None],
        keep_graph: bool,
        create_graph: bool,
        inputs: Sequence[Any] = (),
        allow_unreachable: bool = False,
        accumulate_grad: bool = False,
    ) -> Any:
        """Run a pass as `autograd.backward` does, or with `accumulate_grad` unset as `grad`."""
        if accumulate_grad:
            return backward(tensors, grad_tensors, keep_graph, create_graph, inputs=inputs or None)
        return grad(
            tensors,
            inputs,
            grad_tensors,
            keep_graph,
            create_graph,
            allow_unused=allow_unreachable,
        )

    def is_checkpoint_valid(self) -> bool:
        """Return whether the running pass, if any, accumulates in all leaves."""
        return accumulates_everywhere()


def _engine_run_backward(t_outputs: Sequence[Tensor], *args: Any, **kwargs: Any) -> Any:
    """``Variable._execution_engine.run_backward`` as the function that PyTorch has too."""
    return Variable._execution_engine.run_backward(t_outputs, *args, **kwargs)


class VariableMeta(type):
    """Makes ``isinstance(x, Variable)`` hold for tensors."""

    def __instancecheck__(cls, other: Any) -> bool:
        return isinstance(other, Tensor)


class Variable(metaclass=VariableMeta):
    """``Variable(data, requires_grad=False)`` is a new leaf that shares the memory of `data`.

    >>> import rushlight as torch
    >>> torch.autograd.Variable(torch.ones(2), requires_grad=True)
    tensor([1., 1.], requires_grad=True)
    """

    _execution_engine = _EngineBase()

    def __new__(  # type: ignore[misc]
        cls,
        data: Any = None,
        requires_grad: bool = False,
        volatile: bool = False,
        _grad_fn: Any = None,
        name: str | None = None,
    ) -> Tensor:
        """Raises TypeError for what is no tensor, RuntimeError for integers that require grad."""
        if name is not None and not isinstance(name, str):
            raise TypeError(f"argument 5 must be str or None, not {type(name).__name__}")
        if as_flag(volatile):
            warnings.warn(
                "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.",
                UserWarning,
                stacklevel=2,
            )
        if _grad_fn is not None:
            raise TypeError(
                f"_grad_fn has to be a Function object or None, but got {type(_grad_fn).__name__}"
            )
        out = new(Tensor)
        if data is None:
            from rushlight.api.create import empty  # operators import us

            data = empty(0)
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        out._array = data._array
        out._counter = data._counter
        if as_flag(requires_grad):
            if out._array.dtype.kind not in "fcV":
                raise RuntimeError(
                    "Only Tensors of floating point and complex dtype can require gradients"
                )
            out._edge = LEAF
        if name is not None:
            out.__dict__["_name"] = name
        return out
