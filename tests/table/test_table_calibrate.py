from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace
from table_world import CALIBRATION, CONDITION, OTHER_CONDITION, failed_result, formula_table, network_result

from pibench.errors import TableError
from pibench.graph import Graph
from pibench.models.architectures import build
from pibench.report import Result
from pibench.table import LatencyTable, Table
from pibench.table.calibrate import Compared, agreement, calibrated, compare
from pibench.table.draw import draw_networks

NET = build("mobilenet_v1:depth=3,width=8").renamed("net")
DRAWN = draw_networks([NET], 6, seed=0)
RATIOS = (0.94, 0.95, 0.96, 0.97, 0.98, 0.96)


@pytest.fixture(scope="module")
def table() -> Table:
    return formula_table([NET], calibration=None)


def results_of(table: Table, graphs: list[Graph]) -> list[Result]:
    loaded = LatencyTable(replace(table, calibrations=()))
    return [
        network_result(graph.name, 1e6 * ratio * loaded.latency(graph).ms)
        for graph, ratio in zip(graphs, RATIOS, strict=True)
    ]


def one(predicted: float, measured: float, half: float = 0.01, trusted: bool = True) -> Compared:
    low_high = [value * (1 + sign * half) for value in (predicted, measured) for sign in (-1, 1)]
    return Compared("net", predicted, *low_high[:2], measured, *low_high[2:], trusted)


def test_networks_are_held_against_the_sums_of_their_layers(table: Table) -> None:
    (found,) = calibrated(table, CONDITION, DRAWN, results_of(table, DRAWN)).calibrations
    assert 0.94 < found.factor < 0.98
    assert found.low < found.factor < found.high
    assert 0 < found.residual_sd < 0.02
    assert [sample.name for sample in found.networks] == [graph.name for graph in DRAWN]
    assert found.condition == CONDITION


def test_a_time_per_layer_is_part_of_every_prediction(table: Table) -> None:
    plain = LatencyTable(replace(table, calibrations=(CALIBRATION,))).latency(NET)
    more = replace(CALIBRATION, per_layer_ns=200.0)
    shifted = LatencyTable(replace(table, calibrations=(more,))).latency(NET)
    assert shifted.ms - plain.ms == pytest.approx(200e-6 * len(plain.layers))


def test_networks_of_earlier_commands_count_too_and_none_twice(table: Table) -> None:
    other = replace(CALIBRATION, condition=OTHER_CONDITION)
    first = calibrated(replace(table, calibrations=(other,)), CONDITION, DRAWN[:4], results_of(table, DRAWN)[:4])
    second = calibrated(first, CONDITION, DRAWN[2:], results_of(table, DRAWN)[2:])
    at_once = calibrated(table, CONDITION, DRAWN, results_of(table, DRAWN))
    assert second.calibrations == (other, at_once.calibrations[0])


def test_untrusted_networks_do_not_count_where_there_are_enough_others(table: Table) -> None:
    graphs = [*DRAWN, *(graph.renamed(f"{graph.name} again") for graph in DRAWN)]
    slow = [
        network_result(graph.name, 3 * result.summary.latency_ns, verdict="untrusted")
        for graph, result in zip(graphs[6:], results_of(table, DRAWN), strict=True)
        if result.summary
    ]
    both = calibrated(table, CONDITION, graphs, [*results_of(table, DRAWN), *slow]).calibrations[0]
    assert len(both.networks) == 12
    assert both.factor == calibrated(table, CONDITION, DRAWN, results_of(table, DRAWN)).calibrations[0].factor


def test_networks_that_the_table_cannot_predict_do_not_count(table: Table) -> None:
    unknown = build("mobilenet_v2:depth=3,width=4").renamed("unknown")
    results = [*results_of(table, DRAWN), network_result("unknown", 1e6)]
    found = calibrated(table, CONDITION, [*DRAWN, unknown], results).calibrations[0]
    assert len(found.networks) == len(DRAWN)


def test_networks_without_a_figure_do_not_count(table: Table) -> None:
    results = results_of(table, DRAWN)
    results[1] = failed_result(DRAWN[1].name, "crashed")
    assert calibrated(table, CONDITION, DRAWN, results).calibrations[0].networks[1].name == DRAWN[2].name
    lost = [failed_result(graph.name, "crashed") for graph in DRAWN[1:]]
    assert calibrated(table, CONDITION, DRAWN, [results[0], *lost]).calibrations == ()


def test_a_calibrated_table_predicts_what_was_measured(table: Table) -> None:
    results = results_of(table, DRAWN)
    compared = compare(LatencyTable(calibrated(table, CONDITION, DRAWN, results)), DRAWN, results)
    assert agreement(compared).bias == pytest.approx(0, abs=0.002)
    assert agreement(compared).covered == 1


def test_a_comparison_has_prediction_and_measurement_in_milliseconds(table: Table) -> None:
    results = [network_result(DRAWN[0].name, 2e6, verdict="untrusted")]
    (compared,) = compare(LatencyTable(table), DRAWN[:1], results)
    predicted = LatencyTable(table).latency(DRAWN[0])
    assert compared[:4] == (DRAWN[0].name, predicted.ms, predicted.low, predicted.high)
    assert compared[4:] == pytest.approx((2.0, 1.98, 2.02, False))
    assert compared.error == pytest.approx(predicted.ms / 2 - 1)


def test_agreement_tells_errors_as_they_are() -> None:
    found = agreement([one(1.02, 1), one(1.94, 2), one(3.27, 3), one(4.8, 4), one(5.0, 5)])
    assert found.networks == 5
    assert found.correlation == pytest.approx(np.corrcoef([1.02, 1.94, 3.27, 4.8, 5], [1, 2, 3, 4, 5])[0, 1])
    assert found.bias == pytest.approx((0.02 - 0.03 + 0.09 + 0.2) / 5)
    assert (found.median_error, found.largest_error) == pytest.approx((0.03, 0.2))
    assert found.p95_error == pytest.approx(0.178)
    assert found.within_ten == pytest.approx(0.8)
    assert found.covered == pytest.approx(0.4)


@pytest.mark.parametrize("compared", [[], [one(1, 1)]])
def test_fewer_than_two_networks_say_nothing(compared: list[Compared]) -> None:
    with pytest.raises(TableError, match="fewer than two networks were measured"):
        agreement(compared)
