"""What only a Raspberry Pi has: firmware flags, a supply that tells, radios that heat the board."""

from __future__ import annotations

from pibench.device.firmware import TITLES, FlagKind, live_kinds, past_kinds, read_throttle_flags
from pibench.doctor.host import Host
from pibench.doctor.knob import Finding, Knob

_SUPPLY = "sys/firmware/devicetree/base/chosen/power/max_current"
_PI5_SUPPLY_MA = 5000
_MOST_PLAUSIBLE_MA = 100_000


class _OnAPi(Knob):
    def available(self, host: Host) -> bool:
        return host.is_raspberry_pi


class FirmwareFlags(_OnAPi):
    """What the firmware says about throttling: now, and since the start."""

    name = "throttling"
    title = "throttling"
    why = "While the firmware caps the clock, the figure is that of a slower board."

    def read(self, host: Host) -> Finding:
        told = read_throttle_flags(host.root, host.runner)
        if not told.tells("throttled"):
            return self.unknown(told.problem)
        live, earlier = _names(live_kinds(told.flags)), _names(past_kinds(told.flags))
        if live:
            return self.disturbs(f"now: {live}", "Cool the board (heat sink, fan) or feed it better, then look again.")
        if earlier:
            return self.information(
                f"earlier: {earlier}", "Not now, but since the start: under load it may come back. A restart clears it."
            )
        return self.fine("none since the start")


def _names(kinds: tuple[FlagKind, ...]) -> str:
    return ", ".join(TITLES[kind] for kind in kinds if kind != "under_voltage")


class UnderVoltage(_OnAPi):
    """What the firmware says about its supply's voltage."""

    name = "under_voltage"
    title = "under-voltage"
    why = "A supply or cable that lets the voltage drop makes the firmware slow the cores down at any moment."

    def read(self, host: Host) -> Finding:
        told = read_throttle_flags(host.root, host.runner)
        if not told.tells("under_voltage"):
            return self.unknown(told.problem)
        if "under_voltage" in live_kinds(told.flags):
            return self.disturbs("now", "Use a stronger supply and a shorter, thicker cable.")
        if "under_voltage" in past_kinds(told.flags):
            return self.information("earlier, not now", "Under load it may come back. A restart clears the mark.")
        return self.fine("none since the start" if told.tells_past("under_voltage") else "none now")


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
