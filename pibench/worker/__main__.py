"""The worker process: the only place where a runtime is loaded, and so can crash.

``python -m pibench.worker`` reads requests from stdin until it ends.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from typing import BinaryIO

import msgspec

from pibench.worker.protocol import Request
from pibench.worker.server import Server

_PR_SET_PDEATHSIG = 1


def serve(requests: BinaryIO, responses: BinaryIO) -> None:
    """Answer every line of ``requests`` with a line of ``responses``."""
    encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Request)
    server = Server()
    try:
        for line in requests:
            responses.write(encoder.encode(server.answer(decoder.decode(line))) + b"\n")
            responses.flush()
    finally:
        server.close()


def _die_with_parent() -> None:
    """Ends this process when the one that started it ends, even if a model hangs in native code."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _allow_many_files() -> None:
    """Each loaded model has up to six counters for each of its threads, and the usual limit is 1024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> None:
    """Serve the parent until it closes the pipe or ends."""
    _die_with_parent()
    _allow_many_files()
    # Runtimes print to stdout as they please: they get stderr, the answers keep the pipe.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as responses:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        serve(sys.stdin.buffer, responses)


if __name__ == "__main__":
    main()
