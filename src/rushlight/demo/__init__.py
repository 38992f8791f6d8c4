"""The main job: train a small network on real handwritten digits, from data to report.

The package reads as a PyTorch program would, only the import changed. `digits` has the data and the
models, `training` the loop, `checkpoint` what survives an interruption, `report` the pictures.
"""

from __future__ import annotations
