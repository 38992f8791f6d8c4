"""The zip archive that a checkpoint is: records under one folder, stored without compression.

Each record's bytes begin at a multiple of 64, so that a mapped file has aligned arrays; a field
``FB`` of padding before them sees to that, as in PyTorch's files.
"""

from __future__ import annotations

import os
import struct
import zipfile
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Reader", "Writer", "corrupt"]

ALIGNMENT = 64
LOCAL_HEADER = 30  # bytes before the name of a record
ZIP64_FIELD = 20

# What `zipfile` raises for damaged archives, all of it meaning the same to us.
DAMAGE = (
    *(zipfile.BadZipFile, OSError, EOFError, ValueError, OverflowError, NotImplementedError),
    struct.error,
)


def corrupt(why: str) -> RuntimeError:
    """The error for an archive that can't be read."""
    return RuntimeError(
        f"PytorchStreamReader failed {why}. If you are seeing this error, there is a high "
        "likelihood that your checkpoint file is corrupted. This can happen if the checkpoint was "
        "not saved properly, was transferred incorrectly, or the file was modified after saving."
    )


class Writer:
    """Write records into a file that is open for writing."""

    def __init__(self, file: Any, folder: str) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        self._folder = folder

    def write(self, name: str, content: bytes | memoryview) -> None:
        """Add a record."""
        path = f"{self._folder}/{name}"
        info = zipfile.ZipInfo(path)
        header = LOCAL_HEADER + len(path.encode()) + 4  # and the padding's own four bytes
        if len(content) * 1.05 > zipfile.ZIP64_LIMIT:  # when zipfile adds its field
            header += ZIP64_FIELD
        assert self._zip.fp is not None
        padding = -(self._zip.fp.tell() + header) % ALIGNMENT
        info.extra = struct.pack("<2sH", b"FB", padding) + b"Z" * padding
        self._zip.writestr(info, content)

    def close(self) -> None:
        """Write the directory at the end."""
        self._zip.close()


class Reader:
    """Read records of an archive in a file; RuntimeError where it is damaged."""

    def __init__(self, file: Any, path: str | None) -> None:
        self._path = path
        file.seek(0, os.SEEK_END)
        self._size = file.tell()
        try:
            self._zip = zipfile.ZipFile(file)
        except DAMAGE as error:
            raise corrupt("reading zip archive: failed finding central directory") from error
        names = self._zip.namelist()
        if not names:
            raise corrupt("reading zip archive: it is empty")
        self._folder = names[0].split("/")[0]

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return f"{self._folder}/{name}" in self._zip.NameToInfo

    def _info(self, name: str) -> zipfile.ZipInfo:
        try:
            info = self._zip.getinfo(f"{self._folder}/{name}")
        except KeyError:
            raise corrupt(f"locating file {name}: file not found") from None
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            raise corrupt(f"reading file {name}: it is compressed, which no checkpoint is")
        if info.header_offset < 0:
            raise corrupt(f"reading file {name}: it begins before the archive")
        if info.header_offset + info.file_size > self._size:
            raise corrupt(f"reading file {name}: it is longer than the archive")
        return info

    def size(self, name: str) -> int:
        """Return the number of bytes of a record."""
        return self._info(name).file_size

    def read(self, name: str) -> NDArray[np.uint8]:
        """Return a record's bytes, after a look at their checksum."""
        info = self._info(name)
        content = np.empty(info.file_size, np.uint8)
        rest = content.data
        try:
            record: Any
            with self._zip.open(info) as record:
                while count := record.readinto(rest):
                    rest = rest[count:]
                if not info.file_size:
                    record.read()
        except DAMAGE as error:
            raise corrupt(f"reading file {name}: {error}") from error
        if len(rest):
            raise corrupt(f"reading file {name}: its end is missing")
        return content

    def map(self, name: str) -> NDArray[np.uint8]:
        """Map a record into memory; what is written there stays in this process."""
        info = self._info(name)
        if not info.file_size:
            return np.empty(0, np.uint8)
        assert self._path is not None
        with open(self._path, "rb") as file:
            file.seek(info.header_offset)
            header = file.read(LOCAL_HEADER)
        lengths = sum(struct.unpack("<2H", header[26:30]))
        start = info.header_offset + LOCAL_HEADER + lengths
        if start + info.file_size > self._size:
            raise corrupt(f"reading file {name}: it is longer than the archive")
        return np.memmap(self._path, np.uint8, "c", start, (info.file_size,))
