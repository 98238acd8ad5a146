from __future__ import annotations

import pytest

from pibench.cli.charts import bars, resampled


def test_the_low_end_is_one_step_high_and_the_high_end_all() -> None:
    assert bars([0, 1, 2, 3, 4, 5, 6, 7], 8, 0, 7) == ["▁▂▃▄▅▆▇█"]


def test_more_rows_make_finer_steps() -> None:
    assert bars([0, 4, 10], 3, 0, 10, 2) == ["  █", "▁▇█"]


def test_a_terminal_without_blocks_gets_ascii() -> None:
    lines = bars([0, 1, None, 3], 4, 0, 3, 2, ascii_only=True)
    assert "".join(lines).isascii()
    assert lines[1][0] == "."
    assert lines[1][2] == " "
    assert lines[0][3] == lines[1][3] == "#"


def test_gaps_stay_gaps() -> None:
    assert bars([1, None, 2], 3, 1, 2) == ["▁ █"]
    assert bars([], 3, 0, 1) == ["   "]


def test_what_lies_beyond_the_scale_is_cut() -> None:
    assert bars([-5, 20], 2, 0, 10) == ["▁█"]
    assert bars([5, 5], 2, 5, 5) == ["▁▁"]


@pytest.mark.parametrize("width", [1, 3, 7, 60, 200])
def test_every_line_is_as_wide_as_asked(width: int) -> None:
    assert {len(line) for line in bars(list(range(60)), width, 0, 59, 3)} == {width}


def test_columns_share_or_repeat_values() -> None:
    assert resampled([1, 3, 5, None], 2) == [2, 5]
    assert resampled([1, 2], 4) == [1, 1, 2, 2]
