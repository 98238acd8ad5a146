from __future__ import annotations

import json
from pathlib import Path

import pytest
from fake_roof import roofline

from pibench.errors import RooflineError
from pibench.roofline import load, save


def test_a_roofline_comes_back_as_it_was(tmp_path: Path) -> None:
    save(roofline(), tmp_path / "pi.json")
    assert load(tmp_path / "pi.json") == roofline()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"roofline_version": 2}, "has roofline version 2, this pibench reads 1"),
        ({"roofs": "none"}, "not a pibench roofline, or a damaged one"),
        ({"extra": 1}, "not a pibench roofline, or a damaged one"),
    ],
)
def test_what_is_no_roofline_of_this_version_is_told(tmp_path: Path, change: dict[str, object], sentence: str) -> None:
    path = tmp_path / "pi.json"
    save(roofline(), path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(RooflineError, match=sentence):
        load(path)
