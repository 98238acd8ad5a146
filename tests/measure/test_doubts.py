from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from fakes import CONDITION, DEVICE, SETUP, SUBJECT, measurement

from pibench.device import Device
from pibench.measure.doubts import doubts_about
from pibench.measure.summary import summarise
from pibench.report import Condition, Measurement, SubjectRecord

CLEAN = [measurement([1000, 1001] * 50, process=k) for k in range(5)]


def kinds(
    measurements: Sequence[Measurement] = CLEAN,
    *,
    subject: SubjectRecord = SUBJECT,
    condition: Condition = CONDITION,
    device: Device = DEVICE,
    unread_because: str = "",
) -> list[str]:
    doubts = doubts_about(
        subject, condition, measurements, summarise(measurements), device, unread_because=unread_because
    )
    assert all(doubt.message for doubt in doubts)
    return [doubt.kind for doubt in doubts]


def test_a_clean_figure_has_no_doubts() -> None:
    assert kinds() == []


def test_a_wide_interval_is_told() -> None:
    assert "wide_interval" in kinds([measurement([1000 + 60 * k] * 20, process=k) for k in range(5)])


def test_processes_that_differ_are_told() -> None:
    told = kinds([measurement([m] * 50, process=k) for k, m in enumerate((1000, 1000, 1000, 1000, 1150))])
    assert "processes_differ" in told


def test_one_process_alone_is_told() -> None:
    assert kinds(CLEAN[:1]) == ["one_process"]


def test_a_reference_that_moved_between_processes_blames_the_machine() -> None:
    def clocked(*reference_ns: int) -> list[Measurement]:
        return [measurement([1000] * 50, process=k, reference_ns=ns) for k, ns in enumerate(reference_ns)]

    assert kinds(clocked(20_000, 20_000, 20_900)) == ["machine_changed"]
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
    doubts = doubts_about(SUBJECT, CONDITION, grouped, summarise(grouped), DEVICE)
    assert "up to 21 inferences" in next(d.message for d in doubts if d.kind == "grouped")


def test_more_threads_than_usable_cores_are_told() -> None:
    device = msgspec.structs.replace(DEVICE, usable_cores=2)
    assert kinds(condition=Condition(threads=3), device=device) == ["oversubscribed"]
    assert kinds(condition=Condition(threads=2), device=device) == []


def test_a_busy_machine_is_told() -> None:
    assert kinds(device=msgspec.structs.replace(DEVICE, busy_cores=0.9)) == ["busy_machine"]
    assert kinds(device=msgspec.structs.replace(DEVICE, busy_cores=0.2)) == []


def test_operations_outside_xnnpack_are_told_only_when_it_was_asked_for() -> None:
    setup = msgspec.structs.replace(SETUP, fully_delegated=False)
    partly = [measurement([1000] * 50, process=k, setup=setup) for k in range(5)]
    assert kinds(partly) == ["not_delegated"]
    assert kinds(partly, condition=Condition(kernels="builtin")) == []


def test_operations_without_known_costs_are_named() -> None:
    subject = msgspec.structs.replace(SUBJECT, uncounted_ops=("CONV_3D", "MyOp"))
    doubts = doubts_about(subject, CONDITION, CLEAN, summarise(CLEAN), DEVICE)
    assert [d.kind for d in doubts] == ["uncounted_ops"]
    assert doubts[0].message.endswith("CONV_3D, MyOp")


def test_a_model_that_pibench_cannot_read_is_told() -> None:
    assert kinds(unread_because="it is damaged") == ["unread_model"]
