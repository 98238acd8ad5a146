from __future__ import annotations

from importlib.util import find_spec

# The extra "html" has no wheels for 32-bit Arm; the page that asks for it is tested in test_page_needs.py.
DRAWS = all(find_spec(name) for name in ("altair", "jinja2", "vl_convert"))
collect_ignore_glob = [] if DRAWS else ["test_html_*.py"]
