"""A profile on the terminal: a line for each layer, block or operation, and what is to be said below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pibench.cli.charts import meter
from pibench.profile.grouping import By, Group, by_time, grouped
from pibench.report import Profile, Result
from pibench.words.doubts import told
from pibench.words.numbers import percent
from pibench.words.profile import cost_headers, costs, or_blank, precision_text, sums, time_text, time_unit, total

_METER_WIDTH = 8


def show_profile(result: Result, profile: Profile, by: By, console: Console, *, longest_first: bool = False) -> None:
    """Print name, table, sums and doubts."""
    console.print(result.name, highlight=False, markup=False)
    groups = grouped(profile.layers, by)
    if groups:
        console.print(_table(profile, by_time(groups) if longest_first else groups, by, console.options.ascii_only))
    for line in notes(profile):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _table(profile: Profile, groups: Sequence[Group], by: By, ascii_only: bool) -> Table:
    unit = time_unit(groups)
    most = max((group.share or 0.0 for group in groups), default=0.0) or 1.0
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold", show_footer=True)
    table.add_column({"layer": "layer", "block": "block", "op": "operation"}[by], footer="sum", overflow="fold")
    table.add_column("operation" if by == "layer" else "layers", justify="left" if by == "layer" else "right")
    if profile.isolated:
        _numbers(table, f"isolated {unit.name}", time_text(profile.isolated.sum, unit), "")
    if profile.in_place:
        _numbers(table, f"in place {unit.name}", time_text(profile.in_place.sum, unit), "")
    table.add_column("share", no_wrap=True, min_width=_METER_WIDTH + 6)
    for name in cost_headers(profile):
        table.add_column(name, justify="right", no_wrap=True, footer=total(profile, name))
    if profile.roof:
        table.add_column("of roof", justify="right", no_wrap=True)
    for group in groups:
        row: list[Text | str] = [Text(group.name), Text(group.op) if by == "layer" else str(len(group.layers))]
        if profile.isolated:
            row += [time_text(group.isolated, unit), precision_text(group.isolated)]
        if profile.in_place:
            row += [time_text(group.in_place, unit), precision_text(group.in_place)]
        row += [_share(group.share, most, ascii_only), *costs(group)]
        if profile.roof:
            row.append(or_blank(group.of_attainable, percent))
        table.add_row(*row)
    return table


def _numbers(table: Table, name: str, *footers: str) -> None:
    """A time, and beside it how precise it is."""
    for header, footer in zip((name, "95 %"), footers, strict=True):
        table.add_column(header, justify="right", no_wrap=True, footer=footer)


def _share(share: float | None, most: float, ascii_only: bool) -> Text:
    if share is None:
        return Text("")
    bar = meter(share / most, _METER_WIDTH, ascii_only=ascii_only)
    return Text.assemble(f"{percent(share):>5} ", (bar, "cyan"))


def notes(profile: Profile) -> Iterator[str]:
    """The sums, and the doubts."""
    yield from (f"{name:<11}{text}" for name, text in sums(profile))
    yield from map(told, profile.doubts)
