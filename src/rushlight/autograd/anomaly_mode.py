"""Anomaly detection: which forward line made the node whose backward fails or makes a NaN.

>>> import rushlight as torch
>>> x = torch.tensor([-1.0], requires_grad=True)
>>> with torch.autograd.set_detect_anomaly(True):
...     y = x.sqrt().sum()
...     "traceback_" in y.grad_fn.metadata
True

Nothing on the eager path knows of this mode. While it is on, every new node is watched
(`rushlight.autograd.watching`) and gets a note of the Python stack; the engine calls nodes through
`_checked`, which looks for NaN; and its walk is wrapped in `_guarded_walk`, which finds out where
an error comes from by reading the walk's traceback. When it is off, all three are gone.
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight.autograd import engine
from rushlight.autograd.guards import add_guard, remove_guard
from rushlight.autograd.leaf import accumulator
from rushlight.autograd.node import Node
from rushlight.autograd.state import current_node, node_at
from rushlight.autograd.watching import unwatch, watch
from rushlight.tensor import Tensor, values_of

__all__ = ["detect_anomaly", "set_detect_anomaly"]

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_walk = engine._walk


class _State:
    enabled: bool = False
    check_nan: bool = True


def is_anomaly_enabled() -> bool:
    """Return whether anomaly detection is on."""
    return _State.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Return whether anomaly detection, where it is on, looks for NaN."""
    return _State.check_nan


def set_anomaly_enabled(enabled: bool, check_nan: bool = True) -> None:
    """Switch anomaly detection on or off, for all threads."""
    for i, (name, value) in enumerate((("enabled", enabled), ("check_nan", check_nan))):
        if not isinstance(value, bool):
            raise TypeError(
                f"set_anomaly_enabled(): argument '{name}' (position {i + 1}) must be bool, not "
                f"{type(value).__name__}"
            )
    if enabled != _State.enabled:
        (watch if enabled else unwatch)(_note)
        (add_guard if enabled else remove_guard)(_checked)
        engine._walk = _guarded_walk if enabled else _walk  # type: ignore[assignment]
    _State.enabled = enabled
    _State.check_nan = check_nan


# -- while the graph is recorded -----------------------------------------------------------------


def _note(node: Node) -> None:
    """Note on a new node who recorded it, and which node was being run then, if any."""
    stack = traceback.extract_stack()[:-1]
    lines = traceback.format_list(
        [f for f in stack if not os.path.abspath(f.filename).startswith(_HERE)]
    )
    parent = current_node()
    # Leaves have their nodes from the first use on, for as long as a graph leads to them.
    faces = [accumulator(edge) for edge in node.edges if isinstance(edge, Tensor)]
    node.__dict__["_faces"] = faces
    for new in (node, *faces):
        if "traceback_" not in new.metadata:
            new.metadata["traceback_"] = lines
            if parent is not None:
                new.metadata["parent_"] = parent


# -- while it is run -----------------------------------------------------------------------------


def _checked(
    run: Callable[..., Any], node: Node, g: Any, edges: tuple[Any, ...], graph: bool
) -> Any:
    """Compute a node's cotangents and look for NaN."""
    grads = run(node, g, edges, graph)
    if _State.check_nan:
        for i, grad in enumerate(grads):
            if grad is not None and _has_nan(grad):
                raise RuntimeError(
                    f"Function '{node.name()}' returned nan values in its {i}th output."
                )
    return grads


def _has_nan(grad: Any) -> bool:
    array = values_of(grad) if isinstance(grad, Tensor) else np.asarray(grad)
    return bool(np.isnan(array).any()) if array.dtype.kind in "fcV" else False


def _guarded_walk(*args: Any) -> None:
    """The engine's walk, which on an error says where the node was recorded that it stopped at."""
    try:
        _walk(*args)
    except BaseException as error:
        node = node_at(error)
        if node is not None:
            _tell(node)
        raise


def _tell(node: Node) -> None:
    """Warn with the lines that recorded a node, and those that led to it in earlier passes."""
    lines = node.metadata.get("traceback_")
    if lines is None:
        _warn(_UNKNOWN.format(node.name()))
    else:
        _warn(
            f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n"
            + "".join(lines)
        )
    parent = node.metadata.get("parent_")
    while parent is not None:
        lines = parent.metadata.get("traceback_")
        if lines is None:
            _warn(_UNKNOWN.format(parent.name()))
        else:
            _warn(
                f"\n\nPrevious calculation was induced by {parent.name()}. Traceback of forward "
                "call that induced the previous calculation:\n" + "".join(lines)
            )
        parent = parent.metadata.get("parent_")


_UNKNOWN = (
    "Error detected in {}. No forward pass information available. Enable detect anomaly during "
    "forward pass for more information."
)


def _warn(text: str) -> None:
    """Warn; where warnings are errors, print it, since there is an error on its way already."""
    try:
        warnings.warn(text, UserWarning, stacklevel=5)
    except UserWarning as warning:
        print(f"{type(warning).__name__}: {warning}", file=sys.stderr)


# -- for users -----------------------------------------------------------------------------------


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
