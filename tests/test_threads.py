"""Kernels' own threads, beside those of OpenBLAS."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SPINNING = """
import time
import numpy as np
import rushlight
from rushlight.kernels.threads import for_each

rushlight.set_num_threads(2)
for_each(np.sin, [np.ones(10)] * 4)
a = np.ones((300, 300), np.float32)
a.dot(a)
before = time.process_time()
time.sleep(0.08)
print(time.process_time() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="said of OpenBLAS on Linux")
def test_openblas_lets_go_of_the_cores_after_a_product() -> None:
    """Its threads would spin for 0.1 s, on a core that ours could have."""
    env = {name: value for name, value in os.environ.items() if "_NUM_THREADS" not in name}
    done = subprocess.run(
        [sys.executable, "-c", SPINNING], capture_output=True, text=True, env=env, check=True
    )
    assert float(done.stdout) < 0.03
