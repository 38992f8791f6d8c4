"""The names of PyTorch's DataPipes, which are not here: whoever uses them is told so."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = [
    "DFIterDataPipe",
    "DataChunk",
    "IterDataPipe",
    "MapDataPipe",
    "argument_validation",
    "functional_datapipe",
    "guaranteed_datapipes_determinism",
    "non_deterministic",
    "runtime_validation",
    "runtime_validation_disabled",
]


class _Refused:
    """Raises NotImplementedError when it is called, used as a decorator, or subclassed."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        named = cls.__bases__[0]
        if named is not _Refused:
            _refuse(named.__name__)

    def __new__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise the error."""
        _refuse(cls.__name__)


def _refuse(name: str) -> NoReturn:
    raise NotImplementedError(
        f"utils.data.{name}: Rushlight has no DataPipes, which PyTorch no longer develops; write a "
        "Dataset or an IterableDataset"
    )


class IterDataPipe(_Refused):
    """Not available."""


class MapDataPipe(_Refused):
    """Not available."""


class DFIterDataPipe(_Refused):
    """Not available."""


class DataChunk(_Refused):
    """Not available."""


class functional_datapipe(_Refused):
    """Not available."""


class guaranteed_datapipes_determinism(_Refused):
    """Not available."""


class non_deterministic(_Refused):
    """Not available."""


class argument_validation(_Refused):
    """Not available."""


class runtime_validation(_Refused):
    """Not available."""


class runtime_validation_disabled(_Refused):
    """Not available."""
