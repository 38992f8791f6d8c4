"""A run on disk: one ``.safetensors`` file with all tensors, and the rest as JSON in its header.

The format is safetensors' (https://github.com/huggingface/safetensors), so any reader of it can
look inside.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rushlight.demo.errors import DemoError, extra
from rushlight.demo.files import replace

__all__ = ["Arrays", "read", "write"]

Arrays = Mapping[str, np.ndarray[Any, Any]]


def write(path: Path, arrays: Arrays, facts: Mapping[str, Any] | None = None) -> None:
    """Write arrays and what JSON can say of them; an interrupted write leaves the old file."""
    header = None if facts is None else {"rushlight": json.dumps(facts)}
    contiguous = {name: np.ascontiguousarray(a).reshape(a.shape) for name, a in arrays.items()}
    replace(path, extra("safetensors.numpy").save(contiguous, header))


def read(path: Path) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any]]:
    """Return the arrays and the facts of a checkpoint. Raises DemoError for a broken one."""
    safetensors = extra("safetensors")
    if not path.exists():
        raise DemoError(f"there is no checkpoint to resume from: {path}")
    try:
        with safetensors.safe_open(path, "np") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            facts = json.loads((file.metadata() or {})["rushlight"])
    except (OSError, KeyError, ValueError, safetensors.SafetensorError) as error:
        raise DemoError(f"the checkpoint is broken: {path} ({_line(error)})") from error
    return arrays, facts


def _line(error: Exception) -> str:
    """An error's text on one line."""
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]!r} in its header"
    return " ".join(str(error).split()) or type(error).__name__
