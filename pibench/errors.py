"""Every error pibench raises on purpose; each message is one sentence that says what to do.

The command line prints the message alone and ends with ``exit_code``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

EXIT_OK = 0
EXIT_SLOWER = 1
EXIT_ERROR = 2
EXIT_UNTRUSTED = 3
EXIT_INTERRUPTED = 130


class PibenchError(Exception):
    """Base of all errors meant for people; ``detail`` is what a runtime printed, for the curious."""

    exit_code = EXIT_ERROR

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class GraphError(PibenchError):
    """A graph that cannot exist; the message names the node."""


class SubjectError(PibenchError):
    """A subject (file or architecture spec) that cannot be read, parsed or built."""


class ModelFileError(SubjectError):
    """A file that is not a usable .tflite model."""


class EngineError(PibenchError):
    """A runtime refused a model or an operation on it."""


class InvalidModelError(EngineError):
    """The runtime found the model file damaged or inconsistent."""


class UnsupportedModelError(EngineError):
    """The runtime lacks something that the model needs, an operation for instance."""


class EngineMemoryError(EngineError):
    """The runtime could not allocate what the model needs."""


class RuntimeMissingError(PibenchError):
    """The runtime asked for is not installed here."""


class WorkerError(PibenchError):
    """A worker process crashed, hung or answered nonsense."""


class TemporaryFilesError(PibenchError):
    """There is no room for what lies in a file only while a command runs."""


class ReportError(PibenchError):
    """A report that cannot be written, read or understood."""


class ExportError(PibenchError):
    """Figures that cannot be written in the form that was asked for."""


class TableError(PibenchError):
    """A latency table that cannot be written, read, or asked for what it lacks."""


class LatencyTestError(PibenchError):
    """A latency test that asks for what cannot be."""


class ComparisonError(PibenchError):
    """Reports that cannot be compared as asked, or without saying so."""


class HistoryError(PibenchError):
    """No report to make a history of."""


class ParetoError(PibenchError):
    """Errors and latencies that cannot be brought together."""


class RooflineError(PibenchError):
    """A roofline that cannot be read or written, or that lacks what it is asked for."""


class DataError(PibenchError):
    """A data set that is missing, damaged, or unlike what it should be."""


class RecipeError(PibenchError):
    """A training recipe that is unknown, or that makes no sense."""


class TrainingError(PibenchError):
    """A training that cannot start, or that came to nothing."""


class RunError(PibenchError):
    """A run folder that cannot be written, read or understood."""


class ConversionError(PibenchError):
    """A graph without counterpart in Keras, or the reverse, or a model that cannot be exported."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``" Did you mean 'x'?"`` for the closest known word, else the list of them."""
    choices = sorted(known)
    close = difflib.get_close_matches(word, choices, n=1)
    if close:
        return f" Did you mean {close[0]!r}?"
    return f" Known: {', '.join(choices)}." if choices else ""
