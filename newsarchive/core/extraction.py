"""The article of a page: every text block in reading order, those of the story labelled `body`."""

from __future__ import annotations

import re
from dataclasses import replace

from selectolax.lexbor import LexborHTMLParser

from newsarchive.core.blocks import Box, RawBlock, Reading, read_blocks
from newsarchive.core.metadata import read_metadata
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, Block, Page, Quality
from newsarchive.rules import Rules
from newsarchive.version import EXTRACTOR_VERSION

_CHROME = [
    ("comments", r"comment|respond|disqus|reply"),
    ("share", r"share|sharing|social|sharedaddy|addtoany"),
    (
        "related",
        r"related|recommend|more-?stories|read-?next|outbrain|taboola|popular|trending|jp-relatedposts",
    ),
    ("subscribe", r"subscri|newsletter|signup|sign-up"),
    ("advert", r"advert|sponsor|\bads?\b|banner"),
    ("nav", r"\bnav|menu|breadcrumb|pagination|pager|sidebar|widget|masthead"),
    ("footer", r"footer|colophon|copyright"),
    ("author bio", r"author-?(bio|box|info)|about-?author"),
    ("byline", r"byline|entry-meta|post-meta|article-meta"),
    ("tags", r"\btags?\b|tag-?list|cat-links"),
    ("consent", r"cookie|consent|gdpr"),
]
_CHROME_RE = [(label, re.compile(pattern)) for label, pattern in _CHROME]
_CHROME_TAGS = {
    "nav": "nav",
    "footer": "footer",
    "aside": "related",
    "form": "form",
    "menu": "nav",
    "dialog": "consent",
}


def extract_step(page: Page, rules: Rules) -> Article:
    """`Page` -> `Article`. Raises `NotAnArticle` where the page holds none."""
    if not page.text.strip():
        raise NotAnArticle("empty")
    tree = LexborHTMLParser(page.text)
    reading = read_blocks(tree, page.capture.base_url)
    if not reading.blocks:
        raise NotAnArticle("script only" if tree.css_first("script") else "no text")
    blocks = _judge(reading)
    body = [b for b in blocks if b.label == "body"]
    if sum(len(b.text) for b in body) < 100:
        raise NotAnArticle("too short")
    article = Article(
        url=page.capture.base_url,
        quality=Quality(),
        charset_declared=page.charset_declared,
        charset_used=page.charset_used,
        extractor_version=EXTRACTOR_VERSION,
        capture=page.capture,
        article_html="".join(f"<p>{b.html}</p>" for b in body),
    )
    article = article.with_blocks(blocks, **read_metadata(tree, page, blocks, rules))
    return replace(article, word_count=len(article.article_body.split()))


def _box_label(box: Box | None, cache: dict[int, str]) -> str:
    if box is None or box.tag in ("body", "html", "article", "main"):
        return ""
    if box.index not in cache:
        label = _CHROME_TAGS.get(box.tag, "")
        names = f"{box.attributes.get('id') or ''} {box.attributes.get('class') or ''}".lower()
        if not label and names.strip():
            label = next((name for name, pattern in _CHROME_RE if pattern.search(names)), "")
        cache[box.index] = label or _box_label(box.parent, cache)
    return cache[box.index]


def _judge(reading: Reading) -> list[Block]:
    cache: dict[int, str] = {}
    labels = [_box_label(b.box, cache) for b in reading.blocks]
    weights = [_weight(b) * (0.1 if label else 1) for b, label in zip(reading.blocks, labels, strict=True)]
    main = _main_box(reading, weights)
    out = []
    for raw, label in zip(reading.blocks, labels, strict=True):
        rule = "class or tag names" if label else ""
        if _inside(raw.box, main) and _box_label(main, cache) == label:
            label, rule = "", ""
        if not label:
            label, rule = _label_inside(raw, main)
        out.append(
            Block(raw.text, raw.kind, label, rule, None, raw.path, raw.level, tuple(raw.links), raw.html)
        )
    return out


def _label_inside(raw: RawBlock, main: Box | None) -> tuple[str, str]:
    if not _inside(raw.box, main):
        return "other", "outside the main container"
    if raw.kind == "heading" and raw.level == 1:
        return "title", "a first heading"
    if raw.kind == "embed":
        return "other", "an embed"
    if raw.link_chars > 0.6 * len(raw.text):
        return "nav", "links only"
    return "body", "in the main container"


def _weight(raw: RawBlock) -> float:
    own = len(raw.text) - raw.link_chars
    return own if own > 60 and raw.link_chars < own else 0.0


def _main_box(reading: Reading, weights: list[float]) -> Box | None:
    totals: dict[int, float] = {}
    for raw, weight in zip(reading.blocks, weights, strict=True):
        box: Box | None = raw.box
        while box is not None:
            totals[box.index] = totals.get(box.index, 0.0) + weight
            box = box.parent
    enough = 0.75 * sum(weights)
    good = [b for b in reading.boxes if totals.get(b.index, 0.0) >= enough and b.tag not in ("p", "li")]
    return good[-1] if good and enough else None


def _inside(box: Box | None, main: Box | None) -> bool:
    if main is None:
        return True
    while box is not None and box.index > main.index:
        box = box.parent
    return box is main
