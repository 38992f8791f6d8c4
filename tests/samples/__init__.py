"""The sample table: every module here has ``ROWS``, one row an operator."""

from __future__ import annotations

import datetime
import importlib
import os
import pkgutil
from typing import Any

from tests.samples.row import Call, Row

ROWS: list[Row] = [
    row
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__))
    if module not in ("row", "common")
    for row in importlib.import_module(f"{__name__}.{module}").ROWS
]

SAMPLES: list[tuple[Row, Call]] = [(row, sample) for row in ROWS for sample in row.calls]
ERRORS: list[tuple[Row, Call]] = [(row, sample) for row in ROWS for sample in row.errors]


def of_today(cases: list[Any], parts: int = 8) -> list[Any]:
    """The part of a long sweep that a day looks at; all with ``RUSHLIGHT_SWEEPS=all``."""
    if os.environ.get("RUSHLIGHT_SWEEPS") == "all":
        return cases
    return cases[datetime.date.today().toordinal() % parts :: parts]


def name(pair: tuple[Row, Call]) -> str:
    """The test id of a sample."""
    return f"{pair[0].path}({pair[1]})"
