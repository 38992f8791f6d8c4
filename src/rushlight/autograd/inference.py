"""Inference tensors: what `inference_mode` makes, whose versions nobody counts.

That a tensor is one is written in its version counter, which is shared by all views of a buffer
and which every operator reads that saves the tensor. A counter of type `Untracked` refuses that
reading, so that neither the fast paths nor any rule has to ask.
"""

from __future__ import annotations

from typing import Any

from rushlight.autograd.modes import mode
from rushlight.tensor import Tensor

__all__ = ["Untracked", "check_update", "fresh_counter", "is_inference", "mark_inference"]


class Untracked(list[int]):
    """The version counter of an inference tensor.

    Outside of inference mode reading ``[0]``, the version to save, raises PyTorch's error, but not
    in a derivative of `rushlight.func`. Views, which outlive the mode, read ``[-1]``.
    """

    __slots__ = ()

    def __getitem__(self, index: Any) -> Any:
        if index == 0 and not (mode.inference or mode.derivative):
            raise RuntimeError(
                "Inference tensors cannot be saved for backward. Please do not use Tensors created "
                "in inference mode in computation tracked by autograd. To work around this, you "
                "can make a clone to get a normal tensor and use it in autograd, or use "
                "`torch.no_grad()` instead of `torch.inference_mode()`."
            )
        return list.__getitem__(self, index)

    def check_requires_grad(self) -> None:
        """Refuse a requires_grad_() outside of inference mode."""
        if not mode.inference:
            raise RuntimeError(
                "Setting requires_grad=True on inference tensor outside InferenceMode is not "
                "allowed."
            )


def fresh_counter() -> list[int]:
    """The version counter of a tensor that is made now, in inference mode or not."""
    return Untracked((0,)) if mode.inference else [0]


def mark_inference(outs: Any) -> None:
    """Mark what an operator made inside `inference_mode`: a fresh Tensor, or a tuple of them."""
    for out in outs if type(outs) is tuple else (outs,):
        out._counter = Untracked((0,))


def check_update(t: Tensor) -> None:
    """Refuse an in-place change of an inference tensor outside of inference mode."""
    if type(t._counter) is Untracked and not mode.inference:
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed.You can make "
            "a clone to get a normal tensor before doing inplace update.See "
            "https://github.com/pytorch/rfcs/pull/17 for more details."
        )


def is_inference(t: Tensor) -> bool:
    """Return whether `t`, or the buffer it is a view of, was made in inference mode."""
    return type(t._counter) is Untracked
