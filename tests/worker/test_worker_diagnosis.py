from __future__ import annotations

import pytest

from pibench.worker.diagnosis import diagnose

CUSTOM = "INFO: Created XNNPACK delegate.\nERROR: Encountered unresolved custom op: MyFancyOp.\nSee instructions: …"
TOO_NEW = "Didn't find op for builtin opcode 'FULLY_CONNECTED' version '12'. An older version of this builtin might be"


@pytest.mark.parametrize(("message", "log"), [("status 3", CUSTOM), (CUSTOM, "")])
def test_a_missing_custom_operation_is_named(message: str, log: str) -> None:
    kind, sentence = diagnose("error", message, log)
    assert kind == "unsupported"
    assert "no operation MyFancyOp" in sentence


def test_a_model_too_new_for_the_runtime_is_told_with_the_operations_version() -> None:
    kind, sentence = diagnose("error", "could not load", TOO_NEW)
    assert kind == "unsupported"
    assert "lacks FULLY_CONNECTED in version 12" in sentence


def test_without_a_known_cause_the_message_stays() -> None:
    assert diagnose("memory", "out of memory", "INFO: nothing") == ("memory", "out of memory")
