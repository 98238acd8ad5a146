from __future__ import annotations

from typing import Any

import altair as alt
import jsonschema
import pytest
from msgspec.structs import replace
from page_parts import Parts
from page_reports import hot_report
from sample_report import sample_profile, sample_report
from timed_results import timed

from pibench.device import Channel
from pibench.html import page
from pibench.html.distributions import by_process, distribution_figures, histograms
from pibench.html.latency_chart import latency_figure
from pibench.html.layers_chart import MOST_BARS, chosen, layers_figure
from pibench.html.roofline_chart import roofline_figure
from pibench.html.selection import Names
from pibench.html.timeline import timeline_figure
from pibench.html.view import Figure
from pibench.html.warm_up import warm_up_figure
from pibench.report import Report


def rows_of(figure: Figure | None, chart: int = 0) -> list[dict[str, Any]]:
    """All data of a chart, whatever the layer."""
    assert figure
    return [row for rows in figure.charts[chart].spec["datasets"].values() for row in rows]


@pytest.fixture(scope="module")
def hot() -> Report:
    return hot_report()


def test_specifications_are_valid_and_as_wide_as_their_place(hot: Report) -> None:
    specs = Parts(page(replace(hot, profile=sample_profile()))).specs
    assert len(specs) == 8
    for spec in specs:
        alt.Chart.from_dict(spec)  # validates
        assert spec["width"] == "container"
        assert "$schema" not in spec
        assert "config" not in spec


def test_a_specification_that_vega_lite_does_not_know_would_be_found(hot: Report) -> None:
    figure = warm_up_figure(hot.results[:1], Names(hot.results[:1]))
    assert figure
    with pytest.raises(jsonschema.ValidationError):
        alt.Chart.from_dict({**figure.charts[0].spec, "mark": "guess"})


def test_latencies_are_sorted_with_intervals_and_verdicts(hot: Report) -> None:
    results = hot.results
    points = [row for row in rows_of(latency_figure(hot, results, Names(results))) if "latency" in row]
    assert len(points) == 6
    assert points[0]["name"] == "mobilenet_v1:depth=15,width=32, 4 threads"
    assert all(point["low"] <= point["latency"] <= point["high"] for point in points)
    assert {point["verdict"] for point in points} == {"trusted", "untrusted"}
    assert latency_figure(hot, results[-1:], Names(results)) is None


def test_latencies_of_very_different_networks_are_on_a_logarithmic_axis() -> None:
    results = [timed("small", [[100_000], [101_000]]), timed("large", [[50_000_000], [50_100_000]])]
    figure = latency_figure(sample_report(), results, Names(results))
    assert figure
    scales = [layer["encoding"]["x"].get("scale", {}) for layer in figure.charts[0].spec["layer"]]
    assert {scale["type"] for scale in scales if scale} == {"log"}


def test_a_distribution_has_every_process_and_counts_what_it_leaves_out() -> None:
    result = timed("net", [[1000, 1010, 1020, 90_000], [1005, 1015, 1025, 1035]])
    found, edges = histograms(list(by_process(result.measurements)))
    assert [one.process for one in found] == [0, 1]
    assert sum(sum(one.counts) for one in found) == 21
    assert edges[-1] < 2000
    (figure,) = distribution_figures([result], Names([result]))
    assert "24 samples, 2 processes. 3 beyond" in figure.caption
    assert "up to 90 µs, not drawn" in figure.caption


def test_equal_samples_still_make_a_distribution() -> None:
    result = timed("net", [[1000], [1000]])
    found, edges = histograms(list(by_process(result.measurements)))
    assert edges[0] < 1000 < edges[-1]
    assert [sum(one.counts) for one in found] == [3, 3]


def test_samples_heat_and_clock_share_one_axis_of_time(hot: Report) -> None:
    figure, missing = timeline_figure(hot, hot.results)
    assert figure
    assert not missing
    assert [chart.name for chart in figure.charts] == ["over-time", "temperature", "clock"]
    domains = {
        str(layer["encoding"]["x"]["scale"]["domain"]) for chart in figure.charts for layer in chart.spec["layer"]
    }
    assert len(domains) == 1
    extents = {
        layer["encoding"]["y"]["axis"]["minExtent"]
        for chart in figure.charts
        for layer in chart.spec["layer"]
        if "y" in layer["encoding"]
    }
    assert len(extents) == 1


def test_throttled_stretches_and_samples_set_aside_are_drawn(hot: Report) -> None:
    figure, _ = timeline_figure(hot, hot.results)
    rows = rows_of(figure)
    assert len([row for row in rows if row.get("kind") == "throttled"]) == 2
    aside = [row for row in rows if row.get("kind") == "set aside"]
    assert aside
    assert min(row["m"] for row in aside) > 1.4
    assert figure
    assert "Shaded: throttled for" in figure.caption


