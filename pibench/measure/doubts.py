"""What makes a figure doubtful, and whether it can be trusted. Pure: measurements in, doubts out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from pibench.device import CoolDown, Device
from pibench.device.cpus import format_cpus
from pibench.measure.summary import kept_ns, latencies_ns
from pibench.report.model import Condition, Doubt, Protocol, SubjectRecord, Summary
from pibench.report.samples import Measurement, ThreadRecord
from pibench.stats import Interval, NestedInterval, steadiness, trend, units_needed

WIDE_INTERVAL = 0.05
FEW_SAMPLES = 50
FEW_KEPT = 0.5
# A quiet machine's processes differ by 0.1 to 0.6 %. Runs beyond this did not foretell each other's figures
# (benchmarks/repeat_fresh.py).
PROCESS_SD = 0.025
DRIFT = 0.05
DRIFT_P_VALUE = 0.001
# Of the reference's medians over processes: does not grow with their number, as their range would.
REFERENCE_SD = 0.02
HEAVY_TAIL = 1.5
BUSY_CORES = 0.3
# Involuntary context switches per second: up to 5 on a quiet machine, from 180 up with another program on the core.
PREEMPTIONS_PER_S = 50


def doubts_about(
    subject: SubjectRecord,
    condition: Condition,
    measurements: Sequence[Measurement],
    summary: Summary,
    device: Device,
    protocol: Protocol,
    *,
    cool_downs: Sequence[CoolDown] = (),
    disagreement: str = "",
    unread_because: str = "",
) -> tuple[Doubt, ...]:
    """Everything that a reader of this figure should know, what makes it untrusted first."""
    doubts = (
        *_of_outputs(disagreement),
        *_of_board(measurements, summary, cool_downs),
        *_of_threads(condition, measurements),
        *_of_settling(measurements),
        *_of_interval(measurements, summary, protocol),
        *_of_machine(condition, measurements, device),
        *_of_samples(measurements, summary),
        *_of_setting(condition, measurements, device),
        *_of_subject(subject, unread_because),
    )
    return tuple(sorted(doubts, key=lambda doubt: not doubt.grave))


def _of_outputs(disagreement: str) -> Iterator[Doubt]:
    if disagreement:
        yield output_differs(disagreement)


def output_differs(where: str) -> Doubt:
    """The same network and input, and another output."""
    return _grave("output_differs", f"{where}: one of them is wrong, and a wrong model may be fast")


def _of_board(measurements: Sequence[Measurement], summary: Summary, cool_downs: Sequence[CoolDown]) -> Iterator[Doubt]:
    taken = summary.samples + summary.set_aside
    if summary.set_aside:
        share = summary.set_aside / taken
        few = share > FEW_KEPT or not all(len(m.set_aside) < len(m.duration_ns) for m in measurements)
        yield Doubt(
            kind="throttled",
            message=f"{share:.0%} of the samples were taken while the board was throttled, capped or under-voltage"
            " and are set aside: cool it or feed it better",
            grave=few,
        )
    not_met = [wait for wait in cool_downs if wait.outcome == "not_met"]
    if not_met:
        yield Doubt(
            kind="not_cooled_down",
            message=f"before {len(not_met)} of {len(cool_downs)} processes the board did not cool down to"
            f" {not_met[0].target_c:.0f} °C within the limit",
        )


def _of_threads(condition: Condition, measurements: Sequence[Measurement]) -> Iterator[Doubt]:
    yield from misplaced_threads([thread for measurement in measurements for thread in measurement.threads])
    fewest = min((len(measurement.threads) for measurement in measurements), default=0)
    if 0 < fewest < condition.threads:
        yield _grave(
            "missing_threads",
            f"the runtime made {fewest} of the {condition.threads} threads that were asked for:"
            " ask for fewer, or raise the limit of processes (ulimit -u)",
        )


def misplaced_threads(threads: Sequence[ThreadRecord]) -> Iterator[Doubt]:
    """Threads that were not on the cores they were given."""
    strayed = [thread for thread in threads if not _in_place(thread)]
    if strayed:
        cpus = {cpu for thread in strayed for cpu in (*thread.allowed, *thread.seen)}
        yield _grave(
            "misplaced_threads",
            f"{len(strayed)} threads were not on the cores asked for (allowed or seen on:"
            f" {format_cpus(cpus) or 'none'}): free those cores, or choose others",
        )


def _in_place(thread: ThreadRecord) -> bool:
    if thread.asked is None:
        return True
    return thread.allowed == (thread.asked,) and set(thread.seen) <= {thread.asked}


def _of_settling(measurements: Sequence[Measurement]) -> Iterator[Doubt]:
    found = Counter(unrest for measurement in measurements if (unrest := _unrest(measurement)))
    if found.total() > len(measurements) / 2:
        (unrest, _), *_ = found.most_common(1)
        yield _grave(
            "did_not_settle",
            f"in {found.total()} of {len(measurements)} instances the latency did not come to rest ({unrest})"
            " within the warm-up: give it a longer one with --warm-up-limit",
        )


def _unrest(measurement: Measurement) -> str:
    """What kept it from settling; of a slow model, whose warm-up was too short to tell, its samples tell."""
    settling = measurement.warm_up.settling
    if settling in ("settled", "not_asked"):
        return ""
    if settling != "too_short":
        return settling
    seen = steadiness(kept_ns(measurement))
    return "" if seen.unrest in ("", "too_short") else seen.unrest


def _of_interval(measurements: Sequence[Measurement], summary: Summary, protocol: Protocol) -> Iterator[Doubt]:
    half_width = summary.relative_half_width
    if half_width > WIDE_INTERVAL:
        yield _grave("wide_interval", f"the 95 % interval is ±{half_width:.1%}: give it more --processes")
    elif half_width > protocol.precision and protocol.most_processes > 1:
        yield Doubt(
            kind="imprecise",
            message=f"the 95 % interval is ±{half_width:.1%}, wider than the ±{protocol.precision:.1%} asked for:"
            f" give it {_more_processes(summary, protocol)}, or a larger --precision",
        )
    if summary.processes == 1:
        # Twelve processes of one model differed with a CV of 7 %: no interval from one of them is honest.
        yield _grave("one_process", "one process only: the interval ignores how much processes differ")
    elif (summary.spread.process or 0) > PROCESS_SD:
        yield _grave(
            "processes_differ",
            f"the processes differ by ±{summary.spread.process:.1%}: the machine was not in one state;"
            " stop other work, or measure at a quieter time",
        )


def _more_processes(summary: Summary, protocol: Protocol) -> str:
    if summary.processes < 2 or not protocol.precision:
        return "more --processes"
    interval = Interval(summary.latency_ns, summary.low_ns, summary.high_ns)
    needed = units_needed(NestedInterval(interval, "process", summary.processes), protocol.precision)
    return f"some {needed} --processes"


def _of_machine(condition: Condition, measurements: Sequence[Measurement], device: Device) -> Iterator[Doubt]:
    moved = reference_sd(measurements)
    if moved > REFERENCE_SD:
        yield _grave(
            "machine_changed",
            f"a fixed reference varied by ±{moved:.0%} from process to process: the machine changed, not the model",
        )
    per_s = _preemptions_per_s(measurements)
    if per_s > PREEMPTIONS_PER_S:
        yield _grave("preempted", f"other work took the model's cores {per_s:.0f} times per second: stop it")
    if device.busy_cores > BUSY_CORES:
        yield Doubt(
            kind="busy_machine",
            message=f"other work kept {device.busy_cores:.1f} of {device.cores} cores busy before the run: stop it",
            # Then the model has no core of its own, and every process of it is slow alike.
            grave=device.busy_cores + condition.threads > device.cores + BUSY_CORES,
        )


def _preemptions_per_s(measurements: Sequence[Measurement]) -> float:
    switches = sum(measurement.usage.involuntary_switches for measurement in measurements)
    run_ns = sum(m.usage.invocations * float(latencies_ns(m).mean()) for m in measurements)
    return switches / run_ns * 1e9 if run_ns else 0.0


def reference_sd(measurements: Sequence[Measurement]) -> float:
    """Relative standard deviation of the fixed reference's median from process to process."""
    medians_ns = reference_ns(measurements)
    return float(np.std(np.log(medians_ns), ddof=1)) if len(medians_ns) > 1 else 0.0


