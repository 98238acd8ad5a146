"""A small report with every kind of part in it."""

from __future__ import annotations

from boards import PI_3

from pibench.device import Channel, CoolDown, Span, Trace
from pibench.report import (
    ClockRecord,
    Condition,
    Doubt,
    Failure,
    InPlaceWay,
    IsolatedWay,
    LayerProfile,
    Measurement,
    OutlierCounts,
    Profile,
    Protocol,
    Ratio,
    Reference,
    Report,
    Result,
    RoofRecord,
    RuntimeRecord,
    Session,
    Setup,
    Spread,
    SubjectRecord,
    Summary,
    ThreadRecord,
    Timing,
    Tool,
    Unmapped,
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
        profile=sample_profile(),
    )


def sample_profile() -> Profile:
    conv = LayerProfile(
        name="stage1.block1.conv",
        block="stage1.block1",
        op="conv 3×3 /2 + relu",
        op_type="conv 3×3",
        dtype="float32",
        sources=("stage1.block1.conv", "stage1.block1.bn", "stage1.block1.relu"),
        macs=1000,
        bytes=500,
        isolated=Timing(ns=150.0, low_ns=148.0, high_ns=152.0),
        in_place=Timing(ns=151.0, low_ns=140.0, high_ns=162.0),
        share=0.75,
        least_ns=100.0,
    )
    unknown = LayerProfile(
        name="custom",
        block="custom",
        op="NON_MAX_SUPPRESSION",
        op_type="NON_MAX_SUPPRESSION",
        dtype="float32",
        sources=("custom",),
        macs=None,
        bytes=100,
        in_place=Timing(ns=50.0, low_ns=None, high_ns=None),
        not_isolated_because="pibench does not know the operation NON_MAX_SUPPRESSION",
        share=0.25,
    )
    return Profile(
        layers=(conv, unknown),
        whole=Timing(ns=200.0, low_ns=195.0, high_ns=205.0),
        isolated=IsolatedWay(
            fixed=Timing(ns=1.0, low_ns=0.9, high_ns=1.1),
            sum=Timing(ns=151.0, low_ns=149.0, high_ns=153.0),
            ratio=Ratio(ratio=0.755, low=0.745, high=0.765),
        ),
        in_place=InPlaceWay(
            plain=Timing(ns=200.0, low_ns=198.0, high_ns=202.0),
            profiled=Timing(ns=203.0, low_ns=201.0, high_ns=205.0),
            cost=Ratio(ratio=1.015, low=1.01, high=1.02),
            sum=Timing(ns=202.0, low_ns=200.0, high_ns=204.0),
            ratio=Ratio(ratio=1.01, low=1.0, high=1.02),
            unmapped=(Unmapped(name="Delegate (NCHW)", ns=1.0),),
        ),
        roof=RoofRecord(peak_gops={"float32": 20.0, "int8": 60.0}, memory_gbs=5.0, cache_gbs=2 * 5.0, cache_bytes=2000),
        verdict="untrusted",
        doubts=(
            Doubt(kind="way_failed", message="isolated: gone", grave=True),
            Doubt(kind="layers_missing", message="the sum of isolated layers is without custom"),
        ),
    )
