"""The board's sensors, recorded beside a measurement."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from pibench import _native
from pibench.device.cpus import format_cpus
from pibench.device.firmware import parse_vcgencmd
from pibench.device.records import Channel, Trace
from pibench.device.runner import Runner, SystemRunner
from pibench.device.sensors import as_channel, find_sensors
from pibench.errors import PibenchError

_NS_PER_MS = 1_000_000


class TraceRecorder:
    """Reads every sensor below ``root`` once per ``period_ms``, between ``with`` and ``stop``.

    cpus: the cores on which the reading thread may run, best not those that are measured; none
    named: any. What is done between entering and ``stop`` lies between the first and the last
    reading. A machine without sensors gets no thread and a trace without channels.
    """

    def __init__(
        self,
        root: Path = Path("/"),
        period_ms: float = 100,
        cpus: Collection[int] = (),
        runner: Runner | None = None,
    ) -> None:
        self._period_ms = period_ms
        self._cpus = tuple(cpus)
        self._sensors = find_sensors(root)
        has_flags = any(sensor.quantity == "throttle_flags" for sensor in self._sensors)
        self._runner = None if has_flags else runner or SystemRunner(root)
        self._flags_at_start: int | None = None
        self._flags_at_stop: int | None = None
        self._sampler: _native.TraceSampler | None = None
        self._trace: Trace | None = None

    def __enter__(self) -> TraceRecorder:
        self._flags_at_start = self._ask_vcgencmd()
        if self._sensors or self._flags_at_start is not None:
            self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def so_far(self) -> Trace:
        """What was read until now, also while the recording goes on."""
        return self._trace or self._read()

    def stop(self) -> Trace:
        """Take the last reading and end the recording; calling it again returns the same trace."""
        if self._trace is None:
            if self._sampler is not None:
                self._sampler.stop()
                self._flags_at_stop = self._ask_vcgencmd()
            self._trace = self._read()
        return self._trace

    def _start(self) -> None:
        channels = [(sensor.path, sensor.encoding) for sensor in self._sensors]
        sampler = _native.TraceSampler(channels, round(self._period_ms * _NS_PER_MS), self._cpus)
        try:
            sampler.start()
        except OSError as error:
            where = f" on cores {format_cpus(self._cpus)}" if self._cpus else ""
            raise PibenchError(f"The thread that reads the sensors cannot run{where}: {error.strerror}.") from error
        self._sampler = sampler

    def _ask_vcgencmd(self) -> int | None:
        # A process per reading would disturb what is measured, so it tells the beginning and the end alone.
        return parse_vcgencmd(self._runner.run("vcgencmd", "get_throttled")) if self._runner else None

    def _read(self) -> Trace:
        readings = np.empty((0, 2), np.int64) if self._sampler is None else self._sampler.readings()
        columns = readings[:, 2:].T.tolist()
        channels = [as_channel(sensor, column) for sensor, column in zip(self._sensors, columns, strict=False)]
        return Trace(
            period_ms=self._period_ms,
            reading_ns=float(np.median(readings[:, 1])) if len(readings) else None,
            start_ns=tuple(readings[:, 0].tolist()),
            channels=(*channels, *self._vcgencmd_channel(len(readings))),
        )

    def _vcgencmd_channel(self, readings: int) -> tuple[Channel, ...]:
        if self._flags_at_start is None:
            return ()
        values: list[float | None] = [None] * readings
        values[-1] = self._flags_at_stop
        values[0] = self._flags_at_start
        return (Channel(name="vcgencmd", quantity="throttle_flags", values=tuple(values)),)
