"""Checkpoints: written by one library and read by the other."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rushlight
from rushlight.serialization import safetensors
from tests.checkpoints import KINDS, changed, samples, written
from tests.libraries import LIBRARIES

torch = pytest.importorskip("torch", reason="PyTorch reads and writes the same files")

PAIRS = pytest.mark.parametrize(
    ("writer", "reader"),
    [(rushlight, rushlight), (rushlight, torch), (torch, rushlight)],
    ids=["ours", "for-torch", "from-torch"],
)


@PAIRS
def test_all_kinds_of_things(writer: Any, reader: Any) -> None:
    got, expected = reader.load(written(writer, samples(writer))), samples(reader)
    assert list(got) == list(expected)
    for name, value in expected.items():
        assert repr(got[name]) == repr(value.detach() if name == "no leaf" else value) or (
            name == "no leaf" and got[name].tolist() == value.tolist()
        ), name
        if isinstance(value, reader.Tensor):
            assert got[name].stride() == value.stride(), name
            assert got[name].storage_offset() == value.storage_offset(), name
            assert got[name].is_leaf
    assert got["parameter"].note == "hung on"
    assert got["noted"].note == [1, 2]


@PAIRS
def test_memory_that_is_shared_stays_shared(writer: Any, reader: Any) -> None:
    x = writer.zeros(100)
    a, b, c = reader.load(written(writer, [x[:10], x[5:20], {"x": x}]))
    a[5:] = 7
    assert b[:5].tolist() == [7] * 5
    assert c["x"].sum() == 35
    assert zipfile.ZipFile(written(writer, [x[:10], x])).namelist().count("archive/data/0") == 1


@PAIRS
def test_training_goes_on(writer: Any, reader: Any) -> None:
    """A model, its optimizer and schedule go from one library to the other, and train on."""

    def parts(lib: Any) -> Any:
        lib.manual_seed(0)
        net = lib.nn.Sequential(
            lib.nn.Linear(3, 4), lib.nn.BatchNorm1d(4), lib.nn.ReLU(), lib.nn.Linear(4, 1)
        )
        optimizer = lib.optim.Adam(net.parameters(), lr=0.05)
        return net, optimizer, lib.optim.lr_scheduler.StepLR(optimizer, 2)

    def train(lib: Any, net: Any, optimizer: Any, schedule: Any) -> float:
        x = lib.linspace(-1, 1, 15).reshape(5, 3)
        for _ in range(3):
            optimizer.zero_grad()
            loss = net(x).square().mean()
            loss.backward()
            optimizer.step()
            schedule.step()
        return float(loss)

    first = parts(writer)
    train(writer, *first)
    file = written(writer, [part.state_dict() for part in first])
    second = parts(reader)
    for part, state in zip(second, reader.load(file)):
        part.load_state_dict(state)
    assert train(reader, *second) == pytest.approx(train(writer, *first), rel=1e-5)


@pytest.mark.parametrize("mapped", [False, True])
@PAIRS
def test_paths(writer: Any, reader: Any, mapped: bool, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    x = writer.arange(1000.0)
    for target in (path, str(path)):
        writer.save({"x": x, "half": x[500:].half()}, target)
    loaded = reader.load(path, mmap=mapped, map_location="cpu")
    assert loaded["x"].tolist() == x.tolist()
    assert loaded["half"].dtype == reader.float16
    loaded["x"].fill_(0)  # of this process only
    assert reader.load(str(path))["x"].tolist() == x.tolist()
    assert zipfile.ZipFile(path).namelist()[0] == "weights/data.pkl"
    assert os.listdir(tmp_path) == ["weights.pt"]


def test_records_are_aligned(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    rushlight.save([rushlight.ones(n) for n in (1, 3, 100)], path)
    content = path.read_bytes()
    for info in zipfile.ZipFile(path).infolist():
        lengths = content[info.header_offset + 26 : info.header_offset + 30]
        start = info.header_offset + 30 + sum(np.frombuffer(lengths, "<u2").tolist())
        assert start % 64 == 0


def test_a_model_that_is_allowed() -> None:
    model = rushlight.nn.Sequential(rushlight.nn.Linear(2, 2), rushlight.nn.Tanh())
    file = written(rushlight, model)
    needed = [rushlight.nn.Sequential, rushlight.nn.Linear, rushlight.nn.Tanh]
    with pytest.raises(pickle.UnpicklingError, match=r"GLOBAL torch.nn.modules.container.Seq"):
        rushlight.load(file, weights_only=False)
    file.seek(0)
    names = rushlight.serialization.get_unsafe_globals_in_checkpoint(file)
    modules = "torch.nn.modules"
    assert names == [
        f"{modules}.activation.Tanh",
        f"{modules}.container.Sequential",
        f"{modules}.linear.Linear",
    ]
    file.seek(0)
    with rushlight.serialization.safe_globals(needed):
        loaded = rushlight.load(file)
        assert rushlight.serialization.get_safe_globals() == needed
    assert not rushlight.serialization.get_safe_globals()
    x = rushlight.ones(1, 2)
    assert loaded(x).tolist() == model(x).tolist()


class Point:
    """A class of the program's own."""

    def __init__(self, x: int) -> None:
        self.x = x


