"""Reports as a board would write them, made up: with heat, clocks, throttling, and names that are no names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from boards import PI_3
from msgspec.structs import replace
from sample_report import sample_report

from pibench.device import Channel, CoolDown, Span, Trace
from pibench.measure.summary import summarise
from pibench.report import (
    Condition,
    Doubt,
    Failure,
    Measurement,
    Profile,
    Protocol,
    Reference,
    Report,
    Result,
    Session,
    Setup,
    SubjectRecord,
    Usage,
    WarmUp,
)

SECOND_NS = 1_000_000_000
HOSTILE = "</script><script>alert(1)</script><img src=https://example.org/x onerror=alert(2)>{{7*7}}&<!--"
_SETUP = Setup(
    load_ns=5_000_000, first_inference_ns=41_000_000, baseline_memory_bytes=1, peak_memory_bytes=2, fully_delegated=True
)
# A network's ms on a thread, and of how many there is a row.
_NETWORKS = (
    ("mobilenet_v1:depth=15,width=32", 9.4, (1, 4)),
    ("mobilenet_v2:depth=9,width=16,expansion=4,se=2", 12.1, (1, 4)),
    ("wide_resnet:depth=22,width=16", 27.6, (1, 4)),
)


def hot_report(processes: int = 5, blocks: int = 6, in_block: int = 15, *, throttles: bool = True) -> Report:
    """A Raspberry Pi that warms up, and in its last two processes holds back."""
    rows = [
        (
            SubjectRecord(
                name=name, kind="architecture", digest="ab" * 32, macs=int(ms * 3e6), parameters=int(ms * 2e4)
            ),
            ms,
            threads,
        )
        for name, ms, counts in _NETWORKS
        for threads in counts
    ]
    random = np.random.default_rng(1)
    measured: list[list[Measurement]] = [[] for _ in rows]
    sessions = []
    now = 5_000 * SECOND_NS
    for process in range(processes):
        begin = now
        hot = throttles and process >= processes - 2
        starts: list[list[int]] = [[] for _ in rows]
        durations: list[list[int]] = [[] for _ in rows]
        now += 3 * SECOND_NS
        slow_since = now
        for block in range(blocks):
            if block == blocks // 2:
                slow_since = now
            slow = 1.6 if hot and block >= blocks // 2 else 1.0
            for row, (_, ms, threads) in enumerate(rows):
                typical = ms * 1e6 * slow * (1.0 if threads == 1 else 0.36) * (1 + 0.004 * random.standard_normal())
                for taken in typical * (1 + 0.006 * random.gamma(1.5, 1, in_block)):
                    starts[row].append(now)
                    durations[row].append(int(taken))
                    now += int(taken) + 200_000
        spans = (Span(kind="throttled", begin_ns=slow_since - SECOND_NS // 10, end_ns=now),) if hot else ()
        for row in range(len(rows)):
            aside = tuple(index for index, start in enumerate(starts[row]) if spans and start >= slow_since)
            typical_ns = float(np.median(durations[row]))
            curve = tuple(int(typical_ns * (1 + 0.4 * np.exp(-index / 4))) for index in range(30))
            measured[row].append(
                Measurement(
                    process=process,
                    setup=_SETUP,
                    warm_up=WarmUp(invocations=30, group=1, duration_ns=curve, settling="settled"),
                    group=1,
                    blocks=(in_block,) * blocks,
                    start_ns=tuple(starts[row]),
                    duration_ns=tuple(durations[row]),
                    set_aside=aside,
                    reference=Reference(start_ns=(), duration_ns=()),
                    usage=Usage(invocations=in_block * blocks),
                )
            )
        sessions.append(_session(process, begin, now, spans, 46.0 + 7 * process))
        now += 8 * SECOND_NS
    results = [
        _result(subject, Condition(threads=threads), tuple(measured[row]), throttled=throttles and row % 2 == 1)
        for row, (subject, _, threads) in enumerate(rows)
    ]
    broken = Result(
        subject=SubjectRecord(name="detector.tflite", kind="file"),
        condition=Condition(),
        failure=Failure(
            kind="unsupported",
            message="litert lacks an operation of detector.tflite: TFLite_Detection_PostProcess",
            detail="ERROR: Encountered unresolved custom op: TFLite_Detection_PostProcess.",
        ),
    )
    return replace(
        sample_report(),
        command=("pibench", "bench", *(name for name, _, _ in _NETWORKS), "detector.tflite", "--threads", "1,4"),
        protocol=Protocol(),
        results=(*results, broken),
        sessions=tuple(sessions),
        profile=None,
    )


def _session(process: int, begin: int, end: int, spans: Sequence[Span], begin_c: float) -> Session:
    times = tuple(range(begin, end, SECOND_NS // 10))
    warm = [begin_c + 9 * (1 - np.exp(-index / 60)) for index in range(len(times))]
    held_back = [any(span.begin_ns <= time <= span.end_ns for span in spans) for time in times]
    trace = Trace(
        period_ms=100,
        reading_ns=35_000.0,
        start_ns=times,
        channels=(
            Channel(name="cpu-thermal", quantity="temperature_c", values=tuple(round(c, 1) for c in warm)),
            Channel(
                name="policy0",
                quantity="frequency_khz",
                values=tuple(600_000.0 if slow else 1_200_000.0 for slow in held_back),
            ),
        ),
    )
    return Session(
        process=process,
        cool_down=CoolDown(outcome="met", waited_s=2.0, target_c=51.3, temperature_c=begin_c),
        rounds=(),
        trace=trace,
        spans=tuple(spans),
    )


def _result(
    subject: SubjectRecord, condition: Condition, measurements: tuple[Measurement, ...], *, throttled: bool
) -> Result:
    doubts = (Doubt(kind="heavy_tail", message="the 95th percentile is 1.6 times the median: interruptions"),)
    grave = Doubt(
        kind="throttled",
        message="the board was throttled during 21% of the samples, which are set aside: cool it better",
        grave=True,
    )
    return Result(
        subject=subject,
        condition=condition,
        measurements=measurements,
        summary=summarise(measurements),
        verdict="untrusted" if throttled else "trusted",
        doubts=(grave,) if throttled else doubts[: condition.threads // 4],
    )


def hostile_report() -> Report:
    """Names and messages that would be markup, scripts or templates if they were not text."""
    report = hot_report(processes=2)
    first, second, *others = report.results
    profile = _hostile_profile()
    return replace(
        report,
        command=("pibench", "bench", HOSTILE),
        device=replace(PI_3, board=HOSTILE),
        results=(
            replace(first, subject=replace(first.subject, name=HOSTILE)),
            replace(
                second,
                subject=replace(second.subject, name=f'"{HOSTILE}'),
                verdict="untrusted",
                doubts=(Doubt(kind="throttled", message=HOSTILE, grave=True),),
            ),
            *others[:-1],
            replace(others[-1], failure=Failure(kind="crash", message=HOSTILE, detail=HOSTILE)),
        ),
        profile=profile,
    )


def _hostile_profile() -> Profile:
    profile = sample_report().profile
    assert profile
    conv, *rest = profile.layers
    return replace(
        profile, layers=(replace(conv, name=HOSTILE, op=HOSTILE, op_type=HOSTILE), *rest), roof_problem=HOSTILE
    )


def empty_report() -> Report:
    """Interrupted before anything was measured."""
    report = sample_report()
    waiting = Result(subject=SubjectRecord(name="net.tflite", kind="file"), condition=Condition())
    return replace(report, results=(waiting, report.results[1]), sessions=(), profile=None, complete=False)
