from __future__ import annotations

import pytest

from pibench.words.markup import code, line, text


def test_a_name_neither_ends_its_cell_nor_begins_markup() -> None:
    assert line([text("a|b"), text("*c*"), text("<d>")]) == "| a\\|b | \\*c\\* | \\<d\\> |"
    assert text("[x](y) `z` ~#") == "\\[x\\](y) \\`z\\` \\~\\#"


@pytest.mark.parametrize("show", [text, code])
def test_neither_a_line_nor_the_cursor_is_moved(show) -> None:
    shown = show("a\nb\x1b[31m")
    assert "\n" not in shown
    assert "\x1b" not in shown


def test_code_is_not_left_by_a_backtick_or_a_bar() -> None:
    assert code("a`b|c") == "`` a`b\\|c ``"
    assert code("plain") == "`plain`"
