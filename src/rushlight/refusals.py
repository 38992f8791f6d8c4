"""What PyTorch has and Rushlight doesn't, where programs name it before they use it.

A decorator at the top of a module, or a class that `isinstance` is asked about, must be there for
the program to start at all. Such a name is a function that raises when it is called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

__all__ = ["refused"]


def refused(name: str, why: str) -> Callable[..., NoReturn]:
    """Return the function called `name`, which raises NotImplementedError and says why.

    >>> from rushlight.refusals import refused
    >>> refused("torch.library.define", "there is no registry of operators")()
    Traceback (most recent call last):
    ...
    NotImplementedError: torch.library.define is not in Rushlight: there is no registry of operators
    """

    def function(*args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(f"{name} is not in Rushlight: {why}")

    function.__name__ = function.__qualname__ = name.rpartition(".")[2]
    function.__doc__ = f"Raise NotImplementedError: {why}."
    return function
