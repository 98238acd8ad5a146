from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from fakes import CONDITION, DEVICE, MET, SETUP, SUBJECT, measurement

from pibench.device import CoolDown, Device
from pibench.measure.doubts import doubts_about
from pibench.measure.summary import summarise
from pibench.report import Condition, Doubt, Measurement, Protocol, SubjectRecord, ThreadRecord, Usage, WarmUp
from pibench.report.samples import Settling

PROTOCOL = Protocol()
CLEAN = [measurement([1000, 1001] * 50, process=k) for k in range(5)]


def doubts(
    measurements: Sequence[Measurement] = CLEAN,
    *,
    subject: SubjectRecord = SUBJECT,
    condition: Condition = CONDITION,
    device: Device = DEVICE,
    protocol: Protocol = PROTOCOL,
    cool_downs: Sequence[CoolDown] = (MET,),
    disagreement: str = "",
    unread_because: str = "",
) -> tuple[Doubt, ...]:
    summary = summarise(measurements)
    assert summary is not None
    found = doubts_about(
        subject,
        condition,
        measurements,
        summary,
        device,
        protocol,
        cool_downs=cool_downs,
        disagreement=disagreement,
        unread_because=unread_because,
    )
    assert all(doubt.message for doubt in found)
    assert [doubt.grave for doubt in found] == sorted((doubt.grave for doubt in found), reverse=True)
    return found


def kinds(measurements: Sequence[Measurement] = CLEAN, **options: object) -> list[str]:
    return [doubt.kind for doubt in doubts(measurements, **options)]  # type: ignore[arg-type]


def grave(measurements: Sequence[Measurement] = CLEAN, **options: object) -> list[str]:
    return [doubt.kind for doubt in doubts(measurements, **options) if doubt.grave]  # type: ignore[arg-type]


def test_a_clean_figure_has_no_doubts() -> None:
    assert kinds() == []


def test_a_wide_interval_is_grave() -> None:
    assert "wide_interval" in grave([measurement([1000 + 60 * k] * 20, process=k) for k in range(5)])


def test_an_interval_wider_than_asked_for_is_told_but_not_grave() -> None:
    wide = [measurement([1000 + 10 * k] * 20, process=k) for k in range(5)]
    (doubt,) = doubts(wide)
    assert (doubt.kind, doubt.grave) == ("imprecise", False)
    assert "wider than the ±1.0% asked for: give it some " in doubt.message
    assert kinds(wide, protocol=Protocol(precision=0.03)) == []


def test_whoever_asks_for_less_precision_is_still_told_what_is_beyond_five_percent() -> None:
    wide = [measurement([1000 + 60 * k] * 20, process=k) for k in range(5)]
    assert "wide_interval" in grave(wide, protocol=Protocol(precision=0.2))


@pytest.mark.parametrize(("switches", "told"), [(2, []), (10, ["preempted"])])
def test_a_model_whose_core_was_taken_again_and_again_is_untrusted(switches: int, told: list[str]) -> None:
    # 100 inferences of 1 ms in each process: 20 and 100 per second.
    usage = Usage(invocations=100, involuntary_switches=switches)
    assert grave([measurement([1_000_000] * 100, process=k, usage=usage) for k in range(5)]) == told


def test_processes_that_differ_are_grave() -> None:
    assert "processes_differ" in grave([measurement([m] * 50, process=k) for k, m in enumerate((100, 100, 100, 108))])
    alike = [measurement([m] * 50, process=k) for k, m in enumerate((1000, 1000, 1010, 1020))]
    assert "processes_differ" not in kinds(alike)


def test_one_process_alone_is_grave() -> None:
    assert grave(CLEAN[:1]) == ["one_process"]


def test_a_reference_that_moved_between_processes_blames_the_machine() -> None:
    def clocked(*reference_ns: int) -> list[Measurement]:
        return [measurement([1000] * 50, process=k, reference_ns=ns) for k, ns in enumerate(reference_ns)]

    assert grave(clocked(20_000, 20_000, 21_400)) == ["machine_changed"]
    # However many processes there are, the same spread says the same.
    assert grave(clocked(*[20_000, 20_500] * 20)) == kinds(clocked(20_000, 20_500)) == []
    assert kinds(clocked(20_000, 20_000, 20_300)) == []


@pytest.mark.parametrize("direction", [1, -1])
def test_drift_within_a_process_is_told_in_both_directions(direction: int) -> None:
    ramp = [1000 + k for k in range(100)][::direction]
    assert kinds([measurement(ramp, process=k) for k in range(5)]) == ["drift"]


def test_a_few_samples_cannot_show_drift() -> None:
    assert "drift" not in kinds([measurement([1000, 1030, 1060, 1090] * 3, process=k) for k in range(5)])


def test_a_heavy_tail_is_told() -> None:
    assert kinds([measurement(([1000] * 9 + [5000]) * 10, process=k) for k in range(5)]) == ["heavy_tail"]


def test_few_samples_are_told() -> None:
    assert kinds([measurement([1000] * 8, process=k) for k in range(5)]) == ["few_samples"]


def test_grouped_samples_are_told_with_their_size() -> None:
    grouped = [measurement([1000] * 100, process=k, group=20 + k) for k in range(2)]
    assert "up to 21 inferences" in next(d.message for d in doubts(grouped) if d.kind == "grouped")


