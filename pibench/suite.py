"""The networks that ``pibench bench`` times when it is given none."""

from __future__ import annotations

DEFAULT_SUITE = (
    "mobilenet_v1:depth=15,width=32",
    "mobilenet_v1:depth=15,width=32,se=2",
    "mobilenet_v2:depth=9,width=16,expansion=4",
    "mobilenet_v2:depth=9,width=16,expansion=4,se=2",
    "wide_resnet:depth=22,width=16",
    "wide_resnet:depth=22,width=16,se=2",
    "wide_resnet:depth=40,width=32",
)
