"""Fields and lines of whole pages, where the labels of the text's blocks decide: signatures, standfirsts, captions, credits, tags."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from newsarchive import extract

CASES = json.loads(
    (Path(__file__).parents[2] / "cases/metadata/whole-pages.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["label"]) for case in CASES])
def test_whole_page(case: dict[str, Any]) -> None:
    article = extract(html="".join(case["html"]), url="https://blog.example/a-post/")
    found = {
        "authors": [author.name for author in article.authors],
        "description": article.description,
        "image": article.image.url if article.image else "",
        "caption": article.image.caption if article.image else "",
        "credit": article.image.credit if article.image else "",
        "keywords": list(article.keywords),
        "section": article.article_section,
        "day": article.date_published.date().isoformat() if article.date_published else "",
        "published": article.date_published.isoformat() if article.date_published else "",
        "changed": article.date_modified.date().isoformat() if article.date_modified else "",
        "origin": article.origin.name if article.origin else None,
        "lines": [line for line in article.article_body.split("\n") if line.strip()],
    }
    assert {name: found[name] for name in case["expect"]} == case["expect"]


@pytest.mark.parametrize("base", ["", "https://heron.example/", "/"])
def test_addresses_are_relative_to_the_base_of_the_page(base: str) -> None:
    """TYPO3 writes a base and addresses relative to it. They were read as relative to the page."""
    text = "<p>The council met on Tuesday evening to decide whether the old bridge should be closed.</p>" * 3
    page = (
        f"<head>{f'<base href={base}>' if base else ''}<title>The bridge</title><link rel=canonical href='news/bridge.html'></head>"
        f"<article><h1>The bridge</h1><figure><img src='files/bridge.jpg' width=600 height=400></figure>{text}</article>"
    )
    article = extract(html=page, url="https://heron.example/news/bridge.html")
    folder = "https://heron.example/" if base else "https://heron.example/news/"
    assert article.image is not None
    assert article.image.url == f"{folder}files/bridge.jpg"
    if base:
        assert article.canonical_url == "https://heron.example/news/bridge.html"


@pytest.mark.parametrize("base", ["", "https://heron.example/", "/", "../"])
def test_so_are_those_of_authors_sections_and_home(base: str) -> None:
    text = "<p>The council met on Tuesday evening to decide whether the old bridge should be closed.</p>" * 3
    page = (
        f"<head>{f'<base href={base}>' if base else ''}<title>The bridge</title></head><body class=single><nav><a href=./>Heron</a></nav>"
        f"<article><h1>The bridge</h1><p>By <a rel=author href=people/jane>Jane Doe</a>"
        f" in <a rel=category href=local>Local</a></p>{text}</article>"
    )
    article = extract(html=page, url="https://heron.example/news/bridge.html")
    folder = "https://heron.example/" if base else "https://heron.example/news/"
    assert [(author.name, author.url) for author in article.authors] == [("Jane Doe", f"{folder}people/jane")]
    if base.startswith(("/", "https:")):
        assert article.article_section == "Local"
