"""The wait before a measurement until the board is as cool as at the run's start."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from pibench.device.records import CoolDown
from pibench.device.snapshot import read_temperature_c as hottest_zone_c

_POLL_S = 0.5


class CoolDownGate:
    """Remembers the temperature at its making; ``wait`` lasts until the board is back near it.

    tolerance_c: how far above the start counts as cool. limit_s: the longest wait for that; with 0
    only the pause is made, whatever a sensor tells.
    pause_s: what is waited where no sensor tells. now_s must be a monotonic clock: one that is
    set back would keep the gate closed.
    """

    def __init__(
        self,
        read_temperature_c: Callable[[], float | None] = hottest_zone_c,
        now_s: Callable[[], float] = time.monotonic,
        sleep_s: Callable[[float], None] = time.sleep,
        *,
        tolerance_c: float = 3.0,
        limit_s: float = 60.0,
        pause_s: float = 0.0,
    ) -> None:
        self._read_temperature_c = read_temperature_c
        self._now_s = now_s
        self._sleep_s = sleep_s
        self._limit_s = limit_s
        self._pause_s = pause_s
        start_c = self._temperature_c()
        self.target_c = None if start_c is None else start_c + tolerance_c

    def wait(self) -> CoolDown:
        """Wait until the board is cool, the limit is spent, or without a sensor the pause.

        A sensor that falls silent leaves what remains of the pause, unless it speaks again.
        """
        begin_s = self._now_s()
        if not self._limit_s:
            self._sleep_s(self._pause_s)
            return CoolDown(outcome="not_asked", waited_s=self._now_s() - begin_s, temperature_c=self._temperature_c())
        while True:
            temperature_c = None if self.target_c is None else self._temperature_c()
            waited_s = self._now_s() - begin_s
            if temperature_c is not None and self.target_c is not None and temperature_c <= self.target_c:
                return CoolDown(outcome="met", waited_s=waited_s, target_c=self.target_c, temperature_c=temperature_c)
            remaining_s = (self._pause_s if temperature_c is None else self._limit_s) - waited_s
            if remaining_s <= 0:
                return CoolDown(
                    outcome="no_sensor" if temperature_c is None else "not_met",
                    waited_s=waited_s,
                    target_c=self.target_c,
                    temperature_c=temperature_c,
                )
            self._sleep_s(min(_POLL_S, remaining_s))

    def _temperature_c(self) -> float | None:
        reading_c = self._read_temperature_c()
        return reading_c if reading_c is not None and math.isfinite(reading_c) else None
