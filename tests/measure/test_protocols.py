from __future__ import annotations

import pytest

from pibench.measure.protocols import PROTOCOLS, chosen
from pibench.report import Protocol


def test_each_protocol_has_the_name_that_chooses_it() -> None:
    assert {name: protocol.name for name, protocol in PROTOCOLS.items()} == {name: name for name in PROTOCOLS}


def test_standard_is_the_default() -> None:
    assert chosen("standard") == Protocol()


def test_more_thorough_protocols_take_longer_and_promise_more() -> None:
    quick, standard, thorough = (PROTOCOLS[name] for name in ("quick", "standard", "thorough"))
    assert quick.seconds < standard.seconds < thorough.seconds
    assert quick.precision > standard.precision > thorough.precision


def test_the_thesis_measures_each_network_alone_for_a_second_in_three_passes() -> None:
    thesis = PROTOCOLS["thesis"]
    assert not thesis.interleaved
    assert (thesis.processes, thesis.most_processes, thesis.share_s) == (3, 3, 1.0)
    assert (thesis.warm_up_s, thesis.min_samples, thesis.statistic, thesis.pause_s) == (0.5, 50, "mean", 10)


def test_changes_that_are_none_leave_the_protocol() -> None:
    assert chosen("quick", seconds=None, seed=None) == PROTOCOLS["quick"]


def test_processes_are_exactly_as_many_as_asked() -> None:
    protocol = chosen("standard", processes=2, seconds=1.0)
    assert (protocol.processes, protocol.most_processes, protocol.share_s) == (2, 2, 0.5)


@pytest.mark.parametrize("name", list(PROTOCOLS))
def test_every_protocol_is_possible(name: str) -> None:
    protocol = PROTOCOLS[name]  # type: ignore[index]
    assert protocol.processes <= protocol.most_processes
