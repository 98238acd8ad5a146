from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from pibench.engine import RuntimeInfo, RuntimeName, find_runtime, installed_runtimes
from pibench.errors import RuntimeMissingError


def test_an_installed_runtime_has_a_version_and_a_library(runtime: RuntimeName) -> None:
    info = find_runtime(runtime)
    assert info.library.exists()
    assert info.version.split(".")[0].isdigit()


def test_finding_a_runtime_does_not_load_it() -> None:
    code = (
        "import sys; from pibench.engine import installed_runtimes; installed_runtimes();"
        " print([m for m in sys.modules if m.startswith(('ai_edge_litert', 'tflite_runtime', 'pibench._native'))])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.parametrize(
    ("name", "remedy"), [("litert", "pip install 'ai-edge-litert>=2.3'"), ("tflite", "pip install 'pibench[tflite]'")]
)
def test_a_missing_runtime_tells_how_to_install_it(name: str, remedy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda module: None)
    with pytest.raises(RuntimeMissingError) as error:
        find_runtime(name)
    assert remedy in str(error.value)


def test_an_unknown_runtime_suggests_the_nearest() -> None:
    with pytest.raises(RuntimeMissingError, match="Did you mean 'litert'"):
        find_runtime("litrt")


def test_litert_comes_first_where_it_is_installed(litert: RuntimeInfo) -> None:
    assert installed_runtimes()[0] == litert
