"""Error against latency as rows: one for each point, units in the columns' names."""

from __future__ import annotations

from collections.abc import Iterator

from pibench.pareto import Error, Front, Latency, Pareto, Placed
from pibench.report.model import cpus_in_words
from pibench.tabular import Row
from pibench.thesis import DATA_SET
from pibench.thesis import Row as ThesisRow


def rows(found: Pareto) -> list[Row]:
    """Of all fronts, then the thesis' if it was asked for. ``dominated_by`` is a ``label`` of the same front."""
    own = [_row(front, one) for front in found.fronts for one in front.placed]
    return [*own, *({name: row.get(name) for name in own[0]} for row in map(_thesis_row, found.thesis))]


def _row(front: Front, one: Placed) -> Row:
    point = one.point
    return {
        "label": point.label,
        "network": point.network,
        "recipe": point.recipe,
        "training": point.training,
        **dict(_error(point.error)),
        **dict(_latency(point.latency)),
        "dominated_probability": one.dominated,
        "standing": one.standing,
        "dominated_by": one.by or None,
        **dict(_thesis(point.thesis)),
        "parameters": point.parameters,
        "macs": point.macs,
        **dict(_setting(front)),
        "report": point.latency.report,
    }


def _error(error: Error) -> Iterator[tuple[str, str | int | float | None]]:
    yield "error_percent", 100 * error.mean
    yield "error_sd_percent", None if error.sd is None else 100 * error.sd
    yield "runs", error.runs
    yield "error_source", error.source
    yield "images", error.images
    yield "data_set", error.origin.name if error.origin else None
    yield "images_kind", error.origin.images if error.origin else None


def _latency(latency: Latency) -> Iterator[tuple[str, str | int | float | None]]:
    yield "latency_ms", latency.ns / 1e6
    yield "latency_low_ms", latency.low_ns / 1e6
    yield "latency_high_ms", latency.high_ns / 1e6
    yield "latency_confidence", latency.confidence
    yield "processes", latency.processes
    yield "latency_trusted", not latency.untrusted
    yield "untrusted_because", latency.untrusted or None


def _thesis(row: ThesisRow | None) -> Iterator[tuple[str, str | float | None]]:
    """Of the same network there."""
    yield "thesis_error_percent", row.error_percent if row else None
    yield "thesis_error_sd_percent", row.error_sd_percent if row else None
    yield "thesis_latency_ms", row.latency_ms if row else None
    yield "thesis_note", (row.note or None) if row else None


def _setting(front: Front) -> Iterator[tuple[str, str | int]]:
    setting, condition = front.setting, front.setting.condition
    yield "device", setting.device
    yield "system", setting.system
    yield "runtime", condition.runtime
    yield "runtime_version", setting.runtime_version
    yield "threads", condition.threads
    yield "kernels", condition.kernels
    yield "cpus", cpus_in_words(condition.cpus)
    yield "statistic", setting.statistic


def _thesis_row(row: ThesisRow) -> Row:
    recipe = "thesis, distilled" if row.distilled else "thesis"
    return {
        "label": f"{row.name} (thesis)",
        "network": row.spec,
        "recipe": recipe,
        "error_percent": row.error_percent,
        "error_sd_percent": row.error_sd_percent,
        "runs": len(row.accuracies),
        "error_source": "test",
        "data_set": DATA_SET,
        "latency_ms": row.latency_ms,
        "standing": "reference",
        "thesis_note": row.note or None,
        "parameters": row.parameters,
        "macs": row.macs,
        "device": "Raspberry Pi 3B",
        "runtime": "tflite",
        "runtime_version": "1.13",
        "threads": 1,
        "statistic": "mean",
    }
