from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from fakes import CONDITION, DEVICE, MET, SUBJECT, measurement, output

from pibench.device import CoolDown
from pibench.measure.case import Case
from pibench.report import Failure, Protocol, Result

PROTOCOL = Protocol(processes=5, most_processes=15, precision=0.01)
CRASH = Failure(kind="crash", message="gone")


def case(protocol: Protocol = PROTOCOL) -> Case:
    return Case(SUBJECT, CONDITION, protocol, None, "")


def fed(medians: Sequence[float], protocol: Protocol = PROTOCOL) -> tuple[Case, int]:
    """The case and the number of processes it took before it was done."""
    found = case(protocol)
    for process, median in enumerate(medians):
        if not found.is_waiting:
            return found, process
        found.add(measurement([int(median)] * 20, process=process), [output(1.0)], MET)
        found.look(process + 1)
    return found, len(medians)


def result(found: Case) -> Result:
    return found.result(DEVICE, [found])


def test_a_precise_figure_is_done_after_the_least_processes() -> None:
    assert fed([1e6, 1.001e6] * 8)[1] == 5


def test_an_imprecise_one_goes_on_to_the_most() -> None:
    assert fed([1e6, 1.2e6] * 8)[1] == 16


def test_it_is_looked_at_only_a_few_times() -> None:
    rng = np.random.default_rng(0)
    ends = {fed(1e6 * np.exp(rng.normal(0, 0.01, 15)))[1] for _ in range(200)}
    assert ends <= {5, 8, 12, 15}
    assert len(ends) > 1


def test_at_precision_zero_only_equal_processes_end_early() -> None:
    assert fed([1e6] * 15, Protocol(precision=0, processes=5, most_processes=15))[1] == 5
    assert fed([1e6, 1.0001e6] * 8, Protocol(precision=0, processes=5, most_processes=15))[1] == 16


@pytest.mark.parametrize("sd", [0.003, 0.01, 0.02])
def test_the_interval_covers_although_its_width_ends_the_sampling(sd: float) -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(400):
        found, _ = fed(1e6 * np.exp(rng.normal(0, sd, 15)))
        summary = result(found).summary
        assert summary is not None
        covered += summary.low_ns <= 1e6 <= summary.high_ns
    assert 0.92 <= covered / 400 <= 0.99


def test_a_failure_before_any_figure_is_the_result() -> None:
    found = case()
    found.fail(CRASH)
    assert not found.is_waiting
    told = result(found)
    assert (told.failure, told.summary, told.verdict) == (CRASH, None, None)


def test_a_later_failure_keeps_the_figure_and_makes_it_untrusted() -> None:
    found, _ = fed([1e6] * 4)
    found.fail(CRASH)
    told = result(found)
    assert told.summary is not None
    assert (told.verdict, told.doubts[0].kind) == ("untrusted", "process_lost")


def test_a_clean_figure_is_trusted() -> None:
    assert (result(fed([1e6, 1.001e6] * 3)[0]).verdict) == "trusted"


def test_all_samples_set_aside_is_a_failure_that_says_so() -> None:
    found = case()
    found.add(measurement([5, 5], set_aside=[0, 1]), [], MET)
    told = result(found)
    assert told.failure is not None
    assert told.failure.kind == "throttled"
    assert len(told.measurements) == 1


def test_outputs_that_differ_between_conditions_make_both_untrusted() -> None:
    cases = [case(), case()]
    for k, found in enumerate(cases):
        found.add(measurement([100] * 60), [output(1.0 + k)], MET)
    told = [found.result(DEVICE, cases) for found in cases]
    assert ["output_differs" in [doubt.kind for doubt in one.doubts] for one in told] == [True, True]


def test_a_result_is_concluded_anew_only_after_a_change() -> None:
    found, _ = fed([1e6] * 3)
    first = result(found)
    assert result(found) is first
    found.add(measurement([2_000_000], process=3), [], MET)
    assert result(found) is not first


def test_the_confidence_of_an_interval_that_ended_the_sampling_is_told() -> None:
    early, late = result(fed([1e6, 1.001e6] * 8)[0]).summary, result(fed([1e6, 1.2e6] * 8)[0]).summary
    assert early is not None
    assert late is not None
    assert (early.confidence, late.confidence) == (0.975, 0.95)


def test_a_board_that_stayed_hot_is_counted_by_process_not_by_instance() -> None:
    hot = CoolDown(outcome="not_met", waited_s=60, target_c=51, temperature_c=58)
    found = case(Protocol(instances=2))
    for process, cool_down in enumerate((MET, hot)):
        for instance in range(2):
            found.add(measurement([100] * 60, process=process, instance=instance), [], cool_down)
    (doubt,) = (d for d in result(found).doubts if d.kind == "not_cooled_down")
    assert "1 of 2 processes" in doubt.message


def test_memory_is_what_loading_took_at_most() -> None:
    assert case().memory_bytes == 0
    assert fed([1e6])[0].memory_bytes == 1
