"""The command ``rushlight``, also ``python -m rushlight``."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

__all__ = ["main"]

MISTAKE = 2
INTERRUPTED = 130  # what a shell reports for a command that Ctrl-C ended


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage above it."""

    def error(self, message: str) -> NoReturn:
        self.exit(MISTAKE, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def count(text: str) -> int:
    """A positive integer of a sensible size."""
    number = int(text)
    if not 0 < number < 2**31:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number below 2147483648")
    return number


def seed(text: str) -> int:
    """A non-negative integer."""
    number = int(text)
    if not 0 <= number < 2**32:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 4294967295")
    return number


def rate(text: str) -> float:
    """A positive number."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number


def folder(text: str) -> Path:
    """A folder's name."""
    if not text:
        raise argparse.ArgumentTypeError("the folder has no name")
    return Path(text)


def parser() -> Parser:
    """Describe the commands."""
    from rushlight.version import __version__

    top = Parser(prog="rushlight", description="PyTorch's autograd in pure Python on NumPy.")
    top.add_argument("--version", action="version", version=f"rushlight {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser(
        "demo",
        help="train a network on real handwritten digits",
        description="Train a small network on scikit-learn's 1,797 handwritten digits and write "
        "training curves, misread digits, weights and metrics. Ctrl-C keeps a checkpoint, as does "
        "each epoch.",
    )
    demo.set_defaults(run=run_demo)
    add = demo.add_argument
    add("--model", choices=("mlp", "cnn"), help="what to train (default: cnn)")
    add("--epochs", type=count, help="passes over the training images (default: 20)")
    add("--lr", type=rate, help="learning rate at the start, cosine-annealed (default: 0.002)")
    add("--batch-size", type=count, help="images a step (default: 64)")
    add("--seed", type=seed, help="of the weights, the order and dropout (default: 0)")
    add("--out", type=folder, default=Path("runs/digits"), help="folder (default: runs/digits)")
    add("--resume", action="store_true", help="go on from the checkpoint in the folder")
    add("--quiet", action="store_true", help="no progress bar")
    return top


def run_demo(args: argparse.Namespace) -> int:
    """Train, report, and return the exit status."""
    from rushlight.demo import report
    from rushlight.demo.errors import DemoError, extra
    from rushlight.demo.training import Options, Run, interruptible

    names = ("model", "epochs", "lr", "batch_size", "seed")
    given: dict[str, Any] = {n: getattr(args, n) for n in names if getattr(args, n) is not None}
    saved = args.out / "checkpoint.safetensors"
    try:
        for module in ("tqdm", "matplotlib", "safetensors"):  # rather now than after training
            extra(module)
        _prepare(args.out)
        run = Run.resume(saved, given) if args.resume else Run(Options(**given))
        with interruptible() as stop:
            run.train(stop, quiet=args.quiet, saved=saved)
            run.save(saved)
        if not run.finished:
            at = run.progress
            again = f"{_command()} demo --resume --out {shlex.quote(str(args.out))}"
            print(
                f"Interrupted in epoch {at.epoch + 1} of {run.options.epochs}, step {at.step}. "
                f"Saved {saved}; go on with: {again}"
            )
            return stop.status
        metrics = report.write(run, args.out)
    except DemoError as error:
        print(f"rushlight demo: error: {error}", file=sys.stderr)
        return MISTAKE
    print(
        f"{metrics['test_accuracy']:.2%} of {metrics['test_images']} test digits read right, "
        f"after {metrics['seconds']:.1f} s of training. See {args.out}/: curves.png, "
        "misclassified.png, weights.safetensors, metrics.json"
    )
    return 0


def _command() -> str:
    """How this command was called, for one who goes on with it."""
    return "python -m rushlight" if Path(sys.argv[0]).name == "__main__.py" else "rushlight"


def _prepare(folder: Path) -> None:
    """Make the folder and see that it can be written to, before anything is trained."""
    from rushlight.demo.errors import DemoError

    probe = folder / f".writable.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise DemoError(f"cannot write to {folder}: {error.strerror}") from error


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit status."""
    args = parser().parse_args(argv)
    try:
        status: int = args.run(args)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        status = INTERRUPTED
    return status


if __name__ == "__main__":
    sys.exit(main())
