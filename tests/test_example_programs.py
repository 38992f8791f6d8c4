"""The examples that are ordinary PyTorch programs: the same losses under both libraries.

Each runs for 100 steps from the same seed as a program of its own, once on Rushlight and once on
PyTorch, and the losses that they print must agree to 1e-4. In float32 two libraries that add in
another order part in the last bit, and some programs let such a difference grow (by
momentum, by ReLUs that switch, by line searches). Those are compared over all 100 steps in float64,
where it has no room to, and in float32 over as many steps as hold.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import rushlight

EXAMPLES = Path(__file__).parent.parent / "examples"

# A program, the flags that make it small, and the steps that agree in float32: 100 where nothing
# is said.
PROGRAMS = [
    pytest.param("digits_cnn", [], 50, id="digits_cnn"),
    pytest.param("polynomial", [], 100, id="polynomial"),
    pytest.param("fast_gradient_sign", [], 100, id="fast_gradient_sign"),
    pytest.param("heat_equation", ["--points", "64"], 100, id="heat_equation"),
    pytest.param("bayesian_logistic", [], 100, id="bayesian_logistic"),
    pytest.param("neural_ode", [], 100, id="neural_ode"),
    pytest.param("reinforce", ["--limit", "30"], 100, id="reinforce"),
    pytest.param("actor_critic", ["--limit", "30"], 100, id="actor_critic"),
    pytest.param("dcgan", ["--width", "8"], 100, id="dcgan"),
    pytest.param("resume", ["--depth", "6"], 100, id="resume"),
    pytest.param("neural_style", ["--size", "32", "--width", "8"], 15, id="neural_style"),
]


def losses(folder: Path, name: str, *flags: str) -> list[float]:
    """The losses that a program prints, one a step, run in an empty folder, which stays empty."""
    env = dict(os.environ, PYTHONPATH=str(Path(rushlight.__file__).parent.parent))
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), "--steps", "100", "--every", "1"]
    done = subprocess.run([*command, *flags], cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert not any(folder.iterdir())
    found = [float(number) for number in re.findall(r"^step \d+: loss (\S+)", done.stdout, re.M)]
    assert len(found) == 100
    return found


@pytest.mark.parametrize(("name", "flags", "horizon"), PROGRAMS)
def test_losses_are_those_of_torch(
    tmp_path: Path, name: str, flags: list[str], horizon: int
) -> None:
    pytest.importorskip("sklearn", reason="the extra 'demo' is not installed")
    pytest.importorskip("torch", reason="PyTorch is the judge here")
    for dtype, steps in (("float32", horizon), ("float64", 100)):
        ours = losses(tmp_path, name, *flags, "--dtype", dtype)
        theirs = losses(tmp_path, name, *flags, "--dtype", dtype, "--library", "torch")
        # The losses are printed with six decimals, of which rounding may change the last.
        assert ours[:steps] == pytest.approx(theirs[:steps], rel=1e-4, abs=1.5e-6)
        if horizon == 100:
            break
