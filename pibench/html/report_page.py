"""A report as sections of a page."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime

from pibench.html.distributions import MOST_FIGURES, distribution_figures
from pibench.html.frame import render
from pibench.html.latency_chart import latency_figure
from pibench.html.layers_chart import layers_figure
from pibench.html.roofline_chart import roofline_figure
from pibench.html.selection import Names, shown_results
from pibench.html.setting import board, protocol
from pibench.html.timeline import timeline_figure
from pibench.html.verdicts import status_in_words, status_of, verdicts
from pibench.html.view import Fact, Row, Section, Table
from pibench.html.warm_up import warm_up_figure
from pibench.profile.grouping import Group, grouped
from pibench.report import Profile, Report, Result
from pibench.words.numbers import TimeUnit, percent
from pibench.words.profile import cost_headers, costs, or_blank, precision_text, sums, time_text, time_unit, total
from pibench.words.results import COSTS, columns, costs_of, figures, heading, never_ran


def report_page(report: Report) -> str:
    """The whole page."""
    results = shown_results(report)
    names = Names(results)
    created = datetime.fromisoformat(report.created)
    return render(
        "report.html",
        title=_title(report, results),
        kind=f"{report.tool.name} {report.tool.version}, {created:%-d %B %Y, %H:%M %Z}".rstrip(),
        heading=heading(report),
        incomplete="" if report.complete else _INCOMPLETE,
        verdicts=verdicts(report, results, names),
        sections=list(_sections(report, results, names)),
        command=shlex.join(report.command),
        protocol=protocol(report),
    )


_INCOMPLETE = (
    "This report was saved on the way: the run was interrupted, or had not ended yet. What is missing was not measured."
)


def _title(report: Report, results: Sequence[Result]) -> str:
    subjects = list(dict.fromkeys(result.subject.name for result in results))
    what = "Where the time goes" if report.profile else "Latency"
    if len(subjects) == 1:
        return f"{what}: {subjects[0]}" if report.profile else f"{what} of {subjects[0]}"
    return (
        f"{what} of {len(subjects)} networks on {report.device.name}" if subjects else f"A run on {report.device.name}"
    )


def _sections(report: Report, results: Sequence[Result], names: Names) -> Iterator[Section]:
    """Those for which the report has something."""
    if results:
        figure = latency_figure(report, results, names)
        yield Section(
            "figures",
            "Latency",
            table=_table(report, results, names),
            figures=[figure] if figure else [],
        )
    if report.profile and report.profile.layers:
        yield from _profile(report.profile)
    if samples := distribution_figures(results, names):
        timed = sum(result.summary is not None for result in results)
        text = [
            "Each line of bars is one process; its tick is that process's median. The dashed line is the figure, the"
            " grey band its 95 % interval."
        ]
        if timed > MOST_FIGURES:
            text.append(f"{MOST_FIGURES} of {timed} rows, the untrusted ones before the others.")
        yield Section("samples", "Samples by process", text, samples, columns=len(samples) > 1)
    timeline, missing = timeline_figure(report, results)
    if timeline:
        yield Section("time", "Heat and clock beside the samples", missing, [timeline])
    if warm_up := warm_up_figure(results, names):
        yield Section("warm-up", "Warm-up", figures=[warm_up])
    yield Section("board", "The board", facts=board(report))


def _table(report: Report, results: Sequence[Result], names: Names) -> Table:
    conditions = any(names.condition(result) for result in results)
    headers = ["network", *(["condition"] if conditions else []), *columns(report), *COSTS, "verdict"]
    rows = []
    for result in results:
        condition = "" if never_ran(result) else names.condition(result)
        cells = [
            result.subject.name,
            *([condition] if conditions else []),
            *figures(result),
            *costs_of(result),
            status_in_words(result),
        ]
        rows.append(Row(cells, status_of(result)))
    return Table(headers, rows, frozenset({0, len(headers) - 1} | ({1} if conditions else set())))


def _profile(profile: Profile) -> Iterator[Section]:
    bars = layers_figure(profile)
    yield Section(
        "layers",
        "Layer by layer",
        figures=[bars] if bars else [],
        facts=[Fact(name, text) for name, text in sums(profile)],
        long_facts=True,
    )
    roofline = roofline_figure(profile)
    if roofline:
        yield Section("roof", "Under the roof", figures=[roofline])
    elif profile.roof_problem:
        yield Section("roof", "Under the roof", text=[f"There is no roof: {profile.roof_problem}."])
    yield Section("layer-table", "Every layer", table=_layer_table(profile))


def _layer_table(profile: Profile) -> Table:
    groups = grouped(profile.layers, "layer")
    unit = time_unit(groups)
    headers = ["layer"]
    footer = ["sum"]
    for way, name in ((profile.isolated, "isolated"), (profile.in_place, "in place")):
        if way:
            headers += [f"{name} {unit.name}", "95 %"]
            footer += [time_text(way.sum, unit), ""]
    headers += ["share", *cost_headers(profile)]
    footer += ["", *(total(profile, header) for header in cost_headers(profile))]
    if profile.roof:
        headers.append("of roof")
        footer.append("")
    # The longest last: on a phone the first columns are what is seen.
    headers.append("operation")
    footer.append("")
    rows = [Row(list(_layer_cells(profile, group, unit))) for group in groups]
    return Table(headers, rows, frozenset({0, len(headers) - 1}), footer)


def _layer_cells(profile: Profile, group: Group, unit: TimeUnit) -> Iterator[str]:
    yield group.name
    if profile.isolated:
        yield from (time_text(group.isolated, unit), precision_text(group.isolated))
    if profile.in_place:
        yield from (time_text(group.in_place, unit), precision_text(group.in_place))
    yield or_blank(group.share, percent)
    yield from costs(group)
    if profile.roof:
        yield or_blank(group.of_attainable, percent)
    yield group.op
