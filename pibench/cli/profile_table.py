"""A profile on the terminal: a line for each layer, block or operation, and what is to be said below."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pibench.cli.charts import meter
from pibench.profile.grouping import By, Group, by_time, grouped
from pibench.profile.roof import gops
from pibench.report import Profile, Ratio, Result, Timing
from pibench.words.numbers import duration, kibibytes, magnitude, percent, significant, told

_METER_WIDTH = 8
# Beyond so many microseconds in one line the table is in milliseconds.
_MOST_US = 100_000
_MOST_UNMAPPED = 5


def show_profile(result: Result, profile: Profile, by: By, console: Console, *, longest_first: bool = False) -> None:
    """Print name, table, sums and doubts."""
    console.print(f"{result.subject.name} ({result.condition})", highlight=False, markup=False)
    groups = grouped(profile.layers, by)
    if groups:
        console.print(_table(profile, by_time(groups) if longest_first else groups, by, console.options.ascii_only))
    for line in notes(profile):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _table(profile: Profile, groups: Sequence[Group], by: By, ascii_only: bool) -> Table:
    times = [group.timing.ns for group in groups if group.timing]
    unit, factor = ("ms", 1e6) if max(times, default=0.0) > 1e3 * _MOST_US else ("µs", 1e3)
    most = max((group.share or 0.0 for group in groups), default=0.0) or 1.0
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold", show_footer=True)
    table.add_column({"layer": "layer", "block": "block", "op": "operation"}[by], footer="sum", overflow="fold")
    table.add_column("operation" if by == "layer" else "layers", justify="left" if by == "layer" else "right")
    if profile.isolated:
        _numbers(table, f"isolated {unit}", _time(profile.isolated.sum, factor), "")
    if profile.in_place:
        _numbers(table, f"in place {unit}", _time(profile.in_place.sum, factor), "")
    table.add_column("share", no_wrap=True, min_width=_METER_WIDTH + 6)
    for name in ("MACs", _rate_unit(profile), "KiB", "ops/B"):
        table.add_column(name, justify="right", no_wrap=True, footer=_total(profile, name))
    if profile.roof:
        table.add_column("of roof", justify="right", no_wrap=True)
    for group in groups:
        row: list[Text | str] = [Text(group.name), Text(group.op) if by == "layer" else str(len(group.layers))]
        if profile.isolated:
            row += [_time(group.isolated, factor), _precision(group.isolated)]
        if profile.in_place:
            row += [_time(group.in_place, factor), _precision(group.in_place)]
        row += [_share(group.share, most, ascii_only), *_costs(group)]
        if profile.roof:
            row.append(_or_blank(group.of_attainable, percent))
        table.add_row(*row)
    return table


def _numbers(table: Table, name: str, *footers: str) -> None:
    """A time, and beside it how precise it is."""
    for header, footer in zip((name, "95 %"), footers, strict=True):
        table.add_column(header, justify="right", no_wrap=True, footer=footer)


def _rate_unit(profile: Profile) -> str:
    return "GFLOP/s" if all(layer.dtype.startswith("float") for layer in profile.layers if layer.macs) else "GOP/s"


def _total(profile: Profile, column: str) -> str:
    known = [layer.macs for layer in profile.layers if layer.macs is not None]
    if column == "MACs":
        return magnitude(sum(known)) if len(known) == len(profile.layers) else ""
    if column == "KiB":
        return kibibytes(sum(layer.bytes for layer in profile.layers))
    if column.startswith("G") and profile.whole:
        return _or_blank(gops(sum(known), profile.whole.ns), _three)
    return ""


def _time(timing: Timing | None, factor: float) -> str:
    return "–" if timing is None else significant(timing.ns / factor, timing.width_ns / factor)


def _precision(timing: Timing | None) -> str:
    if timing is None or math.isnan(timing.width_ns):
        return ""
    return f"±{percent(timing.width_ns / 2 / timing.ns)}"


def _share(share: float | None, most: float, ascii_only: bool) -> Text:
    if share is None:
        return Text("")
    bar = meter(share / most, _METER_WIDTH, ascii_only=ascii_only)
    return Text.assemble(f"{percent(share):>5} ", (bar, "cyan"))


def _costs(group: Group) -> list[str]:
    macs = "–" if group.macs is None else magnitude(group.macs) if group.macs else ""
    rates = (group.gops, group.operations_per_byte)
    return [macs, _or_blank(rates[0], _three), kibibytes(group.bytes), _or_blank(rates[1], _three)]


def _or_blank(value: float | None, form: Callable[[float], str]) -> str:
    return "" if value is None else form(value)


def _three(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def notes(profile: Profile) -> Iterator[str]:
    """The whole, the sums against it, the profiler's cost, what is unmapped, the roof, and the doubts."""
    if profile.whole:
        yield f"{'whole':<11}{_duration(profile.whole)}"
    if way := profile.isolated:
        missing = sum(layer.isolated is None for layer in profile.layers)
        without = f", without {missing} of {len(profile.layers)} layers" if missing else ""
        yield (
            f"{'isolated':<11}the layers{without} take {_duration(way.sum)}, {_ratio(way.ratio)} of the whole;"
            f" {duration(way.fixed.ns)} of it is fixed per inference"
        )
    if in_place := profile.in_place:
        yield (
            f"{'in place':<11}all that it shows takes {_duration(in_place.sum)}, {_ratio(in_place.ratio)} of the whole"
            f" without the profiler ({_duration(in_place.plain)})"
        )
        yield f"{'profiler':<11}with it the network takes {_ratio(in_place.cost)} of what it takes without"
        if in_place.unmapped:
            yield f"{'unmapped':<11}in place, of no layer: {_unmapped(profile)}"
    if roof := profile.roof:
        peaks = ", ".join(f"{peak:.3g} GOP/s in {dtype}" for dtype, peak in roof.peak_gops.items())
        yield f"{'roof':<11}{peaks}; memory {roof.memory_gbs:.3g} GB/s, cache {roof.cache_gbs:.3g} GB/s"
    yield from map(told, profile.doubts)


def _unmapped(profile: Profile) -> str:
    assert profile.in_place
    longest = sorted(profile.in_place.unmapped, key=lambda one: -one.ns)
    shown = ", ".join(f"{one.name} {duration(one.ns)}" for one in longest[:_MOST_UNMAPPED])
    return f"{shown} and {len(longest) - _MOST_UNMAPPED} more" if len(longest) > _MOST_UNMAPPED else shown


def _duration(timing: Timing) -> str:
    return f"{duration(timing.ns)} {_precision(timing)}".rstrip()


def _ratio(ratio: Ratio) -> str:
    if ratio.low is None or ratio.high is None:
        return f"{ratio.ratio:.3f}"
    value, low, high = (significant(number, ratio.high - ratio.low) for number in (ratio.ratio, ratio.low, ratio.high))
    return f"{value} (95 %: {low} to {high})"
