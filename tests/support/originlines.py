"""The lines of `cases/origin/wordings.toml`, each with its paper, as pages of an invented blog."""

from __future__ import annotations

import hashlib
import html
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORDINGS = Path(__file__).parent.parent / "cases" / "origin" / "wordings.toml"
PARTS = ("dev", "test")
BODY = (
    "The old stone bridge across the bay reopened on Tuesday after eleven months of repairs.",
    "Traders on both sides had complained of lost business while the crossing was shut, and a survey by the harbour "
    "office counted nineteen shops that closed for good before the first lorry came back.",
    "The city says that the arches will now hold for another century, and the first bus crossed at dawn with a "
    "brass band on its upper deck and most of the council below.",
    "Engineers found that the foundations were sounder than the records claimed, which saved a third of the money; "
    "what is left will pay for lamps along the quay and a path for those who cross on foot.",
    "Nobody expects the ferries to stop at once, but two of the four have already been sold upstream.",
)
_MARKS = str.maketrans("", "", "《》「」『』‘’")


@dataclass(frozen=True)
class Wording:
    """One line: `names` are right answers, `name` is `None` where it credits nobody, `domain` is "" where the page tells none."""

    language: str
    text: str
    html: str
    head: bool = False
    name: str | None = None
    names: tuple[str, ...] = ()
    domain: str = ""


def wordings(part: str) -> list[Wording]:
    """The lines of one of `PARTS`."""
    table = tomllib.loads(WORDINGS.read_text(encoding="utf-8"))
    return [
        line
        for language, rows in table.items()
        for which, line in _lines(language, rows)
        if PARTS[which] == part
    ]


def _lines(language: str, rows: dict[str, Any]) -> Iterator[tuple[int, Wording]]:
    for key in ("credits", "negatives"):
        for at, text in enumerate(rows[key]):
            half = hashlib.sha256(f"{language}/{text}".encode()).digest()[0] % 2
            yield half, _wording(language, text, rows, at, is_credit=key == "credits")


def _wording(language: str, text: str, rows: dict[str, Any], at: int, is_credit: bool) -> Wording:
    """The line about one of five papers: listed, listed and linked, with its domain, linked, a bare name."""
    kind, turn = at % 5, at // 5 % 3
    printed, name, domain = rows["papers"][turn]
    if kind > 1:
        printed, domain = rows["others"][turn]
        name = printed.translate(_MARKS)
    shown = f"{printed} ({domain})" if kind == 2 else printed
    linked = f'<a href="https://www.{domain}/2024/03/41207">{printed}</a>'
    line = text.removeprefix("^")
    marked = html.escape(line, quote=False).replace(
        "{p}", linked if kind in (1, 3) else html.escape(shown, quote=False)
    )
    plain = line.replace("{p}", shown)
    if not is_credit:
        return Wording(language, plain, marked, text.startswith("^"))
    names = (name, printed, domain) if kind > 1 else (name,)
    return Wording(language, plain, marked, text.startswith("^"), name, names, "" if kind == 4 else domain)


def page_of(line: Wording) -> str:
    """An HTML page with the line before or after its text, as one paragraph."""
    credit = f"<p>{line.html}</p>"
    body = "".join(f"<p>{paragraph}</p>" for paragraph in BODY)
    inner = credit + body if line.head else body + credit
    return (
        "<!DOCTYPE html><html><head><title>The old bridge reopens – Lakeside Notes</title>"
        '<meta property="og:site_name" content="Lakeside Notes"></head><body>'
        '<header><a href="/">Lakeside Notes</a><nav><a href="/about/">About</a> <a href="/archive/">Archive</a></nav></header>'
        f'<main><article class="post"><h1>The old bridge reopens</h1><div class="entry-content">{inner}</div>'
        '<footer class="entry-footer">Posted in <a href="/category/harbour/">Harbour</a></footer></article></main>'
        "<footer><p>Made with care by the lake</p></footer></body></html>"
    )
