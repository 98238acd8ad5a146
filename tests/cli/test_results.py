from __future__ import annotations

import io
from collections.abc import Sequence

import msgspec
import pytest
from boards import PI_3
from rich.console import Console

from pibench.cli.results import show_results
from pibench.device import Channel, CoolDown, Device, Trace
from pibench.report import (
    ClockRecord,
    Condition,
    Doubt,
    Failure,
    OutlierCounts,
    Protocol,
    Report,
    Result,
    RuntimeRecord,
    Session,
    Spread,
    SubjectRecord,
    Summary,
    Tool,
    Verdict,
)

PROTOCOL = Protocol()

SUMMARY = Summary(
    latency_ns=27_200_000,
    low_ns=27_000_000,
    high_ns=27_400_000,
    fresh_low_ns=26_900_000,
    fresh_high_ns=27_600_000,
    p95_ns=28_000_000,
    min_ns=26_000_000,
    mean_ns=27_300_000,
    samples=50,
    set_aside=0,
    processes=5,
    inferences_per_second=36.76,
    spread=Spread(process=0.01, instance=None, block=None, sample=0.02),
    outliers=OutlierCounts(low_severe=0, low_mild=0, high_mild=0, high_severe=0),
)
NAME = "mobilenet_v2:depth=9,width=16,expansion=4,se=2"


def result(name: str = NAME, condition: Condition | None = None, *doubts: Doubt) -> Result:
    subject = SubjectRecord(name=name, kind="architecture", macs=19_128_960, parameters=123_146)
    verdict: Verdict = "untrusted" if any(doubt.grave for doubt in doubts) else "trusted"
    return Result(subject=subject, condition=condition or Condition(), summary=SUMMARY, verdict=verdict, doubts=doubts)


def shown(
    results: Sequence[Result],
    width: int = 120,
    device: Device = PI_3,
    protocol: Protocol = PROTOCOL,
    sessions: Sequence[Session] = (),
) -> str:
    report = Report(
        tool=Tool(name="pibench", version="0"),
        created="2026-11-23T00:00:00+00:00",
        command=(),
        device=device,
        clock=ClockRecord(step_ns=52, pair_ns=60, sample_ns=120),
        protocol=protocol,
        runtimes=(RuntimeRecord(name="litert", version="2.3.0"),),
        results=tuple(results),
        sessions=tuple(sessions),
        complete=True,
    )
    output = io.StringIO()
    show_results(report, Console(file=output, width=width))
    return output.getvalue()


def row(text: str, start: str) -> list[str]:
    return next(line for line in text.splitlines() if line.startswith(start)).split()


def test_a_row_has_every_figure() -> None:
    assert row(shown([result()]), NAME) == [
        NAME,
        *["19.1", "M", "123", "k", "27.20", "±0.7", "%", "28.00", "36.8", "trusted"],
    ]


def test_the_heading_tells_the_board_and_the_runtime() -> None:
    heading = shown([result()]).splitlines()[0]
    assert heading.startswith(
        "Raspberry Pi 3 Model B Rev 1.2: 4 cores, 64-bit Raspberry Pi OS, governor ondemand, 48 °C"
    )
    assert heading.endswith("litert 2.3.0")


def test_what_a_machine_does_not_tell_is_left_out() -> None:
    bare = msgspec.structs.replace(PI_3, board=None, cpu_model=None, governor=None, temperature_c=None)
    assert shown([result()], device=bare).splitlines()[0] == "aarch64: 4 cores, 64-bit Raspberry Pi OS; litert 2.3.0"


def test_conditions_show_only_what_varies() -> None:
    text = shown([result("net", Condition(threads=t)) for t in (1, 2)])
    assert [t for t in ("1 thread", "2 threads") if t in text] == ["1 thread", "2 threads"]
    assert "litert 1" not in text


def test_one_condition_needs_no_column() -> None:
    assert "thread" not in shown([result()])


@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_figure_is_cut_off_at_usual_widths(width: int) -> None:
    doubts = [Doubt(kind=kind, message="m") for kind in ("wide_interval", "heavy_tail")]
    text = shown([result(NAME, Condition(threads=t), *doubts) for t in (1, 2)], width)
    assert all(len(line) <= width for line in text.splitlines())
    for figure in ("19.1 M", "123 k", "27.20", "±0.7 %", "28.00", "36.8", "wide interval", "heavy tail"):
        assert figure in text


def test_doubts_stand_in_their_row_and_once_below() -> None:
    doubt = Doubt(kind="heavy_tail", message="the 95th percentile is 3 times the median")
    text = shown([result("a", None, doubt), result("b", None, doubt), result("c")])
    assert row(text, "a")[-3:] == ["trusted;", "heavy", "tail"]
    assert text.count("the 95th percentile is 3 times the median") == 1
    assert "heavy tail (2 of 3 rows; the first: a)" in text


def test_a_failed_row_says_why_in_a_word() -> None:
    failed = Result(
        subject=SubjectRecord(name="x.tflite", kind="file"),
        condition=Condition(),
        failure=Failure(kind="invalid_model", message="m"),
    )
    assert row(shown([failed, result()]), "x.tflite") == ["x.tflite", *"––––––", "invalid", "model"]


def test_a_subject_that_could_not_be_read_shows_once_for_all_conditions() -> None:
    conditions = [Condition(threads=t) for t in (1, 2)]
    unreadable = [
        Result(
            subject=SubjectRecord(name="none.tflite", kind="file"),
            condition=condition,
            failure=Failure(kind="subject", message="m"),
        )
        for condition in conditions
    ]
    assert shown([*unreadable, *(result("net", c) for c in conditions)]).count("none.tflite") == 1


def test_an_interrupted_row_is_told_as_not_measured() -> None:
    waiting = Result(subject=SubjectRecord(name="net", kind="architecture"), condition=Condition())
    assert row(shown([waiting]), "net")[-2:] == ["not", "measured"]


def test_an_untrusted_figure_says_so_with_its_reasons_before_the_rest() -> None:
    doubts = [Doubt(kind="throttled", message="m", grave=True), Doubt(kind="heavy_tail", message="m")]
    assert "untrusted: throttled; heavy tail" in shown([result("net", None, *doubts)])


def test_the_figure_is_named_after_the_protocols_statistic() -> None:
    assert "median ms" in shown([result()])
    assert "mean ms" in shown([result()], protocol=Protocol(statistic="mean"))


def session(cool_down: CoolDown, channels: int = 0) -> Session:
    trace = Trace(
        period_ms=100,
        reading_ns=50_000 if channels else None,
        start_ns=(),
        channels=tuple(Channel(name=str(k), quantity="temperature_c", values=()) for k in range(channels)),
    )
    return Session(process=0, cool_down=cool_down, rounds=(), trace=trace, spans=())


def test_a_board_without_a_sensor_is_told_once() -> None:
    waits = [session(CoolDown(outcome="no_sensor", waited_s=0.1))] * 3
    text = shown([result()], sessions=waits)
    assert text.count("no temperature sensor: 0.1 s of pause before each process") == 1
    assert "no temperature" not in shown([result()], sessions=waits, protocol=Protocol(pause_s=0))


def test_what_watching_the_board_costs_is_shown() -> None:
    text = shown([result()], sessions=[session(CoolDown(outcome="met", waited_s=0), channels=3)])
    assert "3 sensors read every 100 ms, 50 µs each time (0.0005 of one core)" in text
