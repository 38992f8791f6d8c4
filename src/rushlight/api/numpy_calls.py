"""How a function of NumPy's becomes one of ours where only the parameters have other names."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.numpy_functions import Untranslated, as_tensor, public
from rushlight.tensor import wrap

__all__ = ["Call", "Reduction", "tensors"]


class Call:
    """A public function, and what NumPy calls its parameters, in NumPy's order.

    ``Call("sum", a="input", axis="dim")``: np.sum's ``a`` is our ``input``, its ``axis`` ``dim``.
    Arguments that are None are left to our defaults.
    """

    def __init__(self, path: str, **parameters: str) -> None:
        self.path = path
        self.names = tuple(parameters)
        self.ours = parameters

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) > len(self.names):
            raise Untranslated
        given = {**dict(zip(self.names, args)), **kwargs}
        named = {}
        for name, value in given.items():
            ours = self.ours.get(name)
            if not ours:
                raise Untranslated
            if value is not None:
                named[ours] = dtypes.as_dtype(value) if ours == "dtype" else tensors(value)
        return self.run(named)

    def run(self, named: dict[str, Any]) -> Any:
        """Call our function: its first parameter goes by position."""
        first = next(iter(self.ours.values()))
        return public(self.path)(named.pop(first), **named)


class Reduction(Call):
    """A reduction over ``axis``: with ``keepdims`` and no axis over all of them by name, and over
    no axis, ``()``, over one of a single element."""

    def run(self, named: dict[str, Any]) -> Any:
        if named.get("dim") == ():
            kept = {name: value for name, value in named.items() if name != "keepdim"}
            return super().run(
                {**kept, "input": as_tensor(named["input"]).unsqueeze(-1), "dim": -1}
            )
        if named.get("keepdim") and "dim" not in named:
            named["dim"] = tuple(range(named["input"].ndim))
        return super().run(named)


def tensors(value: Any) -> Any:
    """An argument with Tensors for its ndarrays and Python's numbers for NumPy's."""
    if isinstance(value, np.ndarray):
        return wrap(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)) and any(isinstance(v, np.ndarray) for v in value):
        return [tensors(v) for v in value]
    return value
