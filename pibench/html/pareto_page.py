"""Error against latency as a page."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from pibench import __version__
from pibench.html.frame import render
from pibench.html.pareto_chart import LEGEND, description, pareto_chart
from pibench.html.plot import chart_spec
from pibench.html.view import Chart, Figure, Row, Section, Table
from pibench.pareto import Front, Pareto
from pibench.words import thesis
from pibench.words.pareto import cells, columns, explanation, notes, sentence, spread_text, words_at

_HEIGHT_PX = 460


def pareto_page(found: Pareto, command: Sequence[str]) -> str:
    """The whole page: a chart and a table for each front, what else is to be known, and the reference."""
    networks = {one.point.network for front in found.fronts for one in front.placed}
    return render(
        "pareto.html",
        title=f"Error against latency of {len(networks)} network{'s' if len(networks) > 1 else ''}",
        kind=f"pibench {__version__}",
        heading=f"Images: {found.images}",
        sections=list(_sections(found)),
        notes=[explanation(), *notes(found)],
        reference=_reference(found) if found.thesis else None,
        command=shlex.join(command),
    )


def _sections(found: Pareto) -> Iterator[Section]:
    """For each front its chart and its table."""
    for number, front in enumerate(found.fronts, 1):
        name, said = f"front-{number}", [sentence(front), spread_text(front)]
        chart = Chart(f"{name}-chart", chart_spec(pareto_chart(front, found.thesis), _HEIGHT_PX), description(front))
        yield Section(name, str(front.setting), said, [Figure([chart], caption=f"{LEGEND} Numbers are the table's.")])
        beside = f", {front.setting}" if len(found.fronts) > 1 else ""
        yield Section(f"{name}-table", f"Every network{beside}", table=_table(front))


def _table(front: Front) -> Table:
    rows = [
        Row(cells(front, number, one), _status(one.point.latency.untrusted))
        for number, one in enumerate(front.placed, 1)
    ]
    return Table(columns(front), rows, words_at(front))


def _status(untrusted: str) -> str:
    return "untrusted" if untrusted else ""


def _reference(found: Pareto) -> Section:
    rows = [Row(thesis.cells(row)) for row in found.thesis]
    return Section("thesis", "The thesis", [thesis.explanation()], table=Table(thesis.COLUMNS, rows, frozenset({0})))
