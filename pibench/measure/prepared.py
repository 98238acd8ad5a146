"""Subjects made ready for workers: a model file each, whatever the user's file does meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pibench.errors import PibenchError
from pibench.report.model import Failure, SubjectRecord
from pibench.subject import Subject, kind_of, load_subject, printable
from pibench.worker.client import WorkerFailedError


class Prepared(NamedTuple):
    """A subject's record, and its model file or why there is none."""

    record: SubjectRecord
    model: Path | None
    failure: Failure | None
    unread_because: str


def prepare(text: str, model: Path, seed: int) -> Prepared:
    """Read or build what the text names and write it to ``model``."""
    try:
        subject = load_subject(text, seed)
        model.write_bytes(subject.model)
    except (PibenchError, OSError, MemoryError) as error:
        record = SubjectRecord(name=printable(text), kind=kind_of(text))
        return Prepared(record, None, Failure(kind="subject", message=_sentence(text, error)), "")
    return Prepared(_record(subject), model, None, subject.unread_because)


def failure_of(error: WorkerFailedError, name: str, unread_because: str) -> Failure:
    """What our own reader found wrong with a model says more than how a runtime died of it."""
    if unread_because:
        return Failure(kind=error.kind, message=unread_because, detail=f"{error}\n{error.detail}".strip())
    return Failure(kind=error.kind, message=f"{name}: {error}", detail=error.detail)


def _record(subject: Subject) -> SubjectRecord:
    graph = subject.graph
    return SubjectRecord(
        name=subject.name,
        kind=subject.kind,
        digest=subject.digest,
        file_bytes=len(subject.model),
        macs=graph.total_macs if graph else None,
        parameters=graph.total_parameters if graph else None,
        uncounted_ops=graph.uncounted_ops if graph else (),
    )


def _sentence(text: str, error: Exception) -> str:
    if isinstance(error, PibenchError):
        return str(error)
    cause = "there is too little memory" if isinstance(error, MemoryError) else str(error)
    return f"{printable(text)} cannot be prepared: {cause}"
