"""What a dataset may ask in a worker process, from `rushlight.utils.data.worker`."""

from __future__ import annotations

from rushlight.utils.data.worker import WorkerInfo as WorkerInfo
from rushlight.utils.data.worker import get_worker_info as get_worker_info
