from __future__ import annotations

import pytest
from boards import PI_3
from msgspec.structs import replace
from table_world import CONDITION, OTHER_CONDITION, PROTOCOL, PROVENANCE, FormulaTimer, empty_table, sum_ns

from pibench.errors import TableError
from pibench.graph import GraphBuilder, Layer
from pibench.models.architectures import build
from pibench.table import LatencyTable
from pibench.table.build import Goal, InterruptedBuild
from pibench.table.draw import draw_networks
from pibench.table.fill import Order, begun, fill, merged
from pibench.table.model import Table

NET = build("mobilenet_v1:depth=3,width=8").renamed("net")


def filled(timer: FormulaTimer, table: Table | None = None, networks: int = 6) -> tuple[Table, list[str], list[Table]]:
    seen: list[Table] = []
    order = Order([NET], [NET], PROTOCOL, Goal(), networks)
    done, failures = fill(
        table or empty_table(["net"]),
        order,
        timer,  # type: ignore[arg-type]
        changed=seen.append,
        progress=lambda what, done, most: None,
    )
    return done, failures, seen


def test_a_table_begins_with_what_it_is_measured_on() -> None:
    table = begun(None, PI_3, PROVENANCE, PROTOCOL, ["pibench", "table"], ["net", "net", "other"])
    assert (table.device, table.provenance, table.provenance_digest) == (PI_3, PROVENANCE, PROVENANCE.digest)
    assert (table.subjects, table.commands, table.complete) == (("net", "other"), (("pibench", "table"),), False)


def test_a_table_goes_on_with_its_history() -> None:
    first, _, _ = filled(FormulaTimer())
    table = begun(replace(first, complete=True), PI_3, PROVENANCE, PROTOCOL, ["again"], ["other", "net"])
    assert table.commands == (*first.commands, ("again",))
    assert table.subjects == ("net", "other")
    assert not table.complete
    assert (table.curves, table.created) == (first.curves, first.created)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"board": "Raspberry Pi 5"}, "board"),
        ({"kernel": "6.13", "governor": "performance"}, "kernel, governor"),
        ({"runtimes": (("litert", "2.3.0", "cd" * 32),)}, "runtime litert"),
        ({"runtimes": (("litert", "2.4.0", "ab" * 32),)}, "runtime litert"),
    ],
)
def test_figures_of_different_provenance_do_not_mix(changes: dict[str, object], names: str) -> None:
    existing = replace(empty_table(), complete=True)
    with pytest.raises(
        TableError, match=rf"another machine or system \({names} differ\): start a new one with another"
    ):
        begun(existing, PI_3, replace(PROVENANCE, **changes), PROTOCOL, [], [])


def test_another_runtime_on_the_same_board_may_be_added() -> None:
    tflite = ("tflite", "2.14.0", "cd" * 32)
    both = merged(PROVENANCE, replace(PROVENANCE, runtimes=(tflite,)))
    assert both.runtimes == (*PROVENANCE.runtimes, tflite)
    assert merged(both, PROVENANCE) == both


def test_a_table_is_filled_and_calibrated_with_networks_of_its_own() -> None:
    timer = FormulaTimer(factor=0.93)
    table, failures, seen = filled(timer)
    assert failures == []
    assert seen[-1] == table
    (calibration,) = table.calibrations
    assert calibration.factor == pytest.approx(0.93, rel=0.002)
    assert [sample.name for sample in calibration.networks] == [f"net #{k}" for k in range(1, 7)]
    latency = LatencyTable(table).latency(NET)
    assert latency.ms == pytest.approx(0.93 * (1000 + sum_ns(NET)) / 1e6, rel=0.01)


def test_the_networks_that_calibrate_are_none_of_those_that_check() -> None:
    timer = FormulaTimer()
    filled(timer)
    checked = draw_networks([NET], 6, f"check {PROTOCOL.seed}")
    assert not {graph.nodes for graph in timer.drawn} & {graph.nodes for graph in checked}


@pytest.mark.parametrize("networks", [0, 1])
def test_without_networks_there_is_no_calibration(networks: int) -> None:
    timer = FormulaTimer()
    table, _, _ = filled(timer, networks=networks)
    assert (table.calibrations, timer.drawn) == ((), [])


