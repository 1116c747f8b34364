"""How the documentation is built: `scripts/docs`, offline, every warning an error."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "maskeleton"
author = "the maskeleton contributors"
copyright = f"2026, {author}"
release = version = version_of("maskeleton")

extensions = ["myst_parser", "shelf"]
exclude_patterns = ["_build", "_ext"]
nitpicky = True
smartquotes = False  # -- is an option, not a dash
myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]

html_theme = "alabaster"
html_theme_options = {
    "description": "What skeleton motion gives away about people, and how to change that",
    "fixed_sidebar": True,
    "show_powered_by": False,
    "page_width": "1160px",
    "sidebar_width": "230px",
    "body_max_width": "880px",
    "code_font_size": "0.82em",
    "font_family": "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
    "head_font_family": "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
    "font_size": "16px",
}
html_sidebars = {"**": ["about.html", "searchfield.html", "navigation.html"]}
html_copy_source = False