def reference_ns(measurements: Sequence[Measurement]) -> list[float]:
    """The fixed reference's median in each process that has one, 1 ns at the least."""
    by_process: dict[int, list[int]] = {}
    for measurement in measurements:
        by_process.setdefault(measurement.process, []).extend(measurement.reference.duration_ns)
    return [max(float(np.median(values)), 1.0) for values in by_process.values() if values]


def _of_samples(measurements: Sequence[Measurement], summary: Summary) -> Iterator[Doubt]:
    drift = max((_drift(measurement) for measurement in measurements), key=abs)
    if drift:
        yield Doubt(kind="drift", message=f"the latency moved by {drift:+.0%} while a process was sampled")
    if summary.p95_ns > HEAVY_TAIL * summary.latency_ns:
        ratio = summary.p95_ns / summary.latency_ns
        yield Doubt(kind="heavy_tail", message=f"the 95th percentile is {ratio:.1f} times the median: interruptions")
    if summary.samples < FEW_SAMPLES:
        yield Doubt(kind="few_samples", message=f"{summary.samples} samples only: give it more --seconds")
    group = max(measurement.group for measurement in measurements)
    if group > 1:
        yield Doubt(
            kind="grouped",
            message=f"too short for the clock: a sample is the mean of up to {group} inferences, so p95 is of means",
        )


def _drift(measurement: Measurement) -> float:
    """Relative change over the samples, 0 unless it is beyond doubt and worth a word."""
    change, p_value = trend(kept_ns(measurement))
    return change if abs(change) > DRIFT and p_value < DRIFT_P_VALUE else 0.0


def _of_setting(condition: Condition, measurements: Sequence[Measurement], device: Device) -> Iterator[Doubt]:
    if not condition.cpus and condition.threads > device.usable_cores:
        yield Doubt(
            kind="oversubscribed",
            message=f"{condition.threads} threads, and {device.usable_cores} cores to run them on: ask for fewer",
        )
    if condition.kernels == "xnnpack" and not all(m.setup.fully_delegated for m in measurements):
        yield Doubt(kind="not_delegated", message="some operations ran outside XNNPACK, on slower kernels")


def _of_subject(subject: SubjectRecord, unread_because: str) -> Iterator[Doubt]:
    if unread_because:
        yield Doubt(kind="unread_model", message=f"MACs and parameters are unknown: {unread_because}")
    if subject.uncounted_ops:
        names = ", ".join(subject.uncounted_ops)
        yield Doubt(kind="uncounted_ops", message=f"MACs lack operations that pibench does not know: {names}")


def _grave(kind: str, message: str) -> Doubt:
    return Doubt(kind=kind, message=message, grave=True)  # type: ignore[arg-type]
