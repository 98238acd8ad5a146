"""A small report with every kind of part in it."""

from __future__ import annotations

from boards import PI_3

from pibench.report import (
    ClockRecord,
    Condition,
    Doubt,
    Failure,
    Measurement,
    Protocol,
    Reference,
    Report,
    Result,
    RuntimeRecord,
    Setup,
    SubjectRecord,
    Summary,
    Tool,
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
                warm_up_invocations=7,
                group=2,
                start_ns=(1000, 2000, 3000),
                duration_ns=(400, 410, 390),
                reference=Reference(start_ns=(900, 3500), duration_ns=(20_000, 20_100)),
                temperatures_c=(48.3, 49.0),
            ),
        ),
        summary=Summary(
            median_ns=200.0,
            low_ns=195.0,
            high_ns=205.0,
            p95_ns=204.5,
            min_ns=195.0,
            mean_ns=200.0,
            samples=3,
            processes=1,
            inferences_per_second=5e6,
        ),
        doubts=(Doubt(kind="one_process", message="one process only"),),
    )
    failed = Result(
        subject=SubjectRecord(name="broken.tflite", kind="file"),
        condition=Condition(runtime="tflite", kernels="builtin"),
        failure=Failure(kind="crash", message="the runtime crashed", detail="last words"),
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
        complete=True,
    )
