from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sample_report import sample_report

from pibench.errors import ReportError
from pibench.report import encode, load
from pibench.report.consistency import contradiction

MEASUREMENT = ("results", 0, "measurements", 0)


def edited(tmp_path: Path, path: tuple[str | int, ...], value: object) -> Path:
    document: Any = json.loads(encode(sample_report()))
    *parents, last = path
    target = document
    for key in parents:
        target = target[key]
    target[last] = value
    file = tmp_path / "report.json"
    file.write_text(json.dumps(document))
    return file


def test_what_a_run_wrote_fits() -> None:
    assert contradiction(sample_report()) == ""


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("created",), "yesterday", "its date of creation is 'yesterday'"),
        (("results",), [], "it has a profile of no result"),
        (("results", 0, "verdict"), None, "result 1 (mobilenet_v1:depth=3) has a figure and no verdict"),
        (("results", 0, "summary"), None, "has a verdict and no figure"),
        (("results", 0, "measurements"), [], "has a figure and no samples that count"),
        ((*MEASUREMENT, "set_aside"), [0, 1, 2], "has a figure and no samples that count"),
        (("results", 0, "summary", "latency_ns"), 0, "has a latency of 0 ns between 195 and 205"),
        (("results", 0, "summary", "low_ns"), 0, "has a latency of 200 ns between 0 and 205"),
        (("results", 0, "summary", "inferences_per_second"), 0, "has a rate of 0 inferences per second"),
        (("results", 0, "summary", "confidence"), 1.5, "has an interval at a confidence of 1.5"),
        (("results", 1, "doubts"), [{"kind": "drift", "message": "it drifts"}], "has doubts about no figure"),
        (("created",), "9999-12-31T23:59:59-23:00", "its date of creation is"),
        (("sessions", 0, "trace", "period_ms"), 0, "read its sensors every 0 ms"),
        (("results", 0, "summary", "low_ns"), 300, "has a latency of 200 ns between 300 and 205"),
        ((*MEASUREMENT, "start_ns"), [1], "has 3 samples and 1 begins of samples in process 0"),
        ((*MEASUREMENT, "blocks"), [2], "has 3 samples and 2 in blocks in process 0"),
        ((*MEASUREMENT, "set_aside"), [3], "sets aside a sample that is not there in process 0"),
        ((*MEASUREMENT, "reference", "start_ns"), [], "has more begins than samples of the reference"),
        (("sessions", 0, "rounds"), [[2]], "process 0 sampled a result that is not there"),
        (("sessions", 0, "trace", "start_ns"), [1], "process 0 has a sensor with more readings than there were"),
    ],
)
def test_what_no_run_can_have_written_is_refused_in_one_sentence(
    tmp_path: Path, path: tuple[str | int, ...], value: object, told: str
) -> None:
    with pytest.raises(ReportError) as caught:
        load(edited(tmp_path, path, value))
    assert "is a damaged report, or was edited: " in str(caught.value)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
