from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace
from sample_table import CONV
from table_world import CONDITION, PROVENANCE, point

from pibench.table.model import Curve, Point


def test_equal_boards_have_equal_digests_and_others_have_not() -> None:
    assert replace(PROVENANCE).digest == PROVENANCE.digest
    assert len(PROVENANCE.digest) == 16
    assert replace(PROVENANCE, kernel="6.13").digest != PROVENANCE.digest


def test_differences_are_named() -> None:
    assert PROVENANCE.mismatch(PROVENANCE) == ()
    assert PROVENANCE.mismatch(replace(PROVENANCE, kernel="6.13", governor=None)) == ("kernel", "governor")


@pytest.mark.parametrize("channels", [(2,), (2, 4, 2), (2, 3), ()])
def test_a_curve_has_points_of_its_kind_only(channels: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="a point of conv g2 3×5 /2"):
        Curve(kind=CONV, condition=CONDITION, points=(point(channels, 100.0),))


def test_a_latency_is_positive() -> None:
    document = msgspec.to_builtins(point((2, 2), 100.0))
    assert msgspec.convert(document, Point).ns == 100
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**document, "ns": 0}, Point)
