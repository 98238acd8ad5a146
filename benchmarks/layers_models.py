"""Models: what making a table's models takes, beside the converter (see writer.py)."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import writer
from layers_setting import Setting
from rich.console import Console

from pibench.tflite import write

# Of a one-layer network, by TensorFlow's converter; where TensorFlow is not installed this stands for it.
CONVERTER_MS = 250.0


class Row(msgspec.Struct, kw_only=True):
    """Median times in ms over the models; the converter's is None where it could not be timed here."""

    models: int
    writer_ms: float
    slowest_ms: float
    converter_ms: float | None


def total(setting: Setting) -> int:
    return 1


def rows(setting: Setting) -> Iterator[list[Row]]:
    graphs = writer.grid()
    write(graphs[0])
    times_ms = writer.best_times_ms(write, graphs, writer.WRITER_REPEATS)
    yield [
        Row(
            models=len(graphs),
            writer_ms=float(np.median(times_ms)),
            slowest_ms=max(times_ms),
            converter_ms=_converter_ms(),
        )
    ]


def _converter_ms() -> float | None:
    if importlib.util.find_spec("tensorflow") is None:
        return None
    from keras_twin import keras_twin

    from pibench.models.conversion import convert

    twins = [keras_twin(graph) for graph in writer.grid()[:: writer.GRID // writer.CONVERTED]]
    convert(twins[0])
    return float(np.median(writer.best_times_ms(convert, twins, writer.CONVERTER_REPEATS)))  # type: ignore[arg-type]


def show(found: Sequence[Row], console: Console) -> None:
    console.print("asked for: at least 100 × faster than the converter", style="dim")
    for row in found:
        theirs = row.converter_ms or CONVERTER_MS
        whose = "TensorFlow's converter here" if row.converter_ms else "as the converter was seen to take elsewhere"
        console.print(
            f"building {row.models} one-layer models: {row.writer_ms:.3f} ms each (slowest {row.slowest_ms:.2f});"
            f" {theirs / row.writer_ms:.0f} × faster than {theirs:.0f} ms, {whose}"
        )
