"""What only a Raspberry Pi has: firmware flags, a supply that tells, radios that heat the board."""

from __future__ import annotations

import re

from pibench.doctor.host import Host
from pibench.doctor.knob import Finding, Knob

_UNDER_VOLTAGE = 1 << 0
_CAPS = {1 << 1: "clock capped", 1 << 2: "throttled", 1 << 3: "soft temperature limit"}
# The same bits, sixteen places up, stay set once it has happened.
_STICKY_SHIFT = 16
_ANSWER = re.compile(r"throttled=0x([0-9a-fA-F]{1,8})")
_SYSFS_FLAGS = "sys/devices/platform/soc/soc:firmware/get_throttled"
_SUPPLY = "sys/firmware/devicetree/base/chosen/power/max_current"
_PI5_SUPPLY_MA = 5000
_MOST_PLAUSIBLE_MA = 100_000


class _OnAPi(Knob):
    def available(self, host: Host) -> bool:
        return host.is_raspberry_pi


def _flags(host: Host) -> tuple[int | None, str]:
    """The firmware's flags, or None and why not."""
    done = host.runner.run("vcgencmd", "get_throttled")
    if done is not None and done.code == 0 and (match := _ANSWER.fullmatch(done.output)):
        return int(match[1], 16), ""
    text = host.text(_SYSFS_FLAGS) or ""
    if re.fullmatch(r"(0x)?[0-9a-fA-F]{1,8}", text):
        return int(text, 16), ""
    return None, "vcgencmd is not installed" if done is None else f"vcgencmd says: {done.output[:80] or 'nothing'}"


class FirmwareFlags(_OnAPi):
    """What the firmware says about throttling: now, and since the start."""

    name = "throttling"
    title = "throttling"
    why = "While the firmware caps the clock, the figure is that of a slower board."

    def read(self, host: Host) -> Finding:
        flags, reason = _flags(host)
        if flags is None:
            return self.unknown(reason)
        live, earlier = _names(flags), _names(flags >> _STICKY_SHIFT)
        if live:
            return self.disturbs(f"now: {live}", "Cool the board (heat sink, fan) or feed it better, then look again.")
        if earlier:
            return self.information(
                f"earlier: {earlier}", "Not now, but since the start: under load it may come back. A restart clears it."
            )
        return self.fine("none since the start")


def _names(flags: int) -> str:
    return ", ".join(name for bit, name in _CAPS.items() if flags & bit)


class UnderVoltage(_OnAPi):
    """What the firmware says about its supply's voltage."""

    name = "under_voltage"
    title = "under-voltage"
    why = "A supply or cable that lets the voltage drop makes the firmware slow the cores down at any moment."

    def read(self, host: Host) -> Finding:
        flags, reason = _flags(host)
        if flags is None:
            return self._from_hwmon(host, reason)
        if flags & _UNDER_VOLTAGE:
            return self.disturbs("now", "Use a stronger supply and a shorter, thicker cable.")
        if flags >> _STICKY_SHIFT & _UNDER_VOLTAGE:
            return self.information("earlier, not now", "Under load it may come back. A restart clears the mark.")
        return self.fine("none since the start")

    def _from_hwmon(self, host: Host, reason: str) -> Finding:
        for folder in host.paths("sys/class/hwmon/hwmon*"):
            alarm = host.text(f"{folder}/in0_lcrit_alarm")
            if host.text(f"{folder}/name") == "rpi_volt" and alarm in ("0", "1"):
                return self.disturbs("now") if alarm == "1" else self.fine("none now")
        return self.unknown(reason)


class BoardSupply(_OnAPi):
    """The current that the supply offered to a Pi 5."""

    name = "supply"
    title = "power supply"
    why = "A supply that offers less than the board may draw brings under-voltage under load."

    def read(self, host: Host) -> Finding:
        data = host.raw(_SUPPLY)
        if data is None:
            return self.unknown("this board does not tell")
        current_ma = int.from_bytes(data, "big")
        if len(data) != 4 or not 0 < current_ma <= _MOST_PLAUSIBLE_MA:
            return self.unknown(f"/{_SUPPLY} makes no sense")
        now = f"{current_ma} mA"
        return self.fine(now) if current_ma >= _PI5_SUPPLY_MA else self.information(now, "A Pi 5 is made for 5000 mA.")


class _Radio(_OnAPi):
    kind: str
    rfkill_name: str
    why = "A radio heats the board; larq put 3 % on a Pi 4 down to WiFi and Bluetooth (compute-engine #470)."

    def read(self, host: Host) -> Finding:
        folders = host.paths("sys/class/rfkill/rfkill*")
        if not folders:
            return self.unknown("the kernel lists no radios")
        switches = [
            (host.text(f"{folder}/soft"), host.text(f"{folder}/hard"))
            for folder in folders
            if host.text(f"{folder}/type") == self.kind
        ]
        if any(switch == ("0", "0") for switch in switches):
            return self.disturbs(
                "on",
                "--tune leaves it: it may carry your session, and the system remembers a block across restarts.",
                [f"sudo rfkill block {self.rfkill_name}"],
                [f"sudo rfkill unblock {self.rfkill_name}"],
            )
        if any("1" not in switch for switch in switches):
            return self.unknown("the kernel does not tell whether it is blocked")
        return self.fine("off" if switches else "none")


class Wifi(_Radio):
    """The WiFi radio."""

    name = "wifi"
    title = "WiFi"
    kind, rfkill_name = "wlan", "wifi"


class Bluetooth(_Radio):
    """The Bluetooth radio."""

    name = "bluetooth"
    title = "Bluetooth"
    kind, rfkill_name = "bluetooth", "bluetooth"
