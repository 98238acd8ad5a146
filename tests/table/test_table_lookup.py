from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from sample_report import sample_report
from table_world import (
    CALIBRATION,
    CONDITION,
    FIXED_NS,
    OTHER_CONDITION,
    empty_table,
    fixed_term,
    formula_ns,
    formula_table,
    sum_ns,
)

from pibench.errors import TableError
from pibench.graph import Graph, layers_of
from pibench.graph.widths import with_widths
from pibench.models.architectures import build
from pibench.report import save as save_report
from pibench.table import LatencyTable, Table, prediction, save
from pibench.table.kind import signature_of
from pibench.tflite.lower import lower

SPECS = ["wide_resnet:depth=10,width=4", "mobilenet_v1:depth=6,width=4,se=2", "mobilenet_v2:depth=6,width=4"]
GRAPHS = {spec: build(spec) for spec in SPECS}
WIDE = GRAPHS[SPECS[0]]
Z = 1.959964


@pytest.fixture(scope="module")
def table() -> Table:
    return formula_table(list(GRAPHS.values()))


@pytest.fixture(scope="module")
def loaded(table: Table) -> LatencyTable:
    return LatencyTable(table)


def random_widths(present: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, present + 1, (count, len(present)))


@pytest.mark.parametrize("spec", SPECS)
def test_a_network_takes_what_its_layers_take_and_the_fixed_time_and_the_factor(
    loaded: LatencyTable, spec: str
) -> None:
    latency = loaded.latency(GRAPHS[spec])
    expected_ns = CALIBRATION.factor * (FIXED_NS + sum_ns(GRAPHS[spec]))
    assert latency.ms == pytest.approx(expected_ns / 1e6, rel=0.003)
    assert latency.ms == pytest.approx(
        CALIBRATION.factor * (latency.fixed_ms + sum(layer.ms for layer in latency.layers))
    )
    assert latency.low < latency.ms < latency.high
    assert latency.doubts == ()


def test_every_layer_is_listed_with_its_own_time(loaded: LatencyTable) -> None:
    latency = loaded.latency(WIDE)
    layers = layers_of(lower(WIDE).graph)
    assert [layer.name for layer in latency.layers] == list(layers)
    for found, layer in zip(latency.layers, layers.values(), strict=True):
        assert found.ms == pytest.approx(formula_ns(layer) / 1e6, rel=0.01)
        assert found.low < found.ms < found.high
        assert found.label == str(layer)
        assert not found.extrapolated


def test_the_variance_is_that_of_kinds_fixed_time_factor_and_residual(loaded: LatencyTable) -> None:
    """Layers of one kind err together, kinds apart; then the fixed term, the factor, and what networks scatter by."""
    latency = loaded.latency(WIDE)
    by_kind: dict[object, float] = {}
    for layer in layers_of(lower(WIDE).graph).values():
        kind, channels = signature_of(layer)
        curve = loaded.curve(kind)
        assert curve is not None
        by_kind[kind] = by_kind.get(kind, 0.0) + float(curve.predict([channels]).sd_ns[0])
    fixed_sd = 40 / (2 * Z)
    summed = sum(sd**2 for sd in by_kind.values()) + fixed_sd**2
    factor_sd = (CALIBRATION.high - CALIBRATION.low) / (2 * Z) / CALIBRATION.factor
    relative = factor_sd**2 + CALIBRATION.residual_sd**2
    variance = CALIBRATION.factor**2 * summed + relative * (1e6 * latency.ms) ** 2
    assert (latency.high - latency.low) / 2 == pytest.approx(Z * math.sqrt(variance) / 1e6, rel=1e-3)


def test_without_a_calibration_the_sum_is_the_prediction_and_that_is_said(table: Table) -> None:
    latency = LatencyTable(replace(table, calibrations=())).latency(WIDE)
    assert latency.ms == pytest.approx(latency.fixed_ms + sum(layer.ms for layer in latency.layers))
    assert [doubt.partition(":")[0] for doubt in latency.doubts] == ["not calibrated"]


def test_what_made_a_table_doubtful_makes_its_predictions_so(table: Table) -> None:
    doubted = replace(table, doubts=("58 of 98 points were measured while something disturbed them",))
    assert LatencyTable(doubted).latency(WIDE).doubts == doubted.doubts