class Slotted:
    __slots__ = ("x",)


def test_objects_of_ones_own() -> None:
    slotted = Slotted()
    slotted.x = 5
    file = written(rushlight, [Point(3), defaultdict(list, a=1), range(3), slotted])
    allowed = [Point, defaultdict, list, (range, "__builtin__.xrange"), Slotted]
    with rushlight.serialization.safe_globals(allowed):
        point, table, numbers, slotted = rushlight.load(file)
    assert (point.x, table["a"], table["b"], list(numbers), slotted.x) == (3, 1, [], [0, 1, 2], 5)


@PAIRS
def test_names_of_python_2(writer: Any, reader: Any) -> None:
    """Files have them, whatever writes them."""
    file = written(writer, [range(3), {1}, 2j, bytearray(b"x"), b"ab"])
    unsafe = reader.serialization.get_unsafe_globals_in_checkpoint(file)
    assert unsafe == ["builtins.range"]
    file.seek(0)
    with reader.serialization.safe_globals([range]):
        loaded = reader.load(file)
    assert loaded == [range(3), {1}, 2j, bytearray(b"x"), b"ab"]


class Subclass(rushlight.Tensor):
    """A Tensor of the program's own."""


def test_subclasses() -> None:
    file = written(rushlight, rushlight.ones(2).as_subclass(Subclass))
    with rushlight.serialization.safe_globals([Subclass]):
        assert type(rushlight.load(file)) is Subclass


# -- where things come from ----------------------------------------------------------------------


def moved(file: io.BytesIO, place: bytes) -> io.BytesIO:
    """The file with its storages on another device."""
    text = b"X" + len(place).to_bytes(4, "little") + place
    return changed(file, lambda name, x: x.replace(b"X\x03\0\0\0cpu", text) if "pkl" in name else x)


@pytest.mark.parametrize("library", LIBRARIES)
def test_places(library: Any) -> None:
    file = moved(written(library, library.ones(2)), b"cuda:0")
    seen = []

    def keep(storage: Any, place: str) -> Any:
        seen.append((len(storage), place))
        return storage

    for location in ("cpu", library.device("cpu"), {"cuda:0": "cpu"}, keep):
        file.seek(0)
        assert library.load(file, map_location=location).tolist() == [1, 1]
    assert seen == [(8, "cuda:0")]
    for location in (None, {"cuda:1": "cpu"}, "cuda", lambda storage, place: None):
        file.seek(0)
        with pytest.raises(RuntimeError, match="Attempting to deserialize object on a CUDA device"):
            library.load(file, map_location=location)
    for location in ("nowhere", {"cuda:0": "nowhere"}):
        file.seek(0)
        with pytest.raises(RuntimeError, match=r"don't know how to .*tagged with nowhere"):
            library.load(file, map_location=location)


# -- safetensors ---------------------------------------------------------------------------------


def test_safetensors(tmp_path: Path) -> None:
    tensors = {kind: rushlight.arange(4).to(getattr(rushlight, kind)) for kind in KINDS}
    tensors["transposed"] = rushlight.arange(6.0).reshape(2, 3).t()
    tensors["scalar"] = rushlight.tensor(2.0)
    tensors["empty"] = rushlight.ones(0, 3)
    tensors["parameter"] = rushlight.nn.Parameter(rushlight.ones(2))
    path = tmp_path / "x.safetensors"
    safetensors.save_file(tensors, path, {"epoch": "3"})
    loaded = safetensors.load_file(path)
    theirs = pytest.importorskip("safetensors.torch").load_file(path)
    for name, t in tensors.items():
        assert loaded[name].dtype == t.dtype
        assert loaded[name].tolist() == t.tolist() == theirs[name].tolist()
    loaded["float32"].fill_(1)  # memory of its own
    for wrong in (b"", b"hello", path.read_bytes()[:-1]):
        with pytest.raises(ValueError, match="these are no safetensors"):
            safetensors.load(wrong)
    for tensors in ({"x": 1}, {"x": rushlight.ones(1, dtype=rushlight.complex128)}):
        with pytest.raises(ValueError, match="Key `x` is invalid"):
            safetensors.save(tensors)
