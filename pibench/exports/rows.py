"""A report in long format: every row says all about itself, units are in the columns' names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from typing import Literal

from pibench.report import Condition, Measurement, Report, Result
from pibench.tabular import Value

Row = dict[str, Value]
RowKind = Literal["figures", "samples", "layers"]


def figures(report: Report) -> Iterator[Row]:
    """A row for each subject under each condition; one without a figure has its failure instead.

    What is ``most_`` is the largest over processes.
    """
    for result in report.networks:
        yield {**_of_run(report), **_of_case(report, result), **_figure(result)}


def samples(report: Report) -> Iterator[Row]:
    """A row for each sample, those that were set aside among them; ``latency_ns`` is per inference."""
    for result in report.networks:
        case = {**_of_run(report), **_of_case(report, result)}
        for measurement in result.measurements:
            for row in _samples(measurement):
                yield {**case, **row}


def layers(report: Report) -> Iterator[Row]:
    """A row for each layer of the profile; none without one."""
    if report.profile is None:
        return
    case = {**_of_run(report), **_of_case(report, report.results[0])}
    for layer in report.profile.layers:
        isolated, in_place = layer.isolated, layer.in_place
        yield {
            **case,
            "layer": layer.name,
            "block": layer.block,
            "op": layer.op,
            "op_type": layer.op_type,
            "dtype": layer.dtype,
            "layer_macs": layer.macs,
            "moved_bytes": layer.bytes,
            "isolated_ns": isolated.ns if isolated else None,
            "isolated_low_ns": isolated.low_ns if isolated else None,
            "isolated_high_ns": isolated.high_ns if isolated else None,
            "in_place_ns": in_place.ns if in_place else None,
            "in_place_low_ns": in_place.low_ns if in_place else None,
            "in_place_high_ns": in_place.high_ns if in_place else None,
            "in_place_with": layer.in_place_with,
            "share": layer.share,
            "least_ns": layer.least_ns,
        }


ROWS: Mapping[RowKind, Callable[[Report], Iterator[Row]]] = {"figures": figures, "samples": samples, "layers": layers}


def _of_run(report: Report) -> Row:
    device = report.device
    return {
        "created": report.created,
        "board": device.name,
        "cpu_model": device.cpu_model,
        "os": device.os,
        "kernel": device.kernel,
        "governor": device.governor,
        "memory_bytes": device.memory_bytes,
        "pibench": report.tool.version,
        "protocol": report.protocol.name,
        "statistic": report.protocol.statistic,
    }


def _of_case(report: Report, result: Result) -> Row:
    subject, condition = result.subject, result.condition
    return {
        "subject": subject.name,
        "digest": subject.digest,
        "file_bytes": subject.file_bytes,
        "macs": subject.macs,
        "parameters": subject.parameters,
        **of_condition(condition),
        "runtime_version": next((r.version for r in report.runtimes if r.name == condition.runtime), None),
    }


def of_condition(condition: Condition) -> Row:
    """Its parts as columns."""
    return {
        "runtime": condition.runtime,
        "threads": condition.threads,
        "kernels": condition.kernels,
        "cpus": " ".join(map(str, condition.cpus)),
    }


def _figure(result: Result) -> Row:
    summary = result.summary
    setups = [measurement.setup for measurement in result.measurements]
    return {
        "latency_ns": summary.latency_ns if summary else None,
        "low_ns": summary.low_ns if summary else None,
        "high_ns": summary.high_ns if summary else None,
        "fresh_low_ns": summary.fresh_low_ns if summary else None,
        "fresh_high_ns": summary.fresh_high_ns if summary else None,
        "p95_ns": summary.p95_ns if summary else None,
        "min_ns": summary.min_ns if summary else None,
        "mean_ns": summary.mean_ns if summary else None,
        "inferences_per_s": summary.inferences_per_second if summary else None,
        "processes": summary.processes if summary else None,
        "samples": summary.samples if summary else None,
        "set_aside": summary.set_aside if summary else None,
        "process_sd": summary.spread.process if summary else None,
        "instance_sd": summary.spread.instance if summary else None,
        "block_sd": summary.spread.block if summary else None,
        "sample_sd": summary.spread.sample if summary else None,
        "most_first_inference_ns": max((setup.first_inference_ns for setup in setups), default=None),
        "most_load_ns": max((setup.load_ns for setup in setups), default=None),
        "most_memory_bytes": max((setup.peak_memory_bytes for setup in setups), default=None),
        "verdict": result.verdict,
        "doubts": " ".join(doubt.kind for doubt in result.doubts),
        "failure": result.failure.message if result.failure else None,
    }


def _samples(measurement: Measurement) -> Iterator[Row]:
    aside = set(measurement.set_aside)
    ends = list(accumulate(measurement.blocks))
    block = 0
    for index, (start_ns, duration_ns) in enumerate(zip(measurement.start_ns, measurement.duration_ns, strict=True)):
        while block < len(ends) - 1 and index >= ends[block]:
            block += 1
        yield {
            "process": measurement.process,
            "instance": measurement.instance,
            "block": block,
            "sample": index,
            "start_ns": start_ns,
            "latency_ns": duration_ns / measurement.group,
            "invocations": measurement.group,
            "set_aside": index in aside,
        }
