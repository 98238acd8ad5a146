"""What measuring needs of a worker."""

from __future__ import annotations

from typing import Protocol as Interface
from typing import TypeVar

import msgspec

from pibench.worker.protocol import Request

R = TypeVar("R", bound=msgspec.Struct)


class Asks(Interface):
    """A worker process, or a fake of one."""

    def ask(self, request: Request, expected: type[R]) -> R:
        """Send a request and wait for its answer. Raises WorkerFailedError instead of one."""
        ...
