"""The training loop, and everything of it that has to survive an interruption.

A run that is interrupted and resumed gives the numbers of one that was not: the order of each
epoch's images comes from the seed and the epoch's number, and the checkpoint has the model, the
optimizer, the state of the random stream that dropout draws from, and the place in the epoch.
"""

from __future__ import annotations

import itertools
import math
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

import rushlight as torch
from rushlight import nn
from rushlight.demo import checkpoint, digits
from rushlight.demo.errors import DemoError, extra
from rushlight.tensor import Tensor
from rushlight.utils.data import DataLoader

__all__ = ["Options", "Run", "interruptible"]


@dataclass(frozen=True)
class Options:
    """What decides a run's numbers."""

    model: str = "cnn"
    epochs: int = 20
    lr: float = 2e-3
    batch_size: int = 64
    seed: int = 0


@dataclass
class Progress:
    """Where a run stands: whole epochs, steps of the one begun, and what it has measured."""

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    loss: float = 0.0  # summed over the images of the epoch begun
    right: int = 0
    seen: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


class Stop:
    """Set by the first Ctrl-C or SIGTERM; training looks at it between two steps."""

    asked = False
    status = 0  # what a shell reports for a command that the signal ended


@contextmanager
def interruptible() -> Iterator[Stop]:
    """Turn the first Ctrl-C or SIGTERM into a flag; the second one acts as usual."""
    stop = Stop()

    def handle(number: int, _frame: FrameType | None) -> None:
        stop.asked = True
        stop.status = 128 + number
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        restore()


class Run:
    """A model, its optimizer and how far they are."""

    def __init__(self, options: Options) -> None:
        self.options = options
        torch.manual_seed(options.seed)
        self.model = digits.MODELS[options.model]()
        self.loss_fn = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=options.lr)
        self.scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, options.epochs)
        self.progress = Progress()
        self.train_set, self.test_set = digits.load()
        self.order = torch.Generator()
        self.loader: DataLoader[Any] = DataLoader(
            self.train_set, options.batch_size, shuffle=True, generator=self.order
        )

    @property
    def finished(self) -> bool:
        """Whether all epochs are done."""
        return self.progress.epoch >= self.options.epochs

    # -- training --------------------------------------------------------------------------------
    def train(self, stop: Stop, quiet: bool = False, saved: Path | None = None) -> None:
        """Train to the end, or until `stop` is asked for, with a bar that shows how it goes.

        After each epoch the run is saved as `saved`, if given: what a lost machine leaves.
        """
        at = self.progress
        steps = len(self.loader)
        started = time.perf_counter() - at.seconds
        total = self.options.epochs * steps
        live = sys.stderr.isatty()  # a file gets a line an epoch, no more
        with extra("tqdm").tqdm(
            total=total,
            initial=at.epoch * steps + at.step,
            unit="step",
            disable=quiet,
            mininterval=0.1 if live else math.inf,
            dynamic_ncols=live,
        ) as bar:
            while not self.finished:
                bar.set_description(f"epoch {at.epoch + 1}/{self.options.epochs}")
                for x, y in self._rest_of_epoch():
                    self._step(x, y)
                    bar.set_postfix(self._figures(), refresh=False)
                    bar.update()
                    at.seconds = time.perf_counter() - started
                    if stop.asked and at.step < steps:
                        return
                self._end_epoch()
                if saved is not None:
                    self.save(saved)
                if stop.asked:
                    return

    def _rest_of_epoch(self) -> Iterator[Any]:
        """The batches that the epoch has left, in the order that the seed and its number give."""
        self.order.manual_seed(self.options.seed + 1_000_003 * self.progress.epoch)
        return itertools.islice(self.loader, self.progress.step, None)

    def _step(self, data: Tensor, target: Tensor) -> None:
        self.model.train()
        self.optimizer.zero_grad()
        output = self.model(data)
        loss = self.loss_fn(output, target)
        loss.backward()
        self.optimizer.step()
        at = self.progress
        at.step += 1
        at.seen += len(target)
        at.loss += loss.item() * len(target)
        at.right += int((output.argmax(1) == target).sum())

    def _end_epoch(self) -> None:
        at = self.progress
        loss, predicted = self.evaluate()
        labels = self.test_set.tensors[1]
        at.history.append(
            {
                "train_loss": at.loss / at.seen,
                "train_accuracy": at.right / at.seen,
                "test_loss": loss,
                "test_accuracy": (predicted == labels).sum().item() / len(labels),
                "lr": self.scheduler.get_last_lr()[0],
            }
        )
        self.scheduler.step()
        at.epoch += 1
        at.step = at.seen = at.right = 0
        at.loss = 0.0

    def evaluate(self) -> tuple[float, Tensor]:
        """Return the mean loss on the test set, and the predicted labels (int64)."""
        self.model.eval()
        images, labels = self.test_set.tensors
        with torch.no_grad():
            output = self.model(images)
            return self.loss_fn(output, labels).item(), output.argmax(1)

    def _figures(self) -> dict[str, str]:
        at = self.progress
        figures = {"loss": f"{at.loss / at.seen:.3f}", "acc": f"{at.right / at.seen:.1%}"}
        if at.history:
            figures["test acc"] = f"{at.history[-1]['test_accuracy']:.2%}"
        return figures

    # -- checkpoints -----------------------------------------------------------------------------
    def save(self, path: Path) -> None:
        """Write all that a resumed run needs."""
        moments = self.optimizer.state_dict()
        arrays = {f"model.{name}": t.numpy() for name, t in self.model.state_dict().items()}
        for index, state in moments["state"].items():
            arrays |= {f"optimizer.{index}.{key}": t.numpy() for key, t in state.items()}
        arrays["random"] = torch.get_rng_state().numpy()
        facts = {
            "options": asdict(self.options),
            "progress": asdict(self.progress),
            "groups": moments["param_groups"],
            "scheduler": self.scheduler.state_dict(),
        }
        checkpoint.write(path, arrays, facts)

    @classmethod
    def resume(cls, path: Path, given: dict[str, Any]) -> Run:
        """Continue the run that `path` holds; `given` are the options that the user repeated."""
        arrays, facts = checkpoint.read(path)
        try:
            options = Options(**facts["options"])
            for name, value in given.items():
                if value != getattr(options, name):
                    flag = "--" + name.replace("_", "-")
                    raise DemoError(
                        f"the run in {path.parent} was started with {flag} "
                        f"{getattr(options, name)}; it can't go on with {flag} {value}"
                    )
            run = cls(options)
            run._restore(arrays, facts)
        except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
            text = " ".join(str(error).split())
            raise DemoError(f"the checkpoint is broken: {path} ({text})") from error
        return run

    def _restore(self, arrays: dict[str, np.ndarray[Any, Any]], facts: dict[str, Any]) -> None:
        tensors = {name: torch.from_numpy(a.copy()) for name, a in arrays.items()}
        model = {k.removeprefix("model."): t for k, t in tensors.items() if k.startswith("model.")}
        self.model.load_state_dict(model)
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith("optimizer."):
                _, index, key = name.split(".")
                state.setdefault(int(index), {})[key] = tensor
        self.optimizer.load_state_dict({"state": state, "param_groups": facts["groups"]})
        self.scheduler.load_state_dict(facts["scheduler"])
        self.progress = Progress(**facts["progress"])
        torch.set_rng_state(tensors["random"])
