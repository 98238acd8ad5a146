"""Talking to a worker process, and telling what became of it."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import IO, TypeVar

import msgspec

from pibench.errors import WorkerError
from pibench.report.model import DEFAULT_TIMEOUT_S, FailureKind
from pibench.worker.diagnosis import diagnose
from pibench.worker.protocol import Clock, Failed, Prepare, Prepared, ProbeClock, Request, Response

COMMAND = (sys.executable, "-m", "pibench.worker")
_LOG_TAIL_BYTES = 4096

R = TypeVar("R", bound=msgspec.Struct)


class WorkerFailedError(WorkerError):
    """A worker that crashed, hung, or answered that it could not.

    ``kind`` is one of the failure kinds of the report, ``detail`` the end of what the runtime
    printed.
    """

    def __init__(self, kind: FailureKind, message: str, detail: str) -> None:
        super().__init__(message, detail)
        self.kind = kind


class Worker:
    """A fresh process with its own runtime; use it as a context manager.

    It gets a session of its own, so that Ctrl-C in the terminal reaches only the parent,
    which then ends it.
    """

    def __init__(self, timeout_s: float = DEFAULT_TIMEOUT_S, command: Sequence[str] = COMMAND) -> None:
        self._timeout_s = timeout_s
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed with the worker
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
            # A file of the user's directory must not shadow a module of the worker's: Python
            # 3.10 searches the working directory, newer ones heed the variable.
            cwd="/",
            # NumPy's BLAS, which nothing here needs, would start a thread for each core.
            env={**os.environ, "PYTHONSAFEPATH": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        self._decoder = msgspec.json.Decoder(Response)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                _close_quietly(stream)

    def ask(self, request: Request, expected: type[R]) -> R:
        """Send a request and wait for its answer. Raises WorkerFailedError instead of one."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(msgspec.json.encode(request) + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None
        response = self._decode(self._read_line())
        if isinstance(response, Failed):
            log = self._log_tail()
            raise WorkerFailedError(*diagnose(response.kind, response.message, log), log)
        if not isinstance(response, expected):
            raise WorkerFailedError("error", f"the worker answered with {type(response).__name__}", self._log_tail())
        return response

    def _read_line(self) -> bytes:
        """The next line, however long its parts take, within the time limit for silence."""
        assert self._process.stdout is not None
        pieces: list[bytes] = []
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not pieces or not pieces[-1].endswith(b"\n"):
                # Looked at once more: the time may have passed while this process was stopped, the worker at work.
                if not selector.select(self._timeout_s) and not selector.select(0):
                    raise WorkerFailedError(
                        "timeout",
                        f"no answer within {self._timeout_s:g} s: the worker was ended;"
                        " if the model is that slow, give --timeout more seconds",
                        self._log_tail(),
                    )
                piece = os.read(self._process.stdout.fileno(), 1 << 20)
                if not piece:
                    raise self._died()
                pieces.append(piece)
        return b"".join(pieces)

    def _decode(self, line: bytes) -> Response:
        try:
            response: Response = self._decoder.decode(line)
            return response
        except msgspec.MsgspecError as error:
            raise WorkerFailedError("error", f"the worker's answer makes no sense: {error}", self._log_tail()) from None

    def _died(self) -> WorkerFailedError:
        code = self._process.wait()
        if code == -signal.SIGKILL:
            message = "the worker was killed (SIGKILL), as the system does when memory runs out"
        else:
            cause = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended with code {code}"
            message = f"the runtime crashed: its process {cause}"
        return WorkerFailedError("crash", message, self._log_tail())

    def _log_tail(self) -> str:
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - _LOG_TAIL_BYTES))
        return self._log.read().decode(errors="replace").strip()


def probed_clock(timeout_s: float = DEFAULT_TIMEOUT_S, preparation: Prepare | None = None) -> Clock:
    """What the clock resolves and costs, measured in a worker of its own, set up as asked. Raises WorkerFailedError."""
    with Worker(timeout_s) as worker:
        worker.ask(preparation or Prepare(), Prepared)
        return worker.ask(ProbeClock(), Clock)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _close_quietly(stream: IO[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError):
        stream.close()
