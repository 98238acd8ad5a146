from __future__ import annotations

from pathlib import Path

import pytest
from trees import write_tree

from pibench.device.files import numbered, read_number, read_text


@pytest.mark.parametrize(
    ("content", "text", "number"),
    [(b"48312\n", "48312", 48312), (b"Pi 4\0", "Pi 4", None), (b"\n", None, None), (b"", None, None),
     (b"\xff", "\N{REPLACEMENT CHARACTER}", None), (b"-5", "-5", -5)],
)  # fmt: skip
def test_a_file_tells_its_text_and_its_number(
    tmp_path: Path, content: bytes, text: str | None, number: int | None
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert (read_text(path), read_number(path)) == (text, number)


def test_what_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert read_text(tmp_path / "none") is read_number(tmp_path) is None


def test_numbers_in_names_are_in_the_order_of_numbers(tmp_path: Path) -> None:
    write_tree(tmp_path, {f"policy{n}/cpus": "" for n in (10, 2, 0)})
    assert [path.parent.name for path in numbered(tmp_path, "policy*/cpus")] == ["policy0", "policy2", "policy10"]
