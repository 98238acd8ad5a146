from __future__ import annotations

from itertools import pairwise

import pytest
from msgspec.structs import replace
from page_parts import Parts
from page_reports import HOSTILE, empty_report, hostile_report, hot_report
from sample_report import sample_report

from pibench.html import page
from pibench.report import Report


@pytest.fixture(scope="module")
def hot() -> Parts:
    return Parts(page(hot_report()))


def test_verdicts_come_first_then_figures_and_what_explains_them(hot: Parts) -> None:
    assert hot.sections == ["verdicts", "figures", "samples", "time", "warm-up", "board", "reproduce"]


def test_a_profile_brings_layers_and_roof() -> None:
    report = replace(hot_report(), profile=sample_report().profile)
    assert Parts(page(report)).sections == [
        *["verdicts", "figures", "layers", "roof", "layer-table"],
        *["samples", "time", "warm-up", "board", "reproduce"],
    ]


def test_beside_a_profile_only_its_network_is_shown_as_a_row() -> None:
    parts = Parts(page(replace(hot_report(), profile=sample_report().profile)))
    assert "wide_resnet" not in parts.text.partition("To reproduce")[0]
    assert "Where the time goes: mobilenet_v1:depth=15,width=32" in parts.text


def test_a_report_without_figures_has_no_charts_and_says_so() -> None:
    parts = Parts(page(empty_report()))
    assert parts.sections == ["verdicts", "figures", "board", "reproduce"]
    assert not parts.specs
    assert "There is no figure in this report." in parts.text
    assert "Incomplete." in parts.text
    assert "the runtime crashed" in parts.text
    assert "last words" in parts.text


def test_a_report_without_results_is_a_page() -> None:
    parts = Parts(page(replace(empty_report(), results=(), command=())))
    assert "The report has no results." in parts.text
    assert "does not tell its command" in parts.text


def test_rows_without_samples_that_count_are_a_page() -> None:
    report = hot_report(processes=1)
    first = report.results[0]
    aside = tuple(
        replace(measurement, set_aside=tuple(range(len(measurement.start_ns)))) for measurement in first.measurements
    )
    throttled = replace(first, measurements=aside, summary=None, verdict=None, failure=report.results[-1].failure)
    parts = Parts(page(replace(report, results=(throttled,))))
    assert "time" in parts.sections
    assert "samples" not in parts.sections


def test_a_complete_report_is_not_called_incomplete(hot: Parts) -> None:
    assert "Incomplete" not in hot.text


def test_every_reason_is_told_in_words(hot: Parts) -> None:
    assert hot.text.count("throttled: the board was throttled during 21% of the samples") == 3
    assert "unsupported: litert lacks an operation of detector.tflite" in hot.text
    assert "Encountered unresolved custom op" in hot.text


def test_the_table_says_what_the_terminal_says(hot: Parts) -> None:
    assert "network condition median ms 95 % p95 ms inf/s MACs params verdict" in hot.text
    assert "! untrusted: throttled" in hot.text
    assert "× unsupported" in hot.text


def test_the_command_can_be_copied_as_it_was_given() -> None:
    report = replace(sample_report(), command=("pibench", "bench", "my net.tflite", "--threads", "1,2"))
    assert '<code id="command">pibench bench &#39;my net.tflite&#39; --threads 1,2</code>' in page(report)


def test_a_board_without_sensors_is_told_in_a_sentence() -> None:
    report = hot_report(processes=2)
    silent = tuple(
        replace(session, trace=replace(session.trace, start_ns=(), channels=()), spans=())
        for session in report.sessions
    )
    parts = Parts(page(replace(report, sessions=silent)))
    assert "The board has no temperature sensor that pibench could read." in parts.text
    assert "The system does not tell the cores' clock." in parts.text


@pytest.mark.parametrize("report", [hot_report(processes=2), hostile_report(), empty_report(), sample_report()])
def test_a_page_refers_to_nothing_outside_itself(report: Report) -> None:
    parts = Parts(page(report))
    assert not [tag for tag, _ in parts.tags if tag in ("link", "img", "iframe", "object", "embed", "base", "a")]
    assert not [attributes for _, attributes in parts.tags if {"src", "href"} & attributes.keys()]
    policy = next(str(a["content"]) for tag, a in parts.tags if tag == "meta" and a.get("http-equiv"))
    assert policy.startswith("default-src 'none'")
    assert "unsafe-eval" not in policy
    assert "url(" not in page(report).partition("</style>")[0]


def test_names_and_messages_stay_text() -> None:
    text = page(hostile_report())
    parts = Parts(text)
    # The theme and three scripts beside the charts' specifications.
    assert parts.count("script") == len(parts.specs) + 4
    assert parts.count("img") == 0
    assert parts.text.count(HOSTILE) >= 6
    assert "49&" not in text
    named = [spec for spec in parts.specs if HOSTILE in str(spec)]
    assert named, "charts bear the name as data"
    assert "<script>alert" not in text


def test_the_page_of_a_long_run_stays_small() -> None:
    report = hot_report(processes=40, blocks=20, in_block=21)
    assert sum(len(one.duration_ns) for result in report.results for one in result.measurements) > 100_000
    text = page(report)
    assert len(text.encode()) < 1_400_000
    assert "100,800 samples. Each point is the median" in Parts(text).text


def test_many_rows_are_bounded_and_told() -> None:
    report = hot_report(processes=3, blocks=2, in_block=5)
    rows = [
        replace(result, subject=replace(result.subject, name=f"{result.subject.name},copy={copy}"))
        for copy in range(30)
        for result in report.results[:6]
    ]
    text = page(replace(report, results=tuple(rows)))
    assert len(text.encode()) < 2_000_000
    told = Parts(text).text
    assert "24 of 180 rows, the untrusted ones before the others." in told
    assert "The 60 fastest of 180 rows; the table has all." in told
    assert "85 more" in told


def test_every_chart_has_a_description_and_a_name_of_its_own(hot: Parts) -> None:
    labels = [attributes["aria-label"] for _, attributes in hot.tags if attributes.get("role") == "img"]
    assert len(labels) == len(hot.specs)
    assert all(labels)
    assert len(set(labels)) == len(labels)
    ids = [attributes["id"] for _, attributes in hot.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)


def test_headings_do_not_skip_a_level(hot: Parts) -> None:
    levels = [int(tag[1]) for tag, _ in hot.tags if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
