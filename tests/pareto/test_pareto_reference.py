from __future__ import annotations

import pytest

from pibench.errors import ParetoError
from pibench.models.architectures import build
from pibench.pareto.identity import identity
from pibench.pareto.reference import Reference
from pibench.thesis import figures


def test_every_network_of_the_thesis_is_found_under_its_own_figures_without_a_teacher() -> None:
    reference = Reference("CIFAR-10")
    undistilled = [row for row in figures().rows if not row.distilled]
    assert [reference.of(identity(build(row.spec))) for row in undistilled] == undistilled
    assert reference.of(identity(build("mobilenet_v1:depth=3"))) is None


def test_what_is_drawn_has_both_figures_the_fastest_first() -> None:
    drawn = Reference("CIFAR-10").drawn
    assert len(drawn) == 50
    assert [row.latency_ms for row in drawn] == sorted(row.latency_ms or 0 for row in drawn)
    assert all(row.accuracies for row in drawn)


def test_another_data_set_is_refused() -> None:
    with pytest.raises(ParetoError, match="on CIFAR-10, these on CIFAR-100, where they mean something else"):
        Reference("CIFAR-100")
