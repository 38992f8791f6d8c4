"""What the sample table holds of every operator: six samples, and three calls that fail."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import rushlight
from tests.samples import ROWS
from tests.samples.row import Row

SAMPLES, ERRORS = 6, 3

# Operators of which there is less to sample, or less that can fail.
REMOVED = "PyTorch has removed it: every call raises the same error"
EXCEPTIONS = dict.fromkeys(("eig", "lstsq", "matrix_rank", "solve", "symeig"), REMOVED)


def operator(row: Row) -> str:
    """The operator of a row: "linalg.lu" of "linalg.lu of complex matrices"."""
    found = re.match(r"[\w.]+", row.path)
    assert found is not None, row.path
    return found[0]


def implementation(path: str) -> Any:
    """What a path names; a path that names nothing, like "getitem", stands for itself."""
    target: Any = rushlight
    for part in path.split("."):
        target = getattr(target, part, path)
    return target


def counts() -> tuple[dict[str, int], dict[str, int]]:
    """Samples and failing calls of each operator. Aliases are one function, and count as one."""
    samples: Counter[int] = Counter()
    errors: Counter[int] = Counter()
    paths = {operator(row) for row in ROWS}
    functions = {path: implementation(path) for path in paths}
    for row in ROWS:
        key = id(functions[operator(row)])
        samples[key] += len(row.calls)
        errors[key] += len(row.errors)
    counted = {row.path for row in ROWS if row.fn is None}
    return tuple({p: c[id(functions[p])] for p in counted} for c in (samples, errors))


def test_every_operator_has_samples_and_errors() -> None:
    samples, errors = counts()
    short = {
        path
        for path in samples
        if path not in EXCEPTIONS and (samples[path] < SAMPLES or errors[path] < ERRORS)
    }
    assert not short, {path: (samples[path], errors[path]) for path in sorted(short)}


def test_exceptions_are_needed() -> None:
    samples, errors = counts()
    for path in EXCEPTIONS:
        assert samples[path] < SAMPLES or errors[path] < ERRORS, path
