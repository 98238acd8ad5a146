from __future__ import annotations

from msgspec.structs import replace
from sample_report import sample_report

from pibench.exports.markdown import markdown

GOLDEN = """\
| subject | condition | MACs | params | median ms | 95 % | p95 ms | inf/s | verdict |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |
| mobilenet\\_v1:depth=3 | litert, 2 threads | 10 | 5 | 0.000200 | ±2.5 % | 0.000205 | 5,000,000 | \
untrusted: throttled; one process |
| broken.tflite | tflite, 1 thread, builtin | – | – | – | – | – | – | crash |
"""

# Without the profile, beside which only its network is a row.
TWO_ROWS = replace(sample_report(), profile=None)


def test_the_table_is_the_terminals_with_the_condition_of_each_row() -> None:
    assert GOLDEN in markdown(TWO_ROWS)


def test_doubts_and_the_command_follow() -> None:
    text = markdown(TWO_ROWS)
    assert "- throttled (1 of 2 rows; the first: mobilenet\\_v1:depth=3): half of the samples are set aside\n" in text
    assert text.endswith("pibench 0.1.0, 2026-11-23T12:00:00+00:00: pibench bench\n")


def test_an_interrupted_run_is_said_to_be_one() -> None:
    assert markdown(replace(sample_report(), complete=False)).endswith("The run was interrupted.\n")


def test_beside_a_profile_only_its_network_is_a_row() -> None:
    text = markdown(sample_report())
    assert "mobilenet\\_v1" in text
    assert "broken" not in text
