"""A small report with every kind of part in it."""

from __future__ import annotations

from boards import PI_3

from pibench.device import Channel, CoolDown, Span, Trace
from pibench.report import (
    ClockRecord,
    Condition,
    Doubt,
    Failure,
    Measurement,
    OutlierCounts,
    Protocol,
    Reference,
    Report,
    Result,
    RuntimeRecord,
    Session,
    Setup,
    Spread,
    SubjectRecord,
    Summary,
    ThreadRecord,
    Tool,
    Usage,
    WarmUp,
)


def sample_report() -> Report:
    measured = Result(
        subject=SubjectRecord(
            name="mobilenet_v1:depth=3", kind="architecture", digest="ab" * 32, file_bytes=1000, macs=10, parameters=5
        ),
        condition=Condition(threads=2),
        measurements=(
            Measurement(
                process=0,
                setup=Setup(
                    load_ns=5_000_000,
                    first_inference_ns=900_000,
                    baseline_memory_bytes=30_000_000,
                    peak_memory_bytes=40_000_000,
                    fully_delegated=True,
                ),
                warm_up=WarmUp(invocations=7, group=2, duration_ns=(900, 420), settling="settled"),
                group=2,
                blocks=(2, 1),
                start_ns=(1000, 2000, 3000),
                duration_ns=(400, 410, 390),
                reference=Reference(start_ns=(900, 3500), duration_ns=(20_000, 20_100)),
                set_aside=(2,),
                usage=Usage(invocations=6, migrations=1, hardware={"cycles": 12_000}),
                threads=(ThreadRecord(thread=0, asked=2, allowed=(2,), seen=(2,)),),
                output_digest="cd" * 32,
            ),
        ),
        summary=Summary(
            latency_ns=200.0,
            low_ns=195.0,
            high_ns=205.0,
            fresh_low_ns=190.0,
            fresh_high_ns=211.0,
            p95_ns=204.5,
            min_ns=195.0,
            mean_ns=200.0,
            samples=2,
            set_aside=1,
            processes=1,
            inferences_per_second=5e6,
            spread=Spread(process=None, instance=None, block=0.01, sample=0.02),
            outliers=OutlierCounts(low_severe=0, low_mild=0, high_mild=1, high_severe=0),
            hardware={"cycles": 2000.0},
        ),
        verdict="untrusted",
        doubts=(
            Doubt(kind="throttled", message="half of the samples are set aside", grave=True),
            Doubt(kind="one_process", message="one process only"),
        ),
    )
    failed = Result(
        subject=SubjectRecord(name="broken.tflite", kind="file"),
        condition=Condition(runtime="tflite", kernels="builtin"),
        failure=Failure(kind="crash", message="the runtime crashed", detail="last words"),
    )
    session = Session(
        process=0,
        cool_down=CoolDown(outcome="met", waited_s=0.0, target_c=51.3, temperature_c=48.3),
        rounds=((0,), (0,)),
        trace=Trace(
            period_ms=100,
            reading_ns=35_000.0,
            start_ns=(900, 2900),
            channels=(Channel(name="cpu-thermal", quantity="temperature_c", values=(48.3, None)),),
        ),
        spans=(Span(kind="throttled", begin_ns=2900, end_ns=3500),),
    )
    return Report(
        tool=Tool(name="pibench", version="0.1.0"),
        created="2026-11-23T12:00:00+00:00",
        command=("pibench", "bench"),
        device=PI_3,
        clock=ClockRecord(step_ns=52, pair_ns=60.5, sample_ns=130.0),
        protocol=Protocol(),
        runtimes=(RuntimeRecord(name="litert", version="2.3.0"),),
        results=(measured, failed),
        sessions=(session,),
        complete=True,
    )
