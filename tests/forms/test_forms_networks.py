from __future__ import annotations

import pytest

from pibench.forms import get
from pibench.graph import Graph

N, C, K = 16, 32, 3
AREA = N * N


def macs(name: str, **parameters: object) -> int:
    return get(name)(**{"size": N, "channels": C, **parameters}).total_macs


def kinds(graph: Graph) -> list[str]:
    return [node.op.kind for node in graph.nodes if node.op.kind != "input"]


@pytest.mark.parametrize(
    ("name", "per_pixel"),
    [
        ("conv", K * K * C * C),
        ("pointwise", C * C),
        ("depthwise", K * K * C),
        ("depthwise_separable", K * K * C + C * C),
        ("grouped", K * K * C * C / 4),
        ("grouped_emulated", K * K * C * C / 4),
        ("conv_1d_pair", 2 * K * C * C),
        ("residual", 2 * K * K * C * C),
        ("bottleneck", 2 * C * C / 4 + K * K * (C / 4) ** 2),
        ("inverted_residual", 2 * 6 * C * C + K * K * 6 * C),
        ("fused_inverted_residual", (K * K + 1) * 4 * C * C),
        ("shuffle_v1", 2 * C * C / 16 + K * K * C / 4),
        ("shuffle_v2", 2 * (C / 2) ** 2 + K * K * C / 2),
        ("fire", C * C / 8 + (K * K + 1) * C / 8 * C / 2),
        ("ghost", C * C / 2 + K * K * C / 2),
    ],
)
def test_a_form_does_the_multiplications_its_paper_counts(name: str, per_pixel: float) -> None:
    assert macs(name) == AREA * per_pixel


def test_squeeze_and_excitation_works_on_the_averages_only() -> None:
    assert macs("squeeze_excite", reduction=4) == 2 * C * C // 4
    for block in ("depthwise_separable", "inverted_residual", "residual"):
        assert macs(block, reduction=4) - macs(block) == 2 * C * C // 4


@pytest.mark.parametrize(
    "name", ["conv", "conv_1d_pair", "grouped", "grouped_emulated", "depthwise_separable", "inverted_residual"]
)
def test_stride_and_output_channels_shape_the_output(name: str) -> None:
    graph = get(name)(size=N, channels=C, out_channels=48, stride=2)
    assert graph.spec(graph.outputs[0]).shape == (1, N // 2, N // 2, 48)


def test_the_emulation_splits_convolves_and_joins() -> None:
    assert kinds(get("grouped_emulated")(groups=3, channels=12)) == ["split", "conv", "conv", "conv", "concat"]


def test_a_shuffle_is_reshape_transpose_reshape_to_the_same_shape() -> None:
    graph = get("channel_shuffle")(size=N, channels=C)
    assert kinds(graph) == ["reshape", "transpose", "reshape"]
    assert graph.spec(graph.outputs[0]).shape == (1, N, N, C)


def test_what_is_added_to_keeps_its_shape_and_what_is_not_has_no_addition() -> None:
    assert "add" in kinds(get("inverted_residual")())
    assert "add" not in kinds(get("inverted_residual")(out_channels=48))
    assert "add" not in kinds(get("fused_inverted_residual")(stride=2))


def test_activations_are_fused_into_convolutions_but_stand_alone_as_a_form() -> None:
    assert kinds(get("conv")()) == ["conv"]
    assert kinds(get("residual")()) == ["conv", "conv", "add"]
    assert kinds(get("activation")()) == ["activation"]
    assert kinds(get("activation")(function="swish")) == ["activation", "multiply"]


def test_joins_have_two_inputs() -> None:
    assert [len(get(name)().inputs) for name in ("add", "multiply", "concat")] == [2, 2, 2]
    concat = get("concat")(size=N, channels=C)
    assert concat.spec(concat.outputs[0]).shape == (1, N, N, 2 * C)
