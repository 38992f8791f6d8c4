"""Generators of random numbers: torch's CPU streams, the default one, and their states.

The words come from `rushlight.kernels.streams`, so a program that seeds gets PyTorch's numbers.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterable
from collections.abc import Generator as Iter
from typing import Any, TypeVar, cast

from rushlight.device import device as Device
from rushlight.kernels.streams import DEFAULT_SEED, Stream
from rushlight.ops.outputs import require_device, type_name
from rushlight.tensor import Tensor, wrap

__all__ = [
    "Generator",
    "default_generator",
    "drawn",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
]


def _unpredictable() -> int:
    return int.from_bytes(os.urandom(8), "little")


F = TypeVar("F", bound=Callable[..., Any])


class Generator:
    """A stream of random numbers of its own, equal to that of a ``torch.Generator``.

    >>> import rushlight as torch
    >>> g = torch.Generator().manual_seed(42)
    >>> torch.rand(2, generator=g)
    tensor([0.8823, 0.9150])
    """

    # NumPy's generators take long to import, so the stream waits until it is asked for a number.
    _stream: Stream | None
    _seed: int | None

    def __init__(self, device: Any = "cpu") -> None:
        if device is not None:
            require_device("Generator", device)
        self._stream = None
        self._seed = DEFAULT_SEED

    @property
    def device(self) -> Device:
        """Where the numbers are made: the CPU."""
        return Device("cpu")

    @property
    def stream(self) -> Stream:
        """The words behind the numbers."""
        if self._stream is None:
            self._stream = Stream(self.initial_seed())
        return self._stream

    def initial_seed(self) -> int:
        """Return the seed that the stream started with."""
        if self._stream is not None:
            return self._stream.initial_seed
        if self._seed is None:
            self._seed = _unpredictable()
        return self._seed

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream that belongs to `seed`, and return the generator.

        Raises RuntimeError where `seed` is no int, ValueError outside of [-2**63, 2**64).
        """
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise RuntimeError(f"manual_seed expected a long, but got {type_name(seed)}")
        self.stream.seed(seed)
        return self

    def seed(self) -> int:
        """Start a stream that nobody can foresee, and return its seed."""
        chosen = _unpredictable()
        self.stream.seed(chosen)
        return chosen

    def get_state(self) -> Tensor:
        """Return the place in the stream as a uint8 tensor of 5056 bytes, which PyTorch knows too.

        >>> import rushlight as torch
        >>> g = torch.Generator()
        >>> state = g.get_state()
        >>> first = torch.rand(3, generator=g)
        >>> bool((torch.rand(3, generator=g.set_state(state)) == first).all())
        True
        """
        return wrap(self.stream.get_state())

    def set_state(self, new_state: Any) -> Generator:
        """Go back to a place that `get_state` told, and return the generator."""
        if not isinstance(new_state, Tensor):
            raise TypeError(f"expected a torch.ByteTensor, but got {type_name(new_state)}")
        if not new_state._array.flags.c_contiguous:
            raise RuntimeError("RNG state must be contiguous")
        self.stream.set_state(new_state._array)
        return self

    def clone_state(self) -> Generator:
        """Return another generator at the same place of the same stream."""
        return Generator().set_state(self.get_state())

    def get_offset(self) -> int:
        """Raise the RuntimeError of a generator that isn't a GPU's."""
        raise RuntimeError("CPU Generator does not use offset")

    def set_offset(self, offset: int) -> None:
        """Raise the RuntimeError of a generator that isn't a GPU's."""
        raise RuntimeError("CPU Generator does not use offset")

    def graphsafe_get_state(self) -> Any:
        """Raise the NotImplementedError of a generator that isn't a GPU's."""
        raise NotImplementedError("graphsafe_get_state is not supported in this Generator")

    def graphsafe_set_state(self, state: Any) -> Any:
        """Raise the NotImplementedError of a generator that isn't a GPU's."""
        raise NotImplementedError("graphsafe_set_state is not supported in this Generator")

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.get_state(),)


def _restore(state: Tensor) -> Generator:
    return Generator().set_state(state)


default_generator = Generator()
default_generator._seed = None  # a program that doesn't seed shall not see the same numbers twice


transform: Any = None  # what vmap has to say about random functions, once it was used


def drawn(function: F) -> F:
    """Decorate a function that draws numbers, so that vmap may call it for each example."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if transform is None:
            return function(*args, **kwargs)
        return transform.run(function, args, kwargs)

    return cast(F, call)


def stream_of(generator: Generator | None) -> Stream:
    """The stream of a generator, None for the default one."""
    if transform is not None:
        transform.check()
    return (default_generator if generator is None else generator).stream


def manual_seed(seed: Any) -> Generator:
    """Start the default stream that belongs to `seed`, and return the default generator.

    Negative seeds count from 2**64 down. Raises ValueError outside of [-2**63, 2**64).

    >>> import rushlight as torch
    >>> generator = torch.manual_seed(0)
    >>> torch.rand(3)
    tensor([0.4963, 0.7682, 0.0885])
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Start a default stream that nobody can foresee, and return its seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """Return the seed that the default stream started with."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """Return the place in the default stream as a uint8 tensor."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Go back to a place in the default stream that `get_rng_state` told."""
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng(
    devices: Iterable[Any] | None = None,
    enabled: bool = True,
    _caller: str = "fork_rng",
    _devices_kw: str = "devices",
    device_type: str = "cuda",
) -> Iter[None]:
    """Leave the default stream, after the block, where it was before it.

    >>> import rushlight as torch
    >>> generator = torch.manual_seed(0)
    >>> with torch.random.fork_rng():
    ...     first = torch.rand(2)
    >>> bool((torch.rand(2) == first).all())
    True
    """
    Device(device_type)  # RuntimeError for what is none
    if not enabled:
        yield
        return
    if devices:
        require_device(_caller, device_type)
    state = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(state)
