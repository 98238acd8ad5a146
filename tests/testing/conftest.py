from __future__ import annotations

import pytest
from boards import PI_3
from latency_world import World

from pibench.measure import campaign, facts
from pibench.testing import session


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """With no configuration but its own, and without Hypothesis, whose plugin takes each session some seconds."""
    pytester.makeini("[pytest]")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")
    return pytester


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Latency tests in this process measure nothing: every invocation takes 1 ms."""
    made = World()
    monkeypatch.setattr(session, "look_around", made.look_around)
    monkeypatch.setattr(campaign, "find_runtime", lambda name: None)
    monkeypatch.setattr(facts, "read_device", lambda observe_s: PI_3)
    return made
