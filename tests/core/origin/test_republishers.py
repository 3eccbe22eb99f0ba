"""Posts as programs that republish others leave them (`cases/origin/republishers.toml`): the text is whole and has no line of the
program, and the archive says who published first and where."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import pytest

from newsarchive import extract
from newsarchive.items import Article

CASES = Path(__file__).parents[2] / "cases" / "origin" / "republishers.toml"
HEADLINE = "The old stone bridge across the bay reopens after eleven months"
PARAGRAPHS = (
    "The old stone bridge across the bay reopened on Tuesday after eleven months of repairs, and the first bus crossed it at dawn.",
    "Traders on both sides had complained of lost business while the crossing was shut.",
    "The city says that the arches will now hold for another century, if the lorries keep to the new road.",
)
#: What in a text stands for what, where the source is the Lantern Weekly.
VALUES = {
    "{text}": "\n".join(f"<p>{text}</p>" for text in PARAGRAPHS),
    "{lines}": "<br>".join(PARAGRAPHS),
    "{first}": PARAGRAPHS[0],
    "{middle}": f"<p>{PARAGRAPHS[1]}</p>",
    "{last}": PARAGRAPHS[2],
    "{headline}": HEADLINE,
    "{url}": "https://lanternweekly.example/2025/03/old-stone-bridge-reopens-after-eleven-months/",
    "{home}": "https://lanternweekly.example/",
    "{host}": "lanternweekly.example",
    "{site}": "Lantern Weekly",
    "{author}": "Jane Roe",
}
#: A dateline, which is part of a text that an agency published.
DATELINE = re.compile(
    r"^.{3,60}?(?:\((?:AP|Reuters|AFP|dpa|EFE|ANI|IANS|PTI|GLOBE NEWSWIRE|BUSINESS WIRE)\)|/PRNewswire/)[\s:.–—-]*"
)
#: What parts the blocks of a post's content.
_BLOCK = re.compile(r"(<(p|div|h1|h3|figure)\b.*?</\2>)", re.S)


def load() -> list[Any]:
    rows = tomllib.loads(CASES.read_text(encoding="utf-8"))["post"]
    return [pytest.param(row, id=f"{row['program']}: {row['label']}") for row in rows]


def filled(text: str) -> str:
    for name, value in VALUES.items():
        text = text.replace(name, value)
    return text


def with_paragraphs(content: str) -> str:
    """A post's content with paragraphs around what stands outside of elements, as WordPress prints it (`wpautop`)."""
    content = re.sub(r"<br ?/?>\s*(?=<(?:p|div)\b)", "\n\n", content)
    pieces = _BLOCK.split(content)
    out = []
    for loose, whole in zip(pieces[::3], [*pieces[1::3], ""], strict=True):
        parts = (part.strip() for part in loose.split("\n\n"))
        out += [f"<p>{part}</p>".replace("\n", "<br>") for part in parts if part] + [whole]
    return "\n".join(out)


def read(row: dict[str, Any]) -> Article:
    head = f'<link rel="canonical" href="{VALUES["{url}"]}">' if row.get("canonical") else ""
    user = filled(row.get("user", "admin"))
    page = (
        f'<html lang="{row.get("lang", "en")}"><title>{HEADLINE} – Harbour Mirror</title>'
        f'<meta property="og:url" content="https://mirror.example/2025/04/04/bridge/">{head}'
        f'<article class="post"><h1 class="entry-title">{HEADLINE}</h1><div class="entry-meta"><time datetime="2025-04-04T09:00:00Z">'
        f'April 4, 2025</time> <span class="author vcard"><a class="url fn" href="/author/x/">{escape(user)}</a></span></div>'
        f'<div class="entry-content">{with_paragraphs(filled(row["content"]))}</div></article>'
    )
    return extract(
        html=page,
        url="https://mirror.example/2025/04/04/bridge/",
        fetched_at=datetime(2025, 6, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize("row", load())
def test_posts_of_programs(row: dict[str, Any]) -> None:
    article = read(row)
    lines = [line for line in article.article_body.split("\n") if line.strip()]
    assert [DATELINE.sub("", line) for line in lines] == [*PARAGRAPHS, *row.get("keeps", ())]
    assert article.headline == HEADLINE
    wanted = filled(row.get("origin", "{site}"))
    if not wanted:
        assert article.origin is None
        return
    assert article.origin is not None
    assert article.origin.name == wanted or article.origin.domain == VALUES["{host}"]
    if row.get("url", True):
        assert article.origin.url == VALUES["{url}"]
    if row.get("author"):
        assert [author.name for author in article.authors] == [VALUES["{author}"]]


@pytest.mark.parametrize("row", load())
def test_what_was_left_out_has_its_reason(row: dict[str, Any]) -> None:
    dropped = [block for block in read(row).blocks if block.label != "body"]
    assert all(block.rule and block.decided_by is not None for block in dropped)


@pytest.mark.parametrize(
    "line",
    [
        'Read more on <a href="https://lanternweekly.example/2024/01/ferries-of-the-north-and-their-pilots/">Lantern Weekly</a>',
        'Read More: <a href="https://lanternweekly.example/2024/01/ferries-of-the-north-and-their-pilots/">Ferries of the north and their pilots</a>',
        '<a href="https://t.me/harbour/104">View Source</a>',
        "@harbourmirror",
        "[author_name]",
    ],
)
def test_lines_that_name_nobody(line: str) -> None:
    article = read({"content": f"{{text}}<p>{line}</p>"})
    assert article.origin is None
    assert article.article_body.split("\n\n") == [*PARAGRAPHS]
