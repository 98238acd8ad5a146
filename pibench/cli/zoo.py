"""``pibench zoo``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

from pibench.models.architectures import Architecture, architectures, build, get
from pibench.thesis import Row, figures
from pibench.words import thesis
from pibench.words.numbers import count

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_KINDS = {"boolean": "true or false", "string": "text", "null": "none"}


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output, nothing else.")
def command(name: str | None, as_json: bool) -> None:
    """List the architectures: parameters, MACs, and what the thesis measured of them.

    With NAME one of them in detail: its options and their values, and all rows of the thesis beside
    the counts of the network that is built here.
    """
    chosen = [get(name)] if name else list(architectures().values())
    if as_json:
        document = {"source": figures().source, "architectures": [_document(one) for one in chosen]}
        click.echo(msgspec.json.encode(document).decode())
    elif name:
        _show_one(chosen[0])
    else:
        _show_all(chosen)


def _document(architecture: Architecture) -> dict[str, Any]:
    options = [
        {"name": name, "default": default, "schema": architecture.schema(name)}
        for name, default in architecture.defaults.items()
    ]
    return {
        "name": architecture.name,
        "summary": architecture.summary,
        "description": architecture.description,
        "options": options,
        **_counts(architecture.name),
        "thesis": [_row_document(row) for row in figures().of(architecture.name)],
    }


def _row_document(row: Row) -> dict[str, Any]:
    derived = {"error_percent": row.error_percent, "error_sd_percent": row.error_sd_percent}
    return {**msgspec.structs.asdict(row), **derived, "built": _counts(row.spec)}


def _counts(spec: str) -> dict[str, int]:
    graph = build(spec)
    return {"parameters": graph.total_parameters, "macs": graph.total_macs}


def _show_all(chosen: Sequence[Architecture]) -> None:
    from pibench.cli.console import wide_console

    table = _table("architecture", "options and their defaults", parameters="right", MACs="right")
    for one in chosen:
        options = " ".join(f"{name}={_said(default)}" for name, default in one.defaults.items())
        table.add_row(one.name, f"{one.summary}\n{options}", *map(count, _counts(one.name).values()))
    console = wide_console()
    console.print(table)
    # Those whose model the thesis' own counts are known of: one or two of each architecture.
    _show_rows(console, (row for one in chosen for row in figures().of(one.name) if row.macs is not None))


def _show_one(architecture: Architecture) -> None:
    from pibench.cli.console import wide_console

    console = wide_console()
    console.print(f"{architecture.name}: {architecture.description}\n", markup=False, highlight=False)
    table = _table("option", "default", "values")
    for name, default in architecture.defaults.items():
        table.add_row(name, _said(default), _values(architecture.schema(name)))
    console.print(table)
    parameters, macs = map(count, _counts(architecture.name).values())
    console.print(f"\nWith the defaults: {parameters} parameters, {macs} MACs", highlight=False)
    _show_rows(console, figures().of(architecture.name))


def _show_rows(console: Console, rows: Iterable[Row]) -> None:
    """The thesis' rows, each with the counts of the network as it is built here and as it was in the thesis."""
    rows = list(rows)
    if not rows:
        console.print("\nThe thesis measured none of these on a Raspberry Pi.", highlight=False)
        return
    right = dict.fromkeys(("parameters", "thesis'", "MACs", "thesis' ", "Pi 3B ms", "error %"), "right")
    table = _table("network", **right)
    for row in rows:
        built = _counts(row.spec)
        table.add_row(
            thesis.name(row),
            count(built["parameters"]),
            count(row.parameters),
            count(built["macs"]),
            count(row.macs),
            thesis.latency(row),
            thesis.error(row),
        )
    console.print(f"\nMeasured by {figures().source}:", highlight=False)
    console.print(table)
    for row in rows:
        if row.note:
            console.print(f"  {row.spec}: {row.note}", markup=False, highlight=False)


def _table(*left: str, **others: Any) -> Table:
    """A plain table; the first columns are folded where there is no room, the others never cut."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in left:
        table.add_column(name, overflow="fold")
    for name, justify in others.items():
        table.add_column(name.strip(), justify=justify, no_wrap=True)
    return table


def _said(value: Any) -> str:
    """A parameter's value as a spec string gives it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "-".join(map(_said, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _values(schema: dict[str, Any]) -> str:
    """A parameter's JSON Schema for people."""
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " or ".join(map(_values, schema["anyOf"]))
    if schema["type"] == "array" and "prefixItems" in schema:
        items = schema["prefixItems"]
        return f"{len(items)} numbers with dashes between them, each {_values(items[0])}"
    if schema["type"] in ("integer", "number"):
        return _range(schema)
    kind: str = schema["type"]
    return _KINDS.get(kind, kind)


def _range(schema: dict[str, Any]) -> str:
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    low, high = schema.get("minimum", above), schema.get("maximum", below)
    if low is not None and high is not None:
        return f"{'above ' if above is not None else ''}{low:,} to {'below ' if below is not None else ''}{high:,}"
    number = "a whole number" if schema["type"] == "integer" else "a number"
    if low is not None:
        return f"{number} {'from' if above is None else 'above'} {low:,}"
    return number if high is None else f"{number} {'up to' if below is None else 'below'} {high:,}"
