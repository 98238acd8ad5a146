"""The thesis' figures as people read them."""

from __future__ import annotations

from pibench.thesis import Row, figures

COLUMNS = ("network", "error %", "runs", "Pi 3B ms")


def name(row: Row) -> str:
    return row.spec + (", distilled" if row.distilled else "")


def error(row: Row) -> str:
    """Mean and standard deviation in percent; a dash where it was only timed."""
    mean, deviation = row.error_percent, row.error_sd_percent
    if mean is None:
        return "–"
    return f"{mean:.2f}" + ("" if deviation is None else f" ± {deviation:.2f}")


def latency(row: Row) -> str:
    """Milliseconds on its Pi 3B; a dash where it was only trained."""
    return "–" if row.latency_ms is None else f"{row.latency_ms:.1f}"


def cells(row: Row) -> list[str]:
    """Under ``COLUMNS``; the name with what is to be doubted."""
    return [name(row) + (f" ({row.note})" if row.note else ""), error(row), str(len(row.accuracies)), latency(row)]


def explanation() -> str:
    """What the reference is, and what it is not."""
    return (
        f"Reference, {figures().source}. These latencies are the thesis' own: no pibench measured them, they have no"
        " intervals, and they take no part in any front."
    )
