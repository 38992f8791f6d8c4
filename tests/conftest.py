"""Before anything else: one thread of arithmetic for each worker of pytest-xdist.

Workers that each let BLAS (and PyTorch) take every core only wait for each other.

And one PyTorch on all processors: its oneDNN has other errors for half types where the processor
has arithmetic for them, and a gelu of infinity that is no number where it has AVX-512.
"""

from __future__ import annotations

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX2")

try:
    from hypothesis import HealthCheck, settings
except ImportError:  # the tests that draw are skipped
    pass
else:  # what is drawn is the same on a machine that has much to do
    settings.register_profile(
        "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("patient")
