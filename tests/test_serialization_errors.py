"""Checkpoints that are damaged, malicious or interrupted."""

from __future__ import annotations

import io
import os
import pickle
import pickletools
import random
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.checkpoints import changed, samples, written
from tests.libraries import LIBRARIES

torch = pytest.importorskip("torch", reason="PyTorch reads and writes the same files")

# -- what is wrong -------------------------------------------------------------------------------

good = written(rushlight, {"a": rushlight.ones(3)}).getvalue()


@pytest.mark.parametrize("library", LIBRARIES)
def test_mistakes(library: Any, tmp_path: Path) -> None:
    with pytest.raises(AttributeError, match="expected 'f' to be string, path, or a file-like"):
        library.save(1, 5)
    with pytest.raises(AttributeError, match=r"'int' object has no attribute 'seek'\. You"):
        library.load(5)
    with pytest.raises(RuntimeError, match=r"Parent directory .*no does not exist"):
        library.save(1, tmp_path / "no" / "x.pt")
    with pytest.raises(FileNotFoundError):
        library.load(tmp_path / "x.pt")
    with pytest.raises(EOFError):
        library.load(io.BytesIO())
    with pytest.raises(ValueError, match="f must be a file path in order to use the mmap argument"):
        library.load(io.BytesIO(good), mmap=True)
    x = library.ones(2)
    with pytest.raises(RuntimeError, match="Cannot save multiple tensors or storages that view"):
        library.save([x, x.view(library.int32)], io.BytesIO())
    with pytest.raises((AttributeError, pickle.PicklingError)):
        library.save(lambda: 1, tmp_path / "y.pt")


DAMAGED = {
    "cut": (io.BytesIO(good[:-50]), "failed finding central directory"),
    "begun": (io.BytesIO(good[:300]), "failed finding central directory"),
    "no data": (
        changed(io.BytesIO(good), lambda n, x: x, "data/0"),
        "locating file data/0",
    ),
    "no pickle": (changed(io.BytesIO(good), lambda n, x: x, "data.pkl"), "locating file data.pkl"),
    "no version": (changed(io.BytesIO(good), lambda n, x: x, "/version"), 'hasRecord."version"'),
    "short": (
        changed(io.BytesIO(good), lambda n, x: b"abcd" if n.endswith("data/0") else x),
        r"record size \(4 bytes\) does not match expected size \(12 bytes",
    ),
    "long": (
        changed(io.BytesIO(good), lambda n, x: b"abcd" * 9 if n.endswith("data/0") else x),
        r"record size \(36 bytes\) does not match expected size",
    ),
}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_archives(library: Any, damage: str) -> None:
    file, message = DAMAGED[damage]
    file.seek(0)
    with pytest.raises(RuntimeError, match=message):
        library.load(file)


def test_bits_that_flipped() -> None:
    content = bytearray(good)
    at = content.index(b"\0\0\x80?")
    content[at] ^= 1
    with pytest.raises(RuntimeError, match="Bad CRC-32"):
        rushlight.load(io.BytesIO(bytes(content)))


@pytest.mark.parametrize("order", [b"big", b"little", b"middle"])
def test_byte_orders(order: bytes) -> None:
    x = torch.tensor([1.5, -2.0])
    z = torch.tensor([1 + 2j])

    def change(name: str, content: bytes) -> bytes:
        if name.endswith("byteorder"):
            return order
        if "/data/" in name and order == b"big":
            return np.frombuffer(content, "<f4").astype(">f4").tobytes()
        return content

    file = changed(written(torch, [x, z]), change)
    if order == b"middle":
        with pytest.raises(ValueError, match="Unknown endianness type: middle"):
            rushlight.load(file)
        return
    a, b = rushlight.load(file)
    assert (a.tolist(), b.tolist()) == (x.tolist(), z.tolist())


def test_files_of_random_damage() -> None:
    """Whatever bytes are changed, or gone, it raises an error of ours, or gives the same values."""
    rng = random.Random(0)
    expected = {"a": [1.0, 1.0, 1.0]}
    for _ in range(400):
        content = bytearray(good)
        for _ in range(rng.randint(1, 8)):
            at = rng.randrange(len(content))
            content[at] = rng.randrange(256)
        start = rng.randrange(len(content))
        if rng.random() < 0.3:
            del content[start : rng.choice([start + 9, len(content)])]
        try:
            loaded = rushlight.load(io.BytesIO(bytes(content)))
        except (RuntimeError, pickle.UnpicklingError) as error:
            assert not isinstance(error, NotImplementedError)  # of zipfile
            continue
        except EOFError:
            assert not content
            continue
        assert {k: v.tolist() for k, v in loaded.items()} == expected


def pickled(content: bytes) -> io.BytesIO:
    """A checkpoint with another pickle."""
    return changed(io.BytesIO(good), lambda n, x: content if n.endswith("data.pkl") else x)


