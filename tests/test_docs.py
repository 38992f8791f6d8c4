"""Every Python block of the README and the pages runs, in order, in one namespace a page.

What a line says it prints, in a comment ``print(...)  # text``, is what it prints.
"""

from __future__ import annotations

import io
import re
import textwrap
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

import rushlight

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^( *)```python\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
SAYS = re.compile(r"^print\(.*\)  # (.+)$")


def blocks(page: Path) -> list[str]:
    return [textwrap.dedent(block) for _, block in BLOCK.findall(page.read_text())]


def promised(block: str) -> list[str]:
    """What the comments behind print say; "..." stands for any text."""
    return [m[1] for line in block.splitlines() if (m := SAYS.match(line))]


def matches(printed: str, expected: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in expected.split("..."))
    return re.fullmatch(pattern, printed) is not None


@pytest.mark.parametrize(
    "page", [p for p in PAGES if blocks(p)], ids=lambda p: str(p.relative_to(ROOT))
)
def test_page(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rushlight.manual_seed(0)
    names: dict[str, Any] = {"__name__": "page"}
    for number, block in enumerate(blocks(page)):
        said = io.StringIO()
        with redirect_stdout(said):
            exec(compile(block, f"{page.name}, block {number}", "exec"), names)
        printed = said.getvalue().splitlines()
        for expected in promised(block):
            assert any(matches(line, expected) for line in printed), (expected, printed)
