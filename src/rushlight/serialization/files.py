"""Files that are whole or not there: written beside their place, then moved into it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

__all__ = ["replaced"]


@contextmanager
def replaced(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes its place when the block ends well; else the old one stays.

    The name beside it has the process's number, so that two processes do not mix.
    """
    path = path.resolve()  # through a link to what it points to
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(beside, "wb") as file:
            yield file
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
