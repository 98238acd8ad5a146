"""The board: what it is, and how it fares while something is measured.

Importing this loads neither psutil nor the native extension, since reports are made of its records.
"""

from pibench.device.records import Channel, CoolDown, Quantity, Span, SpanKind, Trace
from pibench.device.snapshot import Device, read_device, read_temperature_c

__all__ = [
    "Channel",
    "CoolDown",
    "Device",
    "Quantity",
    "Span",
    "SpanKind",
    "Trace",
    "read_device",
    "read_temperature_c",
]
