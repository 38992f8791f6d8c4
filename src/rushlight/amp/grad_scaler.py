"""`GradScaler`: losses are scaled, so that gradients in float16 don't vanish, and steps unscale.

An infinite gradient skips the optimizer's step and shrinks the scale; `growth_interval` steps
without one grow it. So the scale stays as large as the gradients allow.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from enum import Enum
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.tensor import Tensor, wrap

__all__ = ["GradScaler"]


class _Stage(Enum):
    """How far an optimizer has come since the last `update`."""

    READY = 0
    UNSCALED = 1
    STEPPED = 2


class GradScaler:
    """Scales losses, unscales gradients before a step, and skips steps that overflowed.

    >>> import rushlight as torch
    >>> p = torch.nn.Parameter(torch.ones(1))
    >>> optimizer = torch.optim.SGD([p], lr=0.5)
    >>> scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    >>> scaler.scale(p.sum()).backward()
    >>> scaler.step(optimizer)
    >>> scaler.update()
    >>> p.data, p.grad
    (tensor([0.5000]), tensor([1.]))
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        self._device = device
        if enabled and device == "cuda":
            warnings.warn(
                "torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.",
                stacklevel=2,
            )
            enabled = False
        self._enabled = enabled
        if not enabled:
            return
        if growth_factor <= 1.0:
            raise AssertionError("The growth factor must be > 1.0.")
        if backoff_factor >= 1.0:
            raise AssertionError("The backoff factor must be < 1.0.")
        self._init_scale = init_scale
        self._scale: Tensor | None = None  # made by the first loss
        self._growth_factor = growth_factor
        self._backoff_factor = backoff_factor
        self._growth_interval = growth_interval
        self._growth_tracker = 0
        self._forget()

    def _forget(self) -> None:
        self._stages: dict[int, _Stage] = {}  # by the optimizers' ids
        self._overflows: dict[int, bool] = {}

    # -- scaling -----------------------------------------------------------------------------------

    def scale(self, outputs: Any) -> Any:
        """Multiply a tensor, or all tensors of nested lists and tuples, by the scale."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            if self._scale is None:
                self._scale = wrap(np.array(self._init_scale, np.float32))
            return outputs * self._scale
        if isinstance(outputs, Iterable):
            scaled = map(self.scale, outputs)
            return type(outputs)(scaled) if isinstance(outputs, (list, tuple)) else scaled
        raise ValueError("outputs must be a Tensor or an iterable of Tensors")

    def _need_scale(self, what: str) -> Tensor:
        if self._scale is None:
            raise AssertionError(
                f"Attempted {what} but _scale is None.  This may indicate your script did not use "
                "scaler.scale(loss or outputs) earlier in the iteration."
            )
        return self._scale

    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients of an optimizer's parameters by the scale: to clip them, say.

        `step` does so otherwise. Raises RuntimeError for a second time since the last `update`, and
        ValueError for gradients in float16, which can't be told from overflown ones.
        """
        if not self._enabled:
            return
        scale = self._need_scale("unscale_")
        stage = self._stages.get(id(optimizer), _Stage.READY)
        if stage is _Stage.UNSCALED:
            raise RuntimeError(
                "unscale_() has already been called on this optimizer since the last update()."
            )
        if stage is _Stage.STEPPED:
            raise RuntimeError("unscale_() is being called after step().")
        inverse = np.float32(1.0 / float(scale.item()))
        self._overflows[id(optimizer)] = _unscale(optimizer, inverse)
        self._stages[id(optimizer)] = _Stage.UNSCALED

    # -- steps -------------------------------------------------------------------------------------

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """Unscale the gradients unless that was done, and step unless one is infinite or NaN.

        Returns what ``optimizer.step(*args, **kwargs)`` does.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        self._need_scale("step")
        if self._stages.get(id(optimizer)) is _Stage.STEPPED:
            raise RuntimeError("step() has already been called since the last update().")
        if id(optimizer) not in self._stages:
            self.unscale_(optimizer)
        overflown = self._overflows[id(optimizer)]
        result = None if overflown else optimizer.step(*args, **kwargs)
        self._stages[id(optimizer)] = _Stage.STEPPED
        return result

    def update(self, new_scale: Any = None) -> None:
        """Shrink the scale if a gradient was infinite, grow it after many steps without one.

        With `new_scale` that is the scale from now on.
        """
        if not self._enabled:
            return
        scale = self._need_scale("update")
        if new_scale is not None:
            scale.fill_(_as_scale(new_scale))
        elif not self._overflows:
            raise AssertionError("No inf checks were recorded prior to update.")
        elif any(self._overflows.values()):
            scale *= self._backoff_factor
            self._growth_tracker = 0
        else:
            self._growth_tracker += 1
            if self._growth_tracker == self._growth_interval:
                grown = np.float32(float(scale.item()) * self._growth_factor)
                if np.isfinite(grown):
                    scale.fill_(float(grown))
                self._growth_tracker = 0
        self._forget()

    # -- what it is set to -------------------------------------------------------------------------

    def is_enabled(self) -> bool:
        """Return whether this scaler scales."""
        return self._enabled

    def get_scale(self) -> float:
        """Return the scale: 1 where the scaler is disabled."""
        if not self._enabled:
            return 1.0
        return self._init_scale if self._scale is None else float(self._scale.item())

    def get_growth_factor(self) -> float:
        """Return what the scale is multiplied by when it grows."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Set what the scale is multiplied by when it grows."""
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """Return what the scale is multiplied by when a gradient was infinite."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Set what the scale is multiplied by when a gradient was infinite."""
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """Return after how many steps without an infinite gradient the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Set after how many steps without an infinite gradient the scale grows."""
        self._growth_interval = new_interval

    def state_dict(self) -> dict[str, Any]:
        """Return the scale and all that it depends on; nothing where the scaler is disabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(),
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._growth_tracker,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` of another scaler returned; RuntimeError if that is empty."""
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(
                "The source state dict is empty, possibly because it was saved from a disabled "
                "instance of GradScaler."
            )
        self._init_scale = state_dict["scale"]
        if self._scale is not None:
            self._scale.fill_(state_dict["scale"])
        self._growth_factor = state_dict["growth_factor"]
        self._backoff_factor = state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._growth_tracker = state_dict["_growth_tracker"]

    def __getstate__(self) -> dict[str, Any]:
        if self._enabled and self._stages:
            raise AssertionError(
                "A GradScaler instance may only be pickled at the beginning of an iteration, or at "
                "the end after scaler.update()."
            )
        return self.__dict__.copy()


def _unscale(optimizer: Any, inverse: Any) -> bool:
    """Multiply all gradients by `inverse`; return whether one of them is infinite or NaN."""
    grads = [
        p._grad for group in optimizer.param_groups for p in group["params"] if p._grad is not None
    ]
    for grad in grads:
        if grad.dtype is dtypes.float16:
            raise ValueError("Attempting to unscale FP16 gradients.")
    overflown = False
    for grad in grads:
        array = grad._array
        overflown |= not bool(np.isfinite(array).all())
        np.multiply(array, inverse, out=array, casting="unsafe")
        grad._counter[0] += 1
    return overflown


def _as_scale(new_scale: Any) -> float:
    if isinstance(new_scale, float):
        return new_scale
    fits = new_scale.device.type == "cpu" and new_scale.dtype is dtypes.float32
    if not fits or new_scale.numel() != 1 or new_scale.requires_grad:
        raise AssertionError(
            "new_scale should be a float or a 1-element torch.cuda.FloatTensor or "
            "torch.FloatTensor with requires_grad=False."
        )
    return float(new_scale.item())
