"""Files that are whole or not there: written beside their place, then moved into it."""

from __future__ import annotations

import os
from pathlib import Path

from rushlight.demo.errors import DemoError

__all__ = ["replace"]


def replace(path: Path, content: bytes) -> None:
    """Write a file, or leave the old one as it was and raise DemoError.

    The name beside it has the process's number, so that two runs into one folder do not mix.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            beside.write_bytes(content)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise DemoError(f"cannot write {path}: {error.strerror or error}") from error
