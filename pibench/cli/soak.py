"""``pibench soak``."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import click

from pibench.cli.console import wide_console
from pibench.cli.measured import report_path
from pibench.cli.options import (
    Number,
    cpus_option,
    only_condition,
    report_options,
    seed_option,
    single_condition_options,
    timeout_option,
)
from pibench.cli.soak_progress import SoakProgress
from pibench.cli.soak_results import show_soak
from pibench.device import Trace, read_device
from pibench.device.sensors import policies_of
from pibench.device.throttling import disturbed_spans
from pibench.errors import EXIT_ERROR, EXIT_INTERRUPTED, EXIT_OK, EXIT_UNTRUSTED, SubjectError
from pibench.measure.board import ThisBoard, moved_off
from pibench.measure.conditions import Cpus
from pibench.measure.endurance import endurance
from pibench.measure.prepared import Prepared, failure_of, prepare
from pibench.measure.recorder import Recorder
from pibench.measure.soak import Plan, Soak, planned, soak_protocol
from pibench.measure.soak_result import soak_result, soak_session
from pibench.report import Condition, Failure, Measurement, Protocol, encode
from pibench.subject import printable
from pibench.temporary import temporary_folder
from pibench.worker.client import Worker, WorkerFailedError, probed_clock
from pibench.worker.protocol import Prepare

MINUTES = Number("minutes", 0.01, 7 * 24 * 60, "a number of minutes from 0.01 up to a week")
FPS = Number("fps", 0.1, 1000, "a number of frames per second from 0.1 to 1000")


class _Run(NamedTuple):
    subject: str
    condition: Condition
    plan: Plan
    protocol: Protocol


class _Taken(NamedTuple):
    """What a soak gave, and how it ended."""

    measurement: Measurement | None
    trace: Trace
    lost: WorkerFailedError | None
    interrupted: bool


@click.command()
@click.argument("subject", metavar="SUBJECT")
@click.option("--minutes", type=MINUTES, default=10.0, show_default=True, help="How long.")
@click.option("--fps", type=FPS, help="Frames per second that must be met.  [default: back to back]")
@single_condition_options
@cpus_option
@seed_option
@timeout_option
@report_options
@click.pass_context
def command(
    context: click.Context,
    subject: str,
    minutes: float,
    fps: float | None,
    runtime: tuple[str, ...],
    threads: tuple[int, ...],
    kernels: tuple[str, ...],
    cpus: Cpus | None,
    seed: int,
    timeout: float,
    output: Path | None,
    as_json: bool,
) -> int:
    """Run one network for minutes: what the board sustains, and when it throttles.

    SUBJECT is a .tflite file or an architecture with parameters. Its latency is shown beside
    temperature and clock; "sustained" is the last quarter, "first" the first minute (or tenth).
    With --fps each frame has a period; one that begins late or takes longer is missed.

    \b
    Examples:
        pibench soak model.tflite
        pibench soak mobilenet_v2:depth=9 --minutes 30 --threads 4
        pibench soak model.tflite --fps 30

    Exit code 0: steady; 3: throttled or slowed, undecided, untrusted, or the frame rate was not
    held; 2: bad input or an error; 130: interrupted (2 and 130: what was measured is shown and in the report).
    """
    condition = only_condition("a soak", runtime, threads, kernels, cpus)
    plan = planned(minutes, fps)
    path = report_path(output)
    run = _Run(subject, condition, plan, soak_protocol(plan, timeout, seed))
    return _soak(run, path, ("pibench", *map(printable, context.obj)), as_json)


def _soak(run: _Run, path: Path, words: tuple[str, ...], as_json: bool) -> int:
    with temporary_folder() as folder:
        prepared = prepare(run.subject, folder / "model.tflite", run.protocol.seed)
        if prepared.model is None:
            raise SubjectError(prepared.failure.message if prepared.failure else "")
        device = read_device()
        clock = probed_clock(run.protocol.timeout_s, Prepare(tuple(sorted(run.condition.cpus))))
        recorder = Recorder(path, words, device, clock, run.protocol)
        taken = _take(run, prepared.model, clock.step_ns)
    failure = _failure(taken, prepared)
    measurement, trace = taken.measurement, taken.trace
    if measurement is None:
        return _ended(failure, taken.interrupted, "nothing was measured")
    end_ns = measurement.start_ns[-1] + measurement.duration_ns[-1]
    cpus = run.condition.cpus
    spans = disturbed_spans(trace, measurement.start_ns[0], end_ns, policies_of(cpus) if cpus else None)
    found = endurance(measurement, trace, spans, run.plan.period_ns)
    result = soak_result(
        prepared.record,
        run.condition,
        run.protocol,
        device,
        measurement,
        found,
        failure=failure,
        unread_because=prepared.unread_because,
    )
    session = soak_session(measurement, device, trace, spans)
    report = recorder.finish((result,), (session,), complete=failure is None and not taken.interrupted)
    if as_json:
        click.echo(encode(report).decode())
    else:
        show_soak(result, found, wide_console(), complete=report.complete)
    if recorder.problem:
        raise recorder.problem
    if not report.complete:
        return _ended(failure, taken.interrupted, f"what was measured is in {path}")
    if not as_json:
        click.echo(f"Report: {path}")
    return EXIT_OK if found.is_well and result.verdict == "trusted" else EXIT_UNTRUSTED


def _take(run: _Run, model: Path, clock_step_ns: int) -> _Taken:
    protocol, plan = run.protocol, run.plan
    with moved_off(run.condition.cpus) as own_cpus:
        board = ThisBoard(protocol, own_cpus)
        with board.recording() as recording, Worker(protocol.timeout_s) as worker:
            soak = Soak(worker, model, run.condition, protocol, plan, clock_step_ns)
            lost, interrupted = None, False
            with SoakProgress(plan.duration_ns, recording.so_far) as progress:
                try:
                    soak.run(progress.show)
                except KeyboardInterrupt:
                    interrupted = True
                except WorkerFailedError as error:
                    lost = error
            return _Taken(soak.measurement(), recording.stop(), lost, interrupted)


def _failure(taken: _Taken, prepared: Prepared) -> Failure | None:
    if taken.lost is None:
        return None
    # A model that has run for a while did not die of what our reader lacks.
    unread_because = "" if taken.measurement else prepared.unread_because
    return failure_of(taken.lost, prepared.record.name, unread_because)


def _ended(failure: Failure | None, interrupted: bool, what_is_left: str) -> int:
    click.echo(f"pibench: {'interrupted' if interrupted else failure and failure.message}; {what_is_left}", err=True)
    return EXIT_INTERRUPTED if interrupted else EXIT_ERROR
