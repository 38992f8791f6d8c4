"""Fourier transforms."""

from __future__ import annotations

from itertools import starmap
from typing import Any

from tests.samples.row import Call, I, Row, T, call

REAL = ("float32", "float64", "int64", "bool", "uint8")
ALL = (*REAL, "complex64", "complex128", "float16")
NORMS = ("forward", "backward", "ortho")
CLOSE: dict[str, Any] = {"rtol32": 1e-5}


def z(torch: Any, x: Any) -> Any:
    """A complex tensor, from a real one with a last dimension of two."""
    return torch.complex(x[..., 0], x[..., 1])


def of_complex(name: str, *calls: Call) -> Row:
    """A row of a function of complex tensors, made of real ones."""
    short = name.rpartition(".")[2]
    run = lambda torch, x, *args, **kwargs: getattr(torch.fft, short)(z(torch, x), *args, **kwargs)
    return Row(f"{name} of complex numbers", list(calls), fn=run)


ONE = [
    call(T(8)),
    call(T(7)),
    call(T(2)),
    call(T(3, 4)),
    call(T(3, 4), 6),
    call(T(3, 4), 3),
    call(T(3, 5), dim=0),
    call(T(2, 3, 4), 5, 1),
    call(T(2, 3, 4), n=2, dim=-2),
    *[call(T(2, 5), norm=norm) for norm in NORMS],
    *[call(T(4), 6, 0, norm) for norm in NORMS],
]
BAD = [
    call(T(8), n=0),
    call(T(8), n=-5),
    call(T(8), dim=1),
    call(T(8), norm="x"),
    call(T(8), norm=3),
    call(T()),
    call(T(0)),
    call(3),
    call(T(8), n=1.5),
    call(T(4, dtype="float16")),
]
SEVERAL = [
    call(T(3, 4)),
    call(T(5)),
    call(T(2, 3, 4)),
    call(T(3, 4), (2, 3)),
    call(T(3, 4), (5, 6)),
    call(T(3, 4), (4, -1)),
    call(T(3, 4), s=(2,)),
    call(T(3, 4), dim=(0,)),
    call(T(3, 4), dim=(1, 0)),
    call(T(3, 4), dim=-1),
    call(T(2, 3, 4), (2, 5), (2, 0)),
    *[call(T(3, 5), norm=norm) for norm in NORMS],
]
BAD_SEVERAL = [
    call(T(3, 4), dim=(0, 0)),
    call(T(3, 4), s=(2, 3), dim=(0,)),
    call(T(3, 4), s=(2, 3, 4)),
    call(T(3, 4), s=(2, 0)),
    call(T(3, 4), dim=5),
    call(T(3, 4), norm="bad"),
    call(T(3, 4), norm=1),
    call(3),
    call(T(3, 4, dtype="float16")),
]
TWO = [
    call(T(3, 4)),
    call(T(2, 3, 4)),
    call(T(3, 4), (2, 6)),
    call(T(3, 4, 2), None, (0, 1)),
    *[call(T(3, 5), norm=norm) for norm in NORMS],
]
BAD_TWO = [call(T(3)), call(T(3, 4), (2,)), call(T(3, 4), norm="x"), call(3)]

NOTHING = call(T(3, 4), dim=())
WRONG_OUT = call(T(4), out=T(4))

ROWS = [
    *[
        Row(f"fft.{name}", ONE, dtypes=ALL, out=True, errors=[*BAD, WRONG_OUT], **CLOSE)
        for name in ("fft", "ifft")
    ],
    *[
        Row(
            f"fft.{name}",
            ONE,
            dtypes=ALL,
            out=True,
            errors=[*BAD, WRONG_OUT, call(T(4, dtype="complex128"))],
            **CLOSE,
        )
        for name in ("rfft", "ihfft")
    ],
    *[
        Row(
            f"fft.{name}",
            [c for c in ONE if c.args[0].shape != (2,)],
            dtypes=ALL,
            out=True,
            errors=[
                *[c for c in BAD if c.args[0] != T(0)],
                call(T(1)),
                call(T(4), out=T(6, dtype="complex128")),
            ],
            **CLOSE,
        )
        for name in ("irfft", "hfft")
    ],
    *starmap(
        of_complex,
        [
            (f"fft.{name}", *[Call((T(*c.args[0].shape, 2), *c.args[1:]), c.kwargs) for c in ONE])
            for name in ("fft", "ifft", "irfft", "hfft")
        ],
    ),
    *[
        Row(
            f"fft.{name}",
            [*SEVERAL, NOTHING, call(T())],
            dtypes=ALL,
            out=True,
            errors=BAD_SEVERAL,
            **CLOSE,
        )
        for name in ("fftn", "ifftn")
    ],
    *[
        Row(
            f"fft.{name}",
            SEVERAL,
            dtypes=ALL,
            out=True,
            errors=[*BAD_SEVERAL, NOTHING, call(T()), call(T(3, 4, dtype="complex128"))],
            **CLOSE,
        )
        for name in ("rfftn", "ihfftn")
    ],
    *[
        Row(
            f"fft.{name}",
            SEVERAL,
            dtypes=ALL,
            out=True,
            errors=[*BAD_SEVERAL, NOTHING, call(T()), call(T(3, 1))],
            **CLOSE,
        )
        for name in ("irfftn", "hfftn")
    ],
    *starmap(
        of_complex,
        [
            (f"fft.{name}", *[Call((T(*c.args[0].shape, 2), *c.args[1:]), c.kwargs) for c in calls])
            for names, calls in (
                (("fftn", "ifftn", "irfftn", "hfftn"), SEVERAL),
                (("fft2", "ifft2", "irfft2", "hfft2"), TWO),
            )
            for name in names
        ],
    ),
    *[
        Row(f"fft.{name}", TWO, dtypes=ALL, out=True, errors=BAD_TWO, **CLOSE)
        for name in ("fft2", "ifft2", "rfft2", "irfft2", "hfft2", "ihfft2")
    ],
    *[
        Row(
            f"fft.{name}",
            [
                call(5),
                call(8),
                call(1),
                call(4, 0.5),
                call(6, d=2),
                call(7, dtype="dtype:float64"),
                call(3, 0),
            ],
            dtypes=("float32",),
            grad=False,
            errors=[
                call(1.5),
                call("a"),
                call(-4),
                call(-7),
                call(5, dtype="dtype:int64"),
                call(5, dtype="dtype:complex64"),
                call(5, dtype=3),
            ],
        )
        for name in ("fftfreq", "rfftfreq")
    ],
    *[
        Row(
            f"fft.{name}",
            [
                call(T(5)),
                call(T(4)),
                call(T(3, 4)),
                call(T(3, 4), 0),
                call(T(3, 4), dim=-1),
                call(T(2, 3, 4), (0, 2)),
                call(T(2, 3, 4), (1, 2, -2)),
                call(T(0, 3)),
                call(I(5, high=9)),
            ],
            dtypes=(*ALL, "bool"),
            errors=[call(T()), call(3), call(T(3), 3)],
        )
        for name in ("fftshift", "ifftshift")
    ],
]
