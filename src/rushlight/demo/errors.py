"""What goes wrong before or around training, said in one line."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["DemoError", "extra"]


class DemoError(Exception):
    """A mistake that the user can mend; the command prints it and exits with status 2."""


def extra(name: str) -> Any:
    """Import a module of the extra ``demo``, or say how to get it."""
    try:
        return import_module(name)
    except ImportError as error:
        package = {"sklearn": "scikit-learn"}.get(name.partition(".")[0], name.partition(".")[0])
        raise DemoError(
            f"{package} is not installed; the demo needs it: pip install 'rushlight[demo]'"
        ) from error
