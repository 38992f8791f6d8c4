"""The main job: what it writes, how it is interrupted and resumed, and how it fails."""

from __future__ import annotations

import errno
import io
import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

for extra in ("sklearn", "matplotlib", "safetensors", "tqdm"):
    pytest.importorskip(extra, reason="the extra 'demo' is not installed")

from safetensors.numpy import load_file, save_file

from rushlight.cli import main
from rushlight.demo import digits
from rushlight.demo.training import Options, Run, Stop
from rushlight.serialization import files

SMALL = Options(model="mlp", epochs=2, batch_size=256, seed=3)


class After(Stop):
    """Ctrl-C after some looks."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    @property
    def asked(self) -> bool:  # type: ignore[override]
        self.left -= 1
        return self.left <= 0


def weights(run: Run) -> dict[str, np.ndarray[Any, Any]]:
    return {name: t.numpy() for name, t in run.model.state_dict().items()}


def demo(*args: str) -> int:
    return main(["demo", "--quiet", *args])


def failure(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """Run the command, which must fail with status 2 and one line, and return the line."""
    try:
        status = demo(*args)
    except SystemExit as stop:  # argparse's way out
        status = int(stop.code or 0)
    out, err = capsys.readouterr()
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1 and err.startswith("rushlight demo: error: ")
    return err


def test_split_is_fixed_and_whole() -> None:
    train, test = digits.load()
    assert (len(train), len(test)) == (1437, 360)
    images = np.concatenate([s.tensors[0].numpy().reshape(-1, 64) for s in (train, test)])
    from sklearn.datasets import load_digits

    expected = load_digits().data / 16
    assert sorted(map(tuple, images.tolist())) == sorted(map(tuple, expected.tolist()))


def test_what_a_run_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a" / "b"
    assert demo("--model", "mlp", "--epochs", "3", "--out", str(out)) == 0
    said = capsys.readouterr().out
    metrics = json.loads((out / "metrics.json").read_text())
    assert f"{metrics['test_accuracy']:.2%} of 360 test digits" in said
    assert metrics["options"] == {
        "model": "mlp",
        "epochs": 3,
        "lr": 0.002,
        "batch_size": 64,
        "seed": 0,
    }
    assert metrics["parameters"] == 64 * 128 + 128 + 128 * 128 + 128 + 128 * 10 + 10
    assert len(metrics["history"]) == 3
    losses = [epoch["train_loss"] for epoch in metrics["history"]]
    assert losses == sorted(losses, reverse=True)
    assert metrics["history"][-1]["test_accuracy"] == pytest.approx(metrics["test_accuracy"])
    assert metrics["misclassified"] == round(360 * (1 - metrics["test_accuracy"]))
    for picture in ("curves.png", "misclassified.png"):
        assert (out / picture).read_bytes().startswith(b"\x89PNG")
    shapes = {name: a.shape for name, a in load_file(out / "weights.safetensors").items()}
    assert shapes == {
        "1.weight": (128, 64),
        "1.bias": (128,),
        "4.weight": (128, 128),
        "4.bias": (128,),
        "6.weight": (10, 128),
        "6.bias": (10,),
    }


@pytest.mark.parametrize("steps", [1, 5, 6, 7, 11])
def test_resuming_gives_the_same_numbers(tmp_path: Path, steps: int) -> None:
    whole = Run(SMALL)
    whole.train(Stop(), quiet=True)
    first = Run(SMALL)
    first.train(After(steps), quiet=True)
    assert not first.finished
    first.save(tmp_path / "checkpoint.safetensors")
    Run(Options(seed=9, model="mlp"))  # moves the global random stream
    second = Run.resume(tmp_path / "checkpoint.safetensors", {})
    second.train(Stop(), quiet=True)
    for name, value in weights(whole).items():
        np.testing.assert_array_equal(value, weights(second)[name])
    assert whole.progress.history == second.progress.history


def test_seeds_and_only_seeds_make_numbers() -> None:
    def trained(options: Options) -> np.ndarray[Any, Any]:
        run = Run(options)
        run.train(Stop(), quiet=True)
        return weights(run)["6.weight"]

    one, same, other = map(trained, (SMALL, SMALL, replace(SMALL, seed=4)))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-3


def training(out: Path, *args: str, until: str = "epoch 2/400") -> subprocess.Popen[str]:
    """Start the command in a process of its own, and wait until its bar says `until`."""
    command = [sys.executable, "-m", "rushlight", "demo", "--model", "mlp", "--out", str(out)]
    child = subprocess.Popen(
        [*command, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stderr is not None
    text = ""
    while until not in text:
        piece = child.stderr.read(1)
        assert piece, f"ended before its time: {text}"
        text += piece
    return child


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_resume_goes_on(tmp_path: Path, number: int, status: int) -> None:
    out = tmp_path / "a rün"
    child = training(out, "--epochs", "400")
    child.send_signal(number)
    said, err = child.communicate(timeout=60)
    assert child.returncode == status, err
    assert "Traceback" not in err
    assert f"go on with: python -m rushlight demo --resume --out '{out}'" in said
    run = Run.resume(out / "checkpoint.safetensors", {})
    assert run.progress.epoch >= 1 and not run.finished
    before = run.progress.epoch * len(run.loader) + run.progress.step
    run.train(After(3), quiet=True)
    assert run.progress.epoch * len(run.loader) + run.progress.step > before


def test_a_killed_run_goes_on_from_its_last_epoch(tmp_path: Path) -> None:
    child = training(tmp_path, "--epochs", "400", until="epoch 3/400")
    child.kill()
    child.communicate(timeout=60)
    assert [path.name for path in tmp_path.iterdir() if path.name[0] != "."] == [
        "checkpoint.safetensors"
    ]
    run = Run.resume(tmp_path / "checkpoint.safetensors", {})
    assert run.progress.epoch >= 2 and run.progress.step == 0


def test_an_interruption_before_training_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(digits, "load", interrupted)
    assert demo("--out", str(tmp_path)) == 130
    assert capsys.readouterr().err == "Interrupted.\n"


def test_a_run_that_diverges_writes_valid_json(tmp_path: Path) -> None:
    with np.errstate(all="ignore"):
        args = ("--model", "mlp", "--epochs", "1", "--lr", "1e30", "--out", str(tmp_path))
        assert demo(*args) == 0

    def no_json(name: str) -> None:
        raise AssertionError(name)

    text = (tmp_path / "metrics.json").read_text()
    (epoch,) = json.loads(text, parse_constant=no_json)["history"]
    assert epoch["test_loss"] is None


def test_a_disk_that_is_full(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.FileIO):
        def write(self, content: Any) -> int:
            super().write(content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "open", Full, raising=False)
    line = failure(capsys, "--model", "mlp", "--epochs", "1", "--out", str(tmp_path))
    assert f"cannot write {tmp_path / 'checkpoint.safetensors'}: No space left" in line
    assert list(tmp_path.iterdir()) == []


def test_resuming_a_finished_run_reports_again(tmp_path: Path) -> None:
    args = ("--model", "mlp", "--epochs", "1", "--out", str(tmp_path))
    assert demo(*args) == 0
    before = (tmp_path / "weights.safetensors").read_bytes()
    (tmp_path / "curves.png").unlink()
    assert demo(*args, "--resume") == 0
    assert (tmp_path / "curves.png").exists()
    assert (tmp_path / "weights.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    "args, text",
    [
        (["--model", "rnn"], "invalid choice: 'rnn'"),
        (["--epochs", "0"], "0 is not a positive number"),
        (["--epochs", "many"], "invalid count value: 'many'"),
        (["--lr", "nan"], "nan is not a positive number"),
        (["--lr", "-1"], "-1 is not a positive number"),
        (["--batch-size", "9" * 30], "is not a positive number below 2147483648"),
        (["--out", ""], "the folder has no name"),
        (["--batch-size", "-3"], "-3 is not a positive number"),
        (["--seed", "-1"], "-1 is not between 0 and 4294967295"),
    ],
)
def test_wrong_arguments(args: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert text in failure(capsys, *args)


def test_a_folder_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    for out in (tmp_path / "file", tmp_path / "file" / "deeper"):
        line = failure(capsys, "--out", str(out))
        assert f"cannot write to {out}" in line


def test_a_missing_extra(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    line = failure(capsys, "--out", str(tmp_path))
    assert "tqdm is not installed" in line and "pip install 'rushlight[demo]'" in line


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("run") / "checkpoint.safetensors"
    run = Run(SMALL)
    run.train(After(2), quiet=True)
    run.save(path)
    return path.read_bytes()


def test_checkpoints_that_are_no_good(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], checkpoint: bytes
) -> None:
    path = tmp_path / "checkpoint.safetensors"
    resume = ("--resume", "--out", str(tmp_path))
    assert f"there is no checkpoint to resume from: {path}" in failure(capsys, *resume)
    for content in (b"", b"not at all", checkpoint[:1000], checkpoint[:-1], checkpoint[8:]):
        path.write_bytes(content)
        assert f"the checkpoint is broken: {path}" in failure(capsys, *resume)
    save_file({"x": np.zeros(3)}, path)  # somebody else's
    assert f"the checkpoint is broken: {path}" in failure(capsys, *resume)
    path.write_bytes(checkpoint.replace(b'\\"lr\\": 0.002', b'\\"lz\\": 0.002'))
    assert f"the checkpoint is broken: {path}" in failure(capsys, *resume)


def test_a_resumed_run_keeps_its_options(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], checkpoint: bytes
) -> None:
    (tmp_path / "checkpoint.safetensors").write_bytes(checkpoint)
    line = failure(capsys, "--resume", "--out", str(tmp_path), "--batch-size", "32")
    assert "was started with --batch-size 256; it can't go on with --batch-size 32" in line


def test_an_interrupted_write_keeps_the_old_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoint.safetensors"
    run = Run(SMALL)
    run.save(path)
    before = path.read_bytes()

    def broken(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", broken)
    with pytest.raises(KeyboardInterrupt):
        run.save(path)
    assert path.read_bytes() == before


def test_weights_load_into_pytorch(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is the judge here")
    from safetensors.torch import load_file as load_torch

    assert demo("--model", "mlp", "--epochs", "1", "--out", str(tmp_path)) == 0
    nn = torch.nn
    model = nn.Sequential(
        nn.Flatten(),
        nn.Linear(64, 128),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(128, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    ).eval()
    model.load_state_dict(load_torch(tmp_path / "weights.safetensors"))
    images, labels = digits.load()[1].tensors
    with torch.no_grad():
        guesses = model(torch.from_numpy(images.numpy())).argmax(1).numpy()
    accuracy = json.loads((tmp_path / "metrics.json").read_text())["test_accuracy"]
    assert (guesses == labels.numpy()).mean() == pytest.approx(accuracy)


def test_the_convolutional_network_reads_98_percent(tmp_path: Path) -> None:
    assert demo("--out", str(tmp_path)) == 0
    assert json.loads((tmp_path / "metrics.json").read_text())["test_accuracy"] >= 0.98