def test_a_table_that_is_still_being_built_is_doubted(table: Table) -> None:
    doubts = LatencyTable(replace(table, complete=False)).latency(WIDE).doubts
    assert [doubt.partition(":")[0] for doubt in doubts] == ["incomplete"]


@pytest.mark.parametrize("spec", SPECS)
def test_many_choices_of_widths_are_predicted_as_one_by_one(loaded: LatencyTable, spec: str) -> None:
    network = loaded.network(GRAPHS[spec])
    widths = random_widths(network.present, 6)
    found = network.latencies(widths)
    for k, row in enumerate(widths):
        graph = with_widths(lower(GRAPHS[spec]).graph, dict(zip(network.names, row.tolist(), strict=True)))
        alone = loaded.latency(graph)
        assert (found.ms[k], found.low[k], found.high[k]) == pytest.approx((alone.ms, alone.low, alone.high))
    assert not found.extrapolated.any()


def test_widths_of_the_designed_network_are_those_of_the_deployed_one(loaded: LatencyTable) -> None:
    network = loaded.network(WIDE)
    smaller = dict(zip(network.names, random_widths(network.present, 1)[0].tolist(), strict=True))
    assert loaded.latency(with_widths(WIDE, smaller)).ms == pytest.approx(
        network.latencies([list(smaller.values())]).ms[0]
    )


def test_at_the_present_widths_it_is_the_network_itself(loaded: LatencyTable) -> None:
    network = loaded.network(WIDE)
    assert network.latencies(network.present[None, :]).ms[0] == pytest.approx(network.latency().ms)


@pytest.mark.parametrize("spec", SPECS)
def test_the_marginal_cost_is_the_difference_that_one_channel_makes(loaded: LatencyTable, spec: str) -> None:
    network = loaded.network(GRAPHS[spec])
    widths = random_widths(network.present, 5, seed=3)
    saved = network.marginal(widths)
    assert saved.shape == widths.shape
    for column in range(widths.shape[1]):
        less = widths.copy()
        less[:, column] -= 1
        several = less[:, column] > 0
        assert np.isnan(saved[~several, column]).all()
        difference = network.latencies(widths[several]).ms - network.latencies(less[several]).ms
        assert saved[several, column] == pytest.approx(difference, abs=1e-12)


def test_a_hundred_thousand_choices_are_looked_up_some_at_a_time(
    loaded: LatencyTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = loaded.network(WIDE)
    widths = random_widths(network.present, 100_000)
    everything = network.latencies(widths)
    assert everything.ms.shape == everything.extrapolated.shape == (100_000,)
    monkeypatch.setattr(prediction, "_AT_A_TIME", 7)
    few = network.latencies(widths[:50])
    assert few.ms == pytest.approx(everything.ms[:50])
    assert few.high == pytest.approx(everything.high[:50])


def test_no_choices_have_no_latencies(loaded: LatencyTable) -> None:
    network = loaded.network(WIDE)
    none = np.zeros((0, len(network.names)), np.int64)
    assert network.latencies(none).ms.shape == (0,)
    assert network.marginal(none).shape == none.shape


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda present: present, r"has \d+ widths: give them as \(n, \d+\), not \(\d+,\)"),
        (lambda present: present[None, 1:], "widths: give them as"),
        (lambda present: [], "widths: give them as"),
        (lambda present: present[None, :] + 0.5, "whole numbers of channels from 1 up"),
        (lambda present: 0 * present[None, :], "whole numbers of channels from 1 up"),
        (lambda present: [["many"] * len(present)], "whole numbers of channels from 1 up"),
        (lambda present: [[True] * len(present)], "whole numbers of channels from 1 up"),
    ],
)
@pytest.mark.parametrize("ask", ["latencies", "marginal"])
def test_widths_of_the_wrong_shape_or_type_are_refused(loaded: LatencyTable, ask: str, make, sentence: str) -> None:  # type: ignore[no-untyped-def]
    network = loaded.network(WIDE)
    with pytest.raises(TableError, match=sentence):
        getattr(network, ask)(make(network.present))


