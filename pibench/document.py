"""Files that pibench writes for others to read: whole or not at all, never over somebody else's."""

from __future__ import annotations

import errno
import inspect
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from pibench.errors import PibenchError

T = TypeVar("T", bound=msgspec.Struct)
# What the system says where a disk, a quota or a limit on files leaves no room.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# Deep nesting is a RecursionError.
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Document(Generic[T]):
    """A kind of JSON file: a msgspec type whose field ``version_field`` tells which version it is.

    ``name`` is what people call it. ``contradiction``: what in one that was read cannot be true, as half a
    sentence, or nothing. Every method raises ``error`` with one sentence.
    """

    def __init__(
        self,
        type: type[T],
        name: str,
        version_field: str,
        version: int,
        error: type[PibenchError],
        contradiction: Callable[[T], str] = lambda document: "",
    ) -> None:
        self._type = type
        self._name = name
        self._version_field = version_field
        self._version = version
        self._error = error
        self._contradiction = contradiction

    def save(self, document: T, path: Path) -> None:
        """Write so that the file is the old one or the new one, never half of either."""
        write_file(msgspec.json.encode(document), path, self._name, self._error)

    def load(self, path: Path | str) -> T:
        """What is in a file. Raises for what is not of this kind, or of another version."""
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise self._error(f"cannot read the {self._name} {path}: {error.strerror}") from None
        except MemoryError:
            raise self._error(f"{path} is too large for this machine's memory, and no {self._name}") from None
        version = self._version_in(data)
        try:
            if version == self._version:
                return self._whole(msgspec.json.decode(data, type=self._type), path)
            msgspec.json.decode(data)
        except _UNREADABLE as error:
            raise self._error(f"{path} is not a pibench {self._name}, or a damaged one: {error}") from None
        if version is None:
            raise self._error(f"{path} is not a pibench {self._name}: it has no {self._version_field}")
        raise self._error(
            f"{path} has {self._name} version {version}, this pibench reads {self._version}: update pibench"
        )

    def _whole(self, document: T, path: Path | str) -> T:
        if problem := self._contradiction(document):
            raise self._error(f"{path} is a damaged {self._name}, or was edited: {problem}")
        return document

    def check_writable(self, path: Path) -> None:
        """Raises if a file could not be saved here, before hours are spent on it, or would replace something else."""
        with explained(path, self._name, self._error):
            check_place(path, self._name, self._error)
            if path.exists() and path.stat().st_size and self._version_in(path.read_bytes()) is None:
                raise self._error(f"{path} is there already and is no pibench {self._name}: give -o another name")
            target = resolved(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=target.parent):
                pass

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of such a file."""
        # Through JSON and back: msgspec leaves tuples where a reader of the schema finds arrays.
        schema = _with_clean_descriptions(msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(self._type))))
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"pibench {self._name}", **schema}

    def _version_in(self, data: bytes) -> int | None:
        try:
            document = msgspec.json.decode(data)
        except _UNREADABLE:
            return None
        version = document.get(self._version_field) if isinstance(document, dict) else None
        return version if isinstance(version, int) else None


def write_file(data: bytes, path: Path, name: str, error: type[PibenchError]) -> None:
    """Write it whole or not at all, never over what is no file; raises ``error`` in one sentence."""
    with explained(path, name, error):
        check_place(path, name, error)
        write_whole(data, path)


def check_place(path: Path, name: str, error: type[PibenchError]) -> None:
    """Raises ``error`` where something of that name could only replace what is no file: a pipe, a device, a folder."""
    if what := no_file(path):
        raise error(f"cannot write the {name} to {path}: it is {what}; give -o a file name")


def no_file(path: Path) -> str:
    """What is in the place of a file that could be replaced; nothing where there is such a file, or none."""
    if not path.exists() or path.is_file():
        return ""
    return "a directory" if path.is_dir() else "no regular file"


def resolved(path: Path) -> Path:
    """Without links; of a circle of them the path itself, where Path.resolve raises what no caller expects."""
    return Path(os.path.realpath(path))


def write_whole(data: bytes, path: Path) -> None:
    """Write so that the file is the old one or the new one, never half of either. Raises OSError."""
    target = resolved(path)  # a link stays one
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def explained(path: Path, name: str, error: type[PibenchError]) -> Iterator[None]:
    """Turns what the system says while something of that name is written into one sentence."""
    try:
        yield
    except OSError as cause:
        raise error(f"cannot write the {name} to {path}: {cause.strerror}; choose another place with -o") from None


def _with_clean_descriptions(schema: Any) -> Any:
    """Docstrings without their indentation, which Python keeps up to 3.12 and drops from 3.13 on."""
    if isinstance(schema, list):
        return [_with_clean_descriptions(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: inspect.cleandoc(value)
        if key == "description" and isinstance(value, str)
        else _with_clean_descriptions(value)
        for key, value in schema.items()
    }
