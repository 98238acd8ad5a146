from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from fakes import FakeWorker

from pibench.measure.settle import Settled, group_size, settle
from pibench.worker.protocol import Load, Loaded

MS = 1_000_000


def settled(
    latency_ns: Callable[[int], int], warm_up_s: float = 0.05, limit_s: float = 1.0, clock_step_ns: int = 1
) -> Settled:
    worker = FakeWorker(latency_ns)
    engine = worker.ask(Load("net", "litert"), Loaded).engine  # type: ignore[attr-defined]
    return settle(worker, engine, warm_up_s, limit_s, clock_step_ns)


def spent_s(found: Settled) -> float:
    return sum(found.warm_up.duration_ns) / 1e9


def noisy(level_ns: Callable[[int], float]) -> Callable[[int], int]:
    rng = np.random.default_rng(3)
    return lambda k: int(level_ns(k) * np.exp(rng.normal(0, 0.01)))


def test_a_steady_model_is_warm_after_the_least_time() -> None:
    found = settled(noisy(lambda k: MS))
    assert found.warm_up.settling == "settled"
    assert 0.05 <= spent_s(found) < 0.06
    assert found.invocation_ns == pytest.approx(MS, rel=0.02)


def test_a_long_warm_up_is_waited_for() -> None:
    # 200 ms of calls, three times as slow at first.
    found = settled(noisy(lambda k: MS * (1 + 2 * np.exp(-k / 60))))
    assert found.warm_up.settling == "settled"
    assert spent_s(found) > 0.2
    assert found.invocation_ns == pytest.approx(MS, rel=0.1)


def test_the_shape_of_litert_issue_67_is_seen_whole() -> None:
    # The first 30 calls fall from 3500 to 500 ms; here a thousandth of that.
    found = settled(noisy(lambda k: 500_000 * (1 + 6 * np.exp(-k / 10))))
    assert found.warm_up.settling == "settled"
    assert max(found.warm_up.duration_ns) / found.warm_up.group > 1.2 * found.invocation_ns


def test_what_never_settles_is_told_with_its_curve() -> None:
    found = settled(noisy(lambda k: MS * (1 + 0.002 * k)))
    assert found.warm_up.settling in ("warming", "drifting")
    assert spent_s(found) >= 1.0
    assert len(found.warm_up.duration_ns) > 100


def test_a_slow_model_is_too_short_to_tell() -> None:
    found = settled(lambda k: 400 * MS)
    assert found.warm_up.settling == "too_short"
    assert len(found.warm_up.duration_ns) < 20


def test_a_warm_up_of_fixed_length_detects_nothing() -> None:
    found = settled(lambda k: MS, warm_up_s=0.5, limit_s=0)
    assert found.warm_up.settling == "not_asked"
    assert 0.5 <= spent_s(found) <= 0.52


def test_short_invocations_are_grouped_and_counted() -> None:
    found = settled(lambda k: 1000)
    assert found.warm_up.group == 1000
    # The first inference and three runs to find the group come on top.
    assert found.warm_up.invocations == 1 + 3 + found.warm_up.group * len(found.warm_up.duration_ns)
    assert found.invocation_ns == 1000


def test_a_slow_first_run_does_not_set_the_pace() -> None:
    found = settled(lambda k: 500 * MS if k in (0, 1) else 1000)
    assert found.invocation_ns == 1000
    assert found.warm_up.group == 1000


def test_a_model_of_no_measurable_time_comes_to_an_end() -> None:
    assert settled(lambda k: 0, warm_up_s=1e-5, limit_s=1e-4).invocation_ns == 1


def test_no_warm_up_still_runs_a_few_times() -> None:
    assert settled(lambda k: MS, warm_up_s=0, limit_s=0).warm_up.invocations >= 4


@pytest.mark.parametrize(
    ("invocation_ns", "clock_step_ns", "group"),
    [(1_000_000, 20, 1), (20_000, 20, 1), (19_999, 20, 2), (550, 52, 95), (52_000, 52, 1), (0, 52, 52_000)],
)
def test_a_sample_is_a_thousand_clock_steps_or_longer(invocation_ns: float, clock_step_ns: int, group: int) -> None:
    assert group_size(invocation_ns, clock_step_ns) == group
