"""Anomaly detection: which forward line made the node whose backward fails or makes a NaN.

>>> import rushlight as torch
>>> x = torch.tensor([-1.0], requires_grad=True)
>>> with torch.autograd.set_detect_anomaly(True):
...     y = x.sqrt().sum()
...     "traceback_" in y.grad_fn.metadata
True

Nothing on the eager path knows of this mode. While it is on, every new node is watched
(`rushlight.autograd.watching`) and gets a note of the Python stack, and the engine calls nodes
through `_guarded`. When it is off, both are gone.
"""

from __future__ import annotations

import os
import threading
import traceback
import warnings
from typing import Any

import numpy as np

from rushlight.autograd import engine
from rushlight.autograd.node import Node
from rushlight.autograd.threads import carried
from rushlight.autograd.watching import unwatch, watch
from rushlight.tensor import Tensor

__all__ = ["detect_anomaly", "set_detect_anomaly"]

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class _State:
    enabled: bool = False
    check_nan: bool = True


class _Current(threading.local):
    node: Node | None = None  # whose derivative is being computed: the parent of what it records


_current = carried(_Current())


def _note(node: Node) -> None:
    """Note on a new node who recorded it."""
    stack = traceback.extract_stack()[:-1]
    ours = [f for f in stack if not os.path.abspath(f.filename).startswith(_HERE)]
    node.metadata["traceback_"] = traceback.format_list(ours)
    if _current.node is not None:
        node.metadata["parent_"] = _current.node


def is_anomaly_enabled() -> bool:
    """Return whether anomaly detection is on."""
    return _State.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Return whether anomaly detection, where it is on, looks for NaN."""
    return _State.check_nan


def set_anomaly_enabled(mode: bool, check_nan: bool = True) -> None:
    """Switch anomaly detection on or off, for all threads."""
    if mode != _State.enabled:
        (watch if mode else unwatch)(_note)
    _State.enabled = mode
    _State.check_nan = check_nan
    engine.set_guard(_guarded if mode else None)


def _guarded(node: Node, g: Any, edges: tuple[Any, ...], graph: bool) -> Any:
    """Compute a node's cotangents, and say where it was recorded if that goes wrong."""
    outer = _current.node
    _current.node = node
    try:
        grads = node.vjp_graph(g, edges) if graph else node.vjp(g, edges)
        if _State.check_nan:
            for i, grad in enumerate(grads):
                if grad is not None and _has_nan(grad):
                    raise RuntimeError(
                        f"Function '{node.name()}' returned nan values in its {i}th output."
                    )
        return grads
    except Exception:
        _tell(node)
        raise
    finally:
        _current.node = outer


def _has_nan(grad: Any) -> bool:
    array = grad._array if isinstance(grad, Tensor) else np.asarray(grad)
    return bool(np.isnan(array).any()) if array.dtype.kind in "fcV" else False


def _tell(node: Node) -> None:
    """Warn with the lines that recorded a node, and those that led to it in earlier passes."""
    lines = node.metadata.get("traceback_")
    if lines is None:
        warnings.warn(
            f"Error detected in {node.name()}. No forward pass information available. Enable "
            "detect anomaly during forward pass for more information.",
            UserWarning,
            stacklevel=2,
        )
        return
    warnings.warn(
        f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n"
        + "".join(lines),
        UserWarning,
        stacklevel=2,
    )
    parent = node.metadata.get("parent_")
    while parent is not None:
        warnings.warn(
            f"\n\nPrevious calculation was induced by {parent.name()}. Traceback of forward call "
            "that induced the previous calculation:\n"
            + "".join(parent.metadata.get("traceback_", ())),
            UserWarning,
            stacklevel=2,
        )
        parent = parent.metadata.get("parent_")


class detect_anomaly:
    """Context manager: a backward pass inside says which forward line its error comes from.

    With `check_nan` a NaN in a gradient is an error. Both passes have to run inside. Slow: for
    debugging only.
    """

    def __init__(self, check_nan: bool = True) -> None:
        self.prev = _State.enabled
        self.check_nan = check_nan
        self.prev_check_nan = _State.check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should "
            "only be enabled for debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        set_anomaly_enabled(True, self.check_nan)

    def __exit__(self, *_: Any) -> None:
        set_anomaly_enabled(self.prev, self.prev_check_nan)


class set_detect_anomaly:
    """Switch anomaly detection: at once as a function, back at the exit as a context manager."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.prev = _State.enabled
        self.prev_check_nan = _State.check_nan
        set_anomaly_enabled(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: Any) -> None:
        set_anomaly_enabled(self.prev, self.prev_check_nan)
