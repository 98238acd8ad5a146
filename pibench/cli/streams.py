"""Standard streams whose reader is gone."""

from __future__ import annotations

import os
from typing import Any, TextIO


def silence(stream: TextIO) -> None:
    """Send what is still to come nowhere, so that Python does not complain when it flushes at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


class Tolerant:
    """A text stream that goes quiet when its reader (head, less) has seen enough.

    Left to click and rich, a closed pipe would end the program with their own exit code.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, or do as if."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            silence(self._stream)
            return len(text)

    def flush(self) -> None:
        """Flush, or do as if."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            silence(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
