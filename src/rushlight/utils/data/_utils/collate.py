"""Collating, from `rushlight.utils.data.collate`."""

from __future__ import annotations

from rushlight.utils.data.collate import collate as collate
from rushlight.utils.data.collate import default_collate as default_collate
from rushlight.utils.data.collate import default_collate_fn_map as default_collate_fn_map
from rushlight.utils.data.collate import default_convert as default_convert
