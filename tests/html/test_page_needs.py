from __future__ import annotations

import subprocess
import sys

import pytest
from sample_report import sample_report

from pibench.errors import ReportError
from pibench.html import page


@pytest.mark.parametrize("missing", ["altair", "jinja2", "vl_convert"])
def test_what_draws_pages_is_asked_for_in_one_sentence(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ReportError, match=r"need more than is installed here .*pip install 'pibench\[html\]', or make"):
        page(sample_report())


def test_nothing_heavy_is_loaded_before_a_page_is_made() -> None:
    script = "import sys, pibench.html; print(*sys.modules)"
    loaded = set(subprocess.check_output([sys.executable, "-c", script], text=True).split())
    assert not loaded & {"altair", "jinja2", "vl_convert", "numpy", "rich", "click"}