def test_pickles_of_random_damage() -> None:
    """With checksums that fit: an object, an UnpicklingError, or a RuntimeError of a storage."""
    rng = random.Random(1)
    archive = written(torch, samples(torch))
    content = zipfile.ZipFile(archive).read("archive/data.pkl")
    outcomes: Counter[str] = Counter()
    for _ in range(400):
        damaged = bytearray(content)
        for _ in range(rng.randint(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        file = changed(archive, lambda n, x, d=bytes(damaged): d if n.endswith("pkl") else x)
        try:
            rushlight.load(file)
            outcomes["value"] += 1
        except (pickle.UnpicklingError, RuntimeError) as error:
            outcomes[type(error).__name__] += 1
    assert outcomes["UnpicklingError"] > 100


class Command:
    """Pickles to a call."""

    def __init__(self, call: Any, *args: Any) -> None:
        self.call, self.args = call, args

    def __reduce__(self) -> Any:
        return self.call, self.args


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    "call",
    [
        (os.system, "touch {}"),
        (eval, "open('{}', 'w')"),
        (exec, "open('{}', 'w')"),
        (open, "{}", "w"),
        (getattr, "x", "upper"),
        (subprocess.check_call, ["touch", "{}"]),
        (__import__, "antigravity"),
    ],
    ids=lambda call: call[0].__name__,
)
def test_no_code_runs(library: Any, call: Any, tmp_path: Path) -> None:
    function, *args = call
    proof = tmp_path / "proof"
    args = [a.format(proof) if isinstance(a, str) else [x.format(proof) for x in a] for a in args]
    file = pickled(pickle.dumps(Command(function, *args), 2))
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        library.load(file)
    assert not proof.exists()


def test_what_else_a_pickle_may_try() -> None:
    """Calls of what it has put together, states of tensors, instructions of other protocols."""
    tensor = zipfile.ZipFile(io.BytesIO(good)).read("archive/data.pkl")
    state = b"}X\x06\0\0\0_arrayK\x01s"
    attempts = [
        b"\x80\x02]K\x01\x85R.",  # a list is called
        b"\x80\x02ctorch\nfloat32\nK\x01\x85R.",  # a dtype is called
        b"\x80\x02K\x01K\x02\x85\x81.",  # a number makes an object
        b"\x80\x02ctorch\nTensor\n)\x81" + state + b"b.",  # a tensor gets a state
        tensor[:-1] + state + b"b.",  # a dict gets one
        b"\x80\x02ctorch\nSize\nK\x05\x85R.",  # a size of a number
        b"\x80\x02K\x01K\x02a.",  # a number is appended to
        b"\x80\x02]K\x01K\x02s.",  # a list gets an item
        b"\x80\x02(K\x01.",  # no end
        b"\x80\x02t.",
        b"\x80\x02h\x05.",  # nothing is remembered there
        b"\x80\x02X\x05\0\0\0storageQ.",
        b"\x80\x02(X\x04\0\0\0fileK\x01K\x01K\x01K\x01tQ.",
        b"I01\n.",
        b"S'x'\n.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
        b"",
        b".",
    ]
    for attempt in attempts:
        with pytest.raises(pickle.UnpicklingError):
            rushlight.load(pickled(attempt))


@pytest.mark.parametrize(
    ("offset", "size", "stride"),
    [(0, (4,), (1,)), (3, (1,), (1,)), (0, (2,), (3,)), (0, (2**40,), (1,)), (-1, (1,), (1,))],
)
def test_tensors_that_look_beyond_their_storage(offset: int, size: Any, stride: Any) -> None:
    """PyTorch 2.13 reads what lies there."""
    content = zipfile.ZipFile(io.BytesIO(good)).read("archive/data.pkl")
    geometry = pickle.dumps((offset, size, stride), 2)[2:-1]
    instructions = [(op.name, at) for op, _, at in pickletools.genops(content)]
    at = next(at for name, at in instructions if name == "BINPERSID") + 1
    end = next(at for name, at in instructions if name == "NEWFALSE")
    unpacked = geometry[: geometry.rindex(b"\x87")]  # without the tuple around
    file = pickled(content[:at] + unpacked + content[end:])
    with pytest.raises((RuntimeError, pickle.UnpicklingError), match=r"out of bounds|offset -1"):
        rushlight.load(file)


def test_what_expands_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        with zipfile.ZipFile(io.BytesIO(good)) as old:
            for name in old.namelist():
                new.writestr(name, old.read(name))
        new.writestr("archive/bomb", bytes(10**7))
    with pytest.raises(RuntimeError, match="it is compressed, which no checkpoint is"):
        rushlight.load(io.BytesIO(out.getvalue()))


def test_nesting_has_no_limit() -> None:
    depth = 100_000
    loaded = rushlight.load(pickled(b"\x80\x02" + b"]" * depth + b"a" * (depth - 1) + b"."))
    for _ in range(depth - 1):
        (loaded,) = loaded
    assert loaded == []


INTERRUPTED = """
import os, signal, sys
import rushlight

class Killer:
    def __reduce__(self):
        os.kill(os.getpid(), signal.SIGKILL)

class Breaker:
    def __reduce__(self):
        raise ValueError("no")

path, how = sys.argv[1:]
if how == "write":  # in the middle of the file
    import zipfile
    write = zipfile.ZipFile.writestr
    def kill(self, info, data):
        if info.filename.endswith("data/0"):
            os.kill(os.getpid(), signal.SIGKILL)
        write(self, info, data)
    zipfile.ZipFile.writestr = kill
rushlight.save([rushlight.zeros(9), {"pickle": Killer, "error": Breaker}.get(how, list)()], path)
"""


@pytest.mark.parametrize("how", ["pickle", "write", "error"])
def test_interrupted_saves_leave_the_old_file(how: str, tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    rushlight.save(rushlight.ones(3), path)
    before = path.read_bytes()
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, path, how], capture_output=True, check=False
    )
    assert ended.returncode != 0
    assert path.read_bytes() == before
