"""How Sphinx builds these pages: `python -m sphinx -W -b html docs docs/_build`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from newsarchive.version import VERSION

project = "newsarchive"
author = "The newsarchive authors"
copyright = "The newsarchive authors"
version = release = VERSION

extensions = ["myst_parser", "sphinx.ext.autodoc", "generated"]
exclude_patterns = ["_build", "examples"]
root_doc = "index"

html_theme = "furo"
html_title = f"newsarchive {VERSION}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]

# Headings are targets: `[text](page.md#a-heading)`. Docs without a colon fence need no other extension.
myst_heading_anchors = 3
# A table of figures has no highlighting, and a page of TOML may hold a placeholder that is no TOML.
highlight_language = "none"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
default_role = "code"
