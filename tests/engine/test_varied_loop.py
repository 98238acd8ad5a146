"""Runs at a fixed rate, and with every invocation made longer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pibench import _native
from pibench.engine import RuntimeName, open_engine
from pibench.engine.base import seeded_input, take_samples

PERIOD_NS = 2_000_000


@pytest.fixture
def loop() -> Iterator[_native.ReferenceLoop]:
    with _native.ReferenceLoop(1000) as loop:
        yield loop


def test_no_paced_sample_begins_before_its_turn(loop: _native.ReferenceLoop) -> None:
    samples = take_samples(loop, 20, period_ns=PERIOD_NS)
    turns = samples.start_ns[0] + PERIOD_NS * np.arange(20)
    assert np.all(samples.start_ns >= turns)


def test_the_wait_is_no_part_of_a_sample(loop: _native.ReferenceLoop) -> None:
    samples = take_samples(loop, 50, period_ns=PERIOD_NS)
    assert np.median(samples.duration_ns) < PERIOD_NS / 2


def test_samples_longer_than_the_period_follow_each_other() -> None:
    with _native.ReferenceLoop(20_000) as loop:
        samples = take_samples(loop, 100, period_ns=1)
    ends = samples.start_ns + samples.duration_ns
    assert np.all(samples.start_ns[1:] >= ends[:-1])


@pytest.mark.parametrize("period_ns", [0, 1])
def test_an_extra_chain_adds_its_own_length(period_ns: int) -> None:
    with _native.ReferenceLoop(20_000) as loop:
        plain = take_samples(loop, 200)
        slowed = take_samples(loop, 200, period_ns=period_ns, extra_chain=60_000)
    assert np.median(slowed.duration_ns) / np.median(plain.duration_ns) == pytest.approx(4, rel=0.5)


def test_the_extra_chain_runs_once_for_each_invocation_of_a_group() -> None:
    with _native.ReferenceLoop(1) as loop:
        single, grouped = (take_samples(loop, 200, group, extra_chain=20_000) for group in (1, 4))
    assert np.median(grouped.duration_ns) / np.median(single.duration_ns) == pytest.approx(4, rel=0.5)


@pytest.mark.parametrize("variation", [{"period_ns": 1000}, {"extra_chain": 100}, {"period_ns": 1, "extra_chain": 1}])
def test_every_runtime_runs_every_variation(runtime: RuntimeName, small_model: Path, variation: dict[str, int]) -> None:
    with open_engine(runtime, str(small_model)) as engine:
        engine.write_input(0, seeded_input(engine.inputs[0].spec, 0))
        engine.run(1)
        expected = engine.read_output(0)
        samples = engine.run(5, group=2, **variation)
        assert np.all(samples.duration_ns > 0)
        assert np.array_equal(engine.read_output(0), expected)


@pytest.mark.parametrize("variation", [{"period_ns": -1}, {"extra_chain": -1}])
def test_negative_variations_are_refused(loop: _native.ReferenceLoop, variation: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        take_samples(loop, 1, **variation)


def test_what_watches_a_run_surrounds_the_loop_alone(loop: _native.ReferenceLoop) -> None:
    events: list[str] = []

    class Watch:
        def __enter__(self) -> None:
            events.append("enter")

        def __exit__(self, *_: object) -> None:
            events.append("exit")

    take_samples(loop, 3, watch=Watch())
    assert events == ["enter", "exit"]
