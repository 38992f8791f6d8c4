"""Checkpoints for tests: what is saved, and archives with other records."""

from __future__ import annotations

import io
import zipfile
from collections import Counter, OrderedDict
from typing import Any

KINDS = (
    *("float64", "float32", "float16", "bfloat16", "complex64", "bool"),
    *("int64", "int32", "int16", "int8", "uint8"),
)


def samples(lib: Any) -> dict[str, Any]:
    x = lib.arange(6.0).reshape(2, 3)
    parameter = lib.nn.Parameter(lib.ones(2))
    parameter.note = "hung on"
    noted = lib.ones(1)
    noted.note = [1, 2]
    kinds = (
        "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64 complex128 "
        "uint16 uint32 uint64"
    )
    return {
        **{kind: lib.arange(3).to(getattr(lib, kind)) for kind in kinds.split()},
        "view": x[1],
        "transposed": x.t(),
        "expanded": x[0].expand(4, 3),
        "every other": x[:, ::2],
        "scalar": lib.tensor(3.0),
        "empty": lib.ones(0, 3),
        "parameter": parameter,
        "frozen": lib.nn.Parameter(lib.ones(2), requires_grad=False),
        "leaf": lib.ones(2, requires_grad=True),
        "no leaf": lib.ones(2, requires_grad=True) * 2,
        "noted": noted,
        "buffer": lib.nn.Buffer(lib.ones(2)),
        "conjugate": lib.tensor([1 + 2j]).conj(),
        "dtype": lib.float32,
        "size": x.shape,
        "device": lib.device("cpu"),
        "python": [1, 2.5, None, True, "é", (1, 2), {1, 2}, b"x", 1j, 10**30, -5, bytearray(b"z")],
        "containers": [[], {}, (), OrderedDict(a=[x]), Counter("aab"), set(), {"k": {1: (2,)}}],
    }


def written(lib: Any, obj: Any, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    lib.save(obj, file, **options)
    file.seek(0)
    return file


def changed(file: io.BytesIO, change: Any, skip: str = "-") -> io.BytesIO:
    """An archive with other records."""
    out = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            if not name.endswith(skip):
                new.writestr(name, change(name, old.read(name)))
    out.seek(0)
    return out
