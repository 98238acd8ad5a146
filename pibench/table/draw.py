"""Networks drawn at random: those that a table is calibrated with, and those it is checked against."""

from __future__ import annotations

import random
from collections.abc import Sequence

from pibench.graph import Graph
from pibench.graph.widths import Widths, with_widths

# Of its widths, a drawn network keeps this share on average, itself drawn anew for each network,
# so that latencies spread over an order of magnitude; each width then is within half of it.
LEAST_SHARE = 0.1
SCATTER = 0.5


def draw_networks(graphs: Sequence[Graph], count: int, seed: int | str) -> list[Graph]:
    """So many networks, each one of these in turn with fewer channels; the same for the same seed."""
    rng = random.Random(f"networks {seed}")
    order = [graphs[k % len(graphs)] for k in range(count)]
    return [_drawn(graph, rng, number) for number, graph in enumerate(order, start=1)]


def _drawn(graph: Graph, rng: random.Random, number: int) -> Graph:
    share = rng.uniform(LEAST_SHARE, 1)
    widths = {}
    for name, width in Widths(graph).free.items():
        drawn = width.channels * share * rng.uniform(1 - SCATTER, 1 + SCATTER)
        widths[name] = min(width.channels, max(1, round(drawn)))
    return with_widths(graph, widths, f"{graph.name} #{number}")
