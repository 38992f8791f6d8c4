"""What a finished run leaves: pictures, weights and figures."""

from __future__ import annotations

import io
import json
import math
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from rushlight.demo import checkpoint
from rushlight.demo.errors import extra
from rushlight.demo.files import replace
from rushlight.demo.training import Run
from rushlight.version import __version__

__all__ = ["write"]

INK = "#1f6f8b"
FLAME = "#e07a1f"
SHOWN = 24  # misclassified digits at the most


def write(run: Run, folder: Path) -> dict[str, Any]:
    """Write curves.png, misclassified.png, weights.safetensors and metrics.json; return these."""
    _, predicted = run.evaluate()
    guesses, labels = predicted.numpy(), run.test_set.tensors[1].numpy()
    wrong = np.flatnonzero(guesses != labels)
    metrics = {
        "options": asdict(run.options),
        "parameters": sum(p.numel() for p in run.model.parameters()),
        "test_accuracy": 1 - len(wrong) / len(labels),
        "test_images": len(labels),
        "misclassified": len(wrong),
        "seconds": round(run.progress.seconds, 2),
        "history": run.progress.history,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "rushlight": __version__,
        },
    }
    weights = {name: t.numpy() for name, t in run.model.state_dict().items()}
    _save(_curves(run.progress.history), folder / "curves.png")
    _save(_misclassified(run, wrong, guesses), folder / "misclassified.png")
    checkpoint.write(folder / "weights.safetensors", weights)
    text = json.dumps(_finite(metrics), indent=2, allow_nan=False)
    replace(folder / "metrics.json", f"{text}\n".encode())
    return metrics


def _finite(value: Any) -> Any:
    """The same for JSON, which has no numbers for what a run that diverged has measured."""
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _save(figure: Any, path: Path) -> None:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    replace(path, buffer.getvalue())


def _figure(width: float, height: float) -> Any:
    """A figure that needs no display."""
    extra("matplotlib")
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _curves(history: list[dict[str, float]]) -> Any:
    ticker = extra("matplotlib.ticker")
    epochs = range(1, len(history) + 1)
    figure = _figure(9, 3.4)
    for place, what, title in ((1, "loss", "Loss"), (2, "accuracy", "Accuracy")):
        axes = figure.add_subplot(1, 2, place)
        for part, colour in (("train", INK), ("test", FLAME)):
            values = [epoch[f"{part}_{what}"] for epoch in history]
            axes.plot(epochs, values, color=colour, label=part, marker="o", markersize=3)
        axes.set(title=title, xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        if what == "loss":
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter("{x:g}")
            axes.yaxis.set_minor_formatter(ticker.LogFormatter(minor_thresholds=(1, 0.4)))
        else:
            axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g}%")
        axes.legend(frameon=False)
    return figure


def _misclassified(run: Run, wrong: Any, guesses: Any) -> Any:
    images, labels = (t.numpy() for t in run.test_set.tensors)
    shown = wrong[:SHOWN]
    columns = 6
    rows = max(1, -(-len(shown) // columns))
    figure = _figure(1.25 * columns, 1.5 * rows + 0.5)
    figure.suptitle(f"{len(wrong)} of {len(labels)} test digits misread", fontsize=11)
    for place, i in enumerate(shown):
        axes = figure.add_subplot(rows, columns, place + 1)
        axes.imshow(images[i, 0], cmap="gray_r")
        axes.set_title(f"{labels[i]} read as {guesses[i]}", fontsize=8)
        axes.axis("off")
    return figure
