"""Programs that import torch and run on Rushlight."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import rushlight
rushlight.as_torch()
rushlight.as_torch()

import importlib
import pickle
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.nn.modules.linear
import torch.optim.lr_scheduler as schedules
from torch import Tensor, optim
from torch.autograd import Function, grad
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, TensorDataset

assert torch is rushlight and nn is rushlight.nn and Tensor is rushlight.Tensor
assert sys.modules["torch.nn.modules.linear"] is rushlight.nn.modules.linear
assert rushlight.__spec__.name == "rushlight" and nn.__spec__.name == "rushlight.nn"
assert importlib.import_module("torch.utils.data") is rushlight.utils.data
assert type(pickle.loads(pickle.dumps(torch.ones(2)))) is torch.Tensor

torch.manual_seed(0)
data = TensorDataset(torch.randn(32, 3), torch.randint(0, 2, (32,)))
model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
optimizer = optim.Adam(model.parameters(), lr=0.1)
schedule = schedules.StepLR(optimizer, 1)
for x, y in DataLoader(data, 8, shuffle=True):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
schedule.step()
print(round(loss.item(), 4))
"""


def run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "program.py"
    path.write_text(program)
    return subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)


def test_a_program(tmp_path: Path) -> None:
    ours = run(PROGRAM, tmp_path)
    assert ours.returncode == 0, ours.stderr
    pytest.importorskip("torch", reason="PyTorch is the judge here")
    kept = [line for line in PROGRAM.split("\n") if "rushlight" not in line]
    theirs = run("\n".join(kept), tmp_path)
    assert theirs.returncode == 0, theirs.stderr
    assert ours.stdout == theirs.stdout


def test_what_is_not_there(tmp_path: Path) -> None:
    program = "import rushlight\nrushlight.as_torch()\n"
    ended = run(program + "import torch.nowhere.at_all", tmp_path)
    assert "No module named 'torch.nowhere" in ended.stderr
    ended = run(program + "from torch import nothing", tmp_path)
    assert "cannot import name 'nothing' from 'rushlight'" in ended.stderr


def test_too_late(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("")
    ended = run("import torch\nimport rushlight\nrushlight.as_torch()", tmp_path)
    assert "RuntimeError: as_torch() must be called before torch is imported" in ended.stderr
