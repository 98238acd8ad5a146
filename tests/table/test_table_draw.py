from __future__ import annotations

import numpy as np

from pibench.graph.widths import Widths
from pibench.models.architectures import build
from pibench.table.draw import draw_networks

WIDE, MOBILE = (
    build("wide_resnet:depth=10,width=16").renamed("wide"),
    build("mobilenet_v2:depth=6,width=8").renamed("mobile"),
)


def test_networks_are_drawn_in_turn_and_numbered() -> None:
    drawn = draw_networks([WIDE, MOBILE], 5, seed=0)
    assert [graph.name for graph in drawn] == ["wide #1", "mobile #2", "wide #3", "mobile #4", "wide #5"]


def test_the_same_seed_draws_the_same_and_another_one_others() -> None:
    assert draw_networks([WIDE], 4, seed="check 0") == draw_networks([WIDE], 4, seed="check 0")
    assert draw_networks([WIDE], 4, seed="check 0") != draw_networks([WIDE], 4, seed="check 1")


def test_no_width_grows_or_vanishes() -> None:
    largest = {name: width.channels for name, width in Widths(MOBILE).free.items()}
    for graph in draw_networks([MOBILE], 30, seed=1):
        channels = {name: width.channels for name, width in Widths(graph).free.items()}
        assert channels.keys() == largest.keys()
        assert all(1 <= count <= largest[name] for name, count in channels.items())


def test_the_drawn_spread_over_an_order_of_magnitude_and_each_has_uneven_widths() -> None:
    drawn = draw_networks([WIDE], 40, seed=2)
    macs = np.array([graph.total_macs for graph in drawn])
    assert macs.max() / macs.min() > 10
    shares = [
        [width.channels / Widths(WIDE).free[name].channels for name, width in Widths(graph).free.items()]
        for graph in drawn
    ]
    assert np.median(np.std(shares, axis=1)) > 0.05
