"""What a run was made on, and how: facts with their names."""

from __future__ import annotations

from collections.abc import Iterator

from pibench.html.view import Fact
from pibench.report import Report
from pibench.words.numbers import duration, gigahertz, percent


def board(report: Report) -> list[Fact]:
    """The device and the runtimes; what a machine does not tell is left out."""
    return [Fact(name, text) for name, text in _board(report) if text]


def _board(report: Report) -> Iterator[tuple[str, str]]:
    device = report.device
    yield "board", device.board or ""
    yield "processor", f"{device.cpu_model}, {device.architecture}" if device.cpu_model else device.architecture
    yield "cores", f"{device.cores}, {device.usable_cores} of them usable"
    yield "memory", f"{device.memory_bytes / 2**30:.3g} GiB"
    yield "system", f"{device.os}, {device.os_bits}-bit, Linux {device.kernel}"
    yield "Python", device.python
    yield "runtimes", ", ".join(f"{runtime.name} {runtime.version}" for runtime in report.runtimes) or "none"
    yield "governor", device.governor or ""
    yield "clock at the begin", "" if device.frequency_khz is None else gigahertz(device.frequency_khz)
    yield "highest clock", "" if device.maximum_frequency_khz is None else gigahertz(device.maximum_frequency_khz)
    yield "temperature at the begin", "" if device.temperature_c is None else f"{device.temperature_c:.1f} °C"
    yield "other work at the begin", f"{device.busy_cores:.1f} cores busy, load {device.load_average_1m:.2f}"
    yield "timer", f"steps of {report.clock.step_ns} ns; an empty sample shows {duration(report.clock.pair_ns)}"


def protocol(report: Report) -> list[Fact]:
    """How samples were taken."""
    used = report.protocol
    many = f"{used.processes} to {used.most_processes}" if used.most_processes > used.processes else f"{used.processes}"
    stops = used.precision and used.most_processes > used.processes
    stop = f", until the 95 % interval is within ±{percent(used.precision)}" if stops else ""
    found = [
        Fact("protocol", used.name),
        Fact("fresh processes", many + (f", {used.instances} instances in each" if used.instances > 1 else "")),
        Fact("sampling", f"{used.seconds:g} s per network at most{stop}"),
        Fact("order", "networks in turns, a new order each round" if used.interleaved else "each network alone"),
        Fact("figure", f"{used.statistic} of each process, geometric mean over processes"),
        Fact("warm-up", f"{used.warm_up_s:g} s at least, {used.warm_up_limit_s:g} s at most"),
        Fact("seed", str(used.seed)),
        Fact("written by", f"{report.tool.name} {report.tool.version}, report version {report.schema_version}"),
    ]
    if used.period_ns:
        found.insert(3, Fact("paced", f"a frame each {duration(used.period_ns)}"))
    if used.realtime or used.lock_memory:
        asked = [name for name, set_ in (("real-time", used.realtime), ("locked memory", used.lock_memory)) if set_]
        found.append(Fact("scheduling", ", ".join(asked)))
    return found
