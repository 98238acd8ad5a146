from __future__ import annotations

import msgspec
import pytest
from sample_report import sample_report

from pibench.cli.outcome import exit_code
from pibench.report import Condition, Failure, Result, SubjectRecord, Verdict

SUMMARY = sample_report().results[0].summary
assert SUMMARY is not None


def measured(low_ns: float, high_ns: float, *, trusted: bool = True) -> Result:
    summary = msgspec.structs.replace(SUMMARY, low_ns=low_ns, high_ns=high_ns)
    verdict: Verdict = "trusted" if trusted else "untrusted"
    subject = SubjectRecord(name="net", kind="file")
    return Result(subject=subject, condition=Condition(), summary=summary, verdict=verdict)


FAST, STRADDLING, SLOW = measured(1e6, 1.9e6), measured(1.9e6, 2.1e6), measured(2.1e6, 2.2e6)
UNTRUSTED = measured(2.1e6, 2.2e6, trusted=False)
THROTTLED = Result(
    subject=SubjectRecord(name="net", kind="file"),
    condition=Condition(),
    failure=Failure(kind="throttled", message="all samples are set aside"),
)
MISSING = Result(subject=SubjectRecord(name="net", kind="file"), condition=Condition())


@pytest.mark.parametrize(
    ("results", "limit_ms", "code"),
    [
        ([FAST, SLOW], None, 0),
        ([FAST], 2, 0),
        ([FAST, SLOW], 2, 1),
        ([FAST, STRADDLING], 2, 3),
        ([STRADDLING, SLOW], 2, 1),
        ([FAST, UNTRUSTED], None, 3),
        ([UNTRUSTED], 2, 3),
        ([UNTRUSTED, SLOW], 2, 1),
        ([MISSING, SLOW, UNTRUSTED], 2, 2),
        ([THROTTLED, FAST], None, 3),
    ],
)
def test_the_exit_code_tells_slower_from_untrusted_from_missing(
    results: list[Result], limit_ms: float | None, code: int
) -> None:
    assert exit_code(results, limit_ms) == code
