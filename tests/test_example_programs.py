"""The examples that are ordinary PyTorch programs: the same losses under both libraries.

Each runs for 100 steps from the same seed as a program of its own, once on Rushlight and once on
PyTorch. The losses that they print must agree to 1e-4, and what they print besides (texts that a
model writes, pictures that it draws) to the letter, its figures as nearly as they are printed.

Two libraries that add the terms of a sum in different orders part in the last bit, and some
programs let that grow in float32: a ReLU or a maximum of a pool goes the other way, a large rate
carries the weights to and fro, a line search stops elsewhere. Those say how many steps agree in
float32, and run all 100 in float64, whose last bit is too small for it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import rushlight
from tests.samples import of_today

EXAMPLES = Path(__file__).parent.parent / "examples"
TINY_LSTM = ["--width", "32", "--rows", "8", "--letters", "100"]
TINY_GPT = ["--layers", "2", "--width", "32", "--context", "32", "--batch", "8"]
TINY_WORDS = ["--words", "400", "--width", "32", "--read", "100000"]
TINY_WAVES = ["--width", "8", "--waves", "8", "--length", "30"]

# A program, the flags that make it small, and the steps that agree in float32: 100 where nothing
# is said. The figures are what was measured, which differs between processors.
PROGRAMS = [
    pytest.param("digits_cnn", [], 30, id="digits_cnn"),  # ReLUs and pools: 59
    pytest.param("vae", [], 100, id="vae"),
    pytest.param("char_lstm", TINY_LSTM, 100, id="char_lstm"),
    pytest.param("gpt", TINY_GPT, 100, id="gpt"),
    pytest.param("word_model", TINY_WORDS, 50, id="word_model"),  # a rate of 10: 100, just so
    pytest.param("sine_waves", TINY_WAVES, 20, id="sine_waves"),  # line searches: 43
    pytest.param("siamese", [], 100, id="siamese"),
    pytest.param("polynomial", [], 100, id="polynomial"),
    pytest.param("fast_gradient_sign", [], 100, id="fast_gradient_sign"),
    pytest.param("heat_equation", ["--points", "64"], 100, id="heat_equation"),
    pytest.param("bayesian_logistic", [], 100, id="bayesian_logistic"),
    pytest.param("neural_ode", [], 100, id="neural_ode"),
    pytest.param("reinforce", ["--limit", "30"], 100, id="reinforce"),
    pytest.param("actor_critic", ["--limit", "30"], 100, id="actor_critic"),
    pytest.param("dcgan", ["--width", "8"], 20, id="dcgan"),  # ReLUs, large rates: 36 to 100
    pytest.param("resume", ["--depth", "6"], 100, id="resume"),
    # Line searches: 1 to 15.
    pytest.param("neural_style", ["--size", "32", "--width", "8"], 1, id="neural_style"),
]


def run(folder: Path, name: str, *flags: str) -> tuple[list[float], str]:
    """The losses that a program prints, one a step, and the rest of what it says.

    It runs in an empty folder, and leaves it empty.
    """
    env = dict(os.environ, PYTHONPATH=str(Path(rushlight.__file__).parent.parent))
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), "--steps", "100", "--every", "1"]
    done = subprocess.run([*command, *flags], cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert not any(folder.iterdir())
    losses = [float(loss) for loss in re.findall(r"^step \d+: loss (\S+)", done.stdout, re.M)]
    assert len(losses) == 100
    return losses, re.sub(r"^step .*\n", "", done.stdout, flags=re.M)


def split(said: str) -> tuple[list[str], list[float]]:
    """A text's words, and the figures between them."""
    parts = re.split(r"(-?\d+\.\d+(?:e[-+]\d+)?)", said)
    return parts[::2], [float(figure) for figure in parts[1::2]]


@pytest.mark.parametrize(("name", "flags", "horizon"), of_today(PROGRAMS, 4))
def test_losses_are_those_of_torch(
    tmp_path: Path, name: str, flags: list[str], horizon: int
) -> None:
    pytest.importorskip("sklearn", reason="the extra 'demo' is not installed")
    pytest.importorskip("torch", reason="PyTorch is the judge here")
    for dtype, steps in (("float32", horizon), ("float64", 100)):
        ours, said = run(tmp_path, name, *flags, "--dtype", dtype)
        theirs, they_said = run(tmp_path, name, *flags, "--dtype", dtype, "--library", "torch")
        # The losses are printed with six decimals, of which rounding may change the last.
        assert ours[:steps] == pytest.approx(theirs[:steps], rel=1e-4, abs=1.5e-6)
        if steps == 100:
            (words, figures), (their_words, their_figures) = split(said), split(they_said)
            assert words == their_words
            assert figures == pytest.approx(their_figures, rel=1e-3, abs=1.5e-3)
            break