def test_channels_beyond_those_measured_are_refused(loaded: LatencyTable) -> None:
    network = loaded.network(WIDE)
    beyond = network.present[None, :] + 100
    for ask in (network.latencies, network.marginal):
        with pytest.raises(
            TableError, match=r"layer .* of wide_resnet.* has .* channels, the table knows conv .* from 1 to"
        ):
            ask(beyond)
    with pytest.raises(TableError, match="build the table for a wider network, or allow extrapolation"):
        loaded.latency(build("wide_resnet:depth=10,width=40"))


def test_allowed_extrapolation_is_flagged(loaded: LatencyTable) -> None:
    wider = build("wide_resnet:depth=10,width=5")
    latency = loaded.latency(wider, allow_extrapolation=True)
    assert latency.ms == pytest.approx(CALIBRATION.factor * (FIXED_NS + sum_ns(wider)) / 1e6, rel=0.05)
    assert [layer.extrapolated for layer in latency.layers].count(True) > 5
    assert not latency.layers[0].extrapolated
    assert latency.doubts[0].startswith("extrapolated: ")
    network = loaded.network(WIDE, allow_extrapolation=True)
    beyond = network.present + 1
    assert network.latencies([network.present, beyond]).extrapolated.tolist() == [False, True]
    assert np.isfinite(network.marginal([beyond])).all()


def test_one_of_several_conditions_has_to_be_named(table: Table) -> None:
    faster = formula_table([WIDE], formula=lambda layer: formula_ns(layer) / 2, condition=OTHER_CONDITION)
    both = replace(table, curves=table.curves + faster.curves, fixed=table.fixed + faster.fixed, calibrations=())
    with pytest.raises(TableError, match=r"measured under: litert, 1 thread; litert, 2 threads; name one"):
        LatencyTable(both)
    with pytest.raises(TableError, match="it lacks tflite"):
        LatencyTable(both, replace(CONDITION, runtime="tflite"))
    one, two = (LatencyTable(both, condition).latency(WIDE).ms for condition in (CONDITION, OTHER_CONDITION))
    assert two < 0.7 * one


def test_a_table_of_nothing_has_no_condition() -> None:
    with pytest.raises(TableError, match="the table was measured under: nothing"):
        LatencyTable(empty_table())


def test_a_calibration_of_another_condition_is_not_used(table: Table) -> None:
    other = replace(table, calibrations=(replace(CALIBRATION, condition=OTHER_CONDITION),))
    assert LatencyTable(other).calibration is None


def test_without_the_fixed_time_nothing_is_predicted(table: Table) -> None:
    with pytest.raises(TableError, match=r"lacks the fixed time per inference \(litert, 1 thread\): build it again"):
        LatencyTable(replace(table, fixed=(fixed_term(OTHER_CONDITION),))).latency(WIDE)


def test_a_table_is_loaded_from_a_file(table: Table, tmp_path: Path) -> None:
    save(table, tmp_path / "pi.table.json")
    loaded = LatencyTable.load(tmp_path / "pi.table.json")
    assert set(loaded.kinds) == {curve.kind for curve in table.curves}
    assert loaded.latency(WIDE) == LatencyTable(table).latency(WIDE)


def test_a_report_is_no_table(tmp_path: Path) -> None:
    save_report(sample_report(), tmp_path / "report.json")
    with pytest.raises(TableError, match="is not a pibench table: it has no table_version"):
        LatencyTable.load(tmp_path / "report.json")


def test_the_deployed_network_takes_what_the_designed_one_does(loaded: LatencyTable) -> None:
    deployed: Graph = lower(WIDE).graph
    assert loaded.latency(deployed).ms == loaded.latency(WIDE).ms


def test_a_table_of_another_machine_is_refused_unless_allowed_and_then_said(table: Table) -> None:
    here = replace(table.provenance, kernel="9.9", governor="powersave")
    with pytest.raises(TableError, match=r"another machine or system \(kernel, governor differ\): build one here"):
        LatencyTable(table, here=here)
    allowed = LatencyTable(table, here=here, allow_mismatch=True)
    assert allowed.latency(WIDE).doubts == ("another machine: the table's differs in kernel, governor",)
    assert allowed.latency(WIDE).ms == LatencyTable(table, here=table.provenance).latency(WIDE).ms


def test_a_runtime_that_the_table_does_not_have_is_no_mismatch(table: Table) -> None:
    here = replace(table.provenance, runtimes=(("tflite", "2.14.0", "cd" * 32),))
    assert LatencyTable(table, here=here).doubts() == ()
