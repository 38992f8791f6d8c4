"""Random programs under PyTorch and Rushlight, a thousand and more: see tests/random_programs."""

from __future__ import annotations

import datetime

import pytest

from tests.random_programs.game import Difference, play, program_of, replay

BLOCK = 50
DEVIATING = (451,)  # "A result of func.grad ..." in docs/deviations.md


@pytest.mark.parametrize("block", range(1000 // BLOCK))
def test_random_programs(block: int) -> None:
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        play(seed)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(1000 // BLOCK, 20_000 // BLOCK))
def test_many_random_programs(block: int) -> None:
    test_random_programs(block)


@pytest.mark.parametrize("part", range(4))
def test_wider_programs(part: int) -> None:
    """A hundred of the second edition's first 600, other ones each day."""
    first = datetime.date.today().toordinal() % 6 * 100 + part * 25
    for seed in range(first, first + 25):
        if seed not in DEVIATING:
            play(seed, edition=2)


def test_a_program_can_be_replayed() -> None:
    text = program_of(7)
    assert text == program_of(7)
    replay(text)


def test_a_difference_is_found() -> None:
    """What only one library has, or does in another way, shows; a program's own error does not."""
    replay("t1 = torch.ones(2)\nt1.no_such_method()\nwith torch.no_grad():\n    t2 = t1 + 1")
    for line in (
        "t1 = torch.ones(2) if torch.__name__ == 'torch' else torch.zeros(2)",
        "t1 = torch.ones(2, requires_grad=torch.__name__ == 'torch')",
        "t1 = torch.ones(2).expand(2 if torch.__name__ == 'torch' else 3, 2)",
        "raise ValueError(torch.__name__)",
        "t1 = torch.ones(2); t1.sin_() if torch.__name__ == 'torch' else t1.sin_().add_(0)",
    ):
        with pytest.raises(Difference):
            replay(line)
