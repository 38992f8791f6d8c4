"""Sphinx: ``sphinx-build -W docs docs/_build``."""

from __future__ import annotations

import rushlight

project = "Rushlight"
author = "the Rushlight developers"
release = rushlight.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Rushlight"
html_show_copyright = False
html_static_path = ["_static"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
autodoc_typehints_format = "short"
maximum_signature_line_length = 88
autodoc_member_order = "bysource"
# Functions are called by their names under `rushlight`, not by the file that they live in.
add_module_names = False
# Docstrings speak of PyTorch's names and our own in plain backquotes.
default_role = "code"
nitpicky = False
