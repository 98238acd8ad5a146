"""A page taken apart, for tests that ask what is in it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

_APART = {"th", "td", "dt", "dd", "li", "p", "h1", "h2", "h3"}


class Parts(HTMLParser):
    """Headings, sections, the text outside scripts, tags with their attributes, and the charts' specifications."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.sections: list[str] = []
        self.specs: list[dict[str, Any]] = []
        self._inside: list[str] = []
        self._text: list[str] = []
        self._script: list[str] = []
        self._is_spec = False
        self.feed(page)
        self.close()

    @property
    def text(self) -> str:
        return " ".join("".join(self._text).split())

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag == "section":
            self.sections.append(str(attributes["id"]))
        if tag in ("script", "style"):
            self._inside.append(tag)
            self._is_spec = attributes.get("type") == "application/json" and "id" not in attributes
            self._script = []

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()
            if self._is_spec:
                self.specs.append(json.loads("".join(self._script)))
            self._is_spec = False
        elif tag in _APART:
            self._text.append(" ")

    def handle_data(self, data: str) -> None:
        (self._script if self._inside else self._text).append(data)