def test_thinning_keeps_the_dip_of_the_clock_and_the_peak_of_heat(hot: Report) -> None:
    long = hot_report(processes=40, blocks=20, in_block=21)
    figure, _ = timeline_figure(long, long.results)
    assert len(rows_of(figure, 0)) < 900
    heat, clock = ([row["v"] for row in rows_of(figure, chart) if "v" in row] for chart in (1, 2))
    hottest = max(value for session in long.sessions for value in session.trace.channels[0].values if value)
    assert max(heat) == hottest
    assert min(clock) == 0.6
    assert len(heat) < 500


def test_of_many_clocks_the_extremes_are_drawn(hot: Report) -> None:
    def with_many(session):  # type: ignore[no-untyped-def]
        clocks = tuple(
            Channel(
                name=f"policy{core}", quantity="frequency_khz", values=(1e6 + core * 1e5,) * len(session.trace.start_ns)
            )
            for core in range(16)
        )
        return replace(session, trace=replace(session.trace, channels=clocks))

    report = replace(hot, sessions=tuple(map(with_many, hot.sessions)))
    figure, missing = timeline_figure(report, report.results)
    clocks = [row for row in rows_of(figure, 1) if "v" in row]
    assert {(row["sensor"], row["v"]) for row in clocks} == {("lowest", 1.0), ("highest", 2.5)}
    assert missing == ["The board has no temperature sensor that pibench could read."]


def test_a_sensor_that_failed_now_and_then_leaves_gaps_only(hot: Report) -> None:
    session = hot.sessions[0]
    heat = session.trace.channels[0]
    failing = replace(heat, values=(None, *heat.values[1:-1], None))
    trace = replace(session.trace, channels=(failing,))
    figure, _ = timeline_figure(replace(hot, sessions=(replace(session, trace=trace),)), hot.results)
    assert len([row for row in rows_of(figure, 1) if "v" in row]) == len(heat.values) - 2


def test_a_trace_of_flags_alone_without_samples_is_no_chart(hot: Report) -> None:
    session = hot.sessions[0]
    flags = Channel(name="vcmailbox", quantity="throttle_flags", values=(0,) * len(session.trace.start_ns))
    silent = replace(session, trace=replace(session.trace, channels=(flags,)))
    figure, missing = timeline_figure(replace(hot, sessions=(silent,)), hot.results[-1:])
    assert figure is None
    assert len(missing) == 2


def test_the_warm_up_begins_with_the_first_inference_and_ends_at_the_figure(hot: Report) -> None:
    points = rows_of(warm_up_figure(hot.results[:1], Names(hot.results[:1])))
    assert points[0]["n"] == 1
    assert points[0]["ratio"] == pytest.approx(41 / 9.46, rel=0.05)
    assert points[-1]["ratio"] == pytest.approx(1, abs=0.02)


def test_layers_are_drawn_in_both_ways() -> None:
    figure = layers_figure(sample_profile())
    rows = rows_of(figure)
    assert {(row["layer"], row["way"]) for row in rows} == {
        ("stage1.block1.conv", "isolated"),
        ("stage1.block1.conv", "in place"),
        ("custom", "in place"),
    }
    assert layers_figure(replace(sample_profile(), layers=())) is None


def test_too_many_layers_become_blocks_or_the_longest() -> None:
    conv = sample_profile().layers[0]
    many = [replace(conv, name=f"layer{n}", block=f"block{n // 10}") for n in range(200)]
    assert chosen(replace(sample_profile(), layers=tuple(many))).by == "block"
    flat = tuple(replace(layer, block=layer.name) for layer in many)
    bars = chosen(replace(sample_profile(), layers=flat))
    assert (bars.by, len(bars.groups), bars.left_out) == ("layer", MOST_BARS, 200 - MOST_BARS)


def test_the_roof_has_a_line_for_the_networks_type_from_memory_and_cache() -> None:
    rows = rows_of(roofline_figure(sample_profile()))
    assert {row["line"] for row in rows if "line" in row} == {"float32 memory", "float32 cache"}
    (point,) = [row for row in rows if "layer" in row]
    assert point["rate"] == pytest.approx(2 * 1000 / 150, rel=1e-3)
    assert point["intensity"] == 4.0
    assert max(row["rate"] for row in rows if "line" in row) == 20.0
    assert "float32: 20 GOP/s" in {row.get("text") for row in rows}


def test_there_is_no_roofline_without_a_roof_or_arithmetic() -> None:
    assert roofline_figure(replace(sample_profile(), roof=None)) is None
    assert roofline_figure(replace(sample_profile(), layers=sample_profile().layers[1:])) is None
