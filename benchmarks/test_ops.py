"""Every form of a layer that ``pibench ops`` knows, at its defaults, and with squeeze-and-excitation where it has it.

    pytest benchmarks/test_ops.py --benchmark-autosave
    pytest benchmarks/test_ops.py --pibench-quick -k "grouped or depthwise"

A network made in memory is a subject like any other. The parametrisations of one test are sampled in turns, in
the same processes: what disturbs one of them disturbs the others as well.
"""

from __future__ import annotations

import pytest

from pibench.forms import forms
from pibench.graph import Graph
from pibench.testing import Latency

PLAIN = {name: form() for name, form in forms().items()}
GATED = {f"{name}+se": form(reduction=4) for name, form in forms().items() if form.defaults.get("reduction") == 0}


@pytest.mark.parametrize("subject", [pytest.param(graph, id=name) for name, graph in {**PLAIN, **GATED}.items()])
def test_form(latency: Latency, subject: Graph) -> None:
    latency(subject)
