"""Rooflines on disk."""

from __future__ import annotations

from pibench.document import Document
from pibench.errors import RooflineError
from pibench.roofline.model import ROOFLINE_VERSION, Roofline

_ROOFLINE = Document(Roofline, "roofline", "roofline_version", ROOFLINE_VERSION, RooflineError)

save = _ROOFLINE.save
load = _ROOFLINE.load
check_writable = _ROOFLINE.check_writable
