"""Subjects made ready for workers: a model file each, whatever the user's file does meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pibench.errors import PibenchError
from pibench.graph import Graph
from pibench.report.model import Failure, SubjectRecord
from pibench.subject import Subject, kind_of, load_subject, printable, subject_of
from pibench.worker.client import WorkerFailedError


class Prepared(NamedTuple):
    """A subject's record, and its model file or why there is none."""

    record: SubjectRecord
    model: Path | None
    failure: Failure | None
    unread_because: str


def prepare(given: str | Graph | Subject, model: Path, seed: int) -> Prepared:
    """Write what is given, or what the text names, to ``model``."""
    try:
        subject = _loaded(given, seed)
        model.write_bytes(subject.model)
    except (PibenchError, OSError, MemoryError) as error:
        record = _bare_record(given)
        failure = Failure(kind="subject", message=_sentence(given, record.name, error))
        return Prepared(record, None, failure, "")
    return Prepared(_record(subject), model, None, subject.unread_because)


def failure_of(error: WorkerFailedError, name: str, unread_because: str) -> Failure:
    """What our own reader found wrong with a model says more than how a runtime died of it."""
    if unread_because:
        return Failure(kind=error.kind, message=unread_because, detail=f"{error}\n{error.detail}".strip())
    return Failure(kind=error.kind, message=f"{name}: {error}", detail=error.detail)


def _loaded(given: str | Graph | Subject, seed: int) -> Subject:
    if isinstance(given, str):
        return load_subject(given, seed)
    return subject_of(given, seed) if isinstance(given, Graph) else given


def _bare_record(given: str | Graph | Subject) -> SubjectRecord:
    """Of what could not be loaded."""
    if isinstance(given, str):
        return SubjectRecord(name=printable(given), kind=kind_of(given))
    return SubjectRecord(name=given.name, kind="graph" if isinstance(given, Graph) else given.kind)


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


def _sentence(given: str | Graph | Subject, name: str, error: Exception) -> str:
    if isinstance(error, PibenchError):
        # Of a graph made in memory only its node may be named.
        return str(error) if isinstance(given, str) or name in str(error) else f"{name}: {error}"
    cause = "there is too little memory" if isinstance(error, MemoryError) else str(error)
    return f"{name} cannot be prepared: {cause}"
