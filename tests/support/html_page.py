"""What a page of a release holds, read by the standard library's parser: links, heads, figures, and whatever could load or run something."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path


@dataclass
class HtmlPage(HTMLParser):
    """``rows`` are the figures by (unit, row code) without the drawing, ``courses`` the drawings' words, ``loads`` what would load or run something.

    ``heads`` are the attributes of the heads by scope; ``scripts`` the inline scripts, ``styles`` the inline styles.
    """

    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    metas: list[dict[str, str | None]] = field(default_factory=list)
    heads: dict[str, list[dict[str, str | None]]] = field(default_factory=dict)
    rows: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    courses: dict[tuple[str, str], str] = field(default_factory=dict)
    scripts: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    sections: dict[str, str] = field(default_factory=dict)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._unit = self._row = self._open = self._section = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.loads += [
            f"{tag} {name}={given[name]}" for name in given if name in ("src", "srcset", "action", "data") or name.startswith("on")
        ]
        self.loads += [tag] if tag in ("link", "img", "iframe", "object", "embed", "base", "form") else []
        if tag == "script":
            self._open = "data" if given.get("type") else "script"
            self.scripts += [""] if not given.get("type") and "src" not in given else []
        elif tag == "style":
            self._open = "style"
            self.styles.append("")
        elif tag == "meta":
            self.metas.append(given)
        elif tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        elif tag == "section":
            self._section = str(given.get("id", ""))
            self._unit = str(given.get("data-unit", ""))
        elif tag == "tr":
            self._row = str(given.get("data-row", ""))
        elif tag == "th":
            self.heads.setdefault(str(given.get("scope")), []).append(given)
        elif tag == "td" and self._unit:
            if given.get("class") == "course":
                self._open = "course"
                self.courses[self._unit, self._row] = ""
            else:
                self._open = "cell"
                self.rows.setdefault((self._unit, self._row), []).append("")
        if given.get("id"):
            self.ids.append(str(given["id"]))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "script", "style"):
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "cell":
            self.rows[self._unit, self._row][-1] += data
        elif self._open == "course":
            self.courses[self._unit, self._row] += f"{data}|" if data.strip() else ""
        elif self._open == "script" and self.scripts:
            self.scripts[-1] += data
        elif self._open == "style":
            self.styles[-1] += data
        if self._open not in ("script", "style", "data"):
            self.text += data
            self.sections[self._section] = self.sections.get(self._section, "") + data


def parsed(path: Path) -> HtmlPage:
    """Return the page in ``path``."""
    page = HtmlPage()
    page.feed(path.read_text(encoding="utf-8"))
    return page
