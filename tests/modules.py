"""What the tests of modules share: a module with everything."""

from __future__ import annotations

from typing import Any


def net(lib: Any) -> Any:
    """A module with everything: nested, shared and absent members."""
    nn = lib.nn

    class Inner(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(lib.arange(3.0))
            self.register_parameter("nothing", None)
            self.register_buffer("mean", lib.zeros(2))
            self.register_buffer("scratch", lib.ones(1), persistent=False)

        def forward(self, x: Any) -> Any:
            return x * self.weight

        def extra_repr(self) -> str:
            return "size=3"

    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = Inner()
            self.second = self.first
            self.tied = nn.Linear(3, 3)
            self.tied.weight = nn.Parameter(lib.ones(3, 3))
            self.again = nn.Linear(3, 3, bias=False)
            self.again.weight = self.tied.weight
            self.void = None
            self.register_module("gone", None)
            self.scale = nn.Parameter(lib.tensor(2.0))
            self.count = nn.Buffer(lib.tensor(0))

    return Outer()
