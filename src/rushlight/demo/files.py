"""Files that are whole or not there, and what the demo says where one can't be written."""

from __future__ import annotations

from pathlib import Path

from rushlight.demo.errors import DemoError
from rushlight.serialization.files import replaced

__all__ = ["replace"]


def replace(path: Path, content: bytes) -> None:
    """Write a file, or leave the old one as it was and raise DemoError."""
    try:
        with replaced(path) as file:
            file.write(content)
    except OSError as error:
        raise DemoError(f"cannot write {path}: {error.strerror or error}") from error
