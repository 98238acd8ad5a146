from __future__ import annotations

import pytest

from pibench.measure import campaign


@pytest.fixture(autouse=True)
def every_runtime_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No runtime runs in these tests: workers are fakes."""
    monkeypatch.setattr(campaign, "find_runtime", lambda name: None)
