"""Short-time Fourier transforms, and windows."""

from __future__ import annotations

from typing import Any

from tests.samples.row import Row, T, Z, call

W = Z(8, low=0.5, high=1.5)
SPECTRUM = T(2, 5, 9, 2)
FORMS = {"return_complex": True}


def _stft(torch: Any, x: Any, n: int, *args: Any, **kwargs: Any) -> Any:
    return torch.stft(x, n, *args, **{**FORMS, **kwargs})


def _of_complex(torch: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    return torch.stft(torch.complex(x[..., 0], x[..., 1]), *args, **kwargs)


def _istft(torch: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    return torch.istft(torch.complex(x[..., 0], x[..., 1]), *args, **kwargs)


WINDOWS = ("hann", "hamming", "blackman", "bartlett", "kaiser")
DTYPES: dict[str, Any] = {"dtypes": ("float32",), "grad": False, "rtol32": 2e-6}

ROWS = [
    Row(
        "stft",
        [
            call(T(2, 32), 8, window=W),
            call(T(32), 8, window=W),
            call(T(32), 8, 3, window=W),
            call(T(32), 8, 4, 6, window=Z(6, low=0.5)),
            call(T(32), 8, 4, 5, window=Z(5, low=0.5), center=False),
            call(T(32), 8, 2, 4, window=Z(4), center=False, align_to_window=True),
            call(T(32), 7, 2, 4, window=Z(4), center=False, align_to_window=False),
            call(T(32), 8, window=W, normalized=True),
            call(T(32), 8, window=W, onesided=False),
            call(T(32), 8, window=W, pad_mode="constant"),
            call(T(2, 32), 8, window=W, pad_mode="replicate", return_complex=False),
            call(T(20), 6),
            call(T(20), 6, 2, 4),
            call(T(20), 8, window=Z(8, dtype="complex128")),
            call(T(20), 8, window=T(8)),
        ],
        fn=_stft,
        dtypes=("float32", "float64"),
        node=False,
        errors=[
            call(T(32), 8, window=W, return_complex=None),
            call(T(32), 8, window=W, pad_mode="x"),
            call(T(32), 8, 4, 6, window=W),
            call(T(32), 8, 0, window=W),
            call(T(32), 8, 4, 9, window=W),
            call(T(32), 0, window=W),
            call(T(32), 100, center=False),
            call(T(32), 100),
            call(T(2, 2, 20), 8, window=W),
            call(T(32, dtype="int64"), 8, window=W),
            call(T(32), 8, window=Z(2, 4)),
            call(T(32), 8, window=W, align_to_window=True),
            call(T(32), 8, window=Z(8, dtype="complex128"), onesided=True),
            call(3, 8),
        ],
    ),
    Row(
        "stft of complex signals",
        [call(T(32, 2), 8, window=W), call(T(2, 20, 2), 8, 3, window=W, return_complex=True)],
        fn=_of_complex,
        dtypes=("float32", "float64"),
        node=False,
        errors=[call(T(32, 2), 8, window=W, onesided=True)],
    ),
    Row(
        "istft",
        [
            call(SPECTRUM, 8, window=W),
            call(T(5, 9, 2), 8, window=W),
            call(SPECTRUM, 8, 3, window=W),
            call(SPECTRUM, 8, 2, window=W, length=10),
            call(SPECTRUM, 8, 2, window=W, length=40),
            call(SPECTRUM, 8, 2, window=W, center=False),
            call(SPECTRUM, 8, 2, window=W, normalized=True),
            call(SPECTRUM, 8, 3, 6, window=Z(6, low=0.5)),
            call(SPECTRUM, 8),
            call(T(2, 8, 9, 2), 8, 2, window=W),
            call(T(2, 8, 9, 2), 8, 2, window=W, return_complex=True),
            call(T(8, 9, 2), 8, 2, window=Z(8, dtype="complex128", low=0.5), return_complex=True),
        ],
        fn=_istft,
        dtypes=("float32", "float64"),
        node=False,
        rtol32=1e-4,
        errors=[
            call(SPECTRUM, 8, 2, window=Z(8, low=0, high=0.0)),
            call(SPECTRUM, 8, 2, window=W, onesided=False),
            call(T(2, 8, 9, 2), 8, 2, window=W, onesided=True),
            call(SPECTRUM, 8, 0, window=W),
            call(SPECTRUM, 8, 9, window=W),
            call(SPECTRUM, 8, 4, 9, window=W),
            call(SPECTRUM, 8, 4, 6, window=W),
            call(T(0, 5, 9, 2), 8, window=W),
            call(T(2, 2, 5, 9, 2), 8, window=W),
            call(SPECTRUM, 8, window=W, return_complex=True),
            call(SPECTRUM, 8, window=Z(8, dtype="complex128")),
            *[call(SPECTRUM, 8, 2, window=W, length=n) for n in (0, -1, -100)],
        ],
    ),
    Row("istft", errors=[call(3, 8), call(T(2, 5, 9), 8, window=W)]),
    *[
        Row(
            f"{name}_window",
            [
                *[call(n) for n in (0, 1, 2, 5, 8)],
                call(5, False),
                call(6, periodic=False),
                call(5, dtype="dtype:float64"),
                call(5, dtype="dtype:float16"),
                call(1, dtype="dtype:complex64"),
            ],
            errors=[
                call(-1),
                call(5.0),
                call("a"),
                call(5, 3),
                call(5, dtype="dtype:int64"),
                call(5, dtype="dtype:complex64"),
            ],
            **DTYPES,
        )
        for name in WINDOWS
    ],
    Row("hamming_window", [call(5, True, 0.5), call(5, False, 0.5, 0.4)], **DTYPES),
    Row("kaiser_window", [call(5, True, 8.0), call(5, False, beta=1.0)], **DTYPES),
    *[
        Row(
            f"signal.windows.{name}",
            [
                call(n, **k, sym=sym)
                for n, sym in ((0, True), (1, True), (1, False), (5, True), (6, False))
                for k in (options, {**options, "dtype": "dtype:float64"})
            ],
            errors=[
                call(-1, **options),
                call(5, **options, dtype="dtype:int64"),
                call(5, **options, dtype="dtype:float16"),
                *[call(5, **bad) for bad in wrong],
            ],
            **DTYPES,
        )
        for name, options, wrong in (
            ("bartlett", {}, []),
            ("blackman", {}, []),
            ("cosine", {}, []),
            ("exponential", {"tau": 2.0}, [{"tau": -1.0}, {"center": 1.0}]),
            ("gaussian", {"std": 2.0}, [{"std": -1.0}]),
            ("general_cosine", {"a": [0.4, 0.3, 0.3]}, [{"a": []}, {"a": 3}]),
            ("general_hamming", {"alpha": 0.6}, []),
            ("hamming", {}, []),
            ("hann", {}, []),
            ("kaiser", {"beta": 3.0}, [{"beta": -1.0}]),
            ("nuttall", {}, []),
        )
    ],
]
