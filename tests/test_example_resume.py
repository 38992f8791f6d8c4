"""Training that is cut off: the course is the same wherever the cut, and whoever goes on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import rushlight

pytest.importorskip("sklearn", reason="the extra 'demo' is not installed")

PROGRAM = Path(__file__).parent.parent / "examples" / "resume.py"
STEPS = 12


def losses(*flags: str) -> dict[int, float]:
    """The losses that the program prints, by step."""
    env = dict(os.environ, PYTHONPATH=str(Path(rushlight.__file__).parent.parent))
    small = ["--steps", str(STEPS), "--every", "1", "--depth", "2", "--dtype", "float64"]
    command = [sys.executable, str(PROGRAM), *small, *flags]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = re.findall(r"^step (\d+): loss (\S+)", done.stdout, re.M)
    return {int(step): float(loss) for step, loss in found}


def test_the_cut_does_not_show() -> None:
    early, late = losses("--cut", "3"), losses("--cut", "10")
    assert list(early) == list(range(1, STEPS + 1))
    assert early == late


@pytest.mark.parametrize(("first", "second"), [("rushlight", "torch"), ("torch", "rushlight")])
def test_the_other_library_goes_on(tmp_path: Path, first: str, second: str) -> None:
    pytest.importorskip("torch", reason="PyTorch is the judge here")
    kept = ("--checkpoint", str(tmp_path / "run.pt"), "--cut", "5")
    whole = losses(*kept, "--library", first)
    rest = losses(*kept, "--library", second)
    assert list(rest) == list(range(6, STEPS + 1))
    assert rest == pytest.approx({step: whole[step] for step in rest}, abs=1.5e-6)
