"""Every architecture of the zoo, with and without squeeze-and-excitation where it has it.

    pytest benchmarks/test_networks.py --benchmark-autosave
    pytest benchmarks/test_networks.py --benchmark-compare --benchmark-compare-fail=median:5%

A new architecture joins by being registered. To hold a network of your own against a limit, or against the run
that is compared with, mark its test:

    @pytest.mark.latency("model.tflite", threads=4, limit_ms=33, fail_above="3%")
    def test_my_network(latency):
        latency()
"""

from __future__ import annotations

import pytest

from pibench.models.architectures import architectures
from pibench.testing import Latency

SPECS = [
    spec
    for name, architecture in architectures().items()
    for spec in ([f"{name}:se=0", f"{name}:se=2"] if "se" in architecture.defaults else [name])
]


@pytest.mark.parametrize("subject", SPECS)
def test_network(latency: Latency, subject: str) -> None:
    latency(subject)
