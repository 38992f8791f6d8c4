"""A deep network whose training is cut off half-way, and goes on as if nothing had happened.

    python examples/resume.py
    python examples/resume.py --checkpoint run.pt

Weights, optimizer, schedule and random numbers go through ``torch.save`` and ``torch.load``; a file
that is there is gone on from, whichever library wrote it. The other kind of checkpoint is in the
blocks of the deep network: ``torch.utils.checkpoint`` keeps the input of each only, and computes
its inside again in the backward pass.
"""

import tempfile
from pathlib import Path

import libraries
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.checkpoint import checkpoint


class Block(nn.Module):
    """Adds a correction to what it is given, so that depth does no harm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inside = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(),
            nn.Dropout(0.1), nn.Linear(width, width),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + checkpoint(self.inside, x, use_reentrant=False)


def train(path: Path, end: int, steps: int, every: int, depth: int) -> None:
    """Train to step `end` of `steps`, from the file on if there is one; leave one if cut off."""
    digits = load_digits()
    x = torch.tensor(digits.data, dtype=torch.get_default_dtype()) / 16
    y = torch.from_numpy(digits.target)
    model = nn.Sequential(
        nn.Linear(64, 32), *[Block(32) for _ in range(depth)], nn.LayerNorm(32), nn.Linear(32, 10)
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps + 1)
    begin = 0
    if path.exists():
        state = torch.load(path)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        scheduler.load_state_dict(state["scheduler"])
        torch.set_rng_state(state["random"])
        begin = state["step"]

    for step in range(begin + 1, end + 1):
        batch = torch.randint(len(x), (64,))
        loss = F.cross_entropy(model(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        if step % every == 0:
            print(f"step {step}: loss {loss.item():.6f}")

    if end < steps:
        state = {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
            "random": torch.get_rng_state(),
            "step": end,
        }
        torch.save(state, path)
        print(f"cut off after step {end}: all but the file is forgotten")


if __name__ == "__main__":
    parser = libraries.arguments(__doc__, steps=300, every=20)
    parser.add_argument("--depth", type=int, default=16, help="blocks")
    parser.add_argument("--cut", type=int, help="the last step before the cut (half of the steps)")
    parser.add_argument("--checkpoint", type=Path, help="a file to keep (a temporary one)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = args.checkpoint or Path(folder) / "half-way.pt"
        course = (args.steps, args.every, args.depth)
        if not path.exists():
            torch.manual_seed(args.seed)
            train(path, args.cut or args.steps // 2, *course)
        train(path, args.steps, *course)
