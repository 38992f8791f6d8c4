"""The stream of random words behind every random number: torch's CPU generator, spun by NumPy.

Both PyTorch and NumPy keep a Mersenne twister (mt19937) and seed it the same way from 32 bits, so
NumPy's C code yields PyTorch's words; this file adds PyTorch's reading of them. What a word becomes
is the business of the samplers; the only thing they share beside the words is the second half of
the last Box-Muller pair, kept here because PyTorch saves it with the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from numpy.random import MT19937, RandomState

DEFAULT_SEED = 67280421310721

STATE_WORDS = 624

STATE = np.dtype(
    [
        ("seed", "<u8"),
        ("left", "<i4"),  # words before the next twist, plus one
        ("seeded", "<i4"),
        ("next", "<u8"),
        ("words", "<u8", STATE_WORDS),
        ("normal_x", "<f8"),
        ("next_normal", "<f8"),
        ("normal_rho", "<f8"),
        ("has_normal", "<i4"),
        ("padding", "<i4"),
        ("next_float_normal", "<f4"),
        ("has_float_normal", "<i4"),
    ]
)
"""The 5056 bytes of ``torch.get_rng_state()``; PyTorch fills the last two fields with zeros."""

# Words are drawn in blocks that stay in the second-level cache, and that malloc hands out again.
BLOCK = 1 << 15

_LOW_24 = np.array((1 << 24) - 1, np.int32)
_LOW_53 = np.array((1 << 53) - 1, np.uint64)
_HALF_WORD = np.array(32, np.uint64)
_TO_UNIT_32 = np.array(2.0**-24, np.float32)
_TO_UNIT_64 = np.array(2.0**-53, np.float64)


class Stream:
    """A position in a stream of 32-bit words, equal to that of a ``torch.Generator`` on the CPU.

    Every draw moves the position by exactly as many words as PyTorch's does, so two programs that
    make the same calls stay in step whatever the mix.

    >>> stream = Stream(42)
    >>> stream.random_raw32(3)
    array([1608637542, 3421126067, 4083286876], dtype=uint32)
    >>> state = stream.get_state()
    >>> first = stream.unit64(2)
    >>> stream.set_state(state)
    >>> bool((stream.unit64(2) == first).all())
    True
    """

    __slots__ = ("_engine", "_seeder", "initial_seed", "next_normal")

    _engine: MT19937
    _seeder: RandomState
    initial_seed: int
    next_normal: float | None

    def __init__(self, seed: int = DEFAULT_SEED) -> None:
        # `import numpy` leaves numpy.random out, and it costs 20 ms: paid by the first stream.
        from numpy.random import MT19937, RandomState

        self._engine = MT19937(0)
        self._seeder = RandomState(self._engine)
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Start the stream that ``torch.manual_seed(seed)`` starts.

        ``seed`` lies in [-2**63, 2**64); a negative one stands for ``seed + 2**64``. Only its low
        32 bits choose the stream. Outside of that: ``ValueError``.
        """
        if not -(1 << 63) <= seed < 1 << 64:
            raise ValueError("Overflow when unpacking long long")
        self.initial_seed = seed & ((1 << 64) - 1)
        self._seeder.seed(self.initial_seed & 0xFFFFFFFF)
        self.next_normal = None

    def raw(self, count: int) -> NDArray[np.uint64]:
        """The next ``count`` words, each in 64 bits: the form in which NumPy hands them out."""
        return self._engine.random_raw(count)

    def random_raw32(self, count: int) -> NDArray[np.uint32]:
        """The next ``count`` words."""
        return self._fill(np.empty(count, np.uint32), self.raw)

    def random64(self, count: int) -> NDArray[np.uint64]:
        """The next ``2 * count`` words in pairs, the first of a pair on top."""
        return self._fill(np.empty(count, np.uint64), self._pairs)

    def unit32(self, count: int) -> NDArray[np.float32]:
        """``count`` float32 in [0, 1): the low 24 bits of a word each."""
        return self._fill(np.empty(count, np.float32), self._unit32)

    def unit64(self, count: int) -> NDArray[np.float64]:
        """``count`` float64 in [0, 1): the low 53 bits of two words each."""
        return self._fill(np.empty(count, np.float64), self._unit64)

    def _fill(self, out: NDArray[Any], draw: Callable[[int], NDArray[Any]]) -> NDArray[Any]:
        for block in blocks(out):
            block[...] = draw(len(block))
        return out

    def _pairs(self, count: int) -> NDArray[np.uint64]:
        words = self.raw(2 * count)
        pairs = words[0::2] << _HALF_WORD
        pairs |= words[1::2]
        return pairs

    def _unit32(self, count: int) -> NDArray[np.float32]:
        units = low24(self.raw(count)).astype(np.float32)
        units *= _TO_UNIT_32
        return units

    def _unit64(self, count: int) -> NDArray[np.float64]:
        pairs = self._pairs(count)
        pairs &= _LOW_53
        units = pairs.view(np.int64).astype(np.float64)  # signed: the conversion has an instruction
        units *= _TO_UNIT_64
        return units

    def mark(self) -> tuple[Any, ...]:
        """The state as it is held, for `return_to`: quicker than the bytes that PyTorch knows."""
        return self._engine.state, self.initial_seed, self.next_normal

    def return_to(self, mark: tuple[Any, ...]) -> None:
        """Go back to where `mark` was called."""
        self._engine.state, self.initial_seed, self.next_normal = mark

    def get_state(self) -> NDArray[np.uint8]:
        """The state as the 5056 bytes of ``torch.get_rng_state()``."""
        engine: Any = self._engine.state["state"]
        used = int(engine["pos"])
        state = np.zeros(1, STATE)
        state["seed"] = self.initial_seed
        state["left"] = STATE_WORDS + 1 - used
        state["seeded"] = 1
        state["next"] = 0 if used == STATE_WORDS and self._is_fresh(engine["key"]) else used
        state["words"] = engine["key"]
        if self.next_normal is not None:
            state["next_normal"] = self.next_normal
            state["has_normal"] = 1
        return state.view(np.uint8)

    def _is_fresh(self, key: NDArray[np.uint32]) -> bool:
        # A seeded twister and one that has used up its words both wait for the next twist. PyTorch
        # writes the first down as position 0, NumPy both as 624; the words tell them apart.
        from numpy.random import RandomState

        seeded: Any = RandomState(self.initial_seed & 0xFFFFFFFF).get_state(legacy=False)
        return bool((seeded["state"]["key"] == key).all())

    def set_state(self, state: NDArray[np.uint8]) -> None:
        """Go to a state that :meth:`get_state` or ``torch.get_rng_state()`` gave.

        ``state`` is a uint8 array of 5056 bytes. Raises ``TypeError`` for another dtype and
        ``RuntimeError`` for another size or for bytes that are no state, and then changes nothing.
        """
        if state.dtype != np.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        if state.size != STATE.itemsize:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {STATE.itemsize} but found the input "
                f"RNG state size to be {state.size}"
            )
        fields = np.ascontiguousarray(state).reshape(-1).view(STATE)[0]
        left, used = int(fields["left"]), int(fields["next"])
        # PyTorch checks the two counters singly; every state it writes has them agree as here.
        waiting = left == 1 and used in (0, STATE_WORDS)
        inside = 1 < left <= STATE_WORDS and left + used == STATE_WORDS + 1
        if fields["seeded"] != 1 or not (waiting or inside):
            raise RuntimeError("Invalid mt19937 state")
        self._engine.state = {
            "bit_generator": "MT19937",
            "state": {
                "key": fields["words"].astype(np.uint32),
                "pos": STATE_WORDS + 1 - left,
            },
        }
        self.initial_seed = int(fields["seed"])
        self.next_normal = float(fields["next_normal"]) if fields["has_normal"] else None


def blocks(flat: NDArray[Any], size: int = BLOCK) -> Iterator[NDArray[Any]]:
    """Views of the one-dimensional ``flat``, at most ``size`` long, that cover it in order."""
    for start in range(0, len(flat), size):
        yield flat[start : start + size]


def low24(words: NDArray[np.uint64]) -> NDArray[np.int32]:
    """The bits of a word that become a float32 in [0, 1)."""
    bits = words.astype(np.int32)
    bits &= _LOW_24
    return bits
