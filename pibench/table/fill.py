"""From an order to a table: begun or gone on with, its curves measured, calibrated with whole networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import NamedTuple

from msgspec.structs import replace

from pibench import __version__
from pibench.device import Device
from pibench.errors import TableError
from pibench.graph import Graph
from pibench.report.model import Protocol, Tool
from pibench.table.build import Goal, TableBuilder
from pibench.table.calibrate import calibrated
from pibench.table.draw import draw_networks
from pibench.table.model import Provenance, Table
from pibench.table.targets import targets_of
from pibench.table.timing import LayerTimer


class Order(NamedTuple):
    """What is wanted: the layers of ``graphs``, and how precisely.

    ``calibration_networks``: so many are drawn from ``networks`` to calibrate with; none without any.
    """

    graphs: Sequence[Graph]
    networks: Sequence[Graph]
    protocol: Protocol
    goal: Goal
    calibration_networks: int


def begun(
    existing: Table | None,
    device: Device,
    provenance: Provenance,
    protocol: Protocol,
    command: Sequence[str],
    subjects: Sequence[str],
) -> Table:
    """A table to fill: a new one, or the existing one with its history.

    Raises TableError for one of another board, kernel or runtime: figures of different provenance do not mix.
    """
    if existing is None:
        return Table(
            tool=Tool(name="pibench", version=__version__),
            created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            commands=(tuple(command),),
            device=device,
            provenance=provenance,
            provenance_digest=provenance.digest,
            protocol=protocol,
            subjects=tuple(dict.fromkeys(subjects)),
        )
    known = merged(existing.provenance, provenance)
    return replace(
        existing,
        commands=(*existing.commands, tuple(command)),
        provenance=known,
        provenance_digest=known.digest,
        subjects=tuple(dict.fromkeys((*existing.subjects, *subjects))),
        protocol=protocol,
        doubts=(),
        complete=False,
    )


def merged(existing: Provenance, here: Provenance) -> Provenance:
    """Both, where they only differ in which runtimes are used. Raises TableError where figures would not mix."""
    if differing := existing.mismatch(here):
        raise TableError(
            f"the table was measured on another machine or system ({', '.join(differing)} differ):"
            " start a new one with another -o"
        )
    runtimes = {name: (name, version, digest) for name, version, digest in (*existing.runtimes, *here.runtimes)}
    return replace(existing, runtimes=tuple(runtimes[name] for name in sorted(runtimes)))


def fill(
    table: Table,
    order: Order,
    timer: LayerTimer,
    *,
    changed: Callable[[Table], None],
    progress: Callable[[str, float, float], None],
) -> tuple[Table, list[str]]:
    """The table with the timer's condition measured, and a sentence for each layer or network that failed.

    Raises InterruptedBuild on Ctrl-C; ``changed`` has seen what was measured by then.
    """
    # Of one network, nothing tells how networks differ.
    count = order.calibration_networks if order.networks and order.calibration_networks > 1 else 0
    graphs = draw_networks(order.networks, count, f"calibration {order.protocol.seed}")
    builder = TableBuilder(
        table, targets_of(order.graphs), timer, order.protocol, order.goal, graphs, changed=changed, progress=progress
    )
    builder.run()
    failures = list(builder.failures.values())
    failures += [result.failure.message for _, result in builder.timed_networks if result.failure]
    if not builder.timed_networks:
        return builder.table, failures
    table = calibrated(builder.table, timer.condition, *zip(*builder.timed_networks, strict=True))
    changed(table)
    return table, failures
