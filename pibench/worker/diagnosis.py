"""Reading a failure's cause out of what a runtime printed."""

from __future__ import annotations

import re

from pibench.report.model import FailureKind

# How TFLite and LiteRT name an operation they lack, whatever their status code says.
_LACKS_CUSTOM_OP = re.compile(r"unresolved custom op: ([^.\s]+)")
_LACKS_BUILTIN_OP = re.compile(r"find op for builtin opcode '(\w+)' version '(\d+)'")


def diagnose(kind: FailureKind, message: str, log: str) -> tuple[FailureKind, str]:
    """The failure's kind and sentence, sharper where the log tells the cause."""
    text = f"{message}\n{log}"
    if found := _LACKS_CUSTOM_OP.search(text):
        return "unsupported", (
            f"the runtime has no operation {found[1]}, a custom one that the model needs:"
            " export the model with builtin operations only"
        )
    if found := _LACKS_BUILTIN_OP.search(text):
        return "unsupported", (
            f"the runtime is too old for the model: it lacks {found[1]} in version {found[2]};"
            " use a newer runtime, or convert the model for this one"
        )
    return kind, message
