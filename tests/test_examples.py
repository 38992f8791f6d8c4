"""The examples do what they say, each as a program of its own in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import rushlight

EXAMPLES = Path(__file__).parent.parent / "examples"
SHARED = ("libraries", "texts", "cartpole")  # what programs import
NUMBER = r"(-?\d+\.\d+)"


def program(tmp_path: Path, name: str, *args: str) -> str:
    """Run an example; return what it prints."""
    env = dict(os.environ, PYTHONPATH=str(Path(rushlight.__file__).parent.parent))
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), *args]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert not any(tmp_path.iterdir())  # and it leaves nothing behind
    return done.stdout


def numbers(pattern: str, text: str) -> list[float]:
    """The numbers that a pattern's groups find, in order; at least one."""
    found = [float(group) for match in re.finditer(pattern, text) for group in match.groups()]
    assert found, text
    return found


def test_every_example_is_listed_and_short() -> None:
    listed = (EXAMPLES / "README.md").read_text()
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_example*.py"))
    for path in EXAMPLES.glob("*.py"):
        assert f"](../examples/{path.name})" in listed
        assert len(path.read_text().splitlines()) < 120
        if path.stem not in SHARED:
            assert f"def test_{path.stem}" in tests or f'id="{path.stem}"' in tests


def test_linear_regression_from_scratch(tmp_path: Path) -> None:
    said = program(tmp_path, "linear_regression_from_scratch")
    slope, offset = numbers(f"descent: y = {NUMBER} x ([+-][0-9.]+)", said)
    assert [slope, offset] == numbers(f"algebra: y = {NUMBER} x ([+-][0-9.]+)", said)
    assert abs(slope - 3) < 0.1 and abs(offset + 0.5) < 0.1


def test_digits(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="the extra 'demo' is not installed")
    said = program(tmp_path, "digits", "--epochs", "8")
    losses = numbers(f"loss {NUMBER}", said)
    assert len(losses) == 8 and losses[-1] < 0.25 < 2 < losses[0]
    assert numbers(f"accuracy {NUMBER}", said)[0] > 0.93


def test_digits_gives_the_same_losses_under_torch(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="the extra 'demo' is not installed")
    pytest.importorskip("torch", reason="PyTorch is the judge here")
    ours = program(tmp_path, "digits", "--epochs", "2")
    theirs = program(tmp_path, "digits", "--epochs", "2", "--library", "torch")
    assert numbers(f"loss {NUMBER}", ours) == pytest.approx(
        numbers(f"loss {NUMBER}", theirs), abs=1e-3
    )
    assert numbers(f"accuracy {NUMBER}", ours) == pytest.approx(
        numbers(f"accuracy {NUMBER}", theirs), abs=0.01
    )


def test_char_model(tmp_path: Path) -> None:
    said = program(tmp_path, "char_model", "--steps", "300", "--letters", "50")
    (loss,) = numbers(f"on text that it never saw {NUMBER}", said)
    (chance,) = numbers(f"by chance {NUMBER}", said)
    assert loss < 0.65 * chance
    assert len(said.partition(f"never saw {loss:.3f}\n")[2]) == 51  # the letters and a line break


def test_scipy_minimize(tmp_path: Path) -> None:
    said = program(tmp_path, "scipy_minimize", "--atoms", "5")
    blind, without, exact, with_them = numbers(rf"energy {NUMBER} after (\d+)", said)
    assert exact == pytest.approx(-9.103852, abs=1e-5)  # the known minimum of five atoms
    assert exact <= blind + 1e-6 and with_them < without / 5
    assert "of 15 directions 6 cost nothing" in said
    assert numbers(f"stiffness {NUMBER}", said)[0] > 1


def test_pendulum(tmp_path: Path) -> None:
    said = program(tmp_path, "pendulum", "--rounds", "60", "--steps", "40")
    errors = numbers(f"error {NUMBER}", said)
    assert errors[-1] < 0.1 * errors[0]
    length, friction = numbers(f"length {NUMBER} m .* friction {NUMBER} /s", said)
    assert abs(length - 1.7) < 0.1 and abs(friction - 0.3) < 0.1


def test_custom_function(tmp_path: Path) -> None:
    said = program(tmp_path, "custom_function")
    assert "LambertWBackward" in said
    assert re.search(r"first derivative: +True\nsecond derivative: +True\n", said)
    assert re.search(r"with a mistake: +Jacobian mismatch for output 0", said)
    assert numbers(rf"w \* exp\(w\) +\[{NUMBER}, {NUMBER}", said) == pytest.approx([0.1, 1.0])


def test_look_inside(tmp_path: Path) -> None:
    lines = program(tmp_path, "look_inside", "(a @ b + a.exp()).sum()").splitlines()
    assert lines == [
        "(a @ b + a.exp()).sum()",
        "  SumBackward0",
        "    AddBackward0",
        "      MmBackward0",
        "        leaf a of shape (3, 3)",
        "        leaf b of shape (3, 3)",
        "      ExpBackward0",
        "        leaf a of shape (3, 3)",
    ]
    assert "MulBackward0 (see above)" in program(tmp_path, "look_inside")


def test_memory_for_time(tmp_path: Path) -> None:
    said = program(tmp_path, "memory_for_time")
    plain, checkpointed, selective = numbers(f"peak +{NUMBER} MB", said)
    assert checkpointed < selective < plain
    assert checkpointed < plain / 2
    assert len(set(numbers(f"gradient {NUMBER}", said))) == 1
    rows = [line.split("  ")[-2].strip() for line in said.splitlines() if "aten::linear" in line]
    assert rows == ["66"]  # 36 layers, and 30 of them again