def test_more_threads_than_usable_cores_are_told() -> None:
    device = msgspec.structs.replace(DEVICE, usable_cores=2)
    assert kinds(condition=Condition(threads=3), device=device) == ["oversubscribed"]
    assert kinds(condition=Condition(threads=2), device=device) == []
    # Isolated cores are not among the usable ones.
    assert kinds(condition=Condition(threads=3, cpus=(1, 2, 3)), device=device) == []


def test_a_busy_machine_is_told() -> None:
    assert kinds(device=msgspec.structs.replace(DEVICE, busy_cores=0.9)) == ["busy_machine"]
    assert kinds(device=msgspec.structs.replace(DEVICE, busy_cores=0.2)) == []


def test_a_machine_without_a_core_to_spare_is_grave() -> None:
    device = msgspec.structs.replace(DEVICE, cores=4, busy_cores=2.5)
    assert grave(device=device) == []
    assert grave(device=device, condition=Condition(threads=2)) == ["busy_machine"]


def test_operations_outside_xnnpack_are_told_only_when_it_was_asked_for() -> None:
    setup = msgspec.structs.replace(SETUP, fully_delegated=False)
    partly = [measurement([1000] * 50, process=k, setup=setup) for k in range(5)]
    assert kinds(partly) == ["not_delegated"]
    assert kinds(partly, condition=Condition(kernels="builtin")) == []


def test_operations_without_known_costs_are_named() -> None:
    subject = msgspec.structs.replace(SUBJECT, uncounted_ops=("CONV_3D", "MyOp"))
    (doubt,) = doubts(subject=subject)
    assert doubt.kind == "uncounted_ops"
    assert doubt.message.endswith("CONV_3D, MyOp")


def test_a_model_that_pibench_cannot_read_is_told() -> None:
    assert kinds(unread_because="it is damaged") == ["unread_model"]


def test_outputs_that_differ_are_grave_and_come_first() -> None:
    first, *_ = doubts(CLEAN[:1], disagreement="output 'x' is off by 0.5 of its largest value")
    assert (first.kind, first.grave) == ("output_differs", True)
    assert first.message.startswith("output 'x' is off")


def throttled(*set_aside: int) -> list[Measurement]:
    return [measurement([1000] * 100, process=k, set_aside=range(n)) for k, n in enumerate(set_aside)]


def test_a_few_samples_set_aside_are_told() -> None:
    (doubt,) = doubts(throttled(10, 10, 10, 10, 10))
    assert (doubt.kind, doubt.grave) == ("throttled", False)
    assert doubt.message.startswith("10% of the samples")


def test_too_few_samples_left_are_grave() -> None:
    assert grave(throttled(60, 60, 60, 60, 60)) == ["throttled"]


def test_what_is_set_aside_raises_no_other_doubt() -> None:
    half = measurement([1000] * 60 + [3000] * 40, process=0, set_aside=range(60, 100))
    assert kinds([half, *CLEAN[1:]]) == ["throttled"]


def test_a_whole_process_set_aside_is_grave() -> None:
    assert "throttled" in grave(throttled(100, 0, 0, 0, 0))


def test_a_board_that_did_not_cool_down_is_told() -> None:
    hot = CoolDown(outcome="not_met", waited_s=60, target_c=51, temperature_c=58)
    (doubt,) = doubts(cool_downs=[MET, hot])
    assert doubt.kind == "not_cooled_down"
    assert "1 of 2 processes" in doubt.message
    assert "51 °C" in doubt.message


def test_no_sensor_is_no_doubt() -> None:
    assert kinds(cool_downs=[CoolDown(outcome="no_sensor", waited_s=1)]) == []


def pinned(allowed: tuple[int, ...], seen: tuple[int, ...], asked: int | None = 2) -> list[Measurement]:
    threads = [ThreadRecord(thread=0, asked=asked, allowed=allowed, seen=seen)]
    return [measurement([1000] * 50, process=k, threads=threads) for k in range(5)]


@pytest.mark.parametrize(("allowed", "seen"), [((2, 3), (2,)), ((2,), (2, 3)), ((), ()), ((3,), (3,))])
def test_a_thread_that_is_not_where_it_was_asked_to_be_is_grave(
    allowed: tuple[int, ...], seen: tuple[int, ...]
) -> None:
    assert grave(pinned(allowed, seen)) == ["misplaced_threads"]


def test_threads_in_their_place_or_left_to_the_scheduler_are_fine() -> None:
    assert kinds(pinned((2,), (2,))) == []
    assert kinds(pinned((0, 1, 2), (0, 1), asked=None)) == []


def test_fewer_threads_than_asked_for_are_grave() -> None:
    assert grave(pinned((2,), (2,)), condition=Condition(threads=2)) == ["missing_threads"]


def settling(*how: Settling, durations: Sequence[int] = (1000, 1001) * 50) -> list[Measurement]:
    return [
        measurement(durations, process=k, warm_up=WarmUp(invocations=1, group=1, duration_ns=(1,), settling=settling))
        for k, settling in enumerate(how)
    ]


def test_figures_of_models_that_mostly_did_not_settle_are_untrusted() -> None:
    assert grave(settling("drifting", "warming", "settled")) == ["did_not_settle"]
    assert kinds(settling("drifting", "settled", "settled")) == []


def test_where_the_warm_up_was_too_short_to_tell_the_samples_tell() -> None:
    assert kinds(settling("too_short", "too_short")) == []
    ramp = [1000 + 20 * k for k in range(60)]
    assert "did_not_settle" in grave(settling("too_short", "too_short", durations=ramp))


def test_a_warm_up_of_fixed_length_is_not_judged() -> None:
    assert kinds(settling("not_asked", "not_asked")) == []