def test_a_layer_that_failed_does_not_cost_the_calibration() -> None:
    def fails(layer: Layer) -> bool:
        return layer.outputs[0].channels == 5

    table, failures, _ = filled(FormulaTimer(fails=fails))
    assert failures
    assert all("crashed" in sentence for sentence in failures)
    assert table.calibrations[0].factor == pytest.approx(0.96, rel=0.01)


def test_another_network_adds_to_the_calibration_and_does_not_replace_it() -> None:
    table, _, _ = filled(FormulaTimer(factor=0.95))
    other = build("mobilenet_v1:depth=6,width=8").renamed("other")
    more, _ = fill(
        table,
        Order([other], [other], PROTOCOL, Goal(), 4),
        FormulaTimer(factor=0.95),  # type: ignore[arg-type]
        changed=lambda table: None,
        progress=lambda what, done, most: None,
    )
    names = [sample.name.partition(" #")[0] for sample in more.calibrations[0].networks]
    assert (names.count("net"), names.count("other")) == (6, 4)
    assert more.calibrations[0].factor == pytest.approx(0.95, rel=0.01)


def test_layers_of_no_network_are_measured_without_a_calibration() -> None:
    timer = FormulaTimer()
    order = Order([NET], [], PROTOCOL, Goal(), 6)
    table, failures = fill(
        empty_table(),
        order,
        timer,
        changed=lambda table: None,
        progress=lambda what, done, most: None,  # type: ignore[arg-type]
    )
    assert (table.calibrations, timer.drawn, failures) == ((), [], [])


def test_an_interrupted_calibration_keeps_the_curves_and_is_made_up_for() -> None:
    undisturbed = FormulaTimer()
    filled(undisturbed)
    seen: list[Table] = []
    with pytest.raises(InterruptedBuild):
        fill(
            empty_table(["net"]),
            Order([NET], [NET], PROTOCOL, Goal(), 6),
            FormulaTimer(interrupted_in=len(undisturbed.campaigns)),  # type: ignore[arg-type]
            changed=seen.append,
            progress=lambda what, done, most: None,
        )
    assert seen[-1].calibrations == ()
    again = FormulaTimer()
    table, _, _ = filled(again, seen[-1])
    assert len(again.asked) < len(undisturbed.asked)
    assert len(table.calibrations) == 1


def test_conditions_are_calibrated_apart() -> None:
    table, _, _ = filled(FormulaTimer(factor=0.95))
    table, _, _ = filled(FormulaTimer(factor=0.85, condition=OTHER_CONDITION), table)
    factors = {calibration.condition: calibration.factor for calibration in table.calibrations}
    assert factors == {CONDITION: pytest.approx(0.95, rel=0.003), OTHER_CONDITION: pytest.approx(0.85, rel=0.003)}


def test_groups_that_are_split_convolved_and_joined_are_a_table_too() -> None:
    """The emulation of grouped convolutions: a concatenation has as many axes as there are groups."""
    net = GraphBuilder("groups")
    x = net.conv(net.input((1, 8, 8, 3)), 32, 1, name="stem")
    parts = [net.conv(part, 4, 3, name=f"group{k}") for k, part in enumerate(net.split(x, (4,) * 8))]
    graph = net.build(net.conv(net.concat(*parts), 6, 1, name="last"))
    table, failures = fill(
        empty_table(["groups"]),
        Order([graph], [graph], PROTOCOL, Goal(), 4),
        FormulaTimer(),  # type: ignore[arg-type]
        changed=lambda latest: None,
        progress=lambda what, done, most: None,
    )
    assert failures == []
    network = LatencyTable(table).network(graph)
    assert len(network.names) == 8
    fewer = network.latencies([[1, 2, 3, 4, 4, 3, 2, 1], network.present])
    assert fewer.ms[1] == pytest.approx(0.96 * (1000 + sum_ns(graph)) / 1e6, rel=0.01)
    assert fewer.ms[0] < fewer.ms[1]
    assert max(len(curve.points) for curve in table.curves) <= Goal().most_points
